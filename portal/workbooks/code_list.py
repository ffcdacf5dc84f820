"""A list of lookup codes with birth dates, as a secondary school has it: XLSX, CSV, or lines typed, pasted or scanned.

Columns need no headings: in each row the cell that holds a code (or an address with one) is the code, and the first
cell that holds a day is the birth date.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from portal.workbooks.refusals import WorkbookProblem, WorkbookRefused
from portal.workbooks.sheets import read_sheets
from verify import limits
from verify.code import parse
from verify.errors import MalformedRecord
from verify.record.values import Cell, Fault, date_of, tidy

_ZIP: Final = b"PK"
_SEPARATORS: Final = re.compile(r"[\t;,|]")
# A spreadsheet on Windows writes "Unicode text" with a mark, or UTF-8; older ones CP-1258 for Vietnamese.
_ENCODINGS: Final = ("utf-8-sig", "cp1258", "latin-1")
_LABEL_CHARACTERS: Final = 60
# Below this a piece of text is no attempt at a code: a serial number, a name, a class.
_LOOKS_LIKE_CODE: Final = re.compile(r"[0-9a-fA-F][0-9a-fA-F\-\s]{15,}")


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A row of a list. number: from 1, as in the file. code: None where what stands there is no code."""

    number: int
    code: str | None
    birth_date: date | None
    shown: str


def read_code_list(data: bytes) -> tuple[CodeLine, ...]:
    """The lines of a list; raises WorkbookRefused. Rows without anything like a code (headings) are left out."""
    if data.startswith(_ZIP):
        rows = [
            (number, row)
            for sheet in read_sheets(data)
            if not sheet.hidden and not sheet.is_guide
            for number, row in enumerate(sheet.rows, start=1)
        ]
        return _lines(rows)
    if len(data) > limits.CODE_LIST_BYTES:
        raise WorkbookRefused(WorkbookProblem.TOO_LARGE, limit=str(limits.CODE_LIST_BYTES // 1024**2))
    return code_lines(_decoded(data))


def code_lines(text: str) -> tuple[CodeLine, ...]:
    """The lines of a text; raises WorkbookRefused when there are too many."""
    rows = [
        (number, [cell.strip(" \"'") for cell in _SEPARATORS.split(line)])
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip()
    ]
    return _lines(rows)


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise WorkbookRefused(WorkbookProblem.NOT_A_WORKBOOK)


def _lines(rows: Sequence[tuple[int, Sequence[Cell]]]) -> tuple[CodeLine, ...]:
    found = tuple(line for number, cells in rows for line in _line(number, cells))
    if not found:
        raise WorkbookRefused(WorkbookProblem.EMPTY)
    if len(found) > limits.BATCH_FILES:
        raise WorkbookRefused(WorkbookProblem.TOO_MANY_ROWS, limit=str(limits.BATCH_FILES))
    return found


def _line(number: int, cells: Sequence[Cell]) -> Iterator[CodeLine]:
    texts = [str(cell) for cell in cells if cell is not None and not isinstance(cell, bool | date | float)]
    codes = [code for text in texts if (code := _code(text)) is not None]
    day = next((found for cell in cells if (found := _day(cell)) is not None), None)
    if codes:
        yield CodeLine(number, codes[0], day, "")
        return
    tried = next((text for text in texts if _LOOKS_LIKE_CODE.search(text)), None)
    if tried is not None:
        yield CodeLine(number, None, day, tried[:_LABEL_CHARACTERS])


def _code(text: str) -> str | None:
    try:
        return parse(text)
    except MalformedRecord:
        return None


def _day(cell: Cell) -> date | None:
    """A number is no day here: it would as well be a serial number of the list."""
    value = tidy(cell)
    if isinstance(value, bool | int | float):
        return None
    found = date_of(value)
    if isinstance(found, Fault) or found is None:
        return None
    return found.date() if isinstance(found, datetime) else found
