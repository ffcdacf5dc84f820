"""Cells that somebody may ask to have put right, what they say now, and whether a version says what was asked.

An asked value must be one that the record can hold and that breaks no rule of TT 27/2020: a value that no version could
carry would keep a request open for ever.
"""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from portal.errors import Problem, Refused
from portal.services.changes import values_of
from verify.canonical import Json, canonicalise
from verify.errors import VerifyError
from verify.record.codec import from_bytes, to_json
from verify.record.findings import has_errors
from verify.record.labels import FIELD_LABELS
from verify.record.model import YearRecord
from verify.record.rules import check
from verify.record.values import Fault, date_of, days_of, mark_of, measure_of, personal_id_of, student_code_of

CLEARED: Final = "để trống"
"""What is typed where the cell should say nothing."""
VALUE_CHARACTERS: Final = 300
# What names the record itself, or follows from other cells.
_FIXED: Final = frozenset({"lookup_code", "school_year", "sample", "personal_id_absent_reason", "lifelong_record_code"})
_ROWS: Final = frozenset({"subjects", "qualities", "competences", "study_history"})
_TRUTHS: Final = {"có": True, "không": False}


@dataclass(frozen=True, slots=True)
class Cell:
    """path: of the record. before, after: what it says, and what it should; empty: nothing."""

    path: str
    before: str
    after: str


def askable(record: YearRecord) -> dict[str, str]:
    """By path: what each cell says that may be asked about, in the order of the record."""
    return {path: text for path, text in values_of(record).items() if _may_be_asked(path)}


def cells_of(record: YearRecord, asked: Mapping[str, str]) -> tuple[Cell, ...]:
    """What is asked, each value as the record would hold it. asked: typed text by path.

    Raises Refused with AMENDMENT_CELLS, AMENDMENT_VALUE or AMENDMENT_SAME; detail `cell`: its path.
    """
    held, values = askable(record), to_json(record)
    if not asked or not set(asked) <= set(held):
        raise Refused(Problem.AMENDMENT_CELLS)
    for path, text in asked.items():
        if (typed := _tidy(text)) and typed.casefold() == held[path].casefold():
            raise Refused(Problem.AMENDMENT_SAME, cell=path)
        _put_legal(values, path, typed)
    wanted = _read(values)
    if wanted is None or _breaks(wanted, record):
        raise Refused(Problem.AMENDMENT_VALUE, cell=next(iter(asked)))
    after = values_of(wanted)
    for path in asked:
        if after.get(path, "") == held[path]:
            raise Refused(Problem.AMENDMENT_SAME, cell=path)
    return tuple(Cell(path, held[path], after.get(path, "")) for path in asked)


def carries(record: YearRecord, cells: tuple[Cell, ...]) -> bool:
    """Whether a version says all that was asked."""
    held = values_of(record)
    return all(held.get(cell.path, "") == cell.after for cell in cells)


def _may_be_asked(path: str) -> bool:
    head, _, rest = path.partition(".")
    return head in _ROWS if rest else head in FIELD_LABELS and head not in _FIXED


def _tidy(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _put_legal(values: dict[str, Json], path: str, typed: str) -> None:
    """Put a value where it belongs, in the first of its shapes that the record can hold."""
    for shape in _shapes(path, typed):
        _put(values, path, shape)
        if _read(values) is not None:
            return
    raise Refused(Problem.AMENDMENT_VALUE, cell=path)


def _shapes(path: str, typed: str) -> Iterator[Json]:
    """A typed value as the kinds that a record knows; of a cell with a reader of its own, what that one reads."""
    if typed.casefold() in ("", CLEARED):
        yield None
        yield []
        return
    read = _READERS.get(path.rpartition(".")[2])
    if read is not None:
        value = read(typed)
        if not isinstance(value, Fault):
            yield value.isoformat() if isinstance(value, date) else value
        return
    if typed.casefold() in _TRUTHS:
        yield _TRUTHS[typed.casefold()]
    yield typed
    yield typed[:1].upper() + typed[1:]
    yield [part.strip() for part in typed.split(";") if part.strip()]


# By the last name of the path: as cells of a workbook are read, so that what is asked is what an upload would say.
_READERS: Final[Mapping[str, Callable[[str], str | int | date | Fault | None]]] = {
    "score": mark_of,
    "personal_id": lambda typed: personal_id_of(typed)[0],
    "moet_student_code": student_code_of,
    "birth_date": date_of,
    "issue_date": date_of,
    "entry_date": date_of,
    "height_cm": measure_of,
    "weight_kg": measure_of,
    "days_absent_with_leave": days_of,
    "days_absent_without_leave": days_of,
}


def _put(values: dict[str, Json], path: str, value: Json) -> None:
    *above, last = path.split(".")
    place: Json = values
    for name in above:
        place = place[int(name)] if isinstance(place, list) else place[name]  # type: ignore[index,call-overload]
    place[last] = value  # type: ignore[index]


def _read(values: dict[str, Json]) -> YearRecord | None:
    try:
        return from_bytes(canonicalise(values))
    except VerifyError:
        return None


def _breaks(wanted: YearRecord, record: YearRecord) -> bool:
    """Whether a rule refuses what was asked that accepts what stands."""
    before = {(found.field, found.code) for found in check(record)}
    return has_errors([found for found in check(wanted) if (found.field, found.code) not in before])
