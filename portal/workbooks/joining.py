"""The sheets of one workbook joined by pupil: by the ministry's code, the identifier, the name, the running number.

One table is the list of the class; the others add to its pupils. Where two sheets say different things of one pupil,
the pupil has an error: which of them is right cannot be told here.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from portal.workbooks.rows import Entries, Entry, row_spans
from verify.record.findings import Finding, FindingCode, finding
from verify.record.text import fold
from verify.record.values import Cell, tidy

_PERSON: Final = frozenset(
    {
        "full_name",
        "family_name",
        "birth_date",
        "gender",
        "female_mark",
        "personal_id",
        "moet_student_code",
        "class_name",
    }
    | {"ethnicity", "overall_result"}
)


@dataclass(slots=True)
class Pupil:
    """A pupil of the list. row: of the list's sheet, from 1."""

    row: int
    number: int | None
    cells: dict[str, Cell]
    findings: list[Finding] = field(default_factory=list)


def list_of_class(tables: Sequence[Entries]) -> Entries:
    """The table that says most of who the pupils are; the first of equals."""
    return max(tables, key=lambda each: (len(each.table.paths & _PERSON), not each.table.is_long))


def join(listed: Entries, others: Sequence[Entries]) -> tuple[list[Pupil], list[Finding]]:
    """The list's pupils with what the other tables add, and findings about rows of pupils who are not in the list."""
    pupils = [Pupil(entry.row, entry.number, dict(entry.cells)) for entry in listed.entries]
    for pupil, entry in zip(pupils, listed.entries, strict=True):
        _note_differing(pupil, entry, entry.differing)
    findings = []
    index = _Index(pupils)
    for other in others:
        strangers = [entry.row for entry in other.entries if not _add(index.find(entry), entry)]
        if strangers:
            rows = row_spans(strangers)
            findings.append(finding("", FindingCode.PUPIL_NOT_IN_LIST, sheet=other.table.sheet, rows=rows))
    return pupils, findings


def _add(pupil: Pupil | None, entry: Entry) -> bool:
    if pupil is None:
        return False
    merged = Entry(entry.sheet, entry.row, entry.number, pupil.cells, list(entry.differing))
    for path, cell in entry.cells.items():
        merged.add(path, cell, entry.row)
    _note_differing(pupil, entry, merged.differing)
    return True


def _note_differing(pupil: Pupil, entry: Entry, differing: Sequence[tuple[str, int]]) -> None:
    for path, row in differing:
        pupil.findings.append(finding(path, FindingCode.SHEETS_DISAGREE, sheet=entry.sheet, row=row))


class _Index:
    """Finds the one pupil of the list whom a row of another sheet means."""

    def __init__(self, pupils: Sequence[Pupil]) -> None:
        self._by: dict[tuple[str, str], list[Pupil]] = defaultdict(list)
        for pupil in pupils:
            for key in _keys(pupil.cells, pupil.number):
                self._by[key].append(pupil)

    def find(self, entry: Entry) -> Pupil | None:
        """None when no pupil, or more than one, fits. A namesake is told by the running number."""
        for key in _keys(entry.cells, entry.number):
            found = self._by.get(key, [])
            if len(found) > 1 and entry.number is not None:
                found = [pupil for pupil in found if pupil.number == entry.number]
            if len(found) == 1:
                return found[0]
        return None


def _keys(cells: dict[str, Cell], number: int | None) -> list[tuple[str, str]]:
    """The surest first."""
    keys: list[tuple[str, str]]
    keys = [(path, _digits(cells[path])) for path in ("moet_student_code", "personal_id") if path in cells]
    if isinstance(name := tidy(cells.get("full_name")), str):
        keys.append(("full_name", fold(name)))
    if number is not None:
        keys.append(("number", str(number)))
    return keys


def _digits(cell: Cell) -> str:
    return str(tidy(cell)).lstrip("'’0").replace(" ", "")
