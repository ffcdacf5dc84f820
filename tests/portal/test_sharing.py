"""Turns: a flood waits behind everybody else, never holds the last place, and is sent away when its line is full."""

import threading
import time
from collections.abc import Callable

import pytest

from portal.sharing import NoTurn, Turns, act_for, acting_for, owner

WAIT = 5.0


class Work:
    """Tasks that go on until they are let go."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.begun: list[str] = []
        self.refused: list[str] = []
        self._gates: dict[str, threading.Event] = {}
        self._threads: list[threading.Thread] = []

    def start(self, name: str, who: str) -> None:
        self._gates[name] = threading.Event()
        thread = threading.Thread(target=self._do, args=(name, who))
        self._threads.append(thread)
        before = self.turns.waiting() + len(self.begun) + len(self.refused)
        thread.start()
        until(lambda: self.turns.waiting() + len(self.begun) + len(self.refused) > before)

    def _do(self, name: str, who: str) -> None:
        try:
            with self.turns.turn(who):
                self.begun.append(name)
                self._gates[name].wait(WAIT)
        except NoTurn:
            self.refused.append(name)

    def let_go(self, name: str) -> None:
        self._gates[name].set()

    def end(self) -> None:
        for gate in self._gates.values():
            gate.set()
        for thread in self._threads:
            thread.join(WAIT)
            assert not thread.is_alive()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT
    while not true():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_a_flood_leaves_a_place_and_waits_behind_a_newcomer() -> None:
    work = Work(Turns(2, waiting=20, each=10, seconds=WAIT))
    for number in range(6):
        work.start(f"flood-{number}", "flood")
    assert work.begun == ["flood-0"], "the last place is kept free for others"
    work.start("one", "newcomer")
    until(lambda: "one" in work.begun)
    work.start("two", "second newcomer")
    work.let_go("flood-0")
    until(lambda: len(work.begun) == 3)
    assert work.begun == ["flood-0", "one", "two"], "who came seldom goes first"
    work.end()
    assert sorted(work.begun) == sorted({*work.begun}), "nobody is served twice"
    assert len(work.begun) == 8
    assert work.refused == []


def test_lines_are_served_in_turn() -> None:
    work = Work(Turns(1, waiting=20, each=10, seconds=WAIT))
    for name in ("a0", "a1", "a2", "b0", "b1", "c0"):
        work.start(name, name[0])
    for served in range(1, 7):
        until(lambda served=served: len(work.begun) == served)  # type: ignore[misc]
        work.let_go(work.begun[-1])
    assert work.begun == ["a0", "b0", "c0", "a1", "b1", "a2"]
    work.end()


def test_one_owner_cannot_fill_the_room_and_a_full_room_says_so() -> None:
    work = Work(Turns(1, waiting=3, each=2, seconds=WAIT))
    for number in range(4):
        work.start(f"flood-{number}", "flood")
    assert work.refused == ["flood-3"]
    work.start("guest", "guest")
    assert work.refused == ["flood-3"]
    work.start("late", "late")
    assert work.refused == ["flood-3", "late"]
    work.end()


def test_waiting_ends() -> None:
    work = Work(Turns(1, waiting=3, each=2, seconds=0.05))
    work.start("first", "a")
    work.start("second", "b")
    until(lambda: work.refused == ["second"])
    work.end()
    assert work.turns.waiting() == 0


def test_a_place_comes_back_when_work_fails() -> None:
    turns = Turns(1, waiting=1, each=1, seconds=0.05)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), turns.turn("a"):
            _ = 1 / 0
    assert turns.waiting() == 0


def test_who_a_thread_works_for() -> None:
    act_for("one")
    with acting_for("two"):
        assert owner() == "two"
    assert owner() == "one"
    seen: list[str] = []
    thread = threading.Thread(target=lambda: seen.append(owner()))
    thread.start()
    thread.join()
    assert seen == [""]
    act_for("")
