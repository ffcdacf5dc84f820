"""What comes with the days and not with an act: a deadline, an answer that is late, a certificate that ends.

Looked for again and again; each is told once (`News.happening`), so whoever looks first tells.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import SYSTEM, StaffRole
from portal.models import CustodyRequest, ExchangeDeparture, NoticeKind, Transcript, Unit
from portal.services import certificates, notices, progress, rounds
from portal.services.custody import LIVING
from portal.services.custody_days import DayLimits, due_of
from portal.services.notices import News
from portal.services.progress import Counts
from portal.services.rounds import RoundView
from verify.anchors import TrustStore

ROUND_DAYS: Final = (1, 3, 7)
KEY_DAYS: Final = (7, 30, 60)
# In the detail of a notice, in place of a number: nothing was sent at all.
SILENT: Final = "silent"
_SCHOOL: Final = (StaffRole.CLERK, StaffRole.HEAD)


def due(session: Session, trust: TrustStore, limits: DayLimits, now: datetime) -> list[tuple[int, News]]:
    """What the days have brought, for whom; told before or not. Only reads: nobody waits for a province of keys."""
    return [*_rounds(session, now), *_late_requests(session, limits, now), *_ending_keys(session, trust, now)]


def step_of(days_left: int, steps: Iterable[int]) -> int | None:
    """Which warning it is time for: the nearest step that is not yet passed; None when it is too early or over."""
    return min((step for step in steps if 0 <= days_left <= step), default=None)


def missing_words(counts: Counts, round_number: int) -> str | None:
    """What a school still owes in a round, for the detail of a notice; None: nothing."""
    if counts == Counts():
        return SILENT if round_number == 1 else None
    missing = counts.missing(round_number)
    return str(missing) if missing else None


def _rounds(session: Session, now: datetime) -> Iterator[tuple[int, News]]:
    held = rounds.rounds_of(session, rounds.due_year(now))
    for each in (held.first, held.second):
        step = step_of(each.days_left(now), ROUND_DAYS)
        if step is not None:
            yield from _closing(session, each, step, now)


def _closing(session: Session, held: RoundView, step: int, now: datetime) -> Iterator[tuple[int, News]]:
    owing = {
        school.key: words
        for school in progress.every_school(session, held.school_year, now)
        if (words := missing_words(school.counts, held.number)) is not None
    }
    about = f"{held.school_year} {held.number} {held.last_day.isoformat()}"
    for unit, people in notices.staff_by_unit(session, owing, _SCHOOL, now).items():
        news = News(NoticeKind.ROUND_CLOSES, unit, f"{about} {step}", f"{about} {owing[unit]}")
        yield from ((account, news) for account in people)


def _late_requests(session: Session, limits: DayLimits, now: datetime) -> Iterator[tuple[int, News]]:
    """The head whose answer is late, and the department, which can end what nobody answers."""
    rows = session.execute(
        sa.select(CustodyRequest, Transcript.managing_unit_id, ExchangeDeparture.request_id)
        .join(Transcript, Transcript.id == CustodyRequest.transcript_id)
        .outerjoin(ExchangeDeparture, ExchangeDeparture.request_id == CustodyRequest.id)
        # A file that went to another installation waits for one from there: nobody here is late.
        .where(CustodyRequest.state.in_(LIVING), ExchangeDeparture.made_at.is_(None))
    ).all()
    for held, keeper, away in rows:
        due = due_of(held, limits, now)
        if due is None or not due.late:
            continue
        turn = held.to_unit_id if held.agreed_at is None and away is None else keeper
        news = News(NoticeKind.CUSTODY_LATE, held.id, str(turn), due.last_day.isoformat())
        deciding = notices.staff_of(session, [turn], now, StaffRole.HEAD)
        yield from ((account, news) for account in deciding | notices.officials(session, now))


def _ending_keys(session: Session, trust: TrustStore, now: datetime) -> Iterator[tuple[int, News]]:
    """The heads of the unit whose key ends, and the department, which registers the next one."""
    held = certificates.ending(certificates.keys(session, SYSTEM, trust, now))
    ids = _ids(session, {each.unit_code for each in held})
    heads = notices.staff_by_unit(session, list(ids.values()), (StaffRole.HEAD,), now)
    administrators = notices.officials(session, now)
    for each in held:
        step = step_of(each.days_left, KEY_DAYS)
        news = News(NoticeKind.KEY_ENDS, each.id, str(step), each.ends_at.astimezone(rounds.VIETNAM).date().isoformat())
        yield from ((account, news) for account in heads.get(ids[each.unit_code], frozenset()) | administrators)


def _ids(session: Session, codes: set[str]) -> dict[str, int]:
    return dict(session.execute(sa.select(Unit.code, Unit.id).where(Unit.code.in_(codes))).all())
