"""What administrators and heads do about people: invite, give and end roles, hand over a link, end an account.

Nobody gives a right beyond the own office or outside the own units (`portal.permissions.may_give_role`), and nobody
acts upon the own account here. What was is kept: roles are dated, accounts are closed (decision 0042).
"""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import Identity, StaffRole
from portal.models import Account, AccountInvitation, AppointmentRow, Unit
from portal.permissions import may_close_accounts, may_give_role, may_reset_password, takes_two_officials
from portal.services import accounts, appointments, invitation_rows, people_proposals, people_reach
from portal.services.access import Action
from portal.services.account_acts import record_act
from portal.services.appointments import Period
from portal.services.organisation import day_of, require_open
from portal.services.organisation import unit as unit_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """A role in a unit. unit_code: as typed."""

    unit_code: str
    role: StaffRole
    period: Period


@dataclass(frozen=True, slots=True)
class Reset:
    """proposal_id: what a second official has to confirm before there is a link; None: the secret opens one now."""

    display_name: str
    proposal_id: int | None


def invite(session: Session, identity: Identity, display_name: str, wanted: Wanted, secret: str, now: datetime) -> int:
    """Invite a new person to a role; the secret goes to that person alone. Returns the invitation's number.

    Raises NotFound for a role that one may not give; Refused: UNKNOWN_UNIT, UNIT_CLOSED, ROLE_NOT_HERE.
    """
    unit = _unit_for(session, identity, wanted, now)
    appointments.require_role_of(unit, wanted.role)
    return invitation_rows.join(session, identity, display_name, unit, wanted.role, wanted.period, secret, now)


def end_invitation(session: Session, identity: Identity, invitation_id: int, now: datetime) -> None:
    """End an invitation that nobody took up. Raises NotFound; ended or taken up before, nothing happens."""
    held = session.scalar(sa.select(AccountInvitation).where(AccountInvitation.id == invitation_id).with_for_update())
    if held is None or not _may_end(session, identity, held):
        raise NotFound
    if held.accepted_at is None and held.ended_at is None:
        held.ended_at = now
        session.flush()


def give_role(
    session: Session, identity: Identity, account_id: int, wanted: Wanted, network: str, now: datetime
) -> int | None:
    """Give a person a role, or propose it where two officials are needed; then the proposal's number.

    Raises NotFound for a role that one may not give and for the own account; Refused: UNKNOWN_UNIT, and as
    `appointments.give` and `people_proposals.propose_role`.
    """
    account = _another(session, identity, account_id)
    unit = _unit_for(session, identity, wanted, now)
    if takes_two_officials(wanted.role):
        return people_proposals.propose_role(session, identity, account.id, unit, wanted.role, wanted.period, now)
    appointments.give(session, account.id, unit, wanted.role, wanted.period, now)
    detail = f"{wanted.role.value}@{unit.code}"
    record_act(session, identity, Action.ACCOUNT_ROLE_GIVEN, account.id, network, now, detail)
    return None


def end_role(
    session: Session,
    identity: Identity,
    account_id: int,
    role_id: int,
    last_day: date | None,
    network: str,
    now: datetime,
) -> None:
    """End a role after a day, or with None at once. Raises NotFound; Refused: ROLE_DAYS, LAST_ADMINISTRATOR."""
    account = _another(session, identity, account_id)
    row = session.get(AppointmentRow, role_id)
    if row is None or row.account_id != account.id:
        raise NotFound
    unit = session.get_one(Unit, row.unit_id)
    if not may_give_role(identity, StaffRole(row.role), unit.code):
        raise NotFound
    appointments.end(session, row, last_day, now)
    record_act(session, identity, Action.ACCOUNT_ROLE_ENDED, account.id, network, now, f"{row.role}@{unit.code}")


def reset_password(
    session: Session, identity: Identity, account_id: int, secret: str, network: str, now: datetime
) -> Reset:
    """Let a person set another password by a link; for roles of weight a second official is needed first.

    Raises NotFound; Refused(PEOPLE_PROPOSAL_WAITS).
    """
    account = _another(session, identity, account_id)
    held = appointments.going_on(session, account.id, day_of(now))
    if not may_reset_password(identity, held, guardian=people_reach.is_guardian(session, account.id)):
        raise NotFound
    if people_reach.reset_takes_two(session, account.id, held, now):
        return Reset(account.display_name, people_proposals.propose_reset(session, identity, account.id, now))
    invitation_rows.reset(session, identity, account, secret, now)
    record_act(session, identity, Action.ACCOUNT_RESET_LINK, account.id, network, now)
    return Reset(account.display_name, None)


def close(session: Session, identity: Identity, account_id: int, network: str, now: datetime) -> None:
    """End an account: its sessions at once, its roles today, and whatever it had begun about others.

    Raises NotFound; Refused(LAST_ADMINISTRATOR).
    """
    account = _another(session, identity, account_id)
    if not may_close_accounts(identity):
        raise NotFound
    appointments.hold_administrators(session)
    accounts.close_account(session, account)
    appointments.end_all(session, account.id, now)
    invitation_rows.end_of(session, account.id, now)
    people_proposals.drop_of(session, identity, account.id, now)
    appointments.require_an_administrator(session, day_of(now))
    record_act(session, identity, Action.ACCOUNT_CLOSED, account.id, network, now)


def _another(session: Session, identity: Identity, account_id: int) -> Account:
    """An open account of somebody else within reach; raises NotFound."""
    found = people_reach.person(session, identity, account_id)
    if not found.active or found.id == identity.account_id:
        raise NotFound
    return found


def _unit_for(session: Session, identity: Identity, wanted: Wanted, now: datetime) -> Unit:
    """The unit, asked for only by who may give the role there: to others a unit that is not there is no news."""
    if not may_give_role(identity, wanted.role, wanted.unit_code):
        raise NotFound
    unit = unit_of(session, wanted.unit_code)
    require_open(session, unit, now)
    return unit


def _may_end(session: Session, identity: Identity, held: AccountInvitation) -> bool:
    if may_close_accounts(identity) or held.invited_by == identity.account_id:
        return True
    unit = session.get(Unit, held.unit_id) if held.unit_id is not None else None
    return unit is not None and held.role is not None and may_give_role(identity, StaffRole(held.role), unit.code)
