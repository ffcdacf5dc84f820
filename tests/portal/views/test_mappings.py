"""A school says once what the columns of its files mean; a colleague of another school never sees it."""

from collections.abc import Mapping
from xml.etree.ElementTree import Element

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import HeadingMapping, Upload
from tests.client import Browser, Page, parse
from tests.portal.jobs.running import run_jobs
from tests.portal.views.packet_journeys import checked, confirm, send
from tests.portal.workbooks.build import SheetPlan, grid, pupil, workbook
from tests.portal.workbooks.vendors import EXTRA, their_file
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, NEIGHBOUR, World


def columns_of(page: Page) -> dict[str, Element]:
    """The select of each column by its heading."""
    return {
        str(field.get("aria-label")).partition(", ")[2]: field
        for field in page.tree.iter("select")
        if str(field.get("name")).startswith("c")
    }


def chosen(field: Element) -> str:
    return next((option.get("value", "") for option in field.iter("option") if option.get("selected") is not None), "")


def answers(page: Page, changes: Mapping[str, str]) -> dict[str, str]:
    """What the form would send: what is preselected, and the changes by heading."""
    return {str(field.get("name")): changes.get(heading, chosen(field)) for heading, field in columns_of(page).items()}


def say(browser: Browser, address: str, changes: Mapping[str, str], what: str, status: int) -> Page:
    page = browser.get(f"{address}/cot")
    hidden = page.form(f"{address}/cot")
    token = next(field.get("value", "") for field in hidden.iter("input") if field.get("name") == "csrf_token")
    response = browser.post(f"{address}/cot", {"csrf_token": token, "viec": what, **answers(page, changes)}, status)
    return Page(response)


def asked(world: World, browser: Browser, data: bytes) -> str:
    """Send a file that has to be asked about; the address of its upload."""
    address = checked(world, browser, data)
    assert browser.fetch(address, 303).location == f"{address}/cot"
    return address


def applied(world: World, browser: Browser, data: bytes, changes: Mapping[str, str]) -> str:
    address = asked(world, browser, data)
    say(browser, address, changes, "dung", 303)
    run_jobs(world)
    return address


def mappings_in(world: World) -> list[HeadingMapping]:
    with Session(world.engine) as session:
        return list(session.scalars(sa.select(HeadingMapping).order_by(HeadingMapping.id)))


def test_a_third_vendors_file_is_asked_about_with_real_values_and_guesses(world: World) -> None:
    clerk = world.signed_in(CLERK)
    address = asked(world, clerk, their_file())
    page = clerk.get(f"{address}/cot")
    assert page.heading == "Ghép cột của tệp"
    fields = columns_of(page)
    assert chosen(fields["HOTEN_HS"]) == "full_name"
    assert chosen(fields["TOANHOC_DIEM"]) == "subjects.toan.score"
    assert chosen(fields["QT01"]) == "gender"
    assert chosen(fields["Khoa học"]) == "subjects.khoa_hoc.level"
    assert chosen(fields[EXTRA]) == ""
    assert "Hạng 1" in page.text
    assert address in clerk.get("/goi-hoc-ba").links()


def test_what_was_said_once_reads_the_next_file_silently(world: World) -> None:
    clerk = world.signed_in(CLERK)
    address = applied(world, clerk, their_file(), {EXTRA: "ignored"})
    report = clerk.get(address)
    assert report.heading == "Kết quả kiểm tra lớp 4A1"
    assert "Cột bỏ qua: PHAN_HANG" in report.text
    assert confirm(world, clerk, address).endswith("/bien-nhan")
    head = world.signed_in(HEAD)
    later = checked(world, head, their_file(4, 5, class_name="4A2"))
    report = head.get(later)
    assert report.heading == "Kết quả kiểm tra lớp 4A2"
    assert "Tệp được đọc theo: Cách ghép cột số" in report.text
    assert len(mappings_in(world)) == 1


def test_a_try_shows_the_first_rows_and_keeps_nothing(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    address = asked(small_world, clerk, their_file(1, 2, 3, changes={"Điểm Toán": 11}))
    page = say(clerk, address, {EXTRA: "ignored"}, "xem-thu", 200)
    assert "Xem thử: các dòng đầu sẽ được đọc như sau" in page.text
    assert "Toán – điểm KTĐK 11 nằm ngoài thang điểm." in page.text
    assert "0/3 dòng" in page.text
    assert chosen(columns_of(page)[EXTRA]) == "ignored", "what was chosen stays chosen"
    assert not mappings_in(small_world)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Cột AR: chọn trường, hoặc chọn “Bỏ qua cột này”."),
        ({EXTRA: "full_name"}, "Cột D, cột AR cùng ghép vào “Họ và tên”."),
        ({EXTRA: "family_name"}, "Giữ một cách ghi, bỏ qua cách kia."),
        ({EXTRA: "female_mark"}, "không ghép thêm cột đánh dấu nữ"),
        ({EXTRA: "part.level"}, "cần thêm cột ghi tên môn"),
        ({EXTRA: "study_history.0.school"}, "chọn trường, hoặc chọn “Bỏ qua cột này”"),
    ],
    ids=["left open", "one field twice", "name twice", "gender twice", "part without subject", "no such field"],
)
def test_choices_that_lose_something_are_refused_in_words(
    small_world: World, changes: dict[str, str], words: str
) -> None:
    clerk = small_world.signed_in(CLERK)
    address = asked(small_world, clerk, their_file())
    for what in ("dung", "xem-thu"):
        page = say(clerk, address, changes, what, 422)
        summary = next(each for each in page.tree.iter("div") if each.get("class") == "summary")
        assert words in " ".join("".join(summary.itertext()).split())
    assert not mappings_in(small_world)


def test_needed_fields_without_a_column_stand_first(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    cells = [{key: value for key, value in pupil(number).items() if key != "Ngày sinh"} for number in (1, 2)]
    data = workbook(SheetPlan("4A1", [["Lớp 4A1"], *grid(cells)]))
    address = asked(small_world, clerk, data)
    page = clerk.get(f"{address}/cot")
    assert "Bắt buộc mà chưa có cột nào: Ngày sinh" in page.text
    say(clerk, address, {}, "dung", 303)
    run_jobs(small_world)
    assert "Ngày sinh để trống" in clerk.get(address).text, "asked once, then told row by row"


def test_a_neighbour_sees_nothing_of_it_and_is_asked_anew(world: World) -> None:
    clerk = world.signed_in(CLERK)
    address = applied(world, clerk, their_file(), {EXTRA: "ignored"})
    mapping = mappings_in(world)[0].id
    clerk.get(f"/goi-hoc-ba/cot/{mapping}")
    for username in (NEIGHBOUR, DEPARTMENT):
        other = world.signed_in(username)
        unknown = other.get("/goi-hoc-ba/cot/999999", 404)
        assert other.get(f"/goi-hoc-ba/cot/{mapping}", 404).text == unknown.text
        other.fetch(f"{address}/cot", 404)
        other.fetch("/goi-hoc-ba/cot/2147483648", 404)
    neighbour = world.signed_in(NEIGHBOUR)
    assert f"/goi-hoc-ba/cot/{mapping}" not in neighbour.get("/goi-hoc-ba/cot").links()
    token = _token(neighbour.get("/goi-hoc-ba/nhap"))
    neighbour.post(f"/goi-hoc-ba/cot/{mapping}/quen", {"csrf_token": token}, 404)
    neighbour.post(f"{address}/cot", {"csrf_token": token, "viec": "dung"}, 404)
    neighbour.post(f"{address}/cot/tieu-de", {"csrf_token": token, "to": "0", "tu": "1", "den": "1"}, 404)
    asked(world, neighbour, their_file())
    assert mappings_in(world)[0].ended_at is None


def _token(page: Page) -> str:
    return next(f.get("value", "") for f in page.tree.iter("input") if f.get("name") == "csrf_token")


def test_a_stranger_is_sent_to_sign_in(small_world: World) -> None:
    stranger = small_world.browser()
    for path in ("/goi-hoc-ba/cot", "/goi-hoc-ba/nhap/1/cot", "/goi-hoc-ba/mau-lop-4.xlsx", "/tieu-de-cot"):
        assert stranger.fetch(path, 303).location.startswith("/dang-nhap")


def test_forgotten_is_asked_again_and_the_old_one_still_explains(world: World) -> None:
    clerk = world.signed_in(CLERK)
    applied(world, clerk, their_file(), {EXTRA: "ignored"})
    mapping = mappings_in(world)[0].id
    page = clerk.get(f"/goi-hoc-ba/cot/{mapping}")
    for _twice in range(2):
        clerk.submit(page, f"/goi-hoc-ba/cot/{mapping}/quen", {})
    assert "Không còn dùng" in clerk.get(f"/goi-hoc-ba/cot/{mapping}").text
    assert f"/goi-hoc-ba/cot/{mapping}" not in clerk.get("/goi-hoc-ba/cot").links()
    asked(world, clerk, their_file(6, 7))


def test_a_mapping_is_changed_from_the_report_and_its_history_stays(world: World) -> None:
    clerk = world.signed_in(CLERK)
    address = applied(world, clerk, their_file(), {EXTRA: "ignored"})
    page = clerk.get(f"{address}/cot")
    assert chosen(columns_of(page)[EXTRA]) == "ignored"
    say(clerk, address, {EXTRA: "awards"}, "dung", 303)
    run_jobs(world)
    assert "Cột bỏ qua" not in clerk.get(address).text
    ended, used = mappings_in(world)
    assert ended.ended_at is not None
    assert used.ended_at is None
    with Session(world.engine) as session:
        assert session.scalars(sa.select(Upload.mappings)).one() == [used.id]


def test_the_header_can_be_told_and_nonsense_is_refused(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    rows = grid([{f"K{index}": value for index, value in enumerate(pupil(n).values())} for n in (1, 2)])
    data = workbook(SheetPlan("4A1", [["Mã đơn vị", "Số phiếu", "Ghi", *["-x"] * 40], ["Lớp 4A1"], *rows]))
    address = asked(small_world, clerk, data)
    page = clerk.get(f"{address}/cot")
    for first, last in (("0", "1"), ("3", "2"), ("3", "99"), ("x", "y"), ("400", "400")):
        held = {"csrf_token": _token(page), "to": "0", "tu": first, "den": last}
        refused = Page(clerk.post(f"{address}/cot/tieu-de", held, 422))
        assert "Các dòng tiêu đề phải nằm trong tờ đó" in refused.text
    clerk.post(f"{address}/cot/tieu-de", {"csrf_token": _token(page), "to": "0", "tu": "3", "den": "3"})
    assert "tiêu đề ở dòng 3" in clerk.get(f"{address}/cot").text
    assert set(columns_of(clerk.get(f"{address}/cot"))) >= {"K0", "K3", "K6"}


HOSTILE = {
    "=cmd|' /C calc'!A0": "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    "\u202eđảo ngược\u202c": "đảo ngược",
    "Tо\u0301an Кириллица": "Кириллица",
    "dài " * 2500: "dài dài",
}


def test_hostile_headings_are_shown_escaped_and_bounded(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    cells = [{**pupil(number), **dict.fromkeys(HOSTILE, f"{'y' * 5000}{number}")} for number in (1, 2, 3)]
    data = workbook(SheetPlan("4A1", [["Lớp 4A1"], *grid(cells)]))
    address = asked(small_world, clerk, data)
    html = clerk.fetch(f"{address}/cot").get_data(as_text=True)
    page = clerk.get(f"{address}/cot")
    for words in HOSTILE.values():
        assert words in page.text
    assert "Có chữ không thuộc bảng chữ cái La-tinh." in page.text
    assert not set(html) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200f")
    assert "<script>alert" not in html
    assert "y" * 61 not in html
    assert len(max(columns_of(page), key=len)) <= 150
    parse(html)


def test_a_file_that_waits_to_be_told_can_be_dropped_and_is_found_again(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    data = their_file()
    address = asked(small_world, clerk, data)
    assert send(clerk, data).location == address
    clerk.submit(clerk.get(f"{address}/cot"), f"{address}/bo", {})
    assert clerk.fetch(f"{address}/cot", 303).location == address
    with Session(small_world.engine) as session:
        upload = session.scalars(sa.select(Upload)).one()
        assert (upload.data, upload.layout) == (None, None)


def test_the_template_is_offered_and_given_to_schools_only(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    links = clerk.get("/goi-hoc-ba/nhap").links()
    for grade in range(1, 6):
        assert f"/goi-hoc-ba/mau-lop-{grade}.xlsx" in links
        answer = clerk.fetch(f"/goi-hoc-ba/mau-lop-{grade}.xlsx")
        assert answer.data.startswith(b"PK")
        assert f"mau-lop-{grade}_" in answer.headers["Content-Disposition"]
    clerk.fetch("/goi-hoc-ba/mau-lop-6.xlsx", 404)
    small_world.signed_in(DEPARTMENT).fetch("/goi-hoc-ba/mau-lop-4.xlsx", 404)
