"""Guessing and forging are noticed beside the requests; a decoy answers like any code that is not there."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy.orm import Session

from portal.models import Account, Alarm, AlarmKind, Decoy, Sighting, Transcript
from portal.services import alarms
from portal.services.alarms import NETWORKS, Hashing
from portal.web import limits, watch
from tests.client import Page
from tests.conftest import lacking
from tests.portal.conftest import set_limits
from tests.portal.worlds import DEPARTMENT, NEIGHBOUR, NOW, World
from verify.code import new_code
from verify.verdict import Check, Conclusion, Difference, Question, Status, Verdict

HASHING = Hashing.of("of a test")
DECOY = new_code(b"a decoy of tests")


def raised(world: World) -> list[Alarm]:
    watch.round_of(world.app, NOW)
    with Session(world.engine) as session:
        return list(session.scalars(sa.select(Alarm).order_by(Alarm.id)))


def lay(world: World, code: str) -> None:
    with Session(world.engine) as session, session.begin():
        official = session.scalars(sa.select(Account.id).where(Account.username == DEPARTMENT)).one()
        session.add(Decoy(code=code, note="bản sao lưu", made_by=official, made_at=NOW))


def test_a_decoy_answers_like_any_unknown_code_and_raises_one_alarm(world: World) -> None:
    decoy = DECOY
    lay(world, decoy)
    browser = world.browser(address="198.51.100.77")
    answers = [browser.get(f"/t/{code}", 404).response.data for code in (decoy, world.codes.unknown, decoy)]
    assert len(set(answers)) == 1
    (alarm,) = raised(world)
    assert (alarm.kind, alarm.network) == (AlarmKind.DECOY, "198.51.100.0/24")
    assert decoy not in alarm.subject
    browser.get(f"/t/{decoy}", 404)
    assert len(raised(world)) == 1, "one a day"


def test_a_decoy_asked_for_inside_is_noticed(small_world: World) -> None:
    lay(small_world, DECOY)
    small_world.signed_in(NEIGHBOUR).get(f"/hoc-ba/{DECOY}", 404)
    assert [alarm.kind for alarm in raised(small_world)] == [AlarmKind.DECOY]


def test_one_code_from_many_networks(world: World) -> None:
    for number in range(NETWORKS - 1):
        world.browser(address=f"198.51.100.{number}").get(f"/t/{world.codes.locked}")
    world.browser(address="198.51.100.1").get(f"/t/{world.codes.locked}")
    assert raised(world) == []
    world.browser(address="203.0.113.5").get(f"/t/{world.codes.locked}")
    (alarm,) = raised(world)
    with Session(world.engine) as session:
        code = session.scalar(sa.select(Transcript.lookup_code).where(Transcript.id == alarm.transcript_id))
        kept = " ".join(f"{row.subject} {row.seen}" for row in session.scalars(sa.select(Sighting)))
    assert (alarm.kind, alarm.count, code) == (AlarmKind.NETWORKS, NETWORKS, world.codes.locked)
    assert world.codes.locked not in kept
    assert "198.51" not in kept


def test_all_visitors_together_guess(small_world: World) -> None:
    set_limits(small_world, guessing_limit="5 per hour")
    for number in range(6):
        small_world.browser(address=f"198.51.{number}.1").get(f"/t/{small_world.codes.unknown}", 404)
    assert [alarm.kind for alarm in raised(small_world)] == [AlarmKind.GUESSING]
    small_world.browser().get(f"/t/{small_world.codes.unknown}", 404)


def forged(found: str, field: str = "subjects.toan.score") -> Conclusion:
    checks = (Check(Question.TEXT_EQUAL, Status.FAILED),)
    return Conclusion(Verdict.MISMATCH, checks[0], checks, (Difference(field, 0, (0, 0, 1, 1), "7", found),))


def test_the_same_forged_cell_on_a_second_file(world: World) -> None:
    with Session(world.engine) as session, session.begin():
        record = session.scalars(sa.select(Transcript.id).where(Transcript.lookup_code == world.codes.locked)).one()
        for file, found in (("a" * 64, "10"), ("a" * 64, "10"), ("b" * 64, "9")):
            alarms.note_forged(session, HASHING, record, forged(found), file, NOW)
        assert session.scalars(sa.select(Alarm)).all() == []
        alarms.note_forged(session, HASHING, record, forged("10"), "c" * 64, NOW)
        alarm = session.scalars(sa.select(Alarm)).one()
        assert (alarm.kind, alarm.count, alarm.transcript_id) == (AlarmKind.FORGED_CELL, 2, record)


def test_officials_look_into_an_alarm_and_lay_decoys(world: World) -> None:
    official = world.signed_in(DEPARTMENT)
    official.submit(official.get("/canh-bao"), "/canh-bao/ma-bay", {"note": "bản sao lưu <b>"})
    with Session(world.engine) as session:
        code = session.scalars(sa.select(Decoy.code)).one()
    world.browser().get(f"/t/{code}", 404)
    raised(world)
    page = official.get("/canh-bao")
    assert "Có người tra một mã bẫy." in page.text
    one = next(link for link in page.links() if link.startswith("/canh-bao/"))
    assert official.submit(official.get(one), one, {"outcome": "ngắn"}, 422).status_code == 422
    official.submit(official.get(one), one, {"outcome": "Đã đổi khóa của bản sao lưu."})
    closed = official.get(one)
    assert "Đã đổi khóa của bản sao lưu." in closed.text
    assert not [form for form in closed.tree.iter("form") if form.get("action") == one]
    official.submit(official.get("/canh-bao"), "/canh-bao/ma-bay/thoi", {})
    assert "Đã thôi" in official.get("/canh-bao").text


def test_misses_inside_count_for_the_person_and_the_school(small_world: World) -> None:
    set_limits(small_world, misses_limit="2 per minute", school_misses_limit="50 per minute")
    browser = small_world.signed_in(NEIGHBOUR)
    for _ in range(2):
        browser.get(f"/hoc-ba/{small_world.codes.locked}", 404)
    refused = Page(browser.fetch(f"/hoc-ba/{small_world.codes.locked}", 429))
    assert int(refused.response.headers["Retry-After"]) >= 1
    # The colleague behind the same address goes on, and so does a parent there.
    small_world.signed_in("th02.hieutruong").get(f"/hoc-ba/{small_world.codes.locked}", 404)
    small_world.browser().get(f"/t/{small_world.codes.unknown}", 404)
    set_limits(small_world, misses_limit="50 per minute", school_misses_limit="2 per minute")
    for name, status in ((NEIGHBOUR, 404), ("th02.hieutruong", 404), (NEIGHBOUR, 429)):
        small_world.signed_in(name).get(f"/hoc-ba/{small_world.codes.locked}", status)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A Redis of this test's own."""
    server = shutil.which("redis-server") or shutil.which("valkey-server")
    if server is None:
        lacking("no redis-server")
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            _wait(port)
            yield process, f"redis://127.0.0.1:{port}"
        finally:
            process.kill()


def _wait(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("redis does not start")


def test_redis_stops_in_the_middle(small_world: World, redis: tuple[subprocess.Popen[bytes], str]) -> None:
    process, url = redis
    settings = small_world.runtime.settings.model_copy(update={"misses_limit": "3 per minute"})
    storage = storage_from_string(url, **limits.storage_options(url))
    shared = limits.Counters(FixedWindowRateLimiter(storage))
    small_world.app.extensions["hocba.limits"] = limits.limits_of(settings, shared)
    browser = small_world.browser()
    browser.get(f"/t/{small_world.codes.unknown}", 404)
    assert raised(small_world) == []
    process.kill()
    process.wait()
    # Whoever has a code is served, and whoever guesses is stopped all the same.
    browser.get(f"/t/{small_world.codes.locked}")
    for _ in range(3):
        browser.get(f"/t/{small_world.codes.unknown}", 404)
    browser.get(f"/t/{small_world.codes.unknown}", 429)
    browser.get(f"/t/{small_world.codes.locked}")
    assert [alarm.kind for alarm in raised(small_world)] == [AlarmKind.LIMITS_LOST]
