"""Who acts: a frozen value that views hand to services."""

from dataclasses import dataclass
from enum import StrEnum


class StaffRole(StrEnum):
    """What a person does in a unit (plan PL 3)."""

    CLERK = "clerk"
    HEAD = "head"
    DEPARTMENT_ADMIN = "department_admin"


@dataclass(frozen=True, slots=True)
class Appointment:
    """A role that a person holds in a unit today. unit_code: opaque code of the unit."""

    unit_code: str
    role: StaffRole


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in person. appointments: those in force at the moment of the request."""

    account_id: int
    display_name: str
    appointments: tuple[Appointment, ...] = ()

    def units_as(self, *roles: StaffRole) -> frozenset[str]:
        """Codes of the units in which the person holds one of the roles."""
        return frozenset(held.unit_code for held in self.appointments if held.role in roles)


SYSTEM = Identity(account_id=0, display_name="hệ thống")
"""The operator at the command line of the server itself; never the identity of a web request."""
