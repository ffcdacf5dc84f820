"""Data keys: they encrypt values and make the blind index. Rows of `data_key`, each wrapped by a master key.

A value is stored as: 1 byte format, 4 bytes number of the data key, 12 bytes nonce, AES-256-GCM with the place
(`table.column`) as associated data. The index key stays for the life of the instance; another one would find nothing.
"""

import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.encryption.faults import Broken, KeyFault
from portal.encryption.masters import Master, new_master, read_master
from portal.errors import Problem

KEYS: Final = Path("keys")
_FORMAT: Final = b"\x01"
_HEAD: Final = 5
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_KEY_BYTES: Final = 32

DATA_KEY: Final = sa.table(
    "data_key",
    sa.column("id", sa.Integer()),
    sa.column("purpose", sa.Text()),
    sa.column("wrapped", sa.LargeBinary()),
    sa.column("wrapped_by", sa.Text()),
    sa.column("created_at", sa.DateTime(timezone=True)),
)


class Purpose(StrEnum):
    """What a data key is for. Stored, so for ever."""

    VALUES = "values"
    INDEX = "index"


@dataclass(frozen=True, slots=True)
class DataKeys:
    """The data keys of an instance, open. values: by number, of which the highest encrypts. indexes: by place."""

    values: Mapping[int, AESGCM] = field(repr=False)
    index_key: bytes = field(repr=False)
    _indexes: dict[str, bytes] = field(default_factory=dict, repr=False)

    def seal(self, place: str, plain: bytes) -> bytes:
        """A value as it is stored at a place."""
        number = max(self.values)
        head = _FORMAT + number.to_bytes(4, "big")
        nonce = os.urandom(_NONCE_BYTES)
        return head + nonce + self.values[number].encrypt(nonce, plain, head + place.encode())

    def open(self, place: str, sealed: bytes) -> bytes:
        """The value; raises Broken for one that was changed, cut, or sealed for another place."""
        key = self.values.get(number_of(sealed))
        if key is None:
            raise Broken(place)
        head, nonce, rest = sealed[:_HEAD], sealed[_HEAD : _HEAD + _NONCE_BYTES], sealed[_HEAD + _NONCE_BYTES :]
        try:
            return key.decrypt(nonce, rest, head + place.encode())
        except InvalidTag as error:
            raise Broken(place) from error

    def index(self, place: str, value: str) -> str:
        """The blind index of a value: equal for equal values at one place, and nothing else is told by it."""
        key = self._indexes.get(place)
        if key is None:
            key = HKDF(SHA256(), _KEY_BYTES, None, b"hocba blind index " + place.encode()).derive(self.index_key)
            self._indexes[place] = key
        return hmac.digest(key, value.encode(), hashlib.sha256).hex()


def number_of(sealed: object) -> int:
    """Number of the data key that a stored value names; 0, which no key has, for what is no stored value."""
    if not isinstance(sealed, bytes) or len(sealed) < _HEAD + _NONCE_BYTES + _TAG_BYTES or sealed[:1] != _FORMAT:
        return 0
    return int.from_bytes(sealed[1:_HEAD], "big")


def begin(connection: sa.Connection, folder: Path, now: datetime) -> DataKeys:
    """Make a master key and the first data keys of an instance that has none."""
    master = new_master(folder)
    for purpose in (Purpose.INDEX, Purpose.VALUES):
        add(connection, master, purpose, now)
    return read(connection, folder)


def add(connection: sa.Connection, master: Master, purpose: Purpose, now: datetime) -> None:
    """One more data key, wrapped by a master key."""
    number = 1 + (connection.scalar(sa.select(sa.func.max(DATA_KEY.c.id))) or 0)
    wrapped = master.wrap(name_of(number, purpose), os.urandom(_KEY_BYTES))
    connection.execute(
        sa.insert(DATA_KEY).values(
            id=number, purpose=purpose.value, wrapped=wrapped, wrapped_by=master.id, created_at=now
        )
    )


def exist(connection: sa.Connection) -> bool:
    """Whether the instance has data keys yet."""
    return connection.scalar(sa.select(DATA_KEY.c.id).limit(1)) is not None


def read(connection: sa.Connection, folder: Path) -> DataKeys:
    """The data keys, opened with the master keys in a folder.

    Raises KeyFault: NOT_INITIALISED where there are none, as `read_master`, VALUE_BROKEN for a row that was changed.
    """
    rows = connection.execute(sa.select(DATA_KEY).order_by(DATA_KEY.c.id)).all()
    masters = {id_: read_master(folder, id_) for id_ in {row.wrapped_by for row in rows}}
    opened = {row.id: (row.purpose, unwrapped(masters[row.wrapped_by], row)) for row in rows}
    values = {number: AESGCM(key) for number, (purpose, key) in opened.items() if purpose == Purpose.VALUES}
    index = _first(key for purpose, key in opened.values() if purpose == Purpose.INDEX)
    if not values or index is None:
        raise KeyFault(Problem.NOT_INITIALISED, path=str(folder.parent))
    return DataKeys(values, index)


def unwrapped(master: Master, row: sa.Row[int, str, bytes, str, datetime]) -> bytes:
    """The data key of a row; raises KeyFault(VALUE_BROKEN)."""
    try:
        return master.unwrap(name_of(row.id, row.purpose), row.wrapped)
    except Broken as error:
        raise KeyFault(Problem.VALUE_BROKEN, place=DATA_KEY.name) from error


def name_of(number: int, purpose: str) -> str:
    """What a wrapped data key is bound to."""
    return f"data_key/{number}/{purpose}"


def _first(keys: Iterable[bytes]) -> bytes | None:
    return next(iter(keys), None)
