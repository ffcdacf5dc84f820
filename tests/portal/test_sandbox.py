"""The children that open uploads: bounded, off the network, and our failures told apart from the document's."""

import ast
import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.errors import Fault, Problem
from portal.sandbox import Sandbox
from verify import limits
from verify.errors import LimitExceeded, MalformedRecord, Refusal

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox(1)
    yield made
    made.close()


def add(first: int, second: int) -> int:
    return first + second


def refuse() -> None:
    raise MalformedRecord(Refusal.BAD_SHAPE, "why")


def eat_memory() -> int:
    return len(bytearray(limits.CHILD_ADDRESS_SPACE_BYTES))


def burn_time() -> None:
    while True:
        pass


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def write_file() -> int:
    path = Path(f"/tmp/hocba-sandbox-{os.getpid()}")
    with contextlib.suppress(OSError):
        path.write_bytes(b"x" * 10_000)
    size = path.stat().st_size
    path.unlink()
    return size


def connect() -> str:
    try:
        socket.create_connection(("127.0.0.1", 5432), timeout=2).close()
    except OSError as error:
        return type(error).__name__
    return "connected"


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
        *("portal.confinement", "portal.errors", "portal.sandbox", "portal.workbooks"),
        *(name for name in held if name.startswith("portal.workbooks.")),
    }


def test_children_stay_warm(sandbox: Sandbox) -> None:
    assert sandbox.run(process_id) == sandbox.run(process_id) != os.getpid()


def test_memory_is_bounded_and_told_as_too_much_work(sandbox: Sandbox) -> None:
    with pytest.raises(LimitExceeded) as refused:
        sandbox.run(eat_memory)
    assert refused.value.refusal is Refusal.TOO_MUCH_WORK
    assert sandbox.run(add, 1, 1) == 2


def test_processor_time_is_bounded_and_told_as_too_much_work(sandbox: Sandbox) -> None:
    with pytest.raises(LimitExceeded) as refused:
        sandbox.run(burn_briefly)
    assert refused.value.refusal is Refusal.TOO_MUCH_WORK
    assert sandbox.run(add, 1, 1) == 2


def burn_briefly() -> None:
    """The same limit, set lower so that the test does not take its 30 seconds."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + 1, hard))
    burn_time()


def test_every_task_gets_its_own_time(sandbox: Sandbox) -> None:
    first = sandbox.run(resource.getrlimit, resource.RLIMIT_CPU)
    assert first[0] < limits.CHILD_CPU_SECONDS + 120
    assert first[0] > limits.CHILD_CPU_SECONDS


def test_a_crash_is_our_fault(sandbox: Sandbox) -> None:
    with pytest.raises(Fault) as fault:
        sandbox.run(crash)
    assert fault.value.problem is Problem.CHILD_DIED
    assert sandbox.run(add, 1, 1) == 2


def test_nothing_can_be_written(sandbox: Sandbox) -> None:
    assert sandbox.run(write_file) == 0


def test_there_is_no_network(sandbox: Sandbox) -> None:
    if not sandbox.cuts_network():
        pytest.skip("this machine allows no network namespace")
    assert sandbox.run(connect) != "connected"


def test_too_many_waiting_are_asked_to_come_back() -> None:
    busy = Sandbox(1)
    for _ in range(9):
        assert busy._places.acquire(blocking=False)
    start = time.monotonic()
    with pytest.raises(Fault) as fault:
        busy.run(add, 1, 1)
    assert fault.value.problem is Problem.BUSY
    assert time.monotonic() - start < 1
