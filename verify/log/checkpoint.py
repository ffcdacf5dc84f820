"""Checkpoints (c2sp.org/tlog-checkpoint): the head of the log as the text of a signed note.

Lines: origin, size in decimal, root in base64, then optional extension lines. Whether two checkpoints are
consistent is `merkle.check_consistency`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from verify.errors import MalformedRecord, Refusal
from verify.log import merkle, notes

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log. origin: names log and key. size: leaves. root: 32 bytes. extensions: more lines."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint that a known key of its log signed. note: with every signature of a known key."""

    checkpoint: Checkpoint
    note: notes.Note


def body(checkpoint: Checkpoint) -> str:
    """The text to sign; raises MalformedRecord(BAD_NOTE) for what `parse` would not give back."""
    lines = (
        checkpoint.origin,
        str(checkpoint.size),
        notes.to_base64(checkpoint.root),
        *checkpoint.extensions,
    )
    text = "".join(f"{line}\n" for line in lines)
    if parse(text) != checkpoint:
        raise MalformedRecord(Refusal.BAD_NOTE, "checkpoint")
    return text


def parse(text: str) -> Checkpoint:
    """Read the text of a note strictly; raises MalformedRecord(BAD_NOTE)."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "" or not all(lines):
        raise MalformedRecord(Refusal.BAD_NOTE, "checkpoint")
    origin, size, encoded, *extensions = lines
    root = notes.from_base64(encoded)
    if not _DECIMAL.fullmatch(size) or int(size) > merkle.LARGEST_SIZE or len(root) != merkle.HASH_BYTES:
        raise MalformedRecord(Refusal.BAD_NOTE, "checkpoint")
    return Checkpoint(origin, int(size), root, tuple(extensions))


def sign(checkpoint: Checkpoint, signer: notes.Signer, time: int = 0) -> bytes:
    """The signed note of a checkpoint. The caller makes sure that it extends the last one that it signed.

    time: seconds since 1970, for the line of the key beside; 0 says nothing about when.
    """
    if any(key.name != checkpoint.origin for key in signer.verifiers):
        raise MalformedRecord(Refusal.BAD_NOTE, "key of another log")
    note = notes.sign(body(checkpoint), signer)
    return note if signer.beside is None else notes.cosign(note, signer.beside, time)


def open_signed(
    data: bytes, log_keys: Sequence[notes.Verifier], witnesses: Sequence[notes.Verifier] = ()
) -> SignedCheckpoint:
    """Open a signed note that a key of its own log signed, whatever witnesses say.

    log_keys: trusted keys, each named like its log. Raises MalformedRecord(BAD_NOTE) or LimitExceeded.
    """
    note = notes.open_note(data, (*log_keys, *witnesses))
    checkpoint = parse(note.text)
    signed = {signature.verifier for signature in note.signatures}
    if not any(key in signed and key.name == checkpoint.origin for key in log_keys):
        raise MalformedRecord(Refusal.BAD_NOTE, "not signed by its log")
    return SignedCheckpoint(checkpoint, note)
