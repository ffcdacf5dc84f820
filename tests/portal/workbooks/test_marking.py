"""Faults at their cells: places are true in every shape; the marked copy marks them and reads back as the same."""

import io
import json
import zipfile
from dataclasses import replace
from typing import Final

import pytest
import xlsxwriter

from portal.workbooks.marking import Mark, marked_workbook
from portal.workbooks.places import place_of, read_with_places
from portal.workbooks.reading import read_class
from tests.instances import WORKBOOKS
from tests.portal.workbooks.marks import comments_in, fills_in

FAULTY: Final = (WORKBOOKS / "lop-3A2-loi.xlsx").read_bytes()
PLANTED: Final = json.loads((WORKBOOKS / "lop-3A2-loi.faults.json").read_text(encoding="utf-8"))
COLUMNS: Final = {
    "toan.score": "K",
    "tieng_viet.level": "H",
    "dao_duc.score": "N",
    "personal_id": "C",
    "birth_date": "E",
    "overall_result": "AP",
    "full_name": "D",
    "nhan_ai.level": "Y",
}
PATHS: Final = {"nhan_ai.level": "qualities.nhan_ai.level"}


def path_of(column: str) -> str:
    return PATHS.get(column, f"subjects.{column}" if "." in column else column)


@pytest.mark.parametrize("fault", PLANTED, ids=lambda fault: f"{fault['pupil']}-{fault['kind']}")
def test_each_planted_fault_has_its_cell(fault: dict[str, str]) -> None:
    _read, places = read_with_places(FAULTY)
    row = int(fault["pupil"]) + 8
    place = place_of(places, row, path_of(fault["column"]))
    assert place is not None
    assert (place.sheet, place.reference, place.exact) == ("Tổng hợp", f"{COLUMNS[fault['column']]}{row}", True)


def test_a_fault_on_another_sheet_is_shown_there() -> None:
    read, places = read_with_places((WORKBOOKS / "lop-1B.xlsx").read_bytes())
    place = place_of(places, read.rows[4].row, "qualities.yeu_nuoc.level")
    assert place is not None
    assert place.sheet == "PC_NL"
    subject = place_of(places, read.rows[4].row, "subjects.toan.score")
    assert subject is not None
    assert subject.sheet == "Mon_hoc"


def test_a_field_without_a_column_is_shown_at_the_pupil() -> None:
    _read, places = read_with_places(FAULTY)
    place = place_of(places, 12, "father")
    assert place is not None
    assert (place.reference, place.exact) == ("D12", False)


@pytest.mark.parametrize("name", ["lop-1B", "lop-3A2-loi", "lop-4A1", "lop-5D"])
def test_the_copy_reads_back_as_the_same_class(name: str) -> None:
    data = (WORKBOOKS / f"{name}.xlsx").read_bytes()
    read, places = read_with_places(data)
    marks = [Mark(places[0].sheet, row.row, 4, error=True, text="sai") for row in read.rows]
    copy = read_class(marked_workbook(data, marks))
    assert replace(copy, software=read.software) == read  # another program has written the copy


def test_marks_stand_at_their_cells_and_nowhere_else() -> None:
    marks = [
        Mark("Tổng hợp", 10, 11, error=True, text="Điểm 11 nằm ngoài thang điểm."),
        Mark("Tổng hợp", 18, 42, error=False, text="Kiểm tra lại."),
        Mark("Tổng hợp", 10, 11, error=False, text="Và xem lại."),
        Mark("Nhận xét", 5, 3, error=False, text="Dài."),
    ]
    made = marked_workbook(FAULTY, marks)
    comments = comments_in(made)
    assert {sheet: set(cells) for sheet, cells in comments.items()} == {
        "Tổng hợp": {"K10", "AP18"},
        "Nhận xét": {"C5"},
    }
    assert "LỖI: Điểm 11 nằm ngoài thang điểm." in comments["Tổng hợp"]["K10"]
    assert "XEM LẠI: Và xem lại." in comments["Tổng hợp"]["K10"]
    fills = fills_in(made)
    assert {sheet: set(cells) for sheet, cells in fills.items()} == {"Tổng hợp": {"K10", "AP18"}, "Nhận xét": {"C5"}}
    assert fills["Tổng hợp"]["K10"] != fills["Tổng hợp"]["AP18"], "errors and doubts look different"


def hostile() -> bytes:
    """Texts like formulas and addresses, a name of a sheet in two cases, merges over each other."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Tổng hợp")
        for column, heading in enumerate(("STT", "Họ và tên", "Ngày sinh", "Toán")):
            sheet.write(1, column, heading)
        sheet.write_row(2, 0, [1, "a", "b", "c"])
        sheet.write_string(2, 1, '=HYPERLINK("http://x.invalid";"A")')
        sheet.write_string(2, 2, "http://x.invalid/")
        sheet.write_string(2, 3, "+1-1")
    return target.getvalue()


def test_no_text_becomes_a_formula_or_a_link() -> None:
    made = marked_workbook(hostile(), [Mark("Tổng hợp", 3, 2, error=True, text='=HYPERLINK("x")')])
    assert b"<f>" not in unpacked(made)
    assert b"<hyperlink" not in unpacked(made)
    assert read_class(made).rows[0].cells["full_name"] == '=HYPERLINK("http://x.invalid";"A")'


def unpacked(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())
