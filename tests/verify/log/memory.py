"""A log in memory and the definitions of RFC 6962 §2.1 written down literally, to compare with."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from verify.log import merkle, tiles

HASH = 32


@dataclass
class MemoryTiles:
    """A tile store that keeps the widest data of each tile."""

    held: dict[tuple[int, int], bytes] = field(default_factory=dict)
    reads: list[tuple[int, int, int]] = field(default_factory=list)

    def read(self, level: int, index: int, width: int) -> bytes:
        self.reads.append((level, index, width))
        return self.held.get((level, index), b"")[: width * HASH]

    def store(self, made: Iterable[tiles.Tile]) -> None:
        for tile in made:
            assert len(tile.data) == tile.width * HASH
            assert tile.data.startswith(self.held.get((tile.level, tile.index), b"")), "a tile only grows"
            self.held[tile.level, tile.index] = tile.data


@dataclass(frozen=True)
class LeafHashes:
    """A `merkle.HashReader` by definition: it hashes the leaves below each time."""

    leaves: Sequence[bytes]

    def read(self, level: int, index: int) -> bytes:
        part = self.leaves[index << level : (index + 1) << level]
        assert len(part) == 1 << level, "only complete subtrees may be asked for"
        return mth(part)


def entry(number: int) -> bytes:
    return b"entry %d" % number


def hashes(count: int) -> list[bytes]:
    return [merkle.leaf_hash(entry(number)) for number in range(count)]


def grown(store: MemoryTiles, leaf_hashes: Sequence[bytes], batches: Iterable[int]) -> tiles.Appended:
    """Append in batches of the given sizes, the rest in one."""
    size, root = 0, merkle.EMPTY_ROOT
    for batch in (*batches, len(leaf_hashes)):
        part = leaf_hashes[size : size + batch]
        made = tiles.append(size, part, store)
        store.store(made.tiles)
        size, root = made.size, made.root
    return tiles.Appended(size, root, ())


def mth(leaf_hashes: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1."""
    if not leaf_hashes:
        return hashlib.sha256(b"").digest()
    if len(leaf_hashes) == 1:
        return leaf_hashes[0]
    k = split(len(leaf_hashes))
    return hashlib.sha256(b"\x01" + mth(leaf_hashes[:k]) + mth(leaf_hashes[k:])).digest()


def path(m: int, leaf_hashes: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962 §2.1.1."""
    n = len(leaf_hashes)
    if n == 1:
        return []
    k = split(n)
    if m < k:
        return [*path(m, leaf_hashes[:k]), mth(leaf_hashes[k:])]
    return [*path(m - k, leaf_hashes[k:]), mth(leaf_hashes[:k])]


def subproof(m: int, leaf_hashes: Sequence[bytes], known: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 §2.1.2."""
    n = len(leaf_hashes)
    if m == n:
        return [] if known else [mth(leaf_hashes)]
    k = split(n)
    if m <= k:
        return [*subproof(m, leaf_hashes[:k], known), mth(leaf_hashes[k:])]
    return [*subproof(m - k, leaf_hashes[k:], False), mth(leaf_hashes[:k])]


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k
