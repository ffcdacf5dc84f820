"""A clerk's last day, in a real browser: a faulty class, its marked copy, the mended class, signatures, receipt."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page

from portal.demo.units import SCHOOL
from portal.runtime import demo_signer
from tests.browser.conftest import DESK, PHONE, Portal, chooser_by_keys, keep
from tests.browser.test_journeys import Contexts, sign_in
from tests.browser.test_looks import look
from tests.portal.signers.tokens import PIN, SoftHsm, all_of, softhsm
from tests.portal.views.packet_journeys import FAULTY, MENDED, mended
from tests.portal.workbooks.marks import comments_in
from tests.portal.worlds import CLERK
from verify.signing import Role

MINUTE = 60_000
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def running(portal: Portal) -> Iterator[Portal]:
    """The portal with its jobs running beside it, as `hocba serve` does."""
    jobs = portal.world.app.extensions["hocba.jobs"]
    jobs.start(1)
    yield portal
    jobs.stop()


def choose(page: Page, folder: Path, data: bytes, name: str) -> None:
    file = folder / name
    file.write_bytes(data)
    page.goto("/goi-hoc-ba/nhap")
    page.set_input_files("input[type=file]", file)
    page.select_option("#school_year", "2025-2026")


def wait_for_heading(page: Page, words: str) -> None:
    page.wait_for_selector(f"h1:has-text('{words}')", timeout=MINUTE)


def downloaded(page: Page, press: str) -> bytes:
    with page.expect_download() as download:
        page.click(press)
    return Path(download.value.path()).read_bytes()


def signed_beside_tokens(portal: Portal, hsm: SoftHsm, folder: Path, packet: bytes) -> Path:
    """The offline tool as the head and the keeper of the seal run it, each beside a token of their own."""
    authority, now = portal.world.runtime.authority, datetime.now(UTC)
    assert authority is not None
    held = folder / "goi-0.json"
    held.write_bytes(packet)
    for number, role in enumerate((Role.HEAD, Role.SCHOOL_SEAL), 1):
        hsm.token(role.value, *all_of(demo_signer(authority, SCHOOL, role, now)))
        made = folder / f"goi-{number}.json"
        subprocess.run(
            [
                *(sys.executable, "-c", "from portal.cli.offline import main; main()", held, "-o", made),
                *("--token", hsm.library, "--slot", role.value, "--role", role.value, "--yes", "--pin-env", "MA_PIN"),
            ],
            check=True,
            capture_output=True,
            cwd=ROOT,
            env={**os.environ, "MA_PIN": PIN},
        )
        held = made
    return held


@pytest.mark.parametrize(("width", "scripts"), [(PHONE, False), (DESK, True)])
def test_from_a_faulty_file_to_the_receipt(
    contexts: Contexts,
    running: Portal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    width: int,
    scripts: bool,
) -> None:
    hsm = softhsm(tmp_path, monkeypatch)
    page = contexts(width, scripts=scripts).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    sign_in(page, running)
    look(page, "/goi-hoc-ba")
    look(page, "/goi-hoc-ba/nhap")
    keep(page, "packets-choose")
    choose(page, tmp_path, FAULTY, f"lop-3A2-{width}.xlsx")
    page.click("main button[type=submit]")
    wait_for_heading(page, "Kết quả kiểm tra lớp 3A2")
    report = page.url
    look(page, report)
    keep(page, "packets-report")
    cells = page.locator("#phai-sua ~ table .cell").all_inner_texts()
    assert {"K10", "H11", "N12", "K13", "C14", "C15", "C16", "E17", "D19", "Y20", "K22"} <= set(cells)
    marked = downloaded(page, "text=Tải tệp đã đánh dấu lỗi")
    assert set(cells) <= set(comments_in(marked)["Tổng hợp"])
    page.click("text=Chỉ lấy các dòng đúng")
    assert "Chỉ lấy các dòng đúng (19)" in page.inner_text("main")
    page.go_back()
    choose(page, tmp_path, mended(marked, {**MENDED, "B30": f"87000000{width % 90 + 10}"}), "lop-3A2-sua.xlsx")
    page.click("main button[type=submit]")
    wait_for_heading(page, "Kết quả kiểm tra lớp 3A2")
    keep(page, "packets-clean")
    page.click("text=Xem lại và xác nhận")
    look(page, page.url)
    keep(page, "packets-confirm")
    page.click("text=Xác nhận, nhận cả lớp")
    wait_for_heading(page, "Biên nhận BN-")
    look(page, page.url)
    keep(page, "packets-receipt")
    page.click("text=Mở gói")
    packet = page.url
    to_sign = downloaded(page, "text=Tải gói để ký")
    by_tokens = signed_beside_tokens(running, hsm, tmp_path, to_sign)
    look(page, page.url)
    keep(page, "packets-packet")
    page.set_input_files("input[type=file]", by_tokens)
    page.click("text=Nộp tệp đã ký >> nth=-1")
    page.wait_for_selector("text=học bạ đã đủ chữ ký", timeout=MINUTE)
    keep(page, "packets-signed")
    page.click("text=Lịch sử >> nth=0")
    look(page, page.url)
    keep(page, "packets-history")
    look(page, f"{packet}/rut")
    keep(page, "packets-withdraw")
    assert not [text for text in said if "Content Security Policy" in text]


def press_until(page: Page, wanted: Callable[[], bool], key: str = "Tab") -> None:
    for _ in range(120):
        if wanted():
            return
        page.keyboard.press(key)
    raise AssertionError("the keyboard does not lead there")


def focus_is_on(page: Page, words: str) -> Callable[[], bool]:
    return lambda: (
        words in str(page.evaluate("document.activeElement.textContent || ''"))[:200]
        and str(page.evaluate("document.activeElement.tagName")) in ("A", "BUTTON")
    )


def focused(page: Page, selector: str) -> Callable[[], bool]:
    return lambda: bool(page.evaluate("wanted => document.activeElement.matches(wanted)", selector))


def go_to(page: Page, words: str) -> None:
    """Tab from the beginning of the page to a link or button, and press it."""
    page.evaluate("document.activeElement.blur()")
    press_until(page, focus_is_on(page, words))
    page.keyboard.press("Enter")


def download_by_keys(page: Page, words: str) -> bytes:
    with page.expect_download() as download:
        go_to(page, words)
    return Path(download.value.path()).read_bytes()


def choose_by_keys(page: Page, file: Path) -> None:
    field = "input[type=file]"
    chooser_by_keys(page, lambda: press_until(page, focused(page, field))).set_files(file)


def sign_in_by_keys(page: Page, portal: Portal) -> None:
    page.goto("/dang-nhap")
    for selector, text in (("#username", CLERK), ("#password", portal.world.logins[CLERK].password)):
        press_until(page, focused(page, selector))
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


def send_by_keys(page: Page, folder: Path, data: bytes, name: str) -> None:
    """From the form to the report."""
    (folder / name).write_bytes(data)
    choose_by_keys(page, folder / name)
    press_until(page, focused(page, "#school_year"))
    page.keyboard.type("2025-2026")
    assert page.input_value("#school_year") == "2025-2026"
    go_to(page, "Gửi và kiểm tra")
    wait_for_heading(page, "Kết quả kiểm tra lớp 3A2")


@pytest.mark.parametrize("scripts", [False, True])
def test_the_keyboard_alone_leads_from_a_faulty_file_to_signed_records(
    contexts: Contexts, running: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scripts: bool
) -> None:
    """No mouse, and once without JavaScript too: every step by Tab, Enter and typing."""
    hsm = softhsm(tmp_path, monkeypatch)
    page = contexts(DESK, scripts=scripts).new_page()
    sign_in_by_keys(page, running)
    go_to(page, "Nhập lớp")
    wait_for_heading(page, "Nhập lớp")
    go_to(page, "Nhập một lớp")
    wait_for_heading(page, "Nhập một lớp")
    send_by_keys(page, tmp_path, FAULTY, "lop-3A2-loi.xlsx")
    cells = set(page.locator("#phai-sua ~ table .cell").all_inner_texts())
    assert cells >= {"K10", "H11", "N12", "K13", "C14", "C15", "C16", "E17", "D19", "Y20", "K22"}
    marked = download_by_keys(page, "Tải tệp đã đánh dấu lỗi")
    assert cells <= set(comments_in(marked)["Tổng hợp"])
    go_to(page, "Gửi tệp đã sửa")
    wait_for_heading(page, "Nhập một lớp")
    changed = {**MENDED, "B30": "8700000055" if scripts else "8700000056"}
    send_by_keys(page, tmp_path, mended(marked, changed), "lop-3A2-sua.xlsx")
    for words, heading in (
        ("Xem lại và xác nhận", "Xác nhận nhập lớp"),
        ("Xác nhận, nhận cả lớp", "Biên nhận BN-"),
        ("Mở gói", "Gói BN-"),
    ):
        go_to(page, words)
        wait_for_heading(page, heading)
    signed = signed_beside_tokens(running, hsm, tmp_path, download_by_keys(page, "Tải gói để ký"))
    choose_by_keys(page, signed)
    go_to(page, "Nộp tệp đã ký")
    page.wait_for_selector("text=học bạ đã đủ chữ ký", timeout=MINUTE)
    go_to(page, "Xem biên nhận")
    wait_for_heading(page, "Biên nhận BN-")
    keep(page, f"packets-keyboard-{'scripts' if scripts else 'plain'}")
