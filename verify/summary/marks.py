"""All marks and levels of a record as one number in mixed radix: 15 bytes for the whole form of Thông tư 27/2020.

Every row of the form's catalogue has its place, taught or not, in the order of `verify.record.vocabulary`; a row that
is added to the form later needs a new format of the payload.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from verify.errors import MalformedRecord, Refusal
from verify.record.model import SubjectResult, TraitResult, YearRecord
from verify.record.vocabulary import (
    COMPETENCES,
    GRADES,
    QUALITIES,
    SUBJECTS,
    OverallResult,
    SubjectLevel,
    Trait,
    TraitLevel,
)

BYTES: Final = 15
_PROMOTED: Final = (None, False, True)
_SUBJECT_LEVELS: Final = (None, *SubjectLevel)
_TRAIT_LEVELS: Final = (None, *TraitLevel)
_SCORES: Final = (None, *range(1, 11))
_RADICES: Final = (
    *(len(GRADES), len(OverallResult), 2, len(_PROMOTED)),
    *(len(_SUBJECT_LEVELS), len(_SCORES)) * len(SUBJECTS),
    *(len(_TRAIT_LEVELS),) * (len(QUALITIES) + len(COMPETENCES)),
)
_Level = TypeVar("_Level", SubjectLevel, TraitLevel)


@dataclass(frozen=True, slots=True)
class Marks:
    """What a year record says in closed words. Only rows that carry something; by code, as in the catalogue."""

    grade: int
    overall_result: OverallResult
    programme_completed: bool
    promoted: bool | None
    subjects: Mapping[str, SubjectResult]
    qualities: Mapping[str, TraitLevel]
    competences: Mapping[str, TraitLevel]


def marks_of(record: YearRecord) -> Marks:
    """The marks of a record's catalogue rows; comments and rows beyond the catalogue are left out."""
    return Marks(
        grade=record.grade,
        overall_result=record.overall_result,
        programme_completed=record.programme_completed,
        promoted=record.promoted,
        subjects={
            subject.code: SubjectResult(held.level, held.score)
            for subject in SUBJECTS
            if (held := record.subjects.get(subject.code)) is not None
        },
        qualities=_levels(QUALITIES, record.qualities),
        competences=_levels(COMPETENCES, record.competences),
    )


def _levels(catalogue: Sequence[Trait], results: Mapping[str, TraitResult]) -> dict[str, TraitLevel]:
    return {trait.code: results[trait.code].level for trait in catalogue if trait.code in results}


def pack(marks: Marks) -> bytes:
    """15 bytes; raises MalformedRecord(BAD_NUMBER) for a score or grade that the form has not."""
    digits = [
        *(marks.grade - 1, list(OverallResult).index(marks.overall_result)),
        *(int(marks.programme_completed), _PROMOTED.index(marks.promoted)),
    ]
    for subject in SUBJECTS:
        held = marks.subjects.get(subject.code)
        digits += [_SUBJECT_LEVELS.index(held.level if held else None), (held.score or 0) if held else 0]
    digits += [_TRAIT_LEVELS.index(marks.qualities.get(trait.code)) for trait in QUALITIES]
    digits += [_TRAIT_LEVELS.index(marks.competences.get(trait.code)) for trait in COMPETENCES]
    number = 0
    for digit, radix in zip(digits, _RADICES, strict=True):
        if not 0 <= digit < radix:
            raise MalformedRecord(Refusal.BAD_NUMBER, "mark")
        number = number * radix + digit
    return number.to_bytes(BYTES, "big")


def unpack(data: bytes) -> Marks:
    """What `pack` wrote; raises MalformedRecord(BAD_SHAPE) for bytes that it never writes."""
    if len(data) != BYTES:
        raise MalformedRecord(Refusal.BAD_SHAPE, "marks")
    digits = iter(_digits(int.from_bytes(data, "big")))
    grade, overall, completed, promoted = (next(digits) for _ in range(4))
    subjects = {subject.code: _subject(next(digits), next(digits)) for subject in SUBJECTS}
    return Marks(
        grade=grade + 1,
        overall_result=list(OverallResult)[overall],
        programme_completed=bool(completed),
        promoted=_PROMOTED[promoted],
        subjects={code: held for code, held in subjects.items() if held is not None},
        qualities=_present({trait.code: _TRAIT_LEVELS[next(digits)] for trait in QUALITIES}),
        competences=_present({trait.code: _TRAIT_LEVELS[next(digits)] for trait in COMPETENCES}),
    )


def _digits(number: int) -> Sequence[int]:
    found = []
    for radix in reversed(_RADICES):
        number, digit = divmod(number, radix)
        found.append(digit)
    if number:
        raise MalformedRecord(Refusal.BAD_SHAPE, "marks")
    return found[::-1]


def _subject(level: int, score: int) -> SubjectResult | None:
    held = _SUBJECT_LEVELS[level]
    if held is None:
        if score:
            raise MalformedRecord(Refusal.BAD_SHAPE, "a score without a level")
        return None
    return SubjectResult(held, _SCORES[score])


def _present(levels: Mapping[str, _Level | None]) -> dict[str, _Level]:
    return {code: level for code, level in levels.items() if level is not None}
