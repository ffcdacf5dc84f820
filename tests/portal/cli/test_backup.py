"""The whole drill as an operator types it: back up, lose everything, restore, resume; and what is refused."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from portal.cli.main import main
from tests.instances import WORKBOOKS
from tests.portal.cli.test_commands import Hocba, Ran

PHRASE = {"PHRASE": "sáu từ chọn ngẫu nhiên nhé"}


def run(data: Path, *arguments: object) -> Ran:
    done = CliRunner(env={"HOCBA_SANDBOX_WORKERS": "1", **PHRASE}).invoke(
        main, ["--data", str(data), *map(str, arguments)], prog_name="hocba"
    )
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Ran(done.exit_code, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def hocba(tmp_path_factory: pytest.TempPathFactory) -> Hocba:
    made = Hocba(tmp_path_factory.mktemp("backup") / "instance")
    assert made("init", "--demo").status == 0
    return made


def lock_class(hocba: Hocba, workbook: str, school: str) -> None:
    taken = hocba("import", WORKBOOKS / workbook, "--school", school, "--year", "2025-2026", "--json")
    assert taken.status == 0, taken.err
    assert hocba("sign", taken.json["packet"], "--signer", "demo").status == 0
    assert hocba("lock", taken.json["packet"]).status == 0


def test_the_drill(hocba: Hocba, tmp_path: Path) -> None:
    data = hocba.data
    lock_class(hocba, "lop-1B.xlsx", "MAU-TH-02")
    refused = run(data, "backup", tmp_path)
    assert (refused.status, "backup-key" in refused.err) == (1, True)
    public = run(data, "backup-key", tmp_path / "key.txt").out.strip()
    (data / "backup-recipients.txt").write_text(f"# Sở\n{public}\n", encoding="utf-8")

    taken = run(data, "backup", tmp_path, "--json")
    assert taken.status == 0, taken.err
    file = Path(taken.json["file"])
    assert (file.parent, file.stat().st_size, file.stat().st_mode & 0o077) == (tmp_path, taken.json["size"], 0)
    assert run(data, "backup-keys", tmp_path / "keys.age", "--passphrase-env", "PHRASE").status == 0
    lock_class(hocba, "lop-4A1.xlsx", "MAU-TH-01")
    mirrored = run(data, "mirror", tmp_path / "mirror", "--json").json
    kept = tmp_path / "kept"
    kept.mkdir()
    assert run(data, "audit-copy", kept / "copy").status == 0
    index = (kept / "copy" / "index.jsonl").read_text(encoding="utf-8").splitlines()
    code = json.loads(index[-1])["lookup_code"]
    assert run(data, "pdf", code, "-o", kept / "hoc-ba.pdf").status == 0
    assert "bản sao lưu mới nhất: 0 giờ trước" in run(data, "doctor").out

    shutil.rmtree(data)
    assert run(data, "restore-keys", tmp_path / "keys.age", "--passphrase-env", "PHRASE").status == 0
    restored = run(data, "restore", file, "--key", tmp_path / "key.txt", "--json")
    assert restored.status == 0, restored.err
    assert (restored.json["records"], restored.json["problems"]) == (31, 0)
    assert run(data, "restore", file, "--key", tmp_path / "key.txt").status == 1
    assert run(data, "doctor").status == 1

    assert run(data, "log", "resume").status == 1
    assert run(data, "log", "resume", "--no-mirror").status == 2
    assert run(data, "log", "resume", "--mirror", tmp_path / "mirror", "--decision", "1/QĐ").status == 2
    resumed = run(data, "log", "resume", "--mirror", tmp_path / "mirror", "--seen", tmp_path / "mirror" / "checkpoint")
    assert resumed.status == 0, resumed.err
    assert "MAU-TH-01: 34" in resumed.out
    audit = run(data, "audit", "--json")
    assert (audit.status, audit.json["root"], len(audit.json["problems"])) == (1, mirrored["root"], 34)
    assert run(data, "mirror", tmp_path / "mirror", "--json").json["before"] == mirrored["after"]
    assert run(data, "doctor").status == 0

    by_print = run(data, "reattach", kept / "hoc-ba.pdf", "--decision", "15/QĐ-MAU", "--json")
    assert (by_print.status, by_print.json["attached"]) == (0, 1), by_print.err
    (kept / "rac.pdf").write_bytes(b"%PDF-1.7 nothing")
    rest = run(data, "reattach", kept / "copy", kept / "rac.pdf", "--decision", "15/QĐ-MAU")
    assert (rest.status, "rac.pdf" in rest.err) == (1, True)
    assert "Đã gắn lại 33 học bạ; 32 đã có sẵn; 1 chưa gắn được." in rest.out
    assert run(data, "audit", "--json").json["problems"] == []
    checked = run(data, "check", kept / "hoc-ba.pdf", "--json")
    assert checked.json["verdict"] == "authentic"


def test_going_on_without_asking_anybody_is_loud(tmp_path: Path) -> None:
    source = tmp_path / "instance"
    made = Hocba(source)
    assert made("init", "--demo").status == 0
    public = run(source, "backup-key", tmp_path / "key.txt").out.strip()
    file = tmp_path / "backup.age"
    assert run(source, "backup", file, "-r", public).status == 0
    back = tmp_path / "back"
    for name in ("keys", "demo-authority"):
        shutil.copytree(source / name, back / name)
    assert run(back, "restore", file, "--key", tmp_path / "key.txt").status == 0
    forced = run(back, "log", "resume", "--no-mirror", "--decision", "12/QĐ-SGDĐT")
    assert forced.status == 0
    assert "CẢNH BÁO" in forced.err
    assert "12/QĐ-SGDĐT" in forced.err
    doctor = run(back, "doctor")
    assert doctor.status == 1
    assert "12/QĐ-SGDĐT" in doctor.out


def test_a_key_file_is_not_written_over(tmp_path: Path) -> None:
    there = tmp_path / "key.txt"
    there.write_text("the only key", encoding="utf-8")
    assert run(tmp_path / "none", "backup-key", there).status == 2
    assert there.read_text(encoding="utf-8") == "the only key"


def test_a_mirror_of_an_address_needs_the_key_of_the_log_first(tmp_path: Path) -> None:
    ran = run(tmp_path / "none", "mirror", tmp_path / "mirror", "--from", "http://127.0.0.1:1/log")
    assert (ran.status, "--log-key" in ran.err) == (2, True)
