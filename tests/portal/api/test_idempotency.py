"""The same request twice, at once, later, with another body; and two that meet in the middle."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.errors import Problem, Refused
from portal.models import KeptAnswer, Packet
from portal.services import idempotency
from portal.services.idempotency import Answer, Ask
from portal.web import clock
from tests.portal.api.machines import CLEAN, NEIGHBOUR_SCHOOL, SMALL, code_of, machine, signed_file
from tests.portal.worlds import World


def packets_of(world: World) -> int:
    with world.engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(Packet)) or 0


def at_once(*asks: Callable[[], TestResponse]) -> list[TestResponse]:
    gate = threading.Barrier(len(asks))

    def go(ask: Callable[[], TestResponse]) -> TestResponse:
        gate.wait()
        return ask()

    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(go, asks))


def test_the_same_request_gives_the_same_answer(world: World) -> None:
    school = machine(world)
    first = school.push(CLEAN, "lan-gui-0001")
    before = packets_of(world)
    again = school.push(CLEAN, "lan-gui-0001")
    assert (again.data, again.headers["Location"]) == (first.data, first.headers["Location"])
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert packets_of(world) == before


def test_the_next_key_of_the_school_gets_the_same_answer(small_world: World) -> None:
    first = machine(small_world).push(CLEAN, "lan-gui-0001")
    assert machine(small_world).push(CLEAN, "lan-gui-0001").data == first.data


def test_another_school_may_use_the_same_word(small_world: World) -> None:
    machine(small_world).push(CLEAN, "lan-gui-0001")
    answer = machine(small_world, NEIGHBOUR_SCHOOL).push(SMALL, "lan-gui-0001")
    assert "Idempotency-Replayed" not in answer.headers


@pytest.mark.parametrize(
    "other", [{"data": SMALL}, {"year": "2024-2025"}, {"grade": 4}], ids=["file", "school year", "grade"]
)
def test_another_request_under_the_same_key_is_refused(world: World, other: dict[str, object]) -> None:
    school = machine(world)
    school.push(CLEAN, "lan-gui-0001")
    before = packets_of(world)
    refused = school.push(**{"data": CLEAN, "word": "lan-gui-0001", "status": 409, **other})  # type: ignore[arg-type]
    assert code_of(refused) == "idempotency_key_reused"
    assert packets_of(world) == before


@pytest.mark.parametrize("word", [None, "", "ngắn", "bảy-ký", "x" * 129, "co dau cach", "1234567"])
def test_a_key_is_needed_and_has_a_shape(small_world: World, word: str | None) -> None:
    school = machine(small_world)
    if word is not None and not word.isascii():
        word = word.encode().decode("latin-1")
    refused = school.push(CLEAN, word, 400)
    assert refused.get_json()["errors"][0]["field"] == "Idempotency-Key"


def test_two_at_once_are_one(world: World) -> None:
    school = machine(world)
    before = packets_of(world)
    answers = at_once(*[lambda: school.push(CLEAN, "lan-gui-0001") for _ in range(2)])
    assert answers[0].data == answers[1].data
    assert packets_of(world) == before + 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 1


def test_two_at_once_of_one_file_under_two_keys_are_one_packet(world: World) -> None:
    school = machine(world)
    before = packets_of(world)

    def either(word: str) -> TestResponse:
        try:
            return school.push(CLEAN, word, 201)
        except AssertionError:
            return school.push(CLEAN, word, 200)

    answers = at_once(lambda: either("lan-gui-0001"), lambda: either("lan-gui-0002"))
    assert answers[0].data == answers[1].data
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert packets_of(world) == before + 1


def test_signatures_may_come_twice_too(small_world: World) -> None:
    school = machine(small_world)
    number = school.push(SMALL, "lan-gui-0001").get_json()["packet"]
    data = signed_file(small_world, school.get(f"/packets/{number}/file").data)

    def bring(status: int, word: str | None) -> TestResponse:
        return school.send(
            "POST", f"/packets/{number}/signatures", status, data=data, content_type="application/json", word=word
        )

    first = bring(200, "lan-nop-0001")
    assert bring(200, "lan-nop-0001").data == first.data
    assert code_of(bring(409, None)) == "nothing_to_do"
    assert code_of(bring(409, "lan-gui-0001")) == "idempotency_key_reused"


def test_a_failure_of_ours_is_no_answer_to_keep(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    school = machine(small_world)
    before = packets_of(small_world)

    def fail(*_arguments: object, **_more: object) -> None:
        raise RuntimeError("in the middle")

    with monkeypatch.context() as patch:
        patch.setattr("portal.api.packets.presenting.receipt", fail)
        assert code_of(school.push(CLEAN, "lan-gui-0001", 500)) == "internal_error"
    assert packets_of(small_world) == before
    school.push(CLEAN, "lan-gui-0001", 201)


# --- the service ---


@pytest.fixture
def ask() -> Ask:
    return Ask(2, "lan-gui-0001", "a" * 64)


def test_an_answer_is_forgotten_after_a_day(world: World, ask: Ask) -> None:
    now = clock.read()
    with Session(world.engine) as session, session.begin():
        assert idempotency.begin(session, ask, now) is None
        idempotency.keep(session, ask, Answer(201, "{}"))
    other = Ask(ask.unit_id, ask.token, "b" * 64)
    with Session(world.engine) as session, session.begin():
        almost = now + idempotency.KEPT - timedelta(seconds=1)
        assert idempotency.kept_answer(session, ask, almost) == Answer(201, "{}")
        with pytest.raises(Refused) as refused:
            idempotency.begin(session, other, almost)
        assert refused.value.problem is Problem.IDEMPOTENCY_KEY_REUSED
        later = now + idempotency.KEPT
        assert idempotency.kept_answer(session, ask, later) is None
        assert idempotency.begin(session, other, later) is None


def test_what_is_old_goes_with_the_next_request_of_anybody(world: World, ask: Ask) -> None:
    now = clock.read()
    with Session(world.engine) as session, session.begin():
        idempotency.begin(session, ask, now)
        idempotency.begin(session, Ask(3, "lan-gui-0002", "c" * 64), now + idempotency.KEPT)
        assert session.scalars(sa.select(KeptAnswer.token)).all() == ["lan-gui-0002"]


def test_the_second_waits_for_the_first_and_gets_its_answer(world: World, ask: Ask) -> None:
    now = clock.read()
    waiting = threading.Event()
    got: list[Answer | None] = []

    def second() -> None:
        waiting.set()
        with Session(world.engine) as session, session.begin():
            got.append(idempotency.begin(session, ask, now))

    with Session(world.engine) as session, session.begin():
        assert idempotency.begin(session, ask, now) is None
        thread = threading.Thread(target=second)
        thread.start()
        waiting.wait()
        thread.join(0.3)
        assert thread.is_alive(), "did not wait"
        idempotency.keep(session, ask, Answer(201, '{"packet":1}'))
    thread.join(30)
    assert got == [Answer(201, '{"packet":1}')]


def test_when_the_first_fails_the_second_does_the_work(world: World, ask: Ask) -> None:
    now = clock.read()
    got: list[Answer | None] = []

    def second() -> None:
        with Session(world.engine) as session, session.begin():
            got.append(idempotency.begin(session, ask, now))

    with Session(world.engine) as session:
        idempotency.begin(session, ask, now)
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.3)
        session.rollback()
    thread.join(30)
    assert got == [None]
