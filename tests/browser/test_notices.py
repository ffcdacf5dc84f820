"""Notices, mail, reminders and the system's strip, as people see them, without a script."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from portal.models import Account, MailAddress, NoticeKind
from portal.services import notices
from portal.services.mail_addresses import Tickets
from portal.services.notices import News
from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.browser.test_journeys import Contexts
from tests.browser.test_looks import look
from tests.portal.views.mail_journeys import sends_mail
from tests.portal.worlds import DEPARTMENT, HEAD, NOW


@pytest.fixture(scope="module", autouse=True)
def told(portal: Portal) -> None:
    """Notices of several kinds for the head and for the department."""
    seen = (
        News(NoticeKind.PACKET_FAULTY, 3, detail="signatures 2"),
        News(NoticeKind.CUSTODY_WAITS, 12),
        News(NoticeKind.ROUND_CLOSES, 2, detail="2025-2026 1 2026-06-30 1234"),
        News(NoticeKind.ROUND_REMINDER, 4, detail="late 2025-2026 1 2026-06-30"),
        News(NoticeKind.KEY_ENDS, 1, detail="2026-10-01"),
    )
    with Session(portal.world.engine) as session, session.begin():
        for name in (HEAD, DEPARTMENT):
            who = session.scalars(sa.select(Account.id).where(Account.username == name)).one()
            for news in seen:
                notices.tell(session, news, [who], NOW)


def sign_in(page: Page, portal: Portal, username: str) -> None:
    page.goto("/dang-nhap")
    page.fill("#username", username)
    page.fill("#password", portal.world.logins[username].password)
    page.click("main button")
    page.wait_for_url("**/")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_pages_look_right(contexts: Contexts, portal: Portal, width: int) -> None:
    head = contexts(width).new_page()
    sign_in(head, portal, HEAD)
    for path, name in (("/", "home-head"), ("/thong-bao", "notices"), ("/thong-bao/thu", "mail-off")):
        look(head, path)
        keep(head, name)
    department = contexts(width).new_page()
    sign_in(department, portal, DEPARTMENT)
    for path, name in (("/", "home-department"), ("/he-thong", "system"), ("/tien-do/nhac", "remind")):
        look(department, path)
        keep(department, name)
    department.get_by_role("radio", name="Mọi trường còn thiếu").check()
    department.get_by_role("button", name="Xem trước").click()
    department.get_by_role("heading", name="Xem trước lời nhắc").wait_for()
    keep(department, "remind-preview")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_mail_is_asked_for_and_ended(
    contexts: Contexts, portal: Portal, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sends_mail(portal.world, monkeypatch)
    page = contexts(width).new_page()
    sign_in(page, portal, HEAD)
    look(page, "/thong-bao/thu")
    page.get_by_label("Địa chỉ thư điện tử").fill(f"hieu.truong.{width}@mau.invalid")
    page.get_by_label("Gửi cả việc chỉ để biết").check()
    page.get_by_role("button", name="Lưu").click()
    page.get_by_text("Chờ bạn mở liên kết đã gửi đến").wait_for()
    keep(page, "mail-asked")
    with Session(portal.world.engine) as session:
        held = session.scalars(sa.select(MailAddress)).one()
        tickets = Tickets.of(portal.world.runtime.instance.secret_key)
        confirming = tickets.confirming(held.account_id, held.address, held.asked_at)
    look(page, f"/thong-bao/thu/{confirming}")
    keep(page, "mail-confirm")
    page.get_by_role("button", name="Đúng là hộp thư của tôi").click()
    page.get_by_text("Thư được gửi đến").wait_for()
    stranger = contexts(width).new_page()
    look(stranger, f"/bo-thu/{tickets.ending(held.account_id)}")
    keep(stranger, "mail-end")
    stranger.get_by_role("button", name="Thôi nhận").click()
    stranger.get_by_text("Đã ghi nhận.").wait_for()


def test_a_notice_is_opened_by_the_keyboard(contexts: Contexts, portal: Portal) -> None:
    page = contexts(PHONE).new_page()
    sign_in(page, portal, HEAD)
    page.goto("/thong-bao")
    before = page.locator(".notices .unread").count()
    button = page.locator(".notices .unread button").first
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: not address.endswith("/thong-bao"))
    page.goto("/thong-bao")
    assert page.locator(".notices .unread").count() == before - 1
    assert page.locator(".unread-count").inner_text().startswith(str(before - 1))
