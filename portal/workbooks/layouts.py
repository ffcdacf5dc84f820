"""How a workbook is laid out, for a person to say what its columns mean: headings, real values, what was understood.

`open_class` reads a class when every column is understood, and otherwise says what has to be asked first.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from portal.workbooks.container import software_of
from portal.workbooks.fields import missing_fields
from portal.workbooks.guessing import Unknown, by_values, guesses
from portal.workbooks.lessons import HEADER_ROWS, Lessons
from portal.workbooks.places import Places, class_with_places
from portal.workbooks.reading import ReadClass, has_content, holds_comments, table_in
from portal.workbooks.sheets import Sheet, read_sheets
from portal.workbooks.tables import Column, Table, table_at
from portal.workbooks.titles import Title, joined, read_title
from verify.record.text import clean
from verify.record.values import Cell, Value, shown, tidy
from verify.record.vocabulary import GRADES

SAMPLES: Final = 4
SAMPLE_CHARACTERS: Final = 60
# A wide export has 90 columns; beyond this nobody answers on one page, and what is not asked is told as not read.
COLUMNS_ASKED: Final = 200
_SAMPLED_ROWS: Final = 300
_SEARCHED_ROWS: Final = 30
_MOSTLY: Final = 0.8
_LEAST_COLUMNS: Final = 3


class Source(StrEnum):
    """From where the meaning of a column comes."""

    KNOWN = "known"
    TAUGHT = "taught"
    GUESSED = "guessed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ColumnSketch:
    """index: from 0. samples: different values as written, cut. path: "" when nothing is even guessed.

    label: words of an item beyond the catalogue. odd: the heading has letters of another alphabet.
    """

    index: int
    heading: str
    samples: tuple[str, ...]
    path: str
    source: Source
    label: str = ""
    odd: bool = False


@dataclass(frozen=True, slots=True)
class TableSketch:
    """top: first row of the header, from 1; depth: its rows. found: whether the header was recognised as one."""

    sheet: str
    shape: str
    top: int
    depth: int
    taught: bool
    found: bool
    columns: tuple[ColumnSketch, ...]

    @property
    def is_clear(self) -> bool:
        return self.taught or (self.found and all(column.source is Source.KNOWN for column in self.columns))


@dataclass(frozen=True, slots=True)
class Layout:
    """missing: needed fields for which no sheet has a recognised column.

    grade: as the file or the person says. class_known: a title names the class. marks_beside: marks stand in the cells
    of the levels.
    """

    tables: tuple[TableSketch, ...]
    missing: tuple[str, ...]
    grade: int | None
    class_known: bool
    marks_beside: bool

    @property
    def is_clear(self) -> bool:
        """Whether the file can be read without asking anybody."""
        asked = [table for table in self.tables if not table.taught]
        found = [table for table in asked if table.found]
        if any(not table.is_clear for table in found) or (asked and not any(table.found for table in self.tables)):
            return False
        return not (asked and self.missing)


@dataclass(frozen=True, slots=True)
class Opened:
    """read: None when somebody must say first what the columns mean. layout: None when nobody had to."""

    read: ReadClass | None
    places: Places
    layout: Layout | None


Headers = Mapping[str, tuple[int, int]]


def open_class(data: bytes, lessons: Lessons, grade: int | None, headers: Headers | None = None) -> Opened:
    """Read a class, or sketch what has to be asked; raises WorkbookRefused. Runs in a bounded child.

    grade: as chosen by the person. headers: first and last row of a sheet's header, from 1, as a person said.
    """
    sheets = read_sheets(data)
    layout = sketch(sheets, lessons, grade, headers or {})
    if headers or not layout.is_clear:
        return Opened(None, (), layout)
    read, places = class_with_places(sheets, lessons)
    return Opened(replace(read, software=software_of(data)), places, layout if read.shapes else None)


def sketch(sheets: Sequence[Sheet], lessons: Lessons, grade: int | None, headers: Headers) -> Layout:
    """Every table of the visible sheets, and the needed fields without a column."""
    held: list[tuple[Table, bool]] = []
    for sheet in sheets:
        if not sheet.hidden and has_content(sheet):
            held += _table_of(sheet, lessons, headers)
    held = [(table, found) for table, found in held if any(_filled(table))]
    left, tables = COLUMNS_ASKED, []
    for table, found in _once(held):
        tables.append(_sketched(table, left, found=found))
        left -= len(tables[-1].columns)
    title = _title([table for table, _found in held])
    grade = title.grade or grade or _leading_digit(title.class_name)
    made = Layout(
        tuple(tables),
        missing=(),
        grade=grade if grade in GRADES else None,
        class_known=title.class_name is not None,
        marks_beside=any(_has_marks_beside(table) for table, _found in held),
    )
    paths = {path for table, found in held if found and not table.is_left_out for path in table.paths}
    return replace(made, missing=missing_in(made, paths))


def _once(held: Sequence[tuple[Table, bool]]) -> Iterable[tuple[Table, bool]]:
    """One table for each shape: what is said of it holds for every sheet with that header."""
    first = {each[0].shape: each for each in reversed(held)}
    return [each for each in held if first[each[0].shape] is each]


def missing_in(layout: Layout, paths: Iterable[str]) -> tuple[str, ...]:
    """Needed fields that these columns would not give."""
    return missing_fields(paths, layout.grade, class_known=layout.class_known, marks_beside=layout.marks_beside)


def _title(tables: Sequence[Table]) -> Title:
    title = Title()
    for table in tables:
        title = joined(title, read_title(table.rows[: table.top], table.sheet))
    return title


def _table_of(sheet: Sheet, lessons: Lessons, headers: Headers) -> Iterator[tuple[Table, bool]]:
    """The table, and whether its header was recognised or told."""
    comments, words = holds_comments(sheet), lessons.headings
    if sheet.name in headers:
        top, bottom = headers[sheet.name]
        if 1 <= top <= bottom < len(sheet.rows) and bottom - top < HEADER_ROWS:
            yield table_at(sheet, top - 1, bottom - 1, comments=comments, words=words), True
            return
    table = table_in(sheet, lessons)
    if table is not None:
        yield table, True
        return
    guessed = _likely_header(sheet)
    if guessed is not None:
        yield table_at(sheet, guessed, guessed, comments=comments, words=words), False


def _likely_header(sheet: Sheet) -> int | None:
    """The first row of different words that is about as wide as the sheet is filled, with rows under it."""
    widths = [sum(tidy(cell) is not None for cell in row) for row in sheet.rows[:_SAMPLED_ROWS]]
    widest = max(widths, default=0)
    for index, row in enumerate(sheet.rows[:_SEARCHED_ROWS]):
        texts = {clean(cell) for cell in row if isinstance(cell, str) and any(map(str.isalpha, cell))}
        wide = len(texts) >= max(_LEAST_COLUMNS, _MOSTLY * widest)
        if wide and any(width >= _LEAST_COLUMNS for width in widths[index + 1 :]):
            return index
    return None


def _filled(table: Table) -> Iterator[list[Cell]]:
    rows = table.rows[table.first : table.first + _SAMPLED_ROWS]
    return (row for row in rows if any(tidy(cell) is not None for cell in row))


def _leading_digit(class_name: str | None) -> int | None:
    return int(class_name[0]) if class_name and class_name[0] in "12345" else None


def _has_marks_beside(table: Table) -> bool:
    columns = [column.index for column in table.columns if (column.path or "").endswith(".level")]
    return any(any(map(str.isdigit, str(row[index] or ""))) for row in _filled(table) for index in columns)


def _sketched(table: Table, most: int, *, found: bool) -> TableSketch:
    columns = table.columns[: max(0, most)]
    body = list(_filled(table))
    values: dict[int, list[Value]] = {
        column.index: [value for value in (tidy(row[column.index]) for row in body) if value is not None]
        for column in columns
    }
    guessed = {} if table.taught else _guessed(table, columns, values)
    return TableSketch(
        table.sheet,
        table.shape,
        table.top + 1,
        table.first - table.top,
        table.taught,
        found,
        tuple(_column(column, values[column.index], guessed, taught=table.taught) for column in columns),
    )


def _guessed(table: Table, columns: Sequence[Column], values: Mapping[int, list[Value]]) -> dict[int, str]:
    unknown = [
        Unknown(column.index, table.headings[column.index], values[column.index])
        for column in columns
        if column.path is None
    ]
    found = guesses(unknown, table.paths, table.words)
    rest = [each for each in unknown if each.index not in found]
    return found | dict(by_values(rest, table.paths | frozenset(found.values())))


def _column(column: Column, values: Sequence[Value], guessed: Mapping[int, str], *, taught: bool) -> ColumnSketch:
    samples = tuple(_cut(text) for text in list(dict.fromkeys(map(shown, values)))[:SAMPLES])
    path, source = column.path or "", Source.TAUGHT if taught else Source.KNOWN
    if not path:
        path = guessed.get(column.index, "")
        source = Source.GUESSED if path else Source.UNKNOWN
    return ColumnSketch(column.index, column.heading, samples, path, source, column.label, _is_odd(column.heading))


def _cut(text: str) -> str:
    return text if len(text) <= SAMPLE_CHARACTERS else f"{text[: SAMPLE_CHARACTERS - 1]}…"


def _is_odd(heading: str) -> bool:
    """Letters of another alphabet look like ours and are not."""
    return any(letter.isalpha() and not unicodedata.name(letter, "").startswith("LATIN") for letter in heading)
