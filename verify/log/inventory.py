"""The inventory: a map from each pupil's year to its current version, as one hash that gives one answer for each key.

A sparse Merkle tree over keys of 256 bits, sorted by its shape: the first bit of a key, counted from the most
significant, says left (0) or right (1) of the root, the second bit of the node below, and so on; a subtree that holds
one entry is that entry, one that holds none is 32 zero bytes.

    key   = SHA-256("hocba/inventory-key/1" || 0x0A || lookup code || 0x0A || school year)
    value = version (32 bits) || standing (8 bits) || index of the leaf of its lock (64 bits), big-endian
    entry = SHA-256(0x00 || key || value)        node = SHA-256(0x01 || left || right)

The place of a key follows from the key, so under one root nobody can prove two values of it, or a value and its
absence: unlike in a sorted list, where the order has to be believed. A key shows nothing of the code, which has 122
random bits; a proof shows hashes, and for an absent key at most one other entry. Proofs run from the root to the entry.
"""

import hashlib
import struct
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from verify.errors import MalformedRecord, Refusal
from verify.log import fields

KEY_SCHEMA: Final = "hocba/inventory-key/1"
HASH_BYTES: Final = 32
EMPTY: Final = bytes(HASH_BYTES)

_VALUE: Final = struct.Struct(">IBQ")
ENTRY_BYTES: Final = HASH_BYTES + _VALUE.size
_TOP: Final = 8  # bits of a key that choose a bucket
_BUCKETS: Final = 1 << _TOP
_BITS: Final = 8 * HASH_BYTES


@dataclass(frozen=True, slots=True)
class Current:
    """What holds of a pupil's year. version: 1, 2, …; standing: code of the status list; index: of its lock's leaf."""

    version: int
    standing: int
    index: int


@dataclass(frozen=True, slots=True)
class MapProof:
    """siblings: 32 bytes each, from the root downwards. entry: key and value where the way ends, None for nothing."""

    siblings: tuple[bytes, ...]
    entry: tuple[bytes, bytes] | None


def key_of(lookup_code: str, school_year: str) -> bytes:
    """The key of a pupil's year, 32 bytes; raises MalformedRecord."""
    code = fields.text(lookup_code, fields.LOOKUP_CODE, "lookup_code")
    year = fields.text(school_year, fields.SCHOOL_YEAR, "school_year")
    return hashlib.sha256(f"{KEY_SCHEMA}\n{code}\n{year}".encode()).digest()


def value_of(current: Current) -> bytes:
    """The value as it is hashed, 13 bytes; raises MalformedRecord for what does not fit."""
    try:
        return _VALUE.pack(current.version, current.standing, current.index)
    except struct.error as error:
        raise MalformedRecord(Refusal.BAD_SHAPE, "value") from error


def read_value(data: bytes) -> Current:
    """What `value_of` wrote; raises MalformedRecord."""
    if len(data) != _VALUE.size:
        raise MalformedRecord(Refusal.BAD_SHAPE, "value")
    return Current(*_VALUE.unpack(data))


class Inventory:
    """The map while it is made, in any order. Takes 45 bytes for each entry, and one bucket of 256 opened at a time."""

    def __init__(self) -> None:
        self._buckets = [bytearray() for _ in range(_BUCKETS)]

    def add(self, key: bytes, current: Current) -> None:
        """Put an entry in; raises MalformedRecord. A key that comes twice is refused by `root` and `prove`."""
        if len(key) != HASH_BYTES:
            raise MalformedRecord(Refusal.BAD_SHAPE, "key")
        self._buckets[key[0]] += key + value_of(current)

    @property
    def count(self) -> int:
        """How many entries there are."""
        return self._held(0, _BUCKETS)

    def root(self) -> bytes:
        """The hash of the map, 32 bytes; `EMPTY` without entries."""
        return self._over(0, _BUCKETS)

    def prove(self, key: bytes) -> MapProof:
        """What the map says of a key: its value, or that it is not there."""
        low, high, depth, siblings = 0, _BUCKETS, 0, []
        while depth < _TOP and self._held(low, high) > 1:
            middle = (low + high) // 2
            halves = ((low, middle), (middle, high))
            side = _bit(key, depth)
            siblings.append(self._over(*halves[1 - side]))
            (low, high), depth = halves[side], depth + 1
        entries = _opened(b"".join(self._buckets[low:high]))
        first, last = 0, len(entries)
        while last - first > 1:
            middle = _split(entries, first, last, depth)
            pair = ((first, middle), (middle, last))
            side = _bit(key, depth)
            siblings.append(_subtree(entries, *pair[1 - side], depth + 1))
            (first, last), depth = pair[side], depth + 1
        found = entries[first] if last > first else None
        return MapProof(tuple(siblings), None if found is None else (found[:HASH_BYTES], found[HASH_BYTES:]))

    def _held(self, low: int, high: int) -> int:
        return sum(map(len, self._buckets[low:high])) // ENTRY_BYTES

    def _over(self, low: int, high: int) -> bytes:
        """The hash over some buckets."""
        if self._held(low, high) <= 1 or high - low == 1:
            entries = _opened(b"".join(self._buckets[low:high]))
            return _subtree(entries, 0, len(entries), _TOP)
        middle = (low + high) // 2
        return _node(self._over(low, middle), self._over(middle, high))


def find(proof: MapProof, key: bytes, root: bytes) -> Current | None:
    """What a map with this root says of a key: its value, None for "not there"; raises MalformedRecord(BAD_PROOF)."""
    depth = len(proof.siblings)
    if depth > _BITS or len(key) != HASH_BYTES or any(len(each) != HASH_BYTES for each in proof.siblings):
        raise MalformedRecord(Refusal.BAD_PROOF, "not a list of hashes")
    node = EMPTY
    if proof.entry is not None:
        found, value = proof.entry
        if len(found) != HASH_BYTES or any(_bit(found, each) != _bit(key, each) for each in range(depth)):
            raise MalformedRecord(Refusal.BAD_PROOF, "another way")
        node = _leaf(found + value)
    for level in reversed(range(depth)):
        sibling = proof.siblings[level]
        node = _node(sibling, node) if _bit(key, level) else _node(node, sibling)
    if node != root:
        raise MalformedRecord(Refusal.BAD_PROOF, "root")
    if proof.entry is None or proof.entry[0] != key:
        return None
    return read_value(proof.entry[1])


def _opened(data: bytes) -> list[bytes]:
    """The entries of a bucket, sorted; raises MalformedRecord for a key that comes twice."""
    entries = sorted(data[start : start + ENTRY_BYTES] for start in range(0, len(data), ENTRY_BYTES))
    if len({entry[:HASH_BYTES] for entry in entries}) != len(entries):
        raise MalformedRecord(Refusal.DUPLICATE_KEY, "inventory")
    return entries


def _subtree(entries: Sequence[bytes], low: int, high: int, depth: int) -> bytes:
    """The hash over sorted entries that share their first `depth` bits."""
    if high - low <= 1:
        return _leaf(entries[low]) if high > low else EMPTY
    middle = _split(entries, low, high, depth)
    return _node(_subtree(entries, low, middle, depth + 1), _subtree(entries, middle, high, depth + 1))


def _split(entries: Sequence[bytes], low: int, high: int, depth: int) -> int:
    """Where the entries with bit `depth` set begin."""
    return bisect_left(entries, 1, low, high, key=lambda entry: _bit(entry, depth))


def _bit(key: bytes, depth: int) -> int:
    return key[depth >> 3] >> (7 - (depth & 7)) & 1


def _leaf(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
