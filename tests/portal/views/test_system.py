"""The strip on the department's home: each value is true, leads somewhere, and says so where it is not well."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import Account, Alarm, BackupTaken, CardCount, Job, KeyAuthorisation, Mail, NoticeKind, Unit
from portal.services import notices
from portal.services.notices import News
from tests.client import Page
from tests.portal.views.lock_journeys import DAY, turn_clock
from tests.portal.views.mail_journeys import sends_mail
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, World

SYSTEM = "/he-thong"


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    turn_clock(monkeypatch)


def strip(page: Page) -> dict[str, tuple[str, str]]:
    """Value and tone of each line of the home, by its name."""
    found = {}
    (panel,) = [each for each in page.tree.iter("ul") if each.get("class") == "strip"]
    for link in panel.iter("a"):
        value = "".join(next(link.iter("strong")).itertext()).strip()
        found[(link.text or "").strip()] = (value, (link.get("class") or "").rpartition("tone-")[2])
    return found


def test_a_quiet_system(world: World) -> None:
    page = world.signed_in(DEPARTMENT).get("/")
    assert strip(page) == {
        "Sao lưu": ("chưa có bản nào", "caution"),
        "Hàng đợi": ("trống", "neutral"),
        "Tra cứu không thấy hôm nay": ("0", "neutral"),
        "Chứng kiến sổ": ("chưa khai bên nào", "neutral"),
        "Dấu thời gian": ("chưa khai đơn vị nào", "neutral"),
        "Chứng thư hết hạn trong 60 ngày": ("không có", "neutral"),
        "Thư báo": ("chưa bật", "neutral"),
    }


def test_what_is_not_well_is_said_with_what_to_do(world: World) -> None:
    trouble(world)
    browser = world.signed_in(DEPARTMENT)
    home = browser.get("/")
    found = strip(home)
    assert found["Sao lưu"] == ("30 giờ trước", "caution")
    assert found["Hàng đợi"] == ("2 việc, lâu nhất 25 phút", "caution")
    assert found["Tra cứu không thấy hôm nay"] == ("1.234, 1 báo động chưa xem", "caution")
    assert found["Chứng thư hết hạn trong 60 ngày"] == ("1 chứng thư", "caution")
    page = browser.get(SYSTEM)
    assert "hocba backup" in page.text
    ids = {element.get("id") for element in page.tree.iter()}
    for link in {each for each in home.links() if each.startswith(SYSTEM)}:
        assert not urlsplit(link).fragment or urlsplit(link).fragment in ids
    for name in ("/canh-bao", "/so-minh-bach", "/chung-thu"):
        assert name in home.links()


def test_mail_that_waits_or_was_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    trouble(world)
    sends_mail(world, monkeypatch)
    found = strip(world.signed_in(DEPARTMENT).get("/"))
    assert found["Thư báo"] == ("1 thư chờ gửi, 1 thư bỏ trong tuần", "caution")


def test_only_the_department_sees_it(small_world: World) -> None:
    for name in (CLERK, HEAD):
        browser = small_world.signed_in(name)
        assert SYSTEM not in browser.get("/").links()
        browser.get(SYSTEM, 404)
    assert SYSTEM not in small_world.browser().get("/").links()


def trouble(world: World) -> None:
    """An old backup, a queue that stands still, many misses and an alarm, a key that ends, mail that waits."""
    with Session(world.engine) as session, session.begin():
        who = session.scalars(sa.select(Account.id).where(Account.username == DEPARTMENT)).one()
        unit = session.scalars(sa.select(Unit.id).order_by(Unit.id)).all()[0]
        session.add(BackupTaken(taken_at=DAY - timedelta(hours=30), log_size=1, size=1, sha256="0" * 64))
        session.add(CardCount(day=DAY.date(), outcome="not_found", count=1234))
        session.add(Alarm(kind="guessing", subject="x", at=DAY, transcript_id=None, count=1, network=""))
        for minutes in (25, 3):
            session.add(_job(unit, who, minutes))
        for message, ended in (("<1@m>", None), ("<2@m>", DAY - timedelta(days=1))):
            session.add(_mail(who, message, ended is not None))
        key = session.scalars(sa.select(KeyAuthorisation.id).order_by(KeyAuthorisation.id)).all()[0]
        for step in ("60", "30"):
            news = News(NoticeKind.KEY_ENDS, key, step, (DAY + timedelta(days=20)).date().isoformat())
            notices.tell(session, news, [who], DAY)
        gone = News(NoticeKind.KEY_ENDS, key + 1, "7", (DAY - timedelta(days=1)).date().isoformat())
        notices.tell(session, gone, [who], DAY)


def _job(unit: int, who: int, minutes: int) -> Job:
    return Job(
        kind="audit.run",
        state="queued",
        message="waiting",
        subject_id=1,
        unit_id=unit,
        account_id=who,
        done=0,
        total=0,
        attempts=0,
        created_at=DAY - timedelta(minutes=minutes),
        started_at=None,
        runner=None,
        lease_until=None,
        finished_at=None,
    )


def _mail(who: int, message: str, failed: bool) -> Mail:
    return Mail(
        account_id=who,
        kind="news",
        state="failed" if failed else "queued",
        address=None if failed else "a@mau.invalid",
        count=1,
        optional=False,
        message_id=message,
        attempts=1,
        created_at=DAY - timedelta(hours=3),
        next_at=DAY,
        lease_until=None,
        ended_at=DAY - timedelta(days=1) if failed else None,
    )
