"""A pupil's row as a spreadsheet holds it: every cell that the rules ask for, by field path."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from tests.factories import issuing_school
from verify.record.reading import RowOutcome, read_row
from verify.record.row import RowContext
from verify.record.values import Cell
from verify.record.vocabulary import COMPETENCES, QUALITIES, SUBJECTS, Marking, Presence

SCHOOL_YEAR: Final = "2025-2026"


def good_cells(grade: int = 4, **changes: Cell) -> dict[str, Cell]:
    """A faultless row; `changes` replace cells, dots written as two underscores, None takes a cell away."""
    cells: dict[str, Cell] = {
        "full_name": "Nguyễn Thị Ngọc Uyên",
        "birth_date": f"08/02/{2020 - grade}",
        "gender": "Nữ",
        "personal_id": f"0873{(2020 - grade) % 100:02d}001234",
        "moet_student_code": "8712345678",
        "ethnicity": "Kinh",
        "height_cm": "132,5",
        "weight_kg": 28.0,
        "days_absent_with_leave": 2.0,
        "days_absent_without_leave": 0.0,
        "overall_result": "Hoàn thành xuất sắc",
        "programme_completed": f"Hoàn thành chương trình lớp {grade}",
        "promoted": "Được lên lớp",
    }
    for subject in SUBJECTS:
        if subject.presence_in(grade) is Presence.REQUIRED:
            cells[f"subjects.{subject.code}.level"] = "T"
        if subject.marking_in(grade) is Marking.REQUIRED:
            cells[f"subjects.{subject.code}.score"] = 9.0
    cells |= {f"qualities.{trait.code}.level": "T" for trait in QUALITIES}
    cells |= {f"competences.{trait.code}.level": "T" for trait in COMPETENCES if trait.first_grade <= grade}
    cells |= {path.replace("__", "."): cell for path, cell in changes.items()}
    return {path: cell for path, cell in cells.items() if cell is not None}


def context(grade: int = 4, **changes: Any) -> RowContext:
    values: dict[str, Any] = {
        "school_year": SCHOOL_YEAR,
        "grade": grade,
        "class_name": f"{grade}A1",
        "school": issuing_school(),
        "homeroom_teacher": "Trần Thị Bích Vẹn",
        "issue_place": "Mỹ Tân Mẫu",
        "issue_date": date(2026, 5, 29),
        "sample": True,
        **changes,
    }
    return RowContext(**values)


def read(cells: Mapping[str, Cell], grade: int = 4, **changes: Any) -> RowOutcome:
    return read_row(cells, context(grade, **changes))


def found(outcome: RowOutcome) -> set[tuple[str, str, str]]:
    """Field, code and severity of each finding."""
    return {(each.field, each.code.value, each.severity.value) for each in outcome.findings}
