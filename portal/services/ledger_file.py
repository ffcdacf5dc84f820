"""Rows of the ledger as a file for a spreadsheet, in which nothing computes whatever somebody wrote as a reason."""

import csv
import io
from collections.abc import Sequence
from typing import Final

from portal.workbooks.table_file import table_file

_COMPUTES: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_INVISIBLE: Final = " \u00a0\u200b\ufeff"


def csv_file(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """CSV as RFC 4180 has it, UTF-8 with the mark by which spreadsheets know it."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, quoting=csv.QUOTE_ALL)
    writer.writerow(headings)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return target.getvalue().encode("utf-8-sig")


def xlsx_file(sheet: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """A workbook; every cell is of the kind text, which needs no quoting."""
    return table_file(sheet, headings, rows, ())


def harmless(cell: str) -> str:
    """A text that no spreadsheet takes for a formula (OWASP, "CSV Injection")."""
    return f"'{cell}" if cell.startswith(_COMPUTES) or cell.lstrip(_INVISIBLE).startswith(_COMPUTES) else cell
