"""The tree stored as tiles of 256 hashes (c2sp.org/tlog-tiles), each level 256 times coarser than the last.

A tile is the concatenation of 1 to 256 hashes of 32 bytes; only its right-most tile in a level may be
partial, and only full tiles are hashed into the level above. The hashes between two tile levels are made
again when they are read. Storage is behind `TileReader`; `append` says what to store and touches only the
right edge of the tree.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from verify import limits
from verify.errors import LimitExceeded, MalformedRecord, Refusal
from verify.log import merkle
from verify.log.merkle import HASH_BYTES

HEIGHT: Final = 8
WIDTH: Final = 256
ENTRIES: Final = "entries"

_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9]\d?)/(?P<index>(?:x\d{3}/){0,6}\d{3})(?:\.p/(?P<width>[1-9]\d{0,2}))?",
    re.ASCII,
)


class TileReader(Protocol):
    """A store of tiles."""

    def read(self, level: int, index: int, width: int) -> bytes:
        """The first `width` hashes of a tile, 32 bytes each; a store that holds a wider tile cuts it."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile to store. level: 0 holds leaf hashes. width: 1-256 hashes. data: width * 32 bytes."""

    level: int
    index: int
    width: int
    data: bytes

    @property
    def path(self) -> str:
        return tile_path(self.level, self.index, self.width)


@dataclass(frozen=True, slots=True)
class Appended:
    """The tree after a batch: its size and root, and every tile that is new or wider than before."""

    size: int
    root: bytes
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Resource:
    """What a path names. level: None for a bundle of entries. index, width: as in `Tile`."""

    level: int | None
    index: int
    width: int


class Overlay:
    """Tiles of a batch over the store, so that roots and receipts can be made before it is stored."""

    def __init__(self, tiles: Iterable[Tile], base: TileReader) -> None:
        self._held = {(tile.level, tile.index): tile for tile in tiles}
        self._base = base

    def read(self, level: int, index: int, width: int) -> bytes:
        held = self._held.get((level, index))
        return held.data[: width * HASH_BYTES] if held else self._base.read(level, index, width)


class TileHashes:
    """A `merkle.HashReader` over tiles, for one tree size. Keeps what it read (16 kB a tile)."""

    def __init__(self, reader: TileReader, size: int) -> None:
        self._reader = reader
        self._size = size
        self._tiles: dict[tuple[int, int], tuple[bytes, ...]] = {}

    def read(self, level: int, index: int) -> bytes:
        """Raises MalformedRecord(BAD_PROOF) for a subtree not complete in this tree, or a damaged tile."""
        tile_level, inner = divmod(level, HEIGHT)
        tile_index, offset = divmod(index << inner, WIDTH)
        start = (offset >> inner) * HASH_BYTES
        found = self._levels(tile_level, tile_index)[inner][start : start + HASH_BYTES]
        if len(found) != HASH_BYTES:
            raise MalformedRecord(Refusal.BAD_PROOF, "outside the tree")
        return found

    def _levels(self, level: int, index: int) -> tuple[bytes, ...]:
        if (level, index) not in self._tiles:
            width = tile_width(level, index, self._size)
            self._tiles[level, index] = _pyramid(_read(self._reader, level, index, width))
        return self._tiles[level, index]


def tile_width(level: int, index: int, size: int) -> int:
    """How many hashes a tile has in a tree of `size` leaves: 0-256."""
    return max(0, min(WIDTH, (size >> (HEIGHT * level)) - index * WIDTH))


def append(old_size: int, leaf_hashes: Sequence[bytes], reader: TileReader) -> Appended:
    """Add leaves to a tree; reads only partial tiles at its right edge.

    leaf_hashes: from `merkle.leaf_hash`, in log order. Raises MalformedRecord(BAD_PROOF) for a hash of
    another length, and for a stored tile that is too short.
    """
    if any(len(item) != HASH_BYTES for item in leaf_hashes):
        raise MalformedRecord(Refusal.BAD_PROOF, "not a hash")
    tiles: list[Tile] = []
    fresh, held, level = b"".join(leaf_hashes), old_size, 0
    while fresh:
        made = _extend(level, held, fresh, reader)
        tiles += made
        fresh = b"".join(_pyramid(tile.data)[HEIGHT] for tile in made if tile.width == WIDTH)
        held, level = held // WIDTH, level + 1
    size = old_size + len(leaf_hashes)
    root = merkle.root(size, TileHashes(Overlay(tiles, reader), size))
    return Appended(size, root, tuple(tiles))


def _extend(level: int, held: int, fresh: bytes, reader: TileReader) -> list[Tile]:
    """The tiles of one level after `fresh` follows the `held` hashes that it has."""
    first, width = divmod(held, WIDTH)
    data = (_read(reader, level, first, width) if width else b"") + fresh
    step = WIDTH * HASH_BYTES
    pieces = [data[start : start + step] for start in range(0, len(data), step)]
    return [Tile(level, first + i, len(piece) // HASH_BYTES, piece) for i, piece in enumerate(pieces)]


def _read(reader: TileReader, level: int, index: int, width: int) -> bytes:
    if width == 0:
        raise MalformedRecord(Refusal.BAD_PROOF, "outside the tree")
    data = reader.read(level, index, width)
    if len(data) != width * HASH_BYTES:
        raise MalformedRecord(Refusal.BAD_PROOF, "damaged tile")
    return data


def _pyramid(data: bytes) -> tuple[bytes, ...]:
    """Nine rows of concatenated hashes: the tile, its complete pairs, up to one hash over all 256."""
    rows = [data]
    sha256 = hashlib.sha256
    for _ in range(HEIGHT):
        row = rows[-1]
        pairs = range(0, len(row) - HASH_BYTES, 2 * HASH_BYTES)
        rows.append(b"".join([sha256(b"\x01" + row[i : i + 64]).digest() for i in pairs]))
    return tuple(rows)


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """The path of a tile, such as `tile/0/x001/067.p/5`."""
    return f"tile/{level}/{_index_path(index)}{_partial(width)}"


def bundle_path(index: int, width: int = WIDTH) -> str:
    """The path of a bundle of entries, such as `tile/entries/067`."""
    return f"tile/{ENTRIES}/{_index_path(index)}{_partial(width)}"


def parse_path(path: str) -> Resource:
    """Read a path in exactly the spelling of the two functions above; raises MalformedRecord(BAD_SHAPE)."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise MalformedRecord(Refusal.BAD_SHAPE, "path")
    level = None if match["level"] == ENTRIES else int(match["level"])
    index = int(match["index"].replace("x", "").replace("/", ""))
    width = int(match["width"] or WIDTH)
    spelled = bundle_path(index, width) if level is None else tile_path(level, index, width)
    if spelled != path or (level or 0) > 63:
        raise MalformedRecord(Refusal.BAD_SHAPE, "path")
    return Resource(level, index, width)


def _index_path(index: int) -> str:
    parts = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        parts.append(f"x{index % 1000:03d}")
    return "/".join(reversed(parts))


def _partial(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"


def bundle(entries: Iterable[bytes]) -> bytes:
    """Entries as a bundle, each after its length in 16 bits, big-endian; raises LimitExceeded."""
    parts = []
    for entry in entries:
        if len(entry) > limits.LEAF_BYTES:
            raise LimitExceeded(Refusal.TOO_LARGE, "entry")
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def read_bundle(data: bytes, width: int) -> tuple[bytes, ...]:
    """The `width` entries of a bundle, no byte left over; raises MalformedRecord(BAD_SHAPE)."""
    entries, start = [], 0
    for _ in range(width):
        end = start + 2 + int.from_bytes(data[start : start + 2], "big")
        if start + 2 > len(data) or end > len(data):
            raise MalformedRecord(Refusal.BAD_SHAPE, "bundle")
        entries.append(data[start + 2 : end])
        start = end
    if start != len(data):
        raise MalformedRecord(Refusal.BAD_SHAPE, "bundle")
    return tuple(entries)
