"""The rest of a row: civil data, measures, absences, awards, completion, promotion, history, who signs and when."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from verify import limits
from verify.record.findings import FindingCode
from verify.record.model import StudyHistoryRow
from verify.record.row import Row
from verify.record.spellings import NO, YES
from verify.record.text import clean_lines, fold, is_placeholder
from verify.record.values import (
    Value,
    completed_of,
    date_of,
    days_of,
    is_cell_error,
    measure_of,
    number_of,
    promoted_of,
    shown,
)
from verify.record.vocabulary import OverallResult

CIVIL_TEXTS: Final = (
    "lifelong_record_code",
    "ethnicity",
    "nationality",
    "birth_place",
    "home_town",
    "address",
    "father",
    "mother",
    "guardian",
)
# An address with hamlet, commune and province has about 100 characters.
_CIVIL_CHARACTERS: Final = 300
_HISTORY = re.compile(r"study_history\.([0-9]{1,2})\.(?:school_year|class_name|school|register_number|entry_date)")
_MEASURES: Final = {
    "height_cm": ("xăng-ti-mét", "132,5", 70, 200),
    "weight_kg": ("ki-lô-gam", "28", 8, 120),
}


@dataclass(frozen=True, slots=True)
class Rest:
    """Fields of `YearContent` that stand alone. texts: by name, those that are plain text or None."""

    texts: dict[str, str | None]
    days_absent_with_leave: int | None
    days_absent_without_leave: int | None
    awards: tuple[str, ...]
    programme_completed: bool | None
    programme_completed_text: str | None
    promoted: bool | None
    promoted_text: str | None
    study_history: tuple[StudyHistoryRow, ...]
    issue_date: date | None


def read_rest(row: Row, result: OverallResult | None) -> Rest:
    """result: from which completion is derived where the row is silent."""
    completed, completed_text = _completion(row, result)
    promoted, promoted_text = _promotion(row)
    return Rest(
        texts=_texts(row),
        days_absent_with_leave=_days(row, "days_absent_with_leave"),
        days_absent_without_leave=_days(row, "days_absent_without_leave"),
        awards=_awards(row),
        programme_completed=completed,
        programme_completed_text=completed_text,
        promoted=promoted,
        promoted_text=promoted_text,
        study_history=_study_history(row),
        issue_date=_day(row, "issue_date") or row.context.issue_date,
    )


def _texts(row: Row) -> dict[str, str | None]:
    context = row.context
    texts = {name: row.text(name, _CIVIL_CHARACTERS) for name in CIVIL_TEXTS}
    texts |= {name: _measure(row, name) for name in _MEASURES}
    texts["homeroom_teacher"] = row.text("homeroom_teacher", limits.NAME_CHARACTERS) or context.homeroom_teacher
    texts["issue_place"] = row.text("issue_place", limits.NAME_CHARACTERS) or context.issue_place
    return texts


def _measure(row: Row, path: str) -> str | None:
    unit, example, least, most = _MEASURES[path]
    measured = row.optional(path, measure_of(row.value(path)), unit=unit, example=example)
    number = number_of(measured)
    if measured is not None and number is not None and not least <= number <= most:
        row.fault(path, FindingCode.MEASURE_UNUSUAL, value=measured.replace(".", ","), unit=unit)
    return measured


def _days(row: Row, path: str) -> int | None:
    return row.optional(path, days_of(row.value(path)))


def _day(row: Row, path: str) -> date | None:
    return row.optional(path, date_of(row.value(path)))


def _awards(row: Row) -> tuple[str, ...]:
    """Several awards of one cell stand on lines of their own or between semicolons."""
    cell = row.raw("awards")
    if not isinstance(cell, str) or is_cell_error(cell.strip()):
        text = row.text("awards")
        return (text,) if text is not None else ()
    lines = (part.strip() for line in clean_lines(cell) for part in line.split(";"))
    awards = tuple(dict.fromkeys(line for line in lines if not is_placeholder(line) and fold(line) not in NO))
    length = sum(map(len, awards))
    if length > limits.TEXT_CHARACTERS:
        row.fault("awards", FindingCode.TEXT_TOO_LONG, length=length, limit=limits.TEXT_CHARACTERS)
    return awards


def _completion(row: Row, result: OverallResult | None) -> tuple[bool | None, str | None]:
    """Completion of the class or primary; an empty cell follows the overall result, with a warning (Đ.11)."""
    path = "programme_completed"
    value = row.value(path)
    if value is None:
        if result is None or path in row.faulted:
            return None, None
        derived = result is not OverallResult.NOT_COMPLETED
        row.fault(path, FindingCode.COMPLETION_DERIVED, value="Hoàn thành" if derived else "Chưa hoàn thành")
        return derived, None
    completed = completed_of(value)
    if completed is None:
        row.fault(path, FindingCode.COMPLETION_NOT_READ, value=shown(value), grade=row.context.grade)
    return completed, _words(row, path, value)


def _promotion(row: Row) -> tuple[bool | None, str | None]:
    value = row.value("promoted")
    if value is None:
        return None, None
    promoted = promoted_of(value)
    if promoted is None:
        row.fault("promoted", FindingCode.PROMOTION_NOT_READ, value=shown(value))
    return promoted, _words(row, "promoted", value)


def _words(row: Row, path: str, value: Value) -> str | None:
    """The text as written when it says more than yes or no."""
    text = row.text(path, limits.NAME_CHARACTERS) if isinstance(value, str) else None
    return None if text is None or fold(text) in YES | NO else text


def _study_history(row: Row) -> tuple[StudyHistoryRow, ...]:
    numbers = {match[1] for match in map(_HISTORY.fullmatch, row.cells) if match}
    rows = (_history_row(row, f"study_history.{number}") for number in sorted(numbers, key=int))
    return tuple(held for held in rows if held is not None)


def _history_row(row: Row, stem: str) -> StudyHistoryRow | None:
    year, name, school = (
        row.text(f"{stem}.{part}", limits.NAME_CHARACTERS) for part in ("school_year", "class_name", "school")
    )
    register = row.text(f"{stem}.register_number", limits.NAME_CHARACTERS)
    entered = _day(row, f"{stem}.entry_date")
    if year and name and school:
        return StudyHistoryRow(year, name, school, register, entered)
    if any((year, name, school, register, entered)):
        row.missing(stem, FindingCode.HISTORY_INCOMPLETE)
    return None
