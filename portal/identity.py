"""Who acts: a frozen value that views hand to services."""

from dataclasses import dataclass
from enum import StrEnum


class StaffRole(StrEnum):
    """What a person does in a unit (plan PL 3)."""

    CLERK = "clerk"
    HEAD = "head"
    DEPARTMENT_ADMIN = "department_admin"
    AUDITOR = "auditor"
    MONITOR = "monitor"  # of a district office or a commune committee: watches the schools below it
    MINISTRY = "ministry"  # reads reports and checkpoints


@dataclass(frozen=True, slots=True)
class Appointment:
    """A role that a person holds in a unit today. unit_code: opaque code of the unit.

    reach: codes of the units that one looks after in this role today, the own one among them: with those below it for
    a monitor, with those whose records it keeps for a school. Empty: the own unit alone.
    """

    unit_code: str
    role: StaffRole
    reach: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in person. appointments: those in force at the moment of the request.

    children: ids of the transcripts whose guardian the person is at that moment.
    """

    account_id: int
    display_name: str
    appointments: tuple[Appointment, ...] = ()
    children: frozenset[int] = frozenset()

    def units_as(self, *roles: StaffRole) -> frozenset[str]:
        """Codes of the units in which the person holds one of the roles."""
        return frozenset(held.unit_code for held in self.appointments if held.role in roles)

    def reach_as(self, *roles: StaffRole) -> frozenset[str]:
        """Codes of the units that the person looks after in one of the roles; to act takes `units_as`."""
        held = [each for each in self.appointments if each.role in roles]
        return frozenset[str]().union(*({each.unit_code} | each.reach for each in held))


SYSTEM = Identity(account_id=0, display_name="hệ thống")
"""The operator at the command line of the server itself; never the identity of a web request."""
