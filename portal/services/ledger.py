"""The ledger of looks read back: whether its chain holds, who looked at a record, and months that are closed for good.

Looking into it for others' looks is a look itself: it takes a reason and writes a row (decision 0038).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import AccessEvent, Account, LedgerMonth, Transcript, Unit
from portal.permissions import may_search_ledger
from portal.services.access import FIRST, Action, Outcome, digest_of, record_access

VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
MOST_ROWS: Final = 200
MOST_EXPORTED: Final = 20_000
MOST_TOLD: Final = 100


class Broken(StrEnum):
    """In what way a row does not hold."""

    CHANGED = "changed"
    LINK = "link"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Verified:
    """rows: that were read. gone: rows that went with their closed month. head: the newest digest.

    first_broken: id of the first row that does not hold (of a month its first), None when all do; how: in what way.
    """

    rows: int
    gone: int
    head: str
    first_broken: int | None = None
    how: Broken | None = None


@dataclass(frozen=True, slots=True)
class LedgerQuery:
    """What is looked for; None: any. code: lookup code. username: of whoever looked. first, last: days, inclusive."""

    first: date
    last: date
    code: str | None = None
    username: str | None = None
    refused_only: bool = False

    @property
    def words(self) -> str:
        """The query as its own row in the ledger keeps it; the record stands beside it by its number."""
        parts = [f"{self.first.isoformat()}/{self.last.isoformat()}"]
        parts += [f"account:{self.username}"] if self.username else []
        parts += ["refused"] if self.refused_only else []
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Look:
    """One row. who: display name, None for a stranger. code: of the record, None where there was none."""

    id: int
    at: datetime
    who: str | None
    basis: str | None
    action: str
    code: str | None
    fields: str | None
    outcome: str
    network: str
    purpose: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave, newest first. more: there are further rows. units: names by code, of those in bases."""

    looks: tuple[Look, ...]
    more: bool
    units: Mapping[str, str] = field(default_factory=dict)


class _Chain:
    """The chain while it is followed. months: closed ones, oldest first; their rows stand all or none."""

    def __init__(self, months: Sequence[LedgerMonth]) -> None:
        self.previous, self.rows, self.gone = FIRST, 0, 0
        self._months, self._seen = list(months), 0

    def pass_months(self, before: int | None) -> int | None:
        """Leave the months that end before a row (None: all); the first row of one that does not hold."""
        while self._months and (before is None or self._months[0].last_id < before):
            month = self._months.pop(0)
            if self._seen:
                holds = self._seen == month.count and self.previous == month.digest
            else:
                holds = self.previous == month.previous
                self.gone += month.count
            self.previous, self._seen = month.digest, 0
            if not holds:
                return month.first_id
        return None

    def follow(self, event: AccessEvent) -> Broken | None:
        """Go on to a row."""
        if event.previous != self.previous:
            return Broken.LINK
        if event.digest != digest_of(event):
            return Broken.CHANGED
        self.previous, self.rows = event.digest, self.rows + 1
        if self._months and self._months[0].first_id <= event.id:
            self._seen += 1
        return None


def verify(session: Session) -> Verified:
    """Follow the chain from its first row or closed month to its newest row; one pass."""
    chain = _Chain(session.scalars(sa.select(LedgerMonth).order_by(LedgerMonth.month)).all())
    rows = sa.select(AccessEvent).order_by(AccessEvent.id).execution_options(yield_per=1000)
    with session.execute(rows) as result:
        for event in result.scalars():
            torn = chain.pass_months(event.id)
            how = Broken.MONTH if torn is not None else chain.follow(event)
            if how is not None:
                return Verified(chain.rows, chain.gone, chain.previous, event.id if torn is None else torn, how)
    torn = chain.pass_months(None)
    return Verified(chain.rows, chain.gone, chain.previous, torn, None if torn is None else Broken.MONTH)


def first_broken_event(session: Session) -> int | None:
    """Id of the first row whose digest or link does not hold, or None."""
    return verify(session).first_broken


def require_search(identity: Identity) -> None:
    """Raise NotFound for whoever may not look up who looked."""
    if not may_search_ledger(identity):
        raise NotFound


def search(
    session: Session, identity: Identity, query: LedgerQuery, purpose: str, network: str, now: datetime
) -> Found:
    """Who looked; the search itself is written with its reason. Raises NotFound for whoever may not."""
    return _asked(session, identity, query, purpose, network, now, Action.LEDGER_SEARCH, MOST_ROWS)


def export(
    session: Session, identity: Identity, query: LedgerQuery, purpose: str, network: str, now: datetime
) -> Found:
    """The same for a file, with more rows."""
    return _asked(session, identity, query, purpose, network, now, Action.LEDGER_EXPORT, MOST_EXPORTED)


def looks_at(session: Session, transcript_id: int) -> Found:
    """The newest looks at one record, for the family whose record it is; the caller has asked whose it is.

    Searches in the ledger stand beside: who looked up who looked has learnt of the record too.
    """
    return _found(session, [AccessEvent.transcript_id == transcript_id], MOST_TOLD)


def all_looks_at(session: Session, transcript_id: int) -> Found:
    """Every look at one record that is kept, newest first, for the copy that a family asked for."""
    return _found(session, [AccessEvent.transcript_id == transcript_id], MOST_EXPORTED)


def _asked(
    session: Session,
    identity: Identity,
    query: LedgerQuery,
    purpose: str,
    network: str,
    now: datetime,
    action: Action,
    most: int,
) -> Found:
    allowed = may_search_ledger(identity)
    record = None if query.code is None else _record(session, query.code)
    found = _found(session, _conditions(query, record), most) if allowed else Found((), more=False)
    record_access(
        session,
        identity=identity,
        action=action,
        transcript_id=record,
        outcome=Outcome.ALLOWED if allowed else Outcome.REFUSED,
        network=network,
        now=now,
        fields=query.words,
        purpose=purpose,
    )
    if not allowed:
        raise NotFound
    return found


def _record(session: Session, code: str) -> int | None:
    return session.scalar(sa.select(Transcript.id).where(Transcript.lookup_code == code))


def _conditions(query: LedgerQuery, record: int | None) -> list[sa.ColumnElement[bool]]:
    begins, ends = _begin_of(query.first), _begin_of(query.last.fromordinal(query.last.toordinal() + 1))
    conditions: list[sa.ColumnElement[bool]] = [AccessEvent.at >= begins, AccessEvent.at < ends]
    if query.code is not None:
        conditions.append(AccessEvent.transcript_id == record)
    if query.username is not None:
        conditions.append(Account.username == query.username)
    if query.refused_only:
        conditions.append(AccessEvent.outcome == Outcome.REFUSED.value)
    return conditions


def _found(session: Session, conditions: Sequence[sa.ColumnElement[bool]], most: int) -> Found:
    rows = session.execute(
        sa.select(AccessEvent, Account.display_name, Transcript.lookup_code)
        .outerjoin(Account, Account.id == AccessEvent.account_id)
        .outerjoin(Transcript, Transcript.id == AccessEvent.transcript_id)
        .where(*conditions)
        .order_by(AccessEvent.id.desc())
        .limit(most + 1)
    ).all()
    looks = tuple(_look(event, who, code) for event, who, code in rows[:most])
    return Found(looks, len(rows) > most, _units(session, looks))


def _units(session: Session, looks: Sequence[Look]) -> dict[str, str]:
    held = {each.partition("@")[2] for look in looks if look.basis for each in look.basis.split(", ")}
    return {unit.code: unit.name for unit in session.scalars(sa.select(Unit).where(Unit.code.in_(held - {""})))}


def _look(event: AccessEvent, who: str | None, code: str | None) -> Look:
    return Look(
        event.id,
        event.at,
        who,
        event.basis,
        event.action,
        code,
        event.fields,
        event.outcome,
        event.network,
        event.purpose,
    )


def close_months(session: Session, now: datetime) -> int:
    """Close every whole month of the province that is over; returns how many."""
    closed = 0
    while (wanted := _next_month(session, now)) is not None:
        session.add(wanted)
        session.flush()
        closed += 1
    return closed


def forget_months(session: Session, now: datetime, kept_months: int) -> int:
    """Take away the rows of closed months that began more than so many months ago; returns how many rows.

    The newest closed month stays: SQLite would give its numbers to other rows if none were left.
    """
    today = now.astimezone(VIETNAM).date()
    number = today.year * 12 + today.month - 1 - kept_months
    limit = date(number // 12, number % 12 + 1, 1)
    gone = 0
    newest = sa.select(sa.func.max(LedgerMonth.month)).scalar_subquery()
    old = sa.select(LedgerMonth).where(LedgerMonth.month < limit, LedgerMonth.month < newest)
    for month in session.scalars(old).all():
        of_month = sa.delete(AccessEvent).where(AccessEvent.id.between(month.first_id, month.last_id))
        gone += session.connection().execute(of_month).rowcount
    return gone


def _next_month(session: Session, now: datetime) -> LedgerMonth | None:
    """The oldest month with rows that is over and not closed. Its rows: all before the first of a later month."""
    last = session.scalar(sa.select(sa.func.max(LedgerMonth.last_id))) or 0
    first = session.scalar(sa.select(AccessEvent).where(AccessEvent.id > last).order_by(AccessEvent.id).limit(1))
    if first is None:
        return None
    begins = first.at.astimezone(VIETNAM).date().replace(day=1)
    newest = session.scalar(sa.select(sa.func.max(LedgerMonth.month)))
    if newest is not None and begins <= newest:  # a clock was set back, or a late row of the month before
        begins = _after(newest)
    ends = _begin_of(_after(begins))
    if now < ends:
        return None
    later = sa.select(sa.func.min(AccessEvent.id)).where(AccessEvent.id > last, AccessEvent.at >= ends)
    beyond = session.scalar(later)
    within = [AccessEvent.id > last, *([AccessEvent.id < beyond] if beyond is not None else [])]
    count, end_id = session.execute(sa.select(sa.func.count(), sa.func.max(AccessEvent.id)).where(*within)).one()
    if not count:
        return None
    end = session.get_one(AccessEvent, end_id)
    return LedgerMonth(
        month=begins,
        first_id=first.id,
        last_id=end.id,
        count=count,
        previous=first.previous,
        digest=end.digest,
        closed_at=now,
    )


def _after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _begin_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=VIETNAM)
