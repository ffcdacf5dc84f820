"""The audit as a page: begun by the department and by auditors, counted, and its first difference in words."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.jobs.work import perform
from portal.models import AuditRun, Job, JobState, RecordVersion
from portal.web import clock
from tests.client import Browser
from tests.portal.views.test_reports import AUDITOR, bench_of, open_job
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, LOCKED_NAME, NEIGHBOUR, NOW, World

AUDITS = "/kiem-toan"


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "read", lambda: NOW)


def begun(browser: Browser) -> str:
    return str(browser.submit(browser.get(AUDITS), AUDITS, {}).location)


@pytest.mark.parametrize(("username", "from_page"), [(DEPARTMENT, "/chot-du-lieu"), (AUDITOR, AUDITS)])
def test_an_audit_is_begun_counted_and_kept(world: World, username: str, from_page: str) -> None:
    browser = world.signed_in(username)
    assert AUDITS in browser.get(from_page).links()
    address = begun(browser)
    assert "Đang chờ đến lượt" in browser.get(address).text
    assert address in browser.get(AUDITS).links()
    perform(bench_of(world), open_job(world))
    page = browser.get(address)
    assert "Không thấy gì bị sửa" in page.text
    assert "Điểm đầu tiên" not in page.text
    with Session(world.engine) as session:
        run = session.scalars(sa.select(AuditRun)).one()
        assert (run.problems, run.records, run.first) == (0, 2, [])
        assert run.root is not None
        assert run.root in page.text
        job = session.get_one(Job, run.job_id)
        assert (job.state, job.done) == (JobState.DONE.value, 2)


def test_what_was_changed_by_sql_is_the_first_difference_in_words(world: World) -> None:
    with Session(world.engine) as session, session.begin():
        on = " ON record_version" if session.get_bind().dialect.name == "postgresql" else ""
        session.execute(sa.text(f"DROP TRIGGER guard_record_version_update{on}"))
        session.execute(sa.update(RecordVersion).where(RecordVersion.full_name == LOCKED_NAME).values(class_name="5A9"))
    browser = world.signed_in(AUDITOR)
    address = begun(browser)
    perform(bench_of(world), open_job(world))
    page = browser.get(address)
    assert "Điểm đầu tiên không khớp" in page.text
    assert "Cột class_name không khớp dữ liệu đã ký" in page.text
    assert "guard_record_version_update" in page.text
    assert LOCKED_NAME not in page.text
    assert "vấn đề" in browser.get(AUDITS).text


def test_one_audit_runs_at_a_time(small_world: World) -> None:
    first = begun(small_world.signed_in(DEPARTMENT))
    auditor = small_world.signed_in(AUDITOR)
    assert first in auditor.get(AUDITS).links()
    with Session(small_world.engine) as session:
        assert len(session.scalars(sa.select(AuditRun.id)).all()) == 1


@pytest.mark.parametrize("username", [CLERK, HEAD, NEIGHBOUR])
def test_schools_find_no_audit(small_world: World, username: str) -> None:
    address = begun(small_world.signed_in(DEPARTMENT))
    browser = small_world.signed_in(username)
    assert AUDITS not in browser.get("/").links()
    for path in (AUDITS, address):
        browser.get(path, 404)


def test_an_auditor_reads_no_record_and_decides_nothing(small_world: World) -> None:
    browser = small_world.signed_in(AUDITOR)
    browser.get(f"/hoc-ba/{small_world.codes.locked}", 404)
    browser.get("/chot-du-lieu/de-nghi", 404)
    browser.get("/chung-thu/de-nghi", 404)


def test_strangers_are_asked_to_sign_in(small_world: World) -> None:
    for path in (AUDITS, f"{AUDITS}/1"):
        assert small_world.browser().fetch(path, 303).location.startswith("/dang-nhap")
