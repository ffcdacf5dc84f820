"""The report to the ministry on the web: officials make and take it, nobody else finds it, each step is kept."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.jobs import keeper
from portal.jobs.work import Bench, perform
from portal.models import AccessEvent, Job, JobState, Report
from portal.web import clock
from portal.web import jobs as web_jobs
from tests.client import Browser
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, NEIGHBOUR, NOW, World
from verify.log.receipt import Policy
from verify.report.archive import Reader
from verify.report.checking import check_report
from verify.report.judging import Believed

REPORTS = "/chot-du-lieu/bao-cao"
YEAR = "2025-2026"
AUDITOR = "kiemtoan"


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "read", lambda: NOW)


def bench_of(world: World) -> Bench:
    """The runner's own, on the clock of the test."""
    found: web_jobs.Jobs = world.app.extensions["hocba.jobs"]
    return replace(found.bench, clock=clock.read)


def open_job(world: World) -> int:
    with Session(world.engine) as session:
        return session.scalars(sa.select(Job.id).order_by(Job.id.desc())).first() or 0


def made(world: World, browser: Browser, what: str = "muon") -> str:
    """A report that was asked for on the page, and made; where it is."""
    address = asked(browser, what)
    perform(bench_of(world), open_job(world))
    return address


def asked(browser: Browser, what: str = "muon") -> str:
    page = browser.get(f"{REPORTS}?nam={YEAR}")
    forms = [form for form in page.tree.iter("form") if form.get("action") == REPORTS and form.get("method") == "post"]
    held = [{each.get("name", ""): each.get("value", "") for each in form.iter("input")} for form in forms]
    (fields,) = (each for each in held if each["what"] == what)
    return str(browser.post(REPORTS, fields).location)


def events(world: World) -> list[tuple[str, str]]:
    with Session(world.engine) as session:
        rows = session.execute(
            sa.select(AccessEvent.action, AccessEvent.outcome)
            .where(AccessEvent.action.like("report.%"))
            .order_by(AccessEvent.id)
        )
        return [(action, outcome) for action, outcome in rows]


def test_report_days_are_shown_with_the_days_that_are_left(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = small_world.signed_in(DEPARTMENT)
    monkeypatch.setattr(clock, "read", lambda: datetime(2026, 7, 6, 3, 0, tzinfo=UTC))
    page = browser.get(f"{REPORTS}?nam={YEAR}")
    for shown in ("10/07/2026", "còn 4 ngày", "25/08/2026", "còn 50 ngày", "Chưa lập lần nào"):
        assert shown in page.text, shown
    monkeypatch.setattr(clock, "read", lambda: datetime(2026, 8, 25, 3, 0, tzinfo=UTC))
    page = small_world.signed_in(DEPARTMENT).get(f"{REPORTS}?nam={YEAR}")
    assert "đã qua 46 ngày" in page.text
    assert "hôm nay" in page.text
    assert f"{REPORTS}?nam={YEAR}" in small_world.signed_in(DEPARTMENT).get(f"/chot-du-lieu?nam={YEAR}").links()


def test_an_official_makes_and_takes_a_report_that_checks(world: World) -> None:
    browser = world.signed_in(DEPARTMENT)
    address = asked(browser)
    assert "Đang chờ đến lượt" in browser.get(address).text
    assert asked(browser) == address
    perform(bench_of(world), open_job(world))
    page = browser.get(address)
    assert "Đã xong" in page.text
    answer = browser.fetch(f"{address}/tep")
    assert answer.headers["Cache-Control"] == "no-store"
    data = answer.get_data()
    assert hashlib.sha256(data).hexdigest() in page.text
    policy = Policy(world.runtime.log_signer.verifiers, (), 0)
    outcome = check_report(Reader(BytesIO(data)), Believed(policy, world.runtime.trust(NOW), NOW), lambda _a, _b: None)
    assert outcome.holds
    assert outcome.tally.records >= 1
    assert events(world) == [
        ("report.make", "allowed"),
        ("report.make", "allowed"),
        ("report.download", "allowed"),
    ]
    assert "Lần gần nhất" in browser.get(f"{REPORTS}?nam={YEAR}").text


@pytest.mark.parametrize("username", [CLERK, HEAD, NEIGHBOUR, AUDITOR])
def test_nobody_else_finds_reports(small_world: World, username: str) -> None:
    address = made(small_world, small_world.signed_in(DEPARTMENT))
    browser = small_world.signed_in(username)
    for path in (REPORTS, address, f"{address}/tep"):
        browser.get(path, 404)
    assert events(small_world)[-1] == ("report.download", "refused")


def test_strangers_are_asked_to_sign_in(small_world: World) -> None:
    for path in (REPORTS, f"{REPORTS}/1", f"{REPORTS}/1/tep"):
        assert small_world.browser().fetch(path, 303).location.startswith("/dang-nhap")


def test_a_round_without_locked_records_says_so(small_world: World) -> None:
    browser = small_world.signed_in(DEPARTMENT)
    address = made(small_world, browser, "1")
    page = browser.get(address)
    assert "Không có gì để báo cáo" in page.text
    browser.get(f"{address}/tep", 404)
    with Session(small_world.engine) as session:
        assert session.scalars(sa.select(Job.state).order_by(Job.id.desc())).first() == JobState.FAILED.value


def test_what_a_killed_attempt_left_goes_with_the_next(small_world: World) -> None:
    browser = small_world.signed_in(DEPARTMENT)
    address = asked(browser)
    number = address.rsplit("/", 1)[1]
    bench = bench_of(small_world)
    with Session(small_world.engine) as session, session.begin():
        job = session.get_one(Job, open_job(small_world))
        job.state, job.attempts, job.runner = JobState.RUNNING.value, 1, "gone:1:00"
        job.lease_until = NOW - timedelta(minutes=2)
    small_world.runtime.reports.mkdir(exist_ok=True)
    stale = small_world.runtime.reports / f"report-{number}.zip.1.part"
    stale.write_bytes(b"half")
    perform(bench, open_job(small_world))
    assert "Đã xong" in browser.get(address).text
    assert not list(small_world.runtime.reports.glob("*.part"))


def test_a_file_goes_after_seven_days_and_can_be_made_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = world.signed_in(DEPARTMENT)
    address = made(world, browser)
    path = world.runtime.reports / f"report-{address.rsplit('/', 1)[1]}.zip"
    assert path.stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(clock, "read", lambda: NOW + timedelta(days=7, seconds=1))
    keeper.keep(bench_of(world), _Nothing())
    assert not path.exists()
    with Session(world.engine) as session:
        assert session.scalars(sa.select(Report.gone_at)).one() is not None
    monkeypatch.setattr(clock, "read", lambda: NOW)
    assert "Tệp đã xóa" in browser.get(address).text
    browser.get(f"{address}/tep", 404)


class _Nothing:
    def send(self, job_id: int) -> None: ...
