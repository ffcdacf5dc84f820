"""The template: what intake recognises, with lists, text cells and rules; its examples read back without an error."""

import re
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Final
from xml.etree import ElementTree

import pytest
from python_calamine import CalamineWorkbook

from portal.workbooks.layouts import open_class
from portal.workbooks.lessons import NO_LESSONS
from portal.workbooks.refusals import WorkbookProblem, WorkbookRefused
from portal.workbooks.template import EXAMPLES, HEADER_ROW, RULES, TO_FILL, template
from tests.portal.workbooks.build import SheetPlan, codes, errors, judged_read, parts_of, workbook
from verify.record.vocabulary import GRADES, SUBJECTS, Marking, Presence

FIRST_YEAR: Final = 2025
NS: Final = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def sheets_of(data: bytes) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(BytesIO(data))
    return {
        name: [list(row) for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)]
        for name in book.sheet_names
    }


def filled(grade: int, changes: Mapping[str, object] | None = None) -> bytes:
    """The template with its own example rows pasted into the sheet to fill, and all its other sheets."""
    sheets = sheets_of(template(grade, FIRST_YEAR))
    list_, examples = sheets[TO_FILL], sheets[EXAMPLES]
    width = len(list_[HEADER_ROW])
    assert examples[HEADER_ROW][:width] == list_[HEADER_ROW]
    titles: list[list[object]] = [*list_[:3], ["Lớp:", "", f"{grade}A1"]]
    header = list_[HEADER_ROW]
    rows = [row[:width] for row in examples[HEADER_ROW + 1 :]]
    for heading, value in (changes or {}).items():
        rows[0][header.index(heading)] = value
    titles += [[]] * (HEADER_ROW - len(titles))
    plan = SheetPlan(TO_FILL, [*titles, header, *rows])
    return workbook(plan, *(SheetPlan(name, sheets[name]) for name in (RULES, EXAMPLES)))


@pytest.mark.parametrize("grade", GRADES)
def test_its_examples_read_back_without_an_error_or_a_question(grade: int) -> None:
    opened = open_class(filled(grade), NO_LESSONS, None)
    assert opened.layout is None
    assert opened.read is not None
    taken = judged_read(opened.read, school_year=f"{FIRST_YEAR}-{FIRST_YEAR + 1}")
    assert (taken.class_name, taken.grade, len(taken.rows)) == (f"{grade}A1", grade, 3)
    assert [errors(row) for row in taken.rows] == [[], [], []]
    assert None not in [row.content for row in taken.rows]
    assert codes(taken.rows[0].findings) == []
    assert codes(taken.findings) == []


@pytest.mark.parametrize("grade", GRADES)
def test_every_subject_of_the_grade_has_its_columns(grade: int) -> None:
    opened = open_class(filled(grade), NO_LESSONS, None)
    assert opened.read is not None
    given = set(opened.places[0].columns)
    for subject in SUBJECTS:
        taught = subject.presence_in(grade) is not Presence.NOT_TAUGHT
        marked = taught and subject.marking_in(grade) is not Marking.NONE
        assert (f"subjects.{subject.code}.level" in given) is taught
        assert (f"subjects.{subject.code}.score" in given) is marked


def test_a_fault_in_the_filled_template_stands_at_its_cell() -> None:
    opened = open_class(filled(4, {"Toán: điểm KTĐK": 11}), NO_LESSONS, None)
    assert opened.read is not None
    assert errors(judged_read(opened.read).rows[0]) == [("subjects.toan.score", "mark_out_of_range")]


def test_nothing_but_examples_is_an_empty_class() -> None:
    with pytest.raises(WorkbookRefused) as caught:
        open_class(template(4, FIRST_YEAR), NO_LESSONS, None)
    assert caught.value.problem is WorkbookProblem.NO_PUPILS


def sheet_xml(grade: int) -> ElementTree.Element:
    return ElementTree.fromstring(parts_of(template(grade, FIRST_YEAR))["xl/worksheets/sheet1.xml"])  # noqa: S314


def lists_of(xml: ElementTree.Element) -> dict[str, set[str]]:
    """What may be typed -> the columns for which it is said."""
    found: dict[str, set[str]] = {}
    for rule in xml.iterfind(".//m:dataValidation", NS):
        kind = rule.get("type", "")
        said = "–".join(part.text or "" for part in rule)
        ranges = re.findall(r"([A-Z]+)\d+:", rule.get("sqref", ""))
        found.setdefault(f"{kind} {said}", set()).update(ranges)
    return found


@pytest.mark.parametrize("grade", GRADES)
def test_lists_and_marks_are_validated_in_the_right_columns(grade: int) -> None:
    header = sheets_of(template(grade, FIRST_YEAR))[TO_FILL][HEADER_ROW]
    lists = lists_of(sheet_xml(grade))

    def under(kind: str) -> set[object]:
        return {header[_index(letters)] for letters in lists[kind]}

    levels = {f"{subject.label}: mức" for subject in SUBJECTS if subject.presence_in(grade) is not Presence.NOT_TAUGHT}
    assert under('list "T,H,C"') == levels
    assert all(str(each).startswith(("Phẩm chất ", "Năng lực ")) for each in under('list "T,Đ,C"'))
    assert all(str(each).endswith(": điểm KTĐK") for each in under("whole 1–10"))
    assert under('list "Nam,Nữ"') == {"Giới tính"}
    assert under('list "Hoàn thành xuất sắc,Hoàn thành tốt,Hoàn thành,Chưa hoàn thành"') == {
        "Đánh giá kết quả giáo dục"
    }


def _index(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def test_identifiers_and_dates_are_text_and_the_header_is_frozen() -> None:
    parts = parts_of(template(4, FIRST_YEAR))
    xml = sheet_xml(4)
    pane = xml.find(".//m:pane", NS)
    assert pane is not None
    assert (pane.get("state"), pane.get("ySplit")) == ("frozen", str(HEADER_ROW + 1))
    styles = ElementTree.fromstring(parts["xl/styles.xml"])  # noqa: S314
    formats = [each.get("numFmtId") for each in styles.findall("m:cellXfs/m:xf", NS)]
    header = sheets_of(template(4, FIRST_YEAR))[TO_FILL][HEADER_ROW]
    styled = {
        index: formats[int(column.get("style", "0"))]
        for column in xml.iterfind(".//m:col", NS)
        for index in range(int(column.get("min", "0")) - 1, int(column.get("max", "0")))
    }
    text = "49"  # the format "@"
    for heading in ("Số định danh cá nhân", "Mã định danh Bộ GD&ĐT", "Ngày sinh", "Họ và tên"):
        assert styled[header.index(heading)] == text, heading
    assert styled[header.index("Toán: điểm KTĐK")] != text


def test_rules_and_examples_say_what_they_are() -> None:
    data = template(5, FIRST_YEAR)
    sheets = sheets_of(data)
    assert list(sheets) == [TO_FILL, RULES, EXAMPLES]
    said = " ".join(str(cell) for row in sheets[RULES] for cell in row)
    assert "Thông tư 27/2020" in said
    assert all(str(heading) in said for heading in sheets[TO_FILL][HEADER_ROW])
    assert [row[-1] for row in sheets[EXAMPLES][HEADER_ROW + 1 :]] == ["dữ liệu mẫu"] * 3
    with zipfile.ZipFile(BytesIO(data)) as archive:
        comments = archive.read("xl/comments1.xml").decode()
    assert comments.count("<comment ") == len(sheets[TO_FILL][HEADER_ROW])
