"""Words go through gettext; a sentence is written in Vietnamese, which is its key, so another language can be added.

Works outside a request too: the command line says the same sentences.
"""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from portal.language import is_translated, mark, say

__all__ = ["VIETNAM", "clock_words", "day_of", "day_words", "mark", "moment_words", "say", "short_day_words", "span"]

VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")


def day_of(iso: str) -> str:
    """`30/06/2026` in the province's time from an ISO 8601 moment; what is none stands as it is."""
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    return day_words(moment if moment.tzinfo else moment.date())


def day_words(value: date) -> str:
    """`30/06/2026`, in English `30 Jun 2026`: there 05/06 is read two ways. A moment counts in the province's time."""
    local = value.astimezone(VIETNAM) if isinstance(value, datetime) else value
    return f"{local.day} {local:%b %Y}" if is_translated() else f"{local:%d/%m/%Y}"


def short_day_words(day: date) -> str:
    """`30/6`, in English `30 Jun`: within a school year that everybody knows."""
    return f"{day.day} {day:%b}" if is_translated() else f"{day.day}/{day.month}"


def moment_words(value: datetime) -> str:
    """`14:05 ngày 31/05/2026` in the province's time."""
    return _at(value, f"{value.astimezone(VIETNAM):%H:%M}")


def clock_words(value: datetime) -> str:
    """`14:05:09 ngày 31/05/2026`: where a second decides."""
    return _at(value, f"{value.astimezone(VIETNAM):%H:%M:%S}")


def _at(value: datetime, time: str) -> str:
    return say(mark("%(time)s ngày %(day)s"), {"time": time, "day": day_words(value)})


def span(seconds: int) -> str:
    """How long to wait: `45 giây`, `12 phút`, `3 giờ`; rounded up."""
    if seconds < 60:
        return say(mark("%(n)s giây"), {"n": str(max(1, seconds))})
    if seconds < 3600:
        return say(mark("%(n)s phút"), {"n": str(-(-seconds // 60))})
    return say(mark("%(n)s giờ"), {"n": str(-(-seconds // 3600))})
