"""What is understood of a shape, what is asked, what was taught; and that nothing goes nowhere without a word."""

import pickle
from collections.abc import Callable
from typing import Final

import pytest

from portal.workbooks.fields import FIELDS, GROUPS, ChoiceProblem, faults_of
from portal.workbooks.headings import HEADINGS
from portal.workbooks.layouts import Layout, Opened, Source, open_class
from portal.workbooks.lessons import NO_LESSONS, Lessons, TaughtColumn, TaughtTable, shape_of
from portal.workbooks.reading import read_class
from tests.portal.workbooks.build import TITLE, SheetPlan, class_file, codes, grid, judged_read, pupil, workbook
from tests.portal.workbooks.vendors import EXTRA, their_file, their_pupil
from verify.record.labels import label_of
from verify.record.row_rest import CIVIL_TEXTS

OURS: Final = class_file(pupil(1), pupil(2), pupil(3))


def opened(data: bytes, lessons: Lessons = NO_LESSONS, grade: int | None = None) -> Opened:
    made = open_class(data, lessons, grade)
    again: Opened = pickle.loads(pickle.dumps(made))  # noqa: S301 - our own, as it crosses the border of the child
    assert again == made
    return made


def asked(data: bytes, lessons: Lessons = NO_LESSONS, grade: int | None = None) -> Layout:
    layout = opened(data, lessons, grade).layout
    assert layout is not None
    return layout


def paths(layout: Layout) -> dict[str, tuple[str, Source]]:
    return {column.heading: (column.path, column.source) for table in layout.tables for column in table.columns}


def taught(layout: Layout, changes: dict[str, str]) -> Lessons:
    """What a person said: as preselected, but for some headings."""
    return Lessons(
        shapes={
            table.shape: TaughtTable(
                table.depth,
                {
                    column.index: TaughtColumn(changes.get(column.heading, column.path), column.label)
                    for column in table.columns
                },
            )
            for table in layout.tables
        }
    )


def test_what_is_understood_is_not_asked() -> None:
    assert opened(OURS).layout is None


def test_every_field_that_a_heading_can_mean_can_be_chosen() -> None:
    steering = {"identifier"}  # decided by the digits in the column
    assert set(HEADINGS.fields.values()) - steering <= FIELDS
    assert set(CIVIL_TEXTS) <= FIELDS
    for section in ("subjects", "qualities", "competences"):
        for name in set(HEADINGS.sections[section].values()):
            assert f"{section}.{name}.level" in GROUPS[section]
    assert all(label_of(path) for path in FIELDS)


def test_guesses_of_a_third_vendor() -> None:
    found = paths(asked(their_file()))
    assert found["HOTEN_HS"] == ("full_name", Source.GUESSED)
    assert found["MA_HOC_SINH_BGD"] == ("moet_student_code", Source.GUESSED)
    assert found["TIENGVIET_DIEM"] == ("subjects.tieng_viet.score", Source.GUESSED)
    assert found["QT01"] == ("gender", Source.GUESSED), "by what it holds"
    assert found[EXTRA] == ("", Source.UNKNOWN)


def test_guesses_never_give_one_field_two_columns() -> None:
    pupils = [
        {**their_pupil(number), "HOTEN_HS2": "Trần Văn B", "TOAN_HOC_MUC": "T", "TOANHOC_MUC_2": "H"}
        for number in (1, 2, 3)
    ]
    columns = asked(workbook(SheetPlan("A", [*TITLE, *grid(pupils)]))).tables[0].columns
    given = [column.path for column in columns if column.path]
    assert len(given) == len(set(given))


def test_a_guess_that_does_not_fit_its_values_is_none() -> None:
    cells = [{**pupil(number), "ĐIỂM_TOAN_HK": "rất tốt", "NGAYSINH_CHA": "Ấp Bình"} for number in (1, 2)]
    found = paths(asked(workbook(SheetPlan("A", [*TITLE, *grid(cells)]))))
    assert found["NGAYSINH_CHA"][0] != "birth_date"
    assert found["ĐIỂM_TOAN_HK"][0] != "subjects.toan.score"


def test_taught_once_the_same_class_is_read_as_ours() -> None:
    lessons = taught(asked(their_file()), {EXTRA: "ignored"})
    made = opened(their_file(), lessons)
    assert made.read is not None
    assert len(made.read.shapes) == 1
    ours = judged_read(read_class(OURS))
    theirs = judged_read(made.read)
    assert [row.content for row in theirs.rows] == [row.content for row in ours.rows]
    assert codes(theirs.findings) == codes(ours.findings)
    assert made.places[0].columns["full_name"] == 4


Rows = list[list[object]]
MOVED: Final[dict[str, Callable[[Rows], Rows]]] = {
    "a column more": lambda rows: [[*row, "thêm"] for row in rows],
    "a column moved": lambda rows: [[row[1], row[0], *row[2:]] for row in rows],
    "another word": lambda rows: [["Khác", *rows[0][1:]], *rows[1:]],
}


@pytest.mark.parametrize("change", MOVED)
def test_a_shape_that_is_not_exactly_the_same_is_asked_anew(change: str) -> None:
    lessons = taught(asked(their_file()), {EXTRA: "ignored"})
    rows = MOVED[change]([list(row) for row in grid([their_pupil(1), their_pupil(2)])])
    assert not asked(workbook(SheetPlan("A", [*TITLE, *rows])), lessons).is_clear


def test_a_taught_shape_is_found_wherever_it_stands() -> None:
    lessons = taught(asked(their_file()), {EXTRA: "ignored"})
    for above in (0, 3, 40):
        blank: list[list[object]] = [[]] * above
        data = workbook(SheetPlan("Tờ khác", [*TITLE, *blank, *grid([their_pupil(1), their_pupil(2)])]))
        made = opened(data, lessons)
        assert made.read is not None
        assert len(made.read.rows) == 2


def test_a_column_that_was_empty_when_it_was_taught_is_told_when_it_fills() -> None:
    plain = [{**their_pupil(number), "": None} for number in (1, 2)]
    lessons = taught(asked(workbook(SheetPlan("A", [*TITLE, *grid(plain)]))), {EXTRA: "ignored"})
    filled = [{**each, "": "mới"} for each in plain]
    read = opened(workbook(SheetPlan("A", [*TITLE, *grid(filled)])), lessons).read
    assert read is not None
    found = next(found for found in read.findings if found.code.value == "column_unknown")
    assert "cột AS" in found.message


def test_a_table_that_is_to_be_left_out_is_told() -> None:
    odd: list[list[object]] = [["Mã KT", "Nội dung KT", "Kết luận"], ["a", "b", "c"], ["d", "e", "f"]]
    data = workbook(SheetPlan("DL", [*TITLE, *grid([their_pupil(1), their_pupil(2)])]), SheetPlan("Khác", odd))
    layout = asked(data)
    assert [table.sheet for table in layout.tables] == ["DL", "Khác"]
    everything = {column.heading: "ignored" for column in layout.tables[1].columns}
    read = opened(data, taught(layout, {**everything, EXTRA: "ignored"})).read
    assert read is not None
    assert any("được nhà trường chọn không đọc" in found.message for found in read.findings)


def test_sheets_of_one_shape_are_asked_once_and_read_alike() -> None:
    """Two answers for one shape would contradict each other; where the sheets do, the pupil's row says so."""
    one, other = grid([their_pupil(1), their_pupil(2)]), grid([their_pupil(1), their_pupil(2, {"Toán": "H"})])
    data = workbook(SheetPlan("A", [*TITLE, *one]), SheetPlan("B", [*TITLE, *other]))
    layout = asked(data)
    assert [table.sheet for table in layout.tables] == ["A"]
    read = opened(data, taught(layout, {EXTRA: "ignored"})).read
    assert read is not None
    assert [codes(row.findings) for row in read.rows] == [[], ["sheets_disagree"]]


@pytest.mark.parametrize(
    ("without", "missing"),
    [
        ("Ngày sinh", "birth_date"),
        ("Đánh giá KQGD", "overall_result"),
        ("Giáo dục thể chất", "subjects.giao_duc_the_chat.level"),
        ("Điểm Khoa học", "subjects.khoa_hoc.score"),
    ],
)
def test_a_needed_field_without_a_column_is_asked_for(without: str, missing: str) -> None:
    cells = [{key: value for key, value in pupil(number).items() if key != without} for number in (1, 2)]
    assert asked(class_file(*cells)).missing == (missing,)


def test_marks_beside_levels_and_lists_by_rows_are_not_asked_for() -> None:
    cells = [
        {key: f"{value} 9" if f"Điểm {key}" in pupil(1) else value for key, value in pupil(number).items()}
        for number in (1, 2)
    ]
    beside = [{key: value for key, value in each.items() if not key.startswith("Điểm ")} for each in cells]
    assert opened(class_file(*beside)).layout is None


def test_the_class_is_asked_for_where_no_title_names_it() -> None:
    data = workbook(SheetPlan("A", grid([pupil(1), pupil(2)])))
    assert asked(data, grade=4).missing == ("class_name",)


def test_headings_that_the_department_taught_are_read() -> None:
    lessons = Lessons(aliases=(("MH_01", "subjects.toan.level"), ("MH 02", "subjects.dao_duc"), ("Ai", "full_name")))
    names = {"Toán": "MH_01", "Đạo đức": "mh-02", "Họ và tên": "AI"}
    cells = [{names.get(key, key): value for key, value in pupil(number).items()} for number in (1, 2, 3)]
    made = opened(class_file(*cells), lessons)
    assert made.layout is None
    assert made.read is not None
    ours = [row.content for row in judged_read(read_class(OURS)).rows]
    assert [row.content for row in judged_read(made.read).rows] == ours


def test_a_taught_subject_takes_a_part_beside_it() -> None:
    lessons = Lessons(aliases=(("MH 01", "subjects.toan"),))
    names = {"Toán": "Mức MH 01", "Điểm Toán": "MH 01 – Điểm KTĐK"}
    cells = [{names.get(key, key): value for key, value in pupil(number).items()} for number in (1, 2, 3)]
    assert opened(class_file(*cells), lessons).layout is None


def test_confusable_and_directed_headings_are_other_shapes_or_the_same_as_they_look() -> None:
    assert shape_of([["Toán", "Mức"]]) == shape_of([["\u200fTOÁN\u202e", " mức (*)", None]])
    assert shape_of([["Toán"]]) != shape_of([["Tо\u0301an"]]), "a Cyrillic о"
    assert shape_of([["Toán", None]]) != shape_of([[None, "Toán"]])


def test_a_heading_of_another_alphabet_is_marked() -> None:
    cells = [{**pupil(number), "Тoán": "T"} for number in (1, 2)]
    column = next(column for column in asked(class_file(*cells)).tables[0].columns if column.heading == "Тoán")
    assert column.odd


def test_samples_are_few_and_short() -> None:
    cells = [{**pupil(number), "Lạ": f"{number}" + "x" * 5000} for number in range(1, 20)]
    column = next(column for column in asked(class_file(*cells)).tables[0].columns if column.heading == "Lạ")
    assert len(column.samples) == 4
    assert max(map(len, column.samples)) <= 60


GOOD: Final = {0: "full_name", 1: "birth_date", 2: "ignored", 3: "ignored", 4: "awards", 5: "awards"}


@pytest.mark.parametrize(
    ("choices", "problem"),
    [
        ({6: ""}, ChoiceProblem.NOT_CHOSEN),
        ({6: "birth_date"}, ChoiceProblem.TWICE),
        ({6: "given_name"}, ChoiceProblem.NAME_TWICE),
        ({6: "gender", 7: "female_mark"}, ChoiceProblem.GENDER_TWICE),
        ({6: "part.score"}, ChoiceProblem.NO_SUBJECT),
        ({0: "address"}, ChoiceProblem.NOBODY),
    ],
)
def test_choices_that_are_refused(choices: dict[int, str], problem: ChoiceProblem) -> None:
    assert not faults_of(GOOD)
    assert [fault.problem for fault in faults_of({**GOOD, **choices})] == [problem]


def test_a_table_of_which_nothing_is_read_needs_nobody() -> None:
    assert not faults_of({0: "ignored", 1: "ignored"})
