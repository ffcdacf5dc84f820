"""Defects of single cells, through a real XLSX file to the finding at pupil and field."""

import re
import unicodedata
from datetime import date
from typing import Final

import pytest

from tests.portal.workbooks.build import (
    TITLE,
    Formula,
    SheetPlan,
    class_file,
    codes,
    errors,
    first,
    grid,
    judged,
    pupil,
    with_part,
    workbook,
)
from verify.record.values import Cell

SHEET: Final = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize("value", [9, 9.0, "9", "9,0", "9.0", " 9 ", "\u200e9\u200f"])
def test_marks_as_exports_hold_them(value: object) -> None:
    row = first(class_file(pupil(1, {"Điểm Toán": value})))
    assert row.content is not None
    assert row.content.subjects["toan"].score == 9


DATES: Final = [
    date(2016, 8, 28),
    "28/08/2016",
    "28-8-2016",
    "2016-08-28",
    42610,
    42610.0,
    "\u202d28/08/2016\u202c",
    "28/08/2016\u00a0",
]


@pytest.mark.parametrize("value", DATES, ids=repr)
def test_dates_as_exports_hold_them(value: object) -> None:
    row = first(class_file(pupil(1, {"Ngày sinh": value})))
    assert row.content is not None
    assert row.content.birth_date == date(2016, 8, 28)


def test_a_date_cell_of_the_1904_calendar() -> None:
    plan = SheetPlan("A", [*TITLE, *grid([pupil(1, {"Ngày sinh": date(2016, 8, 28)})])])
    row = first(workbook(plan, date_1904=True))
    assert row.content is not None
    assert row.content.birth_date == date(2016, 8, 28)


@pytest.mark.parametrize(
    "value", ["31/02/2016", "28/08/16", "28/08/2027", date(1990, 1, 1), 3, True, "#VALUE!"], ids=repr
)
def test_dates_that_are_none(value: object) -> None:
    row = first(class_file(pupil(1, {"Ngày sinh": value})))
    assert row.content is None
    assert [field for field, _code in errors(row)] == ["birth_date"]


def test_identifiers() -> None:
    def of(value: Cell) -> tuple[str | None, list[str]]:
        row = first(class_file(pupil(1, {"Số ĐDCN": value})))
        return row.content.personal_id if row.content else None, codes(row.findings)

    assert of("087316001201") == ("087316001201", [])
    assert of(87316001201) == ("087316001201", ["personal_id_padded"])
    assert of(87316001201.0) == ("087316001201", ["personal_id_padded"])
    assert of("87316001201") == (None, ["personal_id_wrong_length"])
    assert of("'087316001201") == ("087316001201", [])
    assert of("087 316 001 201") == ("087316001201", [])
    assert of("8.73E+10") == (None, ["personal_id_not_digits"])
    assert of("") == (None, ["personal_id_absent"])


def test_a_numeric_identifier_of_twelve_digits() -> None:
    row = first(class_file(pupil(1, {"Số ĐDCN": 187316001201.0})))
    assert row.content is not None
    assert row.content.personal_id == "187316001201"


def test_codes_as_numbers_join_sheets_of_codes_as_text() -> None:
    plain = [pupil(1), pupil(2)]
    sheet: list[list[object]] = [["Mã HS", "Toán"], [8712345602, "Hai"], ["8712345601", "Một"]]
    data = workbook(SheetPlan("DS", [*TITLE, *grid(plain)]), SheetPlan("Nhận xét", sheet))
    comments = [row.content.subjects["toan"].comment for row in judged(data).rows if row.content]
    assert comments == ["Một", "Hai"]


def test_names_are_signed_composed_and_without_invisible_characters() -> None:
    name = "\u200fNguyễn\u00a0Thị  Ngọc\u200b Uyên\u202e "
    row = first(class_file(pupil(1, {"Họ và tên": unicodedata.normalize("NFD", name)})))
    assert row.content is not None
    assert row.content.full_name == unicodedata.normalize("NFC", "Nguyễn Thị Ngọc Uyên")
    assert not row.findings


def test_names_of_old_fonts_and_other_alphabets_are_warned_about() -> None:
    for name in ("NguyÔn ThÞ Hoa", "Ðỗ Thị Lan", "Nguyễn Thị Н"):
        assert codes(first(class_file(pupil(1, {"Họ và tên": name}))).findings) == ["name_unusual"]


@pytest.mark.parametrize(
    "text", ["=cmd|' /C calc'!A0", "+1+1", "@SUM(1)", '=HYPERLINK("http://x")', "<script>alert(1)</script>"]
)
def test_text_that_looks_like_a_command_is_text(text: str) -> None:
    row = first(class_file(pupil(1, {"Toán": "T", "Họ và tên": f"Nguyễn {text}"})))
    assert row.content is not None
    assert row.content.full_name == f"Nguyễn {text}"
    assert codes(row.findings) == ["name_unusual"]
    assert errors(first(class_file(pupil(1, {"Toán": text})))) == [("subjects.toan.level", "level_not_allowed")]


def test_a_formula_stands_for_its_value() -> None:
    row = first(class_file(pupil(1, {"Toán": Formula("=A1", "T"), "Điểm Toán": Formula("=4+5", 9)})))
    assert row.content is not None
    assert row.content.subjects["toan"].score == 9


@pytest.mark.parametrize("value", ["#REF!", "#DIV/0!", "#N/A", "#NAME?", "#VALUE!"])
def test_a_formulas_error_is_named(value: str) -> None:
    row = first(class_file(pupil(1, {"Điểm Toán": Formula("=1/0", value)})))
    assert errors(row) == [("subjects.toan.score", "cell_is_error")]
    assert value in row.findings[0].message


@pytest.mark.parametrize("value", [b"", b"<v></v>", b"<v/>"], ids=str)
def test_a_formula_that_was_never_computed_is_named(value: bytes) -> None:
    data = class_file(pupil(1, {"Điểm Toán": Formula("=4+5", 9)}))
    data = with_part(data, SHEET, lambda xml: re.sub(rb"(<f>4\+5</f>)<v>9</v>", rb"\1" + value, xml))
    assert errors(first(data)) == [("subjects.toan.score", "cell_is_error")]


def test_a_formula_that_gives_no_text_is_an_empty_cell() -> None:
    data = class_file(pupil(1, {"Khen thưởng": Formula('=""', "x")}))
    data = with_part(data, SHEET, lambda xml: xml.replace(b"<v>x</v>", b"<v></v>"))
    row = first(data)
    assert row.content is not None
    assert row.content.awards == ()


@pytest.mark.parametrize("value", ["T 9", "t9", "T (9)", "Hoàn thành tốt 9"])
def test_level_and_mark_in_one_cell(value: str) -> None:
    cells = {key: cell for key, cell in pupil(1, {"Toán": value}).items() if key != "Điểm Toán"}
    row = first(class_file(cells))
    assert row.content is not None
    assert (row.content.subjects["toan"].level, row.content.subjects["toan"].score) == ("T", 9)


def test_awards_of_several_columns_and_lines() -> None:
    row = first(
        class_file(pupil(1, {"Khen thưởng": "Học sinh Xuất sắc\nVở sạch; Chữ đẹp", "Khen đột xuất": "Cứu bạn"}))
    )
    assert row.content is not None
    assert row.content.awards == ("Học sinh Xuất sắc", "Vở sạch", "Chữ đẹp", "Cứu bạn")


def test_a_class_that_excel_made_a_date_of() -> None:
    row = first(class_file(pupil(1, Lớp=date(2026, 1, 4))))
    assert errors(row) == [("class_name", "text_expected")]


def test_duplicates_refuse_both_rows_and_name_the_other() -> None:
    twice = [pupil(1), pupil(2, {"Số ĐDCN": "087316001201"}), pupil(3, {"Mã HS": "8712345604"}), pupil(4), pupil(5)]
    taken = judged(class_file(*twice))
    assert [row.content is None for row in taken.rows] == [True, True, True, True, False]
    assert errors(taken.rows[0]) == [("personal_id", "duplicate_personal_id")]
    assert errors(taken.rows[3]) == [("moet_student_code", "duplicate_student_code")]
    assert f"dòng {taken.rows[1].row}" in next(
        found.message for found in taken.rows[0].findings if found.code.value == "duplicate_personal_id"
    )


def test_a_numeric_and_a_text_spelling_of_one_identifier_are_a_duplicate() -> None:
    taken = judged(class_file(pupil(1), pupil(2, {"Số ĐDCN": 87316001201})))
    assert [row.content for row in taken.rows] == [None, None]


def test_merged_marks_of_two_pupils_count_for_both() -> None:
    header, *rows = grid([pupil(1), pupil(2)])
    column = header.index("Đạo đức")
    rows[1][column] = None
    top = len(TITLE) + 1
    taken = judged(workbook(SheetPlan("A", [*TITLE, header, *rows], [(top, column, top + 1, column)])))
    assert [row.content.subjects["dao_duc"].level for row in taken.rows if row.content] == ["T", "T"]


def test_a_level_and_a_mark_merged_into_one_cell_lack_the_mark() -> None:
    header, *rows = grid([pupil(1, {"Điểm Toán": None}), pupil(2)])
    column, top = header.index("Toán"), len(TITLE) + 1
    taken = judged(workbook(SheetPlan("A", [*TITLE, header, *rows], [(top, column, top, column + 1)])))
    assert errors(taken.rows[0]) == [("subjects.toan.score", "mark_missing")]
    assert errors(taken.rows[1]) == []


def test_pupils_merged_into_one_row_are_no_second_pupil() -> None:
    """A name merged over two rows is the name of both; what else is doubled is told as a duplicate."""
    header, *rows = grid([pupil(1), pupil(2, {"Họ và tên": None})])
    column, top = header.index("Họ và tên"), len(TITLE) + 1
    taken = judged(workbook(SheetPlan("A", [*TITLE, header, *rows], [(top, column, top + 1, column)])))
    assert len({row.content.full_name for row in taken.rows if row.content}) == 1
    assert [row.content is not None for row in taken.rows] == [True, True]


def test_hidden_and_filtered_rows_are_read_and_told() -> None:
    header, *rows = grid([pupil(number) for number in range(1, 7)])
    first_row = len(TITLE) + 1
    hidden = (0, *(first_row + each for each in (1, 2, 3, 5)))
    plan = SheetPlan("Lớp", [*TITLE, header, *rows], hidden_rows=hidden)
    taken = judged(workbook(plan))
    assert len(taken.rows) == 6
    found = next(found for found in taken.findings if found.code.value == "rows_hidden")
    assert f"({first_row + 2}–{first_row + 4}, {first_row + 6})" in found.message
    assert "rows_hidden" not in codes(judged(workbook(SheetPlan("Lớp", [*TITLE, header, *rows]))).findings)


def test_one_bad_row_never_sinks_the_class() -> None:
    pupils = [pupil(number) for number in range(1, 36)]
    pupils[16] = pupil(17, {"Họ và tên": "", "Ngày sinh": "?", "Toán": "Z", "Điểm Toán": "mười"})
    taken = judged(class_file(*pupils))
    assert [row.pupil for row in taken.rows if row.content is None] == [17]
    assert errors(taken.rows[16]) == [
        ("full_name", "name_missing"),
        ("birth_date", "birth_date_impossible"),
        ("subjects.toan.level", "level_not_allowed"),
        ("subjects.toan.score", "mark_not_a_number"),
    ]
