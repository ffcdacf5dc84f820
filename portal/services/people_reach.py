"""Whose accounts somebody sees: people who serve, served or were invited in the units within reach. Guardians are none
of them: their school keeps their links (decision 0037).
"""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import Appointment, Identity
from portal.models import (
    Account,
    AccountInvitation,
    AppointmentRow,
    GuardianLink,
    PeopleProposal,
    PeopleProposalKind,
    Unit,
)
from portal.permissions import UnitScope, may_see_people, takes_two_officials
from portal.services import people_proposals


def scope_of(identity: Identity) -> UnitScope:
    """The units whose people somebody sees; raises NotFound for who sees none."""
    scope = may_see_people(identity)
    if scope.nothing:
        raise NotFound
    return scope


def units_within(scope: UnitScope) -> sa.Select[int]:
    """Ids of the units of a scope, as a statement to filter by."""
    return sa.select(Unit.id).where(sa.true() if scope.everything else Unit.code.in_(scope.units))


def within(scope: UnitScope) -> sa.ColumnElement[bool]:
    """The rule as a condition on `Account`."""
    units = units_within(scope)
    served = sa.select(AppointmentRow.account_id).where(AppointmentRow.unit_id.in_(units))
    invited = sa.select(AccountInvitation.account_id).where(AccountInvitation.unit_id.in_(units))
    return sa.or_(Account.id.in_(served), Account.id.in_(invited.where(AccountInvitation.account_id.is_not(None))))


def person(session: Session, identity: Identity, account_id: int) -> Account:
    """An account within reach, closed ones too; raises NotFound, unknown and forbidden alike."""
    found = session.scalar(sa.select(Account).where(Account.id == account_id, within(scope_of(identity))))
    if found is None:
        raise NotFound
    return found


def is_guardian(session: Session, account_id: int) -> bool:
    """Whether the account opens some child's record too."""
    held = sa.select(GuardianLink.id).where(GuardianLink.account_id == account_id, GuardianLink.ended_at.is_(None))
    return session.scalars(held.limit(1)).first() is not None


def reset_takes_two(session: Session, account_id: int, held: Collection[Appointment], now: datetime) -> bool:
    """Whoever sets another's password could be that person: for roles of weight, held or waiting, that takes two, and
    for who holds none, because the next one may be.
    """
    waiting = sa.select(PeopleProposal.id).where(
        PeopleProposal.account_id == account_id,
        PeopleProposal.kind == PeopleProposalKind.ROLE.value,
        people_proposals.waits(now),
    )
    if not held or any(takes_two_officials(each.role) for each in held):
        return True
    return session.scalars(waiting.limit(1)).first() is not None
