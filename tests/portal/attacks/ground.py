"""The world of the attacks: people, units, and one thing of every kind that an address can name, on two sides."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import SYSTEM
from portal.models import Unit, UnitKind
from portal.services import unit_acts
from portal.services.unit_acts import Actor, Basis, NewUnit
from portal.web import clock
from tests.databases import Backend, copy_database
from tests.factories import year_record
from tests.portal.attacks.crossings import crossings
from tests.portal.attacks.handed_out import handed_out
from tests.portal.attacks.own_things import own_things
from tests.portal.attacks.people import (
    DEPARTMENT,
    EAST,
    MINISTRY,
    OTHER,
    OWN,
    SECONDARY,
    SINCE,
    WEST,
    Person,
    everyone,
    signed_in,
)
from tests.portal.attacks.things import MARK, TEXT, Builder, Thing
from tests.portal.worlds import World, locked_class, made_world
from verify.record.model import YearRecord


@dataclass(frozen=True, slots=True)
class Ground:
    """The world, who walks in it, and what lies there: by kind, the own one and the other one."""

    world: World
    people: dict[str, Person]
    things: dict[str, tuple[Thing, Thing]]
    units: dict[str, int]


@contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    """Made once; `world.renew()` goes back to it."""
    with made_world(Backend.SQLITE, folder) as world:
        world.renew()
        with Session(world.engine) as session, session.begin():
            _units(session, world)
            (code,) = locked_class(session, world.runtime, [_neighbour()], OTHER)
            cast = everyone(session)
            builder = Builder(session, cast, (world.codes.locked, code))
            builder.decoy()
            things = {
                **builder.things(),
                **own_things(builder.site, world.runtime),
                **handed_out(builder.site, world.runtime),
                **crossings(builder.site, world.runtime, folder / "elsewhere"),
            }
            people = {name: signed_in(session, account) for name, account in {**cast, **builder.guardians}.items()}
            units = {row.code: row.id for row in session.scalars(sa.select(Unit))}
        world.engine.dispose()
        filled = replace(world, template=f"sqlite:///{folder / 'filled.sqlite3'}")
        copy_database(filled.template, str(world.runtime.settings.database_url))
        yield Ground(filled, {"nobody": Person("nobody", 0, None), **people}, things, units)


def _neighbour() -> YearRecord:
    plain = year_record(5)
    toan = replace(plain.subjects["toan"], comment=TEXT)
    return replace(
        plain,
        full_name=f"Hồ {MARK} Gia Bảo",
        personal_id="087315009111",
        moet_student_code="8712349111",
        class_name="5B",
        subjects={**plain.subjects, "toan": toan},
        ethnicity=TEXT,
        birth_place=TEXT,
        home_town=TEXT,
        address=TEXT,
        father=TEXT,
        mother=TEXT,
        awards=(TEXT,),
        homeroom_teacher=TEXT,
    )


def _units(session: Session, world: World) -> None:
    actor, first = Actor(SYSTEM, world.runtime.log_signer, clock.read()), Basis("1/QĐ", SINCE, SINCE)
    made = (
        (MINISTRY, UnitKind.MINISTRY, None),
        (EAST, UnitKind.COMMUNE, DEPARTMENT),
        (WEST, UnitKind.COMMUNE, DEPARTMENT),
    )
    for code, kind, parent in made:
        unit_acts.found(session, actor, NewUnit(code, kind, f"{TEXT} {code}", parent, {}), first)
    for code, parent in ((OWN, EAST), (SECONDARY, EAST), (OTHER, WEST)):
        unit_acts.move(session, actor, code, parent, first)
