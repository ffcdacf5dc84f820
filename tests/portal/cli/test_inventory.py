"""`hocba inventory`: made by hand, once a day; a proof that a stranger's script accepts."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.instances import WORKBOOKS
from tests.portal.cli.test_commands import Hocba

SCRIPT = Path(__file__).parents[3] / "docs" / "verify_current.py"
YEAR = "2025-2026"


@pytest.fixture(scope="module")
def hocba(tmp_path_factory: pytest.TempPathFactory) -> Hocba:
    made = Hocba(tmp_path_factory.mktemp("inventory") / "instance")
    assert made("init", "--demo").status == 0
    return made


@pytest.fixture(scope="module")
def code(hocba: Hocba) -> str:
    """Of a pupil whose record is locked."""
    assert "không có gì để kiểm kê" in hocba("inventory").out
    assert hocba("inventory", "prove", "0f8fad5bd9cb469fa16570867728950e", YEAR).status == 1
    imported = hocba("import", WORKBOOKS / "lop-4A1.xlsx", "--school", "MAU-TH-01", "--year", YEAR, "--json").json
    hocba("sign", imported["packet"])
    assert hocba("lock", imported["packet"]).status == 0
    found: str = imported["rows"][0]["lookup_code"]
    return found


def test_made_once_and_again_when_asked(hocba: Hocba, code: str) -> None:
    assert code
    first = hocba("inventory", "--json").json
    assert (first["made"], first["inventory"]["count"]) == (True, 34)
    assert hocba("inventory", "--json").json == {**first, "made": False}
    assert "Hôm nay đã có kiểm kê" in hocba("inventory").out
    again = hocba("inventory", "--again", "--json").json
    assert (again["made"], again["inventory"]["root"]) == (True, first["inventory"]["root"])
    assert hocba("audit", "--json").json["problems"] == []


def test_a_proof_convinces_without_us(hocba: Hocba, code: str, tmp_path: Path) -> None:
    hocba("inventory")
    file = tmp_path / "proof.json"
    spelled = f"{code[:8]}-{code[8:]}".upper()
    said = hocba("inventory", "prove", spelled, YEAR, "-o", file)
    assert (said.status, code in file.read_text()) == (0, False)
    key: Any = hocba("audit", "--json").json["log_key"]
    command = [sys.executable, "-I", str(SCRIPT), "proof", key, str(file)]
    told = subprocess.run([*command, code, YEAR], capture_output=True, text=True, check=False, timeout=60)
    assert told.stdout.startswith("bản (version) 1, đang hiệu lực (in force)")
    other = subprocess.run([*command, code, "2024-2025"], capture_output=True, text=True, check=False, timeout=60)
    assert (other.returncode, other.stdout) == (1, "")
    assert json.loads(file.read_text())["schema"] == "hocba/inventory-proof/1"


def test_a_mistyped_year_is_refused_in_words(hocba: Hocba, code: str) -> None:
    for words in ((code, "2025"), ("khong-phai-ma", YEAR)):
        refused = hocba("inventory", "prove", *words)
        assert (refused.status, refused.out) == (1, "")
        assert refused.err.strip()
