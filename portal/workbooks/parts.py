"""What the XML of a workbook would unfold to, counted before calamine builds it.

calamine makes the whole rectangle up to the farthest cell and copies a shared text into every cell that names it; where
memory does not suffice the process ends. Only well-formed parts that calamine needs pass; a document type is refused.
Like calamine this reads UTF-8, whatever a part declares.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Protocol
from xml.parsers import expat

from portal.counting import EVERY, count
from portal.workbooks.refusals import WorkbookProblem, WorkbookRefused
from verify import limits

_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_ROW = re.compile(r"[1-9][0-9]{0,6}")
_NEEDED_ROOTS: Final = frozenset({"workbook", "worksheet", "sst", "styleSheet", "Relationships", "Types"})
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_STRINGS: Final = "sst"
_WORKSHEET: Final = "worksheet"
_TRUE: Final = ("1", "true")

UNCALCULATED: Final = "=?"


@dataclass(frozen=True, slots=True)
class FaultyCell:
    """row, column: from 0. shown: the error (`#REF!`), or UNCALCULATED."""

    row: int
    column: int
    shown: str


@dataclass(frozen=True, slots=True)
class Contents:
    """parts: what calamine may open.

    faulty: by worksheet part, cells that calamine gives as empty though they hold a formula's error, or a formula that
    was never computed. hidden: by worksheet part, rows from 1 that a spreadsheet does not show.
    """

    parts: dict[str, bytes]
    faulty: dict[str, tuple[FaultyCell, ...]]
    hidden: dict[str, tuple[int, ...]]


def examine(parts: Mapping[str, bytes]) -> Contents:
    """Keep what is needed and small enough; raises WorkbookRefused."""
    roots = {name: _root(content) for name, content in parts.items()}
    kept = {name: content for name, content in parts.items() if roots[name] in _NEEDED_ROOTS}
    strings = [name for name in kept if roots[name] == _STRINGS]
    if len(strings) > 1:
        raise WorkbookRefused(WorkbookProblem.DAMAGED, part=strings[1])
    lengths = _Strings()
    for name in strings:
        _walk(name, kept[name], lengths)
    total = _Total()
    faulty, hidden = {}, {}
    for name, content in kept.items():
        if roots[name] == _WORKSHEET:
            sheet = _Worksheet(name, lengths.lengths, total)
            _walk(name, content, sheet)
            faulty[name], hidden[name] = tuple(sheet.faulty), tuple(sheet.hidden)
        elif roots[name] != _STRINGS:
            _walk(name, content, _Plain())
    return Contents(kept, faulty, hidden)


class _Listener(Protocol):
    """Takes tags as they stand, with or without a prefix."""

    def start(self, tag: str, attributes: dict[str, str]) -> None: ...
    def text(self, text: str) -> None: ...
    def end(self, tag: str) -> None: ...


class _Plain:
    """Only asks that a part is well-formed."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        pass

    def text(self, text: str) -> None:
        pass

    def end(self, tag: str) -> None:
        pass


class _RootFound(Exception):
    """Ends the parser at the first element."""


def _root(content: bytes) -> str | None:
    """Local name of the root element; None for what is not XML, or is not UTF-8."""
    if content.startswith(_UTF_16):
        return None
    found: list[str] = []

    def start(tag: str, _attributes: dict[str, str]) -> None:
        found.append(_local(tag))
        raise _RootFound

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = start
    try:
        parser.Parse(content[:65536], False)
    except (_RootFound, expat.ExpatError, ValueError):
        pass
    return found[0] if found else None


def _walk(name: str, content: bytes, listener: _Listener) -> None:
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = listener.start
    parser.EndElementHandler = listener.end
    parser.CharacterDataHandler = listener.text
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError) as error:
        raise WorkbookRefused(WorkbookProblem.DAMAGED, part=name) from error


def _refuse_doctype(*_declared: object) -> None:
    raise WorkbookRefused(WorkbookProblem.DAMAGED, kind="doctype")


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


class _Strings:
    """Lengths of the shared texts, in their order."""

    def __init__(self) -> None:
        self.lengths: list[int] = []

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        if tag == "si" or tag.endswith(":si"):
            self.lengths.append(0)

    def text(self, text: str) -> None:
        if self.lengths:
            self.lengths[-1] += len(text)

    def end(self, tag: str) -> None:
        pass


@dataclass(slots=True)
class _Total:
    """Over all worksheets."""

    cells: int = 0
    characters: int = 0
    rows: int = 0


@dataclass(slots=True)
class _Worksheet:
    """Extent of one worksheet, its faulty cells and hidden rows."""

    name: str
    lengths: list[int]
    total: _Total
    faulty: list[FaultyCell] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)
    _row: int = 0
    _column: int = 0
    _last_row: int = 0
    _width: int = 0
    _type: str = ""
    _formula: bool = False
    _content: bool = False
    _in_value: bool = False
    _value: str = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "c":
            self._begin_cell(attributes)
        elif tag == "v":
            self._in_value = self._content = True
        elif tag == "row":
            self._begin_row(attributes.get("r"))
            if attributes.get("hidden") in _TRUE and self._row <= limits.WORKBOOK_ROWS:
                self.hidden.append(self._row)
        elif tag == "f":
            self._formula = self._content = True
        elif tag == "is":
            self._content = True
        elif tag == "mergeCell":
            self.total.cells += 1
        elif ":" in tag:
            self.start(_local(tag), attributes)

    def text(self, text: str) -> None:
        if self._in_value:
            self._value += text

    def end(self, tag: str) -> None:
        if tag == "v":
            self._in_value = False
        elif tag == "c":
            if self._content:
                self._end_cell()
        elif tag == "sheetData":
            self.total.cells += self._last_row * self._width
        elif ":" in tag:
            self.end(_local(tag))

    def _begin_row(self, number: str | None) -> None:
        if number is not None and not _ROW.fullmatch(number):
            raise self._refused(WorkbookProblem.DAMAGED)
        self._row = int(number) if number is not None else self._row + 1
        self._column = 0
        self.total.rows += 1
        if self.total.rows % EVERY == 0:
            count(self.total.rows)

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        self._type = attributes.get("t", "")
        self._formula = self._content = self._in_value = False
        self._value = ""
        reference = attributes.get("r")
        if reference is None:
            self._column += 1
            return
        match = _CELL.fullmatch(reference)
        if match is None:
            raise self._refused(WorkbookProblem.DAMAGED)
        self._column, self._row = column_number(match[1]), int(match[2])

    def _end_cell(self) -> None:
        if self._row < self._last_row:
            raise self._refused(WorkbookProblem.DAMAGED)
        self._last_row = max(self._row, 1)
        self._width = max(self._width, self._column)
        if self._last_row > limits.WORKBOOK_ROWS:
            raise self._refused(WorkbookProblem.TOO_MANY_ROWS, limit=str(limits.WORKBOOK_ROWS))
        if self._width > limits.WORKBOOK_COLUMNS:
            raise self._refused(WorkbookProblem.TOO_MANY_COLUMNS, limit=str(limits.WORKBOOK_COLUMNS))
        if self.total.cells + self._last_row * self._width > limits.WORKBOOK_CELLS:
            raise self._refused(WorkbookProblem.TOO_MANY_CELLS)
        if self._type == "e":
            self.faulty.append(FaultyCell(self._row - 1, self._column - 1, self._value))
        elif self._formula and not self._value and self._type != "str":
            self.faulty.append(FaultyCell(self._row - 1, self._column - 1, UNCALCULATED))
        if self._type == "s":
            self._count_shared()

    def _count_shared(self) -> None:
        index = int(self._value) if self._value.isascii() and self._value.isdigit() and len(self._value) < 10 else -1
        if not 0 <= index < len(self.lengths):
            raise self._refused(WorkbookProblem.DAMAGED)
        self.total.characters += self.lengths[index]
        if self.total.characters > limits.WORKBOOK_CHARACTERS:
            raise self._refused(WorkbookProblem.TOO_MANY_CELLS)

    def _refused(self, problem: WorkbookProblem, **detail: str) -> WorkbookRefused:
        return WorkbookRefused(problem, part=self.name, **detail)


@lru_cache(maxsize=limits.WORKBOOK_COLUMNS)
def column_number(letters: str) -> int:
    """`A` is 1, `AA` is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def column_letters(number: int) -> str:
    """1 is `A`, 27 is `AA`."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
