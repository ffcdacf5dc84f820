"""In the distribution's Chromium, without scripts: an identity of a real provider is linked and opens the account."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from portal.openid.provider import Client, Provider
from portal.web import openid
from portal.web.openid import BACK
from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.openid.running import CLIENT_ID, SECRET, installed, running
from tests.portal.worlds import CLERK

NAME, CITIZEN = "Danh tính thử", "079123456789"


@pytest.fixture(autouse=True)
def provider(
    portal: Portal, tmp_path_factory: pytest.TempPathFactory, need_command: Callable[[str], str]
) -> Iterator[None]:
    portal.world.renew()
    folder = installed(tmp_path_factory.mktemp("openid"), need_command("npm"))
    back = portal.address + BACK
    with running(folder, need_command("node"), back) as issuer:
        openid.install(portal.world.app, Provider(Client(issuer, CLIENT_ID, SECRET, "sub", back)), NAME)
        yield
    openid.install(portal.world.app, None, "")
    portal.world.renew()


def approve(page: Page) -> None:
    """Sign in at the provider and agree."""
    page.fill("[name=login]", CITIZEN)
    page.fill("[name=password]", "x")
    page.click("button[type=submit]")
    page.click("button[type=submit]")


def seen_at_both_widths(page: Page, name: str) -> None:
    for width in (PHONE, DESK):
        page.set_viewport_size({"width": width, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} at {width}"
        keep(page, name)


def test_an_identity_is_linked_and_opens_the_account(portal: Portal, contexts: Callable[..., BrowserContext]) -> None:
    page = contexts(PHONE).new_page()
    page.goto("/dang-nhap?next=/tai-khoan")
    page.fill("#username", CLERK)
    page.fill("#password", portal.world.logins[CLERK].password)
    page.click("main button")
    page.click(f"text={NAME}")
    seen_at_both_widths(page, "openid-own")
    page.click("main form button")
    seen_at_both_widths(page, "openid-leaving")
    page.click("main a.button")
    approve(page)
    assert "Đã gắn từ" in page.inner_text("main")
    seen_at_both_widths(page, "openid-linked")

    fresh = contexts(PHONE).new_page()
    fresh.goto("/dang-nhap")
    seen_at_both_widths(fresh, "openid-sign-in")
    fresh.click(f"text={NAME}")
    approve(fresh)
    fresh.goto("/tai-khoan")
    assert CLERK in fresh.inner_text("main")
