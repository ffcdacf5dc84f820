"""The status list as everybody fetches it: signed, cached for ever by its day, and asked for again by its tag."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.jobs.inventories import InventoryDesk, make_inventory
from portal.services.inventory import Kept
from portal.web import clock
from tests.portal.worlds import NOW, World
from verify import status_list
from verify.standing import StandingState

DAY = timedelta(days=1)


def made(world: World, now: datetime = NOW) -> Kept:
    kept = make_inventory(InventoryDesk(world.engine, world.runtime.log_signer, lambda: now))
    assert kept is not None
    return kept


def test_before_the_first_there_is_none(world: World) -> None:
    world.browser().get("/log/status", 404)
    assert "Chưa có kiểm kê nào" in world.browser().get("/so-minh-bach").text


def test_the_newest_and_that_of_a_day(world: World) -> None:
    first, second = made(world), made(world, NOW + DAY)
    browser = world.browser()
    newest = browser.fetch("/log/status")
    assert newest.mimetype == "application/octet-stream"
    assert newest.headers["Cache-Control"] == "public, max-age=300"
    held = status_list.open_list(newest.data, world.runtime.log_signer.verifiers)
    assert (held.day, held.size) == (second.day, second.size)
    assert held.state(0) is StandingState.IN_FORCE
    assert browser.fetch(f"/log/status/{second.day}").data == newest.data
    before = browser.fetch(f"/log/status/{first.day}")
    assert "immutable" in before.headers["Cache-Control"]
    assert status_list.open_list(before.data, world.runtime.log_signer.verifiers).day == first.day
    assert len(newest.data) < 1000


def test_it_is_sent_once(world: World) -> None:
    made(world)
    tag = world.browser().fetch("/log/status").headers["ETag"]
    again = world.browser().fetch("/log/status", 304, {"If-None-Match": tag})
    assert (again.data, again.headers["Cache-Control"]) == (b"", "public, max-age=300")
    made(world, NOW + DAY)
    assert world.browser().fetch("/log/status", 200, {"If-None-Match": tag}).data


@pytest.mark.parametrize("day", ["2026-08-19", "2026-8-20", "2026-13-01", "hom-nay", "2026-08-20T00", "٢٠٢٦-08-20"])
def test_other_days_are_not_there(small_world: World, day: str) -> None:
    made(small_world)
    small_world.browser().get(f"/log/status/{day}", 404)


def test_the_page_says_how_old_it_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = made(world)
    monkeypatch.setattr(clock, "read", lambda: NOW + timedelta(hours=2))
    page = world.browser().get("/so-minh-bach")
    assert f"ngày {kept.day:%d/%m/%Y}" in page.text
    assert "cách đây 2 giờ" in page.text
    assert "Quá hạn" not in page.text
    assert "/log/status" in page.links()
    monkeypatch.setattr(clock, "read", lambda: datetime(2026, 8, 23, tzinfo=UTC))
    assert "Quá hạn" in world.browser().get("/so-minh-bach").text
