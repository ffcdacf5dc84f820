"""The counts of one process: windows end, keys are swept, threads lose nothing."""

import threading

import pytest
from limits import parse
from limits.strategies import FixedWindowRateLimiter

from portal.web import memory
from portal.web.memory import ProcessMemory


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    moment = [1000.0]
    monkeypatch.setattr("portal.web.memory.time.time", lambda: moment[0])
    return moment


def test_a_window_counts_and_ends(clock: list[float]) -> None:
    limiter, item = FixedWindowRateLimiter(ProcessMemory()), parse("3 per minute")
    assert [limiter.hit(item, "n") for _ in range(4)] == [True, True, True, False]
    assert not limiter.test(item, "n")
    assert limiter.hit(item, "other")
    assert limiter.get_window_stats(item, "n").reset_time == 1060.0
    clock[0] = 1060.0
    assert limiter.test(item, "n")
    assert limiter.hit(item, "n")


def test_what_has_ended_is_swept(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_SWEEP_EVERY", 100)
    held = ProcessMemory()
    held._sweep_at = 100
    for number in range(99):
        held.incr(f"old {number}", 60)
    clock[0] = 1061.0
    for number in range(3):
        held.incr(f"new {number}", 60)
    assert held.reset() == 3


def test_forgetting() -> None:
    held = ProcessMemory()
    held.incr("a", 60, 5)
    held.incr("b", 60)
    held.clear("a")
    assert (held.get("a"), held.get("b")) == (0, 1)
    assert held.check()


def test_threads_lose_no_count() -> None:
    held = ProcessMemory()
    workers = [threading.Thread(target=lambda: [held.incr("n", 60) for _ in range(2000)]) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert held.get("n") == 8000
