"""Columns in which several rows of a file are wrong: there the column is to be mended, not each row."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from portal.presenters.language import mark, say
from portal.presenters.signatures import FIELD, faults_of
from portal.services.comparison import ComparedRow
from portal.services.judged_store import JudgedUpload
from verify.record.findings import Severity
from verify.record.labels import label_of

_ROWS_LISTED: Final = 12


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One kind of fault in a column. rows: which, as words; example: what it says of the first of them."""

    count: int
    rows: str
    example: str


@dataclass(frozen=True, slots=True)
class ColumnSummary:
    """A column of which several rows are wrong. letters: as spreadsheets call it, "" where the file has none.

    count: rows with any fault there. kinds: the most frequent first.
    """

    label: str
    letters: str
    count: int
    kinds: tuple[FaultKind, ...]


def columns_of(faulty: Sequence[ComparedRow], held: JudgedUpload) -> Iterator[ColumnSummary]:
    """Each column once, however many kinds of fault it has; the one with the most faulty rows first."""
    found: dict[str, dict[str, dict[int, str]]] = defaultdict(lambda: defaultdict(dict))
    for row in faulty:
        for field, code, message in _faults(row):
            found[field][code].setdefault(row.row, message)
    counted = {field: len({row for rows in kinds.values() for row in rows}) for field, kinds in found.items()}
    for field in sorted(counted, key=lambda each: -counted[each]):
        if counted[field] > 1:
            kinds = sorted(found[field].values(), key=len, reverse=True)
            first = next(iter(kinds[0]))
            label = label_of(field) if field != FIELD else say(mark("Chữ ký"))
            yield ColumnSummary(label, _letters(held, first, field), counted[field], tuple(map(_kind, kinds)))


def _faults(row: ComparedRow) -> Iterator[tuple[str, str, str]]:
    """Field, code and words of what refuses a row."""
    for each in row.findings:
        if each.severity is Severity.ERROR:
            yield each.field, each.code.value, each.message
    for fault in faults_of(row.chain):
        if fault.refuses:
            yield FIELD, fault.code, fault.message


def _letters(held: JudgedUpload, row: int, field: str) -> str:
    place = held.place(row, field)
    return place.reference.rstrip("0123456789") if place is not None and place.exact else ""


def _kind(rows: dict[int, str]) -> FaultKind:
    listed = ", ".join(map(str, list(rows)[:_ROWS_LISTED]))
    more = ", …" if len(rows) > _ROWS_LISTED else ""
    return FaultKind(len(rows), listed + more, next(iter(rows.values())))
