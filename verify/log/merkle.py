"""Merkle trees of RFC 6962 §2.1: hashes, roots, proofs and their verification.

Building asks a `HashReader` for hashes of complete subtrees, so a proof of a tree of n leaves reads about
log2(n) hashes and never all leaves. Checking needs no reader and shares no path logic with building: it
follows the steps of RFC 9162 §2.1.3.2 and §2.1.4.2, which bind the length of a proof to index and size. A
proof is a tuple of 32-byte hashes, from the leaf upwards.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from verify.errors import MalformedRecord, Refusal
from verify.verdict import Check, Question, Reason, Status

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
LARGEST_SIZE: Final = 2**63 - 1

Proof = tuple[bytes, ...]


class HashReader(Protocol):
    """Hashes of complete subtrees of one tree."""

    def read(self, level: int, index: int) -> bytes:
        """The 32-byte hash over leaves index * 2**level up to, not with, (index + 1) * 2**level."""


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || leaf), RFC 6962 §2.1."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right), RFC 6962 §2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes in memory (RFC 6962 §2.1): pair each level, lift an odd last hash."""
    level = list(leaf_hashes) or [EMPTY_ROOT]
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []
        level = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=False)] + odd
    return level[0]


def root(size: int, reader: HashReader) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return _range_hash(0, size, reader) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, reader: HashReader) -> Proof:
    """PATH(index, D[size]) of RFC 6962 §2.1.1; raises MalformedRecord(BAD_PROOF) outside the tree."""
    if not 0 <= index < size:
        raise MalformedRecord(Refusal.BAD_PROOF, "index outside the tree")
    start, end = 0, size
    siblings = []
    while end - start > 1:
        middle = start + _largest_power_below(end - start)
        if index < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    return tuple(_range_hash(first, last, reader) for first, last in reversed(siblings))


def consistency_proof(old_size: int, size: int, reader: HashReader) -> Proof:
    """PROOF(old_size, D[size]) of RFC 6962 §2.1.2; empty from size 0 and between equal sizes."""
    if not 0 <= old_size <= size:
        raise MalformedRecord(Refusal.BAD_PROOF, "sizes out of order")
    if old_size in (0, size):
        return ()
    start, end = 0, size
    parts = []
    while end != old_size:
        middle = start + _largest_power_below(end - start)
        if old_size <= middle:
            parts.append((middle, end))
            end = middle
        else:
            parts.append((start, middle))
            start = middle
    if start:  # the old tree is not one complete subtree: its last part is not known to the verifier
        parts.append((start, end))
    return tuple(_range_hash(first, last, reader) for first, last in reversed(parts))


def implied_root(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to from a leaf hash (RFC 9162 §2.1.3.2, steps 1-5).

    Raises MalformedRecord(BAD_PROOF) when index, size and length of the proof do not fit one another.
    """
    _require_hashes((leaf, *proof))
    if not 0 <= index < size <= LARGEST_SIZE:
        raise MalformedRecord(Refusal.BAD_PROOF, "index outside the tree")
    result = leaf
    position, last = index, size - 1
    for sibling in proof:
        if last == 0:
            raise MalformedRecord(Refusal.BAD_PROOF, "too long")
        if position & 1 or position == last:
            result = node_hash(sibling, result)
            position, last = _skip_lifted(position, last)
        else:
            result = node_hash(result, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise MalformedRecord(Refusal.BAD_PROOF, "too short")
    return result


def implied_roots(old_size: int, old_root: bytes, size: int, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The old and the new root that a consistency proof leads to (RFC 9162 §2.1.4.2, steps 1-6).

    Raises MalformedRecord(BAD_PROOF) when length and sizes (0 < old < new) do not fit one another.
    """
    _require_hashes((old_root, *proof))
    if not 0 < old_size < size <= LARGEST_SIZE:
        raise MalformedRecord(Refusal.BAD_PROOF, "sizes out of order")
    path = iter((old_root, *proof) if old_size.bit_count() == 1 else proof)
    position, last = old_size - 1, size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = _first(path)
    for part in path:
        if last == 0:
            raise MalformedRecord(Refusal.BAD_PROOF, "too long")
        if position & 1 or position == last:
            old, new = node_hash(part, old), node_hash(part, new)
            position, last = _skip_lifted(position, last)
        else:
            new = node_hash(new, part)
        position, last = position >> 1, last >> 1
    if last:
        raise MalformedRecord(Refusal.BAD_PROOF, "too short")
    return old, new


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes) -> Check:
    """Whether a leaf hash stands at `index` of the tree; a proof of the wrong shape fails."""
    try:
        proven = implied_root(leaf, index, size, proof) == root_hash
    except MalformedRecord:
        proven = False
    if proven:
        return Check(Question.LOGGED, Status.PASSED)
    return Check(Question.LOGGED, Status.FAILED, Reason.NOT_IN_LOG)


def check_consistency(old_size: int, old_root: bytes, size: int, new_root: bytes, proof: Sequence[bytes]) -> Check:
    """Whether the tree only grew. From size 0 and between equal sizes the proof must be empty."""
    try:
        consistent = _consistent(old_size, old_root, size, new_root, proof)
    except MalformedRecord:
        consistent = False
    if consistent:
        return Check(Question.LOGGED, Status.PASSED)
    return Check(Question.LOGGED, Status.FAILED, Reason.LOG_INCONSISTENT)


def _consistent(old_size: int, old_root: bytes, size: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    if old_size == size:
        return not proof and old_root == new_root and (size > 0 or new_root == EMPTY_ROOT)
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT and 0 < size <= LARGEST_SIZE
    return implied_roots(old_size, old_root, size, proof) == (old_root, new_root)


def _skip_lifted(position: int, last: int) -> tuple[int, int]:
    while position and not position & 1:
        position, last = position >> 1, last >> 1
    return position, last


def _first(path: Iterator[bytes]) -> bytes:
    for part in path:
        return part
    raise MalformedRecord(Refusal.BAD_PROOF, "too short")


def _require_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(item) != HASH_BYTES for item in hashes):
        raise MalformedRecord(Refusal.BAD_PROOF, "not a list of hashes")


def _largest_power_below(width: int) -> int:
    return 1 << ((width - 1).bit_length() - 1)


def _range_hash(start: int, end: int, reader: HashReader) -> bytes:
    """MTH(D[start:end]) for a start that is a multiple of a power of two not below the width."""
    complete = []
    while start < end:
        level = (end - start).bit_length() - 1
        complete.append(reader.read(level, start >> level))
        start += 1 << level
    result = complete.pop()
    while complete:
        result = node_hash(complete.pop(), result)
    return result
