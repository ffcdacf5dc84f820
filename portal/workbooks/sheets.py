"""The border to calamine: a workbook's bytes -> its sheets as rows of cells, from cell A1 on."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Final
from xml.parsers import expat

from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from portal.workbooks.container import pack, unpack
from portal.workbooks.parts import Contents, examine
from portal.workbooks.refusals import WorkbookProblem, WorkbookRefused
from verify import limits
from verify.record.text import clean
from verify.record.values import Cell

# In the first cell of sheets of our template: rules and invented pupils are never read.
GUIDE: Final = "Tờ này chỉ để xem, hệ thống không đọc."
_ENDS_OF_PROCESS: Final = (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError)


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range, ends included, from 0."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """rows: from row 1 of the sheet, each of the same width; empty cells are None. A hidden sheet has no rows.

    hidden_rows: from 1, those that a spreadsheet does not show; they are read like the others.
    """

    name: str
    hidden: bool
    rows: tuple[tuple[Cell, ...], ...] = ()
    merges: tuple[Merge, ...] = ()
    hidden_rows: tuple[int, ...] = ()

    @property
    def is_guide(self) -> bool:
        """Whether the sheet says of itself that it is only to be looked at."""
        first = self.rows[0][0] if self.rows and self.rows[0] else None
        return isinstance(first, str) and clean(first) == GUIDE


def read_sheets(data: bytes) -> tuple[Sheet, ...]:
    """All sheets in their order; raises WorkbookRefused and nothing else."""
    parts = unpack(data)
    names = _parts_by_sheet(parts)
    try:
        contents = examine(parts)
    except WorkbookRefused as refused:
        raise _naming_sheet(refused, names) from refused
    with _translated():
        book = CalamineWorkbook.from_filelike(io.BytesIO(pack(contents.parts)))
        sheets = [held for held in book.sheets_metadata if held.typ == SheetTypeEnum.WorkSheet]
        if len(sheets) > limits.WORKBOOK_SHEETS:
            raise WorkbookRefused(
                WorkbookProblem.TOO_MANY_SHEETS, count=str(len(sheets)), limit=str(limits.WORKBOOK_SHEETS)
            )
        return tuple(
            _sheet(book.get_sheet_by_name(held.name), contents, names.get(held.name, ""))
            if held.visible == SheetVisibleEnum.Visible
            else Sheet(held.name, hidden=True)
            for held in sheets
        )


def _naming_sheet(refused: WorkbookRefused, names: Mapping[str, str]) -> WorkbookRefused:
    """People know sheets by name, not the parts of the archive."""
    sheets = [sheet for sheet, part in names.items() if part and part == refused.detail.get("part")]
    if not sheets:
        return refused
    rest = {key: value for key, value in refused.detail.items() if key != "part"}
    return WorkbookRefused(refused.problem, sheet=clean(sheets[0]), **rest)


@contextmanager
def _translated() -> Iterator[None]:
    """Every error of calamine becomes a refusal; a panic of its Rust code is a BaseException of its own kind."""
    try:
        yield
    except (*_ENDS_OF_PROCESS, WorkbookRefused):
        raise
    except PasswordError as error:
        raise WorkbookRefused(WorkbookProblem.ENCRYPTED) from error
    except BaseException as error:
        raise WorkbookRefused(WorkbookProblem.DAMAGED, kind=type(error).__name__) from error


def _sheet(held: CalamineSheet, contents: Contents, part: str) -> Sheet:
    rows = [[_cell(value) for value in row] for row in held.to_python(skip_empty_area=False)]
    for cell in contents.faulty.get(part, ()):
        if cell.row < len(rows) and cell.column < len(rows[cell.row]):
            rows[cell.row][cell.column] = cell.shown
    merges = (Merge(top, left, bottom, right) for (top, left), (bottom, right) in held.merged_cell_ranges or ())
    hidden = contents.hidden.get(part, ())
    return Sheet(held.name, hidden=False, rows=tuple(map(tuple, rows)), merges=tuple(merges), hidden_rows=hidden)


def _cell(value: object) -> Cell:
    if value == "":
        return None
    if isinstance(value, time | timedelta):
        return str(value)
    return value  # type: ignore[return-value]


def _parts_by_sheet(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Sheet name -> name of its part, through the workbook's relationships."""
    by_lower = {name.lower(): name for name in parts}
    sheets = _attributes(parts.get(by_lower.get("xl/workbook.xml", ""), b""), "sheet")
    relations = _attributes(parts.get(by_lower.get("xl/_rels/workbook.xml.rels", ""), b""), "Relationship")
    targets = {relation.get("Id", ""): relation.get("Target", "") for relation in relations}
    found = {}
    for sheet in sheets:
        target = targets.get(sheet.get("r:id", ""), "").lstrip("/").lower()
        target = target if target.startswith("xl/") else f"xl/{target}"
        found[sheet.get("name", "")] = by_lower.get(target, "")
    return found


def _attributes(content: bytes, wanted: str) -> list[dict[str, str]]:
    """Attributes of each element of that name; a part that cannot be parsed has none."""
    found: list[dict[str, str]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == wanted:
            found.append(attributes)

    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = _stop
    parser.StartElementHandler = start
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError):
        return []
    return found


def _stop(*_declared: object) -> None:
    raise ValueError("doctype")
