"""The parts of a record that an extract may hold, in the order in which it prints them.

The words stand on paper that is rendered again years later: none of them is ever changed, as no template is.
"""

from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import Final


class Section(StrEnum):
    """A part that the holder chooses. Stored with the print, so for ever."""

    RESULT = "result"
    MARKS = "marks"
    TRAITS = "traits"
    COMMENTS = "comments"
    ATTENDANCE = "attendance"
    HEALTH = "health"
    PERSON = "person"
    FAMILY = "family"
    ETHNICITY = "ethnicity"
    HISTORY = "history"


LEAST: Final = (Section.RESULT,)
PRINTED: Final = {
    Section.RESULT: "kết quả cuối năm",
    Section.MARKS: "mức đạt được và điểm các môn học",
    Section.TRAITS: "mức đạt được về phẩm chất, năng lực",
    Section.COMMENTS: "nhận xét",
    Section.ATTENDANCE: "số ngày nghỉ",
    Section.HEALTH: "chiều cao, cân nặng",
    Section.PERSON: "giới tính, nơi sinh, quốc tịch, mã số cá nhân",
    Section.FAMILY: "quê quán, nơi ở, cha mẹ, người giám hộ",
    Section.ETHNICITY: "dân tộc",
    Section.HISTORY: "quá trình học tập",
}
# By the first part of a field's path; levels, marks and comments of a row by its last part.
_FIELDS: Final = {
    Section.RESULT: (
        *("overall_result", "awards", "programme_completed", "programme_completed_text"),
        *("promoted", "promoted_text"),
    ),
    Section.ATTENDANCE: ("days_absent_with_leave", "days_absent_without_leave"),
    Section.HEALTH: ("height_cm", "weight_kg"),
    Section.PERSON: (
        *("gender", "birth_place", "nationality", "personal_id", "personal_id_absent_reason"),
        *("moet_student_code", "lifelong_record_code"),
    ),
    Section.FAMILY: ("home_town", "address", "father", "mother", "guardian"),
    Section.ETHNICITY: ("ethnicity",),
    Section.HISTORY: ("study_history",),
}
_ALWAYS: Final = ("full_name", "birth_date", "class_name", "school_year", "issuing_school", "issue_date")
_ROWS: Final = {"subjects": Section.MARKS, "qualities": Section.TRAITS, "competences": Section.TRAITS}


def in_order(chosen: Iterable[Section]) -> tuple[Section, ...]:
    """Each once, as an extract prints them."""
    held = set(chosen)
    return tuple(section for section in Section if section in held)


def printable_alone(chosen: Collection[Section]) -> bool:
    """Whether something is chosen, and comments only beside the rows that they are about."""
    rows = {Section.MARKS, Section.TRAITS} & set(chosen)
    return bool(chosen) and (Section.COMMENTS not in chosen or bool(rows))


def holds(chosen: Collection[Section], field: str) -> bool:
    """Whether an extract of these sections prints the field of this path, with or without a year before it."""
    head, _, rest = field.rpartition("/")[2].partition(".")
    if head in _ALWAYS:
        return True
    if head in _ROWS:
        comment = rest.rpartition(".")[2] == "comment"
        return _ROWS[head] in chosen and (not comment or Section.COMMENTS in chosen)
    return any(head in _FIELDS.get(section, ()) for section in chosen)
