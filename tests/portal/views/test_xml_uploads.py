"""A signed XML packet comes in where workbooks do: who signed, who has not yet, why one is refused; then the lock."""

import io
import re
import secrets
from datetime import datetime

import pikepdf
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.demo.units import DECISION, SCHOOL
from portal.identity import SYSTEM
from portal.models import Packet, RecordVersion, State, Transcript, Upload
from portal.services import organisation, registry
from portal.services.audit import audit
from portal.services.checking import check_document
from portal.services.locking import lock_packet
from portal.signers.file import FileSigner
from portal.web import clock
from portal.web.unit_of_work import reading
from tests.client import Browser
from tests.portal.jobs.running import run_jobs
from tests.portal.views.packet_journeys import confirm, send
from tests.portal.worlds import CLERK, DEPARTMENT, NEIGHBOUR, World
from tests.portal.xml_packets import (
    CHAIN,
    XML,
    YEAR,
    contents,
    register_teachers,
    signed,
    with_changed_marks,
)
from tests.verify.containers.xmldsig.making import changed
from tests.verify.containers.xmldsig.test_attacks import FORGED
from verify.containers.xmldsig.signing import sign_packet
from verify.containers.xmldsig.writing import packet
from verify.signing import Role
from verify.verdict import Verdict

HEAD_AND_SEAL = (Role.HEAD, Role.SCHOOL_SEAL)
REFUSED_WHOLE = "Không đọc được tệp"


def now() -> datetime:
    return clock.read()


def with_teachers(held: World) -> World:
    with Session(held.engine) as session, session.begin():
        register_teachers(session, held.runtime, now())
    return held


def good(held: World) -> bytes:
    return signed(held.runtime, now(), contents())


def sent(held: World, browser: Browser, data: bytes) -> str:
    """Send a packet and let it be checked; where its report stands."""
    address = send(browser, data, "4A1.xml", fields={"school_year": YEAR}).location
    run_jobs(held)
    return address


def taken(held: World, browser: Browser, data: bytes) -> int:
    receipt = confirm(held, browser, sent(held, browser, data))
    match = re.fullmatch(r"/goi-hoc-ba/(\d+)/bien-nhan", receipt)
    assert match is not None, receipt
    return int(match[1])


def states(held: World, packet: int) -> list[str]:
    with Session(held.engine) as session:
        rows = session.scalars(sa.select(RecordVersion.state).where(RecordVersion.packet_id == packet))
        return sorted(rows)


def count(held: World, table: type[Packet | RecordVersion | Upload]) -> int:
    with Session(held.engine) as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_a_chain_of_four_is_accepted_locked_printed_and_checked(world: World) -> None:
    with_teachers(world)
    clerk = world.signed_in(CLERK)
    report = clerk.get(sent(world, clerk, good(world)))
    assert report.heading == "Kết quả kiểm tra lớp 4A1"
    assert "Cả 2 học bạ đều đúng" in report.text
    for role in ("Giáo viên bộ môn", "Giáo viên chủ nhiệm", "Người đứng đầu nhà trường", "Con dấu số của nhà trường"):
        assert role in report.text
    packet = taken(world, clerk, good(world))
    assert states(world, packet) == [State.ACCEPTED.value] * 2
    shown = clerk.get(f"/goi-hoc-ba/{packet}")
    assert "Chờ Sở chốt" in shown.text
    assert "Giáo viên bộ môn (Lý Thị Bé Ba" in shown.text
    code = locked(world, packet)
    pdf = clerk.fetch(f"/hoc-ba/{code}/{YEAR}.pdf").data
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert set(opened.attachments) == {
            "record.xml",
            "log-leaf.json",
            "log-receipt.tlog-proof",
            "log-opening.json",
        }
        assert opened.attachments["record.xml"].get_file().mime_type == XML
    with world.app.app_context():
        checked = check_document(world.runtime.desk(now()), reading, pdf, now())
    assert checked.conclusion.verdict is Verdict.AUTHENTIC, checked.conclusion
    with Session(world.engine) as session:
        assert audit(session, world.runtime.log_signer.verifier).problems == ()
    assert "Hồ Thị Ngọc Diễm" in world.signed_in(DEPARTMENT).get(f"/hoc-ba/{code}").text


def locked(held: World, packet: int) -> str:
    """Lock a packet; the lookup code of its first record."""
    with Session(held.engine) as session, session.begin():
        lock_packet(
            session,
            SYSTEM,
            packet,
            decision=DECISION,
            log_signer=held.runtime.log_signer,
            salt=lambda: secrets.token_bytes(32),
            now=now(),
        )
        name = sa.select(RecordVersion.full_name).where(RecordVersion.packet_id == packet).limit(1).scalar_subquery()
        return session.scalars(sa.select(Transcript.lookup_code).where(Transcript.full_name == name)).one()


def test_the_same_packet_twice_has_the_same_receipt_and_changes_nothing(small_world: World) -> None:
    with_teachers(small_world)
    clerk = small_world.signed_in(CLERK)
    data = good(small_world)
    packet = taken(small_world, clerk, data)
    before = [count(small_world, table) for table in (Packet, RecordVersion, Upload)]
    again = send(clerk, data, "lan-hai.xml", fields={"school_year": YEAR})
    assert again.location == f"/goi-hoc-ba/{packet}/bien-nhan"
    assert [count(small_world, table) for table in (Packet, RecordVersion, Upload)] == before


def test_who_has_not_signed_yet_is_told_for_the_class(small_world: World) -> None:
    with_teachers(small_world)
    clerk = small_world.signed_in(CLERK)
    begun = signed(small_world.runtime, now(), contents(), CHAIN[:2])
    address = sent(small_world, clerk, begun)
    report = clerk.get(address)
    assert "Con dấu số của nhà trường02Cả lớp" in report.text
    assert f"{address}/danh-dau.xlsx" not in report.links()
    clerk.fetch(f"{address}/danh-dau.xlsx", 404)
    page = clerk.get(f"{address}/xac-nhan")
    assert "2 học bạ còn thiếu chữ ký được giữ" in page.text
    packet = taken(small_world, clerk, begun)
    assert states(small_world, packet) == [State.SUBMITTED.value] * 2
    shown = clerk.get(f"/goi-hoc-ba/{packet}")
    assert "2 học bạ đến trong gói XML và còn thiếu chữ ký" in shown.text
    assert "hocba-sign" not in shown.text
    whole = signed(small_world.runtime, now(), begun, CHAIN[2:])
    address = sent(small_world, clerk, whole)
    page = clerk.get(f"{address}/xac-nhan")
    assert "2 thêm chữ ký" in page.text
    assert "2 học bạ đủ chữ ký được tiếp nhận ngay" in page.text
    receipt = confirm(small_world, clerk, address)
    assert states(small_world, int(receipt.split("/")[2])) == [State.ACCEPTED.value] * 2
    assert states(small_world, packet) == []


def test_a_replacement_shows_what_differs(small_world: World) -> None:
    with_teachers(small_world)
    clerk = small_world.signed_in(CLERK)
    taken(small_world, clerk, good(small_world))
    other = signed(small_world.runtime, now(), with_changed_marks(contents()))
    page = clerk.get(f"{sent(small_world, clerk, other)}/xac-nhan")
    assert "2 thay bản cũ" in page.text
    assert "Lâm Thị Bé Tư" in page.text
    assert "bản mới mang các chữ ký có trong gói" in page.text


def test_the_preview_is_the_form(small_world: World) -> None:
    with_teachers(small_world)
    clerk = small_world.signed_in(CLERK)
    address = sent(small_world, clerk, good(small_world))
    assert clerk.fetch(f"{address}/dong/1.pdf").data.startswith(b"%PDF")


def test_a_stranger_and_the_neighbour_see_nothing(small_world: World) -> None:
    with_teachers(small_world)
    address = sent(small_world, small_world.signed_in(CLERK), good(small_world))
    small_world.signed_in(NEIGHBOUR).fetch(address, 404)


# --- six attacks --------------------------------------------------------------------------------------------------

OTHER_ELEMENT = "Chữ ký thuộc về một phần khác, không phải học bạ đang đứng cùng nó."
DIFFERS = "Phần được ký đã thay đổi sau khi ký. Ký lại học bạ này trong phần mềm của trường"
STRIPPED = "Một chữ ký đứng trước mà chữ ký này đã xác nhận không còn trong gói."


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("moved to another file", OTHER_ELEMENT),
        ("nested in the forged record", OTHER_ELEMENT),
        ("wrapped in an object", "Chữ ký số bị hỏng hoặc sai định dạng"),
        ("swapped records", OTHER_ELEMENT),
        ("swapped records with their ids exchanged", DIFFERS),
        ("another name", DIFFERS),
        ("the teacher's signature stripped", STRIPPED),
        ("the head's signature stripped", STRIPPED),
        ("re-ordered signatures", "Các chữ ký không đúng thứ tự"),
    ],
)
def test_a_forged_packet_is_refused_with_its_reason(small_world: World, name: str, words: str) -> None:
    with_teachers(small_world)
    clerk = small_world.signed_in(CLERK)
    change, _reason = FORGED[name]
    page = clerk.get(sent(small_world, clerk, changed(good(small_world), change)))
    assert words in page.text, page.text
    assert "phải sửa" in page.text


def test_the_seal_stripped_is_only_not_signed_yet(small_world: World) -> None:
    """Nobody signed after it, so nothing shows that it was ever there: the record waits and is not accepted."""
    with_teachers(small_world)
    clerk = small_world.signed_in(CLERK)
    change, _reason = FORGED["the seal stripped"]
    packet = taken(small_world, clerk, changed(good(small_world), change))
    assert states(small_world, packet) == [State.ACCEPTED.value, State.SUBMITTED.value]


def test_another_schools_keys_are_refused(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    data = signed(small_world.runtime, now(), contents(), HEAD_AND_SEAL, "MAU-TH-02")
    page = clerk.get(sent(small_world, clerk, data))
    assert "Chứng thư đã đăng ký cho một đơn vị khác, không phải đơn vị này." in page.text
    assert "Có 2/2 học bạ phải sửa" in page.text


def test_a_key_that_nobody_registered_is_refused(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    page = clerk.get(sent(small_world, clerk, good(small_world)))
    assert "Chứng thư của người ký chưa được đăng ký với Sở." in page.text


def signed_by_a_key_of_its_own(held: World) -> tuple[bytes, FileSigner]:
    """A packet whose head's key nobody else in the run uses, so that it may be revoked."""
    assert held.runtime.authority is not None
    name = "Trường Tiểu học Mẫu số 1"
    head = held.runtime.authority.demo_signer(f"{SCHOOL}-thu-hoi", name, Role.HEAD, "Võ Văn Sáu", now(), use_rsa=True)
    with Session(held.engine) as session, session.begin():
        school = organisation.unit(session, SCHOOL)
        registry.register_key(session, school, Role.HEAD, head.certificate, now(), None, held.runtime.log_signer, now())
    data = sign_packet(packet(contents()), head, Role.HEAD, now().replace(microsecond=0))
    return signed(held.runtime, now(), data, HEAD_AND_SEAL[1:]), head


def test_a_key_that_is_revoked_before_and_while_the_packet_waits(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    data, head = signed_by_a_key_of_its_own(small_world)
    address = sent(small_world, clerk, data)
    page = clerk.get(f"{address}/xac-nhan")
    assert "2 học bạ đủ chữ ký được tiếp nhận ngay" in page.text
    before = count(small_world, RecordVersion)
    assert small_world.runtime.authority is not None
    small_world.runtime.authority.revoke_demo(head.certificate, now())
    clerk.submit(page, f"{address}/xac-nhan", {})
    run_jobs(small_world)
    again = clerk.get(address)
    assert "Dữ liệu của lớp đã thay đổi từ lúc bạn xem" in again.text
    assert "Chứng thư của người ký đã bị thu hồi." in again.text
    assert "Có 2/2 học bạ phải sửa" in again.text
    assert count(small_world, RecordVersion) == before, "signatures are judged when the record is taken in"
    at_once = clerk.get(sent(small_world, clerk, data + b"\n"))
    assert "Chứng thư của người ký đã bị thu hồi." in at_once.text


def test_a_document_type_refuses_the_packet(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    data = good(small_world).replace(b"<GoiHocBa", b'<!DOCTYPE GoiHocBa [<!ENTITY a "b">]><GoiHocBa', 1)
    page = clerk.get(sent(small_world, clerk, data))
    assert page.heading == REFUSED_WHOLE
    assert "Gói XML có khai báo DOCTYPE hoặc thực thể, không được chấp nhận." in page.text


def test_a_web_page_is_told_as_no_workbook(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    page = clerk.get(sent(small_world, clerk, b"<html><table><tr><td>4A1</td></tr></table></html>"))
    assert page.heading == REFUSED_WHOLE
    assert "XML" not in page.text
