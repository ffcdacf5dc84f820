"""Encryption of backups: the age format (age-encryption.org/v1), so that the public `age` tool opens them too.

A backup is encrypted to public keys only: the server that makes it cannot read it again. Everything is a stream.
"""

import io
import os
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import pyrage
from pyrage import x25519

from portal.backup.refusals import BackupProblem, BackupRefused

_SECRET = re.compile(r"AGE-SECRET-KEY-1[A-Z0-9]+")
_NO_KEY: Final = "No matching keys"
_SMALL: Final = 1024 * 1024
# The age library times one small scrypt before each opening and refuses work far above what that foretells. A machine
# that was busy for that moment foretells wrongly, so one refusal says little.
_TOO_MUCH_WORK: Final = "Excessive work"
_WORK_TRIES: Final = 8


def new_identity() -> tuple[str, str]:
    """A fresh pair: the secret as `age-keygen` spells it, and the public key (age1…)."""
    made = x25519.Identity.generate()
    return str(made), str(made.to_public())


def recipients(texts: Iterable[str]) -> list[x25519.Recipient]:
    """Public keys, one a line, `#` begins a comment; raises BackupRefused(BAD_RECIPIENT) or (NO_RECIPIENT)."""
    found = {}
    for text in texts:
        for line in text.splitlines():
            word = line.strip()
            if not word or word.startswith("#"):
                continue
            try:
                found[word] = x25519.Recipient.from_str(word)
            except pyrage.RecipientError as error:
                raise BackupRefused(BackupProblem.BAD_RECIPIENT, text=word[:80]) from error
    if not found:
        raise BackupRefused(BackupProblem.NO_RECIPIENT)
    return list(found.values())


def identities(path: Path) -> list[x25519.Identity]:
    """The secrets in a key file; raises BackupRefused(BAD_IDENTITY)."""
    try:
        with path.open(encoding="utf-8") as file:
            found = [x25519.Identity.from_str(word) for word in _SECRET.findall(file.read(_SMALL))]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise BackupRefused(BackupProblem.BAD_IDENTITY, path=str(path)) from error
    if not found:
        raise BackupRefused(BackupProblem.BAD_IDENTITY, path=str(path))
    return found


class Sink(Protocol):
    """Where an encrypted stream goes."""

    def write(self, data: bytes, /) -> int: ...

    def flush(self) -> None: ...


def encrypt(pieces: Iterable[bytes], out: Sink, to: Sequence[x25519.Recipient]) -> None:
    """Write the encrypted stream; what `pieces` raises comes out as it is."""
    source = _Pulled(pieces)
    try:
        pyrage.encrypt_io(source, out, to)
    except (pyrage.EncryptError, OSError):
        if source.failure is not None:
            raise source.failure from None
        raise


@contextmanager
def decrypted(file: BinaryIO, keys: Sequence[x25519.Identity]) -> Iterator[BinaryIO]:
    """The plain bytes as a stream; each piece was authenticated before it is given out.

    Raises BackupRefused(WRONG_KEY), and (DAMAGED) for a file that is cut off or changed: at the latest on leaving, so
    whoever reads must not make anything final before.
    """
    reading, writing = os.pipe()
    failures: list[Exception] = []
    thread = threading.Thread(target=_decrypt, args=(file, writing, keys, failures), daemon=True)
    thread.start()
    try:
        with os.fdopen(reading, "rb", buffering=_SMALL) as plain:
            try:
                yield plain
                while plain.read(_SMALL):
                    pass
            except Exception:
                plain.close()
                thread.join()
                _raise(failures)
                raise
    finally:
        thread.join()
    _raise(failures)


def encrypt_secret(data: bytes, passphrase: str) -> bytes:
    """Small data under a passphrase (age, scrypt)."""
    return bytes(pyrage.passphrase.encrypt(data, passphrase))


def decrypt_secret(data: bytes, passphrase: str) -> bytes:
    """Raises BackupRefused(PASSPHRASE_WRONG), also for a damaged file, and (MACHINE_TOO_SLOW) with none tried."""
    for _ in range(_WORK_TRIES):
        try:
            return bytes(pyrage.passphrase.decrypt(data, passphrase))
        except (pyrage.DecryptError, OSError) as error:
            if not str(error).startswith(_TOO_MUCH_WORK):
                raise BackupRefused(BackupProblem.PASSPHRASE_WRONG) from error
    raise BackupRefused(BackupProblem.MACHINE_TOO_SLOW)


class _Pulled(io.RawIOBase):
    """Pieces as a file to read; keeps what went wrong, because the library below turns it into text."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._left = memoryview(b"")
        self.failure: Exception | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            while not self._left:
                self._left = memoryview(next(self._pieces))
        except StopIteration:
            return b""
        except Exception as error:
            self.failure = error
            raise
        wanted = len(self._left) if size < 0 else size
        taken, self._left = self._left[:wanted], self._left[wanted:]
        return bytes(taken)


def _decrypt(file: BinaryIO, writing: int, keys: Sequence[x25519.Identity], failures: list[Exception]) -> None:
    try:
        with os.fdopen(writing, "wb", buffering=0) as out:
            pyrage.decrypt_io(file, out, keys)
    except BrokenPipeError:
        return  # whoever read has stopped, and says why
    except (pyrage.DecryptError, OSError) as error:
        if "roken pipe" not in str(error):
            failures.append(error)


def _raise(failures: Sequence[Exception]) -> None:
    for error in failures:
        if str(error).startswith(_NO_KEY):
            raise BackupRefused(BackupProblem.WRONG_KEY) from error
        if isinstance(error, pyrage.DecryptError):
            raise BackupRefused(BackupProblem.NOT_A_BACKUP) from error
        raise BackupRefused(BackupProblem.DAMAGED, detail="mã hóa") from error
