"""Rounds of a school year: two cut-offs, the days of the reports to the ministry, and every setting that ever held.

A round that nobody set has the days of the plan (PL 2.1): 30/6 and 15/8, reports 10/7 and 25/8. Days are days of the
province whatever the zone of the server: a cut-off includes its whole day (domain §4).
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import Account, LockKind, LockProposal, LockState, LogHead, Round, YearRecordRow
from portal.permissions import may_set_rounds, may_watch_rounds
from portal.services.intake import require_school_year
from portal.services.log import HEAD_ID

VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
NUMBERS: Final = (1, 2)
_END_OF_DAY: Final = time(23, 59, 59)
_SECOND: Final = timedelta(seconds=1)
# Month and day of the cut-off and of the report, in the year in which the school year ends.
_PLAN: Final = {1: ((6, 30), (7, 10)), 2: ((8, 15), (8, 25))}
# From May on the running school year is the one whose records are due; until then the one before.
_DUE_FROM: Final = 5


@dataclass(frozen=True, slots=True)
class RoundView:
    """A round as it holds. cut_off: UTC, the last second that is in time. revision: 0 while it is the plan's own.

    decision, set_by, set_at: of who set it, None for the plan's own. locked: a lock of it was confirmed, so it stays.
    """

    school_year: str
    number: int
    cut_off: datetime
    report_day: date
    revision: int = 0
    decision: str | None = None
    set_by: str | None = None
    set_at: datetime | None = None
    locked: bool = False

    @property
    def deadline(self) -> datetime:
        """The first moment that is too late."""
        return self.cut_off + _SECOND

    @property
    def last_day(self) -> date:
        """The day of the province that is the last one."""
        return self.cut_off.astimezone(VIETNAM).date()

    def is_over(self, now: datetime) -> bool:
        return now >= self.deadline

    def days_left(self, now: datetime) -> int:
        """Days of the province from now to the last day; 0 on that day itself, negative afterwards."""
        return (self.last_day - now.astimezone(VIETNAM).date()).days


@dataclass(frozen=True, slots=True)
class YearRounds:
    """Both rounds of a school year."""

    school_year: str
    first: RoundView
    second: RoundView

    def of(self, number: int) -> RoundView:
        """Raises NotFound for a number that is none."""
        if number not in NUMBERS:
            raise NotFound
        return self.first if number == 1 else self.second


def is_official(identity: Identity) -> bool:
    """Whether a person sets rounds and decides on locks."""
    return may_set_rounds(identity)


def end_of_day(day: date) -> datetime:
    """The last whole second of a day of the province, in UTC."""
    return datetime.combine(day, _END_OF_DAY, VIETNAM).astimezone(UTC)


def rounds_of(session: Session, school_year: str) -> YearRounds:
    """The rounds of a school year as they hold now; raises Refused(BAD_SCHOOL_YEAR)."""
    require_school_year(school_year)
    newest = {number: _planned(school_year, number) for number in NUMBERS}
    for view in _settings(session, school_year):
        newest[view.number] = view
    locked = _locked(session, school_year)
    first, second = (replace(newest[number], locked=number in locked) for number in NUMBERS)
    return YearRounds(school_year, first, second)


def history(session: Session, identity: Identity, school_year: str, number: int) -> tuple[RoundView, ...]:
    """Every setting of a round, the newest first, the plan's own last; raises NotFound for who watches nothing."""
    if may_watch_rounds(identity).nothing or number not in NUMBERS:
        raise NotFound
    require_school_year(school_year)
    settings = [view for view in _settings(session, school_year) if view.number == number]
    return (*reversed(settings), _planned(school_year, number))


def set_round(
    session: Session,
    identity: Identity,
    school_year: str,
    number: int,
    *,
    last_day: date,
    report_day: date,
    decision: str,
    now: datetime,
) -> RoundView:
    """Set a round anew; what held before stays in the history.

    Raises NotFound for who may not; Refused with ROUND_LOCKED once a lock of it was confirmed, ROUND_ORDER,
    REPORT_TOO_EARLY, and ROUND_SHORTENED for taking time away that has passed already.
    """
    if not may_set_rounds(identity):
        raise NotFound
    queue(session)
    held = rounds_of(session, school_year)
    current, cut_off = held.of(number), end_of_day(last_day)
    if current.locked:
        raise Refused(Problem.ROUND_LOCKED)
    first, second = (cut_off, held.second.cut_off) if number == 1 else (held.first.cut_off, cut_off)
    if first >= second:
        other = held.second if number == 1 else held.first
        raise Refused(Problem.ROUND_ORDER, number=str(other.number), day=f"{other.last_day:%d/%m/%Y}")
    if report_day <= last_day:
        raise Refused(Problem.REPORT_TOO_EARLY, day=f"{last_day:%d/%m/%Y}")
    if cut_off < min(now, current.cut_off):
        raise Refused(Problem.ROUND_SHORTENED)
    session.add(
        Round(
            school_year=school_year,
            number=number,
            revision=current.revision + 1,
            cut_off=cut_off,
            report_day=report_day,
            decision=decision,
            set_by=identity.account_id,
            set_at=now,
        )
    )
    session.flush()
    return rounds_of(session, school_year).of(number)


def queue(session: Session) -> None:
    """Wait for whoever sets a round, confirms a lock or writes to the log: what is read next is what they left."""
    session.execute(sa.select(LogHead.size).where(LogHead.id == HEAD_ID).with_for_update())


def school_years(session: Session, now: datetime) -> tuple[str, ...]:
    """Years that have records, the one whose records are due and the next, newest first."""
    held = set(session.scalars(sa.select(YearRecordRow.school_year).distinct()))
    due = due_year(now)
    coming = f"{due[5:]}-{int(due[5:]) + 1}"
    return tuple(sorted(held | {due, coming}, reverse=True))


def due_year(now: datetime) -> str:
    """The school year whose records are due."""
    local = now.astimezone(VIETNAM)
    last = local.year if local.month >= _DUE_FROM else local.year - 1
    return f"{last - 1}-{last}"


def _planned(school_year: str, number: int) -> RoundView:
    year, (cut_off, report) = int(school_year[5:]), _PLAN[number]
    return RoundView(school_year, number, end_of_day(date(year, *cut_off)), date(year, *report))


def _locked(session: Session, school_year: str) -> frozenset[int | None]:
    """Rounds of which a lock was confirmed."""
    return frozenset(
        session.scalars(
            sa.select(LockProposal.number).where(
                LockProposal.kind == LockKind.ROUND.value,
                LockProposal.state == LockState.CONFIRMED.value,
                LockProposal.school_year == school_year,
            )
        )
    )


def _settings(session: Session, school_year: str) -> list[RoundView]:
    """Every setting of a year, in the order in which they were made."""
    rows = session.execute(
        sa.select(Round, Account.display_name)
        .join(Account, Account.id == Round.set_by)
        .where(Round.school_year == school_year)
        .order_by(Round.number, Round.revision)
    )
    return [
        RoundView(
            row.school_year, row.number, row.cut_off, row.report_day, row.revision, row.decision, name, row.set_at
        )
        for row, name in rows
    ]
