"""Acts on units for tests: who writes them down, on what they rest, and two communes with their schools."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import Appointment, Identity, StaffRole
from portal.models import Unit, UnitKind
from portal.services import unit_acts
from portal.services.unit_acts import Actor, Basis, NewUnit
from tests.instances import NOW, DemoInstance

DEPARTMENT = "MAU-SO"
EAST, WEST = "MAU-XA-DONG", "MAU-XA-TAY"
OFFICIAL = Identity(1, "Phạm Hữu Nghĩa (mẫu)", (Appointment(DEPARTMENT, StaffRole.DEPARTMENT_ADMIN),))
TODAY = date(2026, 6, 20)


def acting(held: DemoInstance, now: datetime = NOW) -> Actor:
    """The department's official, with the log's key."""
    return Actor(OFFICIAL, held.runtime.log_signer, now)


def on(day: date = TODAY, number: str = "12/QĐ-UBND") -> Basis:
    return Basis(number, day, day)


def commune(code: str, name: str) -> NewUnit:
    return NewUnit(code, UnitKind.COMMUNE, name, DEPARTMENT, {})


def school(code: str, name: str, parent: str, kind: UnitKind = UnitKind.PRIMARY) -> NewUnit:
    return NewUnit(code, kind, name, parent, {"province": "Tỉnh Mẫu"})


def two_communes(session: Session, held: DemoInstance) -> None:
    """Two communes since 01/07/2025; the demo's schools stand below them since then, each where it prints."""
    first = on(date(2025, 7, 1))
    for code, name in ((EAST, "UBND Phường Mẫu Đông"), (WEST, "UBND Xã Mẫu Tây")):
        unit_acts.found(session, acting(held), commune(code, name), first)
    for code, parent in (("MAU-TH-01", EAST), ("MAU-THCS-01", EAST), ("MAU-TH-02", WEST)):
        unit_acts.move(session, acting(held), code, parent, first)


def unit_id(session: Session, code: str) -> int:
    return session.scalars(sa.select(Unit.id).where(Unit.code == code)).one()
