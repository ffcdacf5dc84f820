"""Children that were taken over, or fed with what takes all: each ends with the right words, and the next is served."""

import ctypes
import os
import resource
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import structlog

from portal import children
from portal.counting import count, telling
from portal.errors import Fault, Problem
from portal.sandbox import Sandbox
from portal.wire import FRAME_BYTES
from verify import limits
from verify.errors import LimitExceeded, Refusal

WROTE: Final = Path("/tmp/hocba-written-by-a-child")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox(1)
    made.run(add, 1, 1)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def nothing_left(sandbox: Sandbox) -> Iterator[None]:
    """After each: the next task is done, and no child, line or thread has stayed."""
    lines = open_files()
    yield
    assert sandbox.run(add, 1, 2) == 3
    assert open_files() <= lines + 1, "a child's end and its line, no more"
    assert len(sandbox._idle) == 1
    assert not sandbox._working
    assert not WROTE.exists()


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counted only


def add(first: int, second: int) -> int:
    return first + second


def process_id() -> int:
    return os.getpid()


def tried(task: Callable[[], object]) -> str:
    try:
        task()
    except (OSError, RuntimeError) as error:
        return type(error).__name__
    return "done"


def eat_memory() -> int:
    return len(bytearray(limits.CHILD_ADDRESS_SPACE_BYTES))


def eat_memory_bit_by_bit() -> int:
    held = []
    while True:
        held.append(bytearray(32 * 1024 * 1024))


def burn_time() -> None:
    """The same limit, set lower so that the test does not take its 30 seconds."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + 1, hard))
    while True:
        pass


def begin_processes() -> list[str]:
    def clone() -> None:
        if ctypes.CDLL(None, use_errno=True).syscall(56, 17, 0, 0, 0, 0) < 0:  # clone(SIGCHLD): a process, no thread
            raise OSError
        os._exit(0)

    return [tried(os.fork), tried(os.forkpty), tried(lambda: subprocess.run(["/bin/true"], check=True)), tried(clone)]


def begin_thread() -> bool:
    done = threading.Event()
    threading.Thread(target=done.set).start()
    return done.wait(5)


def write_files() -> list[str]:
    return [
        tried(lambda: WROTE.write_bytes(b"x")),
        tried(lambda: Path(__file__).open("a").close()),
        tried(lambda: Path(__file__).rename(WROTE)),
        tried(lambda: Path(__file__).unlink()),
        tried(lambda: Path(__file__).chmod(0o777)),
        tried(WROTE.mkdir),
    ]


def open_many() -> int:
    held = []
    try:
        while True:
            held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        return len(held)
    finally:
        for each in held:
            os.close(each)


def connect() -> list[str]:
    return [
        tried(lambda: socket.create_connection(("127.0.0.1", 5432), timeout=2).close()),
        tried(lambda: socket.socket(socket.AF_UNIX).close()),
    ]


def signal_others(portal: int) -> list[str]:
    return [tried(lambda: os.kill(portal, 0)), tried(lambda: os.kill(os.getppid(), 0)), tried(lambda: os.kill(-1, 0))]


def crash() -> None:
    ctypes.string_at(0)


def leave() -> None:
    os._exit(0)


def line() -> int:
    """The descriptor of this child's line to the portal."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - descriptors
        path = Path("/proc/self/fd") / name
        if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
            return int(name)
    raise LookupError


def say(words: bytes) -> None:
    """What a taken-over child writes, and then nothing."""
    os.set_blocking(line(), True)
    os.write(line(), words)
    time.sleep(60)


def say_without_end(words: bytes) -> None:
    os.set_blocking(line(), True)
    while True:
        os.write(line(), words)


def huge() -> bytes:
    return bytes(FRAME_BYTES + 1)


def unsendable() -> object:
    return lambda: None


def no_value() -> object:
    return os.system


def mistake(secret: str) -> None:
    raise ValueError(secret)


def sleep_long() -> None:
    time.sleep(60)


def read_nothing() -> None:
    """Counts for ever, though nobody wants to know any more."""
    for number in range(10**9):
        count(number)


@pytest.mark.parametrize("task", [eat_memory, eat_memory_bit_by_bit, burn_time])
def test_a_document_that_takes_all_is_told_so(sandbox: Sandbox, task: Callable[[], object]) -> None:
    before = sandbox.run(process_id)
    with pytest.raises(LimitExceeded) as refused:
        sandbox.run(task)
    assert refused.value.refusal is Refusal.TOO_MUCH_WORK
    assert sandbox.run(process_id) != before, "what it still holds is not carried into the next visitor's task"


def test_no_process_is_begun(sandbox: Sandbox) -> None:
    assert sandbox.run(begin_processes) == ["PermissionError", "PermissionError", "PermissionError", "OSError"]


def test_threads_are_few_but_some_are_needed(sandbox: Sandbox) -> None:
    """Who draws a page begins some. The kernel holds root to no number, so the number is asked for."""
    assert sandbox.run(begin_thread)
    assert sandbox.run(resource.getrlimit, resource.RLIMIT_NPROC) == (512, 512)


def test_nothing_is_written_changed_or_removed(sandbox: Sandbox) -> None:
    assert sandbox.run(write_files) == ["PermissionError"] * 6


def test_descriptors_are_few(sandbox: Sandbox) -> None:
    assert 20 < sandbox.run(open_many) < 128


def test_there_is_no_network(sandbox: Sandbox) -> None:
    assert sandbox.run(connect) == ["PermissionError"] * 2
    if not sandbox.cuts_network():
        pytest.skip("this machine allows no network namespace")


def test_nobody_is_signalled(sandbox: Sandbox) -> None:
    assert sandbox.run(signal_others, os.getpid()) == ["PermissionError"] * 3


@pytest.mark.parametrize("task", [crash, leave])
def test_a_child_that_dies_is_our_fault(sandbox: Sandbox, task: Callable[[], object]) -> None:
    assert problem_of(sandbox, task) is Problem.CHILD_DIED


def problem_of(sandbox: Sandbox, task: Callable[..., Any], *args: object) -> Problem:
    with pytest.raises(Fault) as fault:
        sandbox.run(task, *args)
    return fault.value.problem


@pytest.mark.parametrize("task", [huge, unsendable, no_value])
def test_a_result_that_is_no_small_value_is_our_fault(sandbox: Sandbox, task: Callable[[], object]) -> None:
    begun = time.monotonic()
    assert problem_of(sandbox, task) is Problem.CHILD_DIED
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    "words",
    [
        b"\xff" * 40,
        b"\x02" + (2**62).to_bytes(8, "big"),
        b"\x02" + (30).to_bytes(8, "big") + b"cos\nsystem\n(S'touch /tmp/hocba-written-by-a-child'\ntR."[:30],
        b"\x02" + (55).to_bytes(8, "big") + b"cos\nsystem\n(S'touch /tmp/hocba-written-by-a-child'\ntR.".ljust(55),
        b"\x00" + bytes(8),
        b"\x01" + (3).to_bytes(8, "big") + b"K\x01.",
    ],
    ids=["no-frame", "too-long", "cut-pickle", "pickle-that-acts", "a-task", "a-count-nobody-wants"],
)
def test_what_a_taken_over_child_says_is_a_value_or_its_end(sandbox: Sandbox, words: bytes) -> None:
    begun = time.monotonic()
    assert problem_of(sandbox, say, words) is Problem.CHILD_DIED
    assert time.monotonic() - begun < 5, "it is not waited for"


def test_a_child_that_counts_without_end_is_ended(sandbox: Sandbox) -> None:
    counted = b"\x01" + (7).to_bytes(8, "big") + b"K\x01K\x02\x86."
    heard: list[tuple[int, int]] = []
    with telling(lambda done, total: heard.append((done, total))):
        assert problem_of(sandbox, say_without_end, counted[:9] + b"K\x01K\x02\x86.") is Problem.CHILD_DIED
    assert len(heard) < 1_000


def test_an_answer_that_stops_in_the_middle_is_waited_for_no_longer_than_a_task(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CHILD_WALL_SECONDS", 0.5)
    assert problem_of(sandbox, say, b"\x02" + (100).to_bytes(8, "big") + b"half") is Problem.BUSY
    assert problem_of(sandbox, sleep_long) is Problem.BUSY


def test_a_child_that_reads_nothing_is_waited_for_no_longer_than_a_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """It went to sleep before it took a document larger than what lies on the way."""
    child = children.Child()
    try:
        assert child.run(add, (1, 2), {}, None) == 3
        os.kill(child._process.pid or 0, 19)  # SIGSTOP
        monkeypatch.setattr(limits, "CHILD_WALL_SECONDS", 0.5)
        with pytest.raises(Fault) as fault:
            child.run(len, (bytes(limits.DOCUMENT_BYTES),), {}, None)
        assert fault.value.problem is Problem.BUSY
        assert not child.usable, "whoever asked ends it"
    finally:
        child.end()


def test_a_mistake_of_ours_is_told_without_what_the_document_said(sandbox: Sandbox) -> None:
    with structlog.testing.capture_logs() as logged:
        assert problem_of(sandbox, mistake, "Nguyễn Văn Mẫu") is Problem.CHILD_DIED
    (line_,) = (each for each in logged if each["event"] == "child.mistake")
    assert line_["what"].startswith("ValueError test_hostile_tasks.py:")
    assert "Mẫu" not in str(logged)


def test_children_end_with_whoever_began_them() -> None:
    """Also when it is killed while they work."""
    program = (
        "import os, threading, time\n"
        "from portal.sandbox import Sandbox\n"
        "from tests.portal.test_hostile_tasks import process_id, read_nothing\n"
        "made = Sandbox(2)\n"
        "print(made.run(process_id), flush=True)\n"
        "time.sleep(60)\n"
    )
    root = Path(__file__).parents[2]
    begun = subprocess.Popen([sys.executable, "-c", program], cwd=root, stdout=subprocess.PIPE, text=True)
    assert begun.stdout is not None
    child = int(begun.stdout.readline())
    begun.kill()
    begun.wait()
    begun.stdout.close()
    end = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and "Z" not in Path(f"/proc/{child}/stat").read_text().split()[2]:
        assert time.monotonic() < end, "the child outlives the portal"
        time.sleep(0.05)
