"""Mail through a real SMTP server: once, after the commit, later when the server is down, and never into a header."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.jobs import mailing
from portal.jobs.mailing import MailDesk, send_due
from portal.jobs.smtp import Handed, Post, Security, Server
from portal.models import Account, Alarm, Mail, MailAddress, MailKind, MailState, NoticeKind
from portal.services import mail_addresses, mail_outbox, notices
from portal.services.mail_addresses import Tickets, is_address
from portal.services.mail_outbox import ATTEMPTS, LEASE, PAUSES
from portal.services.mail_texts import Writer, message
from portal.services.notices import News
from tests.instances import DemoInstance
from tests.portal.jobs.uploading import Clock
from tests.portal.officials import person
from tests.smtp_server import HOST, Box, own_certificate, smtp_server

URL: Final = "https://hocba.mau.invalid"
ADDRESS: Final = "hieu.truong@mau.invalid"
DAY: Final = datetime(2026, 6, 20, 2, 0, tzinfo=UTC)  # nine in the morning
TICKETS: Final = Tickets.of("bí mật của phép thử")
ASKED: Final = News(NoticeKind.GRANT_ASKED, 41)
LOOKED: Final = News(NoticeKind.CHILD_SEEN, 7)


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def port(box: Box) -> Iterator[int]:
    with smtp_server(box) as port:
        yield port


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(empty_instance: DemoInstance, port: int, clock: Clock) -> MailDesk:
    return desk_of(empty_instance, port, clock)


def desk_of(instance: DemoInstance, port: int, clock: Clock) -> MailDesk:
    server = Server(HOST, port, Security.NONE, "", None)
    writer = Writer(URL, "Cổng học bạ số", "Sở (mẫu)", True, "hocba@mau.invalid", TICKETS)
    return MailDesk(instance.engine, server, writer, clock)


def reader(instance: DemoInstance, clock: Clock, *, pace: str = "soon", optional: bool = True) -> Identity:
    """An official with a confirmed address."""
    with instance.transaction() as session:
        who = person(session, "so.quantri")
        mail_addresses.ask(session, who, ADDRESS, pace, optional=optional, domain="mau.invalid", now=clock())
        asked = session.get_one(MailAddress, who.account_id).asked_at
        mail_addresses.confirm(session, TICKETS, who, TICKETS.confirming(who.account_id, ADDRESS, asked), clock())
        session.execute(sa.update(Mail).values(state="cancelled", ended_at=clock(), address=None))
    return who


def tell(instance: DemoInstance, clock: Clock, *news: News) -> None:
    with instance.transaction() as session:
        for each in news:
            notices.tell(session, each, [person(session, "so.quantri").account_id], clock())


def states(instance: DemoInstance) -> list[str]:
    with instance.reading() as session:
        return list(session.scalars(sa.select(Mail.state).where(Mail.kind != "confirm").order_by(Mail.id)))


def alarms(instance: DemoInstance) -> int:
    with instance.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Alarm).where(Alarm.kind == "mail_lost")) or 0


def text_of(mail: EmailMessage) -> str:
    return str(mail.get_content())


def test_a_notice_is_followed_by_one_mail_that_says_nothing_else(
    empty_instance: DemoInstance, desk: MailDesk, clock: Clock, box: Box
) -> None:
    reader(empty_instance, clock)
    tell(empty_instance, clock, ASKED, News(NoticeKind.GRANT_ASKED, 42))
    assert (send_due(desk), send_due(desk)) == (1, 0)
    (mail,) = box.taken
    assert (mail["To"], mail["From"]) == (ADDRESS, "hocba@mau.invalid")
    assert "2 thông báo mới" in text_of(mail)
    assert f"{URL}/thong-bao\n" in text_of(mail).replace("\r\n", "\n")
    assert "DỮ LIỆU MẪU" in mail["Subject"]
    assert mail["List-Unsubscribe"] is None  # an act waits: nobody unsubscribes from that
    with empty_instance.reading() as session:
        sent = session.scalars(sa.select(Mail).where(Mail.state == "sent")).one()
        assert (sent.message_id, sent.address, sent.attempts) == (mail["Message-ID"], None, 1)


def test_what_was_rolled_back_read_or_told_before_is_not_mailed(
    empty_instance: DemoInstance, desk: MailDesk, clock: Clock, box: Box
) -> None:
    tell(empty_instance, clock, ASKED)
    clock.now += timedelta(minutes=1)
    who = reader(empty_instance, clock)
    with Session(empty_instance.engine) as session:
        notices.tell(session, News(NoticeKind.GRANT_ASKED, 43), [who.account_id], clock())
        session.rollback()
    tell(empty_instance, clock, News(NoticeKind.GRANT_ASKED, 44))
    with empty_instance.transaction() as session:
        notices.settle(session, NoticeKind.GRANT_ASKED, 44, clock())
    assert send_due(desk) == 0
    assert box.taken == []


def test_a_server_that_is_down_gets_it_when_it_is_up(empty_instance: DemoInstance, clock: Clock, box: Box) -> None:
    reader(empty_instance, clock)
    tell(empty_instance, clock, ASKED)
    with smtp_server(box) as port:
        pass
    desk = desk_of(empty_instance, port, clock)
    assert send_due(desk) == 0
    assert states(empty_instance) == ["queued"]
    with smtp_server(box, port):
        assert send_due(desk) == 0  # not before its pause is over
        clock.now += PAUSES[0]
        assert send_due(desk) == 1
    assert len(box.taken) == 1
    assert alarms(empty_instance) == 0


def test_not_now_is_tried_again_and_given_up_with_an_alarm(
    empty_instance: DemoInstance, desk: MailDesk, clock: Clock, box: Box
) -> None:
    reader(empty_instance, clock)
    tell(empty_instance, clock, ASKED)
    box.to_text = "451 4.3.0 try again later"
    for pause in PAUSES:
        assert states(empty_instance) in ([], ["queued"])
        assert alarms(empty_instance) == 0
        send_due(desk)
        clock.now += pause
    assert box.asked == ATTEMPTS
    assert states(empty_instance) == ["failed"]
    assert alarms(empty_instance) == 1
    box.to_text = ""
    assert send_due(desk) == 0


@pytest.mark.parametrize(("said", "gone"), [("550 5.1.1 no such user", True), ("554 5.7.1 not from you", False)])
def test_never_is_never(
    empty_instance: DemoInstance, desk: MailDesk, clock: Clock, box: Box, said: str, gone: bool
) -> None:
    who = reader(empty_instance, clock)
    tell(empty_instance, clock, ASKED)
    box.to_recipient = said
    assert send_due(desk) == 0
    assert states(empty_instance) == ["failed"]
    assert alarms(empty_instance) == 1
    with empty_instance.reading() as session:
        held = mail_addresses.own(session, who)
    assert held is not None
    assert (held.refused, held.confirmed) == (gone, not gone)


def test_a_sender_that_dies_after_sending_leaves_one_message_to_the_reader(
    empty_instance: DemoInstance, desk: MailDesk, clock: Clock, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader(empty_instance, clock)
    tell(empty_instance, clock, ASKED)

    def die(*_given: object) -> None:
        raise SystemExit

    with monkeypatch.context() as within:
        within.setattr(mailing, "_keep", die)
        with pytest.raises(SystemExit):
            send_due(desk)
    assert send_due(desk) == 0  # somebody may still be sending it
    clock.now += LEASE + timedelta(seconds=1)
    assert send_due(desk) == 1
    assert send_due(desk) == 0
    first, second = box.taken
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_bytes() == second.as_bytes()


def test_two_senders_send_one(empty_instance: DemoInstance, desk: MailDesk, clock: Clock) -> None:
    reader(empty_instance, clock)
    tell(empty_instance, clock, ASKED)
    with empty_instance.transaction() as session:
        assert mail_outbox.gather(session, "mau.invalid", clock()) == 1
        assert mail_outbox.gather(session, "mau.invalid", clock()) == 0
    with empty_instance.transaction() as session:
        assert mail_outbox.claim(session, clock()) is not None
    assert send_due(desk) == 0


def test_mails_keep_apart_and_a_digest_comes_once_a_day(
    empty_instance: DemoInstance, desk: MailDesk, clock: Clock, box: Box
) -> None:
    who = reader(empty_instance, clock)
    for place in range(3):
        tell(empty_instance, clock, News(NoticeKind.GRANT_ASKED, 50 + place))
        send_due(desk)
        clock.now += timedelta(minutes=11)
    assert len(box.taken) == 1
    clock.now += timedelta(minutes=20)
    assert send_due(desk) == 1
    assert "2 thông báo mới" in text_of(box.taken[-1])
    with empty_instance.transaction() as session:
        mail_addresses.ask(session, who, ADDRESS, "daily", optional=True, domain="mau.invalid", now=clock())
    tell(empty_instance, clock, News(NoticeKind.GRANT_ASKED, 60))
    assert send_due(desk) == 0  # one has come today
    clock.now = datetime(2026, 6, 20, 23, 59, tzinfo=UTC)  # 06:59 of the next day here
    assert send_due(desk) == 0
    clock.now += timedelta(minutes=2)
    assert send_due(desk) == 1
    assert "trong ngày" in box.taken[-1]["Subject"]


def test_what_is_optional_ends_with_one_click_and_the_rest_goes_on(
    empty_instance: DemoInstance, desk: MailDesk, clock: Clock, box: Box
) -> None:
    who = reader(empty_instance, clock)
    tell(empty_instance, clock, LOOKED)
    send_due(desk)
    (mail,) = box.taken
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    ticket = str(mail["List-Unsubscribe"]).strip("<>").removeprefix(f"{URL}/bo-thu/")
    assert TICKETS.ends(ticket) == who.account_id
    for wrong in (ticket[:-1] + ("0" if ticket[-1] != "0" else "1"), "1", "", f"{who.account_id + 1}-{ticket}", "é-1"):
        with pytest.raises(NotFound):
            TICKETS.ends(wrong)
    with empty_instance.transaction() as session:
        mail_addresses.end_optional(session, who.account_id)
    clock.now += timedelta(hours=1)
    tell(empty_instance, clock, News(NoticeKind.CHILD_SEEN, 8))
    assert send_due(desk) == 0
    tell(empty_instance, clock, ASKED)
    assert send_due(desk) == 1


@pytest.mark.parametrize(
    "address",
    [
        "a@mau.invalid\r\nBcc: b@mau.invalid",
        "a@mau.invalid\n",
        "a b@mau.invalid",
        "a@mau.invalid,b@mau.invalid",
        '"a"@mau.invalid',
        "<a@mau.invalid>",
        "ă@mau.invalid",
        "a@mau",
        "@mau.invalid",
        "a@" + "m" * 250 + ".invalid",
        "",
    ],
)
def test_nothing_but_one_plain_address_is_one(address: str) -> None:
    assert not is_address(address)


def test_nothing_else_is_taken(empty_instance: DemoInstance, clock: Clock) -> None:
    with empty_instance.transaction() as session, pytest.raises(Refused) as refused:
        mail_addresses.ask(
            session,
            person(session, "so.quantri"),
            "a@mau.invalid\r\nBcc: b@mau.invalid",
            "soon",
            optional=True,
            domain="mau.invalid",
            now=clock(),
        )
    assert refused.value.problem is Problem.MAIL_ADDRESS


def test_a_header_cannot_be_put_in_from_below_either(desk: MailDesk) -> None:
    held = mail_outbox.Outgoing(
        1, 1, MailKind.NEWS, "a@mau.invalid\r\nBcc: b@mau.invalid", 1, False, "<1@m>", DAY, DAY, 1
    )
    with pytest.raises(ValueError, match=r"newline|CR or LF|linefeed"):
        message(desk.writer, held)


def test_only_the_owner_confirms_and_only_in_time(empty_instance: DemoInstance, clock: Clock) -> None:
    with empty_instance.transaction() as session:
        who, other = person(session, "so.quantri"), person(session, "so.canbo")
        for each in (who, other):
            mail_addresses.ask(session, each, ADDRESS, "soon", optional=True, domain="mau.invalid", now=clock())
        ticket = TICKETS.confirming(who.account_id, ADDRESS, clock())
        for wrong in (ticket[:-1], TICKETS.confirming(who.account_id, "b@mau.invalid", clock()), ""):
            with pytest.raises(NotFound):
                mail_addresses.confirm(session, TICKETS, who, wrong, clock())
        with pytest.raises(NotFound):
            mail_addresses.confirm(session, TICKETS, other, ticket, clock())
        with pytest.raises(Refused) as late:
            mail_addresses.confirm(session, TICKETS, who, ticket, clock() + timedelta(hours=49))
        assert late.value.problem is Problem.MAIL_LATE
        mail_addresses.confirm(session, TICKETS, who, ticket, clock())
        mail_addresses.confirm(session, TICKETS, who, ticket, clock() + timedelta(days=30))  # pressed again
        for place in range(4):
            mail_addresses.ask(
                session, who, f"b{place}@mau.invalid", "soon", optional=True, domain="mau.invalid", now=clock()
            )
        with pytest.raises(Refused) as often:
            mail_addresses.ask(session, who, ADDRESS, "soon", optional=True, domain="mau.invalid", now=clock())
        assert often.value.problem is Problem.MAIL_OFTEN


def test_another_address_stops_what_is_on_its_way_to_the_old_one(
    empty_instance: DemoInstance, desk: MailDesk, clock: Clock, box: Box
) -> None:
    who = reader(empty_instance, clock)
    tell(empty_instance, clock, ASKED)
    with empty_instance.transaction() as session:
        mail_outbox.gather(session, "mau.invalid", clock())
        mail_addresses.ask(session, who, "moi@mau.invalid", "soon", optional=True, domain="mau.invalid", now=clock())
    assert send_due(desk) == 1
    (mail,) = box.taken
    assert mail["To"] == "moi@mau.invalid"
    ticket = TICKETS.confirming(who.account_id, "moi@mau.invalid", clock())
    assert f"{URL}/thong-bao/thu/{ticket}" in text_of(mail)
    with empty_instance.transaction() as session:
        mail_addresses.forget(session, who, clock())
        assert session.get(MailAddress, who.account_id) is None


def test_a_closed_account_and_mail_that_is_off_send_nothing(
    empty_instance: DemoInstance, desk: MailDesk, clock: Clock, box: Box
) -> None:
    reader(empty_instance, clock)
    tell(empty_instance, clock, ASKED)
    assert send_due(MailDesk(desk.engine, None, desk.writer, clock)) == 0
    assert states(empty_instance) == []
    with empty_instance.transaction() as session:
        session.execute(sa.update(Account).values(active=False))
    assert send_due(desk) == 0
    assert box.taken == []


def test_the_way_is_kept_by_tls_with_a_certificate_that_is_trusted(
    box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, password = own_certificate(tmp_path), tmp_path / "password"
    password.write_text("mat-khau-mau\n", encoding="utf-8")
    mail = EmailMessage()
    mail["From"], mail["To"] = "a@mau.invalid", "b@mau.invalid"
    with smtp_server(box, certificate=certificate, login=("cong", "mat-khau-mau")) as port:
        server = Server("localhost", port, Security.STARTTLS, "cong", password)
        assert hand(server, mail) is Handed.UNREACHED  # nobody vouches for it
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        assert ssl.create_default_context().get_ca_certs()
        assert hand(server, mail) is Handed.TAKEN
        assert hand(Server("localhost", port, Security.NONE, "", None), mail) is Handed.UNREACHED
        password.write_text("another", encoding="utf-8")
        assert hand(server, mail) is Handed.UNREACHED
    assert len(box.taken) == 1


def test_nothing_goes_over_an_open_way_to_another_machine() -> None:
    assert not Server("mail.mau.invalid", 25, Security.NONE, "", None).safe
    assert Server("mail.mau.invalid", 25, Security.STARTTLS, "", None).safe


def hand(server: Server, mail: EmailMessage) -> Handed:
    with Post(server) as post:
        return post.hand(mail)


def test_an_end_is_for_good(empty_instance: DemoInstance, desk: MailDesk, clock: Clock) -> None:
    reader(empty_instance, clock)
    tell(empty_instance, clock, ASKED)
    send_due(desk)
    with pytest.raises(sa.exc.DatabaseError), empty_instance.transaction() as session:
        session.execute(sa.update(Mail).values(state=MailState.QUEUED.value, ended_at=None, address=ADDRESS))
