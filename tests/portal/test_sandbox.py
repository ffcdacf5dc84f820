"""The children that open uploads: warm, shared fairly, heard. What they withstand is in `test_hostile_tasks`."""

import ast
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from portal.counting import count, telling
from portal.errors import Fault, Problem
from portal.sandbox import WAITING_OF_ONE, Sandbox
from portal.sharing import NOBODY, acting_for
from verify import limits
from verify.errors import MalformedRecord, Refusal

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox(1)
    yield made
    made.close()


def add(first: int, second: int) -> int:
    return first + second


def count_to(most: int) -> int:
    for number in range(1, most + 1):
        count(number, most)
        time.sleep(0.02)
    return most


def refuse() -> None:
    raise MalformedRecord(Refusal.BAD_SHAPE, "why")


def process_id() -> int:
    return os.getpid()


def test_a_result_comes_back(sandbox: Sandbox) -> None:
    assert sandbox.run(add, 2, 3) == 5


def test_a_refusal_comes_back_as_it_is(sandbox: Sandbox) -> None:
    with pytest.raises(MalformedRecord) as refused:
        sandbox.run(refuse)
    assert (refused.value.refusal, refused.value.detail) == (Refusal.BAD_SHAPE, "why")


def modules() -> list[str]:
    return sorted(name for name in sys.modules if name.startswith(("portal.", "flask", "sqlalchemy", "tests.")))


def test_children_hold_neither_the_portal_nor_the_main_module() -> None:
    """Whatever program starts them: here one whose main module would say so."""
    script = (
        "import sys\n"
        "if __name__ != '__main__':\n"
        "    sys.exit('run again in a child')\n"
        "from portal.sandbox import Sandbox\n"
        "from tests.portal.test_sandbox import modules\n"
        "made = Sandbox(1)\n"
        "print(made.run(modules))\n"
        "made.close()\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "program.py"
        path.write_text(script)
        done = subprocess.run(
            [sys.executable, path],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
    held = ast.literal_eval(done.stdout)
    assert not [name for name in held if name.startswith(("flask", "sqlalchemy"))]
    assert {name for name in held if name.startswith("portal.")} <= {
        *("portal.archives", "portal.children", "portal.confinement", "portal.counting", "portal.errors"),
        *("portal.forbidden_calls", "portal.sandbox", "portal.sharing", "portal.wire", "portal.workbooks"),
        *(name for name in held if name.startswith("portal.workbooks.")),
    }


FORKED = """
import os
from portal.sandbox import Sandbox

before = Sandbox(1)
assert before.run(len, b"abc") == 3
forked = os.fork()
if not forked:
    inside = Sandbox(1)
    right = inside.run(len, b"abcd") == 4
    inside.close()
    os._exit(0 if right else 1)
assert os.waitpid(forked, 0)[1] == 0
assert before.run(len, b"abc") == 3
before.close()
"""


def test_a_forked_process_has_children_of_its_own() -> None:
    """A first `hocba demo` reads its workbooks in children, and then its server is forked: each upload failed there."""
    ran = subprocess.run([sys.executable, "-c", FORKED], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_children_stay_warm(sandbox: Sandbox) -> None:
    assert sandbox.run(process_id) == sandbox.run(process_id) != os.getpid()


def test_every_task_gets_its_own_time(sandbox: Sandbox) -> None:
    first = sandbox.run(resource.getrlimit, resource.RLIMIT_CPU)
    assert first[0] < limits.CHILD_CPU_SECONDS + 120
    assert first[0] > limits.CHILD_CPU_SECONDS


def test_too_many_waiting_are_asked_to_come_back() -> None:
    busy = Sandbox(1)
    with ThreadPoolExecutor(1 + WAITING_OF_ONE) as pool, busy._turns.turn("somebody"):
        waiting = [pool.submit(busy.run, add, 1, number) for number in range(WAITING_OF_ONE)]
        while busy._turns.waiting() < WAITING_OF_ONE:
            time.sleep(0.01)
        start = time.monotonic()
        # The pool's threads act for nobody; whoever this thread acted for in other tests is forgotten.
        with acting_for(NOBODY), pytest.raises(Fault) as fault:
            busy.run(add, 1, 1)
        assert fault.value.problem is Problem.BUSY
        assert time.monotonic() - start < 1
    assert [each.result() for each in waiting] == [1 + number for number in range(WAITING_OF_ONE)]
    busy.close()


def test_children_give_way_to_who_looks_something_up(sandbox: Sandbox) -> None:
    assert sandbox.run(os.nice, 0) > os.nice(0)


def test_a_flood_does_not_hold_up_a_visitor() -> None:
    """Two children; a flood of slow documents from one network; a visitor from another is served at once."""
    shared = Sandbox(2)
    shared.run(add, 1, 1)
    with ThreadPoolExecutor(5) as pool:
        flood = [pool.submit(shared.run, count_to, 100) for _ in range(5)]
        while shared._turns.waiting() < 3:
            time.sleep(0.01)
        begun = time.monotonic()
        with acting_for("visitor"):
            assert shared.run(add, 2, 3) == 5
        took = time.monotonic() - begun
        assert not any(each.done() for each in flood), "the flood is still at its first document"
        for each in flood:
            each.cancel()
            each.result()
    assert took < 2
    shared.close()


def test_who_listens_hears_what_a_child_counts(sandbox: Sandbox) -> None:
    heard: list[tuple[int, int]] = []
    with telling(lambda done, total: heard.append((done, total))):
        assert sandbox.run(count_to, 50) == 50
    assert heard == sorted(heard)
    assert {total for _done, total in heard} == {50}
    assert 2 <= len(heard) <= 10, "some steps, not every one"


class _EnoughError(Exception):
    pass


def test_a_child_is_ended_when_nobody_wants_its_work_any_more(sandbox: Sandbox) -> None:
    def stop(_done: int, _total: int) -> None:
        raise _EnoughError

    begun = time.monotonic()
    with telling(stop), pytest.raises(_EnoughError):
        sandbox.run(count_to, 1_000)
    assert sandbox.run(add, 1, 2) == 3
    assert time.monotonic() - begun < 15, "the next task does not wait for it"
