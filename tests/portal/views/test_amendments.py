"""Requests to put a record right on the web: the family asks, the school answers and uploads, the department."""

from dataclasses import replace
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import SYSTEM
from portal.models import AccessEvent, Amendment, RecordVersion, Transcript, YearRecordRow
from portal.runtime import demo_signer
from portal.services import blobs, organisation
from portal.services.intake import take_in
from portal.services.signing import sign_packet
from portal.workbooks.judging import JudgedClass, JudgedPupil
from tests.client import Browser, Page
from tests.instances import SCHOOL, fresh_code
from tests.portal.families import guardian
from tests.portal.views import correction_journeys
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, LOCKED_NAME, NEIGHBOUR, NOW, World
from verify.canonical import sha256
from verify.containers.roots import read_root
from verify.signing import Role

REQUESTS: Final = "/yeu-cau-sua"
DRAFT_NAME: Final = "Lê Khả Ái"
EVIDENCE: Final = "căn cước của mẹ, trường đã xem bản chính"


def asked(browser: Browser, code: str, status: int = 303, **changed: object) -> str:
    """The address of a request, or the refused page's text."""
    fields: dict[str, object] = {
        "cell_1": "address",
        "value_1": "ấp 3, xã Mẫu",
        "reason": "ghi nhầm nơi ở",
        "evidence": EVIDENCE,
        **changed,
    }
    page = browser.get(f"{REQUESTS}/moi/{code}")
    answer = browser.submit(page, f"{REQUESTS}/moi/{code}", fields, status)  # type: ignore[arg-type]
    return answer.location if status == 303 else Page(answer).text


def brought_in(world: World, code: str, **changed: object) -> int:
    """The school's usual upload with other values, signed; its packet."""
    with Session(world.engine) as session, session.begin():
        root, year = session.execute(
            sa.select(RecordVersion.root_sha256, YearRecordRow.school_year)
            .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
            .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
            .where(Transcript.lookup_code == code)
        ).one()
        content = replace(read_root(blobs.get(session, root)).content, **changed)  # type: ignore[arg-type]
        judged = JudgedClass(content.class_name, content.grade, (JudgedPupil(5, 1, content, ()),), ())
        unit = organisation.unit(session, SCHOOL)
        taken = take_in(session, SYSTEM, unit, year, judged, sha256(repr(changed).encode()), fresh_code, NOW)
        assert taken.packet is not None
        assert world.runtime.authority is not None
        signers = {
            role: demo_signer(world.runtime.authority, SCHOOL, role, NOW) for role in (Role.HEAD, Role.SCHOOL_SEAL)
        }
        sign_packet(session, SYSTEM, taken.packet, signers, world.runtime.trust(NOW), NOW)
        return taken.packet


def packet_of(world: World, code: str) -> int:
    with Session(world.engine) as session:
        return session.scalars(
            sa.select(RecordVersion.packet_id)
            .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
            .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
            .where(Transcript.lookup_code == code)
        ).one()


def test_from_the_familys_request_to_the_version_that_says_so(world: World) -> None:
    code = world.codes.draft
    parent, clerk = guardian(world, code), world.signed_in(CLERK)
    child = parent.get(f"/con-em/{code}")
    assert f"{REQUESTS}/moi/{code}" in child.response.get_data(as_text=True)
    address = asked(parent, code)
    assert "Chờ nhà trường trả lời" in parent.get(f"/con-em/{code}").text
    assert "1 yêu cầu sửa học bạ chờ trả lời" in clerk.get("/").text
    assert DRAFT_NAME in clerk.get(f"/goi-hoc-ba/{packet_of(world, code)}").text
    shown = clerk.get(address)
    for words in ("Nơi ở", "ấp 3, xã Mẫu", EVIDENCE, "ghi nhầm nơi ở"):
        assert words in shown.text
    clerk.submit(shown, f"{address}/dong-y", {})
    assert "Trường đã nhận, đang sửa" in parent.get(address).text
    packet = brought_in(world, code, address="ấp 3, xã Mẫu")
    told = parent.get(address).text
    notices = parent.get("/thong-bao").text
    for words in ("đã được trường nhận, đang sửa", "đã làm xong"):
        assert words in notices
    for words in ("Đã sửa xong", "Bản số 2 của học bạ ghi đúng như yêu cầu", "Nhà trường nhận sửa"):
        assert words in told
    assert "Yêu cầu sửa chưa xong của lớp" not in clerk.get(f"/goi-hoc-ba/{packet}").text
    with Session(world.engine) as session:
        looks = session.scalars(sa.select(AccessEvent.outcome).where(AccessEvent.action == "amendment.read")).all()
        assert set(looks) == {"allowed"}


def test_a_refusal_and_a_withdrawal_have_their_reason(world: World) -> None:
    parent, head = guardian(world, world.codes.draft), world.signed_in(HEAD)
    first = asked(parent, world.codes.draft)
    second = asked(parent, world.codes.draft, cell_1="mother", value_1="Trần Thị Mẫu")
    head.submit(head.get(first), f"{first}/tu-choi", {"reason": ""}, 422)
    head.submit(head.get(first), f"{first}/tu-choi", {"reason": "giấy tờ không ghi như vậy"})
    refused = parent.get(first).text
    assert "Bị từ chối" in refused
    assert "giấy tờ không ghi như vậy" in refused
    # Who asked is told of the answer, and not of the own withdrawal.
    page = parent.get("/thong-bao")
    assert f"Yêu cầu sửa học bạ số {first.rpartition('/')[2]} bị từ chối" in page.text
    parent.submit(parent.get(second), f"{second}/rut", {"reason": "gia đình ghi nhầm"})
    assert "Đã rút" in head.get(second).text
    assert page.text.count("Yêu cầu sửa học bạ số") == parent.get("/thong-bao").text.count("Yêu cầu sửa học bạ số") == 1


def test_what_the_form_refuses(world: World) -> None:
    parent = guardian(world, world.codes.draft)
    empty = asked(parent, world.codes.draft, 422, cell_1="", value_1="", reason="", evidence="")
    for words in ("ít nhất một ô", "Hãy ghi vì sao cần sửa", "giấy tờ làm căn cứ và ai đang giữ"):
        assert words in empty
    assert "Hãy ghi giá trị đúng" in asked(parent, world.codes.draft, 422, value_1="")
    assert "Hãy chọn ô mà" in asked(parent, world.codes.draft, 422, value_2="Nguyễn Văn Mẫu")
    assert "đã được chọn ở dòng trên" in asked(parent, world.codes.draft, 422, cell_2="address", value_2="khác")
    assert "không ghi được giá trị này" in asked(
        parent, world.codes.draft, 422, cell_1="subjects.toan.score", value_1="11"
    )
    asked(parent, world.codes.draft)
    assert "yêu cầu chưa xong về ô này" in asked(parent, world.codes.draft, 422)
    with Session(world.engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Amendment)) == 1


def test_others_see_and_do_nothing(world: World) -> None:
    address = asked(guardian(world, world.codes.draft), world.codes.draft)
    neighbour = world.signed_in(NEIGHBOUR)
    for path in (address, f"{REQUESTS}/moi/{world.codes.draft}", f"{REQUESTS}/moi/{world.codes.unknown}"):
        neighbour.get(path, 404)
    assert DRAFT_NAME not in neighbour.get(REQUESTS).text
    for last in ("dong-y", "tu-choi", "so-tu-choi", "rut"):
        token = next(each for each in neighbour.get(REQUESTS).tree.iter("input") if each.get("name") == "csrf_token")
        sent = {"csrf_token": token.get("value", ""), "seen": "asked", "reason": "không rõ thật"}
        neighbour.post(f"{address}/{last}", sent, 404)
    world.signed_in("kiemtoan").get(REQUESTS, 404)
    world.browser().fetch(address, 303)
    # Before the lock the department reads, and leaves the answer to the school.
    official = world.signed_in(DEPARTMENT)
    assert "so-tu-choi" not in official.get(address).response.get_data(as_text=True)


def test_after_the_lock_the_case_begins_with_what_was_asked(world: World) -> None:
    code = world.codes.locked
    address = asked(guardian(world, code), code)
    correction_journeys.switch_on(world)
    official = world.signed_in(DEPARTMENT)
    shown = official.get(address)
    assert "Chờ Sở trả lời" in shown.text
    number = address.rpartition("/")[2]
    form = official.get(f"/sau-khi-chot/moi?yeu-cau={number}")
    values = {each.get("name"): each.get("value") for each in form.tree.iter("input")}
    assert (values["code"], values["amendment"]) == (code, number)
    assert "ghi nhầm nơi ở" in form.text
    fields: dict[str, object] = {
        "kind": "thay-the",
        "code": code,
        "school_year": correction_journeys.YEAR,
        "decision": "412/QĐ-SGDĐT",
        "decided_on": "2026-08-20",
        "reason": "ghi nhầm nơi ở",
        "school": "",
        "note": "",
        "file": correction_journeys.PAPER,
    }
    official.submit(form, "/sau-khi-chot/moi", fields)  # type: ignore[arg-type]
    told = official.get(address)
    assert "Sở đang xử lý theo quyết định" in told.text
    assert LOCKED_NAME in told.heading
    clerk = world.signed_in(CLERK)
    assert "/sau-khi-chot/" in clerk.get(address).response.get_data(as_text=True)
