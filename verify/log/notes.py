"""Signed notes (c2sp.org/signed-note): text, a blank line, and one line for each signature over the text.

Three kinds of key: plain Ed25519 of a log (0x01), and the timestamped ones of c2sp.org/tlog-cosignature, Ed25519
(0x04) and ML-DSA-44 (0x06), of witnesses and of a log beside its first. Signatures of unknown keys are ignored, one
bad signature of a known key refuses the whole note. The verifier brings its keys; nothing in a note chooses a key or
an algorithm.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from verify import limits
from verify.errors import LimitExceeded, MalformedRecord, Refusal
from verify.log import algorithms, cosignatures
from verify.log.algorithms import TIMESTAMPED, Kind
from verify.log.cosignatures import TIME_BYTES

__all__ = [
    "TIMESTAMPED",
    "Kind",
    "Note",
    "Signer",
    "Verified",
    "Verifier",
    "cosign",
    "cosignature",
    "format_skey",
    "format_vkey",
    "from_base64",
    "open_note",
    "parse_skey",
    "parse_vkey",
    "read_unverified",
    "sign",
    "to_base64",
]

_DASH: Final = "— "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_VKEY = re.compile(r"(?P<name>[^+]+)\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/=]+)")
_SKEY_PREFIX: Final = "PRIVATE+KEY+"


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key that is trusted. name: no spaces, no plus. public: raw bytes, 32 of RFC 8032 or 1,312 of FIPS 204."""

    name: str
    public: bytes
    kind: Kind = Kind.ED25519

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name || 0x0A || kind || public key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that signs. verifier: its public half. raw: makes a signature, here or in a device.

    beside: a timestamped key of the same log, which signs each checkpoint on a line of its own.
    """

    verifier: Verifier
    raw: Callable[[bytes], bytes] = field(repr=False)
    beside: "Signer | None" = None

    @property
    def verifiers(self) -> tuple[Verifier, ...]:
        """The public halves of the key and of the one beside it."""
        return (self.verifier, *(self.beside.verifiers if self.beside is not None else ()))


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that holds. time: seconds since 1970 that a witness states, None for the log's own."""

    verifier: Verifier
    time: int | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A note that known keys signed. text: ends in a newline. signatures: one for each known key."""

    text: str
    signatures: tuple[Verified, ...]

    @property
    def verified_names(self) -> tuple[str, ...]:
        return tuple(signature.verifier.name for signature in self.signatures)


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    key_id: bytes
    signature: bytes


def format_vkey(verifier: Verifier) -> str:
    """`<name>+<key id in hex>+<base64(kind || public key)>`."""
    encoded = to_base64(bytes([verifier.kind]) + verifier.public)
    return f"{verifier.name}+{verifier.key_id.hex()}+{encoded}"


def parse_vkey(text: str) -> Verifier:
    """Read a verifier key; raises MalformedRecord(BAD_NOTE), also when the key id belongs to another key."""
    name, key_id, kind, public = _parse_key(text, secret=False)
    algorithms.require(kind)
    verifier = Verifier(name, public, kind)
    if verifier.key_id != key_id:
        raise MalformedRecord(Refusal.BAD_NOTE, "key id")
    return verifier


def format_skey(name: str, seed: bytes, kind: Kind = Kind.ED25519) -> str:
    """The secret form of a key from a 32-byte seed given by the caller."""
    verifier = _verifier_of(name, algorithms.opened(kind, seed)[0], kind)
    return f"{_SKEY_PREFIX}{name}+{verifier.key_id.hex()}+{to_base64(bytes([kind]) + seed)}"


def parse_skey(text: str) -> Signer:
    """Read a secret key held as text; raises MalformedRecord(BAD_NOTE)."""
    if not text.startswith(_SKEY_PREFIX):
        raise MalformedRecord(Refusal.BAD_NOTE, "secret key")
    name, key_id, kind, seed = _parse_key(text.removeprefix(_SKEY_PREFIX), secret=True)
    public, raw = algorithms.opened(kind, seed)
    verifier = _verifier_of(name, public, kind)
    if verifier.key_id != key_id:
        raise MalformedRecord(Refusal.BAD_NOTE, "key id")
    return Signer(verifier, raw)


def sign(text: str, signer: Signer) -> bytes:
    """A note with one signature; raises MalformedRecord(BAD_NOTE) for a text that no note can hold."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise MalformedRecord(Refusal.BAD_NOTE, "text")
    if signer.verifier.kind is not Kind.ED25519:
        raise MalformedRecord(Refusal.BAD_NOTE, "kind of key")
    return f"{text}\n{_line(signer.verifier, signer.raw(text.encode()))}".encode()


def cosign(note: bytes, signer: Signer, time: int) -> bytes:
    """The note with a timestamped line behind the others; checks nothing of it. time: seconds since 1970."""
    return note + cosignature(read_unverified(note), signer, time)


def cosignature(text: str, signer: Signer, time: int) -> bytes:
    """The line of a timestamped signature over the text of a checkpoint; raises MalformedRecord(BAD_NOTE)."""
    verifier = signer.verifier
    message = cosignatures.message(verifier.kind, verifier.name, text, time)
    return _line(verifier, time.to_bytes(TIME_BYTES, "big") + signer.raw(message)).encode()


def read_unverified(data: bytes) -> str:
    """The text of a note, to learn whose keys to ask for; nothing of it may be believed. Raises as `open_note`."""
    return _split(data)[0]


def open_note(data: bytes, verifiers: Sequence[Verifier]) -> Note:
    """Read a note and verify what known keys signed.

    Raises MalformedRecord(BAD_NOTE) for a malformed note, for a bad signature of a known key, and when no
    known key signed; LimitExceeded for a note beyond the limits.
    """
    known = _by_identity(verifiers)
    text, lines = _split(data)
    verified: dict[Verifier, Verified] = {}
    for line in lines:
        verifier = known.get((line.name, line.key_id))
        if verifier is not None:
            held = _verify(text, line.signature, verifier)
            verified.setdefault(verifier, held)
    if not verified:
        raise MalformedRecord(Refusal.BAD_NOTE, "no signature of a known key")
    return Note(text, tuple(verified.values()))


def to_base64(data: bytes) -> str:
    """RFC 4648 §4."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str, refusal: Refusal = Refusal.BAD_NOTE) -> bytes:
    """RFC 4648 §4, the one spelling that `to_base64` gives; raises MalformedRecord."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedRecord(refusal, "base64") from error
    if to_base64(data) != text:
        raise MalformedRecord(refusal, "base64")
    return data


def _split(data: bytes) -> tuple[str, list[_Line]]:
    if len(data) > limits.NOTE_BYTES:
        raise LimitExceeded(Refusal.TOO_LARGE, "note")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedRecord(Refusal.BAD_NOTE, "not UTF-8") from error
    before, blank, after = whole.rpartition("\n\n")
    if not blank or not after.endswith("\n") or _CONTROL.search(whole):
        raise MalformedRecord(Refusal.BAD_NOTE, "not a note")
    lines = after[:-1].split("\n")
    if len(lines) > limits.NOTE_SIGNATURES:
        raise LimitExceeded(Refusal.TOO_LARGE, "signatures")
    return before + "\n", [_parse_line(line) for line in lines]


def _parse_line(line: str) -> _Line:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not _is_name(name):
        raise MalformedRecord(Refusal.BAD_NOTE, "signature line")
    data = from_base64(encoded)
    if len(data) < 5:
        raise MalformedRecord(Refusal.BAD_NOTE, "signature line")
    return _Line(name, data[:4], data[4:])


def _verify(text: str, signature: bytes, verifier: Verifier) -> Verified:
    if verifier.kind is Kind.ED25519:
        _require_holds(text.encode(), signature, verifier)
        return Verified(verifier)
    time = int.from_bytes(signature[:TIME_BYTES], "big")
    message = cosignatures.message(verifier.kind, verifier.name, text, time)
    _require_holds(message, signature[TIME_BYTES:], verifier)
    return Verified(verifier, time)


def _require_holds(message: bytes, signature: bytes, verifier: Verifier) -> None:
    if not algorithms.holds(verifier.kind, verifier.public, signature, message):
        raise MalformedRecord(Refusal.BAD_NOTE, "signature of a known key")


def _by_identity(verifiers: Iterable[Verifier]) -> dict[tuple[str, bytes], Verifier]:
    known: dict[tuple[str, bytes], Verifier] = {}
    for verifier in verifiers:
        if known.setdefault((verifier.name, verifier.key_id), verifier) != verifier:
            raise MalformedRecord(Refusal.BAD_NOTE, "two keys of one name and id")
    return known


def _line(verifier: Verifier, signature: bytes) -> str:
    if not _is_name(verifier.name):
        raise MalformedRecord(Refusal.BAD_NOTE, "name of a key")
    return f"{_DASH}{verifier.name} {to_base64(verifier.key_id + signature)}\n"


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() or c < " " for c in name)


def _parse_key(text: str, *, secret: bool) -> tuple[str, bytes, Kind, bytes]:
    match = _VKEY.fullmatch(text)
    if match is None or not _is_name(match["name"]):
        raise MalformedRecord(Refusal.BAD_NOTE, "key")
    data = from_base64(match["key"])
    if not data or data[0] not in tuple(Kind):
        raise MalformedRecord(Refusal.BAD_NOTE, "kind of key")
    kind = Kind(data[0])
    if len(data) != 1 + (algorithms.SEED_BYTES if secret else algorithms.PUBLIC_BYTES[kind]):
        raise MalformedRecord(Refusal.BAD_NOTE, "length of a key")
    return match["name"], bytes.fromhex(match["id"]), kind, data[1:]


def _verifier_of(name: str, public: bytes, kind: Kind) -> Verifier:
    if not _is_name(name):
        raise MalformedRecord(Refusal.BAD_NOTE, "name of a key")
    return Verifier(name, public, kind)
