"""The set of a lock: which versions it holds, its digest, and how it differs from what was seen before.

digest = SHA-256 over one line `version id:SHA-256 of the signed bytes` for each version, in order of ids.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import LockItem, LockKind, LockProposal, RecordVersion, State
from portal.services.rehearsal import WOULD_LOCK, Fate, fates, plainly
from portal.services.rounds import YearRounds

_READ_AT_ONCE: Final = 5000


@dataclass(frozen=True, slots=True)
class LockScope:
    """What is to be locked. number: of the round, None for late records. units: ids of schools, None for all."""

    kind: LockKind
    school_year: str
    number: int | None
    units: tuple[int, ...] | None

    @property
    def fate(self) -> Fate:
        return Fate.LATE if self.number is None else WOULD_LOCK[self.number]


@dataclass(frozen=True, slots=True)
class LockSet:
    """count: records. by_unit, by_grade: how many of each, by id of the school and by grade."""

    count: int
    digest: str
    by_unit: Mapping[int, int]
    by_grade: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of a proposed set. added: records that belong to it now. gone: those that no longer do, by state."""

    added: int
    gone: Mapping[State, int]


def scope_of(held: LockProposal) -> LockScope:
    units = tuple(int(unit) for unit in held.units) if held.units is not None else None
    return LockScope(LockKind(held.kind), held.school_year, held.number, units)


def set_now(
    session: Session, rounds: YearRounds, scope: LockScope, accepted_until: datetime, now: datetime, *, hold: bool
) -> LockSet:
    """The set as it is now, read in pieces. hold: let nobody change a version of it until the transaction ends."""
    plainly(session)
    statement = _chosen(
        rounds,
        scope,
        accepted_until,
        now,
        RecordVersion.id,
        RecordVersion.root_sha256,
        RecordVersion.issuing_unit_id,
        RecordVersion.grade,
    ).order_by(RecordVersion.id)
    if hold:
        statement = statement.with_for_update(read=True, of=RecordVersion)
    digest, count = hashlib.sha256(), 0
    by_unit: dict[int, int] = {}
    by_grade: dict[int, int] = {}
    for version_id, root, unit_id, grade in session.execute(statement).yield_per(_READ_AT_ONCE):
        digest.update(_line(version_id, root))
        count += 1
        by_unit[unit_id] = by_unit.get(unit_id, 0) + 1
        by_grade[grade] = by_grade.get(grade, 0) + 1
    return LockSet(count, digest.hexdigest(), by_unit, dict(sorted(by_grade.items())))


def keep_items(session: Session, rounds: YearRounds, held: LockProposal, now: datetime) -> str:
    """Write down the versions of a proposal, one statement; returns the digest of what was written.

    No version is held for it: a school that withdraws one in these seconds does not wait, and confirming counts anew.
    """
    plainly(session)
    found = _chosen(
        rounds, scope_of(held), held.accepted_until, now, sa.literal(held.id, sa.Integer()), RecordVersion.id
    )
    session.execute(sa.insert(LockItem).from_select(["proposal_id", "version_id"], found))
    kept = (
        sa.select(RecordVersion.id, RecordVersion.root_sha256)
        .join(LockItem, LockItem.version_id == RecordVersion.id)
        .where(LockItem.proposal_id == held.id)
        .order_by(RecordVersion.id)
    )
    digest = hashlib.sha256()
    for version_id, root in session.execute(kept).yield_per(_READ_AT_ONCE):
        digest.update(_line(version_id, root))
    return digest.hexdigest()


def _line(version_id: int, root: str) -> bytes:
    return f"{version_id}:{root}\n".encode()


def drop_items(session: Session, proposal_id: int) -> None:
    """Forget the versions of a proposal that came to nothing."""
    session.execute(sa.delete(LockItem).where(LockItem.proposal_id == proposal_id))


def difference(session: Session, rounds: YearRounds, held: LockProposal, now: datetime) -> Difference:
    """How the set differs now from the one that was proposed."""
    plainly(session)
    current = (
        _chosen(rounds, scope_of(held), held.accepted_until, now, RecordVersion.id)
        .cte("current_set")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    proposed = sa.and_(LockItem.proposal_id == held.id, LockItem.version_id == current.c.id)
    added = (
        sa.select(sa.func.count())
        .select_from(current)
        .outerjoin(LockItem, proposed)
        .where(LockItem.version_id.is_(None))
    )
    gone = session.execute(
        sa.select(RecordVersion.state, sa.func.count())
        .select_from(LockItem)
        .join(RecordVersion, RecordVersion.id == LockItem.version_id)
        .outerjoin(current, current.c.id == LockItem.version_id)
        .where(LockItem.proposal_id == held.id, current.c.id.is_(None))
        .group_by(RecordVersion.state)
    )
    return Difference(session.execute(added).scalar_one(), {State(state): count for state, count in gone})


def _chosen(
    rounds: YearRounds, scope: LockScope, accepted_until: datetime, now: datetime, *columns: Any
) -> sa.Select[Any]:
    # The state stands twice: a version that is withdrawn while its row is waited for is looked at once more.
    accepted = RecordVersion.state == State.ACCEPTED.value
    within = accepted if scope.units is None else sa.and_(accepted, RecordVersion.issuing_unit_id.in_(scope.units))
    held = fates(rounds, now, within)
    statement = (
        sa.select(*columns)
        .select_from(held)
        .join(RecordVersion, RecordVersion.id == held.c.version_id)
        .where(held.c.fate == scope.fate.value, accepted)
    )
    return statement if scope.number is not None else statement.where(RecordVersion.accepted_at <= accepted_until)
