"""The verifier: answers at a Unix socket, runs each task in a confined child of its own, and knows nothing else."""

import importlib
import os
import socketserver
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import structlog

from portal import wire
from portal.counting import telling
from portal.errors import Fault, Problem
from portal.sandbox import Sandbox
from portal.sharing import acting_for
from portal.wire import Broken, Kind

_TASKS: Final = ("verify.", "portal.")
# Seconds for a whole request, and for the portal to take an answer; both are in its memory already.
_REQUEST_WITHIN: Final = 30.0
_READ_WITHIN: Final = 30.0
# The portal's group may ask; nobody else on the machine.
_SOCKET_MODE: Final = stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IWGRP


class Verifier(socketserver.ThreadingUnixStreamServer):
    """path: of the socket, which must not lead to a running verifier. workers: children."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path: Path, workers: int) -> None:
        path.unlink(missing_ok=True)
        super().__init__(str(path), _Asked)
        path.chmod(_SOCKET_MODE)
        self.sandbox = Sandbox(workers)

    def server_close(self) -> None:
        super().server_close()
        self.sandbox.close()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """One task that went wrong is one line; the next is served."""
        structlog.get_logger().error("verifier.failed")


class _Asked(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        """One task of one connection."""
        try:
            kind, body = wire.receive(self.request, _REQUEST_WITHIN)
            if kind is Kind.TASK:
                who, module, name, args, kwargs, listens = wire.trusted(body)
                answer, found = self._answer(who, _task(module, name), args, kwargs, listens=listens)
                wire.send(self.request, answer, found, _READ_WITHIN)
            elif kind is Kind.ROOM:
                with acting_for(wire.trusted(body)):
                    wire.send(self.request, Kind.VALUE, self._sandbox.has_room(), _READ_WITHIN)
        except Broken:
            return

    @property
    def _sandbox(self) -> Sandbox:
        if not isinstance(self.server, Verifier):
            raise TypeError("no verifier")
        return self.server.sandbox

    def _answer(
        self, who: str, task: Callable[..., object], args: Any, kwargs: Any, *, listens: bool
    ) -> tuple[Kind, object]:
        tell = (
            (lambda done, total: wire.send(self.request, Kind.COUNT, (done, total), _READ_WITHIN)) if listens else None
        )
        try:
            with acting_for(who), telling(tell):
                return Kind.VALUE, self._sandbox.run(task, *args, **kwargs)
        except wire.REFUSALS as refused:
            return Kind.REFUSAL, refused
        except Fault as fault:
            return Kind.FAULT, fault.problem.value
        except Broken:
            raise
        except Exception as error:  # noqa: BLE001 - a mistake of ours, told as one
            structlog.get_logger().error("verifier.task_failed", error=type(error).__name__)
            return Kind.FAULT, Problem.CHILD_DIED.value


def _task(module: str, name: str) -> Callable[..., object]:
    if not module.startswith(_TASKS):
        raise Broken("no task of ours")
    found = getattr(importlib.import_module(module), name)
    if not callable(found):
        raise Broken("no task")
    return found  # type: ignore[no-any-return]


def keys_in_reach(folder: Path) -> bool:
    """Whether this process could read the keys of an instance: the verifier must not."""
    return os.access(folder / "keys", os.R_OK | os.X_OK)
