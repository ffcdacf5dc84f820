"""The official form: the same bytes again, every cell where its text stands, and a PDF that archives accept."""

import functools
import io
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import (
    OTHER_LOOKUP_CODE,
    booklet,
    issuing_school,
    study_history,
    subjects_of,
    year_record,
)
from verify import limits
from verify.errors import LimitExceeded, MalformedRecord, Refusal
from verify.form.letters import SUBSTITUTE, drawable, printable
from verify.form.qr import QUIET_MODULES, SMALLEST_MODULE_MM, symbol
from verify.form.render import Attachment, PrintContext, Rendered, render
from verify.paper.qr import read_codes
from verify.pdf.letters import Letter, squeezed, worded
from verify.pdf.pages import read
from verify.record.model import TraitResult, YearRecord
from verify.record.vocabulary import SUBJECTS, SubjectLevel, TraitLevel

CONTEXT = PrintContext(
    "https://hocba.dongthap.edu.vn", "Cổng học bạ số tỉnh Đồng Tháp", "Sở Giáo dục và Đào tạo Đồng Tháp", False, False
)
PREVIEW = replace(CONTEXT, preview=True)
A4 = (595.28, 841.89)
LONG_COMMENT = "Đọc trôi chảy, diễn cảm; viết đoạn văn giàu hình ảnh, biết dùng từ gợi tả và câu ghép. " * 7
STACKED = "Ế Ề Ể Ễ Ệ Ố Ồ Ổ Ỗ Ộ Ấ Ầ Ẩ Ẫ Ậ Ắ Ằ Ẳ Ẵ Ặ Ứ Ừ Ử Ữ Ự Ớ Ờ Ở Ỡ Ợ Đ đ ế ề ể ễ ệ ỵ"


def empty_record() -> YearRecord:
    """A record with nothing that may be missing."""
    nothing: dict[str, Any] = dict.fromkeys(
        (
            *("personal_id", "moet_student_code", "ethnicity", "nationality", "birth_place", "home_town", "address"),
            *("father", "mother", "guardian", "height_cm", "weight_kg", "days_absent_with_leave"),
            *("days_absent_without_leave", "homeroom_teacher", "issue_place", "issue_date", "programme_completed_text"),
            *("promoted", "promoted_text"),
        )
    )
    school = issuing_school(commune=None, province=None, head_name=None, head_title=None)
    return year_record(1, **nothing, awards=(), study_history=(), issuing_school=school)


def full_record() -> YearRecord:
    """A record with more of everything than the form has room for."""
    subjects = {code: replace(result, comment=LONG_COMMENT) for code, result in subjects_of(4).items()}
    subjects["tieng_dan_toc"] = replace(subjects["toan"], comment=STACKED)
    return year_record(
        4,
        subjects=subjects,
        full_name=f"Nguyễn Thị {STACKED}",
        study_history=(study_history(5) * 3)[:12],
        lifelong_record_code="HB-0001",
        awards=("Học sinh Xuất sắc", "Giải Nhất Hội khoẻ Phù Đổng cấp tỉnh", "Khen thưởng đột xuất"),
        issuing_school=issuing_school(
            name="Trường Phổ thông Dân tộc Bán trú Tiểu học và Trung học cơ sở Mẫu số 1",
            district="Huyện Mẫu",
            head_title="KT. HIỆU TRƯỞNG / PHÓ HIỆU TRƯỞNG",
        ),
        qualities=dict(year_record(4).qualities) | {"kỉ_luật": TraitResult(TraitLevel.GOOD, "Tốt", label="Kỉ luật")},
    )


RECORDS: dict[str, Callable[[], tuple[YearRecord, ...]]] = {
    **{f"grade {grade}": functools.partial(booklet, (grade,)) for grade in range(1, 6)},
    "booklet of five years": booklet,
    "nothing but the required": lambda: (empty_record(),),
    "more than there is room for": lambda: (full_record(),),
    "other school in each year": lambda: (
        year_record(3, issuing_school=issuing_school(name="Trường Tiểu học Mẫu số 2")),
        year_record(4),
    ),
}


@functools.cache
def printed(name: str) -> Rendered:
    return render(RECORDS[name](), CONTEXT)


@functools.cache
def letters(name: str) -> tuple[tuple[Letter, ...], ...]:
    return tuple(page.letters for page in read(printed(name).pdf))


def within(found: tuple[Letter, ...], box: tuple[float, float, float, float]) -> list[Letter]:
    return [each for each in found if box[0] <= each.middle <= box[2] and box[1] <= each.base <= box[3]]


# --- the same again --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECORDS)
def test_same_input_same_bytes(name: str) -> None:
    assert render(RECORDS[name](), CONTEXT) == printed(name)


def test_a_changed_value_changes_the_bytes() -> None:
    assert render([year_record(4, father="Nguyễn Hữu Nghĩ")], CONTEXT).pdf != printed("grade 4").pdf


def test_values_are_never_markup() -> None:
    """What Typst would run as code stands on the page as written."""
    nasty = '#panic("x") $1+1$ *b* _i_ `r` @a <b> // c \\u{41} ~ -- "q"'
    found = render([year_record(4, father=nasty)], CONTEXT)
    box = next(each for each in found.boxes if each.field == "father")
    assert box.text == nasty
    assert squeezed(worded(within(read(found.pdf)[box.page].letters, box.box))) == squeezed(nasty)


# --- every cell ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECORDS)
def test_every_cell_has_a_box_inside_its_page(name: str) -> None:
    for cell in printed(name).boxes:
        x0, y0, x1, y1 = cell.box
        assert 0 <= x0 < x1 <= A4[0], cell
        assert 0 <= y0 < y1 <= A4[1], cell
        assert x1 - x0 >= 5, cell
        assert y1 - y0 >= 6, cell


@pytest.mark.parametrize("name", RECORDS)
def test_every_box_holds_its_text(name: str) -> None:
    pages = letters(name)
    for cell in printed(name).boxes:
        if cell.field != "qr":
            assert squeezed(worded(within(pages[cell.page], cell.box))) == squeezed(cell.text), cell


@pytest.mark.parametrize("name", RECORDS)
def test_boxes_of_a_page_do_not_overlap(name: str) -> None:
    cells = printed(name).boxes
    for index, one in enumerate(cells):
        for other in cells[index + 1 :]:
            apart = (
                one.page != other.page
                or one.box[2] <= other.box[0] + 0.5
                or other.box[2] <= one.box[0] + 0.5
                or one.box[3] <= other.box[1] + 0.5
                or other.box[3] <= one.box[1] + 0.5
            )
            assert apart, (one, other)


def test_letters_stay_on_the_page() -> None:
    for name in RECORDS:
        for page in letters(name):
            assert all(each.x0 > 0 and each.x1 < A4[0] and each.y0 > 0 and each.y1 < A4[1] for each in page)


@pytest.mark.parametrize("grade", range(1, 6))
def test_every_field_of_a_grade_stands_on_the_form(grade: int) -> None:
    fields = {cell.field for cell in printed(f"grade {grade}").boxes}
    record = year_record(grade)
    for subject in SUBJECTS:
        assert {f"subjects.{subject.code}.{part}" for part in ("level", "score", "comment")} <= fields
    assert {f"qualities.{code}.level" for code in record.qualities} <= fields
    assert {f"competences.{code}.level" for code in record.competences} <= fields
    assert {"overall_result", "awards", "programme_completed", "homeroom_teacher", "lookup_code", "qr"} <= fields


def test_years_of_a_booklet_are_told_apart() -> None:
    fields = {cell.field for cell in printed("booklet of five years").boxes}
    assert {f"{year}-{year + 1}/subjects.toan.score" for year in range(2021, 2026)} <= fields
    assert "subjects.toan.score" not in fields
    assert {"full_name", "2025-2026/full_name"} <= fields


def test_twelve_rows_of_history_flow_on() -> None:
    years = [cell.text for cell in printed("more than there is room for").boxes if "history" in cell.field]
    assert len(years) == 12 * 5


def test_a_deputy_signs_on_two_lines() -> None:
    titles = [cell.text for cell in printed("more than there is room for").boxes if cell.field.endswith("head_title")]
    assert titles == ["KT. HIỆU TRƯỞNG", "PHÓ HIỆU TRƯỞNG"] * 2


def test_every_page_says_where_it_comes_from() -> None:
    found = printed("more than there is room for")
    for page in range(found.pages):
        fields = [cell.field for cell in found.boxes if cell.page == page]
        assert {"qr", "lookup_code", "version", "footer", "page_number"} <= set(fields)
    numbers = [cell.text for cell in found.boxes if cell.field == "page_number"]
    assert numbers == [f"Trang {page + 1}/{found.pages}" for page in range(found.pages)]


# --- letters ---------------------------------------------------------------------------------------------------


def test_the_font_draws_every_vietnamese_letter() -> None:
    assert set(map(ord, STACKED)) - {0x20} <= drawable()


@pytest.mark.parametrize("character", ["\u202e", "\u200d", "\u0007", "你", "😀", "\u0590", "א", "\ufeff"])
def test_what_cannot_be_drawn_is_shown_as_a_box(character: str) -> None:
    assert printable(f"A{character}B") == f"A{SUBSTITUTE}B"


def test_decomposed_text_prints_composed() -> None:
    assert printable("Nguye\u0302\u0303n") == "Nguyễn"
    assert printable("  a \n\t b ") == "a b"


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=120))
def test_any_text_prints_and_reads_back(text: str) -> None:
    found = render([year_record(1, father=text or None)], CONTEXT)
    box = next(cell for cell in found.boxes if cell.field == "father")
    assert box.text == printable(text)
    assert squeezed(worded(within(read(found.pdf)[box.page].letters, box.box))) == squeezed(box.text)


# --- QR --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["grade 4", "booklet of five years"])
def test_the_qr_of_each_page_decodes_at_150_dpi(name: str) -> None:
    wanted = {cell.page: cell.text for cell in printed(name).boxes if cell.field == "qr"}
    document = pypdfium2.PdfDocument(printed(name).pdf)
    for number in range(printed(name).pages):
        assert read_codes(document[number].render(scale=150 / 72).to_pil()) == (wanted[number],)
    document.close()


@pytest.mark.parametrize(
    "host", ["https://h.vn", "https://hocba.dongthap.edu.vn", f"https://{'hoc-ba.' * 8}dongthap.gov.vn"]
)
def test_modules_are_large_enough_and_the_quiet_zone_is_kept(host: str) -> None:
    text = f"{host}/T/{OTHER_LOOKUP_CODE}/2024-2025.1".upper()
    drawn = symbol(text)
    side = int(drawn.svg.split('width="')[1].split('"')[0])
    assert drawn.side_mm / side >= SMALLEST_MODULE_MM
    starts = [each.split("h")[0].split() for each in drawn.svg.split('d="')[1].split('"')[0].split("M")[1:]]
    columns, rows = [int(each[0]) for each in starts], [int(each[1]) for each in starts]
    assert min(columns) == min(rows) == QUIET_MODULES
    assert max(rows) == side - QUIET_MODULES - 1


def test_the_printed_symbol_is_as_large_as_its_box() -> None:
    cell = next(cell for cell in printed("grade 4").boxes if cell.field == "qr")
    assert cell.box[2] - cell.box[0] == pytest.approx(symbol(cell.text).side_mm * 72 / 25.4, abs=0.5)


def test_the_summary_stands_on_the_pages_of_the_year() -> None:
    """The usual symbols leave the form its four pages; under the largest the results may move to a fifth, whole."""
    for length, side_mm, pages in ((440, 34.5, 4), (500, 36.5, 4), (620, 38.5, 5)):
        digits = "7" * length
        found = render([year_record(4)], replace(CONTEXT, summary=digits))
        assert found.pages == pages
        assert len({cell.page for cell in found.boxes if cell.field in ("overall_result", "homeroom_teacher")}) == 1
        codes = {cell.page: cell for cell in found.boxes if cell.field == "qr"}
        assert ["#" in codes[page].text for page in range(pages)] == [False, False] + [True] * (pages - 2)
        assert (
            codes[2].text
            == f"HTTPS://HOCBA.DONGTHAP.EDU.VN/S/{year_record(4).lookup_code.upper()}/2024-2025.1#{digits}"
        )
        assert codes[2].box[2] - codes[2].box[0] == pytest.approx(side_mm * 72 / 25.4, abs=0.5)
        document = pypdfium2.PdfDocument(found.pdf)
        for number, cell in codes.items():
            assert read_codes(document[number].render(scale=150 / 72).to_pil()) == (cell.text,)
        document.close()


def test_a_summary_belongs_to_one_year_and_must_fit() -> None:
    with pytest.raises(MalformedRecord):
        render(booklet((3, 4)), replace(CONTEXT, summary="7" * 440))
    with pytest.raises(LimitExceeded):
        render([year_record(4)], replace(CONTEXT, summary="7" * 900))


def test_an_address_too_long_for_paper_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        render([year_record(4)], replace(CONTEXT, host_url="https://" + "a" * 3000))


# --- preview ---------------------------------------------------------------------------------------------------


def test_a_preview_has_a_watermark_and_no_qr() -> None:
    found = render([year_record(4)], PREVIEW)
    assert not [cell for cell in found.boxes if cell.field == "qr"]
    document = pypdfium2.PdfDocument(found.pdf)
    for number, page in enumerate(read(found.pdf)):
        assert read_codes(document[number].render(scale=150 / 72).to_pil()) == ()
        assert "BẢNXEMTRƯỚC–CHƯACHỐT" in "".join(each.character for each in page.letters)
    document.close()


def test_a_print_has_no_watermark() -> None:
    for page in letters("grade 4"):
        assert "XEMTRƯỚC" not in "".join(each.character for each in page)


def test_sample_data_says_so_on_each_page() -> None:
    for page in letters("grade 4"):
        assert "DỮLIỆUMẪU" in "".join(each.character for each in page)
    for other in read(render([year_record(4, sample=False)], CONTEXT).pdf):
        assert "DỮLIỆUMẪU" not in "".join(each.character for each in other.letters)


# --- the file --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["grade 4", "more than there is room for"])
def test_all_fonts_are_embedded(name: str, need_command: Callable[[str], str], tmp_path: Path) -> None:
    (tmp_path / "form.pdf").write_bytes(printed(name).pdf)
    command = [need_command("pdffonts"), str(tmp_path / "form.pdf")]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    fonts = [line.split() for line in answer.splitlines()[2:]]
    assert fonts
    assert all(font[-5:-2] == ["yes", "yes", "yes"] for font in fonts)  # embedded, subset, with a map to text


def test_it_is_tagged_and_says_pdf_a_3a(need_command: Callable[[str], str], tmp_path: Path) -> None:
    (tmp_path / "form.pdf").write_bytes(printed("grade 4").pdf)
    command = [need_command("pdfinfo"), str(tmp_path / "form.pdf")]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    facts = {line.split(":", 1)[0]: line.split(":", 1)[1].strip() for line in answer.splitlines() if ":" in line}
    assert facts["Tagged"] == "yes"
    assert facts["JavaScript"] == "no"
    assert facts["Encrypted"] == "no"
    assert facts["Page size"].endswith("(A4)")


def test_its_metadata_and_language() -> None:
    with pikepdf.open(io.BytesIO(printed("grade 4").pdf)) as pdf:
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
            assert metadata["dc:title"] == "Học bạ cấp tiểu học – Nguyễn Thị Ngọc Uyên – 2024-2025"
        assert str(pdf.Root.Lang).startswith("vi")
        assert bool(pdf.Root.MarkInfo.Marked)
        assert all(page.get("/Annots") is None for page in pdf.pages)


def test_attachments_keep_bytes_name_and_relationship() -> None:
    binary = bytes(range(256))
    given_files = [
        Attachment("record.json", "application/json", "source", "Dữ liệu đã ký", b'{"a":1}'),
        Attachment("head.p7s", "application/pkcs7-signature", "supplement", "Chữ ký", binary),
    ]
    found = render([year_record(4)], CONTEXT, given_files)
    with pikepdf.open(io.BytesIO(found.pdf)) as pdf:
        assert {name: pdf.attachments[name].get_file().read_bytes() for name in pdf.attachments} == {
            "record.json": b'{"a":1}',
            "head.p7s": binary,
        }
        kinds = {str(item.UF): str(item.AFRelationship) for item in pdf.Root.AF}
        assert kinds == {"record.json": "/Source", "head.p7s": "/Supplement"}
    assert found.boxes == printed("grade 4").boxes


# --- what is refused -------------------------------------------------------------------------------------------


def test_no_year_and_several_pupils_are_refused() -> None:
    for years in ([], [year_record(3), year_record(4, lookup_code=OTHER_LOOKUP_CODE)]):
        with pytest.raises(MalformedRecord) as caught:
            render(years, CONTEXT)
        assert caught.value.refusal is Refusal.BAD_SHAPE


def test_an_unknown_template_is_refused() -> None:
    with pytest.raises(MalformedRecord):
        render([year_record(4)], replace(CONTEXT, template=9))


def test_a_text_beyond_the_limit_is_refused() -> None:
    with pytest.raises(LimitExceeded) as caught:
        render([year_record(4, address="a" * (limits.TEXT_CHARACTERS + 1))], CONTEXT)
    assert caught.value.detail == "address"


def test_the_longest_texts_still_print() -> None:
    longest = "ư" * limits.TEXT_CHARACTERS
    subjects = {code: replace(result, comment=longest) for code, result in subjects_of(4).items()}
    subjects["toan"] = replace(subjects["toan"], level=SubjectLevel.NOT_COMPLETED)
    found = render([year_record(4, subjects=subjects, awards=(longest[:1500],))], CONTEXT)
    assert found.pages <= limits.DOCUMENT_PAGES
    box = next(cell for cell in found.boxes if cell.field == "awards")
    assert 0 <= box.box[1] < box.box[3] < A4[1]
