"""The transfer desk: a hand-over of files and codes, a row each; what stands in it, ticking off, and forgetting it.

A hand-over belongs to the person who made it. Its rows live for a day, its files until they are answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import (
    BatchState,
    ItemKind,
    ItemOutcome,
    Job,
    JobKind,
    TransferBatch,
    TransferFile,
    TransferItem,
    Unit,
)
from portal.permissions import may_check_transfers
from portal.services import jobs
from verify import limits

KEPT: Final = timedelta(hours=24)
# A request that keeps files ends within minutes; what still receives then was cut off.
_RECEIVES: Final = timedelta(minutes=30)
LABEL_CHARACTERS: Final = 120
_OPEN: Final = (BatchState.RECEIVING.value, BatchState.CHECKING.value)
GOOD: Final = frozenset({ItemOutcome.AUTHENTIC, ItemOutcome.CONTENT_MATCHES, ItemOutcome.CODE_STANDS})


@dataclass(frozen=True, slots=True)
class NewItem:
    """A row to be kept. data: of a file. outcome: known at once, for what cannot be checked at all."""

    kind: ItemKind
    label: str
    data: bytes | None = None
    file_sha256: str | None = None
    code: str | None = None
    birth_date: date | None = None
    outcome: ItemOutcome | None = None
    detail: dict[str, Any] | None = None


def units_of(session: Session, identity: Identity) -> dict[str, str]:
    """Units for which this person checks transfers, by code, with names; empty for who may not."""
    codes = may_check_transfers(identity)
    rows = session.execute(sa.select(Unit.code, Unit.name).where(Unit.code.in_(codes)).order_by(Unit.code))
    return {row.code: row.name for row in rows}


def begin(session: Session, identity: Identity, unit_code: str, grade: int | None, network: str, now: datetime) -> int:
    """A new, empty hand-over; its number. grade: that the pupils should have finished, None: any.

    Raises NotFound for who may not; Refused(TRANSFERS_OPEN) while another one of the same person is worked on.
    """
    unit = session.scalar(sa.select(Unit).where(Unit.code == unit_code))
    if unit is None or unit_code not in may_check_transfers(identity):
        raise NotFound
    _forget_cut_off(session, now, identity.account_id)
    busy = sa.select(TransferBatch.id).where(
        TransferBatch.account_id == identity.account_id, TransferBatch.state.in_(_OPEN)
    )
    if session.scalar(busy) is not None:
        raise Refused(Problem.TRANSFERS_OPEN)
    batch = TransferBatch(
        unit_id=unit.id,
        account_id=identity.account_id,
        state=BatchState.RECEIVING.value,
        grade=grade,
        network=network,
        created_at=now,
        finished_at=None,
        expires_at=now + KEPT,
        job_id=None,
        good=0,
        exceptions=0,
        root=None,
    )
    session.add(batch)
    session.flush()
    return batch.id


def add(session: Session, batch_id: int, position: int, item: NewItem) -> None:
    """Keep one row of a hand-over that still receives. position: from 1."""
    row = TransferItem(
        batch_id=batch_id,
        position=position,
        kind=item.kind.value,
        label=item.label[:LABEL_CHARACTERS],
        file_sha256=item.file_sha256,
        code=item.code,
        birth_date=item.birth_date,
        outcome=item.outcome.value if item.outcome is not None else None,
        detail=item.detail,
        verdict_number=None,
        transcript_id=None,
        masked_name=None,
        school_name=None,
        school_year=None,
        version=None,
        grade=None,
        handled_at=None,
    )
    session.add(row)
    session.flush()
    if item.data is not None and item.outcome is None:
        session.add(TransferFile(item_id=row.id, data=item.data))
        session.flush()


def close(session: Session, batch_id: int, now: datetime) -> int:
    """Everything is there: begin to check; the job's number. Raises Refused(TRANSFERS_EMPTY)."""
    batch = session.get_one(TransferBatch, batch_id)
    total = session.scalar(_counted(batch_id)) or 0
    if not total:
        raise Refused(Problem.TRANSFERS_EMPTY)
    batch.state = BatchState.CHECKING.value
    return begin_slice(session, batch, now)


def begin_slice(session: Session, batch: TransferBatch, now: datetime) -> int:
    """Another job for what is left; its number."""
    left = session.scalar(_counted(batch.id).where(TransferItem.outcome.is_(None))) or 0
    job = jobs.begin(
        session,
        JobKind.TRANSFER_CHECK,
        subject_id=batch.id,
        unit_id=batch.unit_id,
        account_id=batch.account_id,
        total=left,
        now=now,
    )
    batch.job_id = job.id
    session.flush()
    return job.id


def _counted(batch_id: int) -> sa.Select[int]:
    return sa.select(sa.func.count(TransferItem.id)).where(TransferItem.batch_id == batch_id)


def give_up(session: Session, batch_id: int) -> None:
    """Forget a hand-over that could not be received whole."""
    _forget(session, session.get_one(TransferBatch, batch_id), BatchState.DISCARDED)


def batch_of(session: Session, identity: Identity, batch_id: int) -> TransferBatch:
    """A hand-over of this person that still has its rows; raises NotFound."""
    batch = session.get(TransferBatch, batch_id)
    mine = batch is not None and batch.account_id == identity.account_id and bool(may_check_transfers(identity))
    if batch is None or not mine or batch.state in (BatchState.DISCARDED, BatchState.EXPIRED):
        raise NotFound
    return batch


def done_batch_of(session: Session, identity: Identity, batch_id: int) -> TransferBatch:
    """A hand-over of this person that is answered; raises NotFound."""
    batch = batch_of(session, identity, batch_id)
    if batch.state != BatchState.DONE:
        raise NotFound
    return batch


def unit_name(session: Session, batch: TransferBatch) -> str:
    """For which unit it was handed over."""
    return session.get_one(Unit, batch.unit_id).name


def batches_of(session: Session, identity: Identity) -> Sequence[TransferBatch]:
    """The person's hand-overs that still have their rows, newest first."""
    return session.scalars(
        sa.select(TransferBatch)
        .where(
            TransferBatch.account_id == identity.account_id,
            TransferBatch.state.in_((*_OPEN, BatchState.DONE.value)),
        )
        .order_by(TransferBatch.id.desc())
    ).all()


def items_of(session: Session, batch: TransferBatch) -> Sequence[TransferItem]:
    """Its rows in the order in which they were handed over."""
    return session.scalars(
        sa.select(TransferItem).where(TransferItem.batch_id == batch.id).order_by(TransferItem.position)
    ).all()


def progress_of(session: Session, batch: TransferBatch) -> tuple[int, int, Job | None]:
    """How many rows are answered, of how many; and the job that works on them."""
    total = session.scalar(_counted(batch.id)) or 0
    done = session.scalar(_counted(batch.id).where(TransferItem.outcome.is_not(None))) or 0
    return done, total, session.get(Job, batch.job_id) if batch.job_id is not None else None


def handle(session: Session, batch: TransferBatch, position: int, now: datetime) -> int | None:
    """Tick a row off, or take the tick away; returns the next exception that is still to be looked at, if any."""
    row = session.scalar(
        sa.select(TransferItem).where(TransferItem.batch_id == batch.id, TransferItem.position == position)
    )
    if row is None:
        raise NotFound
    row.handled_at = None if row.handled_at is not None else now
    session.flush()
    if row.handled_at is None:
        return position
    open_ones = [each.position for each in exceptions_first(items_of(session, batch)) if is_open_exception(each)]
    later = [each for each in open_ones if each > position]
    return next(iter(later), next(iter(open_ones), None))


def is_open_exception(item: TransferItem) -> bool:
    """Whether a person still has to look at a row."""
    return item.outcome is not None and item.outcome not in GOOD and item.handled_at is None


def exceptions_first(items: Sequence[TransferItem]) -> list[TransferItem]:
    """What needs a person first; each part in the order in which it was handed over."""
    return sorted(items, key=lambda each: (each.outcome in GOOD, each.position))


def try_again(session: Session, batch: TransferBatch, now: datetime) -> int | None:
    """Go on where work ended on our side; the job's number, None when there is nothing to do."""
    job = session.get(Job, batch.job_id) if batch.job_id is not None else None
    if batch.state != BatchState.CHECKING or (job is not None and job.is_open):
        return None
    return begin_slice(session, batch, now)


def discard(session: Session, batch: TransferBatch, now: datetime) -> None:
    """Forget a hand-over at the person's wish."""
    if batch.job_id is not None:
        jobs.cancel(session, batch.job_id, now)
    _forget(session, batch, BatchState.DISCARDED)


def expire(session: Session, now: datetime) -> int:
    """Forget what is older than a day, and what was cut off while it was received; returns how many."""
    old = session.scalars(
        sa.select(TransferBatch).where(
            TransferBatch.state.in_((*_OPEN, BatchState.DONE.value)), TransferBatch.expires_at <= now
        )
    ).all()
    for batch in old:
        _forget(session, batch, BatchState.EXPIRED)
    return len(old) + _forget_cut_off(session, now, None)


def _forget_cut_off(session: Session, now: datetime, account_id: int | None) -> int:
    wanted = sa.select(TransferBatch).where(
        TransferBatch.state == BatchState.RECEIVING.value, TransferBatch.created_at <= now - _RECEIVES
    )
    if account_id is not None:
        wanted = wanted.where(TransferBatch.account_id == account_id)
    cut_off = session.scalars(wanted).all()
    for batch in cut_off:
        _forget(session, batch, BatchState.EXPIRED)
    return len(cut_off)


def _forget(session: Session, batch: TransferBatch, state: BatchState) -> None:
    """Files and rows go; that there was a hand-over, and its counts, stay."""
    batch.state = state.value
    rows = sa.select(TransferItem.id).where(TransferItem.batch_id == batch.id)
    session.execute(sa.delete(TransferFile).where(TransferFile.item_id.in_(rows)))
    session.execute(sa.delete(TransferItem).where(TransferItem.batch_id == batch.id))
    session.flush()


def too_many() -> Refused:
    """What a hand-over with too many rows is answered."""
    return Refused(Problem.TRANSFERS_TOO_MANY, limit=str(limits.BATCH_FILES))


def too_large() -> Refused:
    """What a hand-over with too many bytes is answered."""
    return Refused(Problem.TRANSFERS_TOO_LARGE, limit=str(limits.BATCH_BYTES // 1024**2))
