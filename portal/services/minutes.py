"""Minutes of a round's lock: what they tell, and the sealed files that were made of them.

Made by the department once a round has been locked; made anew, each file stays. Sealing asks outsiders for the time, so
it happens between two transactions (`figures`, then `keep`), and what is kept is what was still true at the second.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import (
    Account,
    LockItem,
    LockKind,
    LockMinutes,
    LockProposal,
    LockState,
    LogCheckpoint,
    RecordVersion,
    State,
)
from portal.permissions import may_set_rounds
from portal.services import blobs, rehearsal, rounds
from portal.services.rehearsal import SchoolFates
from portal.services.rounds import RoundView
from portal.services.uploads import LARGEST_ID


@dataclass(frozen=True, slots=True)
class LockedSet:
    """A confirmed proposal of the round. count: records; everywhere: of all schools."""

    decision: str
    count: int
    digest: str
    everywhere: bool
    effective_at: datetime
    proposer: str
    decider: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What the minutes of a round say. locked: by school (code) and grade. late: records of the year locked outside of
    its rounds. size, root, made_at: of the newest checkpoint, which covers every leaf of the round.
    """

    round: RoundView
    sets: tuple[LockedSet, ...]
    schools: tuple[SchoolFates, ...]
    locked: Mapping[int, Mapping[int, int]]
    late: int
    size: int
    root: str
    made_at: datetime

    @property
    def count(self) -> int:
        return sum(count for grades in self.locked.values() for count in grades.values())


@dataclass(frozen=True, slots=True)
class MadeMinutes:
    """Minutes that were made. stamped: sealed so that they last (PAdES-B-LTA)."""

    number: int
    count: int
    stamped: bool
    sha256: str
    maker: str
    made_at: datetime


def figures(session: Session, identity: Identity, school_year: str, number: int, now: datetime) -> Figures:
    """Count the round as it stands. Raises NotFound for who may not; Refused(ROUND_NOT_LOCKED) before it was locked."""
    if not may_set_rounds(identity):
        raise NotFound
    held = rounds.rounds_of(session, school_year)
    view = held.of(number)
    confirmed = _confirmed(session, school_year, number)
    if not confirmed or any(proposal.finished_at is None for proposal, _one, _other in confirmed):
        raise Refused(Problem.ROUND_NOT_LOCKED)
    newest = session.scalars(sa.select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1)).one()
    return Figures(
        round=view,
        sets=tuple(_set(*each) for each in confirmed),
        schools=rehearsal.rehearse(session, identity, held, now),
        locked=_locked(session, [proposal.id for proposal, _one, _other in confirmed]),
        late=_late(session, school_year),
        size=newest.size,
        root=newest.root,
        made_at=newest.created_at,
    )


def keep(session: Session, identity: Identity, told: Figures, pdf: bytes, *, stamped: bool, now: datetime) -> int:
    """Keep sealed minutes; returns their number. Raises NotFound; Refused(LOCK_SET_CHANGED) when the figures have
    changed since they were told.
    """
    year, number = told.round.school_year, told.round.number
    current = figures(session, identity, year, number, now)
    if (current.sets, current.locked, current.late) != (told.sets, told.locked, told.late):
        raise Refused(Problem.LOCK_SET_CHANGED)
    (digest,) = blobs.put_all(session, [pdf])
    row = LockMinutes(
        school_year=year,
        round=number,
        size=told.size,
        count=told.count,
        stamped=stamped,
        pdf_sha256=digest,
        made_by=identity.account_id,
        made_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def made(session: Session, identity: Identity, school_year: str, number: int) -> tuple[MadeMinutes, ...]:
    """Minutes of a round, the newest first; raises NotFound for who may not."""
    if not may_set_rounds(identity):
        raise NotFound
    rows = session.execute(
        sa.select(LockMinutes, Account.display_name)
        .join(Account, Account.id == LockMinutes.made_by)
        .where(LockMinutes.school_year == school_year, LockMinutes.round == number)
        .order_by(LockMinutes.id.desc())
    )
    return tuple(MadeMinutes(row.id, row.count, row.stamped, row.pdf_sha256, name, row.made_at) for row, name in rows)


def file_of(session: Session, identity: Identity, number: int) -> tuple[LockMinutes, bytes]:
    """Minutes with their file; raises NotFound for who may not, and for what is not there."""
    row = session.get(LockMinutes, min(number, LARGEST_ID)) if may_set_rounds(identity) else None
    if row is None:
        raise NotFound
    return row, blobs.get(session, row.pdf_sha256)


def _confirmed(session: Session, school_year: str, number: int) -> list[tuple[LockProposal, str, str]]:
    proposer, decider = aliased(Account), aliased(Account)
    rows = session.execute(
        sa.select(LockProposal, proposer.display_name, decider.display_name)
        .join(proposer, proposer.id == LockProposal.proposed_by)
        .join(decider, decider.id == LockProposal.decided_by)
        .where(
            LockProposal.kind == LockKind.ROUND.value,
            LockProposal.state == LockState.CONFIRMED.value,
            LockProposal.school_year == school_year,
            LockProposal.number == number,
        )
        .order_by(LockProposal.id)
    )
    return [(proposal, one, other) for proposal, one, other in rows]


def _set(held: LockProposal, proposer: str, decider: str) -> LockedSet:
    if held.effective_at is None:
        raise Refused(Problem.ROUND_NOT_LOCKED)
    everywhere = held.units is None
    return LockedSet(held.decision, held.count, held.digest, everywhere, held.effective_at, proposer, decider)


def _locked(session: Session, proposals: list[int]) -> dict[int, dict[int, int]]:
    """By id of the school and grade."""
    rows = session.execute(
        sa.select(RecordVersion.issuing_unit_id, RecordVersion.grade, sa.func.count())
        .join(LockItem, LockItem.version_id == RecordVersion.id)
        .where(LockItem.proposal_id.in_(proposals), RecordVersion.state == State.LOCKED.value)
        .group_by(RecordVersion.issuing_unit_id, RecordVersion.grade)
    )
    found: dict[int, dict[int, int]] = {}
    for unit_id, grade, count in rows:
        found.setdefault(unit_id, {})[grade] = count
    return found


def _late(session: Session, school_year: str) -> int:
    return session.execute(
        sa.select(sa.func.count())
        .select_from(LockItem)
        .join(LockProposal, LockProposal.id == LockItem.proposal_id)
        .join(RecordVersion, RecordVersion.id == LockItem.version_id)
        .where(
            LockProposal.kind == LockKind.LATE.value,
            LockProposal.state == LockState.CONFIRMED.value,
            LockProposal.school_year == school_year,
            RecordVersion.state == State.LOCKED.value,
        )
    ).scalar_one()
