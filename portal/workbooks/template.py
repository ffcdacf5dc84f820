"""The workbook that a school without an export fills in by hand: one for each grade, with rules, lists and examples.

Its headings are those that intake recognises; what is filled in reads back without a question.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from portal.workbooks.sheets import GUIDE
from portal.workbooks.template_columns import Column, Kind, columns_of
from portal.workbooks.template_examples import example_rows
from verify.record.spellings import SUBJECT_LEVEL_WORDS, TRAIT_LEVEL_WORDS

TO_FILL, RULES, EXAMPLES = "Danh sách lớp", "Hướng dẫn", "Ví dụ"
HEADER_ROW: Final = 5
# A crowded class has 60 pupils.
ROWS: Final = 70
_SAMPLE: Final = "dữ liệu mẫu"
# The built-in format "Text": what is typed stays as it is typed.
_TEXT_FORMAT: Final = 49
_LISTS: Final = {
    Kind.SUBJECT_LEVEL: ("T", "H", "C"),
    Kind.TRAIT_LEVEL: ("T", "Đ", "C"),
    Kind.GENDER: ("Nam", "Nữ"),
    Kind.RESULT: ("Hoàn thành xuất sắc", "Hoàn thành tốt", "Hoàn thành", "Chưa hoàn thành"),
    Kind.PROMOTION: ("Được lên lớp", "Ở lại lớp"),
}
_TEXTS: Final = frozenset({Kind.TEXT, Kind.ID, Kind.DATE})


@dataclass(frozen=True, slots=True)
class _Looks:
    title: Format
    needed: Format
    optional: Format
    text: Format
    plain: Format
    wrapped: Format
    strong: Format


def template(grade: int, first_year: int) -> bytes:
    """The workbook as XLSX. grade: 1-5. first_year: of the school year, which stands in the title."""
    target = io.BytesIO()
    year = f"{first_year}-{first_year + 1}"
    columns = columns_of(grade)
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        book.set_properties({"author": "Hocba", "created": datetime(2026, 1, 1)})  # noqa: DTZ001 - no clock here
        looks = _looks(book)
        _ToFill(book.add_worksheet(TO_FILL), columns, looks).write(grade, year)
        _rules(book.add_worksheet(RULES), columns, grade, looks)
        _examples(book.add_worksheet(EXAMPLES), columns, grade, first_year, looks)
    return target.getvalue()


def _looks(book: Workbook) -> _Looks:
    heading = {"bold": True, "text_wrap": True, "valign": "top", "border": 1}
    return _Looks(
        title=book.add_format({"bold": True, "font_size": 13}),
        needed=book.add_format({**heading, "bg_color": "#123F73", "font_color": "#FFFFFF"}),
        optional=book.add_format({**heading, "bg_color": "#EAF1F9"}),
        text=book.add_format({"num_format": _TEXT_FORMAT}),
        plain=book.add_format({}),
        wrapped=book.add_format({"text_wrap": True, "valign": "top"}),
        strong=book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
    )


class _ToFill:
    """The sheet to fill in."""

    def __init__(self, sheet: Worksheet, columns: Sequence[Column], looks: _Looks) -> None:
        self._sheet = sheet
        self._columns = columns
        self._looks = looks

    def write(self, grade: int, year: str) -> None:
        for row, (label, value) in enumerate(
            (("Tên trường:", ""), ("Năm học:", year), (f"Khối {grade}", ""), ("Lớp:", ""))
        ):
            self._sheet.write_string(row, 0, label, self._looks.title)
            self._sheet.write_string(row, 2, value, self._looks.text)
        hint = f"Nền xanh đậm: bắt buộc. Đọc tờ “{RULES}” trước khi ghi."
        self._sheet.write_string(HEADER_ROW - 1, 0, hint, self._looks.plain)
        write_header(self._sheet, self._columns, self._looks)
        for index, column in enumerate(self._columns):
            self._sheet.write_comment(HEADER_ROW, index, column.rule, {"author": "Hocba", "x_scale": 2})
            self._validate(index, column)
        self._sheet.freeze_panes(HEADER_ROW + 1, 2)

    def _validate(self, index: int, column: Column) -> None:
        rule = _validation(column)
        if rule is not None:
            self._sheet.data_validation(HEADER_ROW + 1, index, HEADER_ROW + ROWS, index, rule)


def write_header(sheet: Worksheet, columns: Sequence[Column], looks: _Looks) -> None:
    """The headings, and the format of the cells under them."""
    sheet.set_row(HEADER_ROW, 62)
    for index, column in enumerate(columns):
        cells = looks.text if column.kind in _TEXTS else looks.plain
        sheet.set_column(index, index, column.width, cells)
        sheet.write_string(HEADER_ROW, index, column.heading, looks.needed if column.needed else looks.optional)


def _validation(column: Column) -> dict[str, object] | None:
    """What a spreadsheet lets people type; blank cells are intake's to judge."""
    told = {"error_title": "Chưa đúng", "error_message": column.rule[:255], "ignore_blank": True}
    if column.kind is Kind.MARK:
        return {"validate": "integer", "criteria": "between", "minimum": 1, "maximum": 10, **told}
    choices = column.choices or _LISTS.get(column.kind)
    return {"validate": "list", "source": list(choices), **told} if choices else None


def _rules(sheet: Worksheet, columns: Sequence[Column], grade: int, looks: _Looks) -> None:
    sheet.set_column(0, 0, 46)
    sheet.set_column(1, 1, 16)
    sheet.set_column(2, 2, 90)
    sheet.write_string(0, 0, GUIDE, looks.title)
    for row, text in enumerate(_general(grade), 2):
        sheet.merge_range(row, 0, row, 2, text, looks.wrapped)
        sheet.set_row(row, 32)
    first = 3 + len(list(_general(grade)))
    for index, text in enumerate(("Cột", "Bắt buộc?", "Ghi thế nào")):
        sheet.write_string(first, index, text, looks.needed)
    for row, column in enumerate(columns, first + 1):
        sheet.write_string(row, 0, column.heading, looks.strong)
        sheet.write_string(row, 1, "Bắt buộc" if column.needed else "Không", looks.wrapped)
        sheet.write_string(row, 2, column.rule, looks.wrapped)
    sheet.freeze_panes(1, 0)


def _general(grade: int) -> Iterator[str]:
    yield f"Mẫu nhập học bạ khối {grade} theo Thông tư 27/2020/TT-BGDĐT. Mỗi lớp một tệp; ghi vào tờ “{TO_FILL}”."
    yield "Không sửa dòng tiêu đề; được đổi thứ tự cột, xóa cột không dùng. Không gộp ô, không dùng công thức."
    yield "Ghi tên trường, năm học và lớp (ví dụ 4A1) ở các dòng đầu. Mỗi học sinh một dòng."
    yield "Số định danh, mã học sinh và ngày sinh là ô kiểu văn bản (Text) để không mất số 0 ở đầu và không đổi ngày."
    yield f"Môn học: {SUBJECT_LEVEL_WORDS}. Phẩm chất, năng lực: {TRAIT_LEVEL_WORDS}."


def _examples(sheet: Worksheet, columns: Sequence[Column], grade: int, first_year: int, looks: _Looks) -> None:
    sheet.write_string(0, 0, GUIDE, looks.title)
    sheet.write_string(2, 0, "DỮ LIỆU MẪU: học sinh dưới đây do hệ thống đặt ra, không có thật.", looks.title)
    write_header(sheet, columns, looks)
    sheet.write_string(HEADER_ROW, len(columns), "Ghi chú", looks.optional)
    sheet.set_column(len(columns), len(columns), 16)
    for row, cells in enumerate(example_rows(grade, first_year), HEADER_ROW + 1):
        for index, column in enumerate(columns):
            _put(sheet, row, index, cells.get(column.heading), looks.text if column.kind in _TEXTS else looks.plain)
        sheet.write_string(row, len(columns), _SAMPLE, looks.plain)
    sheet.freeze_panes(HEADER_ROW + 1, 2)


def _put(sheet: Worksheet, row: int, column: int, value: str | int | None, look: Format) -> None:
    if isinstance(value, int):
        sheet.write_number(row, column, value, look)
    elif value:
        sheet.write_string(row, column, value, look)
