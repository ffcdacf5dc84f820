"""Random trees through random acts: the statement, a walk by hand, the pages' filter and "may I?" say the same."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from portal.database import open_engine
from portal.identity import Appointment, Identity, StaffRole
from portal.migrations import upgrade
from portal.models import Account, AppointmentRow, Unit, UnitKind, UnitName, UnitParent
from portal.permissions import may_see_organisation, may_watch_rounds
from portal.services import accounts, unit_pages, unit_tree
from portal.services.organisation import add_unit
from tests.databases import Backend, fresh_database
from tests.instances import NOW

FIRST, TODAY = date(2025, 7, 1), date(2026, 6, 20)
COMMUNES, SCHOOLS, MOVES = 4, 12, 15


@pytest.fixture(scope="module", params=list(Backend))
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    folder: Path = tmp_path_factory.mktemp("reach")
    with fresh_database(request.param, folder) as url:
        made = open_engine(url)
        upgrade(made)
        yield made
        made.dispose()


def grown(session: Session, chance: random.Random) -> dict[str, list[tuple[date, str]]]:
    """A province whose schools move between communes; by code of a school where it stood since when."""
    department = add_unit(session, "S", UnitKind.DEPARTMENT, "Sở", FIRST, None)
    places = [
        add_unit(session, f"X{number}", UnitKind.COMMUNE, f"Xã {number}", FIRST, department)
        for number in range(COMMUNES)
    ]
    stood: dict[str, list[tuple[date, str]]] = {}
    for number in range(SCHOOLS):
        place = chance.choice(places)
        school = add_unit(session, f"T{number}", UnitKind.PRIMARY, f"Trường {number}", FIRST, place)
        stood[school.code] = [(FIRST, place.code)]
    for _ in range(MOVES):
        code, place = chance.choice(sorted(stood)), chance.choice(places)
        day = stood[code][-1][0] + timedelta(days=chance.randint(0, 120))
        school = session.scalars(sa.select(Unit).where(Unit.code == code)).one()
        session.add(UnitParent(unit_id=school.id, parent_id=place.id, valid_from=day))
        session.flush()
        school.parent_id = place.id
        session.flush()
        stood[code].append((day, place.code))
    return stood


def place_on(stood: list[tuple[date, str]], day: date) -> str | None:
    held = [place for since, place in stood if since <= day]
    return held[-1] if held else None


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), days=st.integers(-30, 700))
def test_subtree_permission_and_filter_agree(engine: sa.Engine, seed: int, days: int) -> None:
    day = FIRST + timedelta(days=days)
    with Session(engine) as session:
        stood = grown(session, random.Random(seed))
        for number in range(COMMUNES):
            code = f"X{number}"
            commune = session.scalars(sa.select(Unit).where(Unit.code == code)).one()
            by_hand = {school for school, history in stood.items() if place_on(history, day) == code}
            found = unit_tree.codes_of(session, unit_tree.subtree([commune.id], day))
            assert found == (by_hand | {code} if day >= FIRST else frozenset())

            identity = appointed(session, commune)
            scope = may_see_organisation(identity)
            assert scope == may_watch_rounds(identity)
            listed = {
                line.code
                for held in (unit_pages.overview(session, identity, NOW),)
                for line in (*held.middle, *held.schools)
            }
            below = {school for school, history in stood.items() if place_on(history, TODAY) == code}
            assert scope.units == below | {code}
            assert {
                unit for unit in (*stood, *(f"X{each}" for each in range(COMMUNES)), "S") if scope.covers(unit)
            } == (scope.units)
            assert listed <= scope.units
            assert {line.code for line in unit_pages.search(session, identity, "", NOW)[0]} == scope.units
        session.rollback()


def appointed(session: Session, commune: Unit) -> Identity:
    account = Account(
        username=f"nguoi.{commune.code}", display_name="Người", password_hash="-", active=True, created_at=NOW
    )
    session.add(account)
    session.flush()
    role = StaffRole.MONITOR.value
    session.add(AppointmentRow(account_id=account.id, unit_id=commune.id, role=role, valid_from=FIRST, valid_to=None))
    session.flush()
    identity = accounts.identity_behind(session, account.id, NOW)
    assert identity is not None
    assert identity.appointments == (Appointment(commune.code, StaffRole.MONITOR, identity.appointments[0].reach),)
    return identity


def test_a_subtree_of_a_large_province_is_read_through_indexes(engine: sa.Engine) -> None:
    """390 schools in 102 communes: no step of the plan goes through the whole table of parents for each unit."""
    with Session(engine) as session:
        department = add_unit(session, "S", UnitKind.DEPARTMENT, "Sở", FIRST, None)
        places = [add_unit(session, f"X{n}", UnitKind.COMMUNE, f"Xã {n}", FIRST, department) for n in range(102)]
        first = department.id + 1000
        rows = [(first + n, places[n % 102].id) for n in range(390)]
        session.execute(
            sa.insert(Unit),
            [
                {
                    "id": key,
                    "code": f"T{key}",
                    "kind": "primary",
                    "name": f"Trường {key}",
                    "parent_id": above,
                    "valid_from": FIRST,
                }
                for key, above in rows
            ],
        )
        dated = [{"unit_id": key, "valid_from": FIRST, "act_id": None} for key, _above in rows]
        session.execute(sa.insert(UnitName), [{**each, "name": "Trường"} for each in dated])
        session.execute(
            sa.insert(UnitParent),
            [{**each, "parent_id": above} for each, (_key, above) in zip(dated, rows, strict=True)],
        )
        assert len(unit_tree.codes_of(session, unit_tree.subtree([department.id], TODAY))) == 1 + 102 + 390
        assert len(unit_tree.codes_of(session, unit_tree.subtree([places[0].id], TODAY))) == 1 + 4
        if engine.dialect.name == "sqlite":
            statement = unit_tree.subtree([places[0].id], TODAY)
            text = str(statement.compile(engine, compile_kwargs={"literal_binds": True}))
            plan = [row[3] for row in session.execute(sa.text(f"EXPLAIN QUERY PLAN {text}"))]
            assert not [step for step in plan if step.startswith("SCAN unit")], plan
        session.rollback()
