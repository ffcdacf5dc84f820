"""One transaction per request: all or nothing; a refusal is kept; readers neither wait nor write."""

import pytest
import sqlalchemy as sa

from portal.errors import NotFound, Problem, Refused
from portal.models import CardCount
from portal.web.clock import now
from portal.web.unit_of_work import reading, writing
from tests.portal.worlds import World


def counted(world: World) -> int:
    with world.engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(CardCount)).scalar_one()


def note(outcome: str) -> CardCount:
    return CardCount(day=now().date(), outcome=outcome, count=1)


def note_and_raise(error: Exception) -> None:
    with writing() as session:
        session.add(note("found"))
        session.flush()
        raise error


def test_success_commits(world: World) -> None:
    with world.app.app_context(), writing() as session:
        session.add(note("found"))
    assert counted(world) == 1


@pytest.mark.parametrize("error", [ValueError(), Refused(Problem.WRONG_STATE)])
def test_failure_leaves_nothing(world: World, error: Exception) -> None:
    with world.app.app_context(), pytest.raises(type(error)):
        note_and_raise(error)
    assert counted(world) == 0


def test_who_was_refused_a_record_is_remembered(world: World) -> None:
    with world.app.app_context(), pytest.raises(NotFound):
        note_and_raise(NotFound())
    assert counted(world) == 1


def test_a_reader_changes_nothing(world: World) -> None:
    with world.app.app_context(), reading() as session:
        session.add(note("found"))
        session.scalars(sa.select(CardCount)).all()
    assert counted(world) == 0


def test_a_reader_does_not_wait_for_a_writer(world: World) -> None:
    with world.app.app_context(), writing() as session:
        session.add(note("found"))
        session.flush()
        world.browser().get(f"/t/{world.codes.locked}")
