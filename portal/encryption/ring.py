"""The key ring of an engine: which data keys encrypt and open what passes through its connections."""

import base64
import threading
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from portal.encryption import data_keys
from portal.encryption.data_keys import DataKeys, number_of
from portal.encryption.faults import Broken, KeyFault
from portal.errors import Problem


class KeyRing:
    """Reads the data keys at their first use, and again when a value names one that another process has made since.

    folder: of the master keys. connect: a connection of its own, that only reads.
    """

    def __init__(self, folder: Path, connect: Callable[[], AbstractContextManager[sa.Connection]]) -> None:
        self.folder: Final = folder
        self._connect = connect
        self._lock = threading.Lock()
        self._held: DataKeys | None = None

    def keys(self) -> DataKeys:
        """The data keys; raises KeyFault as `data_keys.read`."""
        held = self._held
        return held if held is not None else self._read(None)

    def seal(self, place: str, plain: bytes) -> bytes:
        """A value as it is stored; raises KeyFault."""
        return self.keys().seal(place, plain)

    def open(self, place: str, sealed: bytes) -> bytes:
        """A stored value; raises Broken, KeyFault."""
        held, number = self.keys(), number_of(sealed)
        if number and number not in held.values:
            held = self._read(held)
        return held.open(place, sealed)

    def seal_text(self, place: str, plain: str) -> str:
        """The same for text, in base64."""
        return base64.b64encode(self.seal(place, plain.encode())).decode("ascii")

    def open_text(self, place: str, sealed: object) -> str:
        """The same for text that was stored so; raises Broken, KeyFault."""
        try:
            return self.open(place, base64.b64decode(str(sealed), validate=True)).decode()
        except ValueError as error:
            raise Broken(place) from error

    def index(self, place: str, value: str) -> str:
        """The blind index of a value; raises KeyFault."""
        return self.keys().index(place, value)

    def _read(self, known: DataKeys | None) -> DataKeys:
        with self._lock:
            if self._held is known or self._held is None:
                with self._connect() as connection:
                    self._held = data_keys.read(connection, self.folder)
            return self._held


_RINGS: Final[weakref.WeakKeyDictionary[sa.Dialect, KeyRing]] = weakref.WeakKeyDictionary()


def attach(dialect: sa.Dialect, ring: KeyRing) -> None:
    """Give an engine's dialect its keys; every connection and every option of the engine shares it."""
    _RINGS[dialect] = ring


def ring_of(dialect: sa.Dialect) -> KeyRing:
    """The keys of an engine; raises KeyFault for one that was opened without any."""
    held = _RINGS.get(dialect)
    if held is None:
        raise KeyFault(Problem.KEY_FILE_MISSING, path="keys")
    return held
