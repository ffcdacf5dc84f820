"""Anonymous cards are counted by day and outcome, and nothing else about them is kept."""

from datetime import UTC, datetime

import sqlalchemy as sa

from portal.models import AccessEvent, CardCount
from portal.web import cards
from portal.web.runtime import held, write_counts
from tests.portal.worlds import World


def test_cards_are_counted_without_a_trace_of_whose_they_were(world: World) -> None:
    with world.app.app_context():
        write_counts(held())
    with world.engine.begin() as connection:
        connection.execute(sa.delete(CardCount))
    for code in (world.codes.locked, world.codes.locked):
        world.browser().get(f"/t/{code}")
    world.browser().get(f"/t/{world.codes.unknown}", 404)
    with world.app.app_context():
        write_counts(held())
    with world.engine.connect() as connection:
        counted = dict(connection.execute(sa.select(CardCount.outcome, CardCount.count)).all())
        assert counted == {"found": 2, "not_found": 1}
        assert connection.execute(sa.select(sa.func.count()).select_from(AccessEvent)).scalar_one() == 0


def test_a_day_is_a_day_of_the_province(small_world: World) -> None:
    with small_world.app.app_context():
        write_counts(held())
        cards.count(datetime(2026, 8, 20, 18, 0, tzinfo=UTC), found=True)
        write_counts(held())
    with small_world.engine.connect() as connection:
        days = connection.scalars(sa.select(CardCount.day).where(CardCount.outcome == "found")).all()
    assert "2026-08-21" in {str(day) for day in days}


def test_a_database_that_is_gone_costs_a_count_not_a_lookup(small_world: World) -> None:
    with small_world.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE card_count")
    small_world.browser().get(f"/t/{small_world.codes.locked}")
    with small_world.app.app_context():
        write_counts(held())
    small_world.browser().get(f"/t/{small_world.codes.locked}")
