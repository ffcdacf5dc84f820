"""How long each head has for an answer: working days after the day on which it became the head's turn.

TT 28/2020 Đ.36 gives each head three working days; the numbers are settings, because the law has changed since. The
calendar of public holidays is not known here, so days are Monday to Friday, and the page says so.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from portal.models import CustodyRequest, CustodyState
from portal.services.organisation import day_of

_WORKING: Final = 5
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayLimits:
    """Working days for the receiving head, and for the head of the school that keeps the records."""

    receiving: int
    keeping: int


@dataclass(frozen=True, slots=True)
class Due:
    """last_day: on which an answer is in time. late: working days since then, 0 where it is in time."""

    last_day: date
    late: int


def due_of(held: CustodyRequest, limits: DayLimits, now: datetime) -> Due | None:
    """When the answer to a request is due; None where none is awaited."""
    if held.state == CustodyState.REQUESTED.value:
        begun, days = held.requested_at, limits.receiving
    elif held.state == CustodyState.AGREED.value and held.agreed_at is not None:
        begun, days = held.agreed_at, limits.keeping
    else:
        return None
    last = after(day_of(begun), days)
    return Due(last, between(last, day_of(now)))


def after(day: date, days: int) -> date:
    """The day that lies so many working days after another one."""
    while days > 0:
        day += _DAY
        days -= day.weekday() < _WORKING
    return day


def between(first: date, last: date) -> int:
    """Working days after the first one up to the last one; 0 where the last is no later."""
    weeks, rest = divmod(max(0, (last - first).days), 7)
    begun = first + _DAY
    return weeks * _WORKING + sum((begun + step * _DAY).weekday() < _WORKING for step in range(rest))
