"""A row of cells becomes typed content, or names each fault at its field; no cell makes it raise."""

import time
from datetime import date
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.verify.record.cells import context, found, good_cells, read
from tests.verify.record.test_values import CELLS
from verify.record.codec import from_bytes, to_bytes
from verify.record.model import StudyHistoryRow, SubjectResult, TraitResult
from verify.record.reading import read_row
from verify.record.row_person import ID_ABSENT_REASON, same_class, same_school
from verify.record.values import Cell
from verify.record.vocabulary import Gender, OverallResult, SubjectLevel, TraitLevel

PATHS: Final = (
    *good_cells(),
    "subjects.khoa_hoc.comment",
    "subjects.tu_nhien_xa_hoi.level",
    "subjects.tieng_dan_toc.score",
    "qualities.yeu_nuoc.comment",
    "competences.so.level",
    "competences.so.label",
    "study_history.0.school_year",
    "study_history.0.class_name",
    "study_history.0.school",
    "study_history.0.entry_date",
    "study_history.12.school",
    "awards",
    "address",
    "class_name",
    "grade",
    "school_year",
    "school",
    "issue_date",
    "homeroom_teacher",
    "personal_id_absent_reason",
    "subjects.toan.rank",
    "study_history.x.school",
    "",
)
LIKELY: Final = st.sampled_from(
    (
        "T",
        "H",
        "C",
        "Đ",
        "D",
        "X",
        "T 9",
        "H-12",
        "9",
        "8,0",
        "Nam",
        "nữ",
        "31/02/2016",
        "28/08/2016",
        "#REF!",
        "=?",
        "x",
        "087216888468",
        "Hoàn thành",
        "Chưa hoàn thành",
        "4A1",
        "2025-2026",
        "2024 - 2025",
        "a; b\nc",
        "-",
        "chưa có",
    )
)


@given(st.dictionaries(st.sampled_from(PATHS) | st.text(max_size=9), CELLS | LIKELY, max_size=12), st.integers(1, 5))
@settings(deadline=None)
def test_no_cell_makes_it_raise(changes: dict[str, Cell], grade: int) -> None:
    outcome = read_row({**good_cells(grade), **changes}, context(grade))
    assert (outcome.content is None) is any(each.severity.value == "error" for each in outcome.findings)
    if outcome.content is not None:
        record = outcome.content.under("3f2a9c1e7b4d4a6f8c0e5d1b2a3c4d5e")
        assert from_bytes(to_bytes(record)) == record


@given(st.dictionaries(st.text(max_size=20), CELLS, max_size=5))
@settings(deadline=None)
def test_a_row_of_anything_is_refused_not_raised(cells: dict[str, Cell]) -> None:
    assert read(cells).content is None


@pytest.mark.parametrize("grade", range(1, 6))
def test_a_faultless_row_of_each_grade(grade: int) -> None:
    outcome = read(good_cells(grade, promoted="Được lên lớp" if grade < 5 else None), grade)
    assert outcome.content is not None
    assert not outcome.findings
    assert outcome.content.grade == grade
    assert list(outcome.content.subjects)[:2] == ["tieng_viet", "toan"]


def test_what_a_row_becomes() -> None:
    content = read(
        good_cells(
            subjects__toan__comment="Tính  nhanh,\nchính xác",
            awards="Học sinh Xuất sắc;\n Khen đột xuất: nhặt của rơi \n",
            competences__so__level="Đ",
            competences__so__label="Năng lực số",
            study_history__1__school_year="2024-2025",
            study_history__1__class_name="3A1",
            study_history__1__school="Trường Tiểu học Mẫu số 2",
            study_history__1__entry_date="05/09/2024",
            study_history__0__school_year="2023-2024",
            study_history__0__class_name="2A1",
            study_history__0__school="Trường Tiểu học Mẫu số 2",
        )
    ).content
    assert content is not None
    assert (content.full_name, content.gender, content.birth_date) == (
        "Nguyễn Thị Ngọc Uyên",
        Gender.FEMALE,
        date(2016, 2, 8),
    )
    assert content.subjects["toan"] == SubjectResult(SubjectLevel.VERY_GOOD, 9, "Tính nhanh, chính xác")
    assert content.competences["so"] == TraitResult(TraitLevel.REACHED, None, "Năng lực số")
    assert content.awards == ("Học sinh Xuất sắc", "Khen đột xuất: nhặt của rơi")
    assert content.study_history == (
        StudyHistoryRow("2023-2024", "2A1", "Trường Tiểu học Mẫu số 2"),
        StudyHistoryRow("2024-2025", "3A1", "Trường Tiểu học Mẫu số 2", None, date(2024, 9, 5)),
    )
    assert (content.height_cm, content.weight_kg, content.days_absent_with_leave) == ("132.5", "28", 2)
    assert (content.programme_completed, content.programme_completed_text) == (True, "Hoàn thành chương trình lớp 4")
    assert (content.promoted, content.promoted_text) == (True, "Được lên lớp")
    assert (content.homeroom_teacher, content.issue_date, content.sample) == (
        "Trần Thị Bích Vẹn",
        date(2026, 5, 29),
        True,
    )
    assert content.address is None


ERRORS: Final[dict[str, tuple[dict[str, Cell], str, str]]] = {
    "no name": ({"full_name": None}, "full_name", "name_missing"),
    "a name of digits": ({"full_name": 12.0}, "full_name", "text_expected"),
    "a name of 300 letters": ({"full_name": "a" * 300}, "full_name", "text_too_long"),
    "a formula's error as name": ({"full_name": "#N/A"}, "full_name", "cell_is_error"),
    "a formula without value": ({"overall_result": "=?"}, "overall_result", "cell_is_error"),
    "no birth date": ({"birth_date": None}, "birth_date", "birth_date_missing"),
    "31 February": ({"birth_date": "31/02/2016"}, "birth_date", "birth_date_impossible"),
    "two-digit year": ({"birth_date": "08/02/16"}, "birth_date", "birth_date_impossible"),
    "born after the school year": ({"birth_date": "08/02/2027"}, "birth_date", "birth_date_impossible"),
    "a grandmother": ({"birth_date": "08/02/1956"}, "birth_date", "birth_date_impossible"),
    "no gender": ({"gender": None}, "gender", "gender_missing"),
    "an unknown gender": ({"gender": "1"}, "gender", "gender_not_allowed"),
    "eleven digits as text": ({"personal_id": "87316001234"}, "personal_id", "personal_id_wrong_length"),
    "letters in the identifier": ({"personal_id": "08731600123O"}, "personal_id", "personal_id_not_digits"),
    "another class": ({"class_name": "4A2"}, "class_name", "class_disagrees"),
    "Đ is not D": ({"class_name": "4Đ"}, "class_name", "class_disagrees"),
    "a class that became a date": ({"class_name": date(2025, 1, 4)}, "class_name", "text_expected"),
    "another school year": ({"school_year": "2024-2025"}, "school_year", "school_year_disagrees"),
    "an unknown level": ({"subjects.toan.level": "X"}, "subjects.toan.level", "level_not_allowed"),
    "a level of traits": ({"subjects.toan.level": "Đ"}, "subjects.toan.level", "level_not_allowed"),
    "a level of subjects": ({"qualities.nhan_ai.level": "H"}, "qualities.nhan_ai.level", "level_not_allowed"),
    "no level": ({"subjects.toan.level": None}, "subjects.toan.level", "level_missing"),
    "a comment without level": (
        {"qualities.nhan_ai.level": None, "qualities.nhan_ai.comment": "Ngoan"},
        "qualities.nhan_ai.level",
        "level_missing",
    ),
    "no mark": ({"subjects.toan.score": None}, "subjects.toan.score", "mark_missing"),
    "mark 11": ({"subjects.toan.score": 11.0}, "subjects.toan.score", "mark_out_of_range"),
    "mark 8,5": ({"subjects.toan.score": "8,5"}, "subjects.toan.score", "mark_not_whole"),
    "mark in words": ({"subjects.toan.score": "tám"}, "subjects.toan.score", "mark_not_a_number"),
    "mark where none is allowed": ({"subjects.dao_duc.score": 9.0}, "subjects.dao_duc.score", "mark_not_allowed_here"),
    "mark beside the level": ({"subjects.dao_duc.level": "T 9"}, "subjects.dao_duc.score", "mark_not_allowed_here"),
    "two marks": ({"subjects.toan.level": "T (8)"}, "subjects.toan.score", "marks_disagree"),
    "a subject of other grades": (
        {"subjects.tu_nhien_xa_hoi.level": "T"},
        "subjects.tu_nhien_xa_hoi.level",
        "subject_not_taught",
    ),
    "a bad mark of another grade's subject": (
        {"subjects.tu_nhien_xa_hoi.score": 99.0},
        "subjects.tu_nhien_xa_hoi.level",
        "subject_not_taught",
    ),
    "no result": ({"overall_result": None}, "overall_result", "result_missing"),
    "an unknown result": ({"overall_result": "Giỏi"}, "overall_result", "result_not_allowed"),
    "completion unread": ({"programme_completed": "?"}, "programme_completed", "completion_not_read"),
    "promotion unread": ({"promoted": "?"}, "promoted", "promotion_not_read"),
    "height in words": ({"height_cm": "cao"}, "height_cm", "measure_not_read"),
    "half a day": ({"days_absent_with_leave": 0.5}, "days_absent_with_leave", "days_not_read"),
    "no such day": ({"issue_date": "31/04/2026"}, "issue_date", "date_not_read"),
    "half a history": ({"study_history.0.school": "Trường Mẫu"}, "study_history.0", "history_incomplete"),
    "a comment too long": ({"subjects.toan.comment": "a" * 2001}, "subjects.toan.comment", "text_too_long"),
    "awards too long": ({"awards": "a" * 1500 + ";" + "b" * 600}, "awards", "text_too_long"),
    "a row too long": ({f"qualities.x{n}.comment": "a" * 2000 for n in range(30)}, "", "text_too_long"),
}  # fmt: skip


@pytest.mark.parametrize("defect", ERRORS)
def test_error(defect: str) -> None:
    changes, field, code = ERRORS[defect]
    cells = {path: cell for path, cell in (good_cells() | changes).items() if cell is not None}
    outcome = read(cells)
    assert outcome.content is None
    errors = {(each.field, each.code.value) for each in outcome.findings if each.severity.value == "error"}
    assert (field, code) in errors
    assert len(errors) == 1 or defect == "a row too long"


WARNINGS: Final[dict[str, tuple[dict[str, Cell], str, str]]] = {
    "old fonts": ({"full_name": "NguyÔn ThÞ"}, "full_name", "name_unusual"),
    "Icelandic eth": ({"full_name": "Ðỗ Thị Lan"}, "full_name", "name_unusual"),
    "too old": ({"birth_date": "08/02/2011", "personal_id": "087311001234"}, "birth_date", "age_unusual"),
    "no identifier": ({"personal_id": None}, "personal_id", "personal_id_absent"),
    "no identifier, in words": ({"personal_id": "Chưa có"}, "personal_id", "personal_id_absent"),
    "identifier lost its zero": ({"personal_id": 87316001234.0}, "personal_id", "personal_id_padded"),
    "identifier of a boy": ({"personal_id": "087216001234"}, "personal_id", "personal_id_disagrees"),
    "a code of nine digits": ({"moet_student_code": "871234567"}, "moet_student_code", "student_code_not_usable"),
    "another grade": ({"grade": "Khối 3"}, "grade", "grade_disagrees"),
    "another school": ({"school": "TH Mẫu số 2"}, "school", "school_name_differs"),
    "a trait missing": ({"qualities.nhan_ai.level": None}, "qualities.nhan_ai.level", "trait_missing"),
    "another result": ({"overall_result": "Hoàn thành tốt"}, "overall_result", "result_disagrees"),
    "completion derived": ({"programme_completed": None}, "programme_completed", "completion_derived"),
    "completion of another grade": (
        {"programme_completed": "Hoàn thành chương trình lớp 3"},
        "programme_completed",
        "completion_other_grade",
    ),
    "promotion missing": ({"promoted": None}, "promoted", "promotion_missing"),
    "height in metres": ({"height_cm": "1,32"}, "height_cm", "measure_unusual"),
    "a path of nobody": ({"subjects.toan.rank": 1.0}, "subjects.toan.rank", "field_unknown"),
}


@pytest.mark.parametrize("doubt", WARNINGS)
def test_warning(doubt: str) -> None:
    changes, field, code = WARNINGS[doubt]
    cells = {path: cell for path, cell in (good_cells() | changes).items() if cell is not None}
    outcome = read(cells)
    assert outcome.content is not None
    assert found(outcome) == {(field, code, "warning")}


@pytest.mark.parametrize(
    ("cell", "mark"), [("T 9", 9), ("T9", 9), ("t-9", 9), ("T (9)", 9), ("Hoàn thành tốt: 9", 9), ("T/9", 9)]
)
def test_level_and_mark_in_one_cell(cell: str, mark: int) -> None:
    content = read(good_cells(subjects__toan__level=cell, subjects__toan__score=None)).content
    assert content is not None
    assert content.subjects["toan"] == SubjectResult(SubjectLevel.VERY_GOOD, mark)


def test_the_same_mark_twice_is_no_fault() -> None:
    assert not read(good_cells(subjects__toan__level="T 9")).findings


@pytest.mark.parametrize("spelling", ["D", "Đ", "đ", "Ð", "Đạt", "dat", "ĐẠT"])
def test_spellings_of_a_trait_level(spelling: str) -> None:
    content = read(good_cells(qualities__nhan_ai__level=spelling, overall_result="Hoàn thành")).content
    assert content is not None
    assert content.qualities["nhan_ai"].level is TraitLevel.REACHED


@pytest.mark.parametrize(("completed", "promoted"), [("x", "x"), (True, True), (1.0, 1.0)])
def test_ticks_leave_no_text(completed: Cell, promoted: Cell) -> None:
    content = read(good_cells(programme_completed=completed, promoted=promoted)).content
    assert content is not None
    assert (content.programme_completed, content.programme_completed_text) == (True, None)
    assert (content.promoted, content.promoted_text) == (True, None)


def test_completion_is_derived_from_the_result() -> None:
    cells = good_cells(overall_result="Chưa hoàn thành", programme_completed=None, promoted="Ở lại lớp")
    content = read(cells).content
    assert content is not None
    assert content.overall_result is OverallResult.NOT_COMPLETED
    assert content.programme_completed is False


def test_the_reason_for_a_missing_identifier() -> None:
    silent = read(good_cells(personal_id=None)).content
    spoken = read(good_cells(personal_id="Chưa có (sinh ở nước ngoài)")).content
    column = read(good_cells(personal_id=None, personal_id_absent_reason="Đang làm thủ tục")).content
    assert silent is not None
    assert spoken is not None
    assert column is not None
    assert silent.personal_id_absent_reason == ID_ABSENT_REASON
    assert spoken.personal_id_absent_reason == "Chưa có (sinh ở nước ngoài)"
    assert column.personal_id_absent_reason == "Đang làm thủ tục"


def test_class_from_the_row_where_the_title_is_silent() -> None:
    content = read(good_cells(class_name="Lớp 4/2"), class_name=None).content
    assert content is not None
    assert content.class_name == "4/2"
    assert ("class_name", "class_missing", "error") in found(read(good_cells(), class_name=None))


def test_the_cells_of_a_row_stand_before_the_settings() -> None:
    content = read(good_cells(homeroom_teacher="Lê Thị Mẫu", issue_date="30/05/2026", issue_place="Mẫu")).content
    assert content is not None
    assert (content.homeroom_teacher, content.issue_date, content.issue_place) == (
        "Lê Thị Mẫu",
        date(2026, 5, 30),
        "Mẫu",
    )


def test_identity_of_a_refused_row() -> None:
    outcome = read(good_cells(gender="?"))
    assert outcome.content is None
    assert outcome.identity.personal_id == "087316001234"
    assert outcome.identity.birth_date == date(2016, 2, 8)


@pytest.mark.parametrize(
    ("one", "other", "same"), [("4A1", "4a1", True), ("1/1", "1-1", True), ("5Đ", "5Ð", True), ("5Đ", "5D", False)]
)
def test_same_class(one: str, other: str, same: bool) -> None:
    assert same_class(one, other) is same


@pytest.mark.parametrize(
    "other", ["TRƯỜNG TIỂU HỌC MẪU SỐ 1", "Tiểu học Mẫu số 1", "TH Mẫu số 1", "Trường TH Mẫu số 1"]
)
def test_same_school(other: str) -> None:
    assert same_school("Trường Tiểu học Mẫu số 1", other)
    assert not same_school("Trường Tiểu học Mẫu số 2", other)


def test_findings_quote_little_of_a_childs_comment() -> None:
    outcome = read(good_cells(subjects__toan__level="Em học rất tốt " * 40))
    message = next(each.message for each in outcome.findings)
    assert len(message) < 250


def test_a_class_of_rows_is_judged_fast() -> None:
    cells = good_cells()
    began = time.process_time()
    for _pupil in range(40):
        read(cells)
    assert time.process_time() - began < 0.5
