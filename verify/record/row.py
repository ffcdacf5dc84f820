"""The raw cells of one pupil by field path, and the findings made while they are read. Lives only inside `read_row`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from verify import limits
from verify.record.findings import Finding, FindingCode, Severity, finding
from verify.record.model import IssuingSchool
from verify.record.values import Cell, Fault, Value, is_cell_error, text_of, tidy

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class RowContext:
    """What the file, the command and the school's settings say of every row.

    class_name: of the file's title, None when it names none. homeroom_teacher, issue_place, issue_date: used where
    the row is silent. sample: the people are invented ("dữ liệu mẫu").
    """

    school_year: str
    grade: int
    class_name: str | None
    school: IssuingSchool
    homeroom_teacher: str | None = None
    issue_place: str | None = None
    issue_date: date | None = None
    sample: bool = False


class Row:
    """Typed reading of cells; each fault becomes a finding at its path."""

    __slots__ = ("_taken", "cells", "context", "faulted", "findings")

    def __init__(self, cells: Mapping[str, Cell], context: RowContext) -> None:
        self.cells = cells
        self.context = context
        self.findings: list[Finding] = []
        self.faulted: set[str] = set()
        self._taken: set[str] = set()

    def value(self, path: str) -> Value:
        """The tidied cell; a cell with a formula's error is a finding and counts as empty."""
        self._taken.add(path)
        cell = self.cells.get(path)
        if cell is None:
            return None
        value = tidy(cell)
        if is_cell_error(value):
            self.fault(path, FindingCode.CELL_IS_ERROR, value=value)
            return None
        return value

    def raw(self, path: str) -> Cell:
        """The cell as it came, for what its line breaks say."""
        self._taken.add(path)
        return self.cells.get(path)

    def fault(self, path: str, code: FindingCode, /, **values: object) -> None:
        """Note a finding; an error keeps the rules from finding more at the same path."""
        found = finding(path, code, **values)
        self.findings.append(found)
        if found.severity is Severity.ERROR:
            self.faulted.add(path)

    def missing(self, path: str, code: FindingCode, /, **values: object) -> None:
        """Note that a needed value is absent, unless its cell already has an error."""
        if path not in self.faulted:
            self.fault(path, code, **values)

    def optional(self, path: str, parsed: _T | Fault | None, **values: object) -> _T | None:
        """A parsed value, or None after noting its fault."""
        if isinstance(parsed, Fault):
            self.fault(path, parsed.code, **{"value": parsed.shown, **values})
            return None
        return parsed

    def text(self, path: str, limit: int = limits.TEXT_CHARACTERS) -> str | None:
        """Text of at most `limit` characters."""
        parsed = text_of(self.value(path), limit)
        length = parsed.shown if isinstance(parsed, Fault) else ""
        return self.optional(path, parsed, length=length, limit=limit)

    def untaken(self) -> list[str]:
        """Paths with a value that nothing asked for."""
        return sorted(path for path in self.cells if path not in self._taken and tidy(self.cells[path]) is not None)
