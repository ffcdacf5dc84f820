"""What a timestamped signature covers (c2sp.org/tlog-cosignature), by the kind of its key.

An Ed25519 cosignature covers the whole text under a header. One of ML-DSA-44 covers signer, time, origin, size and
root; so that it too binds every byte of the text, a text with more than those three lines is refused.
"""

import base64
import binascii
import re
from typing import Final

from verify.errors import MalformedRecord, Refusal
from verify.log.algorithms import Kind

TIME_BYTES: Final = 8
_LARGEST_TIME: Final = 2**63 - 1
_LABEL: Final = b"subtree/v1\n\0"
_THREE_LINES = re.compile(r"(?P<origin>[^\n]+)\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n")


def message(kind: Kind, name: str, text: str, time: int) -> bytes:
    """The bytes that the signer `name` signs at `time` (seconds since 1970); raises MalformedRecord(BAD_NOTE)."""
    if not 0 <= time <= _LARGEST_TIME:
        raise MalformedRecord(Refusal.BAD_NOTE, "time of a cosignature")
    if kind is Kind.COSIGNATURE_V1:
        return f"cosignature/v1\ntime {time}\n{text}".encode()
    if kind is Kind.ML_DSA_44:
        return _subtree(name, text, time)
    raise MalformedRecord(Refusal.BAD_NOTE, "kind of key")


def _subtree(name: str, text: str, time: int) -> bytes:
    """`cosigned_message` of the whole tree, in the encoding of RFC 8446 §3."""
    match = _THREE_LINES.fullmatch(text)
    if match is None or int(match["size"]) > _LARGEST_TIME:
        raise MalformedRecord(Refusal.BAD_NOTE, "not the text of a checkpoint")
    return b"".join(
        (
            _LABEL,
            _opaque(name),
            time.to_bytes(TIME_BYTES, "big"),
            _opaque(match["origin"]),
            bytes(8),  # the first leaf of the tree
            int(match["size"]).to_bytes(8, "big"),
            _root(match["root"]),
        )
    )


def _opaque(text: str) -> bytes:
    data = text.encode()
    if not 0 < len(data) < 256:
        raise MalformedRecord(Refusal.BAD_NOTE, "name or origin too long")
    return bytes([len(data)]) + data


def _root(encoded: str) -> bytes:
    try:
        root = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedRecord(Refusal.BAD_NOTE, "root") from error
    if base64.b64encode(root).decode() != encoded:
        raise MalformedRecord(Refusal.BAD_NOTE, "root")
    return root
