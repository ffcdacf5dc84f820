"""The demo's records: real imports, signatures and locks of invented classes, through a school's own services."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from portal.demo.classes import class_workbook, demo_pupils
from portal.demo.units import DECISION, SCHOOL
from portal.identity import SYSTEM
from portal.runtime import Runtime, demo_signer
from portal.services.intake import TakenPacket, import_class
from portal.services.locking import lock_packet
from portal.services.signing import sign_packet
from portal.workbooks.lessons import NO_LESSONS
from verify.signing import Role


@dataclass(frozen=True, slots=True)
class DemoClass:
    """How far a class has come. steps: "import", "sign", "lock" – each includes those before it."""

    class_name: str
    grade: int
    school_year: str
    pupils: int
    birth_year: int
    seed: int
    last_step: str


CLASSES: Final = (
    DemoClass("3A", 3, "2024-2025", 24, 2016, 41, "lock"),
    DemoClass("4A", 4, "2025-2026", 24, 2016, 41, "lock"),
    DemoClass("5B", 5, "2025-2026", 20, 2015, 52, "sign"),
    DemoClass("2C", 2, "2025-2026", 18, 2018, 23, "import"),
)


def make_classes(
    session: Session,
    runtime: Runtime,
    new_code: Callable[[], str],
    new_salt: Callable[[], bytes],
    now: datetime,
) -> str:
    """Fill an empty demo instance; returns the lookup code of a locked record to show."""
    shown = ""
    for planned in CLASSES:
        taken = _make(session, runtime, planned, new_code, new_salt, now)
        if planned.last_step == "lock":
            shown = next(row.lookup_code for row in taken.rows if row.lookup_code is not None)
    return shown


def _make(
    session: Session,
    runtime: Runtime,
    planned: DemoClass,
    new_code: Callable[[], str],
    new_salt: Callable[[], bytes],
    now: datetime,
) -> TakenPacket:
    pupils = demo_pupils(planned.pupils, planned.birth_year, planned.seed)
    taken = import_class(
        session,
        SYSTEM,
        runtime.sandbox,
        class_workbook(planned.class_name, planned.grade, pupils, planned.seed),
        school_code=SCHOOL,
        school_year=planned.school_year,
        grade=planned.grade,
        lessons=NO_LESSONS,
        sample=True,
        new_code=new_code,
        now=now,
    )
    if planned.last_step != "import":
        _sign(session, runtime, taken, now)
    if planned.last_step == "lock":
        _lock(session, runtime, taken, new_salt, now)
    return taken


def _sign(session: Session, runtime: Runtime, taken: TakenPacket, now: datetime) -> None:
    if taken.packet is None or runtime.authority is None:
        raise RuntimeError("the demo class was refused")
    signers = {role: demo_signer(runtime.authority, SCHOOL, role, now) for role in (Role.HEAD, Role.SCHOOL_SEAL)}
    sign_packet(session, SYSTEM, taken.packet, signers, runtime.trust(now), now)


def _lock(session: Session, runtime: Runtime, taken: TakenPacket, new_salt: Callable[[], bytes], now: datetime) -> None:
    if taken.packet is None:
        raise RuntimeError("the demo class was refused")
    lock_packet(
        session,
        SYSTEM,
        taken.packet,
        decision=DECISION,
        log_signer=runtime.log_signer,
        salt=new_salt,
        now=now,
    )
