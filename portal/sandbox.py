"""The bounded child processes in which whatever a stranger sends is opened (design §3).

A task is a function of the trust core or of `portal.workbooks` with small picklable arguments and result. Its own
refusals come back as they are; what the machine does to it comes back as one of two: the document asked for too much
(processor time, memory), or we failed (crash, waiting too long, too many waiting), which is never told as the
document's fault.
"""

import threading
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar, cast

from portal.children import Child
from portal.confinement import has_network
from portal.counting import listener
from portal.errors import Fault, Problem
from portal.sharing import NoTurn, Turns, owner
from verify import limits

_P = ParamSpec("_P")
_T = TypeVar("_T")

# Beyond this many waiting tasks, in all and of one network or account, a visitor is asked to come back. Each holds a
# thread of the server meanwhile, which has as many again for those who look something up (`portal.cli.service`).
WAITING: Final = 12
WAITING_OF_ONE: Final = 4
# Two visitors before one whose document takes all its time.
_WAITS_SECONDS: Final = 2.0 * limits.CHILD_WALL_SECONDS


class Sandbox:
    """Confined children, each started when it is needed first. Shared by the threads of one process."""

    def __init__(self, workers: int) -> None:
        self._turns = Turns(workers, waiting=WAITING, each=WAITING_OF_ONE, seconds=_WAITS_SECONDS)
        self._lock = threading.Lock()
        self._idle: list[Child] = []
        self._working: set[Child] = set()

    def run(self, task: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """The result of a task run in a child. Whoever listens here (`portal.counting`) hears what the task counts.

        Raises what the task refuses; LimitExceeded(TOO_MUCH_WORK) when it used up its memory or processor time;
        Fault(BUSY) when no child was free in time; Fault(CHILD_DIED) when it crashed, made a mistake, or answered
        what is no value. Whoever this thread acts for (`portal.sharing`) has a fair share of the children.
        """
        try:
            with self._turns.turn(owner()):
                child = self._taken()
                try:
                    return cast(_T, child.run(task, args, kwargs, listener()))
                finally:
                    self._give_back(child)
        except NoTurn as error:
            raise Fault(Problem.BUSY) from error

    def _taken(self) -> Child:
        with self._lock:
            child = self._idle.pop() if self._idle else None
        child = child or Child()
        with self._lock:
            self._working.add(child)
        return child

    def _give_back(self, child: Child) -> None:
        with self._lock:
            self._working.discard(child)
            if child.usable:
                self._idle.append(child)
                return
        child.end()

    def require_room(self) -> None:
        """Raise Fault(BUSY) when whoever this thread acts for could not wait for a child now.

        Asked before anything is done with what was sent: telling a flood that there is no room must cost little.
        """
        if not self.has_room():
            raise Fault(Problem.BUSY)

    def has_room(self) -> bool:
        """Whether whoever this thread acts for could wait for a child now."""
        return self._turns.has_room(owner())

    def cuts_network(self) -> bool:
        """Whether the children are off the network on this machine."""
        return not self.run(has_network)

    def close(self) -> None:
        """End all children, also those at work."""
        with self._lock:
            ended, self._idle = self._idle, []
            working = list(self._working)
        for child in ended:
            child.end()
        for child in working:
            child.kill()
