"""The rules of Thông tư 27/2020 over typed values. Pure: the same record gives the same findings.

Errors: a required subject without level, a mark where none is allowed or none where one is required, a subject that
the grade does not have, one identifier for two pupils. Everything that the teacher or head decides (overall result,
award, completion, promotion) is recomputed and only warned about, never overwritten (domain §3).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from verify.record.findings import Finding, FindingCode, finding
from verify.record.model import SubjectResult, TraitResult, YearContent
from verify.record.spellings import SUBJECT_LEVEL_WORDS, TRAIT_LEVEL_WORDS
from verify.record.text import fold
from verify.record.vocabulary import (
    COMPETENCES,
    QUALITIES,
    SUBJECTS,
    Gender,
    Marking,
    OverallResult,
    Presence,
    Subject,
    SubjectLevel,
    Trait,
    TraitLevel,
)

_AGE_IN_GRADE_ONE: Final = 6
_LATE_YEARS: Final = 3  # may start up to three years late (TT 28/2020 Đ.33)


@dataclass(frozen=True, slots=True)
class SubjectEntry:
    """What a row of section 1 holds so far; a level may still be missing."""

    level: SubjectLevel | None = None
    score: int | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class PupilIdentity:
    """By what a pupil is found again, as far as a row gives it."""

    personal_id: str | None = None
    moet_student_code: str | None = None
    full_name: str | None = None
    birth_date: date | None = None


def check(content: YearContent) -> tuple[Finding, ...]:
    """Every finding about one complete record, in the order of the form."""
    entries = {code: _entry(result) for code, result in content.subjects.items()}
    return (
        *check_subjects(content.grade, entries),
        *check_person(content),
        *check_results(content),
    )


def check_subjects(grade: int, entries: Mapping[str, SubjectEntry], faulted: Collection[str] = ()) -> Iterator[Finding]:
    """Presence and marks by the table of the grade (TT 27/2020 Phụ lục 1; domain §3).

    faulted: paths that already have a finding; nothing is added to them.
    """
    for subject in SUBJECTS:
        entry = entries.get(subject.code)
        for found in _subject(subject, grade, entry):
            if found.field not in faulted:
                yield found


def _subject(subject: Subject, grade: int, entry: SubjectEntry | None) -> Iterator[Finding]:
    stem = f"subjects.{subject.code}"
    presence, marking = subject.presence_in(grade), subject.marking_in(grade)
    if entry is None:
        if presence is Presence.REQUIRED:
            yield finding(f"{stem}.level", FindingCode.LEVEL_MISSING, allowed=SUBJECT_LEVEL_WORDS)
            if marking is Marking.REQUIRED:
                yield finding(f"{stem}.score", FindingCode.MARK_MISSING, grade=grade)
        return
    if presence is Presence.NOT_TAUGHT:
        yield finding(f"{stem}.level", FindingCode.SUBJECT_NOT_TAUGHT, grade=grade)
        return
    if entry.level is None:
        yield finding(f"{stem}.level", FindingCode.LEVEL_MISSING, allowed=SUBJECT_LEVEL_WORDS)
    if entry.score is None and marking is Marking.REQUIRED:
        yield finding(f"{stem}.score", FindingCode.MARK_MISSING, grade=grade)
    if entry.score is not None and marking is Marking.NONE:
        yield finding(f"{stem}.score", FindingCode.MARK_NOT_ALLOWED_HERE, value=entry.score, grade=grade)


def check_person(content: YearContent) -> Iterator[Finding]:
    """Age, identifier and class against each other: warnings."""
    yield from check_age(content.birth_date, content.grade, content.school_year)
    if content.personal_id is not None:
        yield from check_personal_id(content.personal_id, content.gender, content.birth_date)
    leading = grade_of_class(content.class_name)
    if leading is not None and leading != content.grade:
        yield finding("class_name", FindingCode.GRADE_DISAGREES, value=content.class_name, grade=content.grade)


def grade_of_class(class_name: str) -> int | None:
    """The grade that a class name begins with: `4A1`, `1/1`, `5Đ`."""
    first, second = class_name[:1], class_name[1:2]
    return int(first) if first and first in "12345" and not second.isdigit() else None


def is_possible_age(birth_date: date, grade: int, school_year: str) -> bool:
    """Whether anyone born then can be in that grade: two grades skipped to ten years late."""
    usual = _AGE_IN_GRADE_ONE + grade - 1
    return usual - 2 <= _age(birth_date, school_year) <= usual + 10


def check_age(birth_date: date, grade: int, school_year: str) -> Iterator[Finding]:
    """A warning for who is younger than usual, or later than a late start allows (TT 28/2020 Đ.33)."""
    age, usual = _age(birth_date, school_year), _AGE_IN_GRADE_ONE + grade - 1
    if not usual <= age <= usual + _LATE_YEARS:
        shown = f"{birth_date:%d/%m/%Y}"
        yield finding(
            "birth_date",
            FindingCode.AGE_UNUSUAL,
            value=shown,
            age=age,
            grade=grade,
            usual=f"{usual}–{usual + _LATE_YEARS}",
        )


def _age(birth_date: date, school_year: str) -> int:
    return int(school_year[:4]) - birth_date.year


def check_personal_id(personal_id: str, gender: Gender, birth_date: date) -> Iterator[Finding]:
    """Digit 4 says century and gender, digits 5-6 the year of birth (NĐ 137/2015 Đ.13, TT 59/2021/TT-BCA Đ.4)."""
    century_digit = (birth_date.year // 100 - 19) * 2 + (gender is Gender.FEMALE)
    wrong = []
    if personal_id[3] != str(century_digit):
        wrong.append("giới tính hoặc thế kỷ sinh")
    if personal_id[4:6] != f"{birth_date.year % 100:02d}":
        wrong.append("năm sinh")
    if wrong:
        yield finding("personal_id", FindingCode.PERSONAL_ID_DISAGREES, what=" và ".join(wrong))


def check_results(content: YearContent) -> Iterator[Finding]:
    """Traits, overall result, awards, completion and promotion: warnings only."""
    yield from _missing_traits("qualities", QUALITIES, content.qualities, content.grade)
    yield from _missing_traits("competences", COMPETENCES, content.competences, content.grade)
    computed = overall_result(content.subjects, {**content.qualities, **content.competences})
    if computed is not content.overall_result:
        yield finding(
            "overall_result", FindingCode.RESULT_DISAGREES, value=content.overall_result.value, other=computed.value
        )
    yield from _awards(content)
    yield from _completion(content)
    yield from _promotion(content)


def _missing_traits(
    section: str, catalogue: Sequence[Trait], given: Mapping[str, TraitResult], grade: int
) -> Iterator[Finding]:
    for trait in catalogue:
        if trait.first_grade <= grade and trait.code not in given:
            yield finding(f"{section}.{trait.code}.level", FindingCode.TRAIT_MISSING, allowed=TRAIT_LEVEL_WORDS)


def overall_result(subjects: Mapping[str, SubjectResult], traits: Mapping[str, TraitResult]) -> OverallResult:
    """The result that levels and marks give (TT 27/2020 Đ.9)."""
    levels = {result.level for result in subjects.values()}
    reached = {result.level for result in traits.values()}
    lowest = min((result.score for result in subjects.values() if result.score is not None), default=10)
    if levels <= {SubjectLevel.VERY_GOOD} and reached <= {TraitLevel.GOOD} and lowest >= 7:
        return OverallResult.EXCELLENT if lowest >= 9 else OverallResult.VERY_GOOD
    if SubjectLevel.NOT_COMPLETED in levels or TraitLevel.NEEDS_EFFORT in reached or lowest < 5:
        return OverallResult.NOT_COMPLETED
    return OverallResult.COMPLETED


def _awards(content: YearContent) -> Iterator[Finding]:
    """ "Học sinh Xuất sắc" and "Học sinh Tiêu biểu" follow the overall result (TT 27/2020 Đ.13)."""
    for award in content.awards:
        words = fold(award)
        needed: tuple[OverallResult, ...] | None = None
        if words.startswith("hoc sinh xuat sac"):
            needed = (OverallResult.EXCELLENT,)
        elif words.startswith("hoc sinh tieu bieu"):
            needed = (OverallResult.EXCELLENT, OverallResult.VERY_GOOD)
        if needed is not None and content.overall_result not in needed:
            yield finding("awards", FindingCode.AWARD_DISAGREES, value=award, other=content.overall_result.value)


def _completion(content: YearContent) -> Iterator[Finding]:
    """Completed means an overall result of Hoàn thành or better (TT 27/2020 Đ.11.1a)."""
    completed = content.programme_completed
    text = content.programme_completed_text
    if completed is (content.overall_result is OverallResult.NOT_COMPLETED):
        value = text or ("Hoàn thành" if completed else "Chưa hoàn thành")
        yield finding(
            "programme_completed", FindingCode.COMPLETION_DISAGREES, value=value, other=content.overall_result.value
        )
    if text is not None and _names_other_grade(fold(text), content.grade):
        yield finding("programme_completed", FindingCode.COMPLETION_OTHER_GRADE, value=text, grade=content.grade)


def _names_other_grade(words: str, grade: int) -> bool:
    _before, found, after = words.rpartition("lop ")
    if found and after[:1].isdigit():
        return after.split()[0] != str(grade)
    return "tieu hoc" in words and grade != 5


def _promotion(content: YearContent) -> Iterator[Finding]:
    """Promotion is a decision of its own: a head may promote who did not complete (TT 27/2020 Đ.11.1c)."""
    if content.promoted is None:
        if content.grade < 5:
            yield finding("promoted", FindingCode.PROMOTION_MISSING)
    elif content.promoted is not content.programme_completed:
        code = FindingCode.PROMOTION_BY_HEAD if content.promoted else FindingCode.PROMOTION_DISAGREES
        yield finding("promoted", code)


def check_packet(pupils: Sequence[tuple[int, PupilIdentity]]) -> tuple[tuple[Finding, ...], ...]:
    """Findings about rows that name the same pupil; one tuple for each row, in order.

    pupils: sheet row and identity. Both rows of a duplicate identifier are refused (design §9.11): which of them is
    wrong cannot be told here.
    """
    found: list[list[Finding]] = [[] for _ in pupils]
    _duplicates(pupils, found, "personal_id", FindingCode.DUPLICATE_PERSONAL_ID, lambda who: who.personal_id)
    _duplicates(
        pupils, found, "moet_student_code", FindingCode.DUPLICATE_STUDENT_CODE, lambda who: who.moet_student_code
    )
    _duplicates(pupils, found, "full_name", FindingCode.POSSIBLE_DUPLICATE, _name_and_birth)
    return tuple(tuple(each) for each in found)


def _duplicates(
    pupils: Sequence[tuple[int, PupilIdentity]],
    found: list[list[Finding]],
    field: str,
    code: FindingCode,
    key: Callable[[PupilIdentity], str | None],
) -> None:
    places = defaultdict(list)
    for index, (_row, who) in enumerate(pupils):
        if (value := key(who)) is not None:
            places[value].append(index)
    for indexes in places.values():
        for index in indexes if len(indexes) > 1 else ():
            others = ", ".join(str(pupils[other][0]) for other in indexes if other != index)
            found[index].append(finding(field, code, rows=others))


def _name_and_birth(who: PupilIdentity) -> str | None:
    if who.full_name is None or who.birth_date is None:
        return None
    return f"{fold(who.full_name)} {who.birth_date.isoformat()}"


def _entry(result: SubjectResult) -> SubjectEntry:
    return SubjectEntry(result.level, result.score, result.comment)
