"""The first look at a stranger's document: which records it names, what it carries, and what is refused."""

import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import qrcode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, Pdf
from PIL import Image

from tests.factories import LOOKUP_CODE, OTHER_LOOKUP_CODE, booklet, year_record
from tests.verify.pdf.content import forging, vectors
from verify import limits
from verify.code import PrintTarget, qr_text
from verify.errors import LimitExceeded, Refusal, UnreadableDocument, VerifyError
from verify.form.render import render
from verify.pdf import opening
from verify.pdf.inspection import FEATURES, Inspection, inspect

ROOT = Path(__file__).parents[4]
TARGET = PrintTarget(LOOKUP_CODE, "2024-2025", 1)


def saved(pdf: Pdf, **how: Any) -> bytes:
    out = io.BytesIO()
    pdf.save(out, **how)
    return out.getvalue()


def blank(pages: int = 1) -> bytes:
    with pikepdf.new() as pdf:
        for _ in range(pages):
            pdf.add_blank_page(page_size=(595, 842))
        return saved(pdf)


def with_root(change: Callable[[Pdf], None]) -> bytes:
    with pikepdf.open(io.BytesIO(blank())) as pdf:
        change(pdf)
        return saved(pdf)


def picture_pdf(*codes: str, size: tuple[int, int] = (1240, 1754), at: tuple[int, int] = (120, 200)) -> bytes:
    """A page that is one picture, with QRs from the top left."""
    sheet = Image.new("L", size, 255)
    for number, text in enumerate(codes):
        symbol = qrcode.make(text, box_size=5).get_image().convert("L")
        sheet.paste(symbol, (at[0] + 420 * number, at[1]))
    out = io.BytesIO()
    sheet.save(out, "PDF", resolution=150)
    return out.getvalue()


# --- what it names ---------------------------------------------------------------------------------------------


def test_every_page_of_a_print_names_its_record() -> None:
    found = inspect(forging.true_print().pdf)
    assert found.pages == 4
    assert found.has_text
    assert [target.page for target in found.targets] == [0, 1, 2, 3]
    assert {(target.qr, target.text) for target in found.targets} == {((), TARGET)}
    assert found.features == ()


def test_each_year_of_a_booklet_names_its_own_edition() -> None:
    found = inspect(render(booklet((3, 4)), forging.CONTEXT).pdf)
    years = [target.text.school_year for target in found.targets if target.text]
    assert years == ["2024-2025"] * 2 + ["2023-2024"] * 2 + ["2024-2025"] * 2


@pytest.mark.parametrize("name", vectors.FAITHFUL)
def test_faithful_copies_name_the_same(name: str) -> None:
    assert {(target.qr, target.text) for target in inspect(vectors.FAITHFUL[name]()).targets} == {((), TARGET)}


def test_other_writers_leave_the_words_readable(need_command: Callable[[str], str], tmp_path: Path) -> None:
    source, copy = tmp_path / "source.pdf", tmp_path / "copy.pdf"
    source.write_bytes(forging.true_print().pdf)
    subprocess.run([need_command("gs"), "-q", "-sDEVICE=pdfwrite", "-o", copy, source], check=True)
    assert {(target.qr, target.text) for target in inspect(copy.read_bytes()).targets} == {((), TARGET)}


def test_a_scan_names_its_record_by_qr_only() -> None:
    found = inspect(forging.from_pictures(150))
    assert not found.has_text
    assert {(target.qr, target.text) for target in found.targets} == {((TARGET,), None)}


def test_where_the_words_name_a_code_no_picture_is_searched() -> None:
    """Which record to fetch is settled then; whether the QR says the same is a question of content."""
    other = render([year_record(4, lookup_code=OTHER_LOOKUP_CODE)], forging.CONTEXT).pdf
    assert {(target.qr, target.text and target.text.code) for target in inspect(other).targets} == {
        ((), OTHER_LOOKUP_CODE)
    }


def test_a_qr_away_from_the_footer_is_found() -> None:
    assert inspect(picture_pdf(qr_text("https://hocba.example.vn", TARGET))).targets[0].qr == (TARGET,)


def test_every_lookup_qr_of_a_page_is_named_and_others_are_not() -> None:
    other = replace(TARGET, code=OTHER_LOOKUP_CODE)
    codes = [qr_text("https://hocba.example.vn", each) for each in (TARGET, other)]
    found = inspect(picture_pdf(codes[0], "https://example.org/vé-xe", size=(1240, 900)))
    assert found.targets[0].qr == (TARGET,)
    assert set(inspect(picture_pdf(*codes)).targets[0].qr) == {TARGET, other}


def test_a_foreign_document_names_nothing() -> None:
    assert inspect(blank(2)) == Inspection(2, inspect(blank(2)).targets, has_text=False, features=())
    assert all(target.qr == () and target.text is None for target in inspect(blank(2)).targets)


# --- what it carries -------------------------------------------------------------------------------------------


def _javascript(pdf: Pdf) -> None:
    pdf.Root["/OpenAction"] = Dictionary(S=Name.JavaScript, JS="app.alert(1)")


def _launch(pdf: Pdf) -> None:
    pdf.Root["/OpenAction"] = Dictionary(S=Name.Launch, F="calc.exe")


def _xfa(pdf: Pdf) -> None:
    pdf.Root["/AcroForm"] = Dictionary(Fields=Array(), XFA=pdf.make_stream(b"<xdp/>"))


def _fields(pdf: Pdf) -> None:
    field = Dictionary(FT=Name.Tx, T="ten", Subtype=Name.Widget, Rect=[10, 10, 90, 30], Type=Name.Annot)
    field = pdf.make_indirect(field)
    pdf.Root["/AcroForm"] = Dictionary(Fields=Array([field]))
    pdf.pages[0].obj["/Annots"] = Array([field])


def _annotations(pdf: Pdf) -> None:
    pdf.pages[0].obj["/Annots"] = Array([Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=[0, 0, 9, 9])])


def _files(pdf: Pdf) -> None:
    pdf.attachments["a.txt"] = b"x"


def _portfolio(pdf: Pdf) -> None:
    pdf.Root["/Collection"] = Dictionary(View=Name.D)


def _layers(pdf: Pdf) -> None:
    pdf.Root["/OCProperties"] = Dictionary(OCGs=Array(), D=Dictionary())


CARRIED = {
    "javascript": _javascript,
    "launch_action": _launch,
    "xfa": _xfa,
    "form_fields": _fields,
    "annotations": _annotations,
    "embedded_files": _files,
    "portfolio": _portfolio,
    "optional_content": _layers,
}


@pytest.mark.parametrize("feature", CARRIED)
def test_what_a_document_carries(feature: str) -> None:
    assert inspect(with_root(CARRIED[feature])).features == (feature,)


def test_a_structure_that_only_repair_opens_is_told() -> None:
    """pdfium rebuilds a lost cross-reference table; the strict reader refuses."""
    broken = forging.true_print().pdf.replace(b"startxref", b"startxxxx")
    found = inspect(broken)
    assert found.features == ("repaired",)
    assert found.pages == 4


def test_every_feature_has_a_vector() -> None:
    assert {*CARRIED, "repaired"} == set(FEATURES)


def test_our_sealed_print_carries_its_proofs_only() -> None:
    assert inspect(vectors.sealed()).features == ("embedded_files",)


# --- what is refused -------------------------------------------------------------------------------------------


def locked(user: str) -> bytes:
    with pikepdf.open(io.BytesIO(blank())) as pdf:
        return saved(pdf, encryption=pikepdf.Encryption(owner="o", user=user, R=6))


REFUSED: dict[str, tuple[Callable[[], bytes], type[VerifyError], Refusal]] = {
    "nothing": (lambda: b"", UnreadableDocument, Refusal.NOT_PDF),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(2000), UnreadableDocument, Refusal.NOT_PDF),
    "header too late": (lambda: bytes(1024) + blank(), UnreadableDocument, Refusal.NOT_PDF),
    "only a header": (lambda: b"%PDF-1.7\n", UnreadableDocument, Refusal.DAMAGED_PDF),
    "no objects": (lambda: b"%PDF-1.7\n" + b"x" * 5000, UnreadableDocument, Refusal.DAMAGED_PDF),
    "locked with a password": (lambda: locked("secret"), UnreadableDocument, Refusal.ENCRYPTED),
    "too many pages": (lambda: blank(limits.DOCUMENT_PAGES + 1), LimitExceeded, Refusal.TOO_MANY_PAGES),
    "too many bytes": (
        lambda: b"%PDF-1.7\n" + bytes(limits.DOCUMENT_BYTES),
        LimitExceeded,
        Refusal.TOO_LARGE,
    ),
    "a sheet no printer takes": (
        lambda: with_root(lambda pdf: pdf.pages[0].obj.__setitem__("/MediaBox", Array([0, 0, 14000, 14000]))),
        LimitExceeded,
        Refusal.TOO_LARGE,
    ),
    "text without end": (
        lambda: forging.drawn(1, "".join(f"BT /Hv 1 Tf 9 {y} Td ({'abcd ' * 200}) Tj ET " for y in range(100, 200))),
        LimitExceeded,
        Refusal.TOO_MUCH_WORK,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    make, kind, refusal = REFUSED[name]
    with pytest.raises(kind) as caught:
        inspect(make())
    assert caught.value.refusal is refusal


def test_a_document_that_opens_without_a_password_is_read() -> None:
    assert inspect(locked("")).pages == 1


def test_bytes_before_the_header_are_as_in_other_readers() -> None:
    assert inspect(b"\r\n" + blank()).pages == 1


def test_foreign_errors_do_not_leave_the_border() -> None:
    for error, refusal in ((KeyError("x"), Refusal.DAMAGED_PDF), (MemoryError(), Refusal.TOO_MUCH_WORK)):
        with pytest.raises(VerifyError) as caught, opening.translated():
            raise error
        assert caught.value.refusal is refusal


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damaged_bytes_raise_only_refusals(data: st.DataObject) -> None:
    pdf = bytearray(forging.true_print().pdf)
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(pdf) - 1))
        pdf[start : start + data.draw(st.integers(0, 200))] = data.draw(st.binary(max_size=40))
    try:
        inspect(bytes(pdf))
    except VerifyError:
        pass


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_raise_only_refusals(noise: bytes) -> None:
    for data in (noise, b"%PDF-1.7\n" + noise):
        with pytest.raises(VerifyError):
            inspect(data)


def test_a_small_child_process_is_enough(tmp_path: Path) -> None:
    """Everything runs within the address space that the sandbox gives."""
    (tmp_path / "booklet.pdf").write_bytes(render(booklet(), forging.CONTEXT).pdf)
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from verify import limits\n"
        "resource.setrlimit(resource.RLIMIT_AS, (limits.CHILD_ADDRESS_SPACE_BYTES,) * 2)\n"
        "from tests.factories import booklet\n"
        "from tests.verify.pdf.content.forging import CONTEXT\n"
        "from verify.form.render import render\n"
        "from verify.pdf.content import compare\n"
        "from verify.pdf.inspection import inspect\n"
        "data = Path(sys.argv[1]).read_bytes()\n"
        "assert inspect(data).pages == 12\n"
        "print([check.status.value for check in compare(data, render(booklet(), CONTEXT)).checks])\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "booklet.pdf")]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert answer.stdout.strip() == "['passed', 'passed']", answer.stderr
