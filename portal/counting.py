"""How far a piece of work is: counted where it is done, told to whoever waits for it, in bounded steps.

Who wants to know opens `telling`; who does the work calls `count` or goes through `counted`, and need not know whether
anybody listens.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar

_T = TypeVar("_T")
Tell = Callable[[int, int], None]
EVERY: Final = 50

_tell: ContextVar[Tell | None] = ContextVar("tell", default=None)


@contextmanager
def telling(tell: Tell | None) -> Iterator[None]:
    """Hear the counts of what is done within: things done, of how many in all, 0 where nobody knows yet.

    None: nobody listens. What `tell` raises ends the work.
    """
    token = _tell.set(tell)
    try:
        yield
    finally:
        _tell.reset(token)


def listener() -> Tell | None:
    """Who listens here."""
    return _tell.get()


def count(done: int, total: int = 0) -> None:
    """Say how far it is."""
    tell = _tell.get()
    if tell is not None:
        tell(done, total)


def counted(items: Sequence[_T]) -> Iterator[_T]:
    """The items, counted as they are asked for, `EVERY` at a time."""
    for number, item in enumerate(items):
        if number % EVERY == 0:
            count(number, len(items))
        yield item
    count(len(items), len(items))
