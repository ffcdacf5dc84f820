"""Cells as real exports hold them -> values, or the finding that says what is wrong (domain §8.8)."""

from datetime import date, datetime
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.record import values
from verify.record.findings import FindingCode
from verify.record.text import clean, clean_lines, fold, is_placeholder
from verify.record.values import Cell, Fault, tidy

CELLS: Final = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
)
READERS: Final = (
    values.text_of,
    values.number_of,
    values.mark_of,
    values.date_of,
    values.personal_id_of,
    values.student_code_of,
    values.days_of,
    values.measure_of,
    values.completed_of,
    values.promoted_of,
    values.shown,
    values.is_cell_error,
)


@given(CELLS)
@settings(deadline=None)
def test_no_cell_makes_a_reader_raise(cell: Cell) -> None:
    for read in READERS:
        read(tidy(cell))


@pytest.mark.parametrize("cell", [8, 8.0, "8", "8,0", "8.0", " 8 ", "\u200b8"])
def test_marks(cell: Cell) -> None:
    assert values.mark_of(tidy(cell)) == 8


BAD_MARKS: Final = {
    "mười": FindingCode.MARK_NOT_A_NUMBER,
    "8/10": FindingCode.MARK_NOT_A_NUMBER,
    True: FindingCode.MARK_NOT_A_NUMBER,
    date(2025, 8, 1): FindingCode.MARK_NOT_A_NUMBER,
    8.5: FindingCode.MARK_NOT_WHOLE,
    "7,25": FindingCode.MARK_NOT_WHOLE,
    11: FindingCode.MARK_OUT_OF_RANGE,
    0: FindingCode.MARK_OUT_OF_RANGE,
    -5: FindingCode.MARK_OUT_OF_RANGE,
    "80": FindingCode.MARK_OUT_OF_RANGE,
}


@pytest.mark.parametrize(("cell", "code"), BAD_MARKS.items(), ids=str)
def test_marks_that_are_none(cell: Cell, code: FindingCode) -> None:
    found = values.mark_of(tidy(cell))
    assert isinstance(found, Fault)
    assert found.code is code


@pytest.mark.parametrize(
    "cell",
    [
        date(2016, 8, 28),
        datetime(2016, 8, 28, 13, 5),  # noqa: DTZ001 - a spreadsheet has no zone
        42610,
        42610.0,
        "28/08/2016",
        "28/8/2016",
        "28-08-2016",
        "28.08.2016",
        "2016-08-28",
        "2016-08-28 00:00:00",
        "ngày 28 tháng 8 năm 2016",
        "\u200e28/08/2016",
    ],
)
def test_dates(cell: Cell) -> None:
    assert values.date_of(tidy(cell)) == date(2016, 8, 28)


@pytest.mark.parametrize(
    "cell", ["31/02/2016", "28/08/16", "2016", "28082016", "08/28/2016", 42610.5, True, -3, "hôm qua"]
)
def test_dates_that_are_none(cell: Cell) -> None:
    found = values.date_of(tidy(cell))
    assert isinstance(found, Fault)


@pytest.mark.parametrize(
    "cell", ["087216888468", " 087216888468", "'087216888468", "087 216 888 468", "\u202a087216888468"]
)
def test_identifiers(cell: Cell) -> None:
    assert values.personal_id_of(tidy(cell)) == ("087216888468", False)


def test_only_a_numeric_identifier_gets_its_zero_back() -> None:
    assert values.personal_id_of(tidy(87216888468.0)) == ("087216888468", True)
    assert values.personal_id_of(tidy(387216888468.0)) == ("387216888468", False)
    found, padded = values.personal_id_of(tidy("87216888468"))
    assert isinstance(found, Fault)
    assert (found.code, found.shown, padded) == (FindingCode.PERSONAL_ID_WRONG_LENGTH, "11", False)


@pytest.mark.parametrize("cell", ["8,7216E+10", "08721688846O", "không rõ", True, 8.5])
def test_identifiers_that_are_none(cell: Cell) -> None:
    found, _padded = values.personal_id_of(tidy(cell))
    assert isinstance(found, Fault)
    assert found.code is FindingCode.PERSONAL_ID_NOT_DIGITS


@pytest.mark.parametrize(
    ("cell", "text"),
    [(132.5, "132.5"), ("132,50 cm", "132.5"), (28, "28"), ("28 kg", "28"), (100, "100"), ("27.333", "27.33")],
)
def test_measures(cell: Cell, text: str) -> None:
    assert values.measure_of(tidy(cell)) == text


@pytest.mark.parametrize("cell", ["", " ", "-", "--", "…"[:0], "\u00a0", "\u200b", "/", "–"])
def test_cells_that_say_nothing(cell: str) -> None:
    assert tidy(cell) is None


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        ("Hoàn thành chương trình lớp 4", True),
        ("HTCTTH", True),
        ("x", True),
        (True, True),
        (1, True),
        ("Chưa hoàn thành", False),
        ("CHT", False),
        ("không", False),
        ("?", None),
    ],
)
def test_completion(text: Cell, completed: bool | None) -> None:
    assert values.completed_of(tidy(text)) is completed


@pytest.mark.parametrize(
    ("text", "promoted"),
    [
        ("Được lên lớp", True),
        ("Lên lớp 5", True),
        ("Ở lại lớp", False),
        ("Không được lên lớp", False),
        ("lưu ban", False),
        ("?", None),
    ],
)
def test_promotion(text: Cell, promoted: bool | None) -> None:
    assert values.promoted_of(tidy(text)) is promoted


def test_clean_makes_text_fit_to_be_signed() -> None:
    assert clean("Nguye\u0302\u0303n\u00a0\u200bAn_x000D_ \r\n B\ud800") == "Nguyễn An B"
    assert clean_lines("một\n\n  hai\u2028ba") == ("một", "hai", "ba")
    assert is_placeholder(clean(" – "))


@given(st.text())
@settings(deadline=None)
def test_clean_text_stays_as_it_is(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Đạo đức", "ĐẠO ĐỨC"),
        ("Đạt", "Ðạt"),
        ("Mĩ thuật", "mĩ  thuật"),
        ("TN&XH", "tn xh"),
        ("Họ và tên (*)", "họ và tên"),
        ("Tiếng", "Tie\u0302\u0301ng"),
    ],
)
def test_fold_sees_the_same_word(one: str, other: str) -> None:
    assert fold(one) == fold(other)
