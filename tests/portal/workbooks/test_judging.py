"""Which class, grade, year and school a file is of; what the command and the settings add."""

from datetime import date

import pytest

from portal.workbooks.reading import ReadClass, read_class
from portal.workbooks.refusals import WorkbookProblem, WorkbookRefused
from tests.factories import issuing_school
from tests.portal.workbooks.build import TITLE, Row, SheetPlan, class_file, codes, first, grid, judged, pupil, workbook


def read(*title: Row, name: str = "Tổng hợp") -> ReadClass:
    return read_class(workbook(SheetPlan(name, [*title, *grid([pupil(1), pupil(2)])])))


def refusal(data: bytes, **changes: object) -> WorkbookRefused:
    with pytest.raises(WorkbookRefused) as caught:
        judged(data, **changes)
    return caught.value


@pytest.mark.parametrize(
    ("line", "name", "grade"),
    [
        ("Khối 4 - Lớp 4A1", "4A1", 4),
        ("LỚP: 4Đ", "4Đ", 4),
        ("Lớp 4/2 - Năm học 2025-2026", "4/2", 4),
        ("Lớp: 4 A1", "4A1", 4),
        ("DANH SÁCH HỌC SINH LỚP 4A2, NĂM HỌC 2025 - 2026", "4A2", 4),
        ("Lớp 4.1", "4.1", 4),
        ("Lớp 4", "4", 4),
        ("Khối lớp: 4; lớp: 4-3", "4-3", 4),
        ("Lớp: 6A", "6A", 6),
    ],
)
def test_class_and_grade_of_a_title(line: str, name: str, grade: int) -> None:
    found = read([line])
    assert (found.class_name, found.grade) == (name, grade)


def test_a_title_in_several_cells() -> None:
    found = read(
        ["Trường:", "Tiểu học Mẫu số 1", "Lớp:", "4A1"], ["GVCN:", "Trần Thị Bích Vẹn", "Năm học:", "2025-2026"]
    )
    assert (found.class_name, found.school_year) == ("4A1", "2025-2026")
    assert (found.school_name, found.homeroom_teacher) == ("Tiểu học Mẫu số 1", "Trần Thị Bích Vẹn")


def test_the_name_of_the_sheet_serves_where_the_title_is_silent() -> None:
    assert read(["BẢNG TỔNG HỢP"], name="Lớp 4A3").class_name == "4A3"
    assert read(["Lớp 4A1"], name="4A3").class_name == "4A1"


def test_the_column_serves_where_title_and_sheet_are_silent() -> None:
    rows = [pupil(1, Lớp="4A1"), pupil(2, Lớp="4A1"), pupil(3, Lớp="4A2")]
    taken = judged(class_file(*rows, title=()))
    assert taken.class_name == "4A1"
    assert [row.content is None for row in taken.rows] == [False, False, True]
    assert codes(taken.rows[2].findings) == ["class_disagrees"]


def test_a_file_without_class_is_refused() -> None:
    assert refusal(class_file(title=()), grade=4).problem is WorkbookProblem.NO_CLASS


def test_two_classes_in_one_file_are_refused() -> None:
    half = [pupil(1, Lớp="4A1"), pupil(2, Lớp="4A2")]
    assert refusal(class_file(*half, title=())).problem is WorkbookProblem.SEVERAL_CLASSES
    plans = [
        SheetPlan(name, [[f"Lớp {name}"], *grid([pupil(number)])]) for number, name in enumerate(("4A1", "4A2"), 1)
    ]
    refused = refusal(workbook(*plans))
    assert refused.problem is WorkbookProblem.SEVERAL_CLASSES
    assert "4A1, 4A2" in refused.message


def test_the_grade_comes_from_the_file_then_from_the_choice() -> None:
    nameless = class_file(title=[["Lớp Hoa Hồng"]])
    assert refusal(nameless, grade=4).problem is WorkbookProblem.NO_CLASS
    rows = [pupil(1, Lớp="Hoa Hồng"), pupil(2, Lớp="Hoa Hồng")]
    assert refusal(class_file(*rows, title=())).problem is WorkbookProblem.NO_GRADE
    assert judged(class_file(*rows, title=()), grade=4).grade == 4
    assert judged(class_file(pupil(1, Lớp="Hoa Hồng", Khối="Khối 4"), title=())).grade == 4


@pytest.mark.parametrize(
    ("title", "chosen"), [("Lớp 4A1", 5), ("Khối 5 - Lớp 5A1", 4), ("Lớp 6A", None), ("Lớp 9A", 5)]
)
def test_another_grade_is_refused(title: str, chosen: int | None) -> None:
    assert refusal(class_file(title=[[title]]), grade=chosen).problem is WorkbookProblem.WRONG_GRADE


def test_another_school_year_is_refused() -> None:
    refused = refusal(class_file(), school_year="2024-2025")
    assert refused.problem is WorkbookProblem.OTHER_SCHOOL_YEAR
    assert "2025-2026" in refused.message
    assert "2024-2025" in refused.message


def test_another_school_is_a_warning() -> None:
    taken = judged(class_file(), school=issuing_school(name="Trường Tiểu học Mẫu số 2"))
    assert "school_name_differs" in codes(taken.findings)
    assert all(row.content is not None for row in taken.rows)


def test_what_the_file_lacks_is_one_warning() -> None:
    civil = {
        "Dân tộc": "Kinh",
        "Quốc tịch": "Việt Nam",
        "Nơi sinh": "Sa Đéc",
        "Quê quán": "Sa Đéc",
        "Nơi ở hiện nay": "Ấp Mẫu",
        "Họ tên cha": "Lê Văn Mẫu",
        "Họ tên mẹ": "Đỗ Thị Mẫu",
        "Người giám hộ": "–",
    }
    assert codes(judged(class_file(pupil(1), pupil(2))).findings) == ["civil_fields_absent"]
    row = first(class_file(pupil(1, civil)))
    assert not judged(class_file(pupil(1, civil))).findings
    assert row.content is not None
    assert (row.content.ethnicity, row.content.father, row.content.guardian) == ("Kinh", "Lê Văn Mẫu", None)


def test_what_command_and_settings_add() -> None:
    title = [*TITLE, ["GVCN: Trần Thị Bích Vẹn"]]
    own = first(class_file(title=title), issue_place="Mỹ Tân Mẫu", issue_date=date(2026, 5, 29)).content
    assert own is not None
    assert (own.homeroom_teacher, own.issue_place, own.issue_date) == (
        "Trần Thị Bích Vẹn",
        "Mỹ Tân Mẫu",
        date(2026, 5, 29),
    )
    assert own.sample
    assert own.issuing_school == issuing_school()
    chosen = first(class_file(title=title), homeroom_teacher="Lê Thị Mẫu").content
    assert chosen is not None
    assert chosen.homeroom_teacher == "Lê Thị Mẫu"
