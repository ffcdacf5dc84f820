"""An application for tests of the web: made once per session and backend, with a fresh copy of its data per test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from limits.strategies import FixedWindowRateLimiter

from portal.web import limits
from portal.web.memory import ProcessMemory
from tests.databases import Backend
from tests.portal.worlds import World, made_world

Worlds = Callable[[Backend], World]


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """Makes the world of a backend at its first use."""
    made: dict[Backend, World] = {}
    with ExitStack() as stack:

        def world_of(backend: Backend) -> World:
            if backend not in made:
                folder = tmp_path_factory.mktemp(backend.value)
                made[backend] = stack.enter_context(made_world(backend, folder))
            return made[backend]

        yield world_of


@pytest.fixture(params=list(Backend))
def world(request: pytest.FixtureRequest, worlds: Worlds) -> Iterator[World]:
    """The world as it was made, on SQLite and on PostgreSQL, with nothing counted yet."""
    yield from _fresh(worlds(request.param))


@pytest.fixture
def small_world(worlds: Worlds) -> Iterator[World]:
    """The same on SQLite alone, for what has nothing to do with the database."""
    yield from _fresh(worlds(Backend.SQLITE))


def _fresh(found: World) -> Iterator[World]:
    found.renew()
    set_limits(found)
    yield found
    found.engine.dispose()


def set_limits(world: World, **texts: str) -> None:
    """Count anew; texts: other limits than the settings' own (`hits_limit="3 per minute"`)."""
    settings = world.runtime.settings.model_copy(update=texts)
    counters = limits.Counters(FixedWindowRateLimiter(ProcessMemory()))
    world.app.extensions["hocba.limits"] = limits.limits_of(settings, counters)
