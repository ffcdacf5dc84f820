"""In the distribution's Chromium: an official invites a head, who takes the link up; a second one confirms."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.portal.worlds import DEPARTMENT

SECOND, NEWCOMER, PASSWORD = "so.canbo", "Đặng Thị Ổi (mẫu)", "mưa rào trên mái tôn nhà ngoại"


@pytest.fixture(autouse=True)
def _fresh(portal: Portal) -> Iterator[None]:
    """This journey adds people; the next test finds the world as it was."""
    portal.world.renew()
    yield
    portal.world.renew()


def sign_in(page: Page, username: str, password: str) -> None:
    page.goto("/dang-nhap")
    page.fill("#username", username)
    page.fill("#password", password)
    page.click("main button")


def seen_at_both_widths(page: Page, name: str) -> None:
    for width in (PHONE, DESK):
        page.set_viewport_size({"width": width, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} at {width}"
        keep(page, name)


def test_a_head_is_invited_joins_and_is_confirmed(portal: Portal, contexts: Callable[..., BrowserContext]) -> None:
    logins = portal.world.logins
    official = contexts(DESK, scripts=True).new_page()
    sign_in(official, DEPARTMENT, logins[DEPARTMENT].password)
    official.click("nav >> text=Người dùng")
    official.click("text=Mời một người")
    official.fill("#display_name", NEWCOMER)
    official.fill("#unit", "MAU-TH-02")
    official.select_option("#role", "head")
    seen_at_both_widths(official, "people-invite")
    official.click("main form button")
    seen_at_both_widths(official, "people-invited")
    secret = official.inner_text("[data-link]").partition("#")[2]

    newcomer = contexts(PHONE, scripts=True).new_page()
    newcomer.goto(f"/nhan-tai-khoan#{secret}")
    assert newcomer.evaluate("location.hash") == ""
    seen_at_both_widths(newcomer, "invitation-secret")
    newcomer.click("main form button")
    assert NEWCOMER in newcomer.inner_text("h1")
    seen_at_both_widths(newcomer, "invitation-join")
    for field, value in (("#username", "th02.dang"), ("#fresh", PASSWORD), ("#again", PASSWORD)):
        newcomer.fill(field, value)
    newcomer.click("main form button")
    seen_at_both_widths(newcomer, "invitation-done")

    second = contexts(DESK, scripts=True).new_page()
    sign_in(second, SECOND, logins[SECOND].password)
    second.goto("/nguoi-dung")
    seen_at_both_widths(second, "people-list")
    second.click(f"text={NEWCOMER}")
    seen_at_both_widths(second, "people-proposal")
    second.click('button:has-text("Xác nhận")')
    assert "Người đứng đầu" in second.inner_text("table")
    seen_at_both_widths(second, "people-person")
    second.click("table >> text=Kết thúc")
    seen_at_both_widths(second, "people-end-role")
    second.go_back()
    second.click('a:has-text("Đóng tài khoản")')
    seen_at_both_widths(second, "people-close")

    sign_in(newcomer, "th02.dang", PASSWORD)
    newcomer.goto("/nguoi-dung")
    assert "Những người của trường bạn" in newcomer.inner_text("main")
    seen_at_both_widths(newcomer, "people-head")
