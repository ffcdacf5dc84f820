"""Taking an invitation up: the person sets the own name and password; nobody else ever knows them (decision 0042).

What the invitation gives is asked anew at that moment: whoever may no longer give it, gives nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity, StaffRole
from portal.models import Account, AccountInvitation, Unit
from portal.permissions import may_give_role, takes_two_officials
from portal.services import accounts, appointments, invitation_rows, people_proposals
from portal.services.access import Action
from portal.services.account_acts import record_act
from portal.services.appointments import Period
from portal.services.passwords import require_strong


@dataclass(frozen=True, slots=True)
class Offer:
    """What an invitation offers. username: of a person who has an account already; then the rest is None.

    by_two: the role begins once a second official has confirmed it.
    """

    display_name: str
    username: str | None
    unit_name: str | None
    role: StaffRole | None
    since: date | None
    until: date | None
    by_two: bool


def offer(session: Session, secret: str, now: datetime) -> Offer:
    """What an invitation offers; raises NotFound for a secret that opens nothing."""
    held, account = _held(session, secret, now, hold=False)
    if account is not None:
        return Offer(held.display_name, account.username, None, None, None, None, by_two=False)
    _inviter, unit, role, period = _terms(session, held, now)
    two = takes_two_officials(role)
    return Offer(held.display_name, None, unit.name, role, period.since, period.until, by_two=two)


def accept(session: Session, secret: str, username: str, password: str, network: str, now: datetime) -> str:
    """Take an invitation up; returns the name with which one signs in. username: of a new person, as wished.

    Raises NotFound for a secret that opens nothing; Refused: ACCOUNT_EXISTS, PASSWORD_SHORT, PASSWORD_COMMON, and for
    what the invitation gives as `appointments.give`.
    """
    held, account = _held(session, secret, now, hold=True)
    if account is not None:
        return _another_password(session, held, account, password, network, now)
    inviter, unit, role, period = _terms(session, held, now)
    account = _open_account(session, username, held.display_name, password, now)
    held.account_id, held.accepted_at = account.id, now
    session.flush()
    if takes_two_officials(role):
        people_proposals.propose_role(session, inviter, account.id, unit, role, period, now)
    else:
        appointments.give(session, account.id, unit, role, period, now)
        detail = f"{role.value}@{unit.code}"
        record_act(session, inviter, Action.ACCOUNT_ROLE_GIVEN, account.id, network, now, detail)
    return account.username


def _another_password(
    session: Session, held: AccountInvitation, account: Account, password: str, network: str, now: datetime
) -> str:
    require_strong(password, account.username, account.display_name)
    accounts.set_password(session, account, password)
    held.accepted_at = now
    session.flush()
    person = accounts.identity_behind(session, account.id, now)
    if person is not None:
        record_act(session, person, Action.ACCOUNT_PASSWORD, account.id, network, now)
    return account.username


def _held(session: Session, secret: str, now: datetime, *, hold: bool) -> tuple[AccountInvitation, Account | None]:
    held = invitation_rows.found(session, secret, now, hold=hold)
    if held is None:
        raise NotFound
    account = session.get(Account, held.account_id) if held.account_id is not None else None
    if account is not None and not account.active:
        raise NotFound
    return held, account


def _terms(session: Session, held: AccountInvitation, now: datetime) -> tuple[Identity, Unit, StaffRole, Period]:
    """Who gives what; raises NotFound when that person may no longer give it."""
    unit, role = session.get(Unit, held.unit_id), StaffRole(held.role or "")
    inviter = accounts.identity_behind(session, held.invited_by, now)
    if unit is None or inviter is None or held.valid_from is None or not may_give_role(inviter, role, unit.code):
        raise NotFound
    return inviter, unit, role, Period(held.valid_from, held.valid_to)


def _open_account(session: Session, username: str, display_name: str, password: str, now: datetime) -> Account:
    name = username.strip().lower()
    if session.scalar(sa.select(Account.id).where(Account.username == name)) is not None:
        raise Refused(Problem.ACCOUNT_EXISTS, username=name)
    require_strong(password, name, display_name)
    return accounts.create_account(session, name, display_name, password, now)
