"""`hocba day-kit`: one file and its signature, for today or tomorrow."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.instances import WORKBOOKS
from tests.portal.cli.test_commands import Hocba


@pytest.fixture(scope="module")
def hocba(tmp_path_factory: pytest.TempPathFactory) -> Hocba:
    made = Hocba(tmp_path_factory.mktemp("kit") / "instance")
    assert made("init", "--demo").status == 0
    return made


def test_a_kit_is_written_with_its_signature(hocba: Hocba, tmp_path: Path) -> None:
    assert "Chưa có danh sách tình trạng" in hocba("day-kit", "--school", "MAU-TH-01", "-o", tmp_path).err
    imported = hocba("import", WORKBOOKS / "lop-4A1.xlsx", "--school", "MAU-TH-01", "--year", "2025-2026", "--json")
    hocba("sign", imported.json["packet"])
    assert hocba("lock", imported.json["packet"]).status == 0
    told = hocba("day-kit", "--school", "MAU-TH-01", "-o", tmp_path, "--json").json
    page = Path(told["file"]).read_bytes()
    assert (told["bytes"], told["sha256"]) == (len(page), hashlib.sha256(page).hexdigest())
    assert Path(f"{told['file']}.p7s").stat().st_size > 500
    tomorrow = (datetime.now(UTC) + timedelta(hours=7, days=1)).date()
    said = hocba("day-kit", "--school", "MAU-TH-02", "--date", tomorrow.isoformat(), "-o", tmp_path)
    assert "SHA-256" in said.out
    assert (tmp_path / f"bo-kiem_MAU-TH-02_{tomorrow.isoformat()}.html").exists()


@pytest.mark.parametrize("days", [-1, 5])
def test_a_day_that_no_list_reaches_is_refused(hocba: Hocba, tmp_path: Path, days: int) -> None:
    day = (datetime.now(UTC) + timedelta(hours=7, days=days)).date().isoformat()
    assert hocba("day-kit", "--school", "MAU-TH-01", "--date", day, "-o", tmp_path).status == 2
    assert not list(tmp_path.iterdir())


def test_a_school_that_is_none_is_refused(hocba: Hocba, tmp_path: Path) -> None:
    assert hocba("day-kit", "--school", "KHONG-CO", "-o", tmp_path).status == 1
