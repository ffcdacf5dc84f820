"""A third vendor's file in a real browser: asked, tried, used, remembered; the department teaches a heading for all."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.browser.test_journeys import Contexts, sign_in
from tests.browser.test_looks import look
from tests.browser.test_packets import choose, downloaded, running, wait_for_heading
from tests.portal.workbooks.build import TITLE, SheetPlan, grid, workbook
from tests.portal.workbooks.vendors import EXTRA, their_pupil
from tests.portal.worlds import DEPARTMENT

__all__ = ["running"]


def class_of(width: int, *numbers: int, school_class: str) -> bytes:
    """A file of a shape that no other test has taught: one heading is of this width."""
    title = [[str(cell).replace("4A1", school_class) for cell in row] for row in TITLE]
    pupils = [{**their_pupil(number), f"COT_{width}": f"x{number}"} for number in numbers]
    return workbook(SheetPlan("DL_XUAT", [*title, *grid(pupils)]))


def field_of(page: Page, heading: str) -> str:
    wanted = f'select[aria-label$=", {heading}"]'
    return f"#{page.get_attribute(wanted, 'id')}"


@pytest.mark.parametrize(("width", "scripts"), [(PHONE, False), (DESK, True)])
def test_a_third_vendors_class_is_mapped_once(
    contexts: Contexts, running: Portal, tmp_path: Path, width: int, scripts: bool
) -> None:
    page = contexts(width, scripts=scripts).new_page()
    sign_in(page, running)
    choose(page, tmp_path, class_of(width, 1, 2, 3, school_class=f"4B{width % 100}"), "xuat.xlsx")
    page.click("main button[type=submit]")
    wait_for_heading(page, "Ghép cột của tệp")
    look(page, page.url)
    keep(page, "mappings-columns")
    assert page.input_value(field_of(page, "HOTEN_HS")) == "full_name"
    page.click("text=Dùng và kiểm tra tệp")
    assert "chọn trường, hoặc chọn “Bỏ qua cột này”" in page.inner_text(".summary")
    keep(page, "mappings-refused")
    page.select_option(field_of(page, EXTRA), "ignored")
    page.select_option(field_of(page, f"COT_{width}"), label="Bỏ qua cột này")
    page.click("text=Xem thử >> nth=-1")
    page.wait_for_selector("#xem-thu")
    assert "3/3 dòng của tệp không có lỗi" in page.inner_text("main")
    look_again = page.locator("section:has(#xem-thu) dd").first
    assert look_again.is_visible()
    keep(page, "mappings-preview")
    page.click("text=Dùng và kiểm tra tệp")
    wait_for_heading(page, "Kết quả kiểm tra lớp 4B")
    look(page, page.url)
    keep(page, "mappings-report")
    choose(page, tmp_path, class_of(width, 4, 5, school_class=f"4C{width % 100}"), "xuat-2.xlsx")
    page.click("main button[type=submit]")
    wait_for_heading(page, "Kết quả kiểm tra lớp 4C")
    page.click("text=Xem hoặc quên cách ghép")
    look(page, page.url)
    keep(page, "mappings-one")
    look(page, "/goi-hoc-ba/cot")
    keep(page, "mappings-list")


@pytest.mark.parametrize(("width", "scripts"), [(PHONE, False), (DESK, True)])
def test_the_department_teaches_a_heading(contexts: Contexts, portal: Portal, width: int, scripts: bool) -> None:
    page = contexts(width, scripts=scripts).new_page()
    page.goto("/dang-nhap")
    page.fill("#username", DEPARTMENT)
    page.fill("#password", portal.world.logins[DEPARTMENT].password)
    page.click("main button")
    page.wait_for_url("**/")
    look(page, "/tieu-de-cot")
    page.fill("#spelling", "Điểm Toán")
    page.select_option("#path", "full_name")
    page.click("text=Thêm cho mọi trường")
    assert "đã có nghĩa khác" in page.inner_text(".summary")
    page.fill("#spelling", f"MON_{width}")
    page.select_option("#path", "subjects.toan")
    page.click("text=Thêm cho mọi trường")
    page.wait_for_selector(f"bdi:has-text('MON_{width}')")
    keep(page, "aliases")
    page.click("button:has-text('Gỡ')")
    page.wait_for_selector("#da-go")
    keep(page, "aliases-removed")


def test_the_template_comes_from_the_page(contexts: Contexts, portal: Portal) -> None:
    page = contexts(PHONE).new_page()
    sign_in(page, portal)
    look(page, "/goi-hoc-ba/nhap")
    keep(page, "mappings-templates")
    assert downloaded(page, "text=Mẫu khối 4").startswith(b"PK")
