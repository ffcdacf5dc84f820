"""Statements on the driver itself give what SQLAlchemy gives, and fail as it fails."""

import pytest
import sqlalchemy as sa

from portal.services.lookup import card
from portal.web.prepared import Connections, DriverReader, Prepared
from portal.web.unit_of_work import reading, reading_card
from tests.portal.worlds import World


def test_the_card_is_the_same(world: World) -> None:
    with world.app.app_context():
        for code in (world.codes.locked, *world.codes.silent.values(), "", "'; --"):
            with reading_card() as fast, reading() as session:
                assert card(fast, code) == card(session.connection(), code)


def test_nothing_stays_open(world: World) -> None:
    with world.app.app_context():
        for _ in range(3):
            with reading_card() as fast:
                card(fast, world.codes.locked)
    assert world.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_what_the_driver_says_is_an_operational_error(world: World) -> None:
    prepared: dict[int, Prepared] = {}
    connections = Connections()
    statement: sa.Select[str] = sa.select(sa.column("word", sa.Text())).select_from(sa.table("nowhere"))
    with (
        pytest.raises(sa.exc.OperationalError) as told,
        DriverReader(world.engine, prepared, connections) as reader,
    ):
        reader.execute(statement, {})
    assert "nowhere" in str(told.value.orig)
    assert not connections._idle


def test_one_is_kept_until_the_engine_is_done_with(world: World) -> None:
    if world.engine.dialect.name != "sqlite":
        return  # a server ends connections by itself: those come from the pool
    with world.app.app_context():
        with reading_card() as first, reading_card() as second:
            assert first._connection is not second._connection  # type: ignore[attr-defined]
        with reading_card() as third:
            assert third._connection in (first._connection, second._connection)  # type: ignore[attr-defined]
        world.engine.dispose()
        for each in (first, second):
            assert each._connection.dbapi_connection is None  # type: ignore[attr-defined]
        with reading_card() as fourth:
            assert card(fourth, world.codes.locked) is not None
