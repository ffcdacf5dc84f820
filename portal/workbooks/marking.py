"""The workbook as it came, with every faulty cell coloured and a comment in it that says what to do.

A copy of the values, not of the file: nothing of a stranger's archive but text, numbers and dates is handed back, and
no text becomes a formula. The copy reads back as the same class, so it can be mended and sent again.
"""

import io
import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from portal.workbooks.sheets import Sheet, read_sheets
from portal.workbooks.tables import find_table
from verify.record.text import fold
from verify.record.values import Cell

_ERROR, _WARNING = "#F8C9C4", "#FFE9B0"
_WIDEST: Final = 42
_NARROWEST: Final = 6
# A spreadsheet cuts a comment beyond 32,767 characters; nobody reads that far.
_COMMENT_CHARACTERS: Final = 2_000
_EXCEL_EPOCH_YEAR: Final = 1900
_NO_NAME: Final = re.compile(r"[\[\]:*?/\\]|^'|'$")
_NAME_CHARACTERS: Final = 31


@dataclass(frozen=True, slots=True)
class Mark:
    """sheet, row, column: the cell, from 1. error: else a point to look at. text: one comment, already in words."""

    sheet: str
    row: int
    column: int
    error: bool
    text: str


def marked_workbook(data: bytes, marks: Sequence[Mark]) -> bytes:
    """The copy as XLSX; raises WorkbookRefused for what cannot be read. Runs in a bounded child that writes no file."""
    by_sheet: dict[str, dict[tuple[int, int], list[Mark]]] = defaultdict(lambda: defaultdict(list))
    for mark in marks:
        by_sheet[mark.sheet][mark.row - 1, mark.column - 1].append(mark)
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        book.set_properties({"author": "Hocba", "created": datetime(2026, 1, 1)})  # noqa: DTZ001 - no clock here
        formats = _Formats(book)
        for number, sheet in enumerate(read_sheets(data), 1):
            if not sheet.hidden:
                _Copy(_worksheet(book, sheet.name, number), sheet, formats).write(by_sheet[sheet.name])
    return target.getvalue()


def _worksheet(book: Workbook, name: str, number: int) -> Worksheet:
    """A sheet of that name, or as near to it as spreadsheets allow."""
    allowed = _NO_NAME.sub("_", name)[:_NAME_CHARACTERS]
    try:
        return book.add_worksheet(allowed)
    except XlsxWriterException:
        return book.add_worksheet(f"{allowed[: _NAME_CHARACTERS - 4]} {number}")


class _Formats:
    """Each look once: fill by severity, bold for the header, dates as dates."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[tuple[str, bool, bool], Format] = {}

    def get(self, fill: str, *, bold: bool, day: bool) -> Format:
        key = (fill, bold, day)
        if key not in self._made:
            look: dict[str, object] = {"valign": "top", "text_wrap": bold}
            look |= {"bg_color": fill, "border": 1} if fill else {}
            look |= {"bold": True} if bold else {}
            look |= {"num_format": "dd/mm/yyyy"} if day else {}
            self._made[key] = self._book.add_format(look)
        return self._made[key]


class _Copy:
    """One sheet of the copy."""

    def __init__(self, target: Worksheet, sheet: Sheet, formats: _Formats) -> None:
        self._target = target
        self._sheet = sheet
        self._formats = formats
        table = find_table(sheet, comments="nhan xet" in fold(sheet.name))
        self._header = range(table.top, table.first) if table is not None else range(0)
        self._first = table.first if table is not None else 0

    def write(self, marks: Mapping[tuple[int, int], list[Mark]]) -> None:
        for row, cells in enumerate(self._sheet.rows):
            for column, cell in enumerate(cells):
                if cell is not None or (row, column) in marks:
                    self._put(row, column, cell, self._format(row, cell, marks.get((row, column), ())))
        self._merge()
        for (row, column), found in marks.items():
            self._comment(row, column, found)
        self._arrange()

    def _format(self, row: int, cell: Cell, marks: Sequence[Mark]) -> Format:
        fill = "" if not marks else _ERROR if any(mark.error for mark in marks) else _WARNING
        return self._formats.get(fill, bold=row in self._header, day=isinstance(cell, date))

    def _put(self, row: int, column: int, cell: Cell, look: Format) -> None:
        if cell is None:
            self._target.write_blank(row, column, None, look)
        elif isinstance(cell, bool):
            self._target.write_boolean(row, column, cell, look)
        elif isinstance(cell, int | float) and math.isfinite(cell):
            self._target.write_number(row, column, cell, look)
        elif isinstance(cell, date) and cell.year >= _EXCEL_EPOCH_YEAR:
            self._target.write_datetime(row, column, cell, look)
        else:
            self._target.write_string(row, column, str(cell), look)

    def _merge(self) -> None:
        """Merged headings stay merged; merges of data, which hide cells, do not."""
        for merge in self._sheet.merges:
            single = (merge.top, merge.left) == (merge.bottom, merge.right)
            if single or merge.bottom >= self._first or merge.right >= len(self._sheet.rows[0]):
                continue
            cell = self._sheet.rows[merge.top][merge.left]
            look = self._format(merge.top, cell, ())
            try:
                self._target.merge_range(merge.top, merge.left, merge.bottom, merge.right, "", look)
            except XlsxWriterException:
                continue  # ranges that overlap: the values stand as they are
            self._put(merge.top, merge.left, cell, look)

    def _comment(self, row: int, column: int, marks: Sequence[Mark]) -> None:
        text = "\n".join(("LỖI: " if mark.error else "XEM LẠI: ") + mark.text for mark in marks)
        lines = sum(len(line) // 40 + 1 for line in text.splitlines())
        options = {"author": "Hocba", "x_scale": 2.2, "y_scale": max(0.6, lines / 4)}
        self._target.write_comment(row, column, text[:_COMMENT_CHARACTERS], options)

    def _arrange(self) -> None:
        body = self._sheet.rows[self._header.start if self._header else 0 :]
        for column in range(len(self._sheet.rows[0]) if self._sheet.rows else 0):
            longest = max((len(str(row[column])) for row in body if row[column] is not None), default=0)
            self._target.set_column(column, column, max(_NARROWEST, min(_WIDEST, longest + 2)))
        if self._header:
            self._target.freeze_panes(self._first, 0)
