"""The front door: three ways in, without a script, small enough for a cheap phone."""

import gzip
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import StaffRole
from portal.models import Account, AppointmentRow
from portal.services import accounts, organisation
from tests.client import Browser, Page
from tests.portal.families import guardian
from tests.portal.views.lock_journeys import OFFICIAL, asked, confirm, propose, turn_clock
from tests.portal.views.packet_journeys import CLEAN, send
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, LOCKED_NAME, NEIGHBOUR, OWNERS, World

DOORS = ("/tra-cuu", "/quet", "/kiem-tra")
BYTES_OVER_THE_WIRE = 30_000


def test_three_doors(small_world: World) -> None:
    page = small_world.browser().get("/")
    assert all(any(link.split("?")[0] == door for link in page.links()) for door in DOORS)


def test_signed_in_people_see_who_they_are(small_world: World) -> None:
    for username in OWNERS:
        page = small_world.signed_in(username).get("/")
        assert small_world.logins[username].display_name in page.text


def test_help(small_world: World) -> None:
    small_world.browser().get("/huong-dan")


def test_health_asks_the_database(world: World) -> None:
    assert world.browser().fetch("/suc-khoe").text == "ok\n"


@pytest.mark.parametrize("path", ["/", "/tra-cuu", "/kiem-tra", "/t/{code}"])
def test_public_pages_are_small(small_world: World, path: str) -> None:
    browser = small_world.browser()
    page = browser.get(path.format(code=small_world.codes.locked))
    assert len(gzip.compress(page.response.data)) + _loaded(browser, page) < BYTES_OVER_THE_WIRE


def _loaded(browser: Browser, page: Page) -> int:
    """Compressed size of what the page needs to be seen; scripts only sharpen it."""
    sheets = [link.get("href", "") for link in page.tree.iter("link") if link.get("rel") == "stylesheet"]
    pictures = [picture.get("src", "") for picture in page.tree.iter("img")]
    return sum(len(gzip.compress(browser.fetch(address).data)) for address in (*sheets, *pictures))


def test_an_auditor_and_the_ministry_are_led_to_what_they_do(small_world: World) -> None:
    for role, there in ((StaffRole.AUDITOR, "/kiem-toan"), (StaffRole.MINISTRY, "/chot-du-lieu/bao-cao")):
        with Session(small_world.engine) as session, session.begin():
            person = session.scalars(sa.select(Account).where(Account.username == NEIGHBOUR)).one()
            ended = sa.update(AppointmentRow).where(AppointmentRow.account_id == person.id)
            session.execute(ended.values(valid_to=date(2026, 1, 1)))
            accounts.appoint(session, person, organisation.unit(session, "MAU-TH-02"), role, date(2026, 1, 1))
        browser = small_world.signed_in(NEIGHBOUR)
        assert browser.fetch("/", 303).location == there
        browser.get(there)


def test_a_clerk_finds_the_file_that_waits_and_the_way_to_send_one(world: World) -> None:
    clerk = world.signed_in(CLERK)
    assert "tệp lớp đã gửi" not in clerk.get("/").text
    send(clerk, CLEAN)
    page = clerk.get("/")
    assert "1 tệp lớp đã gửi, chưa nhận vào: xem kết quả Đến lượt: Văn thư (bạn)" in page.text
    assert "/goi-hoc-ba/nhap" in page.links()


def test_the_second_official_finds_what_waits_for_them_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    turn_clock(monkeypatch)
    first = world.signed_in(DEPARTMENT)
    address = str(propose(first, asked()).location)
    waits, second = "1 đề nghị chốt chờ cán bộ thứ hai xác nhận", world.signed_in(OFFICIAL)
    assert waits in second.get("/").text
    assert waits not in first.get("/").text
    assert waits not in world.signed_in(CLERK).get("/").text
    assert "chờ cán bộ thứ hai xác nhận" in second.get("/thong-bao").text
    confirm(second, world, address)
    assert waits not in second.get("/").text
    assert "không còn chờ xác nhận" in second.get("/thong-bao").text


def test_a_guardian_finds_the_child(world: World) -> None:
    page = guardian(world, world.codes.locked).get("/")
    assert LOCKED_NAME in page.text
    assert f"/con-em/{world.codes.locked}" in page.links()
    assert "Không cần tài khoản" not in page.text


def test_who_receives_pupils_is_not_asked_to_bring_in_classes(small_world: World) -> None:
    page = small_world.signed_in("thcs01.vanthu").get("/")
    assert "/goi-hoc-ba/nhap" not in page.links()
    assert "Tiếp nhận học sinh và kiểm tra hồ sơ các em mang đến Đến lượt: Văn thư (bạn)" in page.text
    guides = [
        link for link in small_world.signed_in("thcs01.vanthu").get("/huong-dan").links() if "/huong-dan/" in link
    ]
    assert guides[0] == "/huong-dan/thcs"


def test_the_clerk_is_told_that_the_head_signs(small_world: World) -> None:
    """Each is told their own part of the same packet."""
    told = {name: small_world.signed_in(name).get("/goi-hoc-ba").text for name in (CLERK, HEAD)}
    assert "Tải gói về ký" in told[HEAD]
    assert "Tải gói về ký" not in told[CLERK]
    assert "Người đứng đầu trường ký và nộp; hệ thống đã báo" in told[CLERK]
