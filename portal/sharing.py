"""Turns at something scarce, fairly: whoever asks often waits behind whoever asks seldom, and never holds all of it.

Each owner (a network, an account) has a line of its own; whose last turn is longest ago is served next. While others
may come, one owner holds all places but one, so that what a newcomer waits for is not a flood's longest task.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

NOBODY: Final = ""
_owner: ContextVar[str] = ContextVar("owner", default=NOBODY)


class NoTurn(Exception):
    """Too many wait already, of this owner or in all, or no turn came in time."""


def act_for(owner: str) -> None:
    """Say for whom this thread works from now on."""
    _owner.set(owner)


@contextmanager
def acting_for(owner: str) -> Iterator[None]:
    """The same for what is done within."""
    token = _owner.set(owner)
    try:
        yield
    finally:
        _owner.reset(token)


def owner() -> str:
    """For whom this thread works."""
    return _owner.get()


class Turns:
    """places: how many work at once. waiting: how many wait in all, each: of one owner. seconds: the longest wait."""

    def __init__(self, places: int, *, waiting: int, each: int, seconds: float) -> None:
        self._places, self._waiting, self._each, self._seconds = places, waiting, each, seconds
        self._most = max(1, places - 1)
        self._changed = threading.Condition()
        self._working: Counter[str] = Counter()
        self._lines: dict[str, deque[object]] = {}
        # Of owners who wait or work: when they were served last, counted in turns.
        self._served: dict[str, int] = {}
        self._turn = 0

    @contextmanager
    def turn(self, who: str) -> Iterator[None]:
        """Work when it is this owner's turn; raises NoTurn."""
        self._wait(who)
        try:
            yield
        finally:
            with self._changed:
                self._working[who] -= 1
                if not self._working[who]:
                    del self._working[who]
                self._forget(who)
                self._changed.notify_all()

    def has_room(self, who: str) -> bool:
        """Whether this owner could stand in line now."""
        with self._changed:
            return len(self._lines.get(who, ())) < self._each and sum(map(len, self._lines.values())) < self._waiting

    def waiting(self) -> int:
        """How many wait now."""
        with self._changed:
            return sum(map(len, self._lines.values()))

    def _wait(self, who: str) -> None:
        ticket, end = object(), time.monotonic() + self._seconds
        with self._changed:
            line = self._lines.setdefault(who, deque())
            line.append(ticket)
            try:
                while not self._is_next(who, ticket):
                    full = len(line) > self._each or sum(map(len, self._lines.values())) > self._waiting
                    left = end - time.monotonic()
                    if (full and line[-1] is ticket) or left <= 0:
                        raise NoTurn
                    self._changed.wait(left)
            except BaseException:
                line.remove(ticket)
                self._forget(who)
                self._changed.notify_all()
                raise
            line.popleft()
            self._working[who] += 1
            self._turn += 1
            self._served[who] = self._turn
            self._forget(who)
            self._changed.notify_all()

    def _forget(self, who: str) -> None:
        """Keep nothing of an owner who neither waits nor works."""
        if not self._lines.get(who):
            self._lines.pop(who, None)
            if not self._working[who]:
                self._served.pop(who, None)

    def _is_next(self, who: str, ticket: object) -> bool:
        if self._working.total() >= self._places or self._lines[who][0] is not ticket:
            return False
        ready = [each for each in self._lines if self._working[each] < self._most]
        return min(ready, key=lambda each: self._served.get(each, 0), default=None) == who
