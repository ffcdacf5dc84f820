"""The navigation of each role on a phone and at a desk: no entry stands alone below the others."""

from typing import Final

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.browser.test_journeys import Contexts
from tests.portal.families import PASSWORD, guardian

GUARDIAN: Final = "phu.huynh.xem"
# How many entries stand in each row.
ROWS: Final = """() => { const rows = new Map();
  for (const each of document.querySelectorAll('.nav li')) {
    const top = Math.round(each.getBoundingClientRect().top); rows.set(top, (rows.get(top) || 0) + 1); }
  return [...rows.values()]; }"""
CLIPPED: Final = """() => [...document.querySelectorAll('.nav a')]
  .filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.textContent.trim())"""


def enter(page: Page, username: str, password: str) -> None:
    page.goto("/dang-nhap")
    page.fill("#username", username)
    page.fill("#password", password)
    page.click("main button")
    page.wait_for_url(lambda url: "dang-nhap" not in url)


@pytest.fixture(scope="module")
def people(portal: Portal) -> dict[str, str]:
    """User names and passwords of every role, a guardian too."""
    guardian(portal.world, portal.world.codes.locked, GUARDIAN)
    return {each.username: each.password for each in portal.world.logins.values()} | {GUARDIAN: PASSWORD}


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_no_entry_stands_alone(people: dict[str, str], contexts: Contexts, width: int) -> None:
    calm = {}
    for username, password in [("", ""), *people.items()]:
        page = contexts(width).new_page()
        if username:
            enter(page, username, password)
        page.goto("/huong-dan")
        rows = page.evaluate(ROWS)
        calm[username] = len(rows) == 1 or min(rows) > 1, rows, page.evaluate(CLIPPED)
        keep(page, f"navigation-{username or 'stranger'}")
    assert all(fine and not clipped for fine, _rows, clipped in calm.values()), calm
    assert max(sum(rows) for _fine, rows, _clipped in calm.values()) >= 13
