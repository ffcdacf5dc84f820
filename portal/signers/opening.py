"""From where a key lies to an open signer: a file, a token, a provider. Secrets are asked for when they are needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from portal.signers.file import FileSigner
from portal.signers.pkcs11 import TokenFacts, open_token
from portal.signers.remote import RemoteKey, RemoteSigner
from verify.signing import Signer

_PKCS12: Final = frozenset({".p12", ".pfx"})
_ENCRYPTED_PEM: Final = b"ENCRYPTED"


@dataclass(frozen=True, slots=True)
class FileKey:
    """A PEM (key, certificate, chain) or PKCS#12 file."""

    path: Path


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A key in a USB token or HSM. library: path of its PKCS#11 library. token, key: None where there is one only."""

    library: str
    token: str | None = None
    key: str | None = None


KeyPlace = FileKey | TokenKey | RemoteKey


class Secrets(Protocol):
    """Whoever types the secrets; each is asked for at most once a run, but for one-time codes."""

    def password(self, path: Path) -> str:
        """Of a key file."""
        ...

    def token_pin(self, token: TokenFacts) -> str:
        """Of a token."""
        ...

    def pin(self, of: str) -> str:
        """Of a credential at a provider."""
        ...

    def one_time_code(self, of: str) -> str:
        """Of a credential at a provider: a fresh one for each consent."""
        ...


@contextmanager
def open_signer(place: KeyPlace, secrets: Secrets) -> Iterator[Signer]:
    """A signer that is held open until the block ends.

    Raises SignerRefused, or MalformedRecord(BAD_CERTIFICATE) for a file that is no key.
    """
    if isinstance(place, FileKey):
        secret = secrets.password(place.path) if is_locked(place.path) else None
        yield read_key_file(place.path, secret)
    elif isinstance(place, TokenKey):
        with open_token(place.library, place.token, place.key, secrets.token_pin) as signer:
            yield signer
    else:
        yield RemoteSigner(place, secrets)


def read_key_file(path: Path, password: str | None) -> FileSigner:
    """A key file by what its name says it is; raises MalformedRecord(BAD_CERTIFICATE)."""
    secret = password.encode() if password else None
    if path.suffix.lower() in _PKCS12:
        return FileSigner.from_pkcs12(path.read_bytes(), secret)
    return FileSigner.from_pem(path.read_bytes(), secret)


def is_locked(path: Path) -> bool:
    """Whether a key file wants a password."""
    return path.suffix.lower() in _PKCS12 or _ENCRYPTED_PEM in path.read_bytes()
