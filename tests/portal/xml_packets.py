"""XML packets as a school's software sends them, signed in turn with the demo's real keys."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from portal.demo.units import SCHOOL, UNITS
from portal.runtime import Runtime, demo_signer
from portal.services import organisation, registry
from portal.signers.file import FileSigner
from tests.factories import content_of, year_record
from verify.containers.xmldsig import signing, writing
from verify.record.model import YearContent
from verify.signing import Role

YEAR: Final = "2024-2025"
XML: Final = "application/xml"
CHAIN: Final = (Role.SUBJECT_TEACHER, Role.HOMEROOM_TEACHER, Role.HEAD, Role.SCHOOL_SEAL)
TEACHERS: Final = CHAIN[:2]


def contents(**changes: object) -> list[YearContent]:
    """Two pupils of 4A1 without a lookup code."""
    numbers = (("Hồ Thị Ngọc Diễm", "1"), ("Phan Văn Tý", "2"))
    return [
        content_of(
            year_record(
                4,
                full_name=name,
                personal_id=f"08731502000{number}",
                moet_student_code=f"871235000{number}",
                **changes,
            )
        )
        for name, number in numbers
    ]


def signer(runtime: Runtime, role: Role, now: datetime, school: str = SCHOOL) -> FileSigner:
    """A demo key; teachers have one of their own."""
    assert runtime.authority is not None
    if role in (Role.HEAD, Role.SCHOOL_SEAL):
        return demo_signer(runtime.authority, school, role, now)
    name = next(unit.name for unit in UNITS if unit.code == school)
    # The demo names its files by unit; a subject teacher's key needs a name of its own.
    person = "Lý Thị Bé Ba" if role is Role.SUBJECT_TEACHER else "Trần Thị Bích Vẹn"
    unit = f"{school}-bo-mon" if role is Role.SUBJECT_TEACHER else school
    return runtime.authority.demo_signer(unit, name, Role.HOMEROOM_TEACHER, person, now)


def register_teachers(session: Session, runtime: Runtime, now: datetime) -> None:
    """Let the demo's teachers sign for their school."""
    school = organisation.unit(session, SCHOOL)
    for role in TEACHERS:
        certificate = signer(runtime, role, now).certificate
        registry.register_key(session, school, role, certificate, now, None, runtime.log_signer, now)


def signed(
    runtime: Runtime,
    now: datetime,
    records: Sequence[YearContent] | bytes,
    roles: Sequence[Role] = CHAIN,
    school: str = SCHOOL,
) -> bytes:
    """A packet signed in these roles. records: or a packet that goes on."""
    data = records if isinstance(records, bytes) else writing.packet(records)
    moment = now.replace(microsecond=0)
    for role in roles:
        data = signing.sign_packet(data, signer(runtime, role, now, school), role, moment)
    return data


def with_changed_marks(records: Sequence[YearContent]) -> list[YearContent]:
    """The same pupils, with another comment."""
    return [replace(each, homeroom_teacher="Lâm Thị Bé Tư") for each in records]
