"""After the lock in a real browser: the regulation, two officials and a school, on a phone and at a desk."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.browser.test_certificates import sign_in
from tests.browser.test_looks import look
from tests.portal.views.correction_journeys import CASES, DAY, DECISION, DUE, POLICY, REASON, YEAR, brought, come_due
from tests.portal.views.lock_journeys import OFFICIAL, turn_clock
from tests.portal.worlds import CLERK, DEPARTMENT

Contexts = Callable[..., BrowserContext]


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch, portal: Portal) -> Iterator[None]:
    portal.world.renew()
    turn_clock(monkeypatch, DAY)
    yield
    portal.world.renew()


def fill_paper(page: Page, decision: str, day: str, folder: Path) -> None:
    paper = folder / "quyet-dinh.pdf"
    paper.write_bytes(b"%PDF-1.7 quyet dinh")
    page.fill("#decision", decision)
    page.fill("#decided_on", day)
    page.set_input_files("#file", paper)


def confirm(page: Page, portal: Portal, address: str) -> None:
    page.goto(address)
    page.fill("#password", portal.world.logins[OFFICIAL].password)
    page.click("button:has-text('Xác nhận')")


def regulate(first: Page, second: Page, portal: Portal, folder: Path) -> None:
    look(first, CASES)
    keep(first, "correction-off")
    look(first, POLICY)
    fill_paper(first, "88/QĐ-SGDĐT", "2026-08-01", folder)
    keep(first, "correction-policy-form")
    first.click("button:has-text('Gửi đề nghị')")
    address = first.url
    look(second, address)
    keep(second, "correction-policy-confirm")
    confirm(second, portal, address)
    assert "Đã xác nhận" in second.inner_text("main")


def open_case(first: Page, code: str, folder: Path) -> str:
    look(first, f"{CASES}/moi?ma={code}&nam={YEAR}")
    first.click("button:has-text('Lập việc')")
    assert "Cần sửa lại" in first.inner_text("main")
    keep(first, "correction-form-refused")
    first.check("input[value='thay-the']")
    fill_paper(first, DECISION, "2026-08-20", folder)
    first.fill("#reason", REASON)
    first.click("button:has-text('Lập việc')")
    keep(first, "correction-open")
    return first.url


def school_is_told(clerk: Page, case: str) -> None:
    look(clerk, "/")
    assert "1 thông báo của Sở" in clerk.inner_text("main")
    keep(clerk, "correction-school-home")
    look(clerk, CASES)
    keep(clerk, "correction-school-list")
    look(clerk, case)
    keep(clerk, "correction-school-case")


def decide(first: Page, second: Page, portal: Portal, case: str) -> None:
    look(first, case)
    keep(first, "correction-brought")
    first.click("button:has-text('Gửi đề nghị thay thế')")
    look(second, case)
    keep(second, "correction-to-confirm")
    second.fill("#password", "sai mật khẩu")
    second.click("button:has-text('Xác nhận thay thế')")
    assert "Mật khẩu không đúng" in second.inner_text("main")
    confirm(second, portal, case)
    assert "Đã xác nhận, chờ đến ngày" in second.inner_text("main")
    look(second, case)
    keep(second, "correction-confirmed")
    look(first, CASES)
    keep(first, "correction-list")


def check_old(page: Page, old: Path, name: str, *, entitled: bool) -> None:
    page.goto("/kiem-tra")
    page.set_input_files("#file", old)
    page.click("main button")
    assert "Bản thật nhưng không còn hiệu lực" in page.inner_text("h1")
    assert "Toán – điểm" in page.inner_text("main")
    assert ("Bản đang hiệu lực" in page.content()) is entitled
    keep(page, name)


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_from_the_regulation_to_the_old_print(
    contexts: Contexts, portal: Portal, width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, old = portal.world.codes.locked, tmp_path / "old.pdf"
    first = sign_in(contexts(width).new_page(), portal, DEPARTMENT)
    second = sign_in(contexts(width).new_page(), portal, OFFICIAL)
    clerk = sign_in(contexts(width).new_page(), portal, CLERK)
    with clerk.expect_download() as begun:
        clerk.goto(f"/hoc-ba/{code}")
        clerk.click("text=Tải bản PDF có ký số >> nth=0")
    begun.value.save_as(old)
    regulate(first, second, portal, tmp_path)
    case = open_case(first, code, tmp_path)
    school_is_told(clerk, case)
    brought(portal.world, code)
    decide(first, second, portal, case)

    turn_clock(monkeypatch, DUE)
    assert come_due(portal.world) == 1
    # The delay outlasts a session.
    first = sign_in(contexts(width).new_page(), portal, DEPARTMENT)
    clerk = sign_in(contexts(width).new_page(), portal, CLERK)
    stranger = contexts(width).new_page()
    look(first, case)
    keep(first, "correction-effective")
    look(stranger, f"/t/{code}/{YEAR}.1")
    assert "Đã được thay thế" in stranger.inner_text("h1")
    keep(stranger, "correction-card")
    check_old(clerk, old, "correction-verdict", entitled=True)
    check_old(stranger, old, "correction-verdict-stranger", entitled=False)
    look(clerk, f"/hoc-ba/{code}")
    keep(clerk, "correction-record")
    portal.world.renew()
