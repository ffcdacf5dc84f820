"""Unknown, forbidden, withdrawn and not yet locked: answered no sooner than a set time, with the same rows written.

That a clock cannot tell them apart is measured by `make bench timing`: 20,000 requests are no test for each change.
"""

import time

import pytest
import sqlalchemy as sa
from flask import g
from sqlalchemy.orm import Session

from portal.models import AccessEvent
from portal.web import pace
from tests.portal.worlds import NEIGHBOUR, World


@pytest.mark.parametrize("worked", [0.0, 0.004, 0.011])
def test_an_answer_waits_for_the_next_step(small_world: World, worked: float) -> None:
    with small_world.app.test_request_context():
        g.began = time.perf_counter() - worked
        pace.wait_out(0.005)
        passed = time.perf_counter() - g.began
    assert passed >= 0.005 * (int(worked / 0.005) + 1)


def test_every_kind_of_silence_waits_and_writes_alike(small_world: World) -> None:
    codes = small_world.codes
    stranger, colleague = small_world.browser(), small_world.signed_in(NEIGHBOUR)
    for code in codes.silent.values():
        assert _seconds(lambda code=code: stranger.get(f"/t/{code}", 404)) >= pace.CARD_SECONDS
    for code in (codes.locked, *codes.silent.values()):
        before = _rows(small_world)
        assert _seconds(lambda code=code: colleague.get(f"/hoc-ba/{code}", 404)) >= pace.INSIDE_SECONDS
        assert _rows(small_world) == before + 1


def _seconds(action: object) -> float:
    assert callable(action)
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def _rows(world: World) -> int:
    with Session(world.engine) as session:
        return session.scalar(sa.select(sa.func.count()).select_from(AccessEvent)) or 0
