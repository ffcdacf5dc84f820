"""In the distribution's Chromium, without JavaScript: a family asks for a cell, the school takes it up; an extract."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import PHONE, Portal
from tests.browser.test_grants import seen_at_both_widths, sign_in
from tests.browser.test_looks import SMALL_TARGETS
from tests.portal.families import PASSWORD, invitation
from tests.portal.worlds import CLERK, DEPARTMENT


@pytest.fixture(autouse=True)
def _fresh(portal: Portal) -> Iterator[None]:
    portal.world.renew()
    yield
    portal.world.renew()


def parent_of(portal: Portal, contexts: Callable[..., BrowserContext], code: str) -> Page:
    parent = contexts(PHONE).new_page()
    secret = invitation(portal.world, code)
    parent.goto("/nhan-con-em")
    parent.fill("#secret", secret)
    parent.fill("#username", "me.mau")
    parent.fill("#password", PASSWORD)
    parent.click("main button")
    sign_in(parent, "me.mau", PASSWORD)
    return parent


def looked_at(page: Page, name: str) -> None:
    assert page.evaluate(SMALL_TARGETS) == []
    seen_at_both_widths(page, name)


def test_a_wrong_cell_from_the_family_to_the_school(portal: Portal, contexts: Callable[..., BrowserContext]) -> None:
    code = portal.world.codes.draft
    parent = parent_of(portal, contexts, code)
    looked_at(parent, "family-child")
    parent.click("text=Yêu cầu sửa ô ghi sai")
    parent.click("main button")
    seen_at_both_widths(parent, "amendment-refused")
    parent.select_option("#cell_1", "address")
    parent.fill("#value_1", "ấp 3, xã Mẫu")
    parent.select_option("#cell_2", "subjects.toan.level")
    parent.fill("#value_2", "H")
    parent.fill("#reason", "ghi nhầm nơi ở và mức môn Toán")
    parent.fill("#evidence", "căn cước của mẹ, trường đã xem bản chính")
    parent.click("main button")
    looked_at(parent, "amendment-family")
    address = parent.url
    clerk = contexts(PHONE).new_page()
    sign_in(clerk, CLERK, portal.world.logins[CLERK].password)
    assert "1 yêu cầu sửa học bạ chờ trả lời" in clerk.inner_text("main")
    clerk.click("text=Xem và trả lời")
    looked_at(clerk, "amendment-list")
    clerk.goto(address)
    looked_at(clerk, "amendment-school")
    clerk.click("main button:has-text('Nhận sửa')")
    assert "Trường đã nhận, đang sửa" in clerk.inner_text("main")
    parent.reload()
    assert "Nhà trường nhận sửa" in parent.inner_text("main")
    official = contexts(PHONE).new_page()
    sign_in(official, DEPARTMENT, portal.world.logins[DEPARTMENT].password)
    official.goto(address)
    assert not official.is_visible("main form")


def test_an_extract_and_its_number(portal: Portal, contexts: Callable[..., BrowserContext]) -> None:
    parent = parent_of(portal, contexts, portal.world.codes.locked)
    parent.click("text=Trích lục cho thủ tục")
    parent.check("input[value='2025-2026']")
    parent.check("input[value='marks']")
    parent.fill("#destination", "hồ sơ hưởng chế độ, nộp UBND xã Mẫu")
    parent.fill("#expires_on", "2027-06-30")
    looked_at(parent, "extract-issue")
    parent.click("main button")
    looked_at(parent, "extract-issued")
    number = parent.inner_text(".rows .code")
    with parent.expect_download() as download:
        parent.click("text=Tải PDF")
    assert download.value.suggested_filename == f"trich-luc_{number}.pdf"
    download.value.save_as("tests/output/extract.pdf")
    stranger = contexts(PHONE).new_page()
    stranger.goto("/kiem-tra/ket-qua")
    stranger.fill("#so", number)
    stranger.click("main button")
    looked_at(stranger, "extract-told")
    stranger.goto("/kiem-tra")
    stranger.set_input_files("#file", "tests/output/extract.pdf")
    stranger.click("main button")
    assert number in stranger.inner_text("main")
    assert "Đây là trích lục" in stranger.inner_text("main")
    looked_at(stranger, "extract-checked")
