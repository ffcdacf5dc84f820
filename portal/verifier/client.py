"""The sandbox as the portal sees it when a verifier runs beside it: the same calls, no child of its own."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

from portal import wire
from portal.confinement import has_network
from portal.counting import Tell, listener
from portal.errors import Fault, Problem
from portal.sandbox import Sandbox
from portal.sharing import owner
from portal.wire import Broken, Kind, Late
from verify import limits

_P = ParamSpec("_P")
_T = TypeVar("_T")

# Longer than a task may wait for its turn and then take.
_COUNTED = 2
_ANSWERS_WITHIN = 4.0 * limits.CHILD_WALL_SECONDS


class RemoteSandbox(Sandbox):
    """Asks a verifier. path: of its socket."""

    def __init__(self, path: Path) -> None:
        super().__init__(1)
        self._path = path

    def run(self, task: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """As `Sandbox.run`; raises Fault(VERIFIER_MISSING) when nobody answers at the socket."""
        tell = listener()
        asked = (owner(), task.__module__, task.__qualname__, args, kwargs, tell is not None)
        return cast(_T, self._asked(Kind.TASK, asked, tell))

    def has_room(self) -> bool:
        """As `Sandbox.has_room`, where the line stands: in the verifier. Raises as `run`."""
        return self._asked(Kind.ROOM, owner(), None) is True

    def _asked(self, kind: Kind, value: object, tell: Tell | None) -> object:
        end = time.monotonic() + _ANSWERS_WITHIN
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_ANSWERS_WITHIN)
            try:
                connection.connect(str(self._path))
                wire.send(connection, kind, value, _ANSWERS_WITHIN)
            except (OSError, Broken) as error:
                raise Fault(Problem.VERIFIER_MISSING) from error
            try:
                return self._answer(connection, end, tell)
            except Late as error:
                raise Fault(Problem.VERIFIER_MISSING) from error
            except Broken as error:
                raise Fault(Problem.CHILD_DIED, exit="verifier") from error

    def _answer(self, connection: socket.socket, end: float, tell: Tell | None) -> object:
        while True:
            kind, body = wire.receive(connection, end - time.monotonic())
            held = wire.untrusted(body)
            match kind:
                case Kind.VALUE:
                    return held
                case Kind.COUNT if tell is not None and isinstance(held, tuple) and len(held) == _COUNTED:
                    tell(*(each if isinstance(each, int) else 0 for each in held))
                case Kind.REFUSAL if isinstance(held, wire.REFUSALS):
                    raise held
                case Kind.FAULT if isinstance(held, str) and held in set(Problem):
                    raise Fault(Problem(held))
                case _:
                    raise Broken("out of order")

    def cuts_network(self) -> bool:
        """Whether the verifier's children are off the network."""
        return not self.run(has_network)

    def close(self) -> None:
        """Nothing is held between two tasks."""
