"""What travels between the portal, its verifier and the children: frames, and values that cannot do anything.

Who opens what strangers send is believed nothing: an answer is unpickled into plain values, and into our own frozen
dataclasses, enumerations and refusals, and into nothing else. A function in an answer, of whatever module, is a broken
answer. Every frame has a bound and an end in time: whoever stops in the middle of one holds nobody up.
"""

import io
import pickle  # nosec B403 - answers pass `_Values`, requests come from the portal
import socket
import struct
import sys
import time
from dataclasses import is_dataclass
from enum import Enum, StrEnum
from typing import Any, Final

from portal.archives import ArchiveRefused
from portal.workbooks.refusals import WorkbookRefused
from verify.errors import VerifyError

_HEAD: Final = struct.Struct(">BQ")
# The largest request is a document with what it is compared with; the largest answer a marked workbook.
FRAME_BYTES: Final = 128 * 1024 * 1024
_PIECE: Final = 1024 * 1024
# A time that is over is a time without waiting; 0 would mean another mode of the socket.
_SOON: Final = 0.001
_OURS: Final = ("verify.", "portal.")
_PLAIN: Final = frozenset(
    {
        *(("builtins", name) for name in ("set", "frozenset", "bytearray", "complex", "dict", "list", "tuple")),
        *(("datetime", name) for name in ("datetime", "date", "time", "timedelta", "timezone")),
        ("decimal", "Decimal"),
        ("collections", "OrderedDict"),
        ("portal.workbooks.refusals", "_again"),  # makes a refusal from its code and small texts
    }
)
# What the document is told for itself; all else is a fault of ours.
REFUSALS: Final = (VerifyError, ArchiveRefused, WorkbookRefused)


class Kind(StrEnum):
    """What a frame holds."""

    TASK = "task"
    COUNT = "count"
    VALUE = "value"
    REFUSAL = "refusal"
    FAULT = "fault"
    ROOM = "room"


_KINDS: Final = tuple(Kind)


class Broken(Exception):
    """The other side went away, or says what it must not."""


class Gone(Broken):
    """The other side ended, or shut the line."""


class Late(Broken):
    """The other side did not read or write a whole frame in time."""


def send(connection: socket.socket, kind: Kind, value: object, seconds: float) -> None:
    """Write one frame; raises Broken, Late after so many seconds."""
    body = pickle.dumps(value, protocol=5)
    if len(body) > FRAME_BYTES:
        raise Broken("too large")
    try:
        connection.settimeout(max(seconds, _SOON))
        connection.sendall(_HEAD.pack(_KINDS.index(kind), len(body)) + body)
    except TimeoutError as error:
        raise Late("slow") from error
    except OSError as error:
        raise Gone("gone") from error


def receive(connection: socket.socket, seconds: float | None) -> tuple[Kind, bytes]:
    """Read one frame; raises Broken, Late when it is not whole after so many seconds. None: waits for ever."""
    end = None if seconds is None else time.monotonic() + seconds
    number, size = _HEAD.unpack(_exactly(connection, _HEAD.size, end))
    if number >= len(_KINDS) or size > FRAME_BYTES:
        raise Broken("no frame")
    return _KINDS[number], _exactly(connection, size, end)


def _exactly(connection: socket.socket, size: int, end: float | None) -> bytes:
    found = bytearray()
    while len(found) < size:
        try:
            connection.settimeout(None if end is None else max(end - time.monotonic(), _SOON))
            piece = connection.recv(min(_PIECE, size - len(found)))
        except TimeoutError as error:
            raise Late("slow") from error
        except OSError as error:
            raise Gone("gone") from error
        if not piece:
            raise Gone("gone")
        found += piece
    return bytes(found)


def trusted(body: bytes) -> Any:
    """What the portal asks, where it is done."""
    return pickle.loads(body)  # noqa: S301 # nosec B301 - whoever may write to the socket is the portal


def untrusted(body: bytes) -> Any:
    """What is answered from where strangers' bytes are opened; raises Broken for anything but values."""
    try:
        return _Values(io.BytesIO(body)).load()
    except Exception as error:
        raise Broken("no value") from error


class _Values(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _PLAIN:
            return super().find_class(module, name)
        # Only what the portal loaded itself: an answer imports nothing.
        found = getattr(sys.modules.get(module), name, None) if module.startswith(_OURS) else None
        if isinstance(found, type) and (is_dataclass(found) or issubclass(found, (Enum, *REFUSALS))):
            return found
        raise pickle.UnpicklingError(f"{module}.{name}")
