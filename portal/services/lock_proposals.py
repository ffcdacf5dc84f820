"""The rule of two for the lock: one official proposes a set of records, another one confirms exactly that set.

Both see the same digest. When anything changed in between, nothing is locked: the second official is told what, and
the new set needs two people again. Confirming freezes the set and sets its one effective date; the work is a job.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity, StaffRole
from portal.models import (
    PRIMARY_KINDS,
    Account,
    Job,
    JobKind,
    LockKind,
    LockProposal,
    LockState,
    NoticeKind,
    RecordVersion,
    State,
    Unit,
)
from portal.permissions import may_confirm_lock, may_propose_locks
from portal.services import jobs, lock_sets, notices, organisation, rounds, telling
from portal.services.lock_sets import Difference, LockScope, LockSet
from portal.services.rounds import YearRounds
from portal.services.uploads import LARGEST_ID

LIFE: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an official asks for. number: of the round, None for late records. units: codes of schools, None for all.

    reason: why late records are locked, None for a round.
    """

    school_year: str
    number: int | None
    units: tuple[str, ...] | None
    decision: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """A set as it would be locked now. schools: names of those in it with their counts, in order of names."""

    rounds: YearRounds
    set: LockSet
    schools: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class LockView:
    """A proposal with the names of who acted. state: as it is now, so one past its days has expired.

    schools: names of the chosen ones, None for the whole province. done: records locked so far. job_open: whether
    somebody works on it or will. mine: the asking person proposed it. may_confirm: may decide on it now.
    """

    id: int
    kind: LockKind
    state: LockState
    school_year: str
    number: int | None
    accepted_until: datetime
    schools: tuple[str, ...] | None
    unit_codes: tuple[str, ...] | None
    decision: str
    reason: str | None
    count: int
    digest: str
    proposer: str
    proposed_at: datetime
    expires_at: datetime
    decider: str | None
    decided_at: datetime | None
    closing: str | None
    effective_at: datetime | None
    finished_at: datetime | None
    done: int
    job_open: bool
    mine: bool
    may_confirm: bool

    @property
    def waits(self) -> bool:
        return self.state is LockState.WAITING


@dataclass(frozen=True, slots=True)
class Second:
    """What the second official is shown. difference: None while the set is the one that was proposed."""

    preview: Preview
    difference: Difference | None


def preview(session: Session, identity: Identity, wanted: Wanted, now: datetime) -> Preview:
    """What a proposal would hold now. Raises NotFound; Refused(WINDOW_OPEN) before the round's cut-off has passed."""
    _require_official(identity)
    held, scope = _checked(session, wanted, now)
    found = lock_sets.set_now(session, held, scope, _until(held, scope, now), now, hold=False)
    return Preview(held, found, _schools(session, found.by_unit))


def propose(
    session: Session,
    identity: Identity,
    wanted: Wanted,
    *,
    seen: str,
    typed: int,
    now: datetime,
    replaces: int | None = None,
) -> int:
    """Propose the set that was seen; returns the number of the proposal.

    seen: its digest. typed: its count, as the person wrote it. replaces: a waiting proposal whose set has changed.
    Raises NotFound; Refused with WINDOW_OPEN, NOTHING_TO_LOCK, LOCK_SET_CHANGED, WRONG_COUNT or PROPOSAL_CLOSED.
    """
    _require_official(identity)
    _expire(session, now)
    held, scope = _checked(session, wanted, now)
    until = _until(held, scope, now)
    found = lock_sets.set_now(session, held, scope, until, now, hold=False)
    if not found.count:
        raise Refused(Problem.NOTHING_TO_LOCK)
    if found.digest != seen:
        raise Refused(Problem.LOCK_SET_CHANGED)
    if found.count != typed:
        raise Refused(Problem.WRONG_COUNT)
    if replaces is not None:
        _close(session, _waiting(session, replaces, now), LockState.RENEWED, identity, None, now)
    made = LockProposal(
        kind=scope.kind.value,
        state=LockState.WAITING.value,
        school_year=scope.school_year,
        number=scope.number,
        accepted_until=until,
        units=list(scope.units) if scope.units is not None else None,
        decision=wanted.decision,
        reason=wanted.reason,
        count=found.count,
        digest=found.digest,
        proposed_by=identity.account_id,
        proposed_at=now,
        expires_at=now + LIFE,
    )
    session.add(made)
    session.flush()
    if lock_sets.keep_items(session, held, made, now) != found.digest:  # one came or went in this moment
        raise Refused(Problem.LOCK_SET_CHANGED)
    telling.second_official_needed(session, NoticeKind.LOCK_WAITS, made.id, identity.account_id, now)
    return made.id


def second_look(session: Session, identity: Identity, proposal_id: int, now: datetime) -> Second:
    """A waiting proposal's set counted anew, and what changed since. Raises NotFound, Refused(PROPOSAL_CLOSED)."""
    _require_official(identity)
    held = _require_waiting(_found(session, proposal_id), now)
    year = rounds.rounds_of(session, held.school_year)
    found = lock_sets.set_now(session, year, lock_sets.scope_of(held), held.accepted_until, now, hold=False)
    same = found.digest == held.digest and _same_window(year, held)
    changed = None if same else lock_sets.difference(session, year, held, now)
    return Second(Preview(year, found, _schools(session, found.by_unit)), changed)


def confirm(session: Session, identity: Identity, proposal_id: int, seen: str, now: datetime) -> int | None:
    """Confirm as the second official: the set is frozen, its effective date set. Returns the job to queue.

    seen: the digest that this official was shown. Confirmed before: nothing happens again, None. The caller has asked
    for the password. Raises NotFound also for who proposed; Refused with PROPOSAL_CLOSED or LOCK_SET_CHANGED.
    """
    _require_official(identity)
    rounds.queue(session)
    held = _found(session, proposal_id, hold=True)
    if not may_confirm_lock(identity, held.proposed_by):
        raise NotFound
    if held.state == LockState.CONFIRMED.value:
        return None
    _require_waiting(held, now)
    year = rounds.rounds_of(session, held.school_year)
    found = lock_sets.set_now(session, year, lock_sets.scope_of(held), held.accepted_until, now, hold=True)
    if not held.digest == found.digest == seen or not _same_window(year, held):
        raise Refused(Problem.LOCK_SET_CHANGED)
    held.state, held.decided_by, held.decided_at = LockState.CONFIRMED.value, identity.account_id, now
    held.effective_at = now.replace(microsecond=0)
    notices.settle(session, NoticeKind.LOCK_WAITS, held.id, now)
    return _begin(session, identity, held, now)


def resume(session: Session, identity: Identity, proposal_id: int, now: datetime) -> int | None:
    """Begin anew the work of a confirmed lock that stopped; None when it is under way or done. Raises NotFound."""
    _require_official(identity)
    held = _found(session, proposal_id, hold=True)
    if held.state != LockState.CONFIRMED.value or held.finished_at is not None:
        return None
    job = session.get(Job, held.job_id) if held.job_id is not None else None
    return None if job is not None and job.is_open else _begin(session, identity, held, now)


def decline(session: Session, identity: Identity, proposal_id: int, reason: str, now: datetime) -> None:
    """Reject another's proposal, or withdraw one's own; raises NotFound or Refused(PROPOSAL_CLOSED)."""
    _require_official(identity)
    held = _found(session, proposal_id, hold=True)
    own = held.proposed_by == identity.account_id
    state = LockState.WITHDRAWN if own else LockState.REJECTED
    if held.state == state.value and held.decided_by == identity.account_id:
        return
    _close(session, _require_waiting(held, now), state, identity, reason, now)


def proposal(session: Session, identity: Identity, proposal_id: int, now: datetime) -> LockView:
    """One proposal; raises NotFound for who is no official of the department."""
    _require_official(identity)
    if not 0 < proposal_id <= LARGEST_ID:
        raise NotFound
    found = _views(session, identity, LockProposal.id == proposal_id, now)
    if not found:
        raise NotFound
    return found[0]


def proposals(session: Session, identity: Identity, school_year: str, now: datetime) -> tuple[LockView, ...]:
    """Every proposal of a school year, the newest first; none for who may not decide."""
    if not may_propose_locks(identity):
        return ()
    return _views(session, identity, LockProposal.school_year == school_year, now)


def units_of(session: Session, now: datetime) -> dict[str, str]:
    """Code and name of each school that may be chosen, by name: those that stand, and closed ones of which records
    wait for their lock.
    """
    waits = sa.exists().where(RecordVersion.issuing_unit_id == Unit.id, RecordVersion.state == State.ACCEPTED.value)
    primary = (
        sa.select(Unit.code, Unit.name)
        .where(Unit.kind.in_(PRIMARY_KINDS), sa.or_(organisation.alive_on(organisation.day_of(now)), waits))
        .order_by(Unit.name)
    )
    return {row.code: row.name for row in session.execute(primary)}


def _require_official(identity: Identity) -> None:
    if not may_propose_locks(identity):
        raise NotFound


def _checked(session: Session, wanted: Wanted, now: datetime) -> tuple[YearRounds, LockScope]:
    """The rounds and the scope of what is wanted; a round may be locked only when the schools' window has closed."""
    held = rounds.rounds_of(session, wanted.school_year)
    if wanted.number is not None and not (window := held.of(wanted.number)).is_over(now):
        raise Refused(Problem.WINDOW_OPEN, day=window.last_day.strftime("%d/%m/%Y"))
    units = None if wanted.units is None else _unit_ids(session, wanted.units)
    kind = LockKind.LATE if wanted.number is None else LockKind.ROUND
    return held, LockScope(kind, wanted.school_year, wanted.number, units)


def _unit_ids(session: Session, codes: tuple[str, ...]) -> tuple[int, ...]:
    found = session.scalars(sa.select(Unit.id).where(Unit.code.in_(codes)).order_by(Unit.id)).all()
    if len(found) != len(set(codes)):
        raise NotFound
    return tuple(found)


def _until(held: YearRounds, scope: LockScope, now: datetime) -> datetime:
    return now if scope.number is None else held.of(scope.number).cut_off


def _same_window(held: YearRounds, made: LockProposal) -> bool:
    """Whether the round still ends when it did at the proposal."""
    return made.number is None or held.of(made.number).cut_off == made.accepted_until


def _schools(session: Session, counts: Mapping[int, int]) -> tuple[tuple[str, int], ...]:
    names = session.execute(sa.select(Unit.id, Unit.name).where(Unit.id.in_(list(counts))).order_by(Unit.name))
    return tuple((name, counts[key]) for key, name in names)


def _found(session: Session, proposal_id: int, *, hold: bool = False) -> LockProposal:
    """The row; hold: until the transaction ends, so of two decisions at once the second sees the first."""
    statement = sa.select(LockProposal).where(LockProposal.id == proposal_id).execution_options(populate_existing=True)
    found = session.scalar(statement.with_for_update() if hold else statement) if proposal_id <= LARGEST_ID else None
    if found is None:
        raise NotFound
    return found


def _waiting(session: Session, proposal_id: int, now: datetime) -> LockProposal:
    return _require_waiting(_found(session, proposal_id, hold=True), now)


def _require_waiting(held: LockProposal, now: datetime) -> LockProposal:
    if held.state != LockState.WAITING.value or held.expires_at <= now:
        raise Refused(Problem.PROPOSAL_CLOSED)
    return held


def _begin(session: Session, identity: Identity, held: LockProposal, now: datetime) -> int:
    job = jobs.begin(
        session,
        JobKind.LOCK_RUN,
        subject_id=held.id,
        unit_id=organisation.own_unit(session, identity, StaffRole.DEPARTMENT_ADMIN).id,
        account_id=identity.account_id,
        total=held.count,
        now=now,
    )
    held.job_id = job.id
    session.flush()
    return job.id


def _close(
    session: Session, held: LockProposal, state: LockState, identity: Identity, reason: str | None, now: datetime
) -> None:
    held.state, held.decided_by, held.decided_at, held.closing = state.value, identity.account_id, now, reason
    session.flush()
    notices.settle(session, NoticeKind.LOCK_WAITS, held.id, now)
    lock_sets.drop_items(session, held.id)


def _expire(session: Session, now: datetime) -> None:
    """Close what nobody decided in its days."""
    old = session.scalars(
        sa.select(LockProposal).where(LockProposal.state == LockState.WAITING.value, LockProposal.expires_at <= now)
    ).all()
    for held in old:
        held.state = LockState.EXPIRED.value
        session.flush()
        lock_sets.drop_items(session, held.id)


def _views(session: Session, identity: Identity, where: sa.ColumnElement[bool], now: datetime) -> tuple[LockView, ...]:
    proposer, decider = aliased(Account), aliased(Account)
    rows = session.execute(
        sa.select(LockProposal, proposer.display_name, decider.display_name, Job)
        .join(proposer, proposer.id == LockProposal.proposed_by)
        .outerjoin(decider, decider.id == LockProposal.decided_by)
        .outerjoin(Job, Job.id == LockProposal.job_id)
        .where(where)
        .order_by(LockProposal.id.desc())
    ).all()
    chosen = {unit for held, *_rest in rows for unit in held.units or ()}
    names = {
        key: (code, name)
        for key, code, name in session.execute(
            sa.select(Unit.id, Unit.code, Unit.name).where(Unit.id.in_(list(chosen)))
        )
    }
    return tuple(_view(held, (by, decided), job, names, identity, now) for held, by, decided, job in rows)


def _view(
    held: LockProposal,
    people: tuple[str, str | None],
    job: Job | None,
    names: Mapping[int, tuple[str, str]],
    identity: Identity,
    now: datetime,
) -> LockView:
    state = LockState(held.state)
    if state is LockState.WAITING and held.expires_at <= now:
        state = LockState.EXPIRED
    units = None if held.units is None else tuple(names[unit] for unit in held.units)
    return LockView(
        id=held.id,
        kind=LockKind(held.kind),
        state=state,
        school_year=held.school_year,
        number=held.number,
        accepted_until=held.accepted_until,
        schools=None if units is None else tuple(name for _code, name in units),
        unit_codes=None if units is None else tuple(code for code, _name in units),
        decision=held.decision,
        reason=held.reason,
        count=held.count,
        digest=held.digest,
        proposer=people[0],
        proposed_at=held.proposed_at,
        expires_at=held.expires_at,
        decider=people[1],
        decided_at=held.decided_at,
        closing=held.closing,
        effective_at=held.effective_at,
        finished_at=held.finished_at,
        done=held.count if held.finished_at is not None else job.done if job is not None else 0,
        job_open=job is not None and job.is_open,
        mine=held.proposed_by == identity.account_id,
        may_confirm=state is LockState.WAITING and may_confirm_lock(identity, held.proposed_by),
    )
