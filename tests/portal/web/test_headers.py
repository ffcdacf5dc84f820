"""Headers: what browsers may do with our answers, and who may keep them."""

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Response

from portal.web.headers import Headers
from tests.portal.worlds import World

PAGES = ("/", "/tra-cuu", "/quet", "/kiem-tra", "/dang-nhap", "/huong-dan")


@pytest.mark.parametrize("path", PAGES)
def test_public_pages_set_no_session_and_tell_nobody(small_world: World, path: str) -> None:
    page = small_world.browser().get(path)
    headers = page.response.headers
    assert "hocba-session" not in str(headers.getlist("Set-Cookie"))
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_a_card_sets_no_cookie_and_sends_no_referrer(small_world: World) -> None:
    for path in (f"/t/{small_world.codes.locked}", f"/T/{small_world.codes.locked.upper()}"):
        headers = small_world.browser().get(path).response.headers
        assert not headers.getlist("Set-Cookie")
        assert headers["Referrer-Policy"] == "no-referrer"


def test_https_only_over_https(small_world: World) -> None:
    secure = small_world.browser(https=True).fetch("/")
    assert int(secure.headers["Strict-Transport-Security"].removeprefix("max-age=")) >= 31_536_000
    assert "Strict-Transport-Security" not in small_world.browser().fetch("/").headers


def test_a_real_instance_is_https_whatever_this_process_is_spoken_to_with() -> None:
    wrapped = Headers(Response("x"), always_https=True)
    response = Client(wrapped).get("/")
    assert "Strict-Transport-Security" in response.headers
    assert response.headers["Cache-Control"] == "no-store"


def test_static_files_are_kept_for_ever_under_their_version(small_world: World) -> None:
    browser = small_world.browser()
    page = browser.get("/")
    styles = [link.get("href", "") for link in page.tree.iter("link") if link.get("rel") == "stylesheet"]
    assert styles
    for address in styles:
        kept = browser.fetch(address)
        assert "immutable" in kept.headers["Cache-Control"]
        assert kept.mimetype == "text/css"
        name = address.split("/", 3)[3]
        assert "immutable" not in browser.fetch(f"/static/{name}").headers["Cache-Control"]


def test_an_asset_that_does_not_exist_is_a_mistake_of_ours(small_world: World) -> None:
    with pytest.raises(LookupError, match=r"nothing\.css"):
        small_world.app.jinja_env.from_string("{{ asset('nothing.css') }}")


def test_machines_are_told_to_stay_away_from_records(small_world: World) -> None:
    robots = small_world.browser().fetch("/robots.txt")
    assert "Disallow: /t/" in robots.text
    assert "Disallow: /hoc-ba" in robots.text
    assert "public" in robots.headers["Cache-Control"]
    small_world.browser().fetch("/favicon.ico")
