"""The department's regulation on acts after the lock: off until two officials switch it on, by its own decision."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity, StaffRole
from portal.models import Account, CorrectionPolicy, PolicyState
from portal.permissions import may_confirm_correction, may_correct
from portal.services import log
from portal.services.papers import Paper, keep_file, require_paper
from verify.log import leaves, notes
from verify.log.leaves import PolicyLeaf

POLICY: Final = "corrections"
LIFE: Final = timedelta(days=14)
DELAYS: Final = range(1, 61)


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A setting of the regulation with the names of who acted. state: as it is now, so past its days it has expired."""

    id: int
    state: PolicyState
    allowed: bool
    delay_days: int
    decision: str
    decided_on: date
    file_name: str
    file_sha256: str
    proposer: str
    proposed_at: datetime
    expires_at: datetime
    decider: str | None
    decided_at: datetime | None
    closing: str | None
    log_index: int | None
    mine: bool
    may_confirm: bool


def in_force(session: Session) -> CorrectionPolicy | None:
    """The setting that holds; None: there never was one, so nothing is allowed."""
    return session.scalar(
        sa.select(CorrectionPolicy)
        .where(CorrectionPolicy.state == PolicyState.CONFIRMED.value)
        .order_by(CorrectionPolicy.log_index.desc())
        .limit(1)
    )


def require_allowed(session: Session) -> CorrectionPolicy:
    """The setting that allows acts after the lock; raises Refused(CORRECTIONS_OFF)."""
    held = in_force(session)
    if held is None or not held.allowed:
        raise Refused(Problem.CORRECTIONS_OFF)
    return held


def propose_policy(
    session: Session, identity: Identity, *, allowed: bool, delay_days: int, paper: Paper, now: datetime
) -> int:
    """Propose to switch the regulation on or off, or to change the delay; returns the number of the proposal.

    Raises NotFound for who is no official; Refused with BAD_DECISION, DECISION_DAY, DECISION_FILE, BAD_DELAY or
    PROPOSAL_WAITS.
    """
    require_official(identity)
    require_paper(paper, now)
    if delay_days not in DELAYS:
        raise Refused(Problem.BAD_DELAY)
    log.locked_head(session)  # proposers queue here
    session.execute(
        sa.update(CorrectionPolicy)
        .where(CorrectionPolicy.state == PolicyState.WAITING.value, CorrectionPolicy.expires_at <= now)
        .values(state=PolicyState.EXPIRED.value)
    )
    if session.scalar(sa.select(CorrectionPolicy.id).where(CorrectionPolicy.state == PolicyState.WAITING.value)):
        raise Refused(Problem.PROPOSAL_WAITS)
    digest, name = keep_file(session, paper)
    made = CorrectionPolicy(
        state=PolicyState.WAITING.value,
        allowed=allowed,
        delay_days=delay_days,
        decision=paper.decision,
        decided_on=paper.decided_on,
        file_sha256=digest,
        file_name=name,
        proposed_by=identity.account_id,
        proposed_at=now,
        expires_at=now + LIFE,
    )
    session.add(made)
    session.flush()
    return made.id


def confirm_policy(
    session: Session, identity: Identity, policy_id: int, log_signer: notes.Signer, now: datetime
) -> None:
    """Confirm as the second official: the setting holds, and the log says so. Confirmed before: nothing happens again.

    The caller has asked for the password. Raises NotFound also for who proposed; Refused(PROPOSAL_CLOSED).
    """
    require_official(identity)
    head = log.locked_head(session)
    held = _held(session, policy_id)
    if not may_confirm_correction(identity, held.proposed_by):
        raise NotFound
    if held.state == PolicyState.CONFIRMED.value:
        return
    _require_waiting(held, now)
    leaf = PolicyLeaf(
        unit=min(identity.units_as(StaffRole.DEPARTMENT_ADMIN)),
        policy=POLICY,
        settings={"allowed": int(held.allowed), "delay_days": held.delay_days},
        file_sha256=held.file_sha256,
        effective_at=now.replace(microsecond=0),
    )
    held.log_index = head.size
    _decide(held, PolicyState.CONFIRMED, identity, now)
    session.flush()
    log.append(session, [leaves.to_bytes(leaf)], log_signer, now)


def decline_policy(session: Session, identity: Identity, policy_id: int, reason: str, now: datetime) -> None:
    """Reject another's proposal, or withdraw one's own; raises NotFound or Refused(PROPOSAL_CLOSED)."""
    require_official(identity)
    held = _held(session, policy_id)
    state = PolicyState.WITHDRAWN if held.proposed_by == identity.account_id else PolicyState.REJECTED
    if held.state == state.value and held.decided_by == identity.account_id:
        return
    _require_waiting(held, now)
    held.closing = reason
    _decide(held, state, identity, now)
    session.flush()


def policies(session: Session, identity: Identity, now: datetime) -> tuple[PolicyView, ...]:
    """Every setting that was ever proposed, the newest first; none for who is no official."""
    return _views(session, identity, sa.true(), now) if may_correct(identity) else ()


def holding(session: Session, identity: Identity, now: datetime) -> PolicyView | None:
    """The setting that holds, for everybody who is told of acts after the lock."""
    held = in_force(session)
    return None if held is None else _views(session, identity, CorrectionPolicy.id == held.id, now)[0]


def policy(session: Session, identity: Identity, policy_id: int, now: datetime) -> PolicyView:
    """One setting; raises NotFound."""
    require_official(identity)
    found = _views(session, identity, CorrectionPolicy.id == policy_id, now) if 0 < policy_id < 2**31 else ()
    if not found:
        raise NotFound
    return found[0]


def require_official(identity: Identity) -> None:
    """Raises NotFound for who may not propose acts after the lock."""
    if not may_correct(identity):
        raise NotFound


def _held(session: Session, policy_id: int) -> CorrectionPolicy:
    if not 0 < policy_id < 2**31:
        raise NotFound
    held = session.scalar(
        sa.select(CorrectionPolicy)
        .where(CorrectionPolicy.id == policy_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if held is None:
        raise NotFound
    return held


def _require_waiting(held: CorrectionPolicy, now: datetime) -> None:
    if held.state != PolicyState.WAITING.value or held.expires_at <= now:
        raise Refused(Problem.PROPOSAL_CLOSED)


def _decide(held: CorrectionPolicy, state: PolicyState, identity: Identity, now: datetime) -> None:
    held.state, held.decided_by, held.decided_at = state.value, identity.account_id, now


def _views(
    session: Session, identity: Identity, where: sa.ColumnElement[bool], now: datetime
) -> tuple[PolicyView, ...]:
    proposer, decider = aliased(Account), aliased(Account)
    rows = session.execute(
        sa.select(CorrectionPolicy, proposer.display_name, decider.display_name)
        .join(proposer, proposer.id == CorrectionPolicy.proposed_by)
        .outerjoin(decider, decider.id == CorrectionPolicy.decided_by)
        .where(where)
        .order_by(CorrectionPolicy.id.desc())
    )
    return tuple(_view(held, by, decided, identity, now) for held, by, decided in rows)


def _view(held: CorrectionPolicy, by: str, decided: str | None, identity: Identity, now: datetime) -> PolicyView:
    state = PolicyState(held.state)
    if state is PolicyState.WAITING and held.expires_at <= now:
        state = PolicyState.EXPIRED
    return PolicyView(
        id=held.id,
        state=state,
        allowed=held.allowed,
        delay_days=held.delay_days,
        decision=held.decision,
        decided_on=held.decided_on,
        file_name=held.file_name,
        file_sha256=held.file_sha256,
        proposer=by,
        proposed_at=held.proposed_at,
        expires_at=held.expires_at,
        decider=decided,
        decided_at=held.decided_at,
        closing=held.closing,
        log_index=held.log_index,
        mine=held.proposed_by == identity.account_id,
        may_confirm=state is PolicyState.WAITING and may_confirm_correction(identity, held.proposed_by),
    )
