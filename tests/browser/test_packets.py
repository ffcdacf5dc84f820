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
from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.browser.test_journeys import Contexts, sign_in
from tests.browser.test_looks import look
from tests.portal.signers.tokens import PIN, SoftHsm, all_of, softhsm
from tests.portal.views.packet_journeys import FAULTY, MENDED, mended
from tests.portal.workbooks.marks import comments_in
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
    page.click("text=Mở gói để ký")
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


def test_the_keyboard_alone_brings_a_class_in(contexts: Contexts, running: Portal, tmp_path: Path) -> None:
    page = contexts(DESK, scripts=True).new_page()
    sign_in(page, running)
    choose(page, tmp_path, mended(FAULTY, {**MENDED, "B30": "8700000007"}), "lop-3A2-phim.xlsx")
    page.evaluate("document.activeElement.blur()")
    for words, heading in (
        ("Gửi và kiểm tra", "Kết quả kiểm tra lớp 3A2"),
        ("Xem lại và xác nhận", "Xác nhận nhập lớp"),
        ("Xác nhận, nhận cả lớp", "Biên nhận BN-"),
    ):
        press_until(page, focus_is_on(page, words))
        page.keyboard.press("Enter")
        wait_for_heading(page, heading)
