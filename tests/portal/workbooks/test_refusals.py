"""Files that are not read at all: each refusal has its own problem, a place, and a sentence that can be acted on."""

import io
import pickle
import re
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from portal.workbooks.reading import read_class
from portal.workbooks.refusals import WorkbookProblem, WorkbookRefused
from tests.portal.workbooks.build import SheetPlan, class_file, grid, parts_of, pupil, with_part, workbook, zipped
from verify import limits

SHEET: Final = "xl/worksheets/sheet1.xml"
GOOD: Final = class_file()
OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2000)
DATA: Final = Path(__file__).parents[2] / "data" / "workbooks"


def refusal(data: bytes) -> WorkbookRefused:
    with pytest.raises(WorkbookRefused) as caught:
        read_class(data)
    refused = caught.value
    assert "{" not in refused.message
    again = pickle.loads(pickle.dumps(refused))  # noqa: S301 - our own
    assert (type(again), again.problem, again.detail) == (WorkbookRefused, refused.problem, refused.detail)
    return refused


def in_sheet(rows: bytes) -> bytes:
    """The good workbook with other rows in its sheet."""
    return with_part(
        GOOD, SHEET, lambda xml: re.sub(rb"(?s)<sheetData>.*</sheetData>", b"<sheetData>" + rows + b"</sheetData>", xml)
    )


def without(name: str) -> bytes:
    return zipped({key: value for key, value in parts_of(GOOD).items() if key != name})


def encrypted_flag() -> bytes:
    data = bytearray(GOOD)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (start := data.find(signature, start)) >= 0:
            data[start + offset] |= 1
            start += 4
    return bytes(data)


NOT_WORKBOOKS: Final = {
    "text": (b"STT,Ho va ten\n1,An\n", WorkbookProblem.NOT_A_WORKBOOK),
    "PDF": (b"%PDF-1.7\n" + bytes(100), WorkbookProblem.NOT_A_WORKBOOK),
    "HTML named xls": (b"<html><table></table></html>", WorkbookProblem.NOT_A_WORKBOOK),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(50), WorkbookProblem.NOT_A_WORKBOOK),
    "zip of something else": (zipped({"a.txt": b"a"}), WorkbookProblem.NOT_A_WORKBOOK),
    "docx": (zipped({"word/document.xml": b"<a/>"}), WorkbookProblem.NOT_A_WORKBOOK),
    "xls": (OLE, WorkbookProblem.OLD_FORMAT),
    "xlsb": (zipped({"xl/workbook.bin": b"\x00", "xl/workbook.xml": b"<a/>"}), WorkbookProblem.OLD_FORMAT),
    "ods": (zipped({"mimetype": b"application/vnd.oasis", "content.xml": b"<a/>"}), WorkbookProblem.OLD_FORMAT),
    "password": (OLE + "EncryptedPackage".encode("utf-16-le"), WorkbookProblem.ENCRYPTED),
    "encrypted zip": (encrypted_flag(), WorkbookProblem.ENCRYPTED),
    "nothing": (b"", WorkbookProblem.EMPTY),
    "cut in half": (GOOD[: len(GOOD) // 2], WorkbookProblem.DAMAGED),
    "only PK": (b"PK", WorkbookProblem.DAMAGED),
    "no workbook part": (without("xl/workbook.xml"), WorkbookProblem.NOT_A_WORKBOOK),
    "no sheet part": (without(SHEET), WorkbookProblem.DAMAGED),
    "sheet is no XML": (with_part(GOOD, SHEET, lambda _xml: b"\x00\x01"), WorkbookProblem.DAMAGED),
    "sheet is cut": (with_part(GOOD, SHEET, lambda xml: xml[:-40]), WorkbookProblem.DAMAGED),
    "sheet in UTF-16": (with_part(GOOD, SHEET, lambda xml: xml.decode().encode("utf-16")), WorkbookProblem.DAMAGED),
    "bzip2 inside": (zipped(parts_of(GOOD), packing=zipfile.ZIP_BZIP2), WorkbookProblem.DAMAGED),
}  # fmt: skip


@pytest.mark.parametrize("kind", NOT_WORKBOOKS)
def test_what_is_no_workbook(kind: str) -> None:
    data, problem = NOT_WORKBOOKS[kind]
    assert refusal(data).problem is problem


def test_a_file_of_fifty_megabytes() -> None:
    refused = refusal(b"PK\x03\x04" + bytes(50 * 1024 * 1024))
    assert refused.problem is WorkbookProblem.TOO_LARGE
    assert "10 MB" in refused.message


def test_a_workbook_without_content() -> None:
    assert refusal(workbook(SheetPlan("A", []))).problem is WorkbookProblem.EMPTY
    assert refusal(workbook(SheetPlan("A", [["  ", "-"]]))).problem is WorkbookProblem.EMPTY
    hidden = SheetPlan("B", grid([pupil(1)]), hidden=True)
    assert refusal(workbook(SheetPlan("A", []), hidden)).problem is WorkbookProblem.EMPTY


def test_no_header_names_the_sheets() -> None:
    refused = refusal(workbook(SheetPlan("Danh mục", [["a", "b"], [1, 2]]), SheetPlan("Tờ 2", [["Toán", 9]])))
    assert refused.problem is WorkbookProblem.NO_HEADER
    assert "tờ “Danh mục”, tờ “Tờ 2”" in refused.message


def test_no_pupils_names_the_sheet() -> None:
    refused = refusal(workbook(SheetPlan("4A1", [["Lớp 4A1"], *grid([pupil(1)])[:1]])))
    assert refused.problem is WorkbookProblem.NO_PUPILS
    assert "tờ “4A1”" in refused.message


def test_a_hundred_thousand_rows_are_refused_before_they_are_built() -> None:
    rows = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (row, row) for row in range(1, 100_001))
    began = time.process_time()
    refused = refusal(in_sheet(rows))
    assert refused.problem is WorkbookProblem.TOO_MANY_ROWS
    assert "tờ “Tổng hợp”" in refused.message
    assert time.process_time() - began < 2


def test_more_pupils_than_any_class_are_refused() -> None:
    header, row = grid([pupil(1)])[:2]
    refused = refusal(workbook(SheetPlan("4A1", [header, *[row] * (limits.WORKBOOK_PUPILS + 1)])))
    assert refused.problem is WorkbookProblem.TOO_MANY_PUPILS
    assert "3001 học sinh" in refused.message


FAR: Final = {
    "one cell in the last row": (b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>', WorkbookProblem.TOO_MANY_ROWS),
    "one cell in the last column": (b'<row r="1"><c r="XFD1"><v>1</v></c></row>', WorkbookProblem.TOO_MANY_COLUMNS),
    "a corner": (b'<row r="20000"><c r="NX20000"><v>1</v></c></row>', WorkbookProblem.TOO_MANY_CELLS),
    "a reference without row": (b'<row r="1"><c r="A"><v>1</v></c></row>', WorkbookProblem.DAMAGED),
    "a reference of twelve letters": (b'<row r="1"><c r="AAAAAAAAAAAA1"><v>1</v></c></row>', WorkbookProblem.DAMAGED),
    "row zero": (b'<row r="0"><c><v>1</v></c></row>', WorkbookProblem.DAMAGED),
    "rows backwards": (
        b'<row r="5"><c r="A5"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>',
        WorkbookProblem.DAMAGED,
    ),
    "a shared text that is not there": (b'<row r="1"><c r="A1" t="s"><v>99999</v></c></row>', WorkbookProblem.DAMAGED),
    "a negative shared text": (b'<row r="1"><c r="A1" t="s"><v>-1</v></c></row>', WorkbookProblem.DAMAGED),
    "an unknown error": (b'<row r="1"><c r="A1" t="e"><v>#WEIRD!</v></c></row>', WorkbookProblem.DAMAGED),
    "a prefix for each element": (
        b'<x:row xmlns:x="x" r="1048576"><x:c r="A1048576"><x:v>1</x:v></x:c></x:row>',
        WorkbookProblem.TOO_MANY_ROWS,
    ),
}


@pytest.mark.parametrize("defect", FAR)
def test_cells_that_would_unfold_too_far(defect: str) -> None:
    rows, problem = FAR[defect]
    assert refusal(in_sheet(rows)).problem is problem


def test_blank_styled_cells_far_away_are_no_content() -> None:
    data = with_part(
        GOOD,
        SHEET,
        lambda xml: xml.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576" s="1"/></row></sheetData>'),
    )
    assert len(read_class(data).rows) == 2


def test_one_long_text_in_many_cells() -> None:
    cells = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (row, row) for row in range(1, 15_001))
    strings = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
        + b"a" * 30_000
        + b"</t></si></sst>"
    )
    data = with_part(in_sheet(cells), "xl/sharedStrings.xml", lambda _xml: strings)
    assert refusal(data).problem is WorkbookProblem.TOO_MANY_CELLS


def test_sixty_one_sheets() -> None:
    plans = [SheetPlan(f"Tờ {number}", []) for number in range(limits.WORKBOOK_SHEETS + 1)]
    refused = refusal(workbook(*plans))
    assert refused.problem is WorkbookProblem.TOO_MANY_SHEETS
    assert "61" in refused.message


def bomb(part: str) -> bytes:
    return zipped({**parts_of(GOOD), part: bytes(limits.WORKBOOK_UNPACKED_BYTES + 1)})


def lying_bomb() -> bytes:
    """A sheet of 30 MB that declares 100 bytes in both directories."""
    data = bytearray(zipped({**parts_of(GOOD), "xl/media/a.bin": bytes(30 * 1024 * 1024)}))
    size = struct.pack("<I", 30 * 1024 * 1024)
    while (place := data.find(size)) >= 0:
        data[place : place + 4] = struct.pack("<I", 100)
    return bytes(data)


BOMBS: Final[dict[str, Callable[[], bytes]]] = {
    "200 MB of zeros": lambda: bomb("xl/worksheets/sheet2.xml"),
    "12 MB in 12 kB": lambda: zipped({**parts_of(GOOD), "xl/media/a.bin": bytes(12 * 1024 * 1024)}),
    "3,000 parts": lambda: zipped({**parts_of(GOOD), **{f"xl/media/{number}": b"" for number in range(3000)}}),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_zip_bombs(kind: str) -> None:
    assert refusal(BOMBS[kind]()).problem is WorkbookProblem.ZIP_BOMB


def test_a_bomb_that_declares_little() -> None:
    assert refusal(lying_bomb()).problem in (WorkbookProblem.DAMAGED, WorkbookProblem.ZIP_BOMB)


def test_a_part_given_twice() -> None:
    held = io.BytesIO(GOOD)
    with zipfile.ZipFile(held, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(SHEET, b"<worksheet/>")
    assert refusal(held.getvalue()).problem is WorkbookProblem.DAMAGED


LAUGHS: Final = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 10) for letter in range(ord("b"), ord("k")))
    + b"]>"
)


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml"])
def test_a_document_type_is_refused(part: str) -> None:
    data = with_part(GOOD, part, lambda xml: xml.replace(b"?>", b"?>" + LAUGHS, 1))
    assert refusal(data).problem is WorkbookProblem.DAMAGED


def test_bytes_before_and_after_the_archive_change_nothing() -> None:
    assert read_class(GOOD + bytes(100)) == read_class(GOOD)


def test_parts_that_nobody_needs_are_not_read() -> None:
    extra = {
        "xl/vbaProject.bin": OLE,
        "xl/media/image1.png": b"\x89PNG",
        "customXml/item1.xml": b"<a",
        "xl/theme/theme2.xml": b"<",
    }
    assert read_class(zipped({**parts_of(GOOD), **extra})) == read_class(GOOD)


def test_what_was_read_can_cross_a_process() -> None:
    read = read_class((DATA / "lop-4A1.xlsx").read_bytes())
    packed = pickle.dumps(read)
    assert pickle.loads(packed) == read  # noqa: S301 - our own
    assert len(packed) < 200_000


@pytest.mark.parametrize("problem", WorkbookProblem)
def test_every_problem_has_a_sentence(problem: WorkbookProblem) -> None:
    names = ("limit", "count", "sheets", "classes", "found", "wanted", "sheet", "row")
    message = WorkbookRefused(problem, **dict.fromkeys(names, "9")).message
    assert message.endswith(".")
    assert "{" not in message
