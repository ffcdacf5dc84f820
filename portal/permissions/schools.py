"""Rules of what schools do: bringing classes in, moving pupils, taking them in, machines."""

from collections.abc import Collection

from portal.identity import SYSTEM, Identity, StaffRole
from portal.permissions.scopes import ApiScope, UnitScope


def may_import_for(identity: Identity | None, unit_code: str) -> bool:
    """A school's clerk and head bring in its own records; the operator may at the command line."""
    if identity is None:
        return False
    return identity == SYSTEM or unit_code in identity.units_as(StaffRole.CLERK, StaffRole.HEAD)


def may_import_for_schools(identity: Identity | None) -> frozenset[str]:
    """The same rule as a list: the units for which a person brings in records."""
    return frozenset() if identity is None else identity.units_as(StaffRole.CLERK, StaffRole.HEAD)


def may_check_transfers(identity: Identity | None) -> frozenset[str]:
    """Who takes pupils in, in any school, and the department: the units for which a person checks transfers."""
    if identity is None:
        return frozenset()
    return identity.units_as(StaffRole.CLERK, StaffRole.HEAD, StaffRole.DEPARTMENT_ADMIN)


def may_teach_headings(identity: Identity | None) -> bool:
    """The department's administrators say for all schools what a heading means."""
    return identity is not None and bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN))


def may_withdraw_for(identity: Identity | None, unit_code: str) -> bool:
    """Before the lock the issuing school alone withdraws and replaces its records (plan PL 2.1)."""
    return may_import_for(identity, unit_code)


def may_use(scopes: Collection[ApiScope], wanted: ApiScope) -> bool:
    """A key does what it was made for, and nothing that is near it: writing is not reading."""
    return wanted in scopes


def may_make_api_keys(identity: Identity | None) -> bool:
    """The operator at the command line makes and revokes keys; nobody does over the network."""
    return identity == SYSTEM


def may_request_custody(identity: Identity | None) -> frozenset[str]:
    """A school's clerk and head write down what a parent asks for: the units in whose name a person does so."""
    return frozenset() if identity is None else identity.units_as(StaffRole.CLERK, StaffRole.HEAD)


def may_decide_custody(identity: Identity | None, unit_code: str) -> bool:
    """The head says for a school whether a pupil's records come or go (domain §4); for what the department keeps
    itself, its administrators.
    """
    return identity is not None and unit_code in identity.units_as(StaffRole.HEAD, StaffRole.DEPARTMENT_ADMIN)


def may_close_custody(identity: Identity | None) -> bool:
    """The department's administrators end a request that nobody answers."""
    return identity is not None and bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN))


def may_see_custody(identity: Identity | None) -> UnitScope:
    """The department sees every request, a school's clerk and head those from and to their school."""
    if identity is None:
        return UnitScope()
    if may_close_custody(identity):
        return UnitScope(everything=True)
    return UnitScope(units=identity.reach_as(StaffRole.CLERK, StaffRole.HEAD))


def may_hand_over(identity: Identity | None) -> frozenset[str]:
    """Who keeps a pupil's records writes down that they go to another installation: clerk and head of a school, and the
    department for what it keeps itself (decision 0045).
    """
    return (
        frozenset()
        if identity is None
        else identity.units_as(StaffRole.CLERK, StaffRole.HEAD, StaffRole.DEPARTMENT_ADMIN)
    )


def may_take_bundle(identity: Identity | None, units: Collection[str]) -> bool:
    """Who deals with a bundle that was handed over: the units that keep or kept the records, the department, the
    operator of the server.
    """
    if identity is None:
        return False
    return identity == SYSTEM or may_close_custody(identity) or not may_hand_over(identity).isdisjoint(units)


def may_bring_in(identity: Identity | None) -> frozenset[str]:
    """A school's clerk and head bring in the bundle of a pupil who comes from another installation."""
    return may_request_custody(identity)


def may_take_in(identity: Identity | None, unit_code: str, brought_by: int) -> bool:
    """The school's head or the department takes the pupil in, never the person who brought the bundle."""
    if identity is None or identity.account_id == brought_by:
        return False
    return unit_code in identity.units_as(StaffRole.HEAD) or may_close_custody(identity)


def may_admit(identity: Identity | None) -> frozenset[str]:
    """A school's clerk and head claim the pupils that it takes into grade 6."""
    return frozenset() if identity is None else identity.units_as(StaffRole.CLERK, StaffRole.HEAD)
