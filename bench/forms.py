"""Canonical records with blanks: a class that was read and judged, into which names, numbers and codes are filled.

Filling is a replacement in the bytes: nothing is judged or written anew.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from portal.demo.classes import class_workbook, demo_pupils
from portal.workbooks.judging import judge
from portal.workbooks.reading import read_class
from verify.code import new_code
from verify.record.codec import from_bytes, to_bytes
from verify.record.model import IssuingSchool

# A record's own words, where a form has these.
_OWN: Final = ("class_name", "full_name", "lookup_code", "moet_student_code", "personal_id")
_SCHOOLS_OWN: Final = ("code", "name", "commune", "head_name")


@dataclass(frozen=True, slots=True)
class Form:
    """A judged pupil's canonical bytes with marks where a record's and a school's own words go."""

    data: bytes
    birth_date: date

    def filled(self, words: Mapping[str, str]) -> bytes:
        data = self.data
        for name, word in words.items():
            data = data.replace(_mark(name), word.encode())
        return data


def _mark(name: str) -> bytes:
    return f"<{name}>".encode()


class Forms:
    """Forms of a grade, made once from a class that was read and judged."""

    def __init__(self, school_year: str) -> None:
        self._school_year = school_year
        self._held: dict[tuple[str, int], list[Form]] = {}

    def of(self, school: IssuingSchool, grade: int) -> list[Form]:
        """Those of a school, with its words filled in."""
        if (school.code, grade) not in self._held:
            words = {f"school.{name}": getattr(school, name) for name in _SCHOOLS_OWN}
            self._held[school.code, grade] = [
                replace(form, data=form.filled(words)) for form in self._blank(school, grade)
            ]
        return self._held[school.code, grade]

    def _blank(self, school: IssuingSchool, grade: int) -> list[Form]:
        if ("", grade) not in self._held:
            self._held["", grade] = [_blank_form(data) for data in _class(school, grade, self._school_year)]
        return self._held["", grade]


def _class(school: IssuingSchool, grade: int, school_year: str) -> list[bytes]:
    workbook = class_workbook(f"{grade}A", grade, demo_pupils(35, int(school_year[:4]) - 5 - grade, grade), grade)
    judged = judge(
        read_class(workbook),
        school=school,
        school_year=school_year,
        grade=grade,
        homeroom_teacher=None,
        issue_place=None,
        issue_date=None,
        sample=True,
    )
    return [to_bytes(row.content.under(new_code(bytes(16)))) for row in judged.rows if row.content is not None]


def _blank_form(data: bytes) -> Form:
    record = from_bytes(data)
    own = {name: f"<{name}>" for name in _OWN}
    school = replace(record.issuing_school, **{name: f"<school.{name}>" for name in _SCHOOLS_OWN})
    return Form(to_bytes(replace(record, issuing_school=school, **own)), record.birth_date)  # type: ignore[arg-type]


def words_of(number: int, class_name: str) -> dict[str, str]:
    """Names and numbers of a pupil that no other has."""
    family, middle, given = ("Nguyễn", "Trần", "Lê", "Phạm"), ("Thị", "Hữu", "Ngọc", "Minh"), ("Ẩn", "Đĩnh", "Vẹn")
    name = f"{family[number % 4]} {middle[number // 4 % 4]} {given[number % 3]}"
    return {
        "class_name": class_name,
        "full_name": f"{name} {letters_of(number)}",
        "lookup_code": new_code(secrets.token_bytes(16)),
        "moet_student_code": f"98{number:08d}",
        "personal_id": f"099216{number:06d}" if number < 1_000_000 else f"098{number:09d}",
    }


def letters_of(number: int) -> str:
    """A number as a syllable: 0 is `Ba`."""
    consonants, vowels = "bcdghklmnpqrstvx", "aeiou"
    text = ""
    while number or not text:
        number, rest = divmod(number, len(consonants) * len(vowels))
        text += consonants[rest // len(vowels)] + vowels[rest % len(vowels)]
    return text.capitalize()
