"""The front door: three ways in, without a script, small enough for a cheap phone."""

import gzip

import pytest

from tests.client import Browser, Page
from tests.portal.worlds import OWNERS, World

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
