"""The ledger's head in the transparency log: once a day a leaf commits to the newest row, and so to all before it.

An owner of the database can make the whole chain of looks anew; against a head that outsiders have seen in the log it
then no longer fits (decision 0044). Retention may take closed months away: of a row that went with its month the month
answers.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import AccessEvent, LedgerHead, LedgerMonth, Restoration, RestoreOutcome
from portal.services import leaf_search, log
from portal.services.ledger import VIETNAM
from portal.services.log_audit import Flaw
from verify.errors import VerifyError
from verify.log import leaves, notes
from verify.log.commitments import ledger_commitment
from verify.log.leaves import Kind, LedgerLeaf


class Contradiction(StrEnum):
    """In what way ledger and log say different things."""

    REWRITTEN = "rewritten"
    MONTH = "month"
    OPENING_GONE = "opening_gone"
    OPENING_DIFFERS = "opening_differs"


@dataclass(frozen=True, slots=True)
class HeadFlaw:
    """A head that does not hold. row: of the ledger, None where nothing says which."""

    kind: Contradiction
    day: date
    log_index: int
    row: int | None


@dataclass(frozen=True, slots=True)
class HeadsChecked:
    """heads: leaves of the log. lost: those whose openings a restore lost. covered: rows up to the newest head.

    open_rows: rows written since, which nothing outside binds yet.
    """

    heads: int
    lost: int
    covered: int
    open_rows: int
    flaws: tuple[HeadFlaw, ...]


def due(session: Session, now: datetime) -> bool:
    """Whether a head is wanted: none yet today, and somebody has looked since the newest."""
    held, newest = _newest_head(session), _newest_row(session)
    if newest is None:
        return False
    return held is None or (held.day < _today(now) and held.last_id < newest.id)


def keep(session: Session, signer: notes.Signer, salt: Callable[[], bytes], now: datetime) -> LedgerHead | None:
    """Log the ledger's head; None when none is due. Raises Refused as `log.append`."""
    log.locked_head(session)
    newest = _newest_row(session)
    if newest is None or not due(session, now):
        return None
    at, drawn = now.replace(microsecond=0), salt()
    leaf = LedgerLeaf(_today(now), ledger_commitment(newest.id, newest.digest, drawn), at)
    row = LedgerHead(
        day=leaf.day,
        last_id=newest.id,
        digest=newest.digest,
        salt=drawn,
        made_at=at,
        log_index=log.append(session, [leaves.to_bytes(leaf)], signer, now),
    )
    session.add(row)
    session.flush()
    return row


def check(session: Session) -> HeadsChecked:
    """Hold the ledger against every head that the log holds. Whether the chain itself holds, `ledger.verify` says."""
    kept = {row.log_index: row for row in session.scalars(sa.select(LedgerHead))}
    months = session.scalars(sa.select(LedgerMonth)).all()
    replayed = _replayed(session)
    count = lost = covered = 0
    flaws: list[HeadFlaw] = []
    for index, leaf in _logged(session):
        count += 1
        head = kept.pop(index, None)
        if head is None and any(index in part for part in replayed):
            lost += 1
        elif (found := _contradiction(session, leaf, head, months)) is not None:
            flaws.append(HeadFlaw(found, leaf.day, index, None if head is None else head.last_id))
        elif head is not None:
            covered = max(covered, head.last_id)
    flaws += [HeadFlaw(Contradiction.OPENING_DIFFERS, row.day, row.log_index, row.last_id) for row in kept.values()]
    after = sa.select(sa.func.count()).select_from(AccessEvent).where(AccessEvent.id > covered)
    return HeadsChecked(count, lost, covered, session.scalar(after) or 0, tuple(flaws))


def flaws(session: Session) -> Iterator[Flaw]:
    """The same for the audit."""
    for flaw in check(session).flaws:
        yield Flaw("access_head_differs", flaw.log_index, flaw.day.isoformat())


def _logged(session: Session) -> Iterator[tuple[int, LedgerLeaf]]:
    for index, leaf in leaf_search.of_kinds(session, Kind.LEDGER):
        if isinstance(leaf, LedgerLeaf):
            yield index, leaf


def _contradiction(
    session: Session, leaf: LedgerLeaf, head: LedgerHead | None, months: Sequence[LedgerMonth]
) -> Contradiction | None:
    if head is None:
        return Contradiction.OPENING_GONE
    if not _opens(leaf, head):
        return Contradiction.OPENING_DIFFERS
    digest = session.scalar(sa.select(AccessEvent.digest).where(AccessEvent.id == head.last_id))
    if digest is not None:
        return None if digest == head.digest else Contradiction.REWRITTEN
    month = next((each for each in months if each.first_id <= head.last_id <= each.last_id), None)
    if month is None:
        return Contradiction.REWRITTEN
    return None if _answers(month, head) else Contradiction.MONTH


def _answers(month: LedgerMonth, head: LedgerHead) -> bool:
    """Whether a month whose rows are gone can be the one in which this head was the newest row.

    After the month's end no row of it was written: a head of a later day that stops within it gives the month away.
    """
    if head.last_id == month.last_id:
        return head.digest == month.digest
    return (head.day.year, head.day.month) <= (month.month.year, month.month.month)


def _opens(leaf: LedgerLeaf, head: LedgerHead) -> bool:
    try:
        return leaf.commitment == ledger_commitment(head.last_id, head.digest, head.salt)
    except VerifyError:
        return False


def _replayed(session: Session) -> list[range]:
    """Leaves that came back from a mirror after a restore: what opened them is lost with the rows of those days."""
    asked = sa.select(Restoration).where(Restoration.outcome == RestoreOutcome.REPLAYED.value)
    return [range(row.log_size, row.seen_size or 0) for row in session.scalars(asked)]


def _newest_head(session: Session) -> LedgerHead | None:
    return session.scalar(sa.select(LedgerHead).order_by(LedgerHead.log_index.desc()).limit(1))


def _newest_row(session: Session) -> AccessEvent | None:
    return session.scalar(sa.select(AccessEvent).order_by(AccessEvent.id.desc()).limit(1))


def _today(now: datetime) -> date:
    return now.astimezone(VIETNAM).date()
