"""A document against the print of its record: faithful copies are equal, every forgery names its cell."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.verify.pdf.content import forging, vectors
from verify.errors import VerifyError
from verify.pdf.content import ContentReport, compare
from verify.pdf.pages import read
from verify.pdf.picture import residue
from verify.verdict import Check, Question, Reason, Status


def statuses(report: ContentReport) -> list[tuple[Status, Reason]]:
    assert [check.question for check in report.checks] == [Question.TEXT_EQUAL, Question.PICTURE_EQUAL]
    return [(check.status, check.reason) for check in report.checks]


_HOW = {
    "gs": ["-q", "-sDEVICE=pdfwrite", "-o", "{copy}", "{source}"],
    "pdftocairo": ["-pdf", "{source}", "{copy}"],
}
EQUAL = [(Status.PASSED, Reason.OK)] * 2


def equal(data: bytes) -> None:
    report = compare(data, forging.true_print())
    assert report.differences == ()
    assert report.marks == ()
    assert statuses(report) == EQUAL


@pytest.mark.parametrize("name", vectors.FAITHFUL)
def test_faithful_copies_are_equal(name: str) -> None:
    equal(vectors.FAITHFUL[name]())


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("qpdf", ["{source}", "{copy}"]),
        ("qpdf", ["--linearize", "--object-streams=generate", "{source}", "{copy}"]),
        ("gs", _HOW["gs"]),
        ("gs", ["-q", "-sDEVICE=pdfwrite", "-dPDFSETTINGS=/screen", "-o", "{copy}", "{source}"]),
        ("pdftocairo", _HOW["pdftocairo"]),
    ],
)
def test_other_writers_are_equal(
    tool: str, arguments: list[str], need_command: Callable[[str], str], tmp_path: Path
) -> None:
    source, copy = tmp_path / "source.pdf", tmp_path / "copy.pdf"
    source.write_bytes(forging.true_print().pdf)
    filled = [each.format(source=source, copy=copy) for each in arguments]
    subprocess.run([need_command(tool), *filled], check=True, capture_output=True, timeout=60)
    equal(copy.read_bytes())


def test_a_print_by_chromium_has_the_right_picture(need_command: Callable[[str], str], tmp_path: Path) -> None:
    """Headless Chromium shows no PDF; given its pages as shapes, it draws them anew, and no text is left to compare."""
    pages = range(1, forging.true_print().pages + 1)
    (tmp_path / "source.pdf").write_bytes(forging.true_print().pdf)
    for page in pages:
        numbers = ["-f", str(page), "-l", str(page)]
        command = [need_command("pdftocairo"), "-svg", *numbers, "source.pdf", f"{page}.svg"]
        subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    style = "@page{size:A4;margin:0}body{margin:0}img{display:block;width:210mm;height:297mm;break-after:page}"
    html = f"<style>{style}</style>" + "".join(f'<img src="{page}.svg">' for page in pages)
    (tmp_path / "pages.html").write_text(html, encoding="utf-8")
    switches = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={tmp_path}"]
    command = [
        need_command("chromium"),
        *switches,
        f"--print-to-pdf={tmp_path}/copy.pdf",
        f"file://{tmp_path}/pages.html",
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    text, picture = compare((tmp_path / "copy.pdf").read_bytes(), forging.true_print()).checks
    assert text == Check(Question.TEXT_EQUAL, Status.UNKNOWN, Reason.TEXT_MISSING)
    assert picture == Check(Question.PICTURE_EQUAL, Status.PASSED)


@pytest.mark.parametrize("name", vectors.FORGED)
def test_forgeries_name_their_cells(name: str) -> None:
    forgery = vectors.FORGED[name]
    report = compare(forgery.make(), forging.true_print())
    assert any(check.status is Status.FAILED for check in report.checks)
    assert set(forgery.fields) <= {difference.field for difference in report.differences}


@pytest.mark.parametrize(
    ("name", "only"),
    [
        ("mark raised and set again", {forging.SCORE_OF_SIX}),
        ("name with one accent changed", {"full_name"}),
        ("pen stroke from 6 to 8", {forging.SCORE_OF_SIX}),
        ("mark typed over", {"subjects.toan.score"}),
        ("mark covered in white", {"subjects.toan.score"}),
        ("note laid over a cell", {"subjects.toan.score"}),
        ("layer that only a printer shows", {"subjects.toan.score"}),
    ],
)
def test_only_the_forged_cell_is_named(name: str, only: set[str]) -> None:
    report = compare(vectors.FORGED[name].make(), forging.true_print())
    assert {difference.field for difference in report.differences} == only
    assert report.marks == ()


@pytest.mark.parametrize("name", [name for name in vectors.FORGED if "set again" in name or "accent" in name])
def test_the_picture_alone_shows_what_was_set_again(name: str) -> None:
    _text, picture = compare(vectors.FORGED[name].make(), forging.true_print()).checks
    assert picture == Check(Question.PICTURE_EQUAL, Status.FAILED, Reason.PICTURE_DIFFERS)


@pytest.mark.parametrize("name", ["mark raised and set again", "pen stroke from 6 to 8", "mark covered in white"])
@pytest.mark.parametrize("tool", ["gs", "pdftocairo"])
def test_a_forgery_does_not_hide_behind_another_writer(
    name: str, tool: str, need_command: Callable[[str], str], tmp_path: Path
) -> None:
    source, copy = tmp_path / "source.pdf", tmp_path / "copy.pdf"
    source.write_bytes(vectors.FORGED[name].make())
    paths = {"source": str(source), "copy": str(copy)}
    how = [each.format(**paths) for each in _HOW[tool]]
    subprocess.run([need_command(tool), *how], check=True, capture_output=True, timeout=60)
    report = compare(copy.read_bytes(), forging.true_print())
    assert {difference.field for difference in report.differences} == set(vectors.FORGED[name].fields)
    assert report.checks[1].status is Status.FAILED


def test_the_picture_alone_tells_all_digits_apart_after_a_loose_writer(
    need_command: Callable[[str], str], tmp_path: Path
) -> None:
    """Every mark against every other in seven cells, re-saved by cairo; what the text layer says is left out."""
    source, copy = tmp_path / "source.pdf", tmp_path / "copy.pdf"
    prints, copies = {}, {}
    for score in range(1, 11):
        prints[score] = forging.print_of_scores(score)
        source.write_bytes(prints[score].pdf)
        subprocess.run([need_command("pdftocairo"), "-pdf", source, copy], check=True, timeout=60)
        copies[score] = read(copy.read_bytes())[2].inks[0]
    for score, model in prints.items():
        expected = read(model.pdf)[2].inks[0]
        cells = [cell for cell in model.boxes if cell.field.endswith(".score") and cell.text]
        assert len(cells) == 7
        for other, ink in copies.items():
            left = residue(expected, ink)
            found = [left is not None and left.differs_in(cell.box) for cell in cells]
            assert found == [score != other] * 7, (score, other)


def test_letters_without_meaning_are_no_text() -> None:
    """A printer driver kept the shapes and lost what they stand for."""
    text, picture = compare(vectors.without_meaning(), forging.true_print()).checks
    assert text == Check(Question.TEXT_EQUAL, Status.UNKNOWN, Reason.TEXT_MISSING)
    assert picture.status is Status.PASSED


def test_a_page_full_of_noise_is_refused_or_judged_in_time() -> None:
    noise = "".join(f"BT /Hv 3 Tf 20 {y} Td ({'x' * 250}) Tj ET " for y in range(20, 820, 13))
    dots = "0 g " + "".join(f"{x} {y} 1 1 re f " for x in range(5, 590, 9) for y in range(5, 840, 9))
    start = time.perf_counter()
    report = compare(forging.drawn(1, noise + dots), forging.true_print())
    assert {check.status for check in report.checks} == {Status.FAILED}
    assert time.perf_counter() - start < 15


def test_a_difference_says_where_and_what() -> None:
    report = compare(vectors.FORGED["mark raised and set again"].make(), forging.true_print())
    (difference,) = report.differences
    box = forging.cell(forging.SCORE_OF_SIX)
    assert (difference.page, difference.box) == (box.page, box.box)
    assert (difference.expected, difference.found) == ("6", "8")


def test_every_place_of_a_name_is_reported() -> None:
    report = compare(vectors.FORGED["name with one accent changed"].make(), forging.true_print())
    assert [difference.page for difference in report.differences] == [0, 1, 2, 3]


def test_text_right_and_picture_wrong() -> None:
    report = compare(vectors.FORGED["mark covered in white"].make(), forging.true_print())
    assert statuses(report) == [(Status.PASSED, Reason.OK), (Status.FAILED, Reason.PICTURE_DIFFERS)]


def test_picture_right_and_text_wrong() -> None:
    report = compare(vectors.FORGED["text layer says another digit"].make(), forging.true_print())
    assert statuses(report) == [(Status.FAILED, Reason.TEXT_DIFFERS), (Status.PASSED, Reason.OK)]


def test_a_replaced_qr_is_read() -> None:
    report = compare(vectors.FORGED["another code"].make(), forging.true_print())
    found = {difference.found for difference in report.differences if difference.field == "qr"}
    assert found == {"HTTPS://HOCBA.DONGTHAP.EDU.VN/T/9D8C7B6A5F4E4D3C9B2A1F0E9D8C7B6A/2024-2025.1"}


@pytest.mark.parametrize("name", vectors.OTHER_PAGES)
def test_other_pages_are_told_as_such(name: str) -> None:
    report = compare(vectors.OTHER_PAGES[name](), forging.true_print())
    assert statuses(report) == [(Status.UNKNOWN, Reason(name.split(maxsplit=1)[0]))] * 2
    assert report.differences == ()


@pytest.mark.parametrize("name", vectors.BESIDE)
def test_marks_on_blank_paper_are_listed_and_no_mismatch(name: str) -> None:
    report = compare(vectors.BESIDE[name](), forging.true_print())
    assert report.differences == ()
    assert report.marks
    assert all(mark.page == 1 for mark in report.marks)
    assert {check.status for check in report.checks} == {Status.PASSED}
    assert Reason.MARKS_OUTSIDE_CELLS in {check.reason for check in report.checks}


@pytest.mark.parametrize("name", vectors.WITHOUT_TEXT)
def test_pictures_of_pages_are_not_compared_as_text(name: str) -> None:
    text, picture = compare(vectors.WITHOUT_TEXT[name](), forging.true_print()).checks
    assert text == Check(Question.TEXT_EQUAL, Status.UNKNOWN, Reason.TEXT_MISSING)
    assert picture.status is not Status.FAILED


def test_a_copy_differs_from_another_pupils_print() -> None:
    report = compare(forging.reprinted(full_name="Lê Hoàng Minh"), forging.true_print())
    assert {difference.field for difference in report.differences} == {"full_name"}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damaged_bytes_raise_only_refusals(data: st.DataObject) -> None:
    pdf = bytearray(forging.true_print().pdf)
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(pdf) - 1))
        piece = data.draw(st.binary(max_size=40))
        pdf[start : start + data.draw(st.integers(0, 200))] = piece
    try:
        compare(bytes(pdf), forging.true_print())
    except VerifyError:
        pass


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_raise_only_refusals(noise: bytes) -> None:
    for data in (noise, b"%PDF-1.7\n" + noise):
        with pytest.raises(VerifyError):
            compare(data, forging.true_print())


def test_a_warm_comparison_is_quick() -> None:
    copy = vectors.FAITHFUL["resaved by pikepdf"]()
    compare(copy, forging.true_print())
    took = []
    for _ in range(5):
        start = time.perf_counter()
        compare(copy, forging.true_print())
        took.append(time.perf_counter() - start)
    assert min(took) < 0.25 * 3  # measured 0.08 s; three times the aim for a busy machine
