"""The world of the attacks, made once and fresh in each module; limits and waiting are off, but for tests of them."""

from collections.abc import Iterator
from typing import Final

import pytest

from portal.web import pace
from tests.portal.attacks.ground import Ground, ground
from tests.portal.conftest import set_limits

NO_LIMIT: Final = "1000000 per day"
LIMITS: Final = (
    "misses_limit",
    "school_misses_limit",
    "second_step_limit",
    "hits_limit",
    "sign_in_limit",
    "checks_limit",
    "batches_limit",
    "api_limit",
    "api_files_limit",
    "api_network_limit",
)


@pytest.fixture(scope="package")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground(tmp_path_factory.mktemp("attacks")) as filled:
        yield filled


@pytest.fixture(scope="module")
def held(made: Ground) -> Iterator[Ground]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pace, "INSIDE_SECONDS", 1e-6)
        patch.setattr(pace, "CARD_SECONDS", 1e-6)
        made.world.renew()
        set_limits(made.world, **dict.fromkeys(LIMITS, NO_LIMIT))
        yield made
        made.world.engine.dispose()
