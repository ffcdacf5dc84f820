"""Columns are found by what their headings mean: moved, merged, stacked, spelt otherwise, spread over sheets."""

import random
import unicodedata
from collections.abc import Callable
from typing import Final

import pytest

from portal.workbooks.reading import read_class
from tests.portal.workbooks.build import (
    TITLE,
    Row,
    SheetPlan,
    class_file,
    codes,
    errors,
    grid,
    judged,
    pupil,
    workbook,
)
from verify.record.model import YearContent
from verify.record.vocabulary import TraitLevel

PUPILS: Final = [pupil(number) for number in range(1, 6)]


def contents(data: bytes) -> list[YearContent | None]:
    return [row.content for row in judged(data).rows]


EXPECTED: Final = contents(class_file(*PUPILS))


def test_the_plain_class_is_clean() -> None:
    taken = judged(class_file(*PUPILS))
    assert None not in EXPECTED
    assert codes(taken.findings) == ["civil_fields_absent"]
    assert not [found for row in taken.rows for found in row.findings]


@pytest.mark.parametrize("seed", range(8))
def test_moved_columns(seed: int) -> None:
    headings = list(PUPILS[0])
    random.Random(seed).shuffle(headings)
    moved = [{heading: each[heading] for heading in headings} for each in PUPILS]
    assert contents(class_file(*moved)) == EXPECTED


@pytest.mark.parametrize("blank_rows", [0, 1, 30])
@pytest.mark.parametrize("blank_columns", [0, 3])
def test_moved_header_rows(blank_rows: int, blank_columns: int) -> None:
    rows = [*([[]] * blank_rows), *TITLE, *([[]] * blank_rows), *grid(PUPILS)]
    moved = [[None] * blank_columns + list(row) for row in rows]
    assert contents(workbook(SheetPlan("Bảng", moved))) == EXPECTED


SPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "upper case": str.upper,
    "lower case": str.lower,
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "Icelandic eth": lambda text: text.replace("Đ", "Ð"),
    "no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "line breaks": lambda text: text.replace(" ", "\n"),
    "zero-width spaces": "\u200b".join,
    "a star": lambda text: f"{text} (*)",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spellings_of_headings(spelling: str) -> None:
    spelt = [{SPELLINGS[spelling](heading): value for heading, value in each.items()} for each in PUPILS]
    assert contents(class_file(*spelt)) == EXPECTED


OTHER_WORDS: Final = {
    "STT": "TT",
    "Mã HS": "Mã định danh Bộ GD&ĐT",
    "Số ĐDCN": "Số CCCD",
    "Họ và tên": "Họ tên học sinh",
    "Ngày sinh": "Ngày, tháng, năm sinh (dd/mm/yyyy)",
    "Giới tính": "Phái",
    "Tiếng Việt": "TV - Mức",
    "Điểm Tiếng Việt": "TV - KTĐK",
    "Toán": "Mức Toán",
    "Điểm Toán": "Toán: điểm",
    "Ngoại ngữ 1": "T.Anh",
    "Điểm Ngoại ngữ 1": "Điểm T.Anh",
    "Lịch sử và Địa lí": "LS&ĐL",
    "Điểm Lịch sử và Địa lí": "LS&ĐL (Điểm KTĐK)",
    "Nghệ thuật (Mĩ thuật)": "Mỹ thuật",
    "Giáo dục thể chất": "GDTC",
    "Hoạt động trải nghiệm": "HĐTN",
    "Năng lực: Giải quyết vấn đề và sáng tạo": "NL GQVĐ-ST",
    "Năng lực: Thẩm mĩ": "Thẩm mỹ",
    "Đánh giá KQGD": "KQ giáo dục",
    "Hoàn thành chương trình": "HTCT lớp 4",
    "Lên lớp": "Được lên lớp",
}


def test_a_third_shape_with_other_words() -> None:
    spelt = [{OTHER_WORDS.get(heading, heading): value for heading, value in each.items()} for each in PUPILS]
    assert contents(class_file(*spelt)) == EXPECTED


def stacked(*, merged: bool) -> bytes:
    """Three header rows: section, item, part."""
    headings = list(PUPILS[0])
    top, middle, bottom = [], [], []
    for heading in headings:
        if heading.startswith("Năng lực: "):
            row = ("Năng lực cốt lõi", heading.removeprefix("Năng lực: "), "")
        elif heading in ("Yêu nước", "Nhân ái", "Chăm chỉ", "Trung thực", "Trách nhiệm"):
            row = ("Phẩm chất chủ yếu", heading, "")
        elif heading.startswith("Điểm "):
            row = ("Môn học và HĐGD", heading.removeprefix("Điểm "), "Điểm KTĐK")
        elif heading in ("STT", "Mã HS", "Số ĐDCN", "Họ và tên", "Ngày sinh", "Giới tính") or heading in (
            "Đánh giá KQGD",
            "Hoàn thành chương trình",
            "Lên lớp",
        ):
            row = (heading, "", "")
        else:
            row = ("Môn học và HĐGD", heading, "Mức đạt được")
        top.append(row[0])
        middle.append(row[1])
        bottom.append(row[2])
    first = len(TITLE)
    merges = []
    for depth, level in enumerate((top, middle)):
        merges += _runs(level, first + depth) if merged else []
        _blank_runs(level)
    rows = [*TITLE, top, middle, bottom, *grid(PUPILS)[1:]]
    return workbook(SheetPlan("Tổng hợp", rows, merges))


def _runs(level: list[str], row: int) -> list[tuple[int, int, int, int]]:
    runs, start = [], 0
    for column in range(1, len(level) + 1):
        if column == len(level) or level[column] != level[start]:
            if column - start > 1 and level[start]:
                runs.append((row, start, row, column - 1))
            start = column
    return runs


def _blank_runs(level: list[str]) -> None:
    for column in range(len(level) - 1, 0, -1):
        if level[column] == level[column - 1]:
            level[column] = ""


@pytest.mark.parametrize("merged", [True, False], ids=["merged", "written once"])
def test_three_header_rows(merged: bool) -> None:
    assert contents(stacked(merged=merged)) == EXPECTED


def test_level_and_mark_under_one_merged_subject_without_words() -> None:
    header, *rows = grid(PUPILS)
    column = header.index("Toán")
    header[column + 1] = None
    first = len(TITLE)
    plan = SheetPlan("A", [*TITLE, header, *rows], [(first, column, first, column + 1)])
    assert contents(workbook(plan)) == EXPECTED


def test_the_name_in_two_columns() -> None:
    halves = []
    for each in PUPILS:
        family, _, given = str(each["Họ và tên"]).rpartition(" ")
        halves.append({("Họ và đệm" if key == "Họ và tên" else key): value for key, value in each.items()})
        halves[-1] |= {"Họ và đệm": family, "Tên": given}
    assert contents(class_file(*halves)) == EXPECTED


def test_the_name_in_two_columns_under_one_heading() -> None:
    header, *rows = grid(PUPILS)
    column = header.index("Họ và tên")
    split = [[*row[:column], *str(row[column]).rsplit(" ", 1), *row[column + 1 :]] for row in rows]
    header.insert(column + 1, None)
    first = len(TITLE)
    merged = SheetPlan("A", [*TITLE, header, *split], [(first, column, first, column + 1)])
    assert contents(workbook(merged)) == EXPECTED
    assert contents(workbook(SheetPlan("A", [*TITLE, header, *split]))) == EXPECTED


def test_one_header_row_with_a_competence_named_like_a_subject() -> None:
    plain = [{heading.removeprefix("Năng lực: "): value for heading, value in each.items()} for each in PUPILS]
    header, *rows = grid(PUPILS)
    assert len(plain[0]) < len(header)
    header = [str(heading).removeprefix("Năng lực: ") for heading in header]
    assert contents(workbook(SheetPlan("A", [*TITLE, header, *rows]))) == EXPECTED


def test_competences_on_a_sheet_of_their_own() -> None:
    ours = [{key: each[key] for key in each if not key.startswith("Năng lực: ")} for each in PUPILS]
    theirs = [
        {"Mã HS": each["Mã HS"]} | {key[10:]: each[key] for key in each if key.startswith("Năng lực: ")}
        for each in PUPILS
    ]
    data = workbook(SheetPlan("Tổng hợp", [*TITLE, *grid(ours)]), SheetPlan("PC_NL", grid(theirs[::-1])))
    assert contents(data) == EXPECTED


def test_an_extra_competence_under_its_section_is_kept() -> None:
    header, *rows = grid(PUPILS)
    column = len(header)
    top: list[object] = [None] * column + ["Năng lực đặc thù"]
    rows = [[*row, "Đ"] for row in rows]
    header = [*header, "Năng lực số"]
    content = contents(workbook(SheetPlan("A", [*TITLE, top, header, *rows])))[0]
    assert content is not None
    extra = [(held.label, held.level) for held in content.competences.values() if held.label]
    assert extra == [("Năng lực số", TraitLevel.REACHED)]


def test_first_term_columns_are_left_out() -> None:
    header, *rows = grid(PUPILS)
    top: list[object] = [None] * len(header) + ["Học kì I", "Học kì I"]
    header = [*header, "Toán", "Điểm Toán"]
    rows = [[*row, "C", 1] for row in rows]
    assert contents(workbook(SheetPlan("A", [*TITLE, top, header, *rows]))) == EXPECTED


def test_girls_marked_in_a_column() -> None:
    marked = [{("Nữ" if key == "Giới tính" else key): value for key, value in each.items()} for each in PUPILS]
    for index, each in enumerate(marked):
        each["Nữ"] = "x" if index % 2 else ""
    genders = [found.content.gender.value for found in judged(class_file(*marked)).rows if found.content]
    assert genders == ["Nam", "Nữ", "Nam", "Nữ", "Nam"]


def test_what_columns_hold_settles_the_word_ma_dinh_danh() -> None:
    ministry = [{("Mã định danh" if key == "Mã HS" else key): value for key, value in each.items()} for each in PUPILS]
    personal = [
        {("Mã định danh" if key == "Số ĐDCN" else key): value for key, value in each.items()} for each in PUPILS
    ]
    assert contents(class_file(*ministry)) == EXPECTED
    assert contents(class_file(*personal)) == EXPECTED


def test_an_unknown_column_is_named_and_not_read() -> None:
    taken = judged(class_file(*[{**each, "Xếp hạng trong lớp": 1} for each in PUPILS]))
    assert [row.content for row in taken.rows] == EXPECTED
    found = next(found for found in taken.findings if found.code.value == "column_unknown")
    assert "“Xếp hạng trong lớp”" in found.message
    assert "cột AR" in found.message


def test_a_column_given_twice_is_read_once_and_named() -> None:
    header, *rows = grid(PUPILS)
    data = workbook(SheetPlan("A", [*TITLE, [*header, "Toán"], *[[*row, "C"] for row in rows]]))
    assert contents(data) == EXPECTED
    assert "column_unknown" in codes(judged(data).findings)


LONG_HEADER: Final[list[object]] = ["Họ và tên", "Môn", "Mức", "Điểm", "Nhận xét"]


def long_rows(*, repeat_name: bool) -> list[list[object]]:
    rows: list[list[object]] = []
    for each in PUPILS:
        name = each["Họ và tên"]
        for heading in each:
            if f"Điểm {heading}" in each or heading in ("Đạo đức", "Giáo dục thể chất", "Hoạt động trải nghiệm"):
                rows.append([name, heading, "Hoàn thành tốt", each.get(f"Điểm {heading}"), "Ngoan"])
            elif heading.startswith("Nghệ thuật"):
                rows.append([name, heading, "T", None, None])
            else:
                continue
            name = name if repeat_name else None
    return rows


@pytest.mark.parametrize("repeat_name", [True, False], ids=["name on each row", "name on the first row"])
def test_the_long_shape_without_codes(repeat_name: bool) -> None:
    subjects = {row[1] for row in long_rows(repeat_name=True)}
    rest = [
        {key: value for key, value in each.items() if key.removeprefix("Điểm ") not in subjects} for each in PUPILS
    ]  # fmt: skip
    rows: list[list[object]] = [LONG_HEADER, *long_rows(repeat_name=repeat_name)]
    data = workbook(SheetPlan("Môn học", rows), SheetPlan("Danh sách", [*TITLE, *grid(rest)]))
    taken = [content for content in contents(data) if content is not None]
    assert [content.subjects["toan"].comment for content in taken] == ["Ngoan"] * 5
    assert [{code: (held.level, held.score) for code, held in content.subjects.items()} for content in taken] == [
        {code: (held.level, held.score) for code, held in content.subjects.items()} for content in EXPECTED if content
    ]


def test_a_subject_twice_in_the_long_shape_is_an_error() -> None:
    rows: list[list[object]] = [LONG_HEADER, *long_rows(repeat_name=True)]
    rows.append([PUPILS[1]["Họ và tên"], "Toán", "Hoàn thành", 6, "Ngoan"])
    plain = [{key: each[key] for key in each if key not in ("Toán", "Điểm Toán")} for each in PUPILS]
    taken = judged(workbook(SheetPlan("DS", [*TITLE, *grid(plain)]), SheetPlan("Môn", rows)))
    assert [index for index, row in enumerate(taken.rows) if row.content is None] == [1]
    assert ("subjects.toan.score", "sheets_disagree") in errors(taken.rows[1])


def test_a_class_name_merged_beside_all_pupils() -> None:
    header, *rows = grid(PUPILS)
    first = 1
    beside = [[*row, "4A1" if index == 0 else None] for index, row in enumerate(rows)]
    last = first + len(rows) - 1
    plan = SheetPlan("A", [[*header, "Lớp"], *beside], [(first, len(header), last, len(header))])
    assert contents(workbook(plan)) == EXPECTED


CLOSING: Final[list[list[object]]] = [
    [],
    [None, None, None, "Tổng số: 5 học sinh"],
    [None, None, None, "Danh sách có 5 học sinh."],
    [None, None, None, "Tổng cộng", None, None, 5, 5, 5, 5],
    [None, "Trong đó: nữ 5"],
    [None, None, None, None, None, None, None, "Ngày 30 tháng 5 năm 2026"],
    ["Người lập bảng", None, None, None, "HIỆU TRƯỞNG"],
    ["(Ký, ghi rõ họ tên)"],
]


def test_closing_lines_are_no_pupils() -> None:
    taken = judged(class_file(*PUPILS, after=CLOSING))
    assert [row.content for row in taken.rows] == EXPECTED
    assert codes(taken.findings) == ["civil_fields_absent"]


def test_prepared_lines_and_repeated_headers_are_no_pupils() -> None:
    header, *rows = grid(PUPILS)
    numbers: list[object] = list(range(1, len(header) + 1))
    prepared: list[list[object]] = [[6], [7], [8, None, None, ""]]
    sheet: list[Row] = [*TITLE, header, numbers, *rows[:2], header, *rows[2:], *prepared]
    taken = judged(workbook(SheetPlan("A", sheet)))
    assert [row.content for row in taken.rows] == EXPECTED
    assert codes(taken.findings) == ["civil_fields_absent"]


def test_a_row_that_looks_like_nothing_is_named() -> None:
    taken = judged(class_file(*PUPILS, after=[[None, None, None, None, None, None, "xyz", 3]]))
    found = next(found for found in taken.findings if found.code.value == "row_not_read")
    assert "dòng 11" in found.message


def test_a_pupil_with_the_family_name_tong_is_a_pupil() -> None:
    taken = judged(class_file({**pupil(1), "Họ và tên": "Tống Cộng Hoà", "STT": None, "Số ĐDCN": None, "Mã HS": None}))
    assert taken.rows[0].content is not None


def test_sheets_without_a_table_and_hidden_ones_are_named() -> None:
    data = workbook(
        SheetPlan("Hướng dẫn", [["Điền vào các ô màu vàng."], ["Không sửa tiêu đề."]]),
        SheetPlan("Ẩn", [*TITLE, *grid([pupil(9)])], hidden=True),
        SheetPlan("Lớp", [*TITLE, *grid(PUPILS)]),
        SheetPlan("Trống", []),
    )
    taken = judged(data)
    assert [row.content for row in taken.rows] == EXPECTED
    messages = [found.message for found in taken.findings if found.code.value == "sheet_not_read"]
    assert len(messages) == 2
    assert "Hướng dẫn" in messages[0]
    assert "ẩn" in messages[1]


def test_thirty_one_sheets_are_fine() -> None:
    plans = [SheetPlan("Lớp", [*TITLE, *grid(PUPILS)]), *[SheetPlan(f"Phụ {number}", []) for number in range(30)]]
    assert contents(workbook(*plans)) == EXPECTED


def comments(*rows: list[object]) -> bytes:
    sheet: list[list[object]] = [["STT", "Họ và tên", "Toán"], *rows]
    return workbook(SheetPlan("Tổng hợp", [*TITLE, *grid(PUPILS)]), SheetPlan("Nhận xét", sheet))


def test_comments_in_another_order_follow_the_name() -> None:
    rows: list[list[object]] = [
        [index, each["Họ và tên"], f"Lời {each['STT']}"] for index, each in enumerate(PUPILS[::-1], 1)
    ]
    taken = [content for content in contents(comments(*rows)) if content is not None]
    assert [content.subjects["toan"].comment for content in taken] == [f"Lời {number}" for number in range(1, 6)]


def test_two_sheets_that_name_a_pupil_differently() -> None:
    taken = judged(comments([1, "Trần Văn Khác", "Nhanh nhẹn"], [2, PUPILS[1]["Họ và tên"], "Ngoan"]))
    assert errors(taken.rows[0]) == [("full_name", "sheets_disagree")]
    assert "dòng 2" in taken.rows[0].findings[0].message
    assert taken.rows[1].content is not None


def test_comments_of_a_stranger_are_named_not_given_to_another() -> None:
    taken = judged(comments([77, "Trần Văn Lạ", "Nhanh nhẹn"]))
    assert [row.content for row in taken.rows] == EXPECTED
    assert "pupil_not_in_list" in codes(taken.findings)


def test_namesakes_are_told_by_their_number() -> None:
    twins = [{**pupil(1), "Họ và tên": "Lê An"}, {**pupil(2), "Họ và tên": "Lê An"}]
    sheet: list[list[object]] = [["STT", "Họ và tên", "Toán"], [2, "Lê An", "Hai"], [1, "Lê An", "Một"]]
    taken = contents(workbook(SheetPlan("DS", [*TITLE, *grid(twins)]), SheetPlan("Nhận xét", sheet)))
    assert [content.subjects["toan"].comment for content in taken if content] == ["Một", "Hai"]


def test_running_numbers_without_a_column_or_with_a_repeated_one() -> None:
    unnumbered = [{key: value for key, value in each.items() if key != "STT"} for each in PUPILS]
    repeated = [{**each, "STT": 1} for each in PUPILS]
    for pupils in (unnumbered, repeated):
        assert [row.pupil for row in read_class(class_file(*pupils)).rows] == [1, 2, 3, 4, 5]
    assert [row.pupil for row in read_class(class_file(pupil(7), pupil(3))).rows] == [7, 3]
