"""The lock in a real browser: two officials, a school's window, on a phone without JavaScript and at a desk."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from playwright.sync_api import BrowserContext, Page
from sqlalchemy.orm import Session

from portal.models import Job, JobState
from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.browser.test_certificates import sign_in
from tests.browser.test_looks import look
from tests.portal.jobs.running import run_jobs
from tests.portal.views.lock_journeys import LOCKS, ROUNDS, YEAR, turn_clock
from tests.portal.worlds import CLERK, DEPARTMENT

Contexts = Callable[..., BrowserContext]
OFFICIAL = "so.canbo"


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch, portal: Portal) -> None:
    portal.world.renew()
    turn_clock(monkeypatch)


def fill(page: Page) -> None:
    page.goto(f"{ROUNDS}?nam={YEAR}")
    page.click("text=Đề nghị chốt học bạ muộn")
    page.fill("#decision", "311/QĐ-SGDĐT")
    page.fill("#reason", "Trường mất điện ba ngày cuối tháng")
    page.click("main button")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_two_officials(contexts: Contexts, portal: Portal, width: int) -> None:
    first = sign_in(contexts(width).new_page(), portal, DEPARTMENT)
    second = sign_in(contexts(width).new_page(), portal, OFFICIAL)
    look(first, f"{ROUNDS}?nam={YEAR}")
    keep(first, "lock-rounds")
    look(first, f"{ROUNDS}/hoc-ba?nam={YEAR}&ly-do=late")
    keep(first, "lock-records")
    look(first, f"{ROUNDS}/dot/{YEAR}/1")
    keep(first, "lock-round")
    look(first, LOCKS)
    keep(first, "lock-choose")
    first.click("main button")
    assert "Cần sửa lại" in first.inner_text("main")
    keep(first, "lock-choose-refused")
    fill(first)
    assert "Không gỡ ra được" in first.inner_text("main")
    look(first, first.url)
    keep(first, "lock-wanted")
    first.fill("#typed", "1")
    first.click("main button")
    address = first.url
    keep(first, "lock-proposed")
    look(second, address)
    keep(second, "lock-to-confirm")
    second.fill("#password", "sai mật khẩu")
    second.click("button:has-text('Xác nhận chốt')")
    assert "Mật khẩu không đúng" in second.inner_text("main")
    second.fill("#password", portal.world.logins[OFFICIAL].password)
    second.click("button:has-text('Xác nhận chốt')")
    assert "Đang chốt." in second.inner_text("main")
    keep(second, "lock-running")
    with Session(portal.world.engine) as session, session.begin():
        session.execute(sa.update(Job).where(Job.kind == "lock.run").values(state=JobState.FAILED.value))
    look(first, address)
    keep(first, "lock-stopped")
    first.click("button:has-text('Chốt tiếp')")
    run_jobs(portal.world)
    look(first, address)
    assert "Đã chốt xong" in first.inner_text("main")
    keep(first, "lock-done")
    portal.world.renew()


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_school_watches_its_window(contexts: Contexts, portal: Portal, width: int) -> None:
    page = sign_in(contexts(width).new_page(), portal, CLERK)
    look(page, f"{ROUNDS}?nam={YEAR}")
    keep(page, "lock-school")
    look(page, f"{ROUNDS}/hoc-ba?nam={YEAR}&ly-do=stopped")
    keep(page, "lock-school-records")


def test_progress_comes_by_itself(contexts: Contexts, portal: Portal) -> None:
    """With JavaScript the page says that it is done without being asked."""
    first = sign_in(contexts(DESK).new_page(), portal, DEPARTMENT)
    second = sign_in(contexts(DESK, scripts=True).new_page(), portal, OFFICIAL)
    fill(first)
    first.fill("#typed", "1")
    first.click("main button")
    second.goto(first.url)
    second.fill("#password", portal.world.logins[OFFICIAL].password)
    second.click("button:has-text('Xác nhận chốt')")
    second.wait_for_selector("text=Đang chốt.")
    run_jobs(portal.world)
    second.wait_for_selector("text=Đã chốt xong")
    portal.world.renew()
