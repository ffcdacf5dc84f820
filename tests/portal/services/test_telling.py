"""Who is told what, by the acts themselves and with the days; and that it is told once."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import StaffRole
from portal.jobs import noticing
from portal.jobs.noticing import NoticeDesk
from portal.jobs.work import perform
from portal.models import Account, CustodyRequest, KeyAuthorisation, Notice, SchoolCount, Transcript, Unit
from portal.services import custody, grants, withdrawal
from portal.services.custody_days import DayLimits
from portal.services.grants import Wanted
from portal.services.notice_rounds import step_of
from tests.instances import NOW, SCHOOL, WORKBOOKS, DemoInstance
from tests.portal.officials import AFTER, accepted_class, bench_of, confirm, person, propose

OTHER: Final = "MAU-TH-02"
CLERK, HEAD, CLERK_2, HEAD_2 = "th01.vanthu", "th01.hieutruong", "th02.vanthu", "th02.hieutruong"
FIRST, SECOND = "so.quantri", "so.canbo"
LIMITS: Final = DayLimits(3, 3)
# Noon here, seven days before 30/6.
WEEK: Final = datetime(2026, 6, 23, 5, 0, tzinfo=UTC)


def told(instance: DemoInstance, kind: str, *, unread: bool = False) -> dict[str, list[str]]:
    """Details of the notices of a kind, by who was told."""
    wanted = [Notice.kind == kind, *([Notice.read_at.is_(None)] if unread else [])]
    found: dict[str, list[str]] = {}
    with instance.reading() as session:
        rows = session.execute(
            sa.select(Account.username, Notice.detail)
            .join(Account, Account.id == Notice.account_id)
            .where(*wanted)
            .order_by(Notice.id)
        )
        for name, detail in rows:
            found.setdefault(name, []).append(detail)
    return found


def look(instance: DemoInstance, now: datetime) -> None:
    noticing.look(NoticeDesk(instance.engine, instance.runtime.trust, LIMITS, lambda: now))


def asked(session: Session) -> int:
    given = custody.Application(OTHER, "parent", date(2026, 7, 1), date(2026, 8, 24), "gia đình chuyển nơi ở")
    pupil = session.scalars(sa.select(Transcript.id).order_by(Transcript.id)).all()[0]
    return custody.request(session, person(session, CLERK_2, StaffRole.CLERK, OTHER), pupil, given, AFTER)


def agree(instance: DemoInstance, request_id: int, name: str, unit: str) -> None:
    with instance.transaction() as session:
        state = session.get_one(CustodyRequest, request_id).state
        custody.agree(session, person(session, name, StaffRole.HEAD, unit), request_id, state, AFTER)


def test_a_class_waits_for_the_head_until_it_is_signed_or_withdrawn(empty_instance: DemoInstance) -> None:
    packet = empty_instance.take_in(WORKBOOKS / "lop-1B.xlsx").packet
    assert packet is not None
    assert set(told(empty_instance, "packet.to_sign", unread=True)) == {HEAD}
    empty_instance.sign(packet)
    assert told(empty_instance, "packet.to_sign", unread=True) == {}
    other = empty_instance.take_in(WORKBOOKS / "lop-4A1.xlsx").packet
    assert other is not None
    with empty_instance.transaction() as session:
        clerk = person(session, CLERK, StaffRole.CLERK, SCHOOL)
        assert set(told(empty_instance, "packet.to_sign", unread=True)) == {HEAD}
        withdrawal.withdraw(session, clerk, other, None, "nhập nhầm lớp", NOW)
    assert told(empty_instance, "packet.to_sign", unread=True) == {}


def test_each_head_is_told_when_it_is_the_heads_turn(instance: DemoInstance) -> None:
    with instance.transaction() as session:
        made = asked(session)
    assert set(told(instance, "custody.waits", unread=True)) == {HEAD_2}
    agree(instance, made, HEAD_2, OTHER)
    assert set(told(instance, "custody.waits", unread=True)) == {HEAD}
    agree(instance, made, HEAD, SCHOOL)
    assert told(instance, "custody.waits", unread=True) == {}
    assert told(instance, "custody.ended") == {CLERK: ["moved"], CLERK_2: ["moved"], HEAD_2: ["moved"]}


def test_an_answer_that_is_late_is_told_to_its_head_and_to_the_department_once(instance: DemoInstance) -> None:
    with instance.transaction() as session:
        asked(session)
    look(instance, AFTER + timedelta(days=3))
    assert told(instance, "custody.late") == {}
    for days in (7, 8):
        look(instance, AFTER + timedelta(days=days))
        assert told(instance, "custody.late") == {name: ["2026-07-07"] for name in (HEAD_2, FIRST, SECOND)}


def test_a_lock_waits_for_the_other_official_and_is_told_to_its_schools(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    proposal = propose(empty_instance)
    assert set(told(empty_instance, "lock.waits", unread=True)) == {SECOND}
    job = confirm(empty_instance, proposal)
    assert told(empty_instance, "lock.waits", unread=True) == {}
    perform(bench_of(empty_instance), job)
    assert told(empty_instance, "records.locked") == {CLERK: ["2025-2026"], HEAD: ["2025-2026"]}


def test_leave_is_decided_by_the_department_and_the_answer_comes_back(instance: DemoInstance) -> None:
    with instance.transaction() as session:
        code = session.scalars(sa.select(Transcript.lookup_code).order_by(Transcript.id)).all()[0]
        wanted = Wanted(
            "unit", OTHER, None, "marks", None, None, "enrolment", "", AFTER.date(), AFTER.date(), None, (code,)
        )
        made = grants.write(session, person(session, CLERK_2, StaffRole.CLERK, OTHER), wanted, AFTER)
    assert set(told(instance, "grant.asked", unread=True)) == {FIRST, SECOND}
    with instance.transaction() as session:
        for give in (True, False):  # decided twice, the first counts
            grants.decide(session, person(session, FIRST), made, give=give, now=AFTER)
    assert told(instance, "grant.asked", unread=True) == {}
    assert told(instance, "grant.decided") == {CLERK_2: ["given"]}


def test_a_deadline_is_told_at_seven_three_and_one_days_to_whoever_owes_something(instance: DemoInstance) -> None:
    """The school of the instance has locked all that it sent; the other primary school has sent nothing."""
    look(instance, WEEK - timedelta(days=1))
    assert told(instance, "round.closes") == {}
    for days, times in ((0, 1), (1, 1), (4, 2), (5, 2), (6, 3), (7, 3), (8, 3)):
        look(instance, WEEK + timedelta(days=days))
        silent = ["2025-2026 1 2026-06-30 silent"] * times
        assert told(instance, "round.closes") == {CLERK_2: silent, HEAD_2: silent}, days


def test_who_awaits_assessment_is_missed_in_the_second_round_only(instance: DemoInstance) -> None:
    with instance.transaction() as session:
        unit = session.scalars(sa.select(Unit.id).where(Unit.code == SCHOOL)).one()
        session.execute(sa.update(SchoolCount).where(SchoolCount.unit_id == unit).values(draft=9, second_open=7))
    look(instance, WEEK)
    assert told(instance, "round.closes")[CLERK] == ["2025-2026 1 2026-06-30 2"]
    look(instance, datetime(2026, 8, 14, 5, 0, tzinfo=UTC))
    assert told(instance, "round.closes")[CLERK][1:] == ["2025-2026 2 2026-08-15 7"]
    assert len(told(instance, "round.closes")[CLERK_2]) == 1  # nothing was sent, so nobody awaits anything


def test_a_key_that_ends_is_told_at_sixty_thirty_and_seven_days(instance: DemoInstance) -> None:
    end = datetime(2026, 9, 30, 17, 0, tzinfo=UTC)
    with instance.transaction() as session:
        unit = session.scalars(sa.select(Unit.id).where(Unit.code == SCHOOL)).one()
        mine = sa.and_(KeyAuthorisation.unit_id == unit, KeyAuthorisation.role == "head")
        session.execute(sa.text("DROP TRIGGER IF EXISTS guard_key_authorisation_update" + _on(session)))
        session.execute(sa.update(KeyAuthorisation).where(mine).values(valid_to=end))
    for before, times in ((61, 0), (60, 1), (31, 1), (30, 2), (8, 2), (7, 3), (1, 3), (-1, 3)):
        look(instance, end - timedelta(days=before))
        days = ["2026-10-01"] * times
        assert told(instance, "key.ends") == ({HEAD: days, FIRST: days, SECOND: days} if times else {}), before


def _on(session: Session) -> str:
    return "" if session.get_bind().dialect.name == "sqlite" else " ON key_authorisation"


def test_the_nearest_step_counts() -> None:
    assert [step_of(days, (1, 3, 7)) for days in (8, 7, 5, 3, 2, 1, 0, -1)] == [None, 7, 7, 3, 3, 1, 1, None]


def test_what_is_long_past_is_forgotten(instance: DemoInstance) -> None:
    with instance.transaction() as session:
        asked(session)
    assert told(instance, "custody.waits")
    look(instance, AFTER + timedelta(days=399))
    assert told(instance, "custody.waits")
    look(instance, AFTER + timedelta(days=401))
    assert told(instance, "custody.waits") == {}
