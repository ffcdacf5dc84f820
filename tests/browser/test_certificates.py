"""The registry of certificates in a real browser without JavaScript: two officials, on a phone and at a desk."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from portal.runtime import TRUST
from portal.web import clock
from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.browser.test_looks import look
from tests.portal.worlds import DEPARTMENT, HEAD
from verify.signing import Role

Contexts = Callable[..., BrowserContext]
OFFICIAL = "so.canbo"


def sign_in(page: Page, portal: Portal, username: str) -> Page:
    page.goto("/dang-nhap")
    page.fill("#username", username)
    page.fill("#password", portal.world.logins[username].password)
    page.click("main button")
    page.wait_for_url("**/")
    return page


def certificate(portal: Portal, folder: Path, name: str, days_left: int) -> Path:
    """A file as a school sends it."""
    assert portal.world.runtime.authority is not None
    made = clock.read() - timedelta(days=3 * 365 - days_left)
    signer = portal.world.runtime.authority.demo_signer(f"B-{name}", "Trường Tiểu học Mẫu số 1", Role.HEAD, name, made)
    path = folder / "chung-thu.cer"
    path.write_bytes(signer.certificate)
    return path


def fill(page: Page, file: Path) -> None:
    page.goto("/chung-thu")
    page.click("text=Đề nghị đăng ký chứng thư")
    page.set_input_files("input[type=file]", file)
    page.select_option("#unit", "MAU-TH-01")
    page.select_option("#role", "homeroom_teacher")
    page.fill("#decision", "125/QĐ-SGDĐT")
    page.click("main button")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_two_officials_register_and_end_a_key(contexts: Contexts, portal: Portal, tmp_path: Path, width: int) -> None:
    name = f"Nguyễn Hoàng Thuỳ Dương {width}"
    first = sign_in(contexts(width).new_page(), portal, DEPARTMENT)
    second = sign_in(contexts(width).new_page(), portal, OFFICIAL)
    fill(first, certificate(portal, tmp_path, name, 30))
    assert name in first.inner_text("h1")
    assert first.locator("text=Xác nhận đăng ký").count() == 0
    keep(first, "key-proposed")
    second.goto("/chung-thu")
    keep(second, "keys-waiting")
    second.click(f"a:has-text('{name}')")
    keep(second, "key-to-confirm")
    second.click("button:has-text('Xác nhận đăng ký')")
    assert "Đã xác nhận" in second.inner_text("main")
    keep(second, "key-confirmed")
    second.click("text=Xem dòng trong sổ")
    assert name in second.inner_text("h1")
    keep(second, "key")
    look(second, second.url)
    second.click("text=Đề nghị kết thúc đăng ký")
    second.fill("#decision", "126/QĐ-SGDĐT")
    keep(second, "key-end")
    look(second, second.url)
    second.fill("#decision", "126/QĐ-SGDĐT")
    second.click("main button")
    first.goto(second.url)
    first.click("button:has-text('Xác nhận kết thúc')")
    assert "Đã xác nhận" in first.inner_text("main")
    for path in ("/chung-thu", "/chung-thu?tt=ending", "/chung-thu/tin-cay", "/chung-thu/de-nghi", first.url):
        look(first, path)
    first.goto("/chung-thu")
    keep(first, "keys")
    first.goto("/chung-thu/tin-cay")
    keep(first, "trust")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_what_does_not_validate_says_why(contexts: Contexts, portal: Portal, tmp_path: Path, width: int) -> None:
    page = sign_in(contexts(width).new_page(), portal, DEPARTMENT)
    fill(page, certificate(portal, tmp_path, f"Hết hạn {width}", -100))
    assert "Cần sửa lại" in page.inner_text("main")
    assert page.locator(".mark-failed").count() == 1
    keep(page, "key-refused")


def test_a_head_looks_at_the_own_school(contexts: Contexts, portal: Portal) -> None:
    page = sign_in(contexts(PHONE).new_page(), portal, HEAD)
    look(page, "/chung-thu")
    keep(page, "keys-head")
    assert (portal.world.runtime.settings.data / TRUST).exists()
