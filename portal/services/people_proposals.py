"""The rule of two for people: roles that decide for the province or sign for a school, and another password for whoever
holds one. One administrator proposes, another confirms; until then nothing has happened (decision 0042).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity, StaffRole
from portal.models import Account, PeopleProposal, PeopleProposalKind, PeopleProposalState, Unit
from portal.permissions import may_close_accounts, may_confirm_people
from portal.services import accounts, appointments, invitation_rows
from portal.services.access import Action
from portal.services.account_acts import record_act
from portal.services.appointments import Period
from portal.services.organisation import require_open

LIFE: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """account_id: whom it was about. invited: a link with the secret now leads to another password."""

    account_id: int
    display_name: str
    invited: bool


def propose_role(
    session: Session,
    identity: Identity,
    account_id: int,
    unit: Unit,
    role: StaffRole,
    period: Period,
    now: datetime,
) -> int:
    """Propose a role; returns the proposal's number. The caller has asked whether the person may give it.

    Raises Refused: UNIT_CLOSED, ROLE_NOT_HERE, ROLE_HELD, PEOPLE_PROPOSAL_WAITS.
    """
    require_open(session, unit, now)
    appointments.require_role_of(unit, role)
    appointments.require_free(session, account_id, unit, role, period)
    made = _new(identity, account_id, PeopleProposalKind.ROLE, now)
    made.unit_id, made.role, made.valid_from, made.valid_to = unit.id, role.value, period.since, period.until
    return _keep(session, made, now)


def propose_reset(session: Session, identity: Identity, account_id: int, now: datetime) -> int:
    """Propose a link for another password; raises Refused(PEOPLE_PROPOSAL_WAITS)."""
    return _keep(session, _new(identity, account_id, PeopleProposalKind.RESET, now), now)


def confirm(
    session: Session, identity: Identity, proposal_id: int, secret: str, network: str, now: datetime
) -> Confirmed:
    """Confirm as the second official. secret: for the link of a reset, which this official hands over.

    Raises NotFound also for who proposed it and for whom it is about; Refused: PEOPLE_PROPOSAL_CLOSED, and as
    `appointments.give`.
    """
    held = _locked(session, proposal_id)
    if not may_confirm_people(identity, held.proposed_by, held.account_id):
        raise NotFound
    _require_waiting(held, now)
    account = session.get_one(Account, held.account_id)
    proposer = accounts.identity_behind(session, held.proposed_by, now)
    if not account.active or not may_close_accounts(proposer):
        raise Refused(Problem.PEOPLE_PROPOSAL_CLOSED)
    reset = held.kind == PeopleProposalKind.RESET.value
    if reset:
        invitation_rows.reset(session, identity, account, secret, now)
        record_act(session, identity, Action.ACCOUNT_RESET_LINK, account.id, network, now)
    else:
        _give(session, identity, held, network, now)
    _decide(session, held, PeopleProposalState.CONFIRMED, identity, now)
    return Confirmed(account.id, account.display_name, invited=reset)


def decline(session: Session, identity: Identity, proposal_id: int, now: datetime) -> int:
    """Refuse another's proposal or take back one's own; returns whom it was about. Raises NotFound.

    Decided before, nothing happens.
    """
    held = _locked(session, proposal_id)
    if not may_close_accounts(identity):
        raise NotFound
    if held.state == PeopleProposalState.WAITING.value:
        _decide(session, held, PeopleProposalState.DECLINED, identity, now)
    return held.account_id


def drop_of(session: Session, identity: Identity, account_id: int, now: datetime) -> None:
    """Decline whatever waits about a person, or was proposed by that person."""
    for held in session.scalars(
        sa.select(PeopleProposal).where(
            PeopleProposal.state == PeopleProposalState.WAITING.value,
            sa.or_(PeopleProposal.account_id == account_id, PeopleProposal.proposed_by == account_id),
        )
    ).all():
        _decide(session, held, PeopleProposalState.DECLINED, identity, now)


def waits(now: datetime) -> sa.ColumnElement[bool]:
    """A condition: somebody can still confirm it."""
    return sa.and_(PeopleProposal.state == PeopleProposalState.WAITING.value, PeopleProposal.expires_at > now)


def _give(session: Session, identity: Identity, held: PeopleProposal, network: str, now: datetime) -> None:
    unit, role = session.get(Unit, held.unit_id), StaffRole(held.role or "")
    if unit is None or held.valid_from is None:
        raise NotFound
    appointments.give(session, held.account_id, unit, role, Period(held.valid_from, held.valid_to), now)
    detail = f"{role.value}@{unit.code}"
    record_act(session, identity, Action.ACCOUNT_ROLE_GIVEN, held.account_id, network, now, detail)


def _new(identity: Identity, account_id: int, kind: PeopleProposalKind, now: datetime) -> PeopleProposal:
    return PeopleProposal(
        kind=kind.value,
        state=PeopleProposalState.WAITING.value,
        account_id=account_id,
        proposed_by=identity.account_id,
        proposed_at=now,
        expires_at=now + LIFE,
    )


def _keep(session: Session, made: PeopleProposal, now: datetime) -> int:
    """One that is past its days makes room."""
    same = sa.select(PeopleProposal).where(
        PeopleProposal.state == PeopleProposalState.WAITING.value,
        PeopleProposal.account_id == made.account_id,
        PeopleProposal.kind == made.kind,
        PeopleProposal.unit_id.is_not_distinct_from(made.unit_id),
        PeopleProposal.role.is_not_distinct_from(made.role),
    )
    for old in session.scalars(same).all():
        if old.expires_at > now:
            raise Refused(Problem.PEOPLE_PROPOSAL_WAITS)
        old.state = PeopleProposalState.DECLINED.value
        old.decided_by, old.decided_at = made.proposed_by, now
    session.flush()
    session.add(made)
    try:
        session.flush()
    except IntegrityError as twice:
        raise Refused(Problem.PEOPLE_PROPOSAL_WAITS) from twice
    return made.id


def _locked(session: Session, proposal_id: int) -> PeopleProposal:
    held = session.scalar(sa.select(PeopleProposal).where(PeopleProposal.id == proposal_id).with_for_update())
    if held is None:
        raise NotFound
    return held


def _require_waiting(held: PeopleProposal, now: datetime) -> None:
    if held.state != PeopleProposalState.WAITING.value or held.expires_at <= now:
        raise Refused(Problem.PEOPLE_PROPOSAL_CLOSED)


def _decide(
    session: Session, held: PeopleProposal, state: PeopleProposalState, identity: Identity, now: datetime
) -> None:
    held.state = state.value
    held.decided_by, held.decided_at = identity.account_id, now
    session.flush()
