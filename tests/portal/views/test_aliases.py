"""The department teaches a heading for every school; who added and removed it stays; collisions say with what."""

import pytest

from tests.client import Browser, Page
from tests.portal.views.packet_journeys import checked
from tests.portal.views.test_mappings import asked
from tests.portal.workbooks.build import SheetPlan, grid, pupil, workbook
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, NEIGHBOUR, World

PAGE = "/tieu-de-cot"


def taught(browser: Browser, spelling: str, path: str, status: int = 303) -> Page:
    return Page(browser.submit(browser.get(PAGE), PAGE, {"spelling": spelling, "path": path}, status))


def file_with(**renamed: str) -> bytes:
    """Two pupils of grade 4 under some other headings."""
    pupils = [{renamed.get(key, key): value for key, value in pupil(number).items()} for number in (1, 2)]
    return workbook(SheetPlan("4A1", [["Lớp 4A1"], *grid(pupils)]))


def test_a_taught_heading_is_read_by_every_school_from_the_next_file_on(world: World) -> None:
    clerk, official = world.signed_in(CLERK), world.signed_in(DEPARTMENT)
    before = file_with(Toán="MH_02")
    asked(world, clerk, before)
    taught(official, "mh 02", "subjects.toan.level")
    page = official.get(PAGE)
    assert "Sở đã thêm (1)" in page.text
    assert "Toán – mức đạt được" in page.text
    for username in (CLERK, NEIGHBOUR):
        school = world.signed_in(username)
        address = checked(world, school, file_with(Toán="MH_02", STT="TT"))
        assert school.get(address).heading == "Kết quả kiểm tra lớp 4A1"


def test_removed_is_asked_again_and_the_history_says_who(world: World) -> None:
    official = world.signed_in(DEPARTMENT)
    name = world.logins[DEPARTMENT].display_name
    taught(official, "HOTEN_HS", "full_name")
    page = official.get(PAGE)
    action = next(str(form.get("action")) for form in page.tree.iter("form") if str(form.get("action")).endswith("/bo"))
    for _twice in range(2):
        official.submit(page, action, {})
    again = official.get(PAGE)
    assert "Đã gỡ (1)" in again.text
    assert again.text.count(name) >= 3, "who added, who removed, who is signed in"
    asked(world, world.signed_in(CLERK), file_with(**{"Họ và tên": "hoten hs"}))
    taught(official, "HOTEN_HS", "full_name")


@pytest.mark.parametrize(
    ("spelling", "path", "words"),
    [
        ("Điểm Toán", "full_name", "đã có nghĩa khác: Toán – điểm KTĐK"),
        ("HỌ VÀ TÊN (*)", "mother", "đã có nghĩa khác: Họ và tên"),
        ("Mức", "subjects.toan.level", "đã có nghĩa khác: Mức đạt được"),
        ("Ghi chú", "awards", "đã có nghĩa khác: Bỏ qua cột này"),
        ("Họ tên", "full_name", "đã được hiểu đúng như vậy"),
        ("Phẩm chất", "qualities.nhan_ai", "tên nhóm cột hoặc tên kì"),
        ("Học kì I", "subjects.toan", "đã có nghĩa khác: Bỏ qua cột này"),
        (" - ", "full_name", "chưa có chữ nào"),
        ("", "full_name", "Hãy ghi tiêu đề cột"),
        ("X1", "", "Hãy chọn trường"),
        ("x" * 151, "full_name", "Không quá 150 ký tự"),
    ],
)
def test_a_heading_has_one_meaning_for_everybody(small_world: World, spelling: str, path: str, words: str) -> None:
    official = small_world.signed_in(DEPARTMENT)
    assert words in taught(official, spelling, path, 422).text
    assert "Sở đã thêm (0)" in official.get(PAGE).text


def test_two_added_headings_cannot_collide_either(world: World) -> None:
    official = world.signed_in(DEPARTMENT)
    taught(official, "Môn số 7", "subjects.toan")
    assert "đã được hiểu đúng như vậy" in taught(official, "MÔN SỐ 7", "subjects.toan", 422).text
    assert "đã có nghĩa khác: Toán" in taught(official, "mon so 7", "subjects.tieng_viet", 422).text
    assert "đã có nghĩa khác: Toán – mức" in taught(official, "Môn số 7 mức", "full_name", 422).text


def test_hostile_spellings_are_shown_escaped(small_world: World) -> None:
    official = small_world.signed_in(DEPARTMENT)
    taught(official, "\u202e<b>=1+1</b>", "father")
    html = official.fetch(PAGE).get_data(as_text=True)
    assert "&lt;b&gt;=1+1&lt;/b&gt;" in html
    assert "\u202e" not in html


def test_only_the_department_sees_and_changes_it(world: World) -> None:
    official = world.signed_in(DEPARTMENT)
    taught(official, "Cột của Sở", "father")
    for username in (CLERK, HEAD, NEIGHBOUR):
        other = world.signed_in(username)
        other.get(PAGE, 404)
        token = next(
            field.get("value", "")
            for field in other.get("/goi-hoc-ba/nhap").tree.iter("input")
            if field.get("name") == "csrf_token"
        )
        other.post(PAGE, {"csrf_token": token, "spelling": "Y9", "path": "father"}, 404)
        other.post(f"{PAGE}/1/bo", {"csrf_token": token}, 404)
    assert "Sở đã thêm (1)" in official.get(PAGE).text
    official.post(f"{PAGE}/999/bo", {"csrf_token": _token(official)}, 404)


def _token(browser: Browser) -> str:
    page = browser.get(PAGE)
    return next(f.get("value", "") for f in page.tree.iter("input") if f.get("name") == "csrf_token")
