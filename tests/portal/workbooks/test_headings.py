"""The alias table is sound, and every closed word of the record is in it."""

from itertools import combinations
from typing import Final

import pytest

from portal.workbooks.headings import HEADINGS, Meaning, is_closing_line, meaning_of
from verify.record.labels import FIELD_LABELS
from verify.record.row_rest import CIVIL_TEXTS
from verify.record.text import fold
from verify.record.vocabulary import COMPETENCES, QUALITIES, SUBJECTS

# Headings that steer the reading and are no field of the record.
HELPERS: Final = {"number", "subject_name", "family_name", "given_name", "female_mark", "identifier"}


def test_a_spelling_stands_in_one_place_only() -> None:
    subjects, qualities, competences = (
        set(HEADINGS.sections[name]) for name in ("subjects", "qualities", "competences")
    )
    places = [
        set(HEADINGS.fields),
        set(HEADINGS.parts),
        set(HEADINGS.groups),
        set(HEADINGS.ignored),
        set(HEADINGS.earlier),
    ]
    for one, other in combinations([*places, subjects | qualities | competences], 2):
        assert not one & other
    assert not qualities & (subjects | competences)
    assert {HEADINGS.sections["subjects"][each] for each in subjects & competences} == {
        "khoa_hoc",
        "tin_hoc",
        "cong_nghe",
    }


def test_every_row_of_the_form_has_its_printed_name() -> None:
    for section, catalogue in (("subjects", SUBJECTS), ("qualities", QUALITIES), ("competences", COMPETENCES)):
        for item in catalogue:
            assert HEADINGS.sections[section][fold(item.label)] == item.code
        assert set(HEADINGS.sections[section].values()) == {item.code for item in catalogue}


def test_every_field_is_one_of_the_record() -> None:
    assert set(HEADINGS.fields.values()) - HELPERS <= set(FIELD_LABELS)
    assert set(CIVIL_TEXTS) <= set(HEADINGS.fields.values())


@pytest.mark.parametrize(
    ("stacked", "section", "name", "part"),
    [
        (("Điểm Toán",), "subjects", "toan", "score"),
        (("TV - Mức",), "subjects", "tieng_viet", "level"),
        (("Tin học và Công nghệ", "Công nghệ", "Điểm"), "subjects", "cong_nghe", "score"),
        (("TH-CN", "CN"), "subjects", "cong_nghe", ""),
        (("Nghệ thuật", "Mỹ thuật"), "subjects", "mi_thuat", ""),
        (("Năng lực đặc thù", "Khoa học"), "competences", "khoa_hoc", ""),
        (("Môn học và HĐGD", "Khoa học"), "subjects", "khoa_hoc", ""),
        (("NL Tin học",), "competences", "tin_hoc", ""),
        (("Phẩm chất", "Nhân ái", "Nhận xét"), "qualities", "nhan_ai", "comment"),
        (("Nhận xét", "Toán"), "subjects", "toan", "comment"),
        (("Số ngày nghỉ", "Có phép"), "", "days_absent_with_leave", ""),
        (("Thông tin học sinh", "Họ và tên"), "", "full_name", ""),
        (("Chiều cao (cm)",), "", "height_cm", ""),
        (("Hoàn thành chương trình lớp 3",), "", "programme_completed", ""),
        (("Học kì I", "Toán"), "", "ignored", ""),
    ],
)
def test_meaning(stacked: tuple[str, ...], section: str, name: str, part: str) -> None:
    found = meaning_of(stacked)
    assert found is not None
    assert (found.section, found.name, found.part) == (section, name, part)


@pytest.mark.parametrize(
    "text", ["Toán (GK1)", "Xếp hạng", "Tiếng Việt (Đọc)", "Tin học và Công nghệ", "", "T", "Toán 2"]
)
def test_unknown_headings_are_not_guessed(text: str) -> None:
    assert meaning_of((text,)) is None


def test_a_word_for_a_subject_and_a_competence_is_doubtful() -> None:
    assert meaning_of(("Khoa học",)) == Meaning("subjects", "khoa_hoc", doubtful=True)


@pytest.mark.parametrize(
    ("text", "closing"),
    [
        ("Tổng số: 34 học sinh", True),
        ("TỔNG CỘNG", True),
        ("Tống Cộng Hoà", False),
        ("Ngày 30/5", True),
        ("Lê Ngày", False),
    ],
)
def test_closing_lines(text: str, closing: bool) -> None:
    assert is_closing_line(text) is closing
