"""What the lines above a table say: class, grade, school year, school, homeroom teacher."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from verify.record.row_person import school_year_of
from verify.record.text import clean, fold
from verify.record.values import Cell, shown, tidy

_CLASS = re.compile(r"(?<!khối )\blớp\s*:?\s*(\d{1,2}(?:[\w/.\-]*\w)?)(?:\s([A-ZĐÐ]\d{0,2}))?(?!\w)", re.IGNORECASE)
_GRADE = re.compile(r"\bkhối\s*(?:lớp)?\s*:?\s*(\d{1,2})\b", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(20\d\d)\s?[-–—/]\s?(20\d\d)(?!\d)")
_SHEET_CLASS = re.compile(r"(?:lớp\s*)?([1-5](?:[A-ZĐ]\d{0,2}|[/._-]\d{1,2}))", re.IGNORECASE)
_TEACHER = re.compile(r"(?:GVCN|giáo viên chủ nhiệm|GV chủ nhiệm|giáo viên CN)\s*(?:lớp)?\s*:?\s*(.*)", re.IGNORECASE)
_SCHOOL = re.compile(r"(?:(?:tên )?(?:trường|đơn vị)\s*:\s*)?((?:trường|phân hiệu)\s.+)", re.IGNORECASE)
_LABELLED_SCHOOL = re.compile(r"(?:tên )?(?:trường|đơn vị)\s*:\s*(.+)", re.IGNORECASE)
_TITLE_CHARACTERS: Final = 300
_END_OF_SCHOOL = re.compile(r"\s*(?:[-–—,;|]\s*)?\b(?:lớp|khối|năm học)\b.*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Title:
    """Values as written, cleaned; None where the lines do not say."""

    class_name: str | None = None
    grade: int | None = None
    school_year: str | None = None
    school_name: str | None = None
    homeroom_teacher: str | None = None


def read_title(rows: Sequence[Sequence[Cell]], sheet_name: str) -> Title:
    """rows: those above the header. The sheet's name serves where no line names the class."""
    lines = [line for line in map(_line, rows) if line]
    name = _first(_class_in(line) for line in lines)
    if name is None or name.isdigit():
        in_name = _SHEET_CLASS.fullmatch(clean(sheet_name))
        name = in_name[1] if in_name else name
    grade = _first(match[1] for line in lines if (match := _GRADE.search(line)))
    return Title(
        class_name=name,
        grade=int(grade) if grade is not None else None,
        school_year=_first(_year_in(line) for line in lines),
        school_name=_first(_school_in(text) for text in _texts(rows)),
        homeroom_teacher=_first(_teacher_in(text) for text in _texts(rows)),
    )


def joined(first: Title, other: Title) -> Title:
    """What the first does not say, the other may."""
    return Title(
        first.class_name or other.class_name,
        first.grade or other.grade,
        first.school_year or other.school_year,
        first.school_name or other.school_name,
        first.homeroom_teacher or other.homeroom_teacher,
    )


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)


def _cells(row: Sequence[Cell]) -> list[str]:
    values = (tidy(cell) for cell in row)
    return [shown(value)[:_TITLE_CHARACTERS] for value in values if value is not None]


def _line(row: Sequence[Cell]) -> str:
    return " ".join(_cells(row))[:_TITLE_CHARACTERS]


def _texts(rows: Sequence[Sequence[Cell]]) -> list[str]:
    """Each cell, and each label with the cell to its right (`GVCN:` | `Trần Thị Vẹn`)."""
    texts = []
    for row in rows:
        cells = _cells(row)
        following = [*cells[1:], ""]
        texts += [
            f"{cell} {right}" if cell.endswith(":") else cell for cell, right in zip(cells, following, strict=False)
        ]
    return texts


def _class_in(line: str) -> str | None:
    match = _CLASS.search(line)
    if match is None:
        return None
    return match[1] + (match[2] or "") if match[1].isdigit() else match[1]


def _year_in(line: str) -> str | None:
    match = _YEAR.search(line)
    return school_year_of(f"{match[1]}-{match[2]}") if match else None


def _school_in(text: str) -> str | None:
    match = _SCHOOL.fullmatch(text) or _LABELLED_SCHOOL.fullmatch(text)
    if match is None:
        return None
    name = _END_OF_SCHOOL.sub("", match[1]).strip()
    return name if len(fold(name)) > len("truong") else None


def _teacher_in(text: str) -> str | None:
    match = _TEACHER.fullmatch(text)
    return match[1].strip() or None if match else None
