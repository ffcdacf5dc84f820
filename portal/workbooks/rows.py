"""The rows under a header: pupils, and what is none (blank lines, totals, signatures, a repeated header).

A list of one row per subject is gathered into one entry for each pupil.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from portal.workbooks.headings import Headings, is_closing_line, item_named
from portal.workbooks.tables import Column, Table, repeats_header
from verify.record.spellings import GENDERS, OVERALL_RESULTS, SUBJECT_LEVELS, TRAIT_LEVELS
from verify.record.text import clean, fold
from verify.record.values import Cell, Fault, Value, date_of, number_of, tidy

_NAMES: Final = frozenset({"full_name", "family_name", "given_name"})
_SURE: Final = frozenset({"moet_student_code", "personal_id", "birth_date"})
# Prepared lines carry these and no pupil.
_SAME_FOR_ALL: Final = frozenset(
    {"number", "class_name", "grade", "school_year", "school", "homeroom_teacher", "ethnicity"}
)
_MARKS_OF_GIRLS: Final = frozenset({"x", "nu", "v", "1", "co", "true"})


@dataclass(slots=True)
class Entry:
    """What one sheet says of one pupil. row: from 1. differing: paths that two rows fill differently, with that row."""

    sheet: str
    row: int
    number: int | None
    cells: dict[str, Cell]
    differing: list[tuple[str, int]] = field(default_factory=list)

    def add(self, path: str, cell: Cell, row: int) -> None:
        """Fill a path; a second, different value is noted and not taken."""
        if path not in self.cells:
            self.cells[path] = cell
        elif not same_value(path, self.cells[path], cell):
            self.differing.append((path, row))


@dataclass(frozen=True, slots=True)
class Entries:
    """of a table. unclear: rows, from 1, that look like neither a pupil nor a closing line."""

    table: Table
    entries: tuple[Entry, ...]
    unclear: tuple[int, ...]


def same_value(path: str, one: Cell, other: Cell) -> bool:
    """Whether two cells say the same: `8` and `"8,0"`, `T` and `Hoàn thành tốt`, a date and its text."""
    if type(one) is type(other) and one == other:
        return True
    first, second = tidy(one), tidy(other)
    words = _words_of(path)
    if words is not None and isinstance(first, str) and isinstance(second, str) and fold(first) in words:
        return words[fold(first)] == words.get(fold(second))
    if path == "birth_date":
        first, second = _day(first), _day(second)
    numbers = number_of(first), number_of(second)
    if None not in numbers:
        return numbers[0] == numbers[1]
    if isinstance(first, str) and isinstance(second, str):
        return first.casefold() == second.casefold()
    return first == second


def _words_of(path: str) -> Mapping[str, object] | None:
    if path.endswith(".level"):
        return SUBJECT_LEVELS if path.startswith("subjects.") else TRAIT_LEVELS
    if path == "gender":
        return GENDERS
    return OVERALL_RESULTS if path == "overall_result" else None


def _day(value: Value) -> Value:
    day = date_of(value)
    return value if isinstance(day, Fault) else day


def read_entries(table: Table) -> Entries:
    """Every pupil of a table, in the order of its rows."""
    entries: list[Entry] = []
    unclear: list[int] = []
    girls = _marks_girls(table)
    for row, cells in _pupil_rows(table, unclear):
        if girls:
            _note_gender(cells)
        entries.append(Entry(table.sheet, row, _number(cells.pop("number", None)), _with_name(cells)))
    if table.is_long:
        entries = _gathered(entries, unclear, table.words)
    return Entries(table, tuple(entries), tuple(unclear))


def _pupil_rows(table: Table, unclear: list[int]) -> Iterator[tuple[int, dict[str, Cell]]]:
    for index in range(table.first, len(table.rows)):
        row = table.rows[index]
        if all(cell is None for cell in row) or repeats_header(table, row):
            continue
        cells = _cells(table.columns, row)
        if _is_pupil(cells, long=table.is_long):
            yield index + 1, cells
        elif not _is_expected(row, cells):
            unclear.append(index + 1)


def _cells(columns: tuple[Column, ...], row: list[Cell]) -> dict[str, Cell]:
    cells: dict[str, Cell] = {}
    for column in columns:
        cell = row[column.index]
        if column.path is None or column.path == "ignored" or tidy(cell) is None:
            continue
        held = cells.get(column.path)
        cells[column.path] = cell if held is None else f"{held}; {cell}"
        if column.label:
            cells[f"{column.path.rpartition('.')[0]}.label"] = column.label
    return cells


def _is_pupil(cells: dict[str, Cell], *, long: bool) -> bool:
    paths = cells.keys()
    if len(paths) > 1 and any(_identifies(path, cells[path]) for path in paths & _SURE):
        return True
    number = _number(cells.get("number"))
    if paths & _NAMES:
        name = next(cells[path] for path in ("full_name", "family_name", "given_name") if path in cells)
        closing = isinstance(name, str) and is_closing_line(name)
        return number is not None or (not closing and len(paths) > 1)
    if long and "subject_name" in paths:
        return True
    return number is not None and len(paths - _SAME_FOR_ALL) > 1


def _identifies(path: str, cell: Cell) -> bool:
    """A code, an identifier or a date; `HIỆU TRƯỞNG` under the birth dates is none."""
    if not isinstance(cell, str):
        return True
    digits = sum(character.isdigit() for character in cell)
    return digits >= (4 if path == "birth_date" else 6) and not is_closing_line(cell)


def _is_expected(row: list[Cell], cells: dict[str, Cell]) -> bool:
    """A prepared line without a pupil, a total, a signature."""
    if cells and not cells.keys() - _SAME_FOR_ALL and _number(cells.get("number")) is not None:
        return True
    texts = [clean(cell) for cell in row if isinstance(cell, str) and clean(cell)]
    return not any(tidy(cell) is not None for cell in row) or any(is_closing_line(text) for text in texts[:2])


def _number(cell: Cell) -> int | None:
    number = number_of(tidy(cell))
    return int(number) if number is not None and number == int(number) and 0 < number < 100_000 else None


def _with_name(cells: dict[str, Cell]) -> dict[str, Cell]:
    """One name from two columns."""
    halves = [cells.pop(path) for path in ("family_name", "given_name") if path in cells]
    if halves and "full_name" not in cells:
        cells["full_name"] = " ".join(str(half) for half in halves)
    return cells


def _marks_girls(table: Table) -> bool:
    """A column “Nữ” that marks girls, in a list that has no column of its own for gender."""
    if "female_mark" not in table.paths or "gender" in table.paths:
        return False
    index = next(column.index for column in table.columns if column.path == "female_mark")
    return any(tidy(row[index]) is not None for row in table.rows[table.first :])


def _note_gender(cells: dict[str, Cell]) -> None:
    mark = tidy(cells.pop("female_mark", None))
    if mark is None:
        cells["gender"] = "Nam"
    else:
        cells["gender"] = "Nữ" if fold(str(mark)) in _MARKS_OF_GIRLS else str(mark)


def _gathered(entries: list[Entry], unclear: list[int], words: Headings) -> list[Entry]:
    """One entry per pupil of a list with a row for each subject; a row without a name continues the one above."""
    pupils: dict[object, Entry] = {}
    current: Entry | None = None
    for entry in entries:
        item = item_named(str(tidy(entry.cells.pop("subject_name", "")) or ""), words)
        who = {path: cell for path, cell in entry.cells.items() if not path.startswith("part.")}
        key = _key(entry, who)
        if key is not None:
            current = pupils.setdefault(key, Entry(entry.sheet, entry.row, entry.number, {}))
        if current is None or item is None:
            unclear.append(entry.row)
            continue
        for path, cell in who.items():
            current.add(path, cell, entry.row)
        for path, cell in entry.cells.items():
            if path.startswith("part."):
                current.add(f"{item[0]}.{item[1]}.{path.removeprefix('part.')}", cell, entry.row)
    return list(pupils.values())


def _key(entry: Entry, who: dict[str, Cell]) -> object:
    for path in ("moet_student_code", "personal_id"):
        if path in who:
            return path, str(tidy(who[path]))
    if "full_name" in who:
        return "name", fold(str(who["full_name"])), str(tidy(who.get("birth_date"))), entry.number
    return None


def row_spans(rows: Iterable[int]) -> str:
    """Rows as a person lists them: `2–17, 20, 21`; two neighbours stay apart."""
    spans: list[list[int]] = []
    for row in sorted(rows):
        if spans and row == spans[-1][-1] + 1:
            spans[-1].append(row)
        else:
            spans.append([row])
    return ", ".join(f"{each[0]}–{each[-1]}" if len(each) > 2 else ", ".join(map(str, each)) for each in spans)
