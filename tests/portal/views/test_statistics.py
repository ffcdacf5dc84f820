"""Reports of the plan on the web: three reports, their filters, workbook and sealed PDF, and who finds which."""

import io
from typing import Final

import pypdfium2
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from portal.services.result_counting import count_some
from portal.workbooks.table_file import Sheet, tables_file
from tests.client import Browser
from tests.portal.families import guardian
from tests.portal.worlds import CLERK, DEPARTMENT, LOCKED_NAME, NEIGHBOUR, World

REPORTS: Final = "/thong-ke"
YEAR: Final = "2025-2026"
TITLES: Final = {"tien-do": "tiến độ", "ket-qua": "kết quả", "loi": "lỗi dữ liệu"}


def counted(world: World) -> None:
    with Session(world.engine) as session, session.begin():
        assert count_some(session) == 0


def sheets(browser: Browser, query: str) -> dict[str, list[list[object]]]:
    data = browser.fetch(f"{REPORTS}/so-lieu.xlsx?{query}").get_data()
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: [list(row) for row in book.get_sheet_by_name(name).to_python()] for name in book.sheet_names}


def test_three_reports_as_page_workbook_and_pdf(world: World) -> None:
    counted(world)
    official = world.signed_in(DEPARTMENT)
    for kind, title in TITLES.items():
        query = f"loai={kind}&nam={YEAR}"
        shown = official.get(f"{REPORTS}?{query}")
        assert title in shown.heading.lower()
        assert LOCKED_NAME not in shown.text
        pdf = official.fetch(f"{REPORTS}/bao-cao.pdf?{query}").get_data()
        with pypdfium2.PdfDocument(pdf) as document:
            text = "".join(page.get_textpage().get_text_range() for page in document)
        assert title in text.lower()
        assert "DỮ LIỆU MẪU" in text
        assert b"/ETSI.CAdES.detached" in pdf or b"/adbe.pkcs7.detached" in pdf
    table = sheets(official, f"loai=ket-qua&nam={YEAR}")
    subjects = table["Môn học"]
    assert subjects[0][:4] == ["Nội dung", "Khối", "Tổng", "Hoàn thành tốt"]
    toan = next(row for row in subjects if row[0] == "Toán")
    assert (toan[1], toan[2]) == ("5", 1.0)
    progress = sheets(official, f"loai=tien-do&nam={YEAR}")["Tiến độ"]
    assert progress[0][6] == "Đã chốt"
    assert sum(float(str(row[6])) for row in progress[1:] if row[6] != "" and row[0] != "Cộng") == 1


def test_everybody_finds_the_own_and_no_more(world: World) -> None:
    counted(world)
    clerk, neighbour = world.signed_in(CLERK), world.signed_in(NEIGHBOUR)
    assert "Toán" in clerk.get(f"{REPORTS}?loai=ket-qua&nam={YEAR}").text
    assert "Chưa có số liệu nào" in neighbour.get(f"{REPORTS}?loai=ket-qua&nam={YEAR}").text
    neighbour.get(f"{REPORTS}?truong=MAU-TH-01", 404)
    neighbour.get(f"{REPORTS}?xa=khong-co", 404)
    for path in (REPORTS, f"{REPORTS}/so-lieu.xlsx", f"{REPORTS}/bao-cao.pdf"):
        world.signed_in("kiemtoan").get(path, 404)
        guardian(world, world.codes.locked, f"me.{len(path)}").get(path, 404)
        world.browser().fetch(path, 303)


def test_a_name_that_looks_like_a_formula_stays_a_text() -> None:
    name = '=HYPERLINK("https://mau.invalid")'
    data = tables_file([Sheet("Thử", [name], [[name], ["@SUM(1)"], [7]], [name])])
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    rows = book.get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows if row[0] != ""] == [name, name, "@SUM(1)", 7.0, name]
    assert b"<f>" not in data
