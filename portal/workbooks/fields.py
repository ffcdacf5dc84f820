"""The fields that a column can hold, grouped as in the record, and what a choice of fields must keep to. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from verify.record.vocabulary import COMPETENCES, QUALITIES, SUBJECTS, Marking, Presence

IGNORED: Final = "ignored"
_SUBJECT_PARTS: Final = ("level", "score", "comment")
_TRAIT_PARTS: Final = ("level", "comment")

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "identity": (
        *("number", "full_name", "family_name", "given_name", "birth_date", "gender", "female_mark"),
        *("personal_id", "personal_id_absent_reason", "moet_student_code", "lifelong_record_code"),
        *("class_name", "grade", "school_year", "school"),
    ),
    "civil": (
        *("ethnicity", "nationality", "birth_place", "home_town", "address", "father", "mother", "guardian"),
        *("height_cm", "weight_kg", "days_absent_with_leave", "days_absent_without_leave"),
    ),
    "subjects": tuple(f"subjects.{subject.code}.{part}" for subject in SUBJECTS for part in _SUBJECT_PARTS),
    "qualities": tuple(f"qualities.{trait.code}.{part}" for trait in QUALITIES for part in _TRAIT_PARTS),
    "competences": tuple(f"competences.{trait.code}.{part}" for trait in COMPETENCES for part in _TRAIT_PARTS),
    "results": (
        *("overall_result", "awards", "programme_completed", "promoted"),
        *("homeroom_teacher", "issue_place", "issue_date"),
    ),
    "rows": ("subject_name", "part.level", "part.score", "part.comment"),
}
FIELDS: Final = frozenset(path for paths in GROUPS.values() for path in paths)
# What a person cannot be without (design §9.11); the class may stand in the title, the subjects depend on the grade.
_NEEDED: Final = ("full_name", "birth_date", "gender", "class_name", "overall_result")
_NAMES: Final = frozenset({"full_name", "family_name", "given_name"})
_WHO: Final = _NAMES | {"personal_id", "moet_student_code", "number"}
# The record has a list of awards; columns of several kinds of award are joined.
_SEVERAL: Final = frozenset({IGNORED, "awards"})


def missing_fields(
    paths: Iterable[str], grade: int | None, *, class_known: bool, marks_beside: bool
) -> tuple[str, ...]:
    """Needed fields for which no column was found.

    grade: None when not known, then no subject is asked for. marks_beside: marks stand in the cells of the levels.
    """
    given = set(paths)
    if given & {"family_name", "given_name"}:
        given.add("full_name")
    if class_known:
        given.add("class_name")
    if "female_mark" in given:
        given.add("gender")
    needed = [*_NEEDED]
    if grade is not None and "subject_name" not in given:
        needed += _needed_of_subjects(grade, marks_beside=marks_beside)
    return tuple(path for path in needed if path not in given)


def _needed_of_subjects(grade: int, *, marks_beside: bool) -> Iterable[str]:
    for subject in SUBJECTS:
        if subject.presence_in(grade) is Presence.REQUIRED:
            yield f"subjects.{subject.code}.level"
            if subject.marking_in(grade) is Marking.REQUIRED and not marks_beside:
                yield f"subjects.{subject.code}.score"


class ChoiceProblem(StrEnum):
    """Why a choice of fields for the columns of a table is refused. Closed: each has a sentence."""

    NOT_CHOSEN = "not_chosen"
    TWICE = "twice"
    NAME_TWICE = "name_twice"
    GENDER_TWICE = "gender_twice"
    NO_SUBJECT = "no_subject"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class ChoiceFault:
    """columns: by index, from 0. path: the field that is meant twice."""

    problem: ChoiceProblem
    columns: tuple[int, ...]
    path: str = ""


def faults_of(choices: Mapping[int, str]) -> tuple[ChoiceFault, ...]:
    """What is wrong with the fields chosen for columns; "" stands for a column of which nothing was said."""
    by_path: dict[str, list[int]] = defaultdict(list)
    for index, path in choices.items():
        by_path[path].append(index)
    found = [ChoiceFault(ChoiceProblem.NOT_CHOSEN, tuple(by_path.pop("")))] if "" in by_path else []
    if by_path.keys() <= {IGNORED}:
        return tuple(found)
    found += [
        ChoiceFault(ChoiceProblem.TWICE, tuple(columns), path)
        for path, columns in by_path.items()
        if len(columns) > 1 and path not in _SEVERAL
    ]
    found += _against_each_other(by_path)
    if not by_path.keys() & _WHO:
        found.append(ChoiceFault(ChoiceProblem.NOBODY, ()))
    return tuple(found)


def _against_each_other(by_path: Mapping[str, list[int]]) -> Iterable[ChoiceFault]:
    """Fields of which one would silently win over the other."""
    halves = [index for path in ("family_name", "given_name") for index in by_path.get(path, ())]
    if halves and "full_name" in by_path:
        yield ChoiceFault(ChoiceProblem.NAME_TWICE, (*by_path["full_name"], *halves))
    if "gender" in by_path and "female_mark" in by_path:
        yield ChoiceFault(ChoiceProblem.GENDER_TWICE, (*by_path["gender"], *by_path["female_mark"]))
    parts = [index for path, columns in by_path.items() if path.startswith("part.") for index in columns]
    if parts and "subject_name" not in by_path:
        yield ChoiceFault(ChoiceProblem.NO_SUBJECT, tuple(parts))
