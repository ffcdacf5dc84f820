"""The whole record: every section of TT 27/2020 of every year, for who may read it."""

from collections.abc import Iterator
from dataclasses import astuple
from datetime import UTC, datetime

import pytest

from portal.presenters.record import RecordPage, present_record
from portal.services.lookup import SignatureView, TranscriptView, YearView
from tests.factories import LOOKUP_CODE, issuing_school, year_record
from verify.record.model import SubjectResult, TraitResult, YearRecord
from verify.record.vocabulary import SubjectLevel, TraitLevel

NOW = datetime(2026, 7, 2, 7, 5, tzinfo=UTC)
SCHOOL = "Trường Tiểu học Mẫu số 1"
SIGNATURES = (SignatureView("head", "Lê Quốc Đĩnh", NOW, NOW), SignatureView("school_seal", SCHOOL, NOW, NOW))


def view(*years: YearRecord, state: str = "locked") -> TranscriptView:
    locked = state == "locked"
    return TranscriptView(
        7,
        LOOKUP_CODE,
        SCHOOL,
        tuple(
            YearView(record, record.version, state, NOW if locked else None, SIGNATURES, 17 if locked else None)
            for record in years
        ),
    )


def texts(value: object) -> Iterator[str]:
    if isinstance(value, tuple):
        for part in value:
            yield from texts(part)
    elif isinstance(value, str):
        yield value


def said(page: RecordPage) -> set[str]:
    return set(texts(astuple(page)))


@pytest.mark.parametrize("grade", [1, 2, 3, 4, 5])
def test_every_value_of_the_record_is_shown(grade: int) -> None:
    record = year_record(grade, guardian="Đỗ Văn Hộ", lifelong_record_code="HS-1")
    page = present_record(view(record))
    shown = said(page)
    wanted = {
        *(getattr(record, name) for name in ("full_name", "ethnicity", "nationality", "birth_place", "home_town")),
        *(getattr(record, name) for name in ("address", "father", "mother", "guardian", "lifelong_record_code")),
        *(record.personal_id, record.moet_student_code, record.homeroom_teacher, record.programme_completed_text),
        *(result.comment for result in record.subjects.values()),
        *(str(result.score) for result in record.subjects.values() if result.score is not None),
        *(result.comment for result in record.qualities.values()),
        *(result.comment for result in record.competences.values()),
        *record.awards,
        "08/02/2015",
        "132,5 cm",
        "28 kg",
        record.overall_result.value,
        record.issuing_school.head_name,
    }
    assert not {each for each in wanted if each} - shown
    year = page.years[0]
    assert len(year.subjects) == len(record.subjects)
    assert len(year.qualities) == 5
    assert len(year.general_competences) == 3
    assert len(year.general_competences) + len(year.specific_competences) == len(record.competences)
    assert len(page.history) == grade


def test_the_same_letter_means_two_things() -> None:
    record = year_record(
        4,
        subjects={"toan": SubjectResult(SubjectLevel.NOT_COMPLETED, 3)},
        qualities={"nhan_ai": TraitResult(TraitLevel.NEEDS_EFFORT)},
    )
    year = present_record(view(record)).years[0]
    assert (year.subjects[0].level, year.subjects[0].level_words) == ("C", "Chưa hoàn thành")
    assert (year.qualities[0].level, year.qualities[0].level_words) == ("C", "Cần cố gắng")


def test_rows_beyond_the_catalogue_are_shown_under_their_own_names() -> None:
    record = year_record(
        4,
        subjects={"bơi lội": SubjectResult(SubjectLevel.COMPLETED), "toan": SubjectResult(SubjectLevel.COMPLETED, 6)},
        competences={"x1": TraitResult(TraitLevel.GOOD, label="Năng lực số")},
    )
    year = present_record(view(record)).years[0]
    assert [row.label for row in year.subjects] == ["Toán", "bơi lội"]
    assert [row.label for row in year.specific_competences] == ["Năng lực số"]


def test_what_a_pupil_has_not_stays_empty_and_says_why() -> None:
    record = year_record(
        1, personal_id=None, personal_id_absent_reason="chưa được cấp", height_cm=None, days_absent_with_leave=None
    )
    page = present_record(view(record))
    assert "Chưa có (chưa được cấp)" in said(page)
    assert {entry.value for entry in page.years[0].general if entry.label in ("Chiều cao", "Số ngày nghỉ có phép")} == {
        ""
    }


def test_a_deputy_signs_on_two_lines() -> None:
    record = year_record(issuing_school=issuing_school(head_title="KT. HIỆU TRƯỞNG / PHÓ HIỆU TRƯỞNG"))
    assert present_record(view(record)).years[0].head_title == ("KT. HIỆU TRƯỞNG", "PHÓ HIỆU TRƯỞNG")


def test_who_signed_when_and_where_it_is_logged() -> None:
    year = present_record(view(year_record())).years[0]
    assert [row.role for row in year.signatures] == ["Người đứng đầu nhà trường", "Con dấu số của nhà trường"]
    assert (year.effective_at, year.log_index, year.locked) == (NOW, 17, True)


def test_before_the_lock_there_is_a_preview_and_no_booklet() -> None:
    page = present_record(view(year_record(), state="accepted"))
    assert page.booklet is None
    assert not page.years[0].locked
    assert page.years[0].pdf == f"/hoc-ba/{LOOKUP_CODE}/2024-2025.pdf"


def test_a_booklet_of_several_years_says_civil_data_as_the_newest_year_does() -> None:
    newest = year_record(5, address="Ấp Mới")
    page = present_record(view(newest, year_record(4)))
    assert page.booklet == f"/hoc-ba/{LOOKUP_CODE}/ca-cuon.pdf"
    assert "Ấp Mới" in said(page)
    assert [year.grade for year in page.years] == [5, 4]
