"""`hocba units import`: a province without the demo gets its units from a workbook, once, or nothing at all."""

from datetime import date
from pathlib import Path

import pytest

from tests.portal.cli.test_commands import Hocba
from tests.portal.cli.test_organisation import NAMES
from tests.portal.services.test_unit_imports import Row, workbook

ROWS: list[Row] = [
    ["X1", "Xã phường", "UBND Xã Mẫu Một", "S1", date(2025, 7, 1), "", "", ""],
    ["T1", "Tiểu học", "Trường Tiểu học Mẫu Một", "X1", date(2025, 7, 1), "", "", ""],
]


@pytest.fixture
def province(tmp_path: Path) -> Hocba:
    made = Hocba(tmp_path / "instance")
    assert made("init", *NAMES).status == 0
    return made


def test_units_come_from_a_workbook_once(province: Hocba, tmp_path: Path) -> None:
    file = tmp_path / "don-vi.xlsx"
    file.write_bytes(workbook(ROWS))
    looked = province("units", "import", file, "--dry-run", "--json")
    assert [(line["code"], line["act"]) for line in looked.lines] == [("X1", "found"), ("T1", "found")]
    written = province("units", "import", file)
    assert written.status == 0
    assert "Thành lập: 2" in written.out
    again = province("units", "import", file)
    assert "Không đổi: 2" in again.out
    assert "Thành lập" not in again.out


def test_a_faulty_workbook_says_where_and_writes_nothing(province: Hocba, tmp_path: Path) -> None:
    file = tmp_path / "don-vi.xlsx"
    file.write_bytes(workbook([*ROWS, ["T2", "Tiểu học", "Trường Hai", "KHONG-CO", date(2025, 7, 1), "", "", ""]]))
    ran = province("units", "import", file)
    assert ran.status == 1
    assert "KHONG-CO" in ran.out
    assert "1 ô sai" in ran.err
    file.write_bytes(b"no workbook")
    assert province("units", "import", file).status == 1
    file.write_bytes(workbook(ROWS))
    assert len(province("units", "import", file, "--dry-run", "--json").lines) == 2
