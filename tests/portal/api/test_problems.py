"""Failures as problem+json: the right status, a sentence, and never the text of an exception. Pages stay pages."""

import json

import pytest
import sqlalchemy as sa

from portal.api.openapi import document
from portal.errors import Fault, NotFound, Problem, Refused
from portal.web import guards
from tests.portal.api.machines import CLEAN, Machine, code_of, machine
from tests.portal.worlds import World
from verify.errors import LimitExceeded, Refusal

SECRET = "SELECT * FROM secrets"


def failing(world: World, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(**_arguments: object) -> None:
        raise error

    monkeypatch.setitem(world.app.view_functions, "api.packets", fail)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RuntimeError(SECRET), 500, "internal_error"),
        (KeyError(SECRET), 500, "internal_error"),
        (Fault(Problem.STORE_DAMAGED, digest=SECRET), 500, "internal_error"),
        (Fault(Problem.CHILD_DIED, exit=SECRET), 500, "internal_error"),
        (Fault(Problem.BUSY), 503, "busy"),
        (Fault(Problem.VERIFIER_MISSING), 503, "busy"),
        (sa.exc.OperationalError(SECRET, {}, Exception(SECRET)), 503, "busy"),
        (sa.exc.IntegrityError(SECRET, {}, Exception(SECRET)), 503, "busy"),
        (sa.exc.ProgrammingError(SECRET, {}, Exception(SECRET)), 500, "internal_error"),
        (Refused(Problem.NOT_ALLOWED), 404, "not_found"),
        (Refused(Problem.UNKNOWN_PACKET, packet="7"), 404, "not_found"),
        (NotFound(), 404, "not_found"),
        (Refused(Problem.WRONG_STATE), 409, "wrong_state"),
        (Refused(Problem.NOT_DEMO), 500, "internal_error"),
        (LimitExceeded(Refusal.TOO_MUCH_WORK, SECRET), 422, "too_much_work"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_failures_are_problems(
    small_world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    failing(small_world, monkeypatch, error)
    answer = Machine(small_world.app, None).get("/packets", status)
    assert code_of(answer) == code
    assert SECRET not in answer.text


def test_when_the_store_is_gone_the_software_is_asked_to_come_back(small_world: World) -> None:
    school = machine(small_world)
    engine = small_world.engine
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE kept_answer RENAME TO gone")
    answer = school.push(CLEAN, "lan-gui-0001", 503)
    assert "Idempotency-Key" in answer.get_json()["detail"]


def test_pages_stay_pages_and_the_interface_speaks_for_itself(small_world: World) -> None:
    small_world.browser().get("/khong-co", 404)
    client = small_world.app.test_client()
    for path in ("/api/", "/api/v2/packets", "/api/v1", "/api/v1/packets/"):
        assert client.get(path).mimetype == "application/problem+json", path
    assert client.get("/apiary").mimetype == "text/html"


def test_the_description_is_for_everybody_and_whole(small_world: World) -> None:
    answer = Machine(small_world.app, None).get("/openapi.json")
    held = json.loads(answer.data)
    assert held["openapi"] == "3.1.0"
    assert "max-age" in answer.headers["Cache-Control"]
    operations = {
        f"{method.upper()} {path}": each for path, methods in held["paths"].items() for method, each in methods.items()
    }
    assert len(operations) == 13
    for name, each in operations.items():
        keyed = name != "GET /api/v1/openapi.json"
        assert bool(each["security"]) == keyed
        assert ("Phạm vi của khóa" in each.get("description", "")) == keyed
        assert {"400", "500", "503"} <= set(each["responses"])
        assert {"401", "403", "429"} <= set(each["responses"]) or not keyed
    codes = held["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    assert "idempotency_key_reused" in codes


def test_every_reference_leads_somewhere(small_world: World) -> None:
    held = document(small_world.app)

    def references(value: object) -> list[str]:
        if isinstance(value, dict):
            return [*([value["$ref"]] if "$ref" in value else []), *references(list(value.values()))]
        return [name for each in value for name in references(each)] if isinstance(value, list) else []

    found = set(references(held))
    assert found
    assert found <= {f"#/components/schemas/{name}" for name in held["components"]["schemas"]}


def test_a_route_that_is_not_described_does_not_start(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    @guards.public
    def bare() -> str:
        return "bare"

    monkeypatch.setitem(small_world.app.view_functions, "api.packet", bare)
    with pytest.raises(RuntimeError, match="not described"):
        document(small_world.app)
