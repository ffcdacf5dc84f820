"""Master keys: files `keys/identity-<id>.key` of the instance, in the bundle of keys and never in the database.

The id is a digest of the key, so that the database can name the file that it needs and no other file passes for it.
"""

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.encryption.faults import Broken, KeyFault
from portal.errors import Problem

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class Master:
    """A key that only wraps data keys. id: 16 hex digits."""

    id: str
    key: bytes = field(repr=False)

    def wrap(self, what: str, data_key: bytes) -> bytes:
        """A data key as the database keeps it. what: which one; it opens as no other."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self.key).encrypt(nonce, data_key, what.encode())

    def unwrap(self, what: str, wrapped: bytes) -> bytes:
        """The data key; raises Broken."""
        try:
            return AESGCM(self.key).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], what.encode())
        except (InvalidTag, ValueError) as error:
            raise Broken(what) from error


def new_master(folder: Path) -> Master:
    """Make a key; its file is whole and on the disk when this returns."""
    made = os.urandom(_KEY_BYTES)
    master = Master(_id(made), made)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = master_path(folder, master.id)
    draft = path.with_name(path.name + ".part")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(made.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync(folder)
    return master


def read_master(folder: Path, id_: str) -> Master:
    """The key of that id; raises KeyFault: KEY_FILE_MISSING, or KEY_FILE_WRONG for a file with anything else in it."""
    path = master_path(folder, id_)
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except OSError as error:
        raise KeyFault(Problem.KEY_FILE_MISSING, path=_shown(path)) from error
    except ValueError as error:
        raise KeyFault(Problem.KEY_FILE_WRONG, path=_shown(path)) from error
    if _id(key) != id_:
        raise KeyFault(Problem.KEY_FILE_WRONG, path=_shown(path))
    return Master(id_, key)


def master_path(folder: Path, id_: str) -> Path:
    return folder / f"identity-{id_}.key"


def all_paths(folder: Path) -> list[Path]:
    """Files of master keys, of today and of before."""
    return sorted(folder.glob("identity-*.key"))


def _shown(path: Path) -> str:
    """Within the instance's folder: where that lies is nobody's business who only sees a page."""
    return f"{path.parent.name}/{path.name}"


def _id(key: bytes) -> str:
    return hashlib.sha256(b"hocba identity key\0" + key).hexdigest()[:16]


def _sync(folder: Path) -> None:
    """The file's name too must outlive a power cut: data keys are wrapped with it from now on."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
