"""Journeys of the people whom the portal serves, in a real browser; those of strangers run without JavaScript."""

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import BrowserContext, Page, Response

from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.portal.worlds import CLERK, LOCKED_NAME

# Design §6 allows 30 KB over the wire, where deploy/Caddyfile compresses; the bound is what it weighs, with some room.
WIRE_BYTES, CARD_BYTES = 15 * 1024, 40 * 1024
Contexts = Callable[..., BrowserContext]


def sign_in(page: Page, portal: Portal) -> None:
    page.goto("/dang-nhap")
    page.fill("#username", CLERK)
    page.fill("#password", portal.world.logins[CLERK].password)
    page.click("main button")
    page.wait_for_url("**/")


@pytest.fixture(scope="session")
def original(portal: Portal) -> bytes:
    """The official print of the newest year."""
    return portal.world.signed_in(CLERK).fetch(f"/hoc-ba/{portal.world.codes.locked}/2025-2026.pdf").get_data()


def test_a_parent_types_the_code_on_a_phone(phone: Page, portal: Portal) -> None:
    loaded: dict[str, tuple[str, bytes]] = {}
    phone.goto("/")
    phone.fill("#ma", portal.world.codes.locked.upper())

    def note(answer: Response) -> None:
        """Each address once: what was loaded before the page is loaded again is not twice as heavy."""
        loaded[answer.url] = answer.request.resource_type, answer.body()

    phone.on("response", note)
    phone.press("#ma", "Enter")
    phone.wait_for_url("**/t/*")
    phone.wait_for_load_state("networkidle")
    assert phone.inner_text("h1") == "Đang hiệu lực"
    assert LOCKED_NAME not in phone.content()
    assert "script" not in {kind for kind, _body in loaded.values()}
    phone.reload()
    phone.wait_for_load_state("networkidle")
    assert 0 < sum(len(body) for _kind, body in loaded.values()) < CARD_BYTES
    assert sum(len(gzip.compress(body)) for _kind, body in loaded.values()) < WIRE_BYTES
    keep(phone, "card")


@pytest.mark.parametrize(
    ("edition", "heading"), [("2025-2026.1", "Đang hiệu lực"), ("2025-2026.9", "Chưa có bản này trong hệ thống")]
)
def test_a_scanned_qr_opens_the_card(phone: Page, portal: Portal, edition: str, heading: str) -> None:
    phone.goto(f"/T/{portal.world.codes.locked.upper()}/{edition}")
    assert phone.inner_text("h1") == heading


def test_a_code_that_nobody_has(phone: Page, portal: Portal) -> None:
    phone.goto(f"/t/{portal.world.codes.unknown}")
    assert phone.inner_text("h1") == "Không tìm thấy, hoặc chưa chốt"
    keep(phone, "not-found")


def check(page: Page, folder: Path, data: bytes) -> str:
    file = folder / "hoc-ba.pdf"
    file.write_bytes(data)
    page.goto("/kiem-tra")
    page.set_input_files("input[type=file]", file)
    page.click("main button")
    return page.inner_text("h1")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_receiving_school_checks_files(contexts: Contexts, original: bytes, tmp_path: Path, width: int) -> None:
    page = contexts(width).new_page()
    assert check(page, tmp_path, original) == "Đúng bản gốc"
    assert page.locator(".answer.tone-good").count() == 1
    keep(page, "authentic")
    assert check(page, tmp_path, resaved(original)) == "Nội dung khớp, không còn là tệp gốc"
    assert page.locator(".tone-good").count() == 0
    keep(page, "content-matches")
    assert check(page, tmp_path, b"xin chao") == "Chưa đủ căn cứ"
    keep(page, "insufficient")


def resaved(original: bytes) -> bytes:
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(original)) as document:
        document.save(target)
    return target.getvalue()


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_clerk_finds_a_record_and_prints_it(contexts: Contexts, portal: Portal, width: int) -> None:
    page = contexts(width).new_page()
    sign_in(page, portal)
    page.goto("/hoc-ba")
    keep(page, "list")
    page.fill("#q", "uyen")
    page.click("main button")
    page.click(f"#ket-qua >> text={LOCKED_NAME} >> nth=0")
    assert LOCKED_NAME in page.inner_text("h1")
    keep(page, "record")
    with page.expect_download() as download:
        page.click("text=Tải bản PDF có ký số >> nth=0")
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
    page.goto(f"/t/{portal.world.codes.locked}")
    page.click("text=Xem toàn bộ học bạ")
    assert LOCKED_NAME in page.inner_text("h1")
    page.click("text=Đăng xuất")
    page.goto("/hoc-ba")
    assert page.inner_text("h1") == "Đăng nhập"


def test_a_search_swaps_the_results_alone(contexts: Contexts, portal: Portal) -> None:
    page = contexts(DESK, scripts=True).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    sign_in(page, portal)
    page.goto("/hoc-ba")
    page.evaluate("document.body.dataset.before = 'yes'")
    page.fill("#q", "uyen")
    page.click("main button")
    page.wait_for_selector("#ket-qua table")
    assert page.evaluate("document.body.dataset.before") == "yes"
    assert "q=uyen" in page.url
    with page.expect_event("load"):  # nothing personal is kept, so going back asks the server again
        page.go_back()
    assert page.locator("#ket-qua table").count() == 0
    kept = page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
    assert LOCKED_NAME not in kept, "htmx keeps pages unless told not to"
    assert said == []


def test_a_search_after_the_session_ended_leads_to_the_sign_in(contexts: Contexts, portal: Portal) -> None:
    context = contexts(DESK, scripts=True)
    page = context.new_page()
    sign_in(page, portal)
    page.goto("/hoc-ba")
    context.clear_cookies()
    page.fill("#q", "uyen")
    page.click("main button")
    page.wait_for_url("**/dang-nhap?**")
    assert page.inner_text("h1") == "Đăng nhập"
