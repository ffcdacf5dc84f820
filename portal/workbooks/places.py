"""Where in a workbook each field of each pupil stands, so that a fault can be shown at its cell.

Read beside `read_class` from the same bytes: the list of the class first, then the sheets that add to it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from portal.workbooks.container import software_of
from portal.workbooks.headings import item_named
from portal.workbooks.joining import join, list_of_class
from portal.workbooks.lessons import NO_LESSONS, Lessons
from portal.workbooks.parts import column_letters
from portal.workbooks.reading import ReadClass, class_of, table_in
from portal.workbooks.rows import Entries, Entry, read_entries
from portal.workbooks.sheets import Sheet, read_sheets
from portal.workbooks.tables import Column, Table
from verify.record.values import Cell, tidy

_ROW: Final = "row of the sheet"
# Where a field has no column of its own: what it was made from, or what it was written into.
_INSTEAD: Final[Mapping[str, tuple[str, ...]]] = {
    "full_name": ("family_name", "given_name"),
    "gender": ("female_mark",),
    "moet_student_code": ("identifier", "personal_id"),
    "promoted": ("promoted_text", "programme_completed"),
    "personal_id": ("identifier",),
}
_PARTS: Final = ("level", "score", "comment", "label")


@dataclass(frozen=True, slots=True)
class Place:
    """A cell. row, column: from 1. exact: False for the beginning of the row, where the field has no column."""

    sheet: str
    row: int
    column: int
    exact: bool

    @property
    def reference(self) -> str:
        """As spreadsheets call it: `K10`."""
        return f"{column_letters(self.column)}{self.row}"


@dataclass(frozen=True, slots=True)
class SheetPlaces:
    """One sheet. columns: by field path, from 1. rows: by row of the list. items: rows of a list by subject."""

    sheet: str
    columns: Mapping[str, int]
    rows: Mapping[int, int]
    items: Mapping[tuple[int, str], int]


Places = tuple[SheetPlaces, ...]


def read_with_places(data: bytes, lessons: Lessons = NO_LESSONS) -> tuple[ReadClass, Places]:
    """The class, and where its cells are; raises WorkbookRefused and nothing else. Runs in a bounded child."""
    read, places = class_with_places(read_sheets(data), lessons)
    return replace(read, software=software_of(data)), places


def class_with_places(sheets: Sequence[Sheet], lessons: Lessons) -> tuple[ReadClass, Places]:
    """The same for sheets; raises WorkbookRefused."""
    return class_of(sheets, lessons), _places(sheets, lessons)


def place_of(places: Places, row: int, path: str) -> Place | None:
    """The cell of a field of the pupil in that row of the list; None for a file without a list."""
    for spelling in _spellings(path):
        for sheet in places:
            found = _in_sheet(sheet, row, spelling)
            if found is not None:
                return found
    if not places:
        return None
    listed = places[0]
    beginning = listed.columns.get("full_name") or listed.columns.get("number") or 1
    return Place(listed.sheet, row, beginning, exact=False)


def _spellings(path: str) -> Iterator[str]:
    yield path
    head, _, part = path.rpartition(".")
    if part in _PARTS:
        yield from (f"{head}.{other}" for other in _PARTS if other != part)
    yield from _INSTEAD.get(path, ())


def _in_sheet(sheet: SheetPlaces, row: int, path: str) -> Place | None:
    own = sheet.rows.get(row)
    if own is None:
        return None
    if path in sheet.columns:
        return Place(sheet.sheet, own, sheet.columns[path], exact=True)
    item, _, part = path.rpartition(".")
    item_row = sheet.items.get((row, item))
    column = sheet.columns.get(f"part.{part}")
    if item_row is None or column is None:
        return None
    return Place(sheet.sheet, item_row, column, exact=True)


def _places(sheets: Sequence[Sheet], lessons: Lessons) -> Places:
    tables = []
    for sheet in sheets:
        table = None if sheet.hidden else table_in(sheet, lessons)
        if table is not None and not table.is_left_out:
            tables.append(read_entries(table))
    filled = [each for each in tables if each.entries]
    if not filled:
        return ()
    listed = list_of_class(filled)
    others = [each for each in filled if each is not listed]
    return (
        _sheet_places(listed, {entry.row: entry.row for entry in listed.entries}),
        *(_sheet_places(other, _rows_of(listed, other)) for other in others),
    )


def _rows_of(listed: Entries, other: Entries) -> dict[int, int]:
    """Row of the list -> row of the other sheet, by the same rules that join the sheets."""
    numbered = [
        Entry(entry.sheet, entry.row, entry.number, {**entry.cells, _ROW: entry.row}) for entry in other.entries
    ]
    pupils, _findings = join(listed, [replace(other, entries=tuple(numbered))])
    return {pupil.row: int(str(pupil.cells[_ROW])) for pupil in pupils if _ROW in pupil.cells}


def _sheet_places(entries: Entries, rows: Mapping[int, int]) -> SheetPlaces:
    table = entries.table
    columns: dict[str, int] = {}
    for column in table.columns:
        if column.path is not None:
            columns.setdefault(column.path, column.index + 1)
    items = _items(table, entries.entries, rows) if table.is_long else {}
    return SheetPlaces(table.sheet, columns, dict(rows), items)


def _items(table: Table, entries: Sequence[Entry], rows: Mapping[int, int]) -> dict[tuple[int, str], int]:
    """In a list with a row for each subject: the rows from a pupil's first one to the next pupil's."""
    subject = next(column for column in table.columns if column.path == "subject_name")
    starts = sorted(entry.row for entry in entries)
    ends = dict(zip(starts, [*starts[1:], len(table.rows) + 1], strict=True))
    found: dict[tuple[int, str], int] = {}
    for listed, start in rows.items():
        for row in range(start, ends.get(start, start + 1)):
            item = _item(table, table.rows[row - 1], subject)
            if item is not None:
                found.setdefault((listed, item), row)
    return found


def _item(table: Table, row: Sequence[Cell], subject: Column) -> str | None:
    named = item_named(str(tidy(row[subject.index]) or ""), table.words)
    return f"{named[0]}.{named[1]}" if named is not None else None
