"""Each verdict as people see it, at 360 and 1280 px and without scripts: pictures in tests/output, to be looked at."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12
from cryptography.x509.oid import NameOID
from playwright.sync_api import Page
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers

from portal.services import checking
from portal.sharing import Turns
from tests.browser.conftest import DESK, OUTPUT, PHONE, Portal, keep
from tests.browser.test_journeys import Contexts, original, resaved, sign_in
from tests.browser.test_looks import OVERFLOWS, SMALL_TARGETS, TIGHT_LINES
from tests.crashing import crash
from tests.factories import year_record
from tests.portal.views.correction_journeys import DAY, DUE, come_due, supersede, switch_on
from tests.portal.views.lock_journeys import turn_clock
from tests.portal.worlds import CLERK
from verify.form.render import render
from verify.record.model import YearRecord

__all__ = ["original"]

# What a page with pictures may weigh, whole (decision 0028).
ANSWER_BYTES = 400_000
PICTURES = "() => [...document.querySelectorAll('img')].every(each => each.naturalWidth > 0)"
# Each box inside its page, each badge inside too.
BOXES_INSIDE = """() => [...document.querySelectorAll('.page-shot svg')].every(page => {
  const frame = page.getBoundingClientRect();
  return [...page.querySelectorAll('rect')].every(each => { const box = each.getBoundingClientRect();
    return box.left >= frame.left - 4 && box.right <= frame.right + 4 && box.top >= frame.top - 4; }); })"""


@pytest.fixture(autouse=True)
def own_day(portal: Portal) -> Iterator[None]:
    portal.world.renew()
    yield
    portal.world.renew()


def checked(page: Page, folder: Path, data: bytes, name: str) -> str:
    """Send a file and look at the answer; its heading."""
    file = folder / f"{name}.pdf"
    file.write_bytes(data)
    return answered(page, [file], f"answer-{name}")


def answered(page: Page, files: list[Path], name: str) -> str:
    """Send files and look at the answer at both widths; its heading."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto("/kiem-tra")
    page.set_input_files("input[type=file]", files)
    with page.expect_navigation() as answer:
        page.click("main button[type=submit]")
    assert len(answer.value.body()) < ANSWER_BYTES
    for width in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": 740})
        assert not page.evaluate(OVERFLOWS), f"{name} overflows at {width}"
        assert page.evaluate(SMALL_TARGETS) == []
        assert page.evaluate(TIGHT_LINES) == []
        assert page.evaluate(BOXES_INSIDE)
        keep(page, name)
    assert page.evaluate(PICTURES), "a picture is not drawn"
    assert not [text for text in said if "Content Security Policy" in text]
    return page.inner_text("h1")


def the_record(portal: Portal, **changes: Any) -> YearRecord:
    return year_record(5, **{"lookup_code": portal.world.codes.locked, **changes})


def printed(portal: Portal, record: YearRecord) -> bytes:
    return render([record], portal.world.runtime.print_context).pdf


def altered(portal: Portal) -> bytes:
    """Another mark, another teacher, and a pen stroke on blank paper."""
    subjects = year_record(5).subjects
    toan = replace(subjects["toan"], score=10 if subjects["toan"].score != 10 else 9)
    record = the_record(portal, subjects={**subjects, "toan": toan}, homeroom_teacher="Người Khác")
    return scribbled(printed(portal, record))


def scribbled(data: bytes) -> bytes:
    """With a word written by hand at the foot of the third page."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as document:
        stroke = b"q 1.5 w 0.1 0.1 0.6 RG 420 770 m 428 790 l 436 770 l 444 790 l S 452 770 m 470 772 l S Q"
        document.pages[2].contents_add(document.make_stream(stroke))
        document.save(target)
    return target.getvalue()


def pictures_of(data: bytes) -> bytes:
    """As a scanner makes it."""
    document = pypdfium2.PdfDocument(data)
    first, *others = [sheet.render(scale=1.5).to_pil() for sheet in document]
    document.close()
    target = io.BytesIO()
    first.save(target, "PDF", save_all=True, append_images=others, resolution=108)
    return target.getvalue()


def signed_by_somebody(folder: Path) -> bytes:
    """A contract with a valid signature of somebody whom nobody here knows."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ông Mẫu")])
    starts = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, starts, starts + timedelta(days=900))
    certificate = made.sign(key, hashes.SHA256())
    store = folder / "somebody.p12"
    store.write_bytes(pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, NoEncryption()))
    blank = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(595, 842))
        document.save(blank)
    signer = signers.SimpleSigner.load_pkcs12(str(store))
    meta = signers.PdfSignatureMetadata(field_name="Sig1")
    with ThreadPoolExecutor(1) as beside:  # pyHanko begins an event loop; this thread has the browser's
        signed = beside.submit(signers.sign_pdf, IncrementalPdfFileWriter(blank), meta, signer=signer).result()
    return bytes(signed.getvalue())


def test_a_difference_for_who_holds_the_paper_for_a_reader_and_for_a_stranger(
    contexts: Contexts, portal: Portal, tmp_path: Path
) -> None:
    data = altered(portal)
    page = contexts(PHONE).new_page()
    assert checked(page, tmp_path, data, "mismatch-holder") == "Không khớp"
    numbers = page.locator(".cells-shown .badge").all_inner_texts()
    assert len(numbers) >= 2
    assert page.locator(".box-differs").count() >= 2
    assert page.locator(".box-outside").count() == 1
    assert {*numbers} < {*page.locator(".tab text").all_text_contents()}
    assert page.locator(".cells-shown img").count() == len(numbers), "theirs alone"

    clerk = contexts(DESK).new_page()
    sign_in(clerk, portal)
    checked(clerk, tmp_path, data, "mismatch-reader")
    assert clerk.locator(".stack img").count() == 2 * len(numbers), "theirs beside the expected"
    clerk.emulate_media(media="print")
    (OUTPUT / "answer-mismatch-reader.pdf").write_bytes(clerk.pdf(format="A4"))

    stranger = printed(portal, the_record(portal, full_name="Người Lạ"))
    assert checked(page, tmp_path, stranger, "mismatch-stranger") == "Không khớp"
    assert page.locator(".box, .badge, .cell-shot").count() == 0


def test_the_other_verdicts(contexts: Contexts, portal: Portal, original: bytes, tmp_path: Path) -> None:
    page = contexts(PHONE).new_page()
    assert checked(page, tmp_path, original, "authentic") == "Đúng bản gốc"
    assert page.locator(".page-shot").count() == 0
    assert checked(page, tmp_path, scribbled(resaved(original)), "content-matches") == (
        "Nội dung khớp, không còn là tệp gốc"
    )
    assert page.locator(".box").count() == page.locator(".box-outside").count() == 1
    assert checked(page, tmp_path, pictures_of(original), "insufficient-scan") == "Chưa đủ căn cứ"
    assert page.locator(".box").count() == page.locator(".box-unread").count() > 0
    assert checked(page, tmp_path, b"xin chao", "insufficient-not-a-pdf") == "Chưa đủ căn cứ"
    unknown = printed(portal, the_record(portal, lookup_code=portal.world.codes.unknown))
    assert checked(page, tmp_path, unknown, "not-found") == "Không tìm thấy"
    assert checked(page, tmp_path, signed_by_somebody(tmp_path), "foreign") == "Không tìm thấy"
    assert "không phải chữ ký của Sở" in page.inner_text(".answer")
    assert "Ông Mẫu" in page.inner_text(".answer")


def test_a_record_that_was_replaced(
    contexts: Contexts, portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = portal.world
    turn_clock(monkeypatch, DAY)
    original = world.signed_in(CLERK).fetch(f"/hoc-ba/{world.codes.locked}/2025-2026.pdf").get_data()
    switch_on(world)
    supersede(world, world.codes.locked)
    assert come_due(world) == 1
    turn_clock(monkeypatch, DUE)
    page = contexts(PHONE).new_page()
    assert checked(page, tmp_path, original, "not-in-force") == "Bản thật nhưng không còn hiệu lực"
    assert page.locator(".facts summary").all_inner_texts()[:2] == [
        "Có bị sửa không?\nKhông, tệp nguyên vẹn",
        "Ai ký?\nNhà trường ký dữ liệu, Sở ký tệp",
    ]


def test_our_fault_and_too_many_at_once(
    contexts: Contexts, portal: Portal, original: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, sandbox = contexts(PHONE).new_page(), portal.world.runtime.sandbox
    with monkeypatch.context() as broken:
        broken.setattr(checking, "verify_pdf", crash)
        assert checked(page, tmp_path, original, "our-fault") == "Chưa đủ căn cứ"
    assert "không phải lỗi của tệp" in page.inner_text("main")
    assert page.locator("dl.trace .code").count() == 1, "no number: a failure of ours is not kept"
    full = Turns(1, waiting=0, each=0, seconds=1)
    monkeypatch.setattr(sandbox, "_turns", full)
    with full.turn("somebody"):
        assert checked(page, tmp_path, original, "queue-full") == "Hệ thống đang bận"
