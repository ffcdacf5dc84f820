"""`hocba mail`: whether mail leaves this instance, and what waits."""

import secrets

import click

from portal.cli.context import engine_of, now, pass_settings, read_only, running
from portal.cli.output import put, say
from portal.errors import Problem, Refused
from portal.jobs.smtp import Handed, Post
from portal.presenters.language import mark
from portal.services.mail_addresses import is_address
from portal.services.mail_outbox import backlog
from portal.services.mail_texts import test_message
from portal.settings import Settings, load_instance
from portal.web.jobs import mail_desk

_CAME = {
    Handed.TAKEN: mark("Máy chủ đã nhận thư thử. Xem hộp thư, cả mục thư rác."),
    Handed.LATER: mark("Máy chủ hẹn gửi lại sau: xem hạn mức gửi và danh sách xám của nơi nhận."),
    Handed.UNREACHED: mark("Không nối được, chứng thư không đúng, hoặc không đăng nhập được: xem HOCBA_MAIL_…"),
    Handed.NEVER: mark("Máy chủ từ chối thư này: xem HOCBA_MAIL_FROM và quyền gửi của tài khoản SMTP."),
    Handed.NOBODY: mark("Máy chủ nói không có hộp thư đó."),
}


@click.group("mail")
def mail_group() -> None:
    """Thư báo: gửi thử, xem hàng đợi."""


@mail_group.command("test")
@click.argument("address")
@pass_settings
def test(settings: Settings, address: str) -> None:
    """Gửi ngay một thư thử đến ADDRESS; thoát 1 khi máy chủ không nhận."""
    if not is_address(address):
        raise Refused(Problem.MAIL_ADDRESS)
    with running(settings) as runtime, engine_of(settings) as engine:
        desk = mail_desk(runtime, engine)
    if desk.server is None:
        raise Refused(Problem.MAIL_OFF)
    message_id = f"<{secrets.token_hex(16)}@{desk.writer.domain}>"
    with Post(desk.server) as post:
        came = post.hand(test_message(desk.writer, address, message_id, now()))
    say(_CAME[came])
    raise SystemExit(0 if came is Handed.TAKEN else 1)


@mail_group.command()
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def status(settings: Settings, as_json: bool) -> None:
    """Bao nhiêu thư chờ gửi, bao nhiêu thư bỏ trong tuần; thoát 1 khi có thư bỏ."""
    load_instance(settings)
    with read_only(settings) as session:
        found = backlog(session, now())
    minutes = int((now() - found.oldest).total_seconds() // 60) if found.oldest is not None else 0
    if as_json:
        put({"waiting": found.waiting, "minutes": minutes, "lost": found.lost})
    else:
        say(f"{found.waiting} thư chờ gửi, lâu nhất {minutes} phút; {found.lost} thư bỏ trong 7 ngày qua.")
    raise SystemExit(1 if found.lost else 0)
