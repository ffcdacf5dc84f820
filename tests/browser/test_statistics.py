"""In the distribution's Chromium: the reports of the plan at both widths."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext
from sqlalchemy.orm import Session

from portal.services.result_counting import count_some
from tests.browser.conftest import PHONE, Portal
from tests.browser.test_amendments import looked_at
from tests.browser.test_grants import sign_in
from tests.portal.worlds import DEPARTMENT


def test_the_reports(portal: Portal, contexts: Callable[..., BrowserContext]) -> None:
    with Session(portal.world.engine) as session, session.begin():
        count_some(session)
    official = contexts(PHONE).new_page()
    sign_in(official, DEPARTMENT, portal.world.logins[DEPARTMENT].password)
    for kind in ("tien-do", "ket-qua", "loi"):
        official.goto(f"/thong-ke?loai={kind}&nam=2025-2026")
        looked_at(official, f"statistics-{kind}")
    official.goto("/thong-ke?loai=ket-qua&nam=2025-2026")
    with official.expect_download() as download:
        official.click("text=Tải báo cáo (PDF)")
    assert download.value.suggested_filename == "ket-qua-2025-2026.pdf"
    download.value.save_as("tests/output/statistics.pdf")
