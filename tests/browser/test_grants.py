"""In the distribution's Chromium: a family shares marks and ends it; the department grants 200 records and ends it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page
from sqlalchemy.orm import Session

from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.factories import year_record
from tests.portal.families import PASSWORD, invitation
from tests.portal.worlds import DEPARTMENT, LOCKED_NAME, locked_class

SCHOOL = "MAU-THCS-01"
RECORDS = 200
RECEIVER = "thcs01.vanthu"


@pytest.fixture(autouse=True)
def _fresh(portal: Portal) -> Iterator[None]:
    """These journeys add people and pupils; the next test finds the world as it was."""
    portal.world.renew()
    yield
    portal.world.renew()


def sign_in(page: Page, username: str, password: str) -> None:
    """Where the person already is asked to, else at the front door."""
    if "/dang-nhap" not in page.url:
        page.goto("/dang-nhap")
    page.fill("#username", username)
    page.fill("#password", password)
    page.click("main button")


def seen_at_both_widths(page: Page, name: str) -> None:
    for width in (PHONE, DESK):
        page.set_viewport_size({"width": width, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} at {width}"
        keep(page, name)


def test_a_family_shares_the_marks_of_a_year_and_ends_it(
    portal: Portal, contexts: Callable[..., BrowserContext]
) -> None:
    code, world = portal.world.codes.locked, portal.world
    parent = contexts(PHONE, scripts=True).new_page()
    parent.goto(f"/nhan-con-em#{invitation(world, code)}")
    assert parent.evaluate("location.hash") == ""
    parent.fill("#username", "me.uyen")
    parent.fill("#password", PASSWORD)
    parent.click("main button")
    sign_in(parent, "me.uyen", PASSWORD)
    assert parent.url.endswith(f"/con-em/{code}")
    parent.click("nav >> text=Con em")
    seen_at_both_widths(parent, "family-home")
    parent.click(f"text={LOCKED_NAME}")
    assert "Chưa chia sẻ đường dẫn nào" in parent.inner_text("main")
    parent.click("text=Chia sẻ bằng đường dẫn")
    parent.select_option("#year", "2025-2026")
    parent.select_option("#days", "7")
    seen_at_both_widths(parent, "family-share")
    parent.click("main button")
    seen_at_both_widths(parent, "family-shared")
    secret = parent.inner_text("[data-link]").partition("#")[2]
    pin = parent.inner_text("[data-pin]")

    reader = contexts(PHONE, scripts=True).new_page()
    reader.goto(f"/chia-se#{secret}")
    assert reader.evaluate("location.hash") == ""
    seen_at_both_widths(reader, "shares-open")
    reader.fill("#pin", pin)
    reader.click("main button")
    assert LOCKED_NAME in reader.inner_text("main")
    assert "Kinh" not in reader.inner_text("main")
    seen_at_both_widths(reader, "shares-record")

    parent.goto(f"/con-em/{code}")
    assert "đã xem 1 lần" in parent.inner_text("main")
    assert "đường dẫn chia sẻ" in parent.inner_text("[aria-labelledby=ai-xem]")
    seen_at_both_widths(parent, "family-child")
    parent.click("[aria-labelledby=chia-se] button")
    assert "Đã kết thúc" in parent.inner_text("[aria-labelledby=chia-se]")

    plain = contexts(PHONE).new_page()  # without scripts the secret is typed
    plain.goto("/chia-se")
    plain.fill("#secret", secret)
    plain.fill("#pin", pin)
    plain.click("main button")
    assert "Không mở được" in plain.inner_text("main")


def test_the_department_grants_a_procedure_200_records_and_ends_it(
    portal: Portal, contexts: Callable[..., BrowserContext]
) -> None:
    codes = _two_hundred(portal)
    official = contexts(DESK).new_page()
    sign_in(official, DEPARTMENT, portal.world.logins[DEPARTMENT].password)
    official.goto("/cap-quyen/moi")
    official.select_option("#kind", "procedure")
    official.fill("#to", SCHOOL)
    official.fill("#procedure", "Tuyển sinh lớp 6 (mẫu)")
    official.fill("#reference", "Kế hoạch MAU-12")
    official.fill("#codes", "\n".join(codes))
    seen_at_both_widths(official, "grants-form")
    official.click("main button")
    grant = official.url
    assert f"{RECORDS} học bạ" in official.inner_text("main")
    seen_at_both_widths(official, "grants-case")

    clerk = contexts(DESK).new_page()
    sign_in(clerk, RECEIVER, portal.world.logins[RECEIVER].password)
    clerk.goto(f"{grant}/hoc-ba/{portal.world.codes.locked}")
    clerk.fill("#case", "HS-0001")
    seen_at_both_widths(clerk, "grants-ask")
    clerk.click("main button")
    assert LOCKED_NAME in clerk.inner_text("main")

    official.goto("/cap-quyen")
    assert "đã xem 1 lần" in official.inner_text("main")
    seen_at_both_widths(official, "grants-list")
    official.goto(grant)
    official.click("text=Kết thúc ngay")
    answer = clerk.goto(f"{grant}/hoc-ba/{portal.world.codes.locked}")
    assert answer is not None
    assert answer.status == 404


def _two_hundred(portal: Portal) -> list[str]:
    """Codes of 200 locked records: the world's own, and a class that the school signed and the department locked."""
    world = portal.world
    pupils = [
        year_record(
            4,
            full_name="Trần Đăng Khôi",
            class_name="4A9",
            personal_id=f"087315{500_000 + number}",
            moet_student_code=f"88{number:08}",
        )
        for number in range(RECORDS - 1)
    ]
    with Session(world.engine) as session, session.begin():
        return [world.codes.locked, *locked_class(session, world.runtime, pupils)]
