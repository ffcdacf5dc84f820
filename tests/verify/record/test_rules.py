"""The rules of Thông tư 27/2020, against a table written out by hand (domain §3)."""

from dataclasses import replace
from datetime import date
from typing import Final

import pytest

from tests.factories import booklet, year_record
from verify.record import rules
from verify.record.findings import Finding, FindingCode, Severity
from verify.record.model import SubjectResult, TraitResult, YearContent
from verify.record.rules import PupilIdentity, SubjectEntry
from verify.record.vocabulary import (
    COMPETENCES,
    QUALITIES,
    SUBJECTS,
    Gender,
    OverallResult,
    SubjectLevel,
    TraitLevel,
)

# ● mark required, ○ no mark allowed, ( ) optional without mark, (○) optional with a mark allowed, - not taught
TABLE: Final = """
tieng_viet             ●   ●   ●   ●   ●
toan                   ●   ●   ●   ●   ●
ngoai_ngu_1            ()  ()  ●   ●   ●
lich_su_dia_li         -   -   -   ●   ●
khoa_hoc               -   -   -   ●   ●
tin_hoc                -   -   ●   ●   ●
cong_nghe              -   -   ●   ●   ●
dao_duc                ○   ○   ○   ○   ○
tu_nhien_xa_hoi        ○   ○   ○   -   -
giao_duc_the_chat      ○   ○   ○   ○   ○
am_nhac                ○   ○   ○   ○   ○
mi_thuat               ○   ○   ○   ○   ○
hoat_dong_trai_nghiem  ○   ○   ○   ○   ○
tieng_dan_toc          (○) (○) (○) (○) (○)
"""
CELLS: Final = [
    (code, grade, sign)
    for code, *signs in (line.split() for line in TABLE.strip().splitlines())
    for grade, sign in enumerate(signs, 1)
]
NOTHING: Final = None
LEVEL: Final = SubjectEntry(SubjectLevel.VERY_GOOD)
BOTH: Final = SubjectEntry(SubjectLevel.COMPLETED, 7)
EXPECTED: Final[dict[str, dict[SubjectEntry | None, list[FindingCode]]]] = {
    "●": {NOTHING: [FindingCode.LEVEL_MISSING, FindingCode.MARK_MISSING], LEVEL: [FindingCode.MARK_MISSING], BOTH: []},
    "○": {NOTHING: [FindingCode.LEVEL_MISSING], LEVEL: [], BOTH: [FindingCode.MARK_NOT_ALLOWED_HERE]},
    "()": {NOTHING: [], LEVEL: [], BOTH: [FindingCode.MARK_NOT_ALLOWED_HERE]},
    "(○)": {NOTHING: [], LEVEL: [], BOTH: []},
    "-": {NOTHING: [], LEVEL: [FindingCode.SUBJECT_NOT_TAUGHT], BOTH: [FindingCode.SUBJECT_NOT_TAUGHT]},
}


def codes(findings: object) -> list[FindingCode]:
    return [found.code for found in findings]  # type: ignore[attr-defined]


def about(findings: object, stem: str) -> list[Finding]:
    return [found for found in findings if found.field.startswith(f"{stem}.")]  # type: ignore[attr-defined]


def test_the_table_names_every_subject_in_the_printed_order() -> None:
    assert [line.split()[0] for line in TABLE.strip().splitlines()] == [subject.code for subject in SUBJECTS]


@pytest.mark.parametrize(("code", "grade", "sign"), CELLS)
@pytest.mark.parametrize("entry", [NOTHING, LEVEL, BOTH], ids=["nothing", "level", "level and mark"])
def test_presence_and_marks(code: str, grade: int, sign: str, entry: SubjectEntry | None) -> None:
    found = about(rules.check_subjects(grade, {code: entry} if entry else {}), f"subjects.{code}")
    assert codes(found) == EXPECTED[sign][entry]
    assert all(each.severity is Severity.ERROR for each in found)


def test_a_mark_without_level_misses_its_level() -> None:
    found = about(rules.check_subjects(4, {"toan": SubjectEntry(score=8)}), "subjects.toan")
    assert [(each.field, each.code) for each in found] == [("subjects.toan.level", FindingCode.LEVEL_MISSING)]


def test_nothing_is_added_to_a_path_that_has_an_error() -> None:
    found = rules.check_subjects(4, {"toan": SubjectEntry(SubjectLevel.COMPLETED)}, {"subjects.toan.score"})
    assert not about(found, "subjects.toan")


@pytest.mark.parametrize("record", booklet(), ids=lambda record: f"grade {record.grade}")
def test_a_faultless_record_of_each_grade_has_no_errors(record: YearContent) -> None:
    assert not [found for found in rules.check(record) if found.severity is Severity.ERROR]


SCORES: Final = [
    ([9, 10], "T", "T", OverallResult.EXCELLENT),
    ([9, 8], "T", "T", OverallResult.VERY_GOOD),
    ([7, 7], "T", "T", OverallResult.VERY_GOOD),
    ([7, 6], "T", "T", OverallResult.COMPLETED),
    ([10, 10], "H", "T", OverallResult.COMPLETED),
    ([10, 10], "T", "Đ", OverallResult.COMPLETED),
    ([5, 5], "H", "Đ", OverallResult.COMPLETED),
    ([5, 4], "T", "T", OverallResult.NOT_COMPLETED),
    ([10, 10], "C", "T", OverallResult.NOT_COMPLETED),
    ([10, 10], "T", "C", OverallResult.NOT_COMPLETED),
]


@pytest.mark.parametrize(("scores", "level", "trait", "expected"), SCORES)
def test_overall_result(scores: list[int], level: str, trait: str, expected: OverallResult) -> None:
    subjects = {str(score): SubjectResult(SubjectLevel.VERY_GOOD, score) for score in scores}
    subjects["dao_duc"] = SubjectResult(SubjectLevel(level))
    assert rules.overall_result(subjects, {"nhan_ai": TraitResult(TraitLevel(trait))}) is expected


def test_the_teachers_result_is_only_warned_about() -> None:
    record = year_record(4, overall_result=OverallResult.NOT_COMPLETED, programme_completed=False, awards=())
    found = [each for each in rules.check(record) if each.field == "overall_result"]
    assert [(each.code, each.severity) for each in found] == [(FindingCode.RESULT_DISAGREES, Severity.WARNING)]


RESULT_WARNINGS: Final = {
    FindingCode.AWARD_DISAGREES: {"awards": ("Học sinh xuất sắc trong học tập",)},
    FindingCode.COMPLETION_DISAGREES: {"programme_completed": False, "programme_completed_text": None},
    FindingCode.COMPLETION_OTHER_GRADE: {"programme_completed_text": "Hoàn thành chương trình lớp 3"},
    FindingCode.PROMOTION_MISSING: {"promoted": None},
    FindingCode.PROMOTION_DISAGREES: {"promoted": False},
}


@pytest.mark.parametrize("code", RESULT_WARNINGS)
def test_decisions_that_do_not_fit_are_warned_about(code: FindingCode) -> None:
    clean = year_record(4, qualities=_good(QUALITIES), competences=_good(COMPETENCES))
    assert code not in codes(rules.check(clean))
    found = rules.check(replace(clean, **RESULT_WARNINGS[code]))  # type: ignore[arg-type]
    assert code in codes(found)
    assert all(each.severity is Severity.WARNING for each in found)


def test_a_head_may_promote_who_did_not_complete() -> None:
    record = year_record(
        4, overall_result=OverallResult.NOT_COMPLETED, programme_completed=False, promoted=True, awards=()
    )
    assert FindingCode.PROMOTION_BY_HEAD in codes(rules.check(record))


def test_missing_traits_are_warnings_and_follow_the_grade() -> None:
    for grade, absent in ((1, 12), (2, 12), (3, 14), (4, 15), (5, 15)):
        found = rules.check(year_record(grade, qualities={}, competences={}))
        assert codes(found).count(FindingCode.TRAIT_MISSING) == absent


def test_the_identifier_against_gender_and_birth() -> None:
    girl = Gender.FEMALE, date(2015, 2, 8)
    assert not list(rules.check_personal_id("087315001234", *girl))
    assert codes(rules.check_personal_id("087215001234", *girl)) == [FindingCode.PERSONAL_ID_DISAGREES]
    assert codes(rules.check_personal_id("087316001234", *girl)) == [FindingCode.PERSONAL_ID_DISAGREES]
    assert not list(rules.check_personal_id("087099001234", Gender.MALE, date(1999, 1, 1)))


AGES: Final = [(2019, True, False), (2020, True, True), (2018, True, False), (2016, True, False), (2015, True, True)]


@pytest.mark.parametrize(
    ("year", "possible", "warned"), [*AGES, (2009, True, True), (2008, False, True), (2022, False, True)]
)
def test_age_in_grade_one_of_2025(year: int, possible: bool, warned: bool) -> None:
    born = date(year, 6, 1)
    assert rules.is_possible_age(born, 1, "2025-2026") is possible
    assert bool(list(rules.check_age(born, 1, "2025-2026"))) is warned


@pytest.mark.parametrize(
    ("name", "grade"), [("4A1", 4), ("1/1", 1), ("5Đ", 5), ("6A", None), ("10A", None), ("", None), ("A4", None)]
)
def test_grade_of_a_class_name(name: str, grade: int | None) -> None:
    assert rules.grade_of_class(name) == grade


def test_a_packet_names_both_rows_of_each_duplicate() -> None:
    one = PupilIdentity("087315001234", "8712345678", "Lê Ánh", date(2015, 1, 1))
    same_id = PupilIdentity("087315001234", None, "Lê Bình", date(2015, 1, 2))
    same_code = PupilIdentity(None, "8712345678", "Lê Chi", None)
    namesake = PupilIdentity(None, None, "LÊ ÁNH", date(2015, 1, 1))
    nobody = PupilIdentity()
    found = rules.check_packet([(9, one), (10, same_id), (11, same_code), (12, namesake), (13, nobody), (14, nobody)])
    assert [codes(each) for each in found] == [
        [FindingCode.DUPLICATE_PERSONAL_ID, FindingCode.DUPLICATE_STUDENT_CODE, FindingCode.POSSIBLE_DUPLICATE],
        [FindingCode.DUPLICATE_PERSONAL_ID],
        [FindingCode.DUPLICATE_STUDENT_CODE],
        [FindingCode.POSSIBLE_DUPLICATE],
        [],
        [],
    ]
    assert "dòng 10" in found[0][0].message


def _good(catalogue: object) -> dict[str, TraitResult]:
    return {trait.code: TraitResult(TraitLevel.GOOD) for trait in catalogue}  # type: ignore[attr-defined]
