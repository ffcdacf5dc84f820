"""Where a person is written to: asked for, confirmed by the link of a real mail, ended; and nobody else's business."""

import re

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.jobs.mailing import send_due
from portal.models import Account, MailAddress
from portal.services.mail_addresses import Tickets
from portal.web import clock
from portal.web.jobs import mail_desk
from tests.client import Page
from tests.portal.views.lock_journeys import DAY, turn_clock
from tests.portal.views.mail_journeys import sends_mail
from tests.portal.worlds import CLERK, HEAD, World
from tests.smtp_server import Box, smtp_server

MAIL = "/thong-bao/thu"
ADDRESS = "van.thu@mau.invalid"


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    turn_clock(monkeypatch)


def held(world: World) -> MailAddress | None:
    with Session(world.engine) as session:
        return session.scalar(sa.select(MailAddress))


def links(box: Box) -> list[str]:
    """Paths of the links in the newest mail."""
    text = str(box.taken[-1].get_content()) + str(box.taken[-1]["List-Unsubscribe"] or "")
    return re.findall(r"https://hocba\.mau\.invalid(/[\w/-]+)", text)


def test_an_address_counts_once_its_owner_opened_the_link(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    box, clerk = Box(), world.signed_in(CLERK)
    assert "chưa gửi thư" in clerk.get(MAIL).text
    with smtp_server(box) as port:
        sends_mail(world, monkeypatch, port)
        page = clerk.get(MAIL)
        wrong = Page(clerk.submit(page, MAIL, {"address": "ă@mau.invalid", "pace": "soon"}, 422))
        assert "không đúng cách viết" in wrong.text
        clerk.submit(page, MAIL, {"address": ADDRESS, "pace": "daily", "optional": "1"})
        assert "Chờ bạn mở liên kết" in clerk.get(MAIL).text
        opened = world.app.extensions["hocba"].runtime
        assert send_due(mail_desk(opened, world.engine)) == 1
    (path,) = [link for link in links(box) if link.startswith(f"{MAIL}/")]
    assert world.browser().fetch(path, 303).location == f"/dang-nhap?next={path}"
    head = world.signed_in(HEAD)
    head.submit(head.get(path), path, {}, 404)  # of the mailbox, but not of the account
    confirming = clerk.get(path)
    found = held(world)
    assert found is not None
    assert found.confirmed_at is None  # a program that looks at links beforehand confirms nothing
    assert clerk.submit(confirming, path, {}).location == MAIL
    assert "Thư được gửi đến van.thu@mau.invalid." in clerk.get(MAIL).text
    assert ADDRESS not in head.get("/").text + head.get(MAIL).text
    clerk.submit(clerk.get(MAIL), f"{MAIL}/bo", {})
    assert held(world) is None


def test_one_click_ends_what_is_optional_without_a_cookie(small_world: World) -> None:
    with Session(small_world.engine) as session, session.begin():
        who = session.scalars(sa.select(Account.id).where(Account.username == CLERK)).one()
        session.add(
            MailAddress(
                account_id=who,
                address=ADDRESS,
                asked_at=clock.read(),
                confirmed_at=DAY,
                pace="soon",
                optional=True,
                refused_at=None,
            )
        )
    path = f"/bo-thu/{Tickets.of(small_world.runtime.instance.secret_key).ending(who)}"
    reader = small_world.browser()
    page = reader.get(path)
    assert ADDRESS not in page.text
    assert (before := held(small_world)) is not None
    assert before.optional
    answer = reader.post(path, {"List-Unsubscribe": "One-Click"}, 200, referer=False)
    assert "Đã ghi nhận" in Page(answer).text
    assert (after := held(small_world)) is not None
    assert (after.optional, after.confirmed_at) == (False, DAY)
    reader.submit(page, path, {}, 200)  # and by hand
    for wrong in (path[:-1], "/bo-thu/1", f"/bo-thu/{'9' * 400}"):
        reader.get(wrong, 404)
        reader.post(wrong, {}, 404)
