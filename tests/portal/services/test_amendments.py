"""Requests to put a record right: the table of steps and every step that it forbids, who may, how one closes itself."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import SYSTEM, Identity, StaffRole
from portal.models import (
    AccessEvent,
    Account,
    Amendment,
    AmendmentState,
    AmendmentStep,
    CorrectionKind,
    RecordVersion,
    State,
    Transcript,
    Unit,
    YearRecordRow,
)
from portal.services import amendment_pages, amendments, blobs, corrections, organisation
from portal.services.amendment_cells import cells_of
from portal.services.amendment_pages import RequestView
from portal.services.amendment_steps import LIVING, STEPS, Act, When, Who
from portal.services.amendments import AT_MOST, Asked
from portal.services.intake import take_in
from portal.workbooks.judging import JudgedClass, JudgedPupil
from tests.instances import SCHOOL, WORKBOOKS, DemoInstance, fresh_code
from tests.portal import correcting
from tests.portal.officials import FIRST, YEAR, person
from verify.canonical import sha256
from verify.containers.roots import read_root

# A Thursday before the first cut-off.
DAY: Final = datetime(2026, 6, 18, 2, 0, tzinfo=UTC)
DAYS: Final = 2
NETWORK: Final = "192.0.2.0"
PARENT: Final = 990
NEIGHBOUR: Final = "MAU-TH-02"
PRESSED: Final = (Act.ACCEPT, Act.REFUSE, Act.DECLINE, Act.WITHDRAW)


def clerk(session: Session, unit: str = SCHOOL) -> Identity:
    return person(session, {SCHOOL: "th01.vanthu", NEIGHBOUR: "th02.vanthu"}[unit], StaffRole.CLERK, unit)


def parent(session: Session, code: str) -> Identity:
    """A guardian of the pupil, whose account is one that the demo has."""
    pupil = session.scalars(sa.select(Transcript.id).where(Transcript.lookup_code == code)).one()
    account = session.scalars(sa.select(Account.id).where(Account.username == "kiemtoan")).one()
    return Identity(account, "phụ huynh (mẫu)", (), frozenset({pupil}))


def drafted(instance: DemoInstance) -> list[str]:
    """Codes of a class that the school has brought in and not signed."""
    packet = instance.take_in(WORKBOOKS / "lop-1B.xlsx").packet
    with instance.reading() as session:
        return list(
            session.scalars(
                sa.select(Transcript.lookup_code)
                .join(YearRecordRow, YearRecordRow.transcript_id == Transcript.id)
                .join(RecordVersion, RecordVersion.year_record_id == YearRecordRow.id)
                .where(RecordVersion.packet_id == packet)
                .order_by(RecordVersion.id)
            )
        )


def wanted(session: Session, code: str, cells: dict[str, str] | None = None, year: str = YEAR) -> Asked:
    newest = correcting.versions(session, code)[-1]
    given = {"address": "ấp 3, xã Mẫu"} if cells is None else cells
    return Asked(year, newest.version, given, "ghi nhầm nơi ở", "căn cước của mẹ, trường đã xem bản chính")


def asked(instance: DemoInstance, code: str, cells: dict[str, str] | None = None, at: datetime = DAY) -> int:
    with instance.transaction() as session:
        return amendments.ask(session, parent(session, code), code, wanted(session, code, cells), at)


def press(instance: DemoInstance, number: int, act: Act, who: Identity, seen: str = "", at: datetime = DAY) -> None:
    with instance.transaction() as session:
        state = seen or session.get_one(Amendment, number).state
        amendments.take(session, who, number, act, state, "thử", at)


def state_of(instance: DemoInstance, number: int) -> AmendmentState:
    with instance.reading() as session:
        return AmendmentState(session.get_one(Amendment, number).state)


def seen_by(instance: DemoInstance, who: Identity, number: int, at: datetime = DAY) -> RequestView:
    with instance.transaction() as session:
        return amendment_pages.request(session, who, number, DAYS, at, NETWORK)


def brought_in(instance: DemoInstance, code: str, *, sign: bool = True, **changed: object) -> None:
    """The school sends the pupil's year again with other values, and signs it."""
    with instance.transaction() as session:
        newest = correcting.versions(session, code)[-1]
        content = replace(read_root(blobs.get(session, newest.root_sha256)).content, **changed)  # type: ignore[arg-type]
        judged = JudgedClass(content.class_name, content.grade, (JudgedPupil(5, 1, content, ()),), ())
        digest = sha256(f"{code} {sorted(changed.items())}".encode())
        unit = organisation.unit(session, SCHOOL)
        packet = take_in(session, SYSTEM, unit, YEAR, judged, digest, fresh_code, DAY).packet
    assert packet is not None
    if sign:
        instance.sign(packet)


@contextmanager
def refused(*problems: Problem) -> Iterator[None]:
    with pytest.raises(Refused) as found:
        yield
    assert found.value.problem in problems


def test_it_closes_itself_with_the_signed_version_that_says_so(instance: DemoInstance) -> None:
    code = drafted(instance)[0]
    number = asked(instance, code)
    with instance.reading() as session:
        who, family = clerk(session), parent(session, code)
    press(instance, number, Act.ACCEPT, who)
    brought_in(instance, code, address="ấp 4, xã Mẫu")
    assert state_of(instance, number) is AmendmentState.ACCEPTED  # signed, and says something else
    brought_in(instance, code, sign=False, address="ấp 3, xã Mẫu")
    assert seen_by(instance, family, number).ready is State.DRAFT
    assert state_of(instance, number) is AmendmentState.ACCEPTED  # says so, and nobody has signed it
    with instance.reading() as session:
        packet = correcting.versions(session, code)[-1].packet_id
    instance.sign(packet)
    told = seen_by(instance, family, number)
    assert (told.line.state, told.done_version, told.ready) == (AmendmentState.DONE, 3, None)
    assert [(step.act, step.actor is None) for step in told.steps] == [
        (Act.ASK, False),
        (Act.ACCEPT, False),
        (Act.COMPLETE, True),
    ]
    assert [(cell.path, cell.after) for cell in told.cells] == [("address", "ấp 3, xã Mẫu")]


def locked_code(instance: DemoInstance) -> str:
    return correcting.code_of(instance)


def set_up(instance: DemoInstance, codes: dict[When, str], state: AmendmentState, when: When) -> int:
    """A request in a state, before or after the lock; a state that no step reaches there is set by hand."""
    number = asked(instance, codes[when])
    with instance.transaction() as session:
        held = session.get_one(Amendment, number)
        version = session.get_one(RecordVersion, held.version_id)
        if state is AmendmentState.DONE:
            held.done_version_id = version.id
        if state is AmendmentState.CORRECTING:
            held.correction_id = _ended_case(session)
        held.state = state.value
        held.closed_at = None if state.value in LIVING else DAY
    return number


def _ended_case(session: Session) -> int:
    """A correction that ended without effect."""
    found = session.scalar(sa.text("SELECT id FROM correction WHERE state = 'withdrawn'"))
    assert found is not None
    return int(found)


def test_every_forbidden_step_is_refused_and_writes_nothing(instance: DemoInstance) -> None:
    codes = {When.BEFORE: drafted(instance)[0], When.AFTER: locked_code(instance)}
    correcting.switch(instance)
    with instance.transaction() as session:
        annotated = correcting.wanted(correcting.code_of(instance, 1), CorrectionKind.ANNOTATE)
        made = corrections.begin(session, person(session, FIRST), annotated, correcting.LATER)
    correcting.close(instance, made)
    with instance.reading() as session:
        people = {
            Who.SCHOOL: clerk(session),
            Who.DEPARTMENT: person(session, FIRST),
            Who.PORTAL: SYSTEM,
        }
        family = {when: parent(session, code) for when, code in codes.items()}
    tried = 0
    for when, state in product(codes, AmendmentState):
        number = set_up(instance, codes, state, when)
        for act in (*PRESSED, Act.COMPLETE):
            rule = STEPS[act]
            allowed = state in rule.before and rule.when in (When.ALWAYS, when)
            who = people.get(rule.who, family[when])
            with Session(instance.engine) as session:
                before = session.scalar(sa.select(sa.func.max(AmendmentStep.id)))
                held = amendments.held_request(session, number)
                if act is Act.COMPLETE:
                    held.done_version_id = held.version_id if allowed else held.done_version_id
                if allowed:
                    amendments.step(session, held, act, who, "thử", DAY)
                    assert held.state == rule.after.value, (when, state, act)
                    assert (held.closed_at is None) is (rule.after.value in LIVING)
                else:
                    with pytest.raises(Refused) as error:
                        amendments.step(session, held, act, who, "thử", DAY)
                    assert error.value.problem.value.startswith("amendment_"), (when, state, act)
                    assert session.scalar(sa.select(sa.func.max(AmendmentStep.id))) == before
                    assert session.get_one(Amendment, number).state == state.value
                    tried += 1
                session.rollback()
        if state.value in LIVING:  # makes room: of one cell only one request lives
            with instance.transaction() as session:
                held = amendments.held_request(session, number)
                held.state, held.closed_at = AmendmentState.WITHDRAWN.value, DAY
    assert tried > 35


def test_whose_business_a_step_is(instance: DemoInstance) -> None:
    code = drafted(instance)[0]
    number = asked(instance, code)
    with instance.reading() as session:
        stranger = Identity(PARENT, "người khác (mẫu)", (), parent(session, code).children)
        official = person(session, FIRST)
        cast = {
            "asker": parent(session, code),
            "other parent": stranger,
            "clerk": clerk(session),
            "neighbour": clerk(session, NEIGHBOUR),
            "official": official,
            "portal": SYSTEM,
        }
        held = session.get_one(Amendment, number)
        may = {
            (name, act) for name, who in cast.items() for act in STEPS if amendments.may_take(session, who, held, act)
        }
    assert may == {
        ("asker", Act.WITHDRAW),
        ("clerk", Act.ACCEPT),
        ("clerk", Act.REFUSE),
        ("official", Act.OPEN_CASE),
        ("official", Act.DECLINE),
        ("portal", Act.COMPLETE),
    }
    for name, act in product(cast, PRESSED):
        if (name, act) not in may:
            with pytest.raises(NotFound):
                press(instance, number, act, cast[name])
    for outsider in (cast["neighbour"], Identity(PARENT, "phụ huynh khác (mẫu)", (), frozenset({10**6}))):
        with instance.transaction() as session, pytest.raises(NotFound):
            amendments.ask(session, outsider, code, wanted(session, code, {"father": "Nguyễn Văn Mẫu"}), DAY)
        with Session(instance.engine) as session, session.begin(), pytest.raises(NotFound):
            amendment_pages.request(session, outsider, number, DAYS, DAY, NETWORK)
    with instance.reading() as session:
        told = session.scalars(sa.select(AccessEvent.outcome).where(AccessEvent.action == "amendment.read")).all()
        assert told == ["refused", "refused"]


def test_two_clerks_at_once_and_a_stale_page(instance: DemoInstance) -> None:
    code = drafted(instance)[0]
    number = asked(instance, code)
    with instance.reading() as session:
        one, other = clerk(session), person(session, "th01.hieutruong", StaffRole.HEAD, SCHOOL)

    def answer(given: tuple[Identity, Act]) -> Problem | None:
        try:
            press(instance, number, given[1], given[0], "asked")
        except Refused as error:
            return error.problem
        return None

    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(answer, ((one, Act.ACCEPT), (other, Act.REFUSE))))
    assert answers.count(None) == 1
    assert set(answers) - {None} <= {Problem.AMENDMENT_MOVED, Problem.AMENDMENT_CLOSED}
    number = asked(instance, code, {"mother": "Trần Thị Mẫu"})
    press(instance, number, Act.ACCEPT, one, "asked")
    press(instance, number, Act.ACCEPT, one, "asked")  # pressed twice
    with refused(Problem.AMENDMENT_MOVED):
        press(instance, number, Act.REFUSE, other, "asked")  # a page of before
    with instance.reading() as session:
        steps = session.scalars(sa.select(AmendmentStep.act).where(AmendmentStep.amendment_id == number)).all()
        assert sorted(steps) == ["accept", "ask"]


def test_a_page_of_another_version_asks_for_nothing(instance: DemoInstance) -> None:
    code = drafted(instance)[0]
    with instance.reading() as session:
        stale, family = wanted(session, code), parent(session, code)
    brought_in(instance, code, sign=False, address="ấp 5, xã Mẫu")
    with instance.transaction() as session, refused(Problem.AMENDMENT_MOVED):
        amendments.ask(session, family, code, stale, DAY)


# Typed text by path, and the problem; None: taken, with what the record would hold.
VALUES: Final[tuple[tuple[dict[str, str], Problem | None, str], ...]] = (
    ({"birth_date": "9/4/2019"}, None, "2019-04-09"),
    ({"subjects.toan.level": "h"}, None, "H"),
    ({"subjects.toan.level": "Đ"}, Problem.AMENDMENT_VALUE, ""),
    ({"subjects.toan.score": "11"}, Problem.AMENDMENT_VALUE, ""),
    ({"birth_date": "31/02/2019"}, Problem.AMENDMENT_VALUE, ""),
    ({"full_name": "để trống"}, Problem.AMENDMENT_VALUE, ""),
    ({"father": "để trống"}, None, ""),
    ({"awards": "Học sinh Xuất sắc; Khen đột xuất"}, None, "Học sinh Xuất sắc; Khen đột xuất"),
    ({"lookup_code": "0" * 32}, Problem.AMENDMENT_CELLS, ""),
    ({"school_year": "2024-2025"}, Problem.AMENDMENT_CELLS, ""),
    ({"subjects.toan.khong_co": "1"}, Problem.AMENDMENT_CELLS, ""),
    ({}, Problem.AMENDMENT_CELLS, ""),
)


def test_which_values_may_be_asked(instance: DemoInstance) -> None:
    code = drafted(instance)[1]
    brought_in(instance, code, sign=False, father="Lê Văn Mẫu")
    with instance.reading() as session:
        shown = amendments.subject(session, parent(session, code), code, None)
    for cells, problem, after in VALUES:
        if problem is None:
            (cell,) = cells_of(shown.record, cells)
            assert cell.after == after, cells
            assert cell.before != cell.after
            continue
        with refused(problem):
            cells_of(shown.record, cells)
    same = {"full_name": shown.record.full_name.upper()}
    with refused(Problem.AMENDMENT_SAME):
        cells_of(shown.record, same)


def test_one_cell_one_request_and_not_too_many(instance: DemoInstance) -> None:
    code = drafted(instance)[0]
    asked(instance, code)
    with refused(Problem.AMENDMENT_TWICE):
        asked(instance, code, {"address": "ấp 9, xã Mẫu"})
    for path in ("mother", "father", "guardian", "home_town")[: AT_MOST - 1]:
        asked(instance, code, {path: "Người Mẫu"})
    with refused(Problem.AMENDMENTS_MANY):
        asked(instance, code, {"birth_place": "xã Mẫu"})


def test_of_a_file_only_its_digest_is_kept(instance: DemoInstance) -> None:
    code, data = drafted(instance)[0], b"%PDF-1.7 a birth certificate"
    with instance.transaction() as session:
        given = replace(wanted(session, code), file=data)
        number = amendments.ask(session, parent(session, code), code, given, DAY)
        with refused(Problem.AMENDMENT_FILE):
            amendments.ask(session, parent(session, code), code, replace(given, file=b""), DAY)
    with instance.reading() as session:
        assert session.get_one(Amendment, number).file_sha256 == sha256(data)
        assert session.scalar(sa.text("SELECT count(*) FROM blob WHERE sha256 = :it"), {"it": sha256(data)}) == 0


def test_after_the_lock_the_department_answers_by_a_correction(instance: DemoInstance) -> None:
    code, at = locked_code(instance), correcting.LATER
    number = asked(instance, code, {"subjects.toan.score": "7"}, at)
    with instance.reading() as session:
        official, school, family = person(session, FIRST), clerk(session), parent(session, code)
        assert amendment_pages.waiting(session, official) == 1
        assert amendment_pages.waiting(session, school) == 0
    with refused(Problem.AMENDMENT_LOCKED):
        press(instance, number, Act.ACCEPT, school)
    correcting.switch(instance)
    case = correcting.begin(instance, code, CorrectionKind.SUPERSEDE)
    with instance.transaction() as session:
        prefilled = amendments.for_case(session, official, number)
        assert prefilled == (code, YEAR, "ghi nhầm nơi ở")
        amendments.open_case(session, official, number, case, at)
    with refused(Problem.AMENDMENT_CASE):
        press(instance, number, Act.DECLINE, official, at=at)
    assert correcting.corrected(instance, code) is not None
    assert state_of(instance, number) is AmendmentState.CORRECTING  # signed beside the locked one, not yet in its place
    assert seen_by(instance, family, number, at).ready is State.ACCEPTED
    correcting.propose(instance, case)
    correcting.confirm(instance, case)
    correcting.effect(instance)
    told = seen_by(instance, family, number, at)
    assert (told.line.state, told.done_version) == (AmendmentState.DONE, 2)


def test_a_case_that_ended_leaves_the_request_to_the_department(instance: DemoInstance) -> None:
    code, at = locked_code(instance), correcting.LATER
    number = asked(instance, code, at=at)
    with instance.reading() as session:
        official = person(session, FIRST)
    correcting.switch(instance)
    other = correcting.begin(instance, correcting.code_of(instance, 1), CorrectionKind.SUPERSEDE)
    with instance.transaction() as session, refused(Problem.AMENDMENT_CASE):
        amendments.open_case(session, official, number, other, at)  # of another pupil
    case = correcting.begin(instance, code, CorrectionKind.SUPERSEDE)
    with instance.transaction() as session:
        amendments.open_case(session, official, number, case, at)
    correcting.close(instance, case)
    assert Act.OPEN_CASE in seen_by(instance, official, number, at).acts
    press(instance, number, Act.DECLINE, official, at=at)
    assert state_of(instance, number) is AmendmentState.REFUSED


def test_what_the_school_did_not_do_in_time_is_the_departments(instance: DemoInstance) -> None:
    code = drafted(instance)[0]
    number = asked(instance, code)
    with instance.reading() as session:
        school, official = clerk(session), person(session, FIRST)
        packet = correcting.versions(session, code)[-1].packet_id
    press(instance, number, Act.ACCEPT, school)
    instance.sign(packet)
    instance.lock(packet)
    with refused(Problem.AMENDMENT_LOCKED):
        press(instance, number, Act.REFUSE, school)
    with instance.reading() as session:
        assert amendment_pages.waiting(session, official) == 1
    told = seen_by(instance, official, number)
    assert told.line.mine
    assert told.acts == {Act.OPEN_CASE, Act.DECLINE}


def test_working_days(instance: DemoInstance) -> None:
    code = drafted(instance)[0]
    number = asked(instance, code)
    with instance.reading() as session:
        school = clerk(session)
    # Thursday and two working days: until Monday; on Wednesday two have passed since.
    told = seen_by(instance, school, number, DAY + timedelta(days=6)).line
    assert told.due is not None
    assert (told.due.last_day, told.due.late, told.mine) == (date(2026, 6, 22), 2, True)
    assert told.age == 4


def test_the_database_keeps_what_was_written(instance: DemoInstance) -> None:
    code = drafted(instance)[0]
    number = asked(instance, code)
    with instance.reading() as session:
        press(instance, number, Act.WITHDRAW, parent(session, code))
    for statement in (
        "UPDATE amendment SET state = 'asked', closed_at = NULL",
        "UPDATE amendment SET reason = 'khác'",
        "DELETE FROM amendment",
        "UPDATE amendment_cell SET after = 'khác'",
        "DELETE FROM amendment_step",
    ):
        with pytest.raises(DatabaseError, match="is locked"), instance.transaction() as session:
            session.execute(sa.text(statement))


def test_the_unit_of_a_request_is_the_issuing_school(instance: DemoInstance) -> None:
    code = drafted(instance)[0]
    number = asked(instance, code)
    with instance.reading() as session:
        held = session.get_one(Amendment, number)
        assert session.get_one(Unit, held.school_id).code == SCHOOL
        assert held.by_guardian
