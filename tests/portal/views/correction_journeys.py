"""Steps after the lock on the web: the regulation, an act of two officials, the school's corrected version."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import SYSTEM
from portal.jobs.correcting import correct
from portal.jobs.work import Bench
from portal.models import RecordVersion, Transcript, YearRecordRow
from portal.runtime import demo_signer
from portal.services import blobs, organisation
from portal.services.intake import take_in
from portal.services.signing import sign_packet
from portal.workbooks.judging import JudgedClass, JudgedPupil
from tests.client import Browser
from tests.instances import SCHOOL, fresh_code
from tests.portal.views.lock_journeys import OFFICIAL
from tests.portal.worlds import DEPARTMENT, World
from verify.canonical import sha256
from verify.containers.roots import read_root
from verify.signing import Role

CASES: Final = "/sau-khi-chot"
POLICY: Final = "/sau-khi-chot/quy-che"
YEAR: Final = "2025-2026"
DAY: Final = datetime(2026, 8, 24, 3, 0, tzinfo=UTC)
DUE: Final = DAY + timedelta(days=7, minutes=1)
DECISION: Final = "412/QĐ-SGDĐT"
REASON: Final = "Trường nhập nhầm điểm kiểm tra lại"
NOTE: Final = "Điểm môn Toán ghi theo bài kiểm tra lại ngày 15/8."
PAPER: Final = (b"%PDF-1.7 quyet dinh", "quyet-dinh.pdf", "application/pdf")


def switch_on(world: World) -> None:
    first, second = world.signed_in(DEPARTMENT), world.signed_in(OFFICIAL)
    fields: dict[str, str | tuple[bytes, str, str]] = {
        "allowed": "bat",
        "delay_days": "7",
        "decision": "88/QĐ-SGDĐT",
        "decided_on": "2026-08-01",
        "file": PAPER,
    }
    address = str(first.submit(first.get(POLICY), POLICY, fields).location)
    confirm(second, world, address)


def begin(browser: Browser, code: str, kind: str, status: int = 303, **more: object) -> str:
    """The address of the act."""
    fields: dict[str, object] = {
        "kind": kind,
        "code": code,
        "school_year": YEAR,
        "decision": DECISION,
        "decided_on": "2026-08-20",
        "file": PAPER,
        "reason": REASON,
        "note": NOTE if kind == "ghi-chu" else "",
        "school": "",
    }
    page = browser.get(f"{CASES}/moi?ma={code}&nam={YEAR}")
    return str(browser.submit(page, f"{CASES}/moi", {**fields, **more}, status).location)  # type: ignore[dict-item]


def confirm(browser: Browser, world: World, address: str, username: str = OFFICIAL, status: int = 303) -> str:
    fields = {"password": world.logins[username].password}
    return browser.submit(browser.get(address), f"{address}/xac-nhan", fields, status).get_data(as_text=True)


def brought(world: World, code: str, score: int = 7) -> None:
    """The school's corrected version, taken in and signed."""
    authority, runtime = world.runtime.authority, world.runtime
    assert authority is not None
    with Session(world.engine) as session, session.begin():
        root = session.scalars(
            sa.select(RecordVersion.root_sha256)
            .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
            .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
            .where(Transcript.lookup_code == code, YearRecordRow.school_year == YEAR)
            .order_by(RecordVersion.version.desc())
        ).first()
        assert root is not None
        content = read_root(blobs.get(session, root)).content
        toan = replace(content.subjects["toan"], score=score)
        content = replace(content, subjects={**content.subjects, "toan": toan})
        judged = JudgedClass(content.class_name, content.grade, (JudgedPupil(5, 1, content, ()),), ())
        school = organisation.unit(session, SCHOOL)
        taken = take_in(session, SYSTEM, school, YEAR, judged, sha256(f"{code}{score}".encode()), fresh_code, DAY)
        assert taken.packet is not None
        signers = {role: demo_signer(authority, SCHOOL, role, DAY) for role in (Role.HEAD, Role.SCHOOL_SEAL)}
        sign_packet(session, SYSTEM, taken.packet, signers, runtime.trust(DAY), DAY)


def supersede(world: World, code: str) -> str:
    """From the open case to the confirmation; returns the address of the act."""
    first, second = world.signed_in(DEPARTMENT), world.signed_in(OFFICIAL)
    address = begin(first, code, "thay-the")
    brought(world, code)
    first.submit(first.get(address), f"{address}/de-nghi", {})
    confirm(second, world, address)
    return address


def come_due(world: World, at: datetime = DUE) -> int:
    """What the keeper does in each of its rounds."""
    held = world.runtime
    return correct(Bench(world.engine, held.sandbox, True, fresh_code, lambda: at, held.log_signer))
