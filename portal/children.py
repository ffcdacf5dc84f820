"""One confined child and the portal's end of its line.

Each child has a socket pair of its own: it sees no other child's documents, and what it writes there disturbs nobody
else. It is believed nothing (`portal.wire`); one that says what it must not, or nothing for too long, is ended.
"""

import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from multiprocessing import forkserver, spawn
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import cv2
import structlog

from portal import wire
from portal.confinement import confine, grant_time
from portal.counting import Tell, telling
from portal.errors import Fault, Problem
from portal.wire import Broken, Gone, Kind, Late
from verify import limits
from verify.errors import LimitExceeded, Refusal

# A child is replaced now and then, so that what a library leaks stays small.
_TASKS: Final = 100
# Seconds between two counts that a child tells; more of them than fit into its time is no honest child.
_TELLS_EVERY: Final = 0.25
_MOST_COUNTS: Final = 2 * int(limits.CHILD_WALL_SECONDS / _TELLS_EVERY)
# A child that was taken over may tell any number, and any words.
_MOST: Final = 10**9
_WORDS: Final = 200
_COUNTED: Final = 2
_ENDS_WITHIN: Final = 2.0
# Loaded once in the fork server; each child then starts warm.
_PRELOAD: Final = ["portal.children", "portal.workbooks.reading", "verify.verifier", "verify.paper.content"]
# The standard library's list of processes is not for several threads.
_PROCESSES: Final = threading.Lock()


class Child:
    """A process that does one task after another, for one thread at a time. usable: whether it takes another one; if
    not, it is to be ended.
    """

    def __init__(self) -> None:
        """Raises Fault(CHILD_DIED) when the machine gives no process."""
        self.usable = True
        self._tasks = 0
        self._line, far = socket.socketpair()
        try:
            with _PROCESSES:
                self._process = _started(far)
        except (OSError, EOFError) as error:
            self._line.close()
            raise Fault(Problem.CHILD_DIED, exit="start") from error
        finally:
            far.close()

    def run(
        self, task: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object], tell: Tell | None
    ) -> object:
        """The result of a task; raises as `portal.sandbox.Sandbox.run`. Look at `usable` afterwards.

        tell: hears what the task counts.
        """
        end = time.monotonic() + limits.CHILD_WALL_SECONDS
        self.usable = False
        try:
            wire.send(self._line, Kind.TASK, (task, args, kwargs, tell is not None), limits.CHILD_WALL_SECONDS)
            found = self._answer(end, tell)
        except Late as error:
            raise Fault(Problem.BUSY) from error
        except Gone as error:
            raise self._died() from error
        except Broken as error:
            raise Fault(Problem.CHILD_DIED, exit="answer") from error
        except wire.REFUSALS as refused:
            # What one that reached its limit still holds is not carried into the next task.
            self.usable = not isinstance(refused, LimitExceeded)
            raise
        self._tasks += 1
        self.usable = self._tasks < _TASKS
        return found

    def _answer(self, end: float, tell: Tell | None) -> object:
        for _frame in range(_MOST_COUNTS):
            kind, body = wire.receive(self._line, end - time.monotonic())
            held = wire.untrusted(body)
            match kind:
                case Kind.VALUE:
                    return held
                case Kind.COUNT if tell is not None and isinstance(held, tuple) and len(held) == _COUNTED:
                    tell(*(min(max(each, 0), _MOST) if isinstance(each, int) else 0 for each in held))
                case Kind.REFUSAL if isinstance(held, wire.REFUSALS):
                    raise held
                case Kind.FAULT if isinstance(held, str):
                    structlog.get_logger().error("child.mistake", what=held[:_WORDS])
                    raise Fault(Problem.CHILD_DIED, exit="mistake")
                case _:
                    break
        raise Broken("out of order")

    def _died(self) -> Exception:
        """What became of a child that broke off: ended by the kernel for its time, or by whatever else."""
        with _PROCESSES:
            self._process.join(_ENDS_WITHIN)
            code = self._process.exitcode
        if code == -signal.SIGXCPU:
            return LimitExceeded(Refusal.TOO_MUCH_WORK, "time")
        return Fault(Problem.CHILD_DIED, exit=str(code))

    def end(self) -> None:
        """End the process, whatever it does, and let go of all that belonged to it."""
        self.kill()
        self._line.close()
        with _PROCESSES:
            self._process.close()

    def kill(self) -> None:
        """End it from another thread: whoever waits for an answer learns that the child died."""
        with _PROCESSES:
            if self._process.exitcode is None:
                self._process.kill()
                self._process.join(_ENDS_WITHIN)


def _started(far: socket.socket) -> BaseProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    # A child has one processor's time: threads of OpenBLAS that wait for each other spend four times as much of it.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _leave_main_module_out()
    process = context.Process(target=_serve, args=(far,), daemon=True)
    process.start()
    return process


def _forget_the_parents_server() -> None:
    """In a process that was forked, such as a worker of gunicorn after `hocba demo` has filled its data.

    The standard library would ask after the fork server of the parent, which is no child of this process, and fail.
    """
    inherited: Any = vars(forkserver)["_forkserver"]  # nothing public forgets it
    if inherited._forkserver_alive_fd is not None:
        os.close(inherited._forkserver_alive_fd)
    type(inherited).__init__(inherited)


os.register_at_fork(after_in_child=_forget_the_parents_server)


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


def _serve(line: socket.socket) -> None:
    """The child: a task, its answer, the next one, until nobody is there any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us is told, and ends us
    cv2.setNumThreads(1)  # a child has one processor's time
    confine()
    going_on = True
    while going_on:
        try:
            _kind, body = wire.receive(line, None)
            grant_time()
            task, args, kwargs, listens = wire.trusted(body)
            del body
            kind, value = _done(task, args, kwargs, _teller(line) if listens else None)
            going_on = not isinstance(value, LimitExceeded)
            _send(line, kind, value)
        except Broken:
            return


def _done(task: Callable[..., object], args: Any, kwargs: Any, tell: Tell | None) -> tuple[Kind, object]:
    try:
        with telling(tell):
            return Kind.VALUE, task(*args, **kwargs)
    except MemoryError:
        return Kind.REFUSAL, LimitExceeded(Refusal.TOO_MUCH_WORK, "memory")
    except wire.REFUSALS as refused:
        return Kind.REFUSAL, refused
    except Broken:
        raise
    except Exception as error:  # noqa: BLE001 - a mistake of ours, told as one
        return Kind.FAULT, f"{type(error).__name__} {_place(error.__traceback__)}"


def _place(trace: TracebackType | None) -> str:
    """Where in the code; the text of an exception may quote the document."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else ""


def _send(line: socket.socket, kind: Kind, value: object) -> None:
    try:
        wire.send(line, kind, value, limits.CHILD_WALL_SECONDS)
    except MemoryError:
        memory = LimitExceeded(Refusal.TOO_MUCH_WORK, "memory")
        wire.send(line, Kind.REFUSAL, memory, limits.CHILD_WALL_SECONDS)
    except Broken:
        raise
    except Exception as error:  # noqa: BLE001 - a result that does not travel is a mistake of ours
        wire.send(line, Kind.FAULT, type(error).__name__, limits.CHILD_WALL_SECONDS)


def _teller(line: socket.socket) -> Tell:
    last = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _TELLS_EVERY:
            last = time.monotonic()
            wire.send(line, Kind.COUNT, (done, total), limits.CHILD_WALL_SECONDS)

    return tell
