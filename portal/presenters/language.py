"""Words go through gettext; a sentence is written in Vietnamese, which is its key, so another language can be added.

Works outside a request too: the command line says the same sentences.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from flask_babel import gettext

VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")


class _Gentle(dict[str, str]):
    """A value that is missing leaves a gap, never an error page."""

    def __missing__(self, key: str) -> str:
        return "…"


def mark(text: str) -> str:
    """Tell the extractor (`pybabel extract -k mark`) that a text in a table is a sentence for people."""
    return text


def say(text: str, values: Mapping[str, str] | None = None) -> str:
    """A sentence in the reader's language, its `%(name)s` filled."""
    said = str(gettext(text))
    return said if values is None else said % _Gentle(values)


def day_of(iso: str) -> str:
    """`30/06/2026` in the province's time from an ISO 8601 moment; what is none stands as it is."""
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    return (moment.astimezone(VIETNAM) if moment.tzinfo else moment).strftime("%d/%m/%Y")


def span(seconds: int) -> str:
    """How long to wait: `45 giây`, `12 phút`, `3 giờ`; rounded up."""
    if seconds < 60:
        return say(mark("%(n)s giây"), {"n": str(max(1, seconds))})
    if seconds < 3600:
        return say(mark("%(n)s phút"), {"n": str(-(-seconds // 60))})
    return say(mark("%(n)s giờ"), {"n": str(-(-seconds // 3600))})
