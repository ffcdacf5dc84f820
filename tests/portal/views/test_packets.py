"""A clerk brings a class in; a colleague of another school finds nothing there; nobody else may."""

import re

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import AccessEvent, Packet, RecordVersion, SignedFile, StateChange, Upload
from tests.client import Browser, FileField
from tests.portal.jobs.running import run_jobs
from tests.portal.views.packet_journeys import (
    CLEAN,
    FAULTY,
    MENDED,
    checked,
    confirm,
    mended,
    send,
    signed,
    submit_file,
    taken,
    without_row,
)
from tests.portal.workbooks.marks import comments_in, fills_in
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, NEIGHBOUR, World
from verify.signing import Role


def count(world: World, table: type[Packet | RecordVersion | Upload | AccessEvent]) -> int:
    with Session(world.engine) as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def without_token(html: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]+"', "", html)


def test_every_planted_fault_stands_at_its_cell(world: World) -> None:
    clerk = world.signed_in(CLERK)
    before = count(world, RecordVersion)
    report = clerk.get(checked(world, clerk, FAULTY))
    assert report.heading == "Kết quả kiểm tra lớp 3A2"
    for cell in ("K10", "H11", "N12", "K13", "C14", "C15", "C16", "E17", "AP18", "D19", "Y20", "C21", "K22"):
        assert cell in report.text, cell
    assert "11/30" in report.text
    assert count(world, RecordVersion) == before, "nothing is a record before a person confirms"


def test_the_marked_copy_has_the_marks_at_those_cells(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    address = checked(small_world, clerk, FAULTY)
    answer = clerk.fetch(f"{address}/danh-dau.xlsx")
    assert "can-sua_3A2.xlsx" in answer.headers["Content-Disposition"]
    wanted = {"K10", "H11", "N12", "K13", "C14", "C15", "C16", "E17", "AP18", "D19", "Y20", "C21", "K22"}
    assert set(comments_in(answer.data)["Tổng hợp"]) == wanted
    assert set(fills_in(answer.data)["Tổng hợp"]) == wanted


def test_the_mended_copy_becomes_signed_records(world: World) -> None:
    clerk = world.signed_in(CLERK)
    address = checked(world, clerk, FAULTY)
    marked = clerk.fetch(f"{address}/danh-dau.xlsx").data
    packet = taken(world, clerk, mended(marked, MENDED))
    receipt = clerk.get(f"/goi-hoc-ba/{packet}/bien-nhan")
    assert receipt.heading == f"Biên nhận BN-{packet:06d}"
    assert "30 học bạ lớp 3A2" in receipt.text
    to_sign = clerk.fetch(f"/goi-hoc-ba/{packet}/goi.json")
    assert to_sign.mimetype == "application/json"
    head = world.signed_in(HEAD)
    half = submit_file(head, packet, signed(world, to_sign.data, (Role.HEAD,)))
    assert "0 học bạ đã đủ chữ ký; 30 còn thiếu" in half.text
    assert "Con dấu số của nhà trường: còn 30 học bạ" in half.text
    whole = submit_file(head, packet, signed(world, to_sign.data))
    assert "30 học bạ đã đủ chữ ký" in whole.text
    assert "Đã tiếp nhận, chờ chốt: 30" in clerk.get(f"/goi-hoc-ba/{packet}").text


def test_the_same_file_twice_has_the_same_receipt_and_changes_nothing(world: World) -> None:
    clerk = world.signed_in(CLERK)
    packet = taken(world, clerk, CLEAN)
    before = [count(world, table) for table in (Packet, RecordVersion, Upload)]
    assert send(clerk, CLEAN).location == f"/goi-hoc-ba/{packet}/bien-nhan"
    assert [count(world, table) for table in (Packet, RecordVersion, Upload)] == before


def test_the_same_file_while_it_waits_leads_to_where_it_waits(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    address = checked(small_world, clerk, CLEAN)
    assert send(clerk, CLEAN).location == address
    assert count(small_world, Upload) == 1


def test_work_that_was_interrupted_goes_on_after_signing_in_again(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    address = send(clerk, CLEAN).location
    again = small_world.signed_in(HEAD)
    assert address in again.get("/goi-hoc-ba").links()
    assert again.get(address).heading == "Đang kiểm tra tệp"
    run_jobs(small_world)
    assert confirm(small_world, again, address).endswith("/bien-nhan")
    assert address not in again.get("/goi-hoc-ba").links()


def test_the_good_rows_alone_are_a_choice_with_a_name(world: World) -> None:
    clerk = world.signed_in(CLERK)
    address = checked(world, clerk, FAULTY)
    page = clerk.get(f"{address}/xac-nhan")
    assert "Chỉ lấy các dòng đúng (19)" in page.text
    assert "Xác nhận, nhận cả lớp" not in page.text
    forged = {field.get("name"): field.get("value") for field in page.form(f"{address}/xac-nhan").iter("input")}
    clerk.post(f"{address}/xac-nhan", {**{k: str(v) for k, v in forged.items() if k}, "choice": "all"}, 422)
    receipt = clerk.get(confirm(world, clerk, address))
    assert "19 học bạ" in receipt.text
    assert "bỏ lại 11 dòng có lỗi" in receipt.text
    assert "Dòng 10: Toán – điểm KTĐK 11 nằm ngoài thang điểm." in receipt.text


def test_a_replacement_shows_what_differs_and_the_look_is_kept(world: World) -> None:
    clerk = world.signed_in(CLERK)
    first = taken(world, clerk, mended(FAULTY, MENDED))
    looks = count(world, AccessEvent)
    address = checked(world, clerk, mended(FAULTY, {**MENDED, "K9": 9}))
    page = clerk.get(f"{address}/xac-nhan")
    assert "1 thay bản cũ" in page.text
    assert "29 không đổi" in page.text
    row = next(row for row in page.tree.iter("tr") if "Toán – điểm KTĐK" in "".join(row.itertext()))
    assert [cell.text for cell in row.iter("td")] == ["8", "9"]
    assert count(world, AccessEvent) == looks + 1
    second = int(confirm(world, clerk, address).split("/")[2])
    assert second != first
    packet = clerk.get(f"/goi-hoc-ba/{second}")
    assert "Bản nháp: 30" in packet.text, "what is signed next stands in one packet"
    old = clerk.get(f"/goi-hoc-ba/{first}")
    assert "Đã có bản thay: 1" in old.text
    history = clerk.get(next(link for link in old.links() if "/lich-su/" in link))
    assert "Bản số 2 Bản nháp" in history.text
    assert "Bản số 1 Đã có bản thay" in history.text
    assert "thay thế bằng phiên bản 2" in history.text


def test_who_is_no_longer_in_the_file_is_named_and_left_alone(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    taken(small_world, clerk, mended(FAULTY, MENDED))
    shorter = mended(FAULTY, {**MENDED, **without_row(38)})
    page = clerk.get(f"{checked(small_world, clerk, shorter)}/xac-nhan")
    assert "1 không còn trong tệp" in page.text
    assert "29 không đổi" in page.text


def test_what_changed_since_it_was_seen_is_shown_again(world: World) -> None:
    clerk = world.signed_in(CLERK)
    address = checked(world, clerk, mended(FAULTY, MENDED))
    page = clerk.get(f"{address}/xac-nhan")
    taken(world, world.signed_in(HEAD), mended(FAULTY, {**MENDED, "K9": 9}))
    answer = clerk.submit(page, f"{address}/xac-nhan", {})
    assert answer.location == f"{address}/xac-nhan?doi=1"
    again = clerk.get(answer.location)
    assert "đã thay đổi từ lúc bạn xem" in again.text
    assert "1 thay bản cũ" in again.text


def test_a_change_between_the_confirmation_and_the_import_is_asked_about(world: World) -> None:
    clerk = world.signed_in(CLERK)
    first = checked(world, clerk, mended(FAULTY, MENDED))
    second = checked(world, clerk, mended(FAULTY, {**MENDED, "K9": 9}))
    for address in (first, second):
        clerk.submit(clerk.get(f"{address}/xac-nhan"), f"{address}/xac-nhan", {})
    run_jobs(world)
    assert clerk.fetch(first, 303).location.endswith("/bien-nhan")
    assert "đã thay đổi từ lúc bạn xem" in clerk.get(second).text


def test_a_row_is_previewed_as_the_printed_form(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    address = checked(small_world, clerk, FAULTY)
    answer = clerk.fetch(f"{address}/dong/9.pdf")
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Cache-Control"] == "no-store"
    for row in (10, 1, 999, 10**30):
        clerk.get(f"{address}/dong/{row}.pdf", 404)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"xin chao", "không phải là tệp bảng tính XLSX"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "tệp kiểu cũ"),
        (b"PK\x03\x04" + bytes(60), "Tệp bị hỏng"),
    ],
    ids=["text", "old excel", "damaged"],
)
def test_a_file_that_cannot_be_read_says_why(small_world: World, data: bytes, words: str) -> None:
    clerk = small_world.signed_in(CLERK)
    page = clerk.get(checked(small_world, clerk, data))
    assert page.heading == "Không đọc được tệp"
    assert words in page.text


def test_a_file_of_another_year_or_grade_says_so(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    for field, value, words in (("grade", "2", "khối 3"), ("school_year", "2024-2025", "năm học 2025-2026")):
        address = send(clerk, FAULTY, fields={field: value}).location
        run_jobs(small_world)
        assert words in clerk.get(address).text


def test_no_file_and_a_wrong_choice_are_refused_beside_their_fields(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    empty = send(clerk, b"", status=422)
    assert "Hãy chọn tệp của lớp: bảng tổng hợp hoặc gói đã ký." in empty.text
    page = clerk.get("/goi-hoc-ba/nhap")
    clerk.submit(page, "/goi-hoc-ba/nhap", {"file": (CLEAN, "a.xlsx", ""), "school_year": "1999-2000"}, 422)
    large = send(clerk, b"P" * (10 * 1024 * 1024 + 1), status=422)
    assert "Tệp lớn hơn 10 MB" in large.text


def test_a_discarded_file_is_gone(world: World) -> None:
    clerk = world.signed_in(CLERK)
    address = checked(world, clerk, CLEAN)
    clerk.submit(clerk.get(address), f"{address}/bo", {})
    assert clerk.get(address).heading == "Tệp đã được bỏ"
    clerk.get(f"{address}/danh-dau.xlsx", 409)
    assert clerk.fetch(f"{address}/xac-nhan", 303).location == address
    with Session(world.engine) as session:
        upload = session.scalars(sa.select(Upload)).one()
        assert (upload.data, upload.judged) == (None, None)


def test_while_it_runs_the_fragment_asks_again_and_then_leads_on(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    address = send(clerk, CLEAN).location
    htmx = {"HX-Request": "true"}
    part = clerk.fetch(address, headers=htmx)
    assert 'hx-trigger="every 1s"' in part.text
    assert "<html" not in part.text
    run_jobs(small_world)
    ended = clerk.fetch(address, headers=htmx)
    assert ended.headers["HX-Refresh"] == "true"
    assert ended.data == b""
    confirm(small_world, clerk, address)
    assert clerk.fetch(address, headers=htmx).headers["HX-Redirect"].endswith("/bien-nhan")


def addresses(packet: int, upload: str, version: int) -> list[str]:
    own = f"/goi-hoc-ba/{packet}"
    return [
        *(own, f"{own}/bien-nhan", f"{own}/goi.json", f"{own}/rut", f"{own}/lich-su/{version}"),
        *(upload, f"{upload}/xac-nhan", f"{upload}/danh-dau.xlsx", f"{upload}/dong/9.pdf"),
    ]


@pytest.mark.parametrize("username", [NEIGHBOUR, DEPARTMENT])
def test_others_cannot_tell_a_packet_from_none(world: World, username: str) -> None:
    clerk = world.signed_in(CLERK)
    packet = taken(world, clerk, mended(FAULTY, MENDED))
    upload = checked(world, clerk, CLEAN)
    with Session(world.engine) as session:
        version = session.scalars(sa.select(RecordVersion.id).where(RecordVersion.packet_id == packet)).first() or 0
    other = world.signed_in(username)
    other.get("/")
    real = [other.get(address, 404).response for address in addresses(packet, upload, version)]
    none = [other.get(address, 404).response for address in addresses(999999, "/goi-hoc-ba/nhap/999999", 999999)]
    assert len({without_token(answer.text) for answer in (*real, *none)}) == 1
    token = {"csrf_token": token_of(other)}
    for address in (f"/goi-hoc-ba/{packet}/rut", f"{upload}/xac-nhan", f"{upload}/bo", f"{upload}/lai"):
        fields = {"reason": "lấy của trường khác", "scope": "all", "choice": "all", "seen": "0" * 64}
        other.post(address, {**token, **fields}, 404)
    goi = {"file": (clerk.fetch(f"/goi-hoc-ba/{packet}/goi.json").data, "goi.json", "application/json")}
    other.post(f"/goi-hoc-ba/{packet}/chu-ky", {**token, **goi}, 404)
    assert "Bản nháp: 30" in clerk.get(f"/goi-hoc-ba/{packet}").text


def token_of(browser: Browser) -> str:
    page = browser.get("/kiem-tra")
    return next(str(field.get("value")) for field in page.tree.iter("input") if field.get("name") == "csrf_token")


def test_a_neighbour_brings_in_for_its_own_school_only(small_world: World) -> None:
    neighbour = small_world.signed_in(NEIGHBOUR)
    page = neighbour.get("/goi-hoc-ba/nhap")
    assert "Trường Tiểu học Mẫu số 2" in page.text
    fields: dict[str, str | FileField] = {"file": (CLEAN, "a.xlsx", ""), "school": "MAU-TH-01"}
    fields["school_year"] = "2025-2026"
    neighbour.submit(page, "/goi-hoc-ba/nhap", fields, 422)
    assert "Lớp" not in [line.text for line in neighbour.get("/goi-hoc-ba").tree.iter("td")]


def test_who_has_no_school_has_no_such_page(small_world: World) -> None:
    department = small_world.signed_in(DEPARTMENT)
    assert "/goi-hoc-ba" not in department.get("/hoc-ba").links()
    department.get("/goi-hoc-ba", 404)
    department.get("/goi-hoc-ba/nhap", 404)
    assert "/goi-hoc-ba" in small_world.signed_in(CLERK).get("/hoc-ba").links()


def test_strangers_are_asked_to_sign_in(small_world: World) -> None:
    for address in ("/goi-hoc-ba", "/goi-hoc-ba/nhap", *addresses(1, "/goi-hoc-ba/nhap/1", 1)):
        sent = small_world.browser().fetch(address, 303)
        assert sent.location.startswith("/dang-nhap?next=")


@pytest.mark.parametrize("number", ["0", "2147483648", "9" * 40])
def test_a_number_that_no_database_holds_is_not_there(world: World, number: str) -> None:
    clerk = world.signed_in(CLERK)
    for address in (f"/goi-hoc-ba/{number}", f"/goi-hoc-ba/nhap/{number}", f"/goi-hoc-ba/1/lich-su/{number}"):
        clerk.get(address, 404)


def test_one_record_and_then_the_whole_packet_are_withdrawn(world: World) -> None:
    clerk = world.signed_in(CLERK)
    packet = taken(world, clerk, mended(FAULTY, MENDED))
    link = next(link for link in clerk.get(f"/goi-hoc-ba/{packet}").links() if "/rut?ban=" in link)
    page = clerk.get(link)
    chosen = [field.get("value") for field in page.tree.iter("input") if field.get("checked") is not None]
    assert chosen == [link.split("=")[1]]
    action = f"/goi-hoc-ba/{packet}/rut"
    token = token_of(clerk)
    refused = clerk.post(action, {"csrf_token": token, "scope": "chosen", "reason": ""}, 422)
    assert "Hãy ghi lý do rút" in refused.text
    assert "Hãy chọn ít nhất một học bạ" in refused.text
    clerk.post(action, {"csrf_token": token, "scope": "chosen", "records": chosen[0] or "", "reason": "nhập nhầm lớp"})
    assert "Bản nháp: 29 · Đã rút: 1" in clerk.get(f"/goi-hoc-ba/{packet}").text
    clerk.post(action, {"csrf_token": token, "scope": "all", "reason": "nhập lại cả lớp"})
    assert "Đã rút: 30" in clerk.get(f"/goi-hoc-ba/{packet}").text
    with Session(world.engine) as session:
        reasons = session.scalars(sa.select(StateChange.reason).where(StateChange.to_state == "withdrawn")).all()
        assert sorted(set(reasons)) == ["nhập lại cả lớp", "nhập nhầm lớp"]
    assert "lưu lại rồi gửi" in clerk.get(f"/goi-hoc-ba/{packet}/bien-nhan").text
    clerk.post(action, {"csrf_token": token, "scope": "all", "reason": "lần nữa xem sao"}, 422)


def test_what_is_locked_cannot_be_withdrawn(world: World) -> None:
    clerk = world.signed_in(CLERK)
    with Session(world.engine) as session:
        locked = session.scalars(sa.select(RecordVersion).where(RecordVersion.state == "locked")).first()
        assert locked is not None
        packet, version = locked.packet_id, locked.id
    assert "không còn học bạ nào rút được" in clerk.get(f"/goi-hoc-ba/{packet}/rut").text
    fields = {"csrf_token": token_of(clerk), "scope": "chosen", "records": str(version), "reason": "thử rút"}
    clerk.post(f"/goi-hoc-ba/{packet}/rut", fields, 409)


def test_a_withdrawn_pupil_comes_back_with_a_new_version(world: World) -> None:
    clerk = world.signed_in(CLERK)
    packet = taken(world, clerk, mended(FAULTY, MENDED))
    fields = {"csrf_token": token_of(clerk), "scope": "all", "reason": "điểm Toán chưa đúng"}
    clerk.post(f"/goi-hoc-ba/{packet}/rut", fields)
    again = taken(world, clerk, mended(FAULTY, {**MENDED, "K9": 9}))
    page = clerk.get(f"/goi-hoc-ba/{again}")
    assert "Bản nháp: 30" in page.text
    history = clerk.get(next(link for link in page.links() if "/lich-su/" in link))
    assert "Bản số 2 Bản nháp" in history.text
    assert "Bản số 1 Đã rút" in history.text


def test_a_signature_of_nobody_is_refused_with_its_reason(world: World) -> None:
    clerk = world.signed_in(CLERK)
    packet = taken(world, clerk, mended(FAULTY, MENDED))
    goi = clerk.fetch(f"/goi-hoc-ba/{packet}/goi.json").data
    made = signed(world, goi, (Role.HEAD,)).replace(b'"head"', b'"school_seal"')
    page = submit_file(clerk, packet, made)
    assert "Chữ ký không được nhận" in page.text
    assert "Con dấu số của nhà trường" in page.text
    assert len(list(page.tree.iter("tr"))) > 60, "one line for each signature"
    assert "0 học bạ đã đủ chữ ký; 30 còn thiếu" in page.text
    # Read again, later, by the school and nobody else.
    address = f"/goi-hoc-ba/{packet}?nop=1"
    with Session(world.engine) as session:
        assert session.scalars(sa.select(SignedFile.id)).all() == [1]
    assert clerk.get(address).text == page.text
    world.signed_in(NEIGHBOUR).get(address, 404)
    for unknown in (f"/goi-hoc-ba/{packet}?nop=2", "/goi-hoc-ba/1?nop=1"):
        clerk.get(unknown, 404)
    assert "Chữ ký không được nhận" not in clerk.get(f"/goi-hoc-ba/{packet}").text


@pytest.mark.parametrize("change", ["other packet", "unsigned", "other bytes", "no json"])
def test_a_signed_file_that_was_changed_is_refused(small_world: World, change: str) -> None:
    clerk = small_world.signed_in(CLERK)
    packet = taken(small_world, clerk, mended(FAULTY, MENDED))
    goi = clerk.fetch(f"/goi-hoc-ba/{packet}/goi.json").data
    made = {
        "other packet": signed(small_world, goi).replace(f'"packet":{packet}'.encode(), b'"packet":1'),
        "unsigned": goi,
        "other bytes": signed(small_world, goi).replace(b'"record":"ey', b'"record":"eX', 1),
        "no json": b"%PDF-1.7",
    }[change]
    page = submit_file(clerk, packet, made, 422)
    words = "chưa có chữ ký nào" if change == "unsigned" else "không khớp với gói"
    assert words in page.text
    assert "Bản nháp: 30" in page.text


def test_a_neighbours_uploads_are_not_listed(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    address = checked(small_world, clerk, CLEAN)
    assert address in clerk.get("/goi-hoc-ba").links()
    assert address not in small_world.signed_in(NEIGHBOUR).get("/goi-hoc-ba").links()
