"""A pupil changes schools, and a grade-6 list, at 360 and 1280 px, with JavaScript and without."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from portal.models import Transcript
from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.browser.test_certificates import sign_in
from tests.browser.test_journeys import Contexts
from tests.browser.test_looks import look
from tests.portal.worlds import HEAD, NEIGHBOUR


def born(portal: Portal, code: str) -> str:
    with Session(portal.world.engine) as session:
        found = session.scalars(sa.select(Transcript.birth_date).where(Transcript.lookup_code == code)).one()
    return found.isoformat()


def agree(page: Page, path: str, shot: str) -> None:
    look(page, "/chuyen-truong")
    keep(page, f"custody-list-{shot}")
    page.goto(path)
    look(page, path)
    page.click("form[action$='/dong-y'] button")


@pytest.mark.parametrize(("width", "scripts"), [(PHONE, False), (DESK, True)])
def test_from_one_school_to_another(contexts: Contexts, portal: Portal, width: int, scripts: bool) -> None:
    code = portal.world.codes.accepted if width == PHONE else portal.world.codes.draft
    page = sign_in(contexts(width, scripts=scripts).new_page(), portal, NEIGHBOUR)
    look(page, "/chuyen-truong/moi")
    page.click("text=Lập đơn >> visible=true")
    assert "Cần sửa lại" in page.inner_text("main")
    keep(page, "custody-form")
    page.fill("#code", code)
    page.fill("#birth_date", born(portal, code))
    page.select_option("#applicant", "cha-me")
    page.fill("#reason", "gia đình chuyển nơi ở")
    page.click("button:has-text('Lập đơn')")
    path = page.url
    assert "Chờ trường nơi chuyển đến" in page.inner_text("main")
    agree(sign_in(contexts(width, scripts=scripts).new_page(), portal, "th02.hieutruong"), path, "receiving")
    agree(sign_in(contexts(width, scripts=scripts).new_page(), portal, HEAD), path, "keeping")
    page.reload()
    assert "Quá trình quản lý hồ sơ" in page.inner_text("main")
    look(page, path)
    keep(page, "custody-moved")


@pytest.mark.parametrize(("width", "scripts"), [(PHONE, False), (DESK, True)])
def test_a_list_of_grade_six(contexts: Contexts, portal: Portal, width: int, scripts: bool) -> None:
    page = sign_in(contexts(width, scripts=scripts).new_page(), portal, "thcs01.vanthu")
    codes = portal.world.codes
    lines = [f"{code}, {born(portal, code)}" for code in (codes.locked, codes.accepted)]
    page.goto("/tuyen-sinh-6")
    page.fill("#typed", "\n".join([*lines, f"{codes.unknown}, 01/02/2015"]))
    page.click("button:has-text('Đưa vào danh sách')")
    page.wait_for_selector(".answer")
    assert "1 dòng cần xem lại" in page.inner_text("main")
    keep(page, "admissions-told")
    look(page, "/tuyen-sinh-6")
    assert "Chưa chốt" in page.inner_text("main")
