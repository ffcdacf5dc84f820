"""A school's lines of the log and the inventory in a real browser, on a phone and at a desk."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext

from portal.jobs.inventories import InventoryDesk, make_inventory
from portal.web import clock
from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.browser.test_certificates import sign_in
from tests.browser.test_looks import look
from tests.portal.views.test_school_log import LIST, PAGE, a_lock, invent
from tests.portal.worlds import DEPARTMENT, HEAD, NOW

Contexts = Callable[..., BrowserContext]


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_school_finds_an_invented_line(
    contexts: Contexts, portal: Portal, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    world = portal.world
    world.renew()
    monkeypatch.setattr(clock, "read", lambda: NOW)
    make_inventory(InventoryDesk(world.engine, world.runtime.log_signer, lambda: NOW))
    page = sign_in(contexts(width).new_page(), portal, HEAD)
    look(page, "/so-minh-bach")
    keep(page, "log-inventory")
    page.click("text=Mọi dòng đứng tên trường của tôi")
    assert page.url.endswith(PAGE)
    look(page, PAGE)
    keep(page, "log-school")
    invent(world, a_lock(), a_lock())
    look(page, PAGE)
    assert "2 dòng cổng không giải thích được" in page.inner_text("main")
    keep(page, "log-school-invented")
    official = sign_in(contexts(width).new_page(), portal, DEPARTMENT)
    look(official, LIST)
    keep(official, "log-schools")
