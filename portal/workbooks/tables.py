"""The table of a sheet: where its header stands, what each column means, which rows follow.

Columns are found by what their headings mean, never by position. A header has one to four rows; a heading over several
columns, merged or not, belongs to all of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from portal.workbooks.headings import (
    COMPETENCES,
    HEADING_CHARACTERS,
    QUALITIES,
    SUBJECTS,
    Headings,
    Meaning,
    is_heading,
    meaning_of,
)
from portal.workbooks.lessons import NO_LESSONS, Lessons, Remembered, TaughtTable, heading_of, remembered, shape_of
from portal.workbooks.sheets import Merge, Sheet
from verify.record.spellings import SUBJECT_LEVELS, TRAIT_LEVELS
from verify.record.text import clean, fold
from verify.record.values import Cell, Value, number_of, shown, tidy

# Title, school, decision, legend: real exports have at most 15 rows above the header.
_SEARCHED_ROWS: Final = 100
_ROWS_ABOVE: Final = 2
_ROWS_BELOW: Final = 2
_MOSTLY: Final = 0.6
# A level is a letter or a short word; a comment is a sentence.
_LEVEL_CHARACTERS: Final = 18
_SAMPLED_ROWS: Final = 300
_IDENTITY: Final = frozenset(
    {"full_name", "family_name", "given_name", "moet_student_code", "personal_id", "identifier", "number"}
)
_FILLED_BY_PUPILS: Final = _IDENTITY | {"birth_date", "gender", "subject_name"}
_MANY: Final = frozenset({"awards", "ignored"})
_MERGED_CELLS: Final = 200_000

Rows = list[list[Cell]]


@dataclass(frozen=True, slots=True)
class Column:
    """index: from 0. heading: as people see it. path: where its cells go, None when not known.

    label: the words of a quality or competence beyond the catalogue.
    """

    index: int
    heading: str
    path: str | None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """headings: of each column of the sheet, top first. rows: all of the sheet, merged cells filled.

    top, first: index of the first row of the header, and of the first row under it. shape: of the header. taught:
    whether a school said what the columns mean. words: the headings that were known when it was read.
    """

    sheet: str
    columns: tuple[Column, ...]
    headings: tuple[tuple[str, ...], ...]
    rows: Rows
    top: int
    first: int
    shape: str
    taught: bool
    words: Headings

    @property
    def paths(self) -> frozenset[str]:
        return frozenset(column.path for column in self.columns if column.path is not None)

    @property
    def is_left_out(self) -> bool:
        """Whether a school said that nothing of it is to be read."""
        return self.taught and self.paths == {"ignored"}

    @property
    def is_long(self) -> bool:
        """One row for each pupil and subject."""
        return "subject_name" in self.paths


def find_table(sheet: Sheet, *, comments: bool, lessons: Lessons = NO_LESSONS) -> Table | None:
    """The sheet's table, or None when no header row is found. comments: the sheet says that it holds comments."""
    words = lessons.headings
    known = remembered(sheet.rows, lessons)
    if known is not None:
        return _taught_table(sheet, known, words)
    found = _header_row(sheet, words)
    if found is None:
        return None
    top, bottom = _header_block(sheet, found, words)
    return table_at(sheet, top, bottom, comments=comments, words=words)


def table_at(sheet: Sheet, top: int, bottom: int, *, comments: bool, words: Headings) -> Table:
    """The table whose header stands in these rows, its columns read by their headings."""
    rows, stacked, body = _parts(sheet, top, bottom)
    columns = _columns(stacked, body, words, comments=comments)
    shape = shape_of(sheet.rows[top : bottom + 1])
    return Table(sheet.name, columns, tuple(stacked), rows, top, bottom + 1, shape, taught=False, words=words)


def _taught_table(sheet: Sheet, known: Remembered, words: Headings) -> Table:
    bottom = known.top + known.table.depth - 1
    rows, stacked, body = _parts(sheet, known.top, bottom)
    columns = tuple(_taught_columns(stacked, body, known.table))
    return Table(
        sheet.name, columns, tuple(stacked), rows, known.top, bottom + 1, known.shape, taught=True, words=words
    )


def _taught_columns(stacked: Sequence[tuple[str, ...]], body: Rows, table: TaughtTable) -> Iterator[Column]:
    """What the school said of each column; a column that it never saw filled is unknown."""
    for index, texts in enumerate(stacked):
        taught = table.columns.get(index)
        heading = " – ".join(texts)
        if taught is not None:
            yield Column(index, heading, taught.path, taught.label)
        elif any(tidy(row[index]) is not None for row in body):
            yield Column(index, heading, None)


def _parts(sheet: Sheet, top: int, bottom: int) -> tuple[Rows, list[tuple[str, ...]], Rows]:
    """All rows with merged cells filled, the headings of each column, and the first rows under them."""
    rows = _with_merges_filled(sheet, top, bottom)
    stacked = _stacked_headings(sheet, rows, top, bottom)
    body = [row for row in rows[bottom + 1 : bottom + 1 + _SAMPLED_ROWS] if any(cell is not None for cell in row)]
    return rows, stacked, body


def _header_row(sheet: Sheet, words: Headings) -> int | None:
    """The first row with three known headings, one of them of a pupil's identity; else the first with two."""
    second_best = None
    for index, row in enumerate(sheet.rows[:_SEARCHED_ROWS]):
        meanings = [_meaning(cell, words) for cell in row]
        names = {(meaning.section, meaning.name, meaning.part) for meaning in meanings if meaning is not None}
        identity = {name for section, name, _part in names if not section} & _IDENTITY
        if not identity or len(names) < 2 or identity == {"number"}:
            continue
        if len(names) > 2:
            return index
        second_best = index if second_best is None else second_best
    return second_best


def _meaning(cell: Cell, words: Headings) -> Meaning | None:
    if not isinstance(cell, str) or len(cell) > HEADING_CHARACTERS:
        return None
    return meaning_of((clean(cell),), words)


def _header_block(sheet: Sheet, found: int, words: Headings) -> tuple[int, int]:
    top = bottom = found
    while top > max(0, found - _ROWS_ABOVE) and _is_group_row(sheet.rows[top - 1], words):
        top -= 1
    last = min(len(sheet.rows) - 1, found + _ROWS_BELOW)
    while bottom < last and _continues_header(sheet, found, bottom + 1, words):
        bottom += 1
    return top, bottom


def _is_header_like(row: Sequence[Cell], words: Headings) -> bool:
    written = [cell for cell in row if tidy(cell) is not None]
    known = sum(isinstance(cell, str) and is_heading(clean(cell), words) for cell in written)
    return bool(written) and known >= _MOSTLY * len(written)


def _continues_header(sheet: Sheet, found: int, below: int, words: Headings) -> bool:
    """Whether a row is a lower row of the header: under a name or a code it has at most halves of a name."""
    for heading, cell in zip(sheet.rows[found], sheet.rows[below], strict=True):
        over = _meaning(heading, words)
        if over is None or over.section or over.name not in _FILLED_BY_PUPILS or tidy(cell) is None:
            continue
        under = _meaning(cell, words)
        if under is None or under.section or under.name not in _IDENTITY:
            return False
    return _is_header_like(sheet.rows[below], words)


def _is_group_row(row: Sequence[Cell], words: Headings) -> bool:
    """A row over the header that groups columns; `Lớp: 4A1` is none."""
    known = [_meaning(cell, words) for cell in row if isinstance(cell, str) and is_heading(clean(cell), words)]
    groups = any(meaning is None or meaning.section or meaning.part for meaning in known)
    return groups and _is_header_like(row, words)


def repeats_header(table: Table, row: Sequence[Cell]) -> bool:
    """Whether a row under the header is the header again, as printed pages have it, or numbers the columns."""
    written = [(index, value) for index, value in enumerate(map(tidy, row)) if value is not None]
    if len(written) < 3:
        return False
    numbers = []
    for _index, value in written:
        number = number_of(value.strip("()") if isinstance(value, str) else value)
        if number is None:
            break
        numbers.append(number)
    else:
        return all(later == earlier + 1 for earlier, later in pairwise(numbers))
    again = sum(shown(value) in table.headings[index] for index, value in written)
    return again >= _MOSTLY * len(written)


def _with_merges_filled(sheet: Sheet, top: int, bottom: int) -> Rows:
    """In the header every merged range, under it ranges of one column (a class name beside all pupils)."""
    rows = [list(row) for row in sheet.rows]
    left = _MERGED_CELLS
    for merge in sheet.merges:
        in_header = top <= merge.top <= bottom
        if not in_header and (merge.left != merge.right or merge.top <= bottom):
            continue
        places = list(_places(merge, rows, bottom if in_header else len(rows) - 1))
        left -= len(places)
        if left < 0:
            break
        for row, column in places:
            rows[row][column] = rows[merge.top][merge.left]
    return rows


def _places(merge: Merge, rows: Rows, last_row: int) -> Iterator[tuple[int, int]]:
    if merge.top >= len(rows) or merge.left >= len(rows[merge.top]):
        return
    for row in range(merge.top, min(merge.bottom, last_row) + 1):
        for column in range(merge.left, min(merge.right, len(rows[row]) - 1) + 1):
            yield row, column


def _stacked_headings(sheet: Sheet, rows: Rows, top: int, bottom: int) -> list[tuple[str, ...]]:
    """For each column its headings from top to bottom, each once."""
    levels = [[heading_of(cell) for cell in rows[index]] for index in range(top, bottom + 1)]
    for depth, level in enumerate(levels[:-1]):
        merged = any(merge.top == top + depth and merge.right > merge.left for merge in sheet.merges)
        if not merged:
            _spread(level, levels[depth + 1])
    return [tuple(dict.fromkeys(text for text in texts if text)) for texts in zip(*levels, strict=True)]


def _spread(upper: list[str], lower: list[str]) -> None:
    """A heading over several columns written only in the first of them: the others have their own words below."""
    for column in range(1, len(upper)):
        below_left = lower[column - 1] and lower[column - 1] != upper[column - 1]
        if not upper[column] and lower[column] and upper[column - 1] and below_left:
            upper[column] = upper[column - 1]


def _columns(stacked: Sequence[tuple[str, ...]], body: Rows, words: Headings, *, comments: bool) -> tuple[Column, ...]:
    meanings = _without_doubt([meaning_of(texts, words) if texts else None for texts in stacked])
    held = [
        [value for value in (tidy(row[index]) for row in body) if value is not None] for index in range(len(stacked))
    ]
    mostly_comments = _are_sentences(
        [value for m, values in zip(meanings, held, strict=True) if _is_bare(m) for value in values]
    )
    taken: set[str] = set()
    columns: list[Column] = []
    for index, (texts, meaning, values) in enumerate(zip(stacked, meanings, held, strict=True)):
        label = texts[-1] if meaning is not None and meaning.extra else ""
        alone = meanings.count(meaning) == 1
        sentences = comments or (mostly_comments if alone else _are_sentences(values))
        column = Column(index, " – ".join(texts), _path(meaning, values, sentences=sentences), label)
        if _is_second_half_of_name(columns, column, texts, values):
            columns[-1] = replace(columns[-1], path="family_name")
            column = replace(column, path="given_name")
        elif column.path in taken and column.path not in _MANY:
            column = replace(column, path=None)
        if column.path is not None:
            taken.add(column.path)
        if column.path is not None or values:
            columns.append(column)
    if "subject_name" in taken:
        return tuple(columns)
    return tuple(replace(each, path=None) if (each.path or "").startswith("part.") else each for each in columns)


def _without_doubt(meanings: Sequence[Meaning | None]) -> list[Meaning | None]:
    """ "Khoa học" alone is the subject where a mark or the competence of that name stands elsewhere, and the other way
    round; else the nearest sure column on the left says.
    """
    sure = [meaning for meaning in meanings if meaning and meaning.section and not _is_doubtful(meaning)]
    section = sure[0].section if sure else SUBJECTS
    settled: list[Meaning | None] = []
    for meaning in meanings:
        if meaning is None or not meaning.section:
            settled.append(meaning)
        elif _is_doubtful(meaning):
            settled.append(replace(meaning, section=_settled(meaning, meanings, sure) or _beside(section)))
        else:
            section = meaning.section
            settled.append(meaning)
    return settled


def _is_doubtful(meaning: Meaning) -> bool:
    return meaning.doubtful and meaning.part != "score"


def _settled(meaning: Meaning, meanings: Sequence[Meaning | None], sure: Sequence[Meaning]) -> str | None:
    """The section that the other columns of the same name leave."""
    if sum(1 for other in meanings if other == meaning) > 1:
        return None
    named = {(other.section, other.part) for other in sure if other.name == meaning.name}
    if any(section == COMPETENCES for section, _part in named):
        return SUBJECTS
    if {(SUBJECTS, ""), (SUBJECTS, "level")} & named:
        return COMPETENCES
    return SUBJECTS if (SUBJECTS, "score") in named else None


def _beside(section: str) -> str:
    return COMPETENCES if section in (QUALITIES, COMPETENCES) else SUBJECTS


def _path(meaning: Meaning | None, values: Sequence[Value], *, sentences: bool) -> str | None:
    if meaning is None:
        return None
    if not meaning.section:
        if not meaning.name:
            return f"part.{meaning.part}"
        return _identifier(values) if meaning.name == "identifier" else meaning.name
    if meaning.extra and not _are_levels(values):
        return None
    part = meaning.part or part_of(values, meaning.section, sentences=sentences)
    return f"{meaning.section}.{meaning.name}.{part}"


def _is_bare(meaning: Meaning | None) -> bool:
    """A subject, quality or competence of which the heading does not say what the column holds."""
    return meaning is not None and bool(meaning.section) and not meaning.part


def _are_sentences(values: Sequence[Value]) -> bool:
    return sum(len(str(value)) > _LEVEL_CHARACTERS for value in values) * 2 > len(values)


def part_of(values: Sequence[Value], section: str, *, sentences: bool) -> str:
    """What a column holds whose heading does not say: marks, sentences, or else levels.

    sentences: the other such columns of the sheet hold some.
    """
    if section == SUBJECTS and values and all(number_of(value) is not None for value in values):
        return "score"
    return "comment" if sentences and not _are_levels(values) else "level"


def _are_levels(values: Sequence[Value]) -> bool:
    return bool(values) and all(
        fold(str(value)) in TRAIT_LEVELS or fold(str(value)) in SUBJECT_LEVELS for value in values
    )


def _identifier(values: Sequence[Value]) -> str:
    """ "Mã định danh" is the ministry's number where the values have ten digits."""
    ten = sum(len(str(value)) == 10 for value in values)
    return "moet_student_code" if ten * 2 > len(values) else "personal_id"


def _is_second_half_of_name(
    columns: list[Column], column: Column, texts: tuple[str, ...], values: Sequence[Value]
) -> bool:
    """The given name in a column of its own, under one heading with the rest of the name or under none."""
    if not columns or columns[-1].path != "full_name" or columns[-1].index != column.index - 1:
        return False
    words = bool(values) and all(isinstance(value, str) and " " not in value for value in values)
    return words and (not texts or column.path == "full_name")
