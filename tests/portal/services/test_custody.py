"""Transfer of custody: two heads in their order, one open request, reasons, day limits, and what nobody may skip."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity, StaffRole
from portal.models import AccessEvent, CustodyMove, CustodyRequest, CustodyState, Transcript, Unit
from portal.services import custody, custody_pages, lookup
from portal.services.custody import Application
from portal.services.custody_days import DayLimits, after, between
from portal.services.custody_pages import CaseView
from tests.instances import SCHOOL, DemoInstance
from tests.portal.officials import person

OTHER: Final = "MAU-TH-02"
SECONDARY: Final = "MAU-THCS-01"
# A Thursday.
DAY: Final = datetime(2026, 7, 16, 2, 0, tzinfo=UTC)
LIMITS: Final = DayLimits(3, 3)
GIVEN: Final = Application(OTHER, "parent", date(2026, 7, 15), date(2026, 8, 24), "gia đình chuyển nơi ở")
NETWORK: Final = "192.0.2.0"


def clerk(session: Session, unit: str = OTHER) -> Identity:
    return person(session, {SCHOOL: "th01.vanthu", OTHER: "th02.vanthu"}[unit], StaffRole.CLERK, unit)


def head(session: Session, unit: str = OTHER) -> Identity:
    names = {SCHOOL: "th01.hieutruong", OTHER: "th02.hieutruong", SECONDARY: "thcs01.hieutruong"}
    return person(session, names[unit], StaffRole.HEAD, unit)


def official(session: Session) -> Identity:
    return person(session, "so.quantri")


def pupil(session: Session, place: int = 0) -> Transcript:
    return session.scalars(sa.select(Transcript).order_by(Transcript.id)).all()[place]


def asked(instance: DemoInstance, given: Application = GIVEN, place: int = 0, at: datetime = DAY) -> int:
    with instance.transaction() as session:
        who = clerk(session) if given.unit_code == OTHER else head(session, given.unit_code)
        return custody.request(session, who, pupil(session, place).id, given, at)


def agree(instance: DemoInstance, request_id: int, unit: str, at: datetime = DAY, seen: str = "") -> None:
    with instance.transaction() as session:
        state = seen or session.get_one(CustodyRequest, request_id).state
        custody.agree(session, head(session, unit), request_id, state, at)


def moved(instance: DemoInstance) -> int:
    made = asked(instance)
    agree(instance, made, OTHER)
    agree(instance, made, SCHOOL)
    return made


def seen(instance: DemoInstance, request_id: int, unit: str, at: datetime = DAY) -> CaseView:
    with instance.transaction() as session:
        return custody_pages.case(session, head(session, unit), request_id, LIMITS, at, NETWORK)


def keeper(instance: DemoInstance, place: int = 0) -> str:
    with instance.reading() as session:
        return session.get_one(Unit, pupil(session, place).managing_unit_id).code


@contextmanager
def refused(problem: Problem) -> Iterator[None]:
    with pytest.raises(Refused) as found:
        yield
    assert found.value.problem is problem


def test_two_heads_agree_and_custody_moves(instance: DemoInstance) -> None:
    made = asked(instance)
    assert keeper(instance) == SCHOOL
    agree(instance, made, OTHER)
    assert keeper(instance) == SCHOOL
    agree(instance, made, SCHOOL)
    assert keeper(instance) == OTHER
    with instance.reading() as session:
        move = session.scalars(sa.select(CustodyMove)).one()
        held = session.get_one(CustodyRequest, made)
        assert (move.request_id, move.moved_at, held.state) == (made, DAY, CustodyState.MOVED.value)
        code = pupil(session).lookup_code
        # The new school reads the years that came before; the old one goes on reading what it issued.
        for unit in (OTHER, SCHOOL):
            found, versions = lookup.readable_versions(session, head(session, unit), code)
            assert found is not None
            assert versions
        assert not lookup.can_read(session, head(session, SECONDARY), code)


def test_the_stays_are_two_rows_with_one_moment_between(instance: DemoInstance) -> None:
    made = moved(instance)
    first, second = seen(instance, made, OTHER).stays
    assert (first.since, first.until, second.since, second.until) == (None, DAY, DAY, None)
    assert first.unit != second.unit


def test_the_current_head_cannot_come_first(instance: DemoInstance) -> None:
    made = asked(instance)
    with refused(Problem.CUSTODY_TURN):
        agree(instance, made, SCHOOL)
    agree(instance, made, OTHER)
    agree(instance, made, OTHER, seen="requested")  # pressed twice
    with refused(Problem.CUSTODY_TURN):
        agree(instance, made, OTHER)  # nor does the receiving head speak for both
    assert keeper(instance) == SCHOOL


def test_pressed_twice_it_moves_once(instance: DemoInstance) -> None:
    made = moved(instance)
    agree(instance, made, SCHOOL, seen="agreed")
    with instance.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(CustodyMove)) == 1


def test_nobody_but_the_heads_agrees(instance: DemoInstance) -> None:
    made = asked(instance)
    with instance.transaction() as session:
        strangers = (clerk(session, OTHER), clerk(session, SCHOOL), head(session, SECONDARY), official(session))
        for who in strangers:
            with pytest.raises(NotFound):
                custody.agree(session, who, made, "requested", DAY)


def test_a_pupil_is_not_in_two_schools(instance: DemoInstance) -> None:
    asked(instance)
    with refused(Problem.CUSTODY_REQUESTED):
        asked(instance, replace(GIVEN, unit_code=SECONDARY))
    with instance.transaction() as session, refused(Problem.CUSTODY_OWN):
        custody.request(session, clerk(session, SCHOOL), pupil(session, 1).id, replace(GIVEN, unit_code=SCHOOL), DAY)


def test_two_schools_that_ask_at_once(instance: DemoInstance) -> None:
    def ask(unit: str) -> Problem | None:
        try:
            asked(instance, replace(GIVEN, unit_code=unit))
        except Refused as error:
            return error.problem
        return None

    with ThreadPoolExecutor(2) as both:
        assert set(both.map(ask, (OTHER, SECONDARY))) == {None, Problem.CUSTODY_REQUESTED}


# Who, whether the receiving head has agreed, and what the end is; None: not this person's business.
ENDS: Final = (
    (OTHER, StaffRole.HEAD, False, CustodyState.REFUSED),
    (OTHER, StaffRole.CLERK, False, CustodyState.WITHDRAWN),
    (OTHER, StaffRole.HEAD, True, CustodyState.WITHDRAWN),
    (SCHOOL, StaffRole.HEAD, True, CustodyState.REFUSED),
    ("", StaffRole.DEPARTMENT_ADMIN, True, CustodyState.CLOSED),
    (SCHOOL, StaffRole.HEAD, False, None),
    (SCHOOL, StaffRole.CLERK, True, None),
    (SECONDARY, StaffRole.HEAD, True, None),
)


def test_who_ends_it_and_as_what(instance: DemoInstance) -> None:
    for place, (unit, role, agreed, becomes) in enumerate(ENDS):
        made = asked(instance, place=place)
        if agreed:
            agree(instance, made, OTHER)
        with instance.transaction() as session:
            of_school = head if role is StaffRole.HEAD else clerk
            who = of_school(session, unit) if unit else official(session)
            if becomes is None:
                with pytest.raises(NotFound):
                    custody.end(session, who, made, "chưa đủ giấy tờ", DAY)
                continue
            custody.end(session, who, made, "chưa đủ giấy tờ", DAY)
            held = session.get_one(CustodyRequest, made)
            assert (held.state, held.closing, held.closed_by) == (becomes.value, "chưa đủ giấy tờ", who.account_id)
        assert keeper(instance, place) == SCHOOL
        with refused(Problem.CUSTODY_CLOSED):
            agree(instance, made, OTHER)
        assert asked(instance, place=place) > made  # the parent may come again


def test_what_is_over_is_not_ended_again(instance: DemoInstance) -> None:
    made = moved(instance)
    with instance.transaction() as session, refused(Problem.CUSTODY_CLOSED):
        custody.end(session, clerk(session), made, "nhầm học sinh", DAY)
    with instance.transaction() as session, pytest.raises(NotFound):
        custody.end(session, head(session, SECONDARY), made, "nhầm học sinh", DAY)


def test_the_code_needs_the_birth_date_and_has_few_guesses(instance: DemoInstance) -> None:
    with instance.transaction() as session:
        held, who = pupil(session), clerk(session)
        code, born = held.lookup_code, held.birth_date
        assert custody.identify(session, who, code, born, DAY, NETWORK) == held.id
        for days in (1, 2):
            with pytest.raises(NotFound):
                custody.identify(session, who, code, born + timedelta(days=days), DAY, NETWORK)
        assert custody.identify(session, who, code, born + timedelta(days=3), DAY, NETWORK) is None
        assert custody.identify(session, who, code, born, DAY, NETWORK) == held.id  # known by now
        with pytest.raises(NotFound):
            custody.identify(session, who, "0" * 32, born, DAY, NETWORK)
    with instance.reading() as session:
        told = session.execute(
            sa.select(AccessEvent.outcome, AccessEvent.transcript_id).where(AccessEvent.action == "custody.request")
        ).all()
        assert [outcome for outcome, _pupil in told] == ["allowed", "refused", "refused", "allowed", "refused"]
        assert told[-1].transcript_id is None


def test_a_school_that_asks_sees_letters_until_the_records_are_with_it(instance: DemoInstance) -> None:
    made = asked(instance)
    with instance.reading() as session:
        name = pupil(session).full_name
    theirs, ours = seen(instance, made, OTHER), seen(instance, made, SCHOOL)
    assert (theirs.line.name, theirs.code, theirs.stays) == (lookup.masked_name(name), None, ())
    assert ours.line.name == name
    with pytest.raises(NotFound):
        seen(instance, made, SECONDARY)
    agree(instance, made, OTHER)
    agree(instance, made, SCHOOL)
    assert seen(instance, made, OTHER).line.name == name
    former = seen(instance, made, SCHOOL)
    assert (former.line.name, former.code) == (lookup.masked_name(name), None)
    with instance.reading() as session:
        for unit, shown in ((OTHER, name), (SCHOOL, lookup.masked_name(name))):
            listed = custody_pages.cases(session, head(session, unit), 1, LIMITS, DAY).rows
            assert [line.name for line in listed] == [shown]
        assert custody_pages.cases(session, head(session, SECONDARY), 1, LIMITS, DAY).rows == ()
        assert len(custody_pages.cases(session, official(session), 1, LIMITS, DAY).rows) == 1


def test_days_run_for_whose_turn_it_is(instance: DemoInstance) -> None:
    made = asked(instance)  # on a Thursday
    due = seen(instance, made, OTHER).line.due
    assert due is not None
    assert (due.last_day, due.late) == (date(2026, 7, 21), 0)
    late = seen(instance, made, OTHER, DAY + timedelta(days=7)).line.due
    assert late is not None
    assert late.late == 2
    agree(instance, made, OTHER, DAY + timedelta(days=7))
    again = seen(instance, made, SCHOOL, DAY + timedelta(days=7)).line.due
    assert again is not None
    assert (again.last_day, again.late) == (date(2026, 7, 28), 0)
    agree(instance, made, SCHOOL)
    assert seen(instance, made, OTHER).line.due is None


def test_what_waits_for_me_stands_first(instance: DemoInstance) -> None:
    older, newer = asked(instance), asked(instance, place=1, at=DAY + timedelta(hours=1))
    agree(instance, newer, OTHER, DAY + timedelta(hours=2))
    with instance.reading() as session:
        rows = custody_pages.cases(session, head(session, SCHOOL), 1, LIMITS, DAY).rows
        assert [(line.id, line.mine) for line in rows] == [(newer, True), (older, False)]


@pytest.mark.parametrize("first", [date(2026, 7, 13) + timedelta(days=step) for step in range(7)])
def test_working_days(first: date) -> None:
    """Against a count of one day after another."""
    for days in range(1, 24):
        last = first + timedelta(days=days)
        counted = sum((first + timedelta(days=step)).weekday() < 5 for step in range(1, days + 1))
        assert between(first, last) == counted
        assert between(first, after(first, days)) == days
        assert after(first, days).weekday() < 5
    assert between(first, first) == between(first, first - timedelta(days=9)) == 0


def test_a_pupil_who_left_is_in_the_pool_until_somebody_asks(instance: DemoInstance) -> None:
    with instance.transaction() as session:
        code = pupil(session).lookup_code
        custody.leave(session, clerk(session, SCHOOL), code, date(2026, 7, 1), DAY)
        with refused(Problem.CUSTODY_LEFT):
            custody.leave(session, clerk(session, SCHOOL), code, date(2026, 7, 2), DAY)
        with pytest.raises(NotFound):
            custody.leave(session, clerk(session, OTHER), code, date(2026, 7, 2), DAY)
    with instance.reading() as session:
        for who, count in ((head(session, SCHOOL), 1), (official(session), 1), (head(session, OTHER), 0)):
            assert len(custody_pages.cases(session, who, 1, LIMITS, DAY).leavings) == count
    moved(instance)
    with instance.reading() as session:
        assert custody_pages.cases(session, official(session), 1, LIMITS, DAY).leavings == ()


def test_a_pupil_who_came_back(instance: DemoInstance) -> None:
    with instance.transaction() as session:
        code = pupil(session).lookup_code
        custody.leave(session, clerk(session, SCHOOL), code, date(2026, 7, 1), DAY)
        noted = custody_pages.cases(session, head(session, SCHOOL), 1, LIMITS, DAY).leavings[0]
        assert noted.own
        with pytest.raises(NotFound):
            custody.came_back(session, clerk(session, OTHER), noted.id, DAY)
        custody.came_back(session, clerk(session, SCHOOL), noted.id, DAY)
        custody.came_back(session, clerk(session, SCHOOL), noted.id, DAY)
        assert custody_pages.cases(session, head(session, SCHOOL), 1, LIMITS, DAY).leavings == ()


def test_a_day_ahead_is_refused(instance: DemoInstance) -> None:
    with refused(Problem.CUSTODY_DAY):
        asked(instance, replace(GIVEN, applied_on=date(2026, 7, 17)))
    with instance.transaction() as session, refused(Problem.CUSTODY_DAY):
        custody.leave(session, clerk(session, SCHOOL), pupil(session).lookup_code, date(2026, 7, 17), DAY)


def test_the_database_keeps_what_was_said(instance: DemoInstance) -> None:
    made = moved(instance)
    waiting = asked(instance, place=1)
    agree(instance, waiting, OTHER)
    done, open_ = CustodyRequest.id == made, CustodyRequest.id == waiting
    nobody = {"agreed_by": None, "agreed_at": None}
    for statement in (
        sa.update(CustodyRequest).where(done).values(state="requested", closed_by=None, closed_at=None),
        sa.update(CustodyRequest).where(open_).values(reason="khác"),
        sa.update(CustodyRequest).where(open_).values(state="requested", **nobody),
        sa.update(CustodyRequest).where(open_).values(state="moved"),
        sa.delete(CustodyRequest).where(done),
        sa.update(CustodyMove).values(to_unit_id=CustodyMove.from_unit_id),
        sa.delete(CustodyMove),
    ):
        with pytest.raises(DatabaseError), instance.transaction() as session:
            session.execute(statement)
