"""Rounds: the plan's days until the department sets others, whole days of the province, nothing edited in silence."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from portal.errors import NotFound, Problem, Refused
from portal.identity import SYSTEM, StaffRole
from portal.models import RecordVersion
from portal.services import rounds
from portal.services.rehearsal import Fate, rehearse
from tests.instances import SCHOOL, DemoInstance
from tests.portal.officials import AFTER, FIRST, YEAR, accepted_class, lock, person

# 23:59:59 of 30/6/2026 in Vietnam.
CUT_OFF = datetime(2026, 6, 30, 16, 59, 59, tzinfo=UTC)
BEFORE = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(params=["UTC", "Asia/Ho_Chi_Minh", "America/New_York", "Pacific/Kiritimati"])
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """The zone of the server."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def set_first(instance: DemoInstance, last_day: date, now: datetime = BEFORE, report: date = date(2026, 7, 20)) -> None:
    with instance.transaction() as session:
        rounds.set_round(
            session,
            person(session, FIRST),
            YEAR,
            1,
            last_day=last_day,
            report_day=report,
            decision="210/KH-SGDĐT",
            now=now,
        )


def test_a_round_that_nobody_set_has_the_days_of_the_plan(empty_instance: DemoInstance) -> None:
    with empty_instance.reading() as session:
        held = rounds.rounds_of(session, YEAR)
    assert (held.first.cut_off, held.first.report_day) == (CUT_OFF, date(2026, 7, 10))
    assert (held.second.last_day, held.second.report_day) == (date(2026, 8, 15), date(2026, 8, 25))
    assert (held.first.revision, held.first.decision, held.first.locked) == (0, None, False)


def test_a_setting_holds_and_what_held_before_stays(empty_instance: DemoInstance) -> None:
    set_first(empty_instance, date(2026, 7, 5))
    set_first(empty_instance, date(2026, 7, 3))
    with empty_instance.reading() as session:
        held = rounds.rounds_of(session, YEAR).first
        history = rounds.history(session, person(session, FIRST), YEAR, 1)
        other = rounds.rounds_of(session, "2024-2025").first
    assert (held.last_day, held.revision, held.decision) == (date(2026, 7, 3), 2, "210/KH-SGDĐT")
    assert held.set_by == "Phạm Hữu Nghĩa (mẫu)"
    assert [each.last_day.day for each in history] == [3, 5, 30]
    assert other.last_day == date(2025, 6, 30)


@pytest.mark.parametrize("statement", ["UPDATE round SET decision = 'x'", "DELETE FROM round"])
def test_the_database_keeps_every_setting(empty_instance: DemoInstance, statement: str) -> None:
    set_first(empty_instance, date(2026, 7, 5))
    with pytest.raises(DatabaseError, match="is locked"), empty_instance.transaction() as session:
        session.execute(sa.text(statement))


def test_once_a_lock_is_confirmed_the_days_stay(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    set_first(empty_instance, date(2026, 7, 1))
    lock(empty_instance)
    with pytest.raises(Refused) as refused:
        set_first(empty_instance, date(2026, 7, 9), AFTER)
    assert refused.value.problem is Problem.ROUND_LOCKED
    copy = (
        "INSERT INTO round (school_year, number, revision, cut_off, report_day, decision, set_by, set_at)"
        " SELECT school_year, number, revision + 1, cut_off, report_day, decision, set_by, set_at FROM round"
    )
    with pytest.raises(DatabaseError, match="is locked"), empty_instance.transaction() as session:
        session.execute(sa.text(copy))


@pytest.mark.parametrize(
    ("last_day", "report", "problem"),
    [
        (date(2026, 8, 15), date(2026, 8, 20), Problem.ROUND_ORDER),
        (date(2026, 7, 5), date(2026, 7, 5), Problem.REPORT_TOO_EARLY),
        (date(2026, 6, 29), date(2026, 7, 10), Problem.ROUND_SHORTENED),
    ],
)
def test_days_that_make_no_sense_are_refused(
    empty_instance: DemoInstance, last_day: date, report: date, problem: Problem
) -> None:
    with pytest.raises(Refused) as refused:
        set_first(empty_instance, last_day, AFTER, report)
    assert refused.value.problem is problem


def test_time_may_be_given_after_the_fact(empty_instance: DemoInstance) -> None:
    """The decision was made in time and is written down on the day after it ran out."""
    set_first(empty_instance, date(2026, 7, 1), AFTER)


def test_only_the_department_sets_rounds(empty_instance: DemoInstance) -> None:
    with empty_instance.transaction() as session:
        head = person(session, "th01.hieutruong", StaffRole.HEAD, SCHOOL)
        for identity in (head, SYSTEM):
            with pytest.raises(NotFound):
                rounds.set_round(
                    session,
                    identity,
                    YEAR,
                    1,
                    last_day=date(2026, 7, 5),
                    report_day=date(2026, 7, 9),
                    decision="1/QĐ",
                    now=BEFORE,
                )


def test_the_day_itself_is_included_wherever_the_server_stands(empty_instance: DemoInstance, zone: str) -> None:
    """Domain §8.14: a server in UTC must not lock seven hours wrong. The last second is in time, the next one late."""
    assert time.tzname
    packet = accepted_class(empty_instance)
    edges = (
        (CUT_OFF, Fate.FIRST),
        (CUT_OFF + timedelta(microseconds=999_999), Fate.FIRST),
        (CUT_OFF + timedelta(seconds=1), Fate.LATE),
        (CUT_OFF - timedelta(hours=7), Fate.FIRST),
        (CUT_OFF + timedelta(hours=7), Fate.LATE),
    )
    with empty_instance.transaction() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(sa.text(f"SET LOCAL TIME ZONE '{zone}'"))
        held = rounds.rounds_of(session, YEAR)
        assert held.first.last_day == date(2026, 6, 30)
        for accepted_at, fate in edges:
            session.execute(
                sa.update(RecordVersion).where(RecordVersion.packet_id == packet).values(accepted_at=accepted_at)
            )
            schools = rehearse(session, person(session, FIRST), held, AFTER)
            assert {school.code: dict(school.counts) for school in schools}[SCHOOL] == {fate: 31}, accepted_at
        assert held.first.is_over(CUT_OFF + timedelta(seconds=1))
        assert not held.first.is_over(CUT_OFF + timedelta(microseconds=999_999))
        assert held.first.days_left(CUT_OFF) == 0
        assert held.first.days_left(CUT_OFF - timedelta(days=1)) == 1


def test_the_year_whose_records_are_due() -> None:
    assert rounds.due_year(datetime(2026, 4, 30, 16, 59, tzinfo=UTC)) == "2024-2025"
    assert rounds.due_year(datetime(2026, 4, 30, 17, 0, tzinfo=UTC)) == "2025-2026"
    assert rounds.due_year(datetime(2026, 11, 26, tzinfo=UTC)) == "2025-2026"
