"""The bounded child processes in which whatever a stranger sends is opened (design §3).

A task is a function of the trust core or of `portal.workbooks` with small picklable arguments and result. Its own
refusals come back as they are; what the machine does to it comes back as one of two: the document asked for too much
(processor time, memory), or we failed (crash, waiting too long, too many waiting), which is never told as the
document's fault.
"""

import multiprocessing
import signal
import threading
from collections.abc import Callable
from concurrent.futures import TimeoutError as WaitedTooLong
from multiprocessing import spawn
from typing import Any, Final, ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from portal.confinement import confine, grant_time, has_network
from portal.errors import Fault, Problem
from verify import limits
from verify.errors import LimitExceeded, Refusal

_P = ParamSpec("_P")
_T = TypeVar("_T")

# A child is replaced now and then, so that what a library leaks stays small.
_TASKS_OF_A_CHILD: Final = 100
# Beyond this many waiting tasks for each child a visitor is asked to come back.
_WAITING_PER_CHILD: Final = 8
# Loaded once in the fork server; each child then starts warm.
_PRELOAD: Final = ["portal.confinement", "portal.workbooks.reading", "verify.verifier", "verify.paper.qr"]


class Sandbox:
    """A pool of confined children, started at the first task. Shared by the threads of one process."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._places = threading.BoundedSemaphore(workers * (1 + _WAITING_PER_CHILD))
        self._lock = threading.Lock()
        self._pool: ProcessPool | None = None

    def run(self, task: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """The result of a task run in a child.

        Raises what the task raises; LimitExceeded(TOO_MUCH_WORK) when it used up its memory or processor time;
        Fault(BUSY) when no child was free in time; Fault(CHILD_DIED) when the child crashed.
        """
        if not self._places.acquire(blocking=False):
            raise Fault(Problem.BUSY)
        try:
            return self._finished(task, args, kwargs)
        finally:
            self._places.release()

    def _finished(self, task: Callable[..., _T], args: tuple[object, ...], kwargs: dict[str, object]) -> _T:
        future = self._started().schedule(
            _in_child, args=(task, args, kwargs), timeout=float(limits.CHILD_WALL_SECONDS)
        )
        try:
            return future.result()  # type: ignore[no-any-return]
        except WaitedTooLong as error:
            raise Fault(Problem.BUSY) from error
        except MemoryError as error:
            raise LimitExceeded(Refusal.TOO_MUCH_WORK, "memory") from error
        except ProcessExpired as error:
            if error.exitcode == -signal.SIGXCPU:
                raise LimitExceeded(Refusal.TOO_MUCH_WORK, "time") from error
            raise Fault(Problem.CHILD_DIED, exit=str(error.exitcode)) from error

    def _started(self) -> ProcessPool:
        with self._lock:
            if self._pool is None:
                _leave_main_module_out()
                context = multiprocessing.get_context("forkserver")
                context.set_forkserver_preload(_PRELOAD)
                self._pool = ProcessPool(
                    max_workers=self._workers, max_tasks=_TASKS_OF_A_CHILD, initializer=confine, context=context
                )
            return self._pool

    def cuts_network(self) -> bool:
        """Whether the children are off the network on this machine."""
        return not self.run(has_network)

    def close(self) -> None:
        """End all children, also those at work."""
        with self._lock:
            if self._pool is not None:
                self._pool.stop()  # type: ignore[no-untyped-call]
                self._pool.join()
                self._pool = None


def _leave_main_module_out() -> None:
    """Start children without the program's main module.

    The standard library would run it again in each: the whole portal, seconds of work, within reach of a stranger's
    bytes. No task of ours lives there.
    """
    described = spawn.get_preparation_data
    if getattr(described, "without_main", False):
        return

    def bare(name: str) -> dict[str, Any]:
        return {key: value for key, value in described(name).items() if not key.startswith("init_main_from_")}

    bare.without_main = True  # type: ignore[attr-defined]
    spawn.get_preparation_data = bare


def _in_child(task: Callable[..., _T], args: tuple[object, ...], kwargs: dict[str, object]) -> _T:
    grant_time()
    return task(*args, **kwargs)
