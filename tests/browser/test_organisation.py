"""The organisation at 360 and 1280 px, with JavaScript and without: a commune with schools; one goes into another."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.browser.test_certificates import sign_in
from tests.browser.test_journeys import Contexts
from tests.browser.test_looks import look
from tests.portal.worlds import DEPARTMENT

DAY = "2026-08-10"


def decide(page: Page, number: str) -> None:
    page.fill("#decision", number)
    page.fill("#decided_on", "2026-08-01")
    page.fill("#effective_on", DAY)
    page.click("main form button[type=submit]")


def found(page: Page, code: str, kind: str, name: str, parent: str) -> None:
    page.goto("/to-chuc/them")
    page.fill("#code", code)
    page.select_option("#kind", kind)
    page.fill("#name", name)
    page.select_option("#parent", parent)
    decide(page, "45/QĐ-UBND")
    assert page.inner_text("h1") == name


@pytest.mark.parametrize(("width", "scripts"), [(PHONE, False), (DESK, True)])
def test_a_commune_and_its_schools(contexts: Contexts, portal: Portal, width: int, scripts: bool) -> None:
    page = sign_in(contexts(width, scripts=scripts).new_page(), portal, DEPARTMENT)
    commune, first, second = (f"MAU-{width}-{part}" for part in ("X", "A", "B"))
    found(page, commune, "commune", f"UBND Xã Mẫu {width}", "MAU-SO")
    for code, letter in ((first, "An"), (second, "Bình")):
        found(page, code, "primary", f"Trường Tiểu học {letter} {width} (mẫu)", commune)
    school = page.url
    look(page, "/to-chuc")
    keep(page, "organisation")
    look(page, f"/to-chuc?tim=truong+tieu+hoc+an+{width}")
    assert "Tìm thấy 1 đơn vị" in page.inner_text("main")
    for path in ("/to-chuc/them", "/to-chuc/nhap", school):
        look(page, path)
    page.click("text=Sáp nhập")
    look(page, page.url)
    page.select_option("#into", first)
    decide(page, "46/QĐ-UBND")
    assert "sáp nhập vào" in page.inner_text("main")
    keep(page, "organisation-merge")
    page.fill("#password", portal.world.logins[DEPARTMENT].password)
    page.click("text=Ghi thay đổi")
    page.wait_for_url(school)
    assert "Đơn vị này đã kết thúc" in page.inner_text("main")
    look(page, page.url)
    keep(page, "organisation-ended")
