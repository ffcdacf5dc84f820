"""`hocba mail`: a test mail through a real server, what waits, and what doctor says of a careless setting."""

from pathlib import Path

import pytest

from tests.portal.cli.test_commands import Hocba
from tests.smtp_server import Box, smtp_server


def test_an_operator_sees_whether_mail_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hocba, box, password = Hocba(tmp_path / "instance"), Box(), tmp_path / "password"
    assert hocba("init", "--demo").status == 0
    off = hocba("mail", "test", "a@mau.invalid")
    assert (off.status, "HOCBA_MAIL_HOST" in off.err) == (1, True)
    password.write_text("x", encoding="utf-8")
    password.chmod(0o644)
    monkeypatch.setenv("HOCBA_MAIL_PASSWORD_FILE", str(password))
    monkeypatch.setenv("HOCBA_MAIL_SECURITY", "none")
    with smtp_server(box) as port:
        for name, value in (("HOST", "127.0.0.1"), ("PORT", str(port)), ("FROM", "hocba@mau.invalid")):
            monkeypatch.setenv(f"HOCBA_MAIL_{name}", value)
        sent = hocba("mail", "test", "a@mau.invalid")
        assert (sent.status, "đã nhận thư thử" in sent.out) == (0, True)
        box.to_recipient = "550 5.1.1 nobody"
        assert "không có hộp thư đó" in hocba("mail", "test", "a@mau.invalid").out
        assert hocba("mail", "test", "a@mau.invalid\nBcc: b@mau.invalid").status == 1
    (mail,) = box.taken
    assert (mail["To"], mail["From"]) == ("a@mau.invalid", "hocba@mau.invalid")
    assert "DỮ LIỆU MẪU" in mail["Subject"]
    down = hocba("mail", "test", "a@mau.invalid")
    assert (down.status, "Không nối được" in down.out) == (1, True)
    assert hocba("mail", "status", "--json").json == {"waiting": 0, "minutes": 0, "lost": 0}
    found = {line["check"]: line["ok"] for line in hocba("doctor", "--json").lines}
    assert found["thư báo có địa chỉ gửi"]
    assert found["đường đến máy chủ thư được bảo vệ"]
    assert not found["mật khẩu SMTP chỉ chủ đọc được"]
    monkeypatch.setenv("HOCBA_MAIL_HOST", "mail.mau.invalid")
    found = {line["check"]: line["ok"] for line in hocba("doctor", "--json").lines}
    assert not found["đường đến máy chủ thư được bảo vệ"]
