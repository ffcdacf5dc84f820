"""Tables as XLSX: a sheet for each, a heading row that stays in view, filters, nothing that computes."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

_MOST_WIDE: Final = 60
_TEXT: Final = 49  # the built-in format "Text": what looks like a formula stays a text


@dataclass(frozen=True, slots=True)
class Sheet:
    """name: of the sheet. rows: texts, and numbers where they count. notes: lines below the table."""

    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str | int]]
    notes: Sequence[str] = ()


def table_file(sheet: str, headings: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str]) -> bytes:
    """A workbook of one table. notes: lines below it."""
    return tables_file([Sheet(sheet, headings, rows, notes)])


def tables_file(sheets: Sequence[Sheet]) -> bytes:
    """A workbook with each table on a sheet of its own."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        book.set_properties({"author": "Hocba", "created": datetime(2026, 1, 1)})  # noqa: DTZ001 - no clock here
        strong, text = book.add_format({"bold": True}), book.add_format({"num_format": _TEXT, "text_wrap": True})
        for sheet in sheets:
            _fill(book.add_worksheet(sheet.name), sheet, strong, text)
    return target.getvalue()


def _fill(page: Worksheet, sheet: Sheet, strong: Format, text: Format) -> None:
    for column, heading in enumerate(sheet.headings):
        page.write_string(0, column, heading, strong)
        longest = max((len(str(row[column])) for row in sheet.rows), default=0)
        page.set_column(column, column, min(_MOST_WIDE, max(len(heading), longest) + 2))
    for number, row in enumerate(sheet.rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, int):
                page.write_number(number, column, value)
            else:
                page.write_string(number, column, value, text)
    page.autofilter(0, 0, len(sheet.rows), len(sheet.headings) - 1)
    page.freeze_panes(1, 0)
    for number, note in enumerate(sheet.notes, start=len(sheet.rows) + 2):
        page.write_string(number, 0, note)
