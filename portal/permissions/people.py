"""Rules about people and units: who gives roles, and what is asked of those who hold them."""

from collections.abc import Collection
from typing import Final

from portal.identity import SYSTEM, Appointment, Identity, StaffRole
from portal.permissions.scopes import UnitScope


def must_take_second_step(identity: Identity, *, staff_must: bool) -> bool:
    """Who works here proves it in two steps, where the instance says so; families reach their own children only."""
    return staff_must and bool(identity.appointments)


def may_change_organisation(identity: Identity | None) -> bool:
    """The department's administrators write down what was decided about units; the operator may as well."""
    if identity is None:
        return False
    return identity == SYSTEM or bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN))


_BY_TWO: Final = frozenset({StaffRole.DEPARTMENT_ADMIN, StaffRole.HEAD})


def may_see_people(identity: Identity | None) -> UnitScope:
    """The department sees the people of every unit, a head those of the own school."""
    if identity is None:
        return UnitScope()
    if may_close_accounts(identity):
        return UnitScope(everything=True)
    return UnitScope(units=identity.units_as(StaffRole.HEAD))


def may_give_role(identity: Identity | None, role: StaffRole, unit_code: str) -> bool:
    """The department's administrators give and end every role of the province, a head that of clerk in the own school:
    nobody gives more than the own office holds, or elsewhere (plan PL 3).
    """
    if identity is None:
        return False
    own_clerk = role is StaffRole.CLERK and unit_code in identity.units_as(StaffRole.HEAD)
    return own_clerk or may_close_accounts(identity)


def takes_two_officials(role: StaffRole) -> bool:
    """Roles that decide for the province, or whose holder signs for a school, are given by two (as keys, 0011)."""
    return role in _BY_TWO


def may_confirm_people(identity: Identity | None, proposed_by: int, about: int) -> bool:
    """Another administrator confirms: neither who proposed nor the person whom it is about."""
    return may_close_accounts(identity) and identity is not None and identity.account_id not in (proposed_by, about)


def may_reset_password(identity: Identity | None, held: Collection[Appointment], *, guardian: bool) -> bool:
    """Whoever could have given a person every role that the person holds hands over a link for another password; a
    head not for who holds none, or is a pupil's guardian too.
    """
    if may_close_accounts(identity):
        return True
    return bool(held) and not guardian and all(may_give_role(identity, each.role, each.unit_code) for each in held)


def may_close_accounts(identity: Identity | None) -> bool:
    """The department's administrators end accounts."""
    return identity is not None and bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN))


def may_begin_training_again(identity: Identity | None) -> bool:
    """In a training the department's administrators are the trainers, who throw its data away."""
    return identity is not None and bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN))


def may_see_organisation(identity: Identity | None) -> UnitScope:
    """The department sees every unit, a committee itself and those below it, a school itself and its predecessors."""
    if identity is None:
        return UnitScope()
    if may_change_organisation(identity):
        return UnitScope(everything=True)
    return UnitScope(units=identity.reach_as(StaffRole.CLERK, StaffRole.HEAD, StaffRole.MONITOR))
