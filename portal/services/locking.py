"""The lock: freezes accepted versions, sets their effective date and logs them, in one transaction (plan PL 2.1).

A confirmed proposal is worked off in batches. Each is one transaction: leaves, tiles, checkpoint, openings, effective
dates and states together; so a record is locked or not, and whoever goes on after a kill finds what is left.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Fault, Problem, Refused
from portal.identity import Identity
from portal.models import (
    Account,
    Blob,
    JobMessage,
    LockItem,
    LockProposal,
    LockState,
    LogOpening,
    RecordSignature,
    RecordVersion,
    State,
    Transcript,
    Unit,
    YearRecordRow,
)
from portal.services import jobs, log, telling
from portal.services.jobs import Claim
from portal.services.life import Act, may_take
from portal.services.packets import counts, packet
from portal.services.transitions import beside_a_locked, frozen, lock_accepted
from verify.canonical import sha256
from verify.log import commitments, leaves, notes
from verify.verifier import NEEDED_ROLES

Salt = Callable[[], bytes]

# A batch holds the log for well under a second; each leaves one checkpoint and one partial tile behind.
BATCH: Final = 1000
_BEYOND: Final = 2**31
_NEEDED: Final = frozenset(role.value for role in NEEDED_ROLES)


@dataclass(frozen=True, slots=True)
class Locked:
    """What a lock did. left: versions of the packet that did not lock, by state. effective_at: UTC."""

    packet: int
    locked: int
    left: dict[str, int]
    effective_at: datetime
    log_size: int


@dataclass(frozen=True, slots=True)
class Work:
    """What a job is to lock. done: records that are locked already. after: up to this version nothing is left to lock.
    actor: who confirmed.
    """

    proposal_id: int
    total: int
    done: int
    after: int
    number: int | None
    effective_at: datetime
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Step:
    """What a batch did. last: the version up to which nothing is left but what is damaged; None: all was seen.

    damaged: versions whose stored bytes are not what they were, and which therefore did not lock.
    """

    last: int | None
    done: int
    damaged: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Ready:
    """A version to be locked, with what its leaf commits to."""

    version_id: int
    unit_code: str
    committed: commitments.Committed


@dataclass(frozen=True, slots=True)
class _Act:
    """What all records that are locked together share."""

    number: int | None
    effective_at: datetime
    actor: str
    reason: str
    log_signer: notes.Signer
    salt: Salt
    now: datetime


def lock_packet(
    session: Session,
    identity: Identity,
    packet_id: int,
    *,
    decision: str,
    log_signer: notes.Signer,
    salt: Salt,
    now: datetime,
) -> Locked:
    """Lock every accepted version of a packet; a record never accepted never locks (domain §4).

    decision: number of the decision under which it is done. salt: gives 32 fresh random bytes. Raises
    Refused(NOTHING_TO_DO) when nothing is accepted, or all of it is being locked by two officials.
    """
    held = packet(session, packet_id)
    if not may_take(identity, Act.LOCK, session.get_one(Unit, held.unit_id).code):
        raise Refused(Problem.NOT_ALLOWED)
    effective_at = now.replace(microsecond=0)
    chosen = _accepted(RecordVersion.packet_id == packet_id, ~frozen(RecordVersion.id), ~beside_a_locked(RecordVersion))
    ready, damaged = _ready(session, session.execute(chosen).all())
    if damaged:
        raise Fault(Problem.STORE_DAMAGED, version=str(damaged[0]))
    if not ready:
        raise Refused(Problem.NOTHING_TO_DO, packet=str(packet_id))
    act = _Act(None, effective_at, identity.display_name, f"chốt theo {decision}", log_signer, salt, now)
    first = _lock(session, ready, act)
    left = {state: n for state, n in counts(session, packet_id).items() if state != State.LOCKED.value}
    return Locked(packet_id, len(ready), left, effective_at, first + len(ready))


def prepare_one(session: Session, version_id: int, salt: bytes, effective_at: datetime) -> tuple[bytes, bytes]:
    """Leaf and opening of an accepted version that takes a locked one's place, held; raises Fault(STORE_DAMAGED)."""
    ready, damaged = _ready(session, session.execute(_accepted(RecordVersion.id == version_id)).all())
    if damaged or not ready:
        raise Fault(Problem.STORE_DAMAGED, version=str(version_id))
    leaf = leaves.lock_leaf(ready[0].committed, salt, ready[0].unit_code, effective_at)
    return leaves.to_bytes(leaf), commitments.opening_bytes(ready[0].committed, salt)


def to_lock(session: Session, held: Claim) -> Work:
    """What a job finds to do. Raises Fault when its proposal was not confirmed."""
    proposal = session.get_one(LockProposal, held.subject_id)
    if proposal.state != LockState.CONFIRMED.value or proposal.effective_at is None:
        raise Fault(Problem.STORE_DAMAGED, what="lock_proposal")
    actor = session.get_one(Account, proposal.decided_by)
    name = f"đợt {proposal.number}" if proposal.number is not None else "muộn"
    return Work(
        proposal_id=proposal.id,
        total=proposal.count,
        done=_locked_items(session, proposal.id),
        after=_first_left(session, proposal.id) - 1,
        number=proposal.number,
        effective_at=proposal.effective_at,
        actor=actor.display_name,
        reason=f"chốt {name} theo {proposal.decision}",
    )


def lock_next(
    session: Session,
    held: Claim,
    work: Work,
    after: int,
    done: int,
    *,
    log_signer: notes.Signer,
    salt: Salt,
    now: datetime,
    at_most: int = BATCH,
) -> Step | None:
    """Lock the next versions of a proposal, with the progress of its job; None when the job is no longer ours.

    after: the last version that an earlier step has seen, `work.after` at first. done: how many are locked already.
    """
    # The row of the job first: two runners of one lock queue here, and the one that lost it stops.
    if not jobs.progress(session, held, JobMessage.LOCKING, done, work.total, now):
        return None
    # Which ones first, from one index: a planner that joins before it counts reads the whole province in each batch.
    chosen = session.scalars(
        sa.select(LockItem.version_id)
        .where(LockItem.proposal_id == work.proposal_id, LockItem.version_id > after)
        .order_by(LockItem.version_id)
        .limit(at_most)
    ).all()
    if not chosen:
        return Step(None, done, ())
    ready, damaged = _ready(session, session.execute(_accepted(RecordVersion.id.in_(chosen))).all())
    if ready:
        _lock(session, ready, _Act(work.number, work.effective_at, work.actor, work.reason, log_signer, salt, now))
        done += len(ready)
        jobs.progress(session, held, JobMessage.LOCKING, done, work.total, now)
    return Step(chosen[-1], done, damaged)


def end_lock(session: Session, held: Claim, work: Work, now: datetime) -> bool:
    """Close a lock all of whose records are locked, with the end of its job; False: roll back.

    Raises Fault(STORE_DAMAGED) when some are not.
    """
    done = _locked_items(session, work.proposal_id)
    if done != work.total:
        raise Fault(Problem.STORE_DAMAGED, what="lock", left=str(work.total - done))
    proposal = session.get_one(LockProposal, work.proposal_id)
    proposal.finished_at = now
    session.flush()
    telling.records_locked(session, proposal.id, proposal.school_year, now)
    return jobs.finish(session, held, JobMessage.FINISHED, now, done=done)


def _locked_items(session: Session, proposal_id: int) -> int:
    statement = (
        sa.select(sa.func.count())
        .select_from(LockItem)
        .join(RecordVersion, RecordVersion.id == LockItem.version_id)
        .where(LockItem.proposal_id == proposal_id, RecordVersion.state == State.LOCKED.value)
    )
    return session.execute(statement).scalar_one()


def _first_left(session: Session, proposal_id: int) -> int:
    """The first version of a proposal that is not locked yet; a number beyond all where none is left."""
    statement = (
        sa.select(sa.func.min(LockItem.version_id))
        .join(RecordVersion, RecordVersion.id == LockItem.version_id)
        .where(LockItem.proposal_id == proposal_id, RecordVersion.state == State.ACCEPTED.value)
    )
    return session.scalar(statement) or _BEYOND


_Row = sa.Row[int, str, int, str, str, str, bytes]


def _accepted(*where: sa.ColumnElement[bool]) -> sa.Select[int, str, int, str, str, str, bytes]:
    """Accepted versions with all that a leaf needs but signatures, by id; held until the transaction ends."""
    return (
        sa.select(
            RecordVersion.id,
            RecordVersion.root_sha256,
            RecordVersion.version,
            Transcript.lookup_code,
            YearRecordRow.school_year,
            Unit.code,
            Blob.data,
        )
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .join(Unit, Unit.id == RecordVersion.issuing_unit_id)
        .join(Blob, Blob.sha256 == RecordVersion.root_sha256)
        .where(RecordVersion.state == State.ACCEPTED.value, *where)
        .order_by(RecordVersion.id)
        .with_for_update(of=RecordVersion)
    )


def _ready(session: Session, rows: Sequence[_Row]) -> tuple[list[_Ready], tuple[int, ...]]:
    """The versions whose bytes and signatures are what they were, and the ids of the others."""
    signatures = _signatures(session, [row[0] for row in rows])
    ready, damaged = [], []
    for version_id, root, version, code, school_year, unit, data in rows:
        held = signatures.get(version_id)
        if held is None or not held.keys() >= _NEEDED or sha256(data) != root:
            damaged.append(version_id)
            continue
        ready.append(_Ready(version_id, unit, commitments.Committed(data, code, school_year, version, held)))
    return ready, tuple(damaged)


def _signatures(session: Session, versions: Sequence[int]) -> Mapping[int, Mapping[str, bytes] | None]:
    """CMS bytes by role for each version; None where one of them is not what it was."""
    found: dict[int, dict[str, bytes] | None] = {version: {} for version in versions}
    rows = session.execute(
        sa.select(RecordSignature.version_id, RecordSignature.role, RecordSignature.cms_sha256, Blob.data)
        .join(Blob, Blob.sha256 == RecordSignature.cms_sha256)
        .where(RecordSignature.version_id.in_(versions))
    )
    for version_id, role, digest, data in rows:
        held = found[version_id]
        if held is None or sha256(data) != digest:
            found[version_id] = None
        else:
            held[role] = data
    return found


def _lock(session: Session, ready: Sequence[_Ready], act: _Act) -> int:
    """Log the versions, open their commitments, date and lock them; returns the index of the first leaf."""
    prepared = [_leaf(each, act.salt(), act) for each in ready]
    first = log.append(session, [leaf for leaf, _opening in prepared], act.log_signer, act.now)
    session.execute(
        sa.insert(LogOpening),
        [
            {"index": first + offset, "version_id": each.version_id, "opening": opening}
            for offset, (each, (_leaf_bytes, opening)) in enumerate(zip(ready, prepared, strict=True))
        ],
    )
    indexes = {each.version_id: first + offset for offset, each in enumerate(ready)}
    lock_accepted(session, indexes, act.effective_at, Act.LOCK, actor=act.actor, reason=act.reason, now=act.now)
    return first


def _leaf(each: _Ready, salt: bytes, act: _Act) -> tuple[bytes, bytes]:
    leaf = leaves.lock_leaf(each.committed, salt, each.unit_code, act.effective_at, act.number)
    return leaves.to_bytes(leaf), commitments.opening_bytes(each.committed, salt)
