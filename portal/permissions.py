"""Who may do what: one page of rules that read like sentences. What no rule allows is denied.

Rules yield plain scope values; services turn a scope into a filter of their queries and into an answer for one
record, so "may I?" and "which may I?" cannot disagree.
"""

from dataclasses import dataclass

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


def may_lock(identity: Identity | None) -> bool:
    """The department's administrators lock (plan PL 2.1)."""
    if identity is None:
        return False
    return identity == SYSTEM or bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN))
