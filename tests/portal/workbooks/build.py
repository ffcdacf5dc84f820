"""Workbooks made for tests, as school software might export them. Pupils are invented ("dữ liệu mẫu")."""

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import xlsxwriter

from portal.workbooks.judging import JudgedClass, JudgedPupil, judge
from portal.workbooks.reading import ReadClass, read_class
from tests.factories import issuing_school
from verify.record.vocabulary import COMPETENCES, QUALITIES, SUBJECTS, Marking, Presence

SCHOOL_YEAR: Final = "2025-2026"
GRADE: Final = 4
Row = Sequence[object]
TITLE: Final[tuple[Row, ...]] = (
    ["TRƯỜNG TIỂU HỌC MẪU SỐ 1"],
    ["BẢNG TỔNG HỢP KẾT QUẢ NĂM HỌC 2025 - 2026"],
    ["Khối 4 - Lớp 4A1"],
    [],
)
_NAMES: Final = ("Nguyễn Thị Ngọc Uyên", "Đỗ Minh Ánh", "Lê Thị Thuỳ Linh", "Phan Thị Bích Vẹn", "Trần Thị Kim Ngân")


@dataclass(frozen=True)
class SheetPlan:
    """rows: from row 1. merges: (top, left, bottom, right) from 0, their text is that of the top left cell.

    hidden_rows: from 0.
    """

    name: str
    rows: Sequence[Row]
    merges: Sequence[tuple[int, int, int, int]] = ()
    hidden: bool = False
    hidden_rows: Sequence[int] = ()


@dataclass(frozen=True)
class Formula:
    """A formula cell with the value that the spreadsheet last computed."""

    text: str
    value: object = 0


def workbook(*plans: SheetPlan, **options: object) -> bytes:
    """An XLSX file; dates become date cells, text is never turned into a formula or a link."""
    held = io.BytesIO()
    book = xlsxwriter.Workbook(held, {"in_memory": True, **options})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for plan in plans:
        sheet = book.add_worksheet(plan.name)
        for index, row in enumerate(plan.rows):
            for column, value in enumerate(row):
                _write(sheet, index, column, value, day)
        for top, left, bottom, right in plan.merges:
            text = plan.rows[top][left] if left < len(plan.rows[top]) else ""
            sheet.merge_range(top, left, bottom, right, text)
        for number in plan.hidden_rows:
            sheet.set_row(number, None, None, {"hidden": True})
        if plan.hidden:
            sheet.hide()
    book.close()
    return held.getvalue()


def _write(sheet: Any, row: int, column: int, value: object, day: object) -> None:
    if isinstance(value, Formula):
        sheet.write_formula(row, column, value.text, None, value.value)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, day)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    elif isinstance(value, str):
        sheet.write_string(row, column, value)


def pupil(number: int = 1, changes: Mapping[str, object] | None = None, **more: object) -> dict[str, object]:
    """A faultless pupil of grade 4 by heading, in the order of the columns; `changes` and `more` replace cells."""
    held: dict[str, object] = {
        "STT": number,
        "Mã HS": f"87123456{number:02d}",
        "Số ĐDCN": f"0873160012{number:02d}",
        "Họ và tên": f"{_NAMES[number % len(_NAMES)]} {chr(ord('A') + number % 26)}",
        "Ngày sinh": f"{number % 28 + 1:02d}/02/2016",
        "Giới tính": "Nữ",
    }
    for subject in SUBJECTS:
        if subject.presence_in(GRADE) is Presence.REQUIRED:
            held[subject.label] = "T"
        if subject.marking_in(GRADE) is Marking.REQUIRED:
            held[f"Điểm {subject.label}"] = 9
    held |= {trait.label: "T" for trait in QUALITIES}
    held |= {f"Năng lực: {trait.label}": "T" for trait in COMPETENCES if trait.first_grade <= GRADE}
    held |= {
        "Đánh giá KQGD": "Hoàn thành xuất sắc",
        "Hoàn thành chương trình": f"Hoàn thành chương trình lớp {GRADE}",
        "Lên lớp": "Được lên lớp",
    }
    return {**held, **(changes or {}), **more}


def grid(pupils: Sequence[Mapping[str, object]]) -> list[list[object]]:
    """A header row and one row for each pupil."""
    headings = list(dict.fromkeys(heading for each in pupils for heading in each))
    return [list(headings), *([each.get(heading) for heading in headings] for each in pupils)]


def class_file(*pupils: Mapping[str, object], title: Sequence[Row] = TITLE, after: Sequence[Row] = ()) -> bytes:
    """A workbook with one sheet: title, header, pupils, closing lines."""
    return workbook(SheetPlan("Tổng hợp", [*title, *grid(pupils or [pupil(1), pupil(2)]), *after]))


def judged(data: bytes, **changes: Any) -> JudgedClass:
    return judged_read(read_class(data), **changes)


def judged_read(read: ReadClass, **changes: Any) -> JudgedClass:
    values: dict[str, Any] = {
        "school": issuing_school(),
        "school_year": SCHOOL_YEAR,
        "grade": None,
        "homeroom_teacher": None,
        "issue_place": None,
        "issue_date": None,
        "sample": True,
        **changes,
    }
    return judge(read, **values)


def first(data: bytes, **changes: Any) -> JudgedPupil:
    return judged(data, **changes).rows[0]


def errors(row: JudgedPupil) -> list[tuple[str, str]]:
    return [(found.field, found.code.value) for found in row.findings if found.severity.value == "error"]


def codes(findings: Sequence[Any]) -> list[str]:
    return [found.code.value for found in findings]


def with_part(
    data: bytes, name: str, change: Callable[[bytes], bytes], *, packing: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """The workbook with one part changed, or added when it has none of that name."""
    parts = parts_of(data)
    parts[name] = change(parts.get(name, b""))
    return zipped(parts, packing=packing)


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: Mapping[str, bytes], *, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", packing) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return held.getvalue()
