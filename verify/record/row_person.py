"""Who the pupil is: name, birth date, gender, identifier, class. Required but the identifier (design §9.11)."""

import re
from datetime import date
from typing import Final

from verify import limits
from verify.record import rules
from verify.record.findings import FindingCode
from verify.record.row import Row
from verify.record.spellings import GENDERS, NO_IDENTIFIER
from verify.record.text import clean, fold
from verify.record.values import (
    Fault,
    Value,
    date_of,
    is_vietnamese_name,
    number_of,
    personal_id_of,
    shown,
    student_code_of,
)
from verify.record.vocabulary import Gender

ID_ABSENT_REASON: Final = "Nhà trường chưa cung cấp số định danh cá nhân"
_SCHOOL_YEAR = re.compile(r"(?:năm học ?:? ?)?(\d{4}) ?[-–—/] ?(\d{4})", re.IGNORECASE)
_CLASS_WORD = re.compile(r"lớp ?:? ?", re.IGNORECASE)
_LOOKALIKES: Final = str.maketrans({"ð": "đ", "ɖ": "đ", "-": "/", ".": "/", " ": None})


def full_name(row: Row) -> str | None:
    """The name as written; one without any letter is an error, one with odd letters a warning."""
    name = row.text("full_name", limits.NAME_CHARACTERS)
    if name is None:
        row.missing("full_name", FindingCode.NAME_MISSING)
        return None
    if not any(character.isalpha() for character in name):
        row.fault("full_name", FindingCode.TEXT_EXPECTED)
        return None
    if not is_vietnamese_name(name):
        row.fault("full_name", FindingCode.NAME_UNUSUAL, value=name)
    return name


def birth_date(row: Row) -> date | None:
    """A day that exists and on which a pupil of this grade can have been born."""
    value = row.value("birth_date")
    if value is None:
        row.missing("birth_date", FindingCode.BIRTH_DATE_MISSING)
        return None
    context = row.context
    born = date_of(value)
    if not isinstance(born, date) or not rules.is_possible_age(born, context.grade, context.school_year):
        row.fault(
            "birth_date",
            FindingCode.BIRTH_DATE_IMPOSSIBLE,
            value=shown(value),
            grade=context.grade,
            year=context.school_year,
        )
        return None
    return born


def gender(row: Row) -> Gender | None:
    value = row.value("gender")
    if value is None:
        row.missing("gender", FindingCode.GENDER_MISSING)
        return None
    found = GENDERS.get(fold(value)) if isinstance(value, str) else None
    if found is None:
        row.fault("gender", FindingCode.GENDER_NOT_ALLOWED, value=shown(value))
    return found


def personal_id(row: Row) -> tuple[str | None, str | None]:
    """The twelve digits, or None and the reason for their absence.

    A cell that only says that there is none ("chưa có") is such a reason, as the school wrote it.
    """
    value = row.value("personal_id")
    reason = row.text("personal_id_absent_reason", limits.NAME_CHARACTERS)
    if isinstance(value, str) and fold(value).startswith(NO_IDENTIFIER) and len(value) <= limits.NAME_CHARACTERS:
        value, reason = None, reason or value
    if value is None:
        reason = reason or ID_ABSENT_REASON
        row.missing("personal_id", FindingCode.PERSONAL_ID_ABSENT, reason=reason)
        return None, reason
    parsed, padded = personal_id_of(value)
    found = row.optional("personal_id", parsed, length=parsed.shown if isinstance(parsed, Fault) else "")
    if padded:
        row.fault("personal_id", FindingCode.PERSONAL_ID_PADDED)
    return found, None


def student_code(row: Row) -> str | None:
    """The ministry's number; one that is not usable is left out with a warning."""
    return row.optional("moet_student_code", student_code_of(row.value("moet_student_code")))


def class_name(row: Row) -> str | None:
    """The class of the file's title, else of the row; two different ones are an error."""
    titled = row.context.class_name
    written = row.text("class_name", limits.NAME_CHARACTERS)
    if written is not None:
        written = _CLASS_WORD.sub("", written, count=1) or written
    if written is None:
        if titled is None:
            row.missing("class_name", FindingCode.CLASS_MISSING)
        return titled
    if titled is not None and not same_class(written, titled):
        row.fault("class_name", FindingCode.CLASS_DISAGREES, value=written, other=titled)
    return titled if titled is not None else written


def same_class(one: str, other: str) -> bool:
    """Whether two spellings name one class: `4a1` and `4A1`, `1/1` and `1-1`, but not `5D` and `5Đ`."""
    return _class_key(one) == _class_key(other)


def _class_key(name: str) -> str:
    return clean(name).casefold().translate(_LOOKALIKES)


def check_headings(row: Row) -> None:
    """What a row says of its grade, year and school, against what is being taken in."""
    _grade(row, row.value("grade"))
    year = row.text("school_year", limits.NAME_CHARACTERS)
    if year is not None and school_year_of(year) != row.context.school_year:
        row.fault("school_year", FindingCode.SCHOOL_YEAR_DISAGREES, value=year, year=row.context.school_year)
    school = row.text("school", limits.NAME_CHARACTERS)
    if school is not None and not same_school(school, row.context.school.name):
        row.fault("school", FindingCode.SCHOOL_NAME_DIFFERS, value=school, other=row.context.school.name)


def _grade(row: Row, value: Value) -> None:
    if isinstance(value, str):
        value = fold(value).removeprefix("khoi ").removeprefix("lop ")
    if value is not None and number_of(value) != row.context.grade:
        row.fault("grade", FindingCode.GRADE_DISAGREES, value=shown(value), grade=row.context.grade)


def school_year_of(text: str) -> str | None:
    """`2025-2026` from any spelling of a school year."""
    match = _SCHOOL_YEAR.fullmatch(text)
    if match is None or int(match[2]) != int(match[1]) + 1:
        return None
    return f"{int(match[1])}-{int(match[2])}"


def same_school(one: str, other: str) -> bool:
    """Whether two spellings name one school, with or without "Trường Tiểu học"."""
    return _school_key(one) == _school_key(other)


def _school_key(name: str) -> str:
    words = fold(name).removeprefix("truong ").removeprefix("pho thong ")
    return words.removeprefix("tieu hoc ").removeprefix("th ")
