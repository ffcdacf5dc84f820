"""The organisation as a dated tree: what each act leaves, as of each day, and that nobody goes around the acts."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Appointment, Identity, StaffRole
from portal.models import Unit, UnitAct, UnitActUnit, UnitKind, UnitName, UnitSuccessor
from portal.services import unit_acts, unit_tree
from portal.services.unit_acts import Actor, Basis
from tests.instances import NOW, DemoInstance
from tests.portal.organisation import DEPARTMENT, EAST, TODAY, WEST, acting, on, school, two_communes, unit_id

DAY = timedelta(days=1)
SPRING = date(2026, 3, 2)


def test_a_renamed_unit_is_called_as_on_the_day_that_is_asked(empty_instance: DemoInstance) -> None:
    with empty_instance.transaction() as session:
        unit_acts.rename(session, acting(empty_instance), "MAU-TH-01", "Trường Tiểu học Mẫu Sông Tiền", on(SPRING))
    with empty_instance.reading() as session:
        school_id = unit_id(session, "MAU-TH-01")
        asked = [unit_tree.name_on(session, school_id, day) for day in (SPRING - DAY, SPRING, TODAY)]
        assert asked == ["Trường Tiểu học Mẫu số 1", *["Trường Tiểu học Mẫu Sông Tiền"] * 2]
        assert unit_tree.name_on(session, school_id, date(2025, 6, 30)) is None


def test_a_subtree_is_that_of_the_day(empty_instance: DemoInstance) -> None:
    with empty_instance.transaction() as session:
        two_communes(session, empty_instance)
        unit_acts.move(session, acting(empty_instance), "MAU-TH-01", WEST, on(SPRING), commune="Xã Mẫu Tây")

    with empty_instance.reading() as session:

        def below(code: str, day: date) -> frozenset[str]:
            return unit_tree.codes_of(session, unit_tree.subtree([unit_id(session, code)], day))

        assert below(EAST, SPRING - DAY) == {EAST, "MAU-TH-01", "MAU-THCS-01"}
        assert below(EAST, SPRING) == {EAST, "MAU-THCS-01"}
        assert below(WEST, TODAY) == {WEST, "MAU-TH-01", "MAU-TH-02"}
        assert below(DEPARTMENT, TODAY) >= {EAST, WEST, "MAU-TH-01", "MAU-TH-02", "MAU-THCS-01"}
        assert unit_tree.parent_on(session, unit_id(session, "MAU-TH-01"), SPRING - DAY) == unit_id(session, EAST)
        assert session.get_one(Unit, unit_id(session, "MAU-TH-01")).commune == "Xã Mẫu Tây"


def test_the_chain_of_successors_leads_to_those_that_stand(empty_instance: DemoInstance) -> None:
    """A merges into B, B is split into C and D: C keeps the records of both."""
    act = acting(empty_instance)
    with empty_instance.transaction() as session:
        for code in ("MAU-TH-A", "MAU-TH-B", "MAU-TH-C", "MAU-TH-D"):
            unit_acts.found(session, act, school(code, f"Trường {code}", DEPARTMENT), on(date(2025, 9, 1)))
        unit_acts.merge(session, act, ["MAU-TH-A"], "MAU-TH-B", on(SPRING))
        unit_acts.split(session, act, "MAU-TH-B", ["MAU-TH-C", "MAU-TH-D"], on(TODAY), ends=True)
    with empty_instance.reading() as session:
        ids = {code: unit_id(session, f"MAU-TH-{code}") for code in "ABCD"}
        found = {heir.unit_id: heir.custodian for heir in unit_tree.heirs(session, ids["A"])}
        assert found == {ids["C"]: True, ids["D"]: False}
        assert unit_tree.custodians(session, [ids["A"], ids["B"], ids["C"]]) == {ids["A"]: ids["C"], ids["B"]: ids["C"]}
        kept = unit_tree.codes_of(session, unit_tree.taken_over([ids["C"]]))
        assert kept == {"MAU-TH-A", "MAU-TH-B", "MAU-TH-C"}
        ends = [session.get_one(Unit, ids[code]).valid_to for code in "ABCD"]
        assert ends == [SPRING - DAY, TODAY - DAY, None, None]


def test_a_part_that_leaves_ends_nobody(empty_instance: DemoInstance) -> None:
    act = acting(empty_instance)
    with empty_instance.transaction() as session:
        unit_acts.found(session, act, school("MAU-TH-D", "Trường D", DEPARTMENT), on())
        unit_acts.split(session, act, "MAU-TH-01", ["MAU-TH-D"], on(), ends=False)
    with empty_instance.reading() as session:
        held = session.get_one(Unit, unit_id(session, "MAU-TH-01"))
        assert held.valid_to is None
        assert unit_tree.heirs(session, held.id) == ()
        assert session.scalars(sa.select(UnitSuccessor.custodian)).all() == [False]


def test_what_stands_below_a_merged_commune_moves_with_it(empty_instance: DemoInstance) -> None:
    with empty_instance.transaction() as session:
        two_communes(session, empty_instance)
        act = unit_acts.merge(session, acting(empty_instance), [EAST], WEST, on())
        assert act.counts["children"] == 2
    with empty_instance.reading() as session:
        below = unit_tree.codes_of(session, unit_tree.subtree([unit_id(session, WEST)], TODAY))
        assert below == {WEST, "MAU-TH-01", "MAU-TH-02", "MAU-THCS-01"}


def test_each_act_leaves_one_row_with_its_decision_and_everybody_in_it(empty_instance: DemoInstance) -> None:
    with empty_instance.transaction() as session:
        act = unit_acts.merge(session, acting(empty_instance), ["MAU-TH-02"], "MAU-TH-01", on(number="9/QĐ-UBND"))
        assert (act.kind, act.decision, act.effective_on, act.acted_by) == ("merge", "9/QĐ-UBND", TODAY, 1)
        parts = session.execute(
            sa.select(Unit.code, UnitActUnit.part).join(Unit, Unit.id == UnitActUnit.unit_id).order_by(Unit.code)
        ).all()
        assert [tuple(each) for each in parts] == [("MAU-TH-01", "heir"), ("MAU-TH-02", "subject")]


Act = Callable[[Session, Actor], object]
REFUSALS: dict[str, tuple[Act, Problem]] = {
    "a day that has not come": (
        lambda session, act: unit_acts.rename(session, act, "MAU-TH-01", "Tên mới", on(TODAY + DAY)),
        Problem.UNIT_DAY_AHEAD,
    ),
    "before the unit began": (
        lambda session, act: unit_acts.rename(session, act, "MAU-TH-01", "Tên mới", on(date(2025, 6, 1))),
        Problem.UNIT_DAY_BEFORE,
    ),
    "the name that it has": (
        lambda session, act: unit_acts.rename(session, act, "MAU-TH-01", "Trường Tiểu học Mẫu số 1", on()),
        Problem.UNIT_SAME,
    ),
    "an heir of its own": (
        lambda session, act: unit_acts.merge(session, act, ["MAU-TH-01"], "MAU-TH-01", on()),
        Problem.UNIT_HEIR,
    ),
    "an heir of another level": (
        lambda session, act: unit_acts.merge(session, act, ["MAU-TH-01"], DEPARTMENT, on()),
        Problem.UNIT_HEIR,
    ),
    "a school below a school": (
        lambda session, act: unit_acts.move(session, act, "MAU-TH-01", "MAU-TH-02", on()),
        Problem.UNIT_PARENT,
    ),
    "a code that is taken": (
        lambda session, act: unit_acts.found(session, act, school("MAU-TH-01", "Trường", DEPARTMENT), on()),
        Problem.UNIT_EXISTS,
    ),
    "a district office of today": (
        lambda session, act: unit_acts.found(
            session, act, school("MAU-PGD", "Phòng GDĐT Mẫu", DEPARTMENT, UnitKind.OFFICE), on()
        ),
        Problem.UNIT_KIND,
    ),
    "a commune of before": (
        lambda session, act: unit_acts.found(
            session, act, school("MAU-XA", "UBND Xã Mẫu", DEPARTMENT, UnitKind.COMMUNE), on(date(2025, 6, 30))
        ),
        Problem.UNIT_KIND,
    ),
    "the department itself": (
        lambda session, act: unit_acts.close(session, act, DEPARTMENT, on()),
        Problem.UNIT_KIND,
    ),
    "a unit that nobody knows": (
        lambda session, act: unit_acts.close(session, act, "MAU-TH-99", on()),
        Problem.UNKNOWN_UNIT,
    ),
}


def test_refused_and_nothing_is_written(empty_instance: DemoInstance) -> None:
    told = {}
    for what, (wrong, _problem) in REFUSALS.items():
        with empty_instance.transaction() as session, pytest.raises(Refused) as refused:
            wrong(session, acting(empty_instance))
        told[what] = refused.value.problem
    assert told == {what: problem for what, (_wrong, problem) in REFUSALS.items()}
    with empty_instance.reading() as session:
        assert session.scalars(sa.select(UnitAct)).all() == []


def test_a_closed_unit_is_done_with(empty_instance: DemoInstance) -> None:
    act = acting(empty_instance)
    with empty_instance.transaction() as session:
        unit_acts.close(session, act, "MAU-THCS-01", on())
    tries: list[Callable[[Session], object]] = [
        lambda session: unit_acts.rename(session, act, "MAU-THCS-01", "Tên mới", on()),
        lambda session: unit_acts.merge(session, act, ["MAU-TH-01"], "MAU-THCS-01", on()),
        lambda session: unit_acts.close(session, act, "MAU-THCS-01", on()),
    ]
    for again in tries:
        with empty_instance.transaction() as session, pytest.raises(Refused) as refused:
            again(session)
        assert refused.value.problem is Problem.UNIT_CLOSED


def test_nobody_else_acts(empty_instance: DemoInstance) -> None:
    for role in set(StaffRole) - {StaffRole.DEPARTMENT_ADMIN}:
        someone = Identity(1, "Ai đó", (Appointment("MAU-TH-01", role),))
        with empty_instance.transaction() as session, pytest.raises(NotFound):
            unit_acts.close(session, Actor(someone, empty_instance.runtime.log_signer, NOW), "MAU-TH-01", on())


AROUND = [
    "UPDATE unit SET name = 'Trường khác' WHERE code = 'MAU-TH-01'",
    "UPDATE unit SET parent_id = NULL WHERE code = 'MAU-TH-01'",
    "UPDATE unit SET valid_to = '2026-06-01' WHERE code = 'MAU-TH-01'",
    "UPDATE unit SET valid_to = NULL WHERE code = 'MAU-TH-02'",
    "UPDATE unit SET code = 'KHAC' WHERE code = 'MAU-TH-01'",
    "DELETE FROM unit WHERE code = 'MAU-THCS-01'",
    "UPDATE unit_name SET name = 'Trường khác'",
    "DELETE FROM unit_parent",
    "UPDATE unit_act SET decision = '0/QĐ'",
    "DELETE FROM unit_act_unit",
    "UPDATE unit_successor SET custodian = (custodian = (1 = 0))",
    "INSERT INTO unit_name (unit_id, name, valid_from) SELECT id, 'Trường khác', '2020-01-01' FROM unit",
]


def test_the_database_refuses_what_no_act_says(empty_instance: DemoInstance) -> None:
    with empty_instance.transaction() as session:
        unit_acts.merge(session, acting(empty_instance), ["MAU-TH-02"], "MAU-TH-01", on())
    for statement in AROUND:
        with pytest.raises(sa.exc.DatabaseError, match="hocba: unit"), empty_instance.transaction() as session:
            session.execute(sa.text(statement))


def test_an_act_that_breaks_in_the_middle_leaves_nothing(empty_instance: DemoInstance) -> None:
    """At each statement of a merger in turn: afterwards the act is there as a whole or not at all."""
    statements: list[str] = []

    def listening(stop_at: int | None) -> Callable[..., None]:
        def before(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            statements.append(statement)
            if len(statements) == stop_at:
                raise RuntimeError("power cut")

        return before

    def merged(stop_at: int | None) -> int:
        statements.clear()
        listener = listening(stop_at)
        sa.event.listen(empty_instance.engine, "before_cursor_execute", listener)
        try:
            with empty_instance.transaction() as session:
                unit_acts.merge(session, acting(empty_instance), ["MAU-TH-02"], "MAU-TH-01", on())
        finally:
            sa.event.remove(empty_instance.engine, "before_cursor_execute", listener)
        return len(statements)

    stop, done = 1, False
    while not done:
        try:
            merged(stop)
            done = True
        except RuntimeError:
            with empty_instance.reading() as session:
                assert session.scalars(sa.select(UnitAct)).all() == []
                assert session.scalars(sa.select(UnitSuccessor)).all() == []
                assert session.get_one(Unit, unit_id(session, "MAU-TH-02")).valid_to is None
            stop += 4
    assert stop > 20
    with empty_instance.reading() as session:
        assert session.get_one(Unit, unit_id(session, "MAU-TH-02")).valid_to == TODAY - DAY


def test_each_unit_of_before_has_its_first_name(empty_instance: DemoInstance) -> None:
    with empty_instance.reading() as session:
        rows = session.execute(sa.select(Unit.name, UnitName.name).join(UnitName, UnitName.unit_id == Unit.id)).all()
        assert len(rows) == 4
        assert all(now == then for now, then in rows)


def test_a_basis_without_a_number_founds_only(empty_instance: DemoInstance) -> None:
    nameless = Basis(None, None, TODAY)
    with empty_instance.transaction() as session:
        unit_acts.found(session, acting(empty_instance), school("MAU-TH-D", "Trường D", DEPARTMENT), nameless)
    with pytest.raises(sa.exc.IntegrityError), empty_instance.transaction() as session:
        unit_acts.rename(session, acting(empty_instance), "MAU-TH-D", "Trường E", nameless)
