"""`hocba report`, `hocba report check` and the audit over a mirror and blobs, as a person runs them."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.instances import WORKBOOKS
from tests.portal.cli.test_commands import Hocba, Ran

YEAR = "2025-2026"


@dataclass(frozen=True)
class Place:
    hocba: Hocba
    folder: Path
    key: str

    def check(self, file: Path, *more: object) -> Ran:
        """As the ministry runs it: whom to believe is given, an instance is not."""
        return self.hocba("report", "check", file, "--log-key", self.key, "--trust", self.trust, *more)

    @property
    def trust(self) -> Path:
        return self.hocba.data / "trust"

    @property
    def report(self) -> Path:
        return self.folder / "report.zip"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("reporting")
    hocba = Hocba(folder / "instance")
    assert hocba("init", "--demo").status == 0
    assert hocba("import", WORKBOOKS / "lop-1B.xlsx", "--school", "MAU-TH-01", "--year", YEAR).status == 0
    assert hocba("sign", 1).status == 0
    assert hocba("lock", 1).status == 0
    made = Place(hocba, folder, hocba("audit", "--json").json["log_key"])
    ran = hocba("report", "--round", "late", "--year", YEAR, made.report, "--json")
    assert ran.status == 0, ran.err
    assert (ran.json["records"], ran.json["bytes"]) == (31, made.report.stat().st_size)
    assert made.report.stat().st_mode & 0o777 == 0o600
    assert hocba("mirror", folder / "log").status == 0
    assert hocba("audit-copy", folder / "blobs").status == 0
    return made


def test_a_report_checks_with_what_is_believed(place: Place) -> None:
    ran = place.check(place.report, "--json")
    assert ran.status == 0, ran.out
    found = ran.json
    assert (found["holds"], found["records"], found["signatures"]) == (True, 31, 62)
    assert found["differences"] == {}
    spoken = place.check(place.report)
    assert "bản kê có 31 học bạ" in spoken.out
    assert "0 điểm khác" in spoken.out
    assert "DỮ LIỆU MẪU" in spoken.out


def test_the_first_difference_is_printed_and_the_status_is_1(place: Place, tmp_path: Path) -> None:
    data = bytearray(place.report.read_bytes())
    data[len(data) // 2] ^= 1
    bad = tmp_path / "bad.zip"
    bad.write_bytes(bytes(data))
    ran = place.check(bad)
    assert ran.status == 1
    assert "không đúng SHA-256" in ran.out
    nothing = tmp_path / "nothing.zip"
    nothing.write_bytes(b"x")
    assert place.check(nothing, "--json").json["differences"] == {"not_a_report": 1}


def test_check_needs_no_instance_and_opens_no_socket(place: Place, tmp_path: Path) -> None:
    """In a folder of its own, in a name space without a network where the machine allows one."""
    command = [sys.executable, "-c", "import sys; from portal.cli.main import main; main()"]
    arguments = ["report", "check", str(place.report), "--log-key", place.key, "--trust", str(place.trust)]
    alone = ["unshare", "--net", "--map-root-user"]
    allowed = subprocess.run([*alone, "true"], capture_output=True, check=False).returncode == 0
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [*(alone if allowed else []), *command, *arguments],
        cwd=tmp_path,
        env={**os.environ, "HOCBA_DATA": str(tmp_path / "none"), "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "31 học bạ, 62 chữ ký: 0 điểm khác" in done.stdout


def test_the_audit_over_mirror_and_blobs(place: Place) -> None:
    believed = ("--log-key", place.key, "--trust", place.trust, "--json")
    for records in (place.folder / "blobs", place.report):
        ran = place.hocba("audit", "--log", place.folder / "log", "--records", records, *believed)
        assert ran.status == 0, ran.out
        assert (ran.json["records"], ran.json["holds"]) == (31, True)
    part = place.hocba(
        "audit", "--log", place.folder / "log", "--records", place.folder / "blobs", "--range", "0-20", *believed
    )
    assert 0 < part.json["records"] < 31


@pytest.mark.parametrize(
    "arguments",
    [
        ("audit", "--log", "x"),
        ("audit", "--range", "0-1"),
        ("audit", "--log", "x", "--records", ".", "--trust", "."),
        ("audit", "--log", "x", "--records", ".", "--trust", ".", "--log-key", "KEY", "--range", "9-1"),
        ("report", "--round", "3", "--year", YEAR, "x.zip"),
        ("report", "check", "x.zip"),
    ],
)
def test_wrong_usage_is_told(place: Place, arguments: tuple[str, ...]) -> None:
    ran = place.hocba(*[place.key if each == "KEY" else each for each in arguments])
    assert ran.status == 2
    assert ran.err


def test_nothing_is_written_over(place: Place) -> None:
    assert place.hocba("report", "--round", "late", "--year", YEAR, place.report).status == 2
    assert place.hocba("audit-copy", place.folder / "blobs").status == 2
    ran = place.hocba("report", "--round", "1", "--year", YEAR, place.folder / "none.zip")
    assert ran.status == 1
    assert "không có gì để xuất" in ran.err
    assert not list(place.folder.glob("none.zip*"))
