"""Appending to the log, per leaf in a batch, against bare hashing of the same leaves."""

import hashlib

from bench.measure import Row, at_most, in_turn
from verify.log import merkle, tiles

LEAVES = 20_000
BATCH = 500


class _Memory:
    """Tiles in memory: the cost of the tree without that of a database."""

    def __init__(self) -> None:
        self.held: dict[tuple[int, int], bytes] = {}

    def read(self, level: int, index: int, width: int) -> bytes:
        return self.held[level, index][: width * merkle.HASH_BYTES]


def rows() -> list[Row]:
    leaves = [f'{{"kind":"lock","n":{number}}}'.encode() * 6 for number in range(LEAVES)]

    def ours() -> None:
        memory, size = _Memory(), 0
        for start in range(0, LEAVES, BATCH):
            hashes = [merkle.leaf_hash(leaf) for leaf in leaves[start : start + BATCH]]
            appended = tiles.append(size, hashes, memory)
            memory.held.update({(tile.level, tile.index): tile.data for tile in appended.tiles})
            size = appended.size

    def floor() -> None:
        for leaf in leaves:
            hashlib.sha256(b"\x00" + leaf).digest()

    pair = in_turn(ours, floor, items=LEAVES)
    return [at_most("log: append per leaf, batches of 500", "SHA-256 of the same leaves", pair, 4)]
