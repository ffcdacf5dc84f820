"""`hocba ledger`: the chain at the command line, and the first row that does not hold."""

import sqlite3
from pathlib import Path

from tests.instances import WORKBOOKS
from tests.portal.cli.test_commands import Hocba


def test_verify_names_the_first_row_that_does_not_hold(tmp_path: Path) -> None:
    hocba = Hocba(tmp_path / "instance")
    assert hocba("init", "--demo").status == 0
    taken = hocba("import", WORKBOOKS / "lop-4A1.xlsx", "--school", "MAU-TH-01", "--year", "2025-2026", "--json").json
    for row in taken["rows"][:3]:
        assert hocba("show", row["lookup_code"]).status == 0
    whole = hocba("ledger", "verify", "--json").json
    assert whole["rows"] >= 3
    assert whole["first_broken"] is None
    assert "Đã ghi đầu chuỗi" in hocba("ledger", "log").out
    assert hocba("ledger", "log").out.startswith("Hôm nay không có gì mới")
    assert hocba("ledger", "verify", "--json").json["covered"] == whole["rows"]
    assert "Đã đóng 0 tháng" in hocba("ledger", "close").out
    with sqlite3.connect(tmp_path / "instance" / "hocba.sqlite3") as database:
        database.execute("DROP TRIGGER guard_access_event_update")
        database.execute("UPDATE access_event SET basis = 'head@MAU-TH-02' WHERE id = 2")
    database.close()
    broken = hocba("ledger", "verify")
    assert broken.status == 1
    assert "dòng 2 " in broken.out
    assert "Khớp với 1 đầu chuỗi" in broken.out
    assert hocba("ledger", "verify", "--json").json["how"] == "changed"


def test_a_breach_is_told_by_record_and_the_question_is_written(tmp_path: Path) -> None:
    hocba = Hocba(tmp_path / "instance")
    assert hocba("init", "--demo").status == 0
    taken = hocba("import", WORKBOOKS / "lop-4A1.xlsx", "--school", "MAU-TH-01", "--year", "2025-2026", "--json").json
    codes = [row["lookup_code"] for row in taken["rows"][:3]]
    for code in (*codes, codes[0]):
        hocba("show", code)
    asked = ("ledger", "seen", "--from", "2020-01-01", "--to", "2099-01-01", "--reason", "máy bị lấy cắp")
    found = hocba(*asked, "--network", "local", "--json").json
    assert {each["code"]: each["looks"] for each in found["records"]} == {codes[0]: 2, codes[1]: 1, codes[2]: 1}
    assert hocba(*asked, "--network", "192.0.2.7", "--json").json == {"records": [], "others": {}, "refused": 0}
    file = tmp_path / "lo-lot.csv"
    assert "3 học bạ bị xem, 4 lần" in hocba(*asked, "--network", "local", "-o", file).out
    assert (file.read_text(encoding="utf-8-sig").count("\n"), file.stat().st_mode & 0o077) == (4, 0)
    assert hocba(*asked, "--account", "khong.co.ai").status == 1
    for words in ((), ("--network", "không phải mạng"), ("--network", "192.0.2.7/24")):
        assert hocba(*asked, *words).status == 2
    with sqlite3.connect(tmp_path / "instance" / "hocba.sqlite3") as database:
        rows = database.execute("SELECT purpose, fields FROM access_event WHERE action = 'ledger.export'").fetchall()
    database.close()
    assert [purpose for purpose, _fields in rows] == ["máy bị lấy cắp"] * 3
    assert "network:192.0.2.0/24" in rows[1][1]
