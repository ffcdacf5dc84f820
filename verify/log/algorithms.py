"""Keys of signed notes by their type byte: Ed25519 (RFC 8032), and ML-DSA-44 (FIPS 204) where this build has it.

ML-DSA-44 holds against quantum computers; c2sp.org/tlog-cosignature gives it the type byte 0x06 and a message of
its own. Every secret key is a 32-byte seed.
"""

from collections.abc import Callable
from enum import IntEnum
from functools import cache
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from verify.errors import MalformedRecord, Refusal

try:
    from cryptography.hazmat.primitives.asymmetric import mldsa

    _IMPORTED = True
except ImportError:  # a build of `cryptography` from before it
    _IMPORTED = False

SEED_BYTES: Final = 32


class Kind(IntEnum):
    """Signature type identifier bytes of c2sp.org/signed-note that are accepted here."""

    ED25519 = 0x01
    COSIGNATURE_V1 = 0x04
    ML_DSA_44 = 0x06


PUBLIC_BYTES: Final = {Kind.ED25519: 32, Kind.COSIGNATURE_V1: 32, Kind.ML_DSA_44: 1312}
TIMESTAMPED: Final = frozenset({Kind.COSIGNATURE_V1, Kind.ML_DSA_44})


@cache
def has_ml_dsa() -> bool:
    """Whether ML-DSA-44 works here."""
    if not _IMPORTED:
        return False
    try:
        mldsa.MLDSA44PrivateKey.from_seed_bytes(bytes(SEED_BYTES))
    except UnsupportedAlgorithm:
        return False
    return True


def opened(kind: Kind, seed: bytes) -> tuple[bytes, Callable[[bytes], bytes]]:
    """Public key and signing function of a seed; raises MalformedRecord(BAD_NOTE), also for a kind without support."""
    if len(seed) != SEED_BYTES:
        raise MalformedRecord(Refusal.BAD_NOTE, "seed")
    if kind is not Kind.ML_DSA_44:
        key = Ed25519PrivateKey.from_private_bytes(seed)
        return key.public_key().public_bytes_raw(), key.sign
    require(kind)
    quantum = mldsa.MLDSA44PrivateKey.from_seed_bytes(seed)
    return quantum.public_key().public_bytes_raw(), quantum.sign


def holds(kind: Kind, public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a signature over a message is of this key. A kind that does not work here raises: it is never passed."""
    require(kind)
    try:
        if kind is Kind.ML_DSA_44:
            mldsa.MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)
        else:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def require(kind: Kind) -> None:
    """Raises MalformedRecord(BAD_NOTE) for a kind that this build cannot verify."""
    if kind is Kind.ML_DSA_44 and not has_ml_dsa():
        raise MalformedRecord(Refusal.BAD_NOTE, "ML-DSA-44 does not work in this build")
