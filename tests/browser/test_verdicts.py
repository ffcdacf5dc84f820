"""A parent checks a file and prints the answer; a second person scans the receipt's QR and sees the same."""

from pathlib import Path

import pytest
from pypdfium2 import PdfDocument

from tests.browser.conftest import DESK, OUTPUT, PHONE, Portal, keep
from tests.browser.test_journeys import Contexts, original
from tests.browser.test_looks import look
from verify.paper.qr import read_codes

__all__ = ["original"]

# Both sides of one sheet, with every fact unfolded.
SHEETS = 2


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_from_the_answer_to_the_receipt(
    contexts: Contexts, portal: Portal, original: bytes, tmp_path: Path, width: int
) -> None:
    file = tmp_path / "hoc-ba.pdf"
    file.write_bytes(original)
    page = contexts(width).new_page()
    page.goto("/kiem-tra")
    page.set_input_files("input[type=file]", file)
    page.click("main button[type=submit]")
    keep(page, "verdict-answer")
    number = page.locator("dl.trace a.code").inner_text()
    second = contexts(width).new_page()
    look(second, f"/K/{number}")
    assert second.locator("h1").inner_text().endswith(number)
    assert second.locator(".receipt img").evaluate("image => image.naturalWidth") > 0, "the QR is drawn"
    keep(second, "verdict-receipt")
    look(second, "/kiem-tra/ket-qua")
    keep(second, "verdict-number")
    second.fill("#so", number.lower())
    second.keyboard.press("Enter")
    second.wait_for_url(f"**/k/{number}")
    second.emulate_media(media="print")
    keep(second, "verdict-paper")
    paper = second.pdf(format="A4")
    (OUTPUT / "verdict-paper.pdf").write_bytes(paper)
    with PdfDocument(paper) as receipt:
        assert len(receipt) <= SHEETS
        drawn = receipt[0].render(scale=300 / 72).to_pil()
    (code,) = read_codes(drawn)
    assert code == f"{portal.world.runtime.instance.url}/K/{number}".upper(), "the QR leads to this very receipt"
