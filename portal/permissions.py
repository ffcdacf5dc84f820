"""Who may do what: one page of rules that read like sentences. What no rule allows is denied.

Rules yield plain scope values; services turn a scope into a filter of their queries and into an answer for one
record, so "may I?" and "which may I?" cannot disagree.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from portal.identity import SYSTEM, Identity, StaffRole


@dataclass(frozen=True, slots=True)
class RecordScope:
    """Records within reach: all of the province, or those managed or issued by some units."""

    everything: bool = False
    managed_by: frozenset[str] = frozenset()
    issued_by: frozenset[str] = frozenset()

    def covers(self, managing_unit: str, issuing_unit: str) -> bool:
        """Whether one year of a transcript lies within reach."""
        return self.everything or managing_unit in self.managed_by or issuing_unit in self.issued_by

    @property
    def nothing(self) -> bool:
        return not (self.everything or self.managed_by or self.issued_by)


NOTHING = RecordScope()


def may_read_whole_records(identity: Identity | None) -> RecordScope:
    """The department reads every record; a school reads those it manages and the years that it issued (domain §4)."""
    if identity is None:
        return NOTHING
    if identity == SYSTEM or identity.units_as(StaffRole.DEPARTMENT_ADMIN):
        return RecordScope(everything=True)
    schools = identity.units_as(StaffRole.CLERK, StaffRole.HEAD)
    return RecordScope(managed_by=schools, issued_by=schools)


def may_import_for(identity: Identity | None, unit_code: str) -> bool:
    """A school's clerk and head bring in its own records; the operator may at the command line."""
    if identity is None:
        return False
    return identity == SYSTEM or unit_code in identity.units_as(StaffRole.CLERK, StaffRole.HEAD)


def may_import_for_schools(identity: Identity | None) -> frozenset[str]:
    """The same rule as a list: the units for which a person brings in records."""
    return frozenset() if identity is None else identity.units_as(StaffRole.CLERK, StaffRole.HEAD)


def may_withdraw_for(identity: Identity | None, unit_code: str) -> bool:
    """Before the lock the issuing school alone withdraws and replaces its records (plan PL 2.1)."""
    return may_import_for(identity, unit_code)


class ApiScope(StrEnum):
    """What a key of school software may do, always within its own school. Stored, so for ever."""

    PACKETS_WRITE = "packets:write"
    PACKETS_READ = "packets:read"
    SIGNATURES_WRITE = "signatures:write"
    RECEIPTS_READ = "receipts:read"


def may_use(scopes: Collection[ApiScope], wanted: ApiScope) -> bool:
    """A key does what it was made for, and nothing that is near it: writing is not reading."""
    return wanted in scopes


def may_make_api_keys(identity: Identity | None) -> bool:
    """The operator at the command line makes and revokes keys; nobody does over the network."""
    return identity == SYSTEM


@dataclass(frozen=True, slots=True)
class UnitScope:
    """Units within reach: all of the province, or some by their codes."""

    everything: bool = False
    units: frozenset[str] = frozenset()

    def covers(self, unit_code: str) -> bool:
        return self.everything or unit_code in self.units

    @property
    def nothing(self) -> bool:
        return not (self.everything or self.units)


def may_see_keys(identity: Identity | None) -> UnitScope:
    """The department sees the keys of all units, a head those of the own school, the operator all."""
    if identity is None:
        return UnitScope()
    if identity == SYSTEM or may_propose_keys(identity):
        return UnitScope(everything=True)
    return UnitScope(units=identity.units_as(StaffRole.HEAD))


def may_propose_keys(identity: Identity | None) -> bool:
    """The department's administrators propose keys; the command line cannot: it is no named person."""
    return identity is not None and bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN))


def may_confirm_keys(identity: Identity | None, proposed_by: int) -> bool:
    """Another administrator confirms: never the person who proposed."""
    return identity is not None and may_propose_keys(identity) and identity.account_id != proposed_by


def may_lock(identity: Identity | None) -> bool:
    """The department's administrators lock (plan PL 2.1)."""
    if identity is None:
        return False
    return identity == SYSTEM or bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN))
