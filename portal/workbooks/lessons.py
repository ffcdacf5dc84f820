"""What people taught the reader: headings that the department added, and shapes of tables that a school explained.

A shape is a digest over the header cells at their places, so a mapping serves only files that are laid out exactly so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from portal.workbooks.headings import HEADING_CHARACTERS, Headings, headings_with
from verify.canonical import Json, canonicalise, sha256
from verify.record.text import fold
from verify.record.values import Cell, shown, tidy

# Deeper headers are not known of any software.
HEADER_ROWS: Final = 5
_SEARCHED_ROWS: Final = 100


@dataclass(frozen=True, slots=True)
class TaughtColumn:
    """path: of a field, or `ignored`. label: the words of a quality or competence beyond the catalogue."""

    path: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class TaughtTable:
    """depth: rows of the header. columns: by index, from 0."""

    depth: int
    columns: Mapping[int, TaughtColumn]


@dataclass(frozen=True, slots=True)
class Lessons:
    """aliases: spelling and field. shapes: by digest. Small and picklable: goes into the child with the file."""

    aliases: tuple[tuple[str, str], ...] = ()
    shapes: Mapping[str, TaughtTable] = field(default_factory=dict)

    @property
    def headings(self) -> Headings:
        return headings_with(self.aliases)


NO_LESSONS: Final = Lessons()


def heading_of(cell: Cell) -> str:
    """A header cell as people see it, cut: whole sentences are notes."""
    value = tidy(cell)
    return "" if value is None else shown(value)[:HEADING_CHARACTERS]


def shape_of(header: Sequence[Sequence[Cell]]) -> str:
    """SHA-256, hex, of the rows of a header: folded words at their places, without what is blank on the right."""
    rows: list[Json] = [_words(row) for row in header]
    return sha256(canonicalise(rows))


def _words(row: Sequence[Cell]) -> list[Json]:
    words: list[Json] = [fold(heading_of(cell)) for cell in row]
    while words and not words[-1]:
        words.pop()
    return words


@dataclass(frozen=True, slots=True)
class Remembered:
    """Where a taught table begins in a sheet. top: index of the first row of its header."""

    shape: str
    top: int
    table: TaughtTable


def remembered(rows: Sequence[Sequence[Cell]], lessons: Lessons) -> Remembered | None:
    """The first place where a taught header stands, or None."""
    depths = sorted({table.depth for table in lessons.shapes.values()}, reverse=True)
    for top in range(min(len(rows), _SEARCHED_ROWS)) if depths else ():
        if sum(isinstance(cell, str) for cell in rows[top]) == 0:
            continue
        for depth in depths:
            shape = shape_of(rows[top : top + depth])
            table = lessons.shapes.get(shape)
            if table is not None and table.depth == depth:
                return Remembered(shape, top, table)
    return None
