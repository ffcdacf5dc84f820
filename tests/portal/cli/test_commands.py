"""The `hocba` command end to end, as a person runs it; JSON read back."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from click.testing import CliRunner

from portal.cli.main import main
from tests.instances import WORKBOOKS

INSTALLED = Path(sys.executable).with_name("hocba")


@dataclass(frozen=True)
class Ran:
    """status: exit status. out: standard output. err: standard error."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on the one line."""
        (line,) = self.out.splitlines()
        return json.loads(line)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Hocba:
    data: Path

    def __call__(self, *arguments: object) -> Ran:
        done = CliRunner(env={"HOCBA_SANDBOX_WORKERS": "1"}).invoke(
            main, ["--data", str(self.data), *map(str, arguments)], prog_name="hocba"
        )
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return Ran(done.exit_code, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def hocba(tmp_path_factory: pytest.TempPathFactory) -> Hocba:
    made = Hocba(tmp_path_factory.mktemp("cli") / "instance")
    assert made("init", "--demo").status == 0
    return made


@pytest.fixture(scope="module")
def imported(hocba: Hocba) -> dict[str, Any]:
    ran = hocba("import", WORKBOOKS / "lop-4A1.xlsx", "--school", "MAU-TH-01", "--year", "2025-2026", "--json")
    assert ran.status == 0, ran.err
    return dict(ran.json)


@pytest.fixture(scope="module")
def locked(hocba: Hocba, imported: dict[str, Any]) -> dict[str, Any]:
    assert hocba("sign", imported["packet"], "--signer", "demo").status == 0
    assert hocba("lock", imported["packet"]).status == 0
    return imported


@pytest.fixture(scope="module")
def printed(hocba: Hocba, locked: dict[str, Any]) -> Path:
    path = hocba.data.parent / "hoc-ba.pdf"
    ran = hocba("pdf", locked["rows"][0]["lookup_code"], "-o", path)
    assert ran.status == 0, ran.err
    return path


def test_the_installed_command_is_the_same(hocba: Hocba) -> None:
    done = subprocess.run(
        [INSTALLED, "--data", hocba.data, "show", "0" * 32], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == hocba("show", "0" * 32).err


def test_init_refuses_to_run_twice(hocba: Hocba) -> None:
    ran = hocba("init", "--demo")
    assert ran.status == 1
    assert ran.err.strip()
    assert "Traceback" not in ran.err


def test_import_json_has_the_promised_shape(imported: dict[str, Any]) -> None:
    assert (imported["accepted"], imported["refused"]) == (34, 0)
    assert [row["pupil"] for row in imported["rows"]] == list(range(1, 35))
    for row in imported["rows"]:
        assert set(row) == {"row", "pupil", "lookup_code", "errors", "warnings"}
        assert len(row["lookup_code"]) == 32
        for finding in row["warnings"]:
            assert set(finding) == {"field", "code", "message"}


def test_a_file_with_faults_exits_1_and_names_each(hocba: Hocba) -> None:
    faults = json.loads((WORKBOOKS / "lop-3A2-loi.faults.json").read_text(encoding="utf-8"))
    ran = hocba(
        "import", WORKBOOKS / "lop-3A2-loi.xlsx", "--school", "MAU-TH-01", "--year", "2025-2026", "--json", "--dry-run"
    )
    assert ran.status == 1
    rows = {row["pupil"]: row for row in ran.json["rows"]}
    for fault in faults:
        found = rows[fault["pupil"]]["errors" if fault["severity"] == "error" else "warnings"]
        assert any(item["field"].endswith(fault["column"]) for item in found), fault
    named = {fault["pupil"] for fault in faults if fault["severity"] == "error"}
    refused = {pupil for pupil, row in rows.items() if row["errors"]}
    assert named <= refused


def test_a_dry_run_stores_nothing(hocba: Hocba) -> None:
    path = WORKBOOKS / "lop-1B.xlsx"
    dry = hocba("import", path, "--school", "MAU-TH-02", "--year", "2025-2026", "--dry-run", "--json")
    assert (dry.status, dry.json["accepted"]) == (0, 31)
    code = dry.json["rows"][0]["lookup_code"]
    assert hocba("show", code, "--json").status == 1
    told = hocba("import", path, "--school", "MAU-TH-02", "--year", "2025-2026", "--dry-run")
    assert told.out.splitlines()[-1] == "Chạy thử, chưa lưu gì: sẽ nhận 31, từ chối 0, 0 dòng cần xem lại."


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("import", "none.xlsx", "--school", "MAU-TH-01", "--year", "2025-2026"), 2),
        (("import",), 2),
        (("lock", "999"), 1),
        (("sign", "999"), 1),
        (("show", "khong phai ma"), 1),
        (("show", "0" * 32), 1),
        (("pdf", "12345678123441238123123456789012", "-o", "/tmp/none.pdf"), 1),
        (("frobnicate",), 2),
    ],
)
def test_refusals_are_sentences_and_wrong_usage_is_2(hocba: Hocba, arguments: tuple[str, ...], status: int) -> None:
    ran = hocba(*arguments)
    assert ran.status == status
    assert ran.out == ""
    assert ran.err.strip()
    assert "Traceback" not in ran.err


def test_a_refused_file_is_one_json_object(hocba: Hocba, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"no workbook")
    ran = hocba("import", path, "--school", "MAU-TH-01", "--year", "2025-2026", "--json")
    assert ran.status == 1
    assert ran.json["packet"] is None
    assert ran.json["error"]["code"] == "not_a_workbook"
    assert ran.json["error"]["message"]


def test_show_has_the_whole_record_with_who_signed(hocba: Hocba, locked: dict[str, Any]) -> None:
    code = locked["rows"][0]["lookup_code"]
    ran = hocba("show", code.upper(), "--json")
    assert ran.status == 0
    assert ran.json["lookup_code"] == code
    (year,) = ran.json["years"]
    assert year["state"] == "locked"
    assert year["effective_at"]
    assert {held["role"] for held in year["signatures"]} == {"head", "school_seal"}
    assert year["record"]["lookup_code"] == code


def test_a_print_checks_as_authentic(hocba: Hocba, printed: Path) -> None:
    ran = hocba("check", printed, "--json")
    assert ran.json["verdict"] == "authentic", ran.out
    assert ran.status == 0
    assert ran.json["differences"] == []
    assert {fact["status"] for fact in ran.json["facts"]} <= {"passed", "not_applicable"}


def test_a_resaved_print_matches_in_content_only(hocba: Hocba, printed: Path, tmp_path: Path) -> None:
    path = tmp_path / "resaved.pdf"
    with pikepdf.open(printed) as opened:
        opened.save(path)
    ran = hocba("check", path, "--json")
    assert ran.json["verdict"] == "content_matches", ran.out
    assert ran.status == 0


def test_check_answers_for_each_file_in_order(hocba: Hocba, printed: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pdf"
    other.write_bytes(b"not a pdf")
    ran = hocba("check", other, printed, "--json")
    assert ran.status == 1
    assert [line["file"] for line in ran.lines] == [str(other), str(printed)]
    assert [line["verdict"] for line in ran.lines] == ["insufficient", "authentic"]


def test_before_the_lock_there_is_only_a_preview(hocba: Hocba, locked: dict[str, Any], tmp_path: Path) -> None:
    assert locked["packet"]
    ran = hocba("import", WORKBOOKS / "lop-5D.xlsx", "--school", "MAU-TH-01", "--year", "2025-2026", "--json")
    code = ran.json["rows"][0]["lookup_code"]
    path = tmp_path / "preview.pdf"
    assert hocba("pdf", code, "-o", path).status == 0
    with pikepdf.open(path) as opened:
        assert "/AcroForm" not in opened.Root
    assert hocba("check", path, "--json").json["verdict"] == "not_found"
    assert hocba("pdf", code, "--all", "-o", path).status == 1


def test_audit_finds_nothing_to_say(hocba: Hocba, locked: dict[str, Any]) -> None:
    assert locked["packet"]
    ran = hocba("audit", "--json")
    assert ran.status == 0, ran.out
    assert ran.json["problems"] == []
    assert ran.json["entries"] >= 34
    assert len(ran.json["root"]) == 64


def test_a_packet_goes_out_and_its_file_is_a_packet(hocba: Hocba, tmp_path: Path) -> None:
    ran = hocba("import", WORKBOOKS / "lop-1B.xlsx", "--school", "MAU-TH-01", "--year", "2025-2026", "--json")
    path = tmp_path / "goi.json"
    assert hocba("packet", ran.json["packet"], "-o", path).status == 0
    signed = hocba("sign", path, "--json")
    assert signed.status == 0, signed.err
    assert signed.json["accepted"] == 31
    assert hocba("lock", path, "--json").json["locked"] == 31


def test_doctor_is_content_with_the_demo(hocba: Hocba) -> None:
    ran = hocba("doctor", "--json")
    failed = [line["check"] for line in ran.lines if not line["ok"]]
    assert failed in ([], ["tiến trình mở tệp lạ bị cắt mạng"])


def test_outside_demo_mode_the_command_line_points_to_the_portal(tmp_path: Path) -> None:
    real = Hocba(tmp_path / "instance")
    arguments = (
        "--url",
        "https://hocba.example.vn",
        "--system-name",
        "Hệ thống",
        "--owner-name",
        "Sở",
        "--department-code",
        "S1",
    )
    assert real("init", *arguments).status == 0
    ran = real("lock", "1")
    assert ran.status == 1
    assert "https://hocba.example.vn/chot-du-lieu" in ran.err
    assert real("init", "--url", "https://hocba.example.vn/sub").status == 2


def test_commands_say_when_there_is_no_instance(tmp_path: Path) -> None:
    ran = Hocba(tmp_path / "none")("audit")
    assert ran.status == 1
    assert "hocba init" in ran.err
