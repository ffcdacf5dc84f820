"""Steps of a clerk's journey, for the tests of the views: send a file, confirm it, sign its packet."""

import base64
import io
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

import xlsxwriter
from python_calamine import CalamineWorkbook
from werkzeug.test import TestResponse
from xlsxwriter.utility import xl_cell_to_rowcol, xl_col_to_name

from portal.demo.units import SCHOOL
from portal.runtime import demo_signer
from portal.web import clock
from tests.client import Browser, FileField, Page
from tests.portal.jobs.running import run_jobs
from tests.portal.worlds import World
from verify.canonical import Json, canonicalise, parse
from verify.containers.jcs_cades import sign
from verify.signing import Role, Signer

WORKBOOKS: Final = Path(__file__).parents[2] / "data" / "workbooks"
FAULTY: Final = (WORKBOOKS / "lop-3A2-loi.xlsx").read_bytes()
CLEAN: Final = (WORKBOOKS / "lop-4A1.xlsx").read_bytes()
YEAR: Final = "2025-2026"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What is planted in the faulty file, mended: cell of the list -> right value.
MENDED: Final = {
    "K10": 10,
    "H11": "T",
    "N12": "T",
    "K13": 8,
    "C14": "087317890130",
    "C16": "087317536279",
    "E17": "28/02/2017",
    "D19": "Lê Thị Mai",
    "Y20": "T",
    "K22": 8,
}


def send(
    browser: Browser,
    data: bytes,
    name: str = "lop.xlsx",
    *,
    status: int = 303,
    fields: Mapping[str, str] = MappingProxyType({}),
) -> TestResponse:
    page = browser.get("/goi-hoc-ba/nhap")
    chosen: dict[str, str | FileField] = {"file": (data, name, XLSX), "school_year": YEAR, **fields}
    return browser.submit(page, "/goi-hoc-ba/nhap", chosen, status)


def checked(world: World, browser: Browser, data: bytes) -> str:
    """Send a file and let it be checked; the address of its report."""
    address = send(browser, data).location
    run_jobs(world)
    return address


def confirm(world: World, browser: Browser, address: str) -> str:
    """Confirm what waits there; the address of the receipt."""
    page = browser.get(f"{address}/xac-nhan")
    browser.submit(page, f"{address}/xac-nhan", {})
    run_jobs(world)
    return browser.fetch(address, 303).location


def taken(world: World, browser: Browser, data: bytes) -> int:
    """Send, check and confirm; the number of the packet."""
    receipt = confirm(world, browser, checked(world, browser, data))
    match = re.fullmatch(r"/goi-hoc-ba/(\d+)/bien-nhan", receipt)
    assert match is not None, receipt
    return int(match[1])


def mended(data: bytes, cells: dict[str, object]) -> bytes:
    """A copy of a workbook with other values in some cells of its first sheet. None: nothing stands there."""
    others = {xl_cell_to_rowcol(cell): value for cell, value in cells.items()}
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as made:
        for number, name in enumerate(book.sheet_names):
            sheet = made.add_worksheet(name)
            held = book.get_sheet_by_name(name)
            for row, values in enumerate(held.to_python(skip_empty_area=False)):
                for column, held_value in enumerate(values):
                    value = others.get((row, column), held_value) if number == 0 else held_value
                    if value not in ("", None):
                        sheet.write(row, column, value)
            for (top, left), (bottom, right) in held.merged_cell_ranges or ():
                value = held.to_python(skip_empty_area=False)[top][left]
                sheet.merge_range(top, left, bottom, right, value)
    return target.getvalue()


def without_row(row: int) -> dict[str, object]:
    """No cell of a row."""
    return {f"{xl_col_to_name(column)}{row}": None for column in range(60)}


def signed(world: World, data: bytes, roles: tuple[Role, ...] = (Role.HEAD, Role.SCHOOL_SEAL)) -> bytes:
    """A packet file as the school's tool gives it back. Keys of the demo stand for a token."""
    assert world.runtime.authority is not None
    moment = clock.read().replace(microsecond=0)
    signers = {role: demo_signer(world.runtime.authority, SCHOOL, role, moment) for role in roles}
    value = parse(data, len(data))
    assert isinstance(value, dict)
    records = value["records"]
    assert isinstance(records, list)
    value["records"] = [_signed(record, signers, moment) for record in records]
    return canonicalise(value)


def _signed(record: Json, signers: Mapping[Role, Signer], moment: datetime) -> Json:
    assert isinstance(record, dict)
    content = base64.b64decode(str(record["record"]))
    made: dict[str, Json] = {
        role.value: base64.b64encode(sign(content, signer, moment)).decode() for role, signer in signers.items()
    }
    return {**record, "signatures": made}


def submit_file(browser: Browser, packet: int, data: bytes, status: int = 303) -> Page:
    """Hand a file in: the page that tells what became of it, or why it was refused (422)."""
    page = browser.get(f"/goi-hoc-ba/{packet}")
    action = f"/goi-hoc-ba/{packet}/chu-ky"
    answer = browser.submit(page, action, {"file": (data, "goi.json", "application/json")}, status)
    return browser.get(answer.location) if status == 303 else Page(answer)
