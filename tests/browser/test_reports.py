"""Reports and audits at 360 and 1280 px: begun, watched, read; what an auditor sees first when something differs."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from portal.jobs.work import perform
from portal.models import Job, RecordVersion
from portal.web import jobs as web_jobs
from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.browser.test_journeys import Contexts
from tests.browser.test_looks import look

REPORTS, AUDITS = "/chot-du-lieu/bao-cao", "/kiem-toan"
YEAR = "2025-2026"


def work(portal: Portal) -> None:
    """Do the newest job, as the runner beside the server would."""
    held: web_jobs.Jobs = portal.world.app.extensions["hocba.jobs"]
    with Session(portal.world.engine) as session:
        newest = session.scalars(sa.select(Job.id).order_by(Job.id.desc())).first()
    assert newest is not None
    perform(held.bench, newest)


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_report_is_made_and_taken(portal: Portal, contexts: Contexts, width: int) -> None:
    portal.world.renew()
    page = signed_in(portal, contexts, width, "so.quantri")
    look(page, f"{REPORTS}?nam={YEAR}")
    page.get_by_role("button", name="Lập báo cáo Học bạ chốt muộn").click()
    page.wait_for_url(f"**{REPORTS}/*")
    look(page, page.url)
    keep(page, "report-running")
    work(portal)
    page.get_by_role("heading", name="Tệp báo cáo").wait_for()
    look(page, page.url)
    keep(page, "report-finished")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Tải tệp báo cáo").click()
    assert taken.value.suggested_filename == f"bao-cao-{YEAR}-muon.zip"
    look(page, f"{REPORTS}?nam={YEAR}")
    keep(page, "reports")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_an_audit_is_watched_and_names_the_first_difference(portal: Portal, contexts: Contexts, width: int) -> None:
    portal.world.renew()
    page = signed_in(portal, contexts, width, "kiemtoan")
    look(page, AUDITS)
    page.get_by_role("button", name="Bắt đầu kiểm").click()
    page.wait_for_url(f"**{AUDITS}/*")
    look(page, page.url)
    keep(page, "audit-running")
    work(portal)
    page.get_by_text("Không thấy gì bị sửa").wait_for()
    look(page, page.url)
    keep(page, "audit-clean")
    with Session(portal.world.engine) as session, session.begin():
        session.execute(sa.text("DROP TRIGGER guard_record_version_update"))
        session.execute(sa.update(RecordVersion).where(RecordVersion.state == "locked").values(class_name="5A9"))
    page.goto(AUDITS)
    page.get_by_role("button", name="Bắt đầu kiểm").click()
    page.wait_for_url(f"**{AUDITS}/*")
    work(portal)
    page.get_by_role("heading", name="Điểm đầu tiên không khớp").wait_for()
    look(page, page.url)
    keep(page, "audit-difference")
    look(page, AUDITS)
    keep(page, "audits")
    portal.world.renew()


def signed_in(portal: Portal, contexts: Contexts, width: int, username: str) -> Page:
    page = contexts(width, scripts=True).new_page()
    page.goto("/dang-nhap")
    page.fill("#username", username)
    page.fill("#password", portal.world.logins[username].password)
    page.click("main button")
    page.wait_for_url(lambda url: "/dang-nhap" not in url)
    return page
