"""The published description is true: schemathesis asks the real application with a real key, also for nonsense.

No answer may be a failure of ours, or one that the description does not name. A share of the requests is led to a
packet and a record that exist, or carries a real workbook, so that not all of them end at "not found".
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from portal import api
from tests.portal.api.machines import CLEAN, SMALL, XLSX, machine, years_of
from tests.portal.conftest import set_limits
from tests.portal.worlds import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

GENEROUS: Final = "1000000 per minute"


@dataclass
class Aim:
    """What exists in the world that is asked."""

    headers: dict[str, str]
    packet: int
    records: list[tuple[str, str]]
    chance: random.Random

    def take(self, case: Case[Any]) -> bool:
        """Lead about half of the cases to what exists; then what was wrong with them may be gone."""
        if self.chance.random() < 0.5:
            return False
        code, year = self.chance.choice(self.records)
        real = {"packet_id": self.packet, "code": code, "school_year": year}
        case.path_parameters.update({name: real[name] for name in case.path_parameters if name in real})
        if case.media_type == XLSX:
            case.body = self.chance.choice([CLEAN, SMALL, CLEAN[:9000]])
        return True


@pytest.fixture
def aim(small_world: World) -> Aim:
    limits = ("api_limit", "api_files_limit", "api_network_limit", "misses_limit", "sign_in_limit")
    set_limits(small_world, **dict.fromkeys(limits, GENEROUS))
    LIVE.app = small_world.app
    school = machine(small_world)
    made = school.push(SMALL, "lan-gui-0001").get_json()
    locked = small_world.codes.locked
    return Aim(
        {"Authorization": f"Bearer {school.token}"},
        made["packet"],
        [(made["rows"][0]["lookup_code"], "2025-2026"), *((locked, year) for year in years_of(small_world, locked))],
        random.Random(4),
    )


class Live:
    """The WSGI application that is asked: while tests are collected only the routes, later a whole one."""

    def __init__(self) -> None:
        self.app = Flask("hocba")
        api.register_routes(self.app)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        return self.app(environ, start_response)


LIVE: Final = Live()
INTERFACE: Final = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", LIVE)


@schemathesis.serializer(XLSX)
def workbook(_context: object, value: object) -> bytes:
    """Bytes go as they are; what stands for a wrong kind of body goes as its text."""
    held = getattr(value, "data", value)
    return held if isinstance(held, bytes) else str(held).encode()


@INTERFACE.parametrize()
@settings(max_examples=25, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_no_failure_of_ours_and_no_answer_that_is_not_described(case: Case[Any], aim: Aim) -> None:
    # A file of any bytes fits its description and may still be refused.
    excluded: list[CheckFunction] = [positive_data_acceptance, *([negative_data_rejection] if aim.take(case) else [])]
    case.call_and_validate(headers=aim.headers, excluded_checks=excluded)
