"""Sessions at the server: cookies of this host alone, a fresh token at each sign-in, an end that is an end."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from portal.models import WebSession
from tests.portal.statements import watched
from tests.portal.worlds import CLERK, World


def held(world: World) -> int:
    with world.engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(WebSession)).scalar_one()


@pytest.fixture
def statements(small_world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    with watched(small_world, monkeypatch) as asked:
        yield asked


def test_the_cookie_is_for_this_host_over_https_alone(small_world: World) -> None:
    browser = small_world.browser(https=True)
    page = browser.get("/dang-nhap")
    response = browser.submit(page, "/dang-nhap", {"username": CLERK, "password": small_world.logins[CLERK].password})
    cookies = response.headers.getlist("Set-Cookie")
    (session,) = [cookie for cookie in cookies if cookie.startswith("__Host-hocba-session=")]
    for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert word in session
    assert "Domain" not in session
    assert all(cookie.startswith("__Host-") and "Secure" in cookie for cookie in cookies)


def test_on_a_demo_without_https_the_name_is_plain(small_world: World) -> None:
    browser = small_world.signed_in(CLERK)
    assert browser.cookie("hocba-session")
    assert browser.cookie("__Host-hocba-session") is None


def test_a_real_instance_never_falls_back_to_plain_cookies(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = small_world.runtime.instance.model_copy(update={"demo": False})
    monkeypatch.setattr("portal.web.sessions.runtime", lambda: _Runtime(real))
    form = small_world.browser().fetch("/dang-nhap").headers["Set-Cookie"]
    assert form.startswith("__Host-hocba-form=")
    assert "Secure" in form


class _Runtime:
    def __init__(self, instance: object) -> None:
        self.instance = instance


def test_signing_in_again_makes_a_new_token_and_voids_the_old_one(world: World) -> None:
    browser = world.signed_in(CLERK)
    first = browser.cookie("hocba-session")
    page = browser.get("/dang-nhap")
    browser.submit(page, "/dang-nhap", {"username": CLERK, "password": world.logins[CLERK].password})
    assert browser.cookie("hocba-session") != first
    assert held(world) == 1


def test_signing_out_ends_it_at_the_server(world: World) -> None:
    browser = world.signed_in(CLERK)
    token = browser.cookie("hocba-session")
    browser.submit(browser.get("/hoc-ba"), "/dang-xuat", {})
    assert browser.cookie("hocba-session") is None
    assert held(world) == 0
    stolen = world.app.test_client()
    stolen.set_cookie("hocba-session", str(token))
    assert stolen.get("/hoc-ba").status_code == 303


@pytest.mark.parametrize("away", [timedelta(minutes=31), timedelta(hours=11)])
def test_a_session_ends_by_itself(small_world: World, away: timedelta) -> None:
    with time_machine.travel("2026-09-01T01:00:00+00:00", tick=False) as clock:
        browser = small_world.signed_in(CLERK)
        browser.get("/hoc-ba")
        clock.shift(away)
        browser.fetch("/hoc-ba", 303)


def test_work_keeps_a_session_alive_until_its_longest(small_world: World) -> None:
    with time_machine.travel("2026-09-01T01:00:00+00:00", tick=False) as clock:
        browser = small_world.signed_in(CLERK)
        for _ in range(20):
            clock.shift(timedelta(minutes=29))
            browser.get("/hoc-ba")
        clock.shift(timedelta(minutes=29))
        browser.fetch("/hoc-ba", 303)


def test_a_card_without_a_cookie_never_asks_for_sessions(small_world: World, statements: list[str]) -> None:
    small_world.browser().get(f"/t/{small_world.codes.locked}")
    asked = [statement for statement in statements if statement.lstrip().upper().startswith("SELECT")]
    assert len(asked) == 1
    assert "web_session" not in asked[0]


def test_a_made_up_token_is_nobody(small_world: World) -> None:
    client = small_world.app.test_client()
    client.set_cookie("hocba-session", "x" * 43)
    assert client.get("/hoc-ba").status_code == 303
    assert client.get(f"/t/{small_world.codes.locked}").status_code == 200
