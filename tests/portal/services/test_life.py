"""The table of transitions: every step that it forbids is refused and writes nothing, every other writes its row."""

from datetime import timedelta
from itertools import product

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Fault, Problem, Refused
from portal.identity import SYSTEM, Appointment, Identity, StaffRole
from portal.models import ClassCount, LogHead, RecordVersion, SchoolCount, SchoolDay, State, StateChange
from portal.services import counts_audit
from portal.services.life import STEPS, Act, may_take
from portal.services.transitions import begin_lives, change_state, lock_accepted
from tests.instances import NOW, SCHOOL, WORKBOOKS, DemoInstance

LOCKING = (Act.LOCK, Act.SUPERSEDE)
STEPPING = tuple(act for act in Act if act is not Act.BRING_IN)
FORBIDDEN = tuple((act, state) for act, state in product(STEPPING, State) if state not in STEPS[act].before)
POSSIBLE = tuple((act, state) for act, state in product(STEPPING, State) if state in STEPS[act].before)
ANY_SCHOOL = frozenset({StaffRole.CLERK, StaffRole.HEAD})
OFFICIAL = frozenset({StaffRole.DEPARTMENT_ADMIN})
MAY = {
    Act.BRING_IN: ANY_SCHOOL,
    Act.SUBMIT: ANY_SCHOOL,
    Act.ACCEPT: frozenset[StaffRole](),
    Act.REPLACE: frozenset[StaffRole](),
    Act.WITHDRAW: ANY_SCHOOL,
    Act.END_WITH_UNIT: OFFICIAL,
    Act.CLOSE_CORRECTION: OFFICIAL,
    Act.LOCK: OFFICIAL,
    Act.SUPERSEDE: OFFICIAL,
}


def drafted(instance: DemoInstance) -> int:
    """A version in draft, whose state the tests set by hand."""
    packet = instance.take_in(WORKBOOKS / "lop-1B.xlsx").packet
    with instance.reading() as session:
        found = session.scalar(sa.select(sa.func.min(RecordVersion.id)).where(RecordVersion.packet_id == packet))
    assert found is not None
    return found


def in_state(session: Session, draft: int, state: State) -> RecordVersion:
    """A version in a state; a locked one is really locked, for no hand can set that."""
    if state is State.LOCKED:
        return session.scalars(sa.select(RecordVersion).where(RecordVersion.state == state.value).limit(1)).one()
    session.execute(sa.update(RecordVersion).where(RecordVersion.id == draft).values(state=state.value))
    return session.get_one(RecordVersion, draft, populate_existing=True)


def history(session: Session, version: RecordVersion) -> list[tuple[str | None, str]]:
    rows = session.execute(
        sa.select(StateChange.from_state, StateChange.to_state)
        .where(StateChange.version_id == version.id)
        .order_by(StateChange.id)
    )
    return [(before, after) for before, after in rows]


def take(session: Session, version: RecordVersion, act: Act, *, bulk: bool) -> None:
    if bulk:
        index = session.get_one(LogHead, 1).size
        lock_accepted(session, {version.id: index}, NOW, act, actor="người thử", reason="thử", now=NOW)
    else:
        change_state(session, version, act, actor="người thử", reason="thử", now=NOW)
        session.flush()


def test_every_forbidden_step_is_refused_and_writes_nothing(instance: DemoInstance) -> None:
    draft = drafted(instance)
    assert len(FORBIDDEN) > 30
    for act, state in FORBIDDEN:
        for bulk in (False, True) if act in LOCKING else (False,):
            with Session(instance.engine) as session:
                version = in_state(session, draft, state)
                before = history(session, version)
                with pytest.raises((Refused, Fault)) as refused:
                    take(session, version, act, bulk=bulk)
                assert refused.value.problem is (Problem.STORE_DAMAGED if bulk else Problem.WRONG_STATE), (act, state)
                session.flush()
                assert history(session, version) == before, (act, state)
                assert session.get_one(RecordVersion, version.id, populate_existing=True).state == state.value


def test_every_possible_step_writes_its_one_row_and_moves_the_counts(instance: DemoInstance) -> None:
    draft = drafted(instance)
    for act, state in POSSIBLE:
        with Session(instance.engine) as session:
            version = in_state(session, draft, state)
            before = history(session, version)
            take(session, version, act, bulk=act in LOCKING)
            assert history(session, version) == [*before, (state.value, STEPS[act].after.value)], (act, state)
            assert list(counts_audit.flaws(session)) == [], (act, state)
            assert (version.accepted_at == NOW) is (act is Act.ACCEPT), (act, state)


def test_a_version_begins_as_a_draft(instance: DemoInstance) -> None:
    draft = drafted(instance)
    for state in set(State) - {State.DRAFT}:
        with Session(instance.engine) as session:
            version = in_state(session, draft, state)
            before = history(session, version)
            with pytest.raises(Refused) as refused:
                begin_lives(session, [version], actor="người thử", reason="thử", now=NOW)
            assert refused.value.problem is Problem.WRONG_STATE, state
            assert history(session, version) == before, state


@pytest.mark.parametrize(("act", "role"), list(product(Act, StaffRole)))
def test_who_may(act: Act, role: StaffRole) -> None:
    own = Identity(7, "người thử", (Appointment(SCHOOL, role),))
    elsewhere = Identity(7, "người thử", (Appointment("MAU-TH-02", role),))
    assert may_take(own, act, SCHOOL) is (role in MAY[act])
    assert may_take(elsewhere, act, SCHOOL) is (role in MAY[act] and MAY[act] == OFFICIAL)
    assert not may_take(None, act, SCHOOL)


def test_the_portal_alone_takes_what_follows_from_another_act() -> None:
    assert [act for act in Act if not MAY[act] and may_take(SYSTEM, act, SCHOOL)] == [Act.ACCEPT, Act.REPLACE]


def test_a_rollback_takes_the_counts_back(instance: DemoInstance) -> None:
    draft = drafted(instance)
    with Session(instance.engine) as session:
        before = kept(session)
        version = session.get_one(RecordVersion, draft)
        with session.begin_nested() as savepoint:
            change_state(session, version, Act.WITHDRAW, actor="người thử", reason="thử", now=NOW)
            session.flush()
            assert kept(session) != before
            savepoint.rollback()
        assert kept(session) == before


def kept(session: Session) -> list[tuple[object, ...]]:
    columns = (ClassCount.class_name, ClassCount.draft, ClassCount.withdrawn, ClassCount.locked)
    return [tuple(row) for row in session.execute(sa.select(*columns).order_by(ClassCount.class_name))]


def test_the_audit_counts_again(instance: DemoInstance) -> None:
    with Session(instance.engine) as session:
        assert list(counts_audit.flaws(session)) == []
        session.execute(sa.update(ClassCount).values(locked=ClassCount.locked - 1))
        (flaw,) = counts_audit.flaws(session)
        assert flaw.kind == "counts_differ"
        assert flaw.detail.startswith("2025-2026 ")
        assert flaw.detail.endswith(" 4A1")
        session.rollback()
        session.execute(sa.update(SchoolCount).values(second_open=1))
        (flaw,) = counts_audit.flaws(session)
        assert flaw.detail.startswith("2025-2026 ")
        assert "4A1" not in flaw.detail
        session.rollback()
        session.execute(sa.update(SchoolDay).values(day=NOW.date() - timedelta(days=30)))
        assert len(list(counts_audit.flaws(session))) == 1
