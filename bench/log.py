"""The log: appending per leaf, bare and on both databases, and proofs in a log of 1,000,000 leaves.

The floor of appending is SHA-256 of the same leaves; of a proof, as many hashes of two nodes as it has.
"""

import hashlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from bench.measure import Row, at_most, in_turn, shown
from portal.database import open_engine
from portal.instance import create_instance, demo_founding
from portal.runtime import read_log_key
from portal.services import log
from portal.settings import Settings
from tests.conftest import answers
from tests.databases import POSTGRES_HOST, POSTGRES_PORT, Backend, fresh_database
from verify.log import merkle, tiles

LEAVES = 20_000
BATCH = 500
STORED_BATCH = 1_000
LARGE = 1_000_000
_STEP = 7_919  # a prime: proofs of leaves all over the log
_PROOFS = 200


class _Memory:
    """Tiles in memory: the cost of the tree without that of a database."""

    def __init__(self) -> None:
        self.held: dict[tuple[int, int], bytes] = {}

    def read(self, level: int, index: int, width: int) -> bytes:
        return self.held[level, index][: width * merkle.HASH_BYTES]

    def append(self, size: int, hashes: list[bytes]) -> tiles.Appended:
        appended = tiles.append(size, hashes, self)
        self.held.update({(tile.level, tile.index): tile.data for tile in appended.tiles})
        return appended


def rows() -> Iterator[Row]:
    yield _bare()
    for backend in Backend:
        if backend is Backend.POSTGRESQL and not answers(POSTGRES_HOST, POSTGRES_PORT):
            print(f"no PostgreSQL answers at {POSTGRES_HOST}:{POSTGRES_PORT}: left out", file=sys.stderr)
            continue
        yield _stored(backend)
    yield from _proofs()


def _leaves(count: int) -> list[bytes]:
    """As long as leaves of a lock."""
    return [f'{{"kind":"lock","n":{number:07}}}'.encode() * 11 for number in range(count)]


def _hashing(leaves: list[bytes]) -> Callable[[], None]:
    def floor() -> None:
        for leaf in leaves:
            hashlib.sha256(b"\x00" + leaf).digest()

    return floor


def _bare() -> Row:
    leaves = _leaves(LEAVES)

    def ours() -> None:
        memory, size = _Memory(), 0
        for start in range(0, LEAVES, BATCH):
            size = memory.append(size, [merkle.leaf_hash(leaf) for leaf in leaves[start : start + BATCH]]).size

    pair = in_turn(ours, _hashing(leaves), items=LEAVES)
    return at_most(f"log: append per leaf, batches of {BATCH}", "SHA-256 of the same leaves", pair, 4)


def _stored(backend: Backend) -> Row:
    """Entries, tiles, signed checkpoint and head, committed batch by batch."""
    leaves = _leaves(5 * STORED_BATCH)
    with tempfile.TemporaryDirectory(prefix="hocba-bench-") as name, fresh_database(backend, Path(name)) as url:
        settings = Settings(data=Path(name) / "instance", database_url=url)
        create_instance(settings, demo_founding(), datetime.now(UTC))
        engine, signer = open_engine(url), read_log_key(settings.data)

        def ours() -> None:
            for start in range(0, len(leaves), STORED_BATCH):
                with Session(engine) as session, session.begin():
                    log.append(session, leaves[start : start + STORED_BATCH], signer, datetime.now(UTC))

        try:
            pair = in_turn(ours, _hashing(leaves), items=len(leaves))
        finally:
            engine.dispose()
    name = f"log: append per leaf on {backend}, batches of {STORED_BATCH}, each committed"
    return shown(name, "SHA-256 of the same leaves", pair, f"{1 / pair[0]:.0f} leaves/s")


def _proofs() -> Iterator[Row]:
    memory = _Memory()
    hashes = [hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(LARGE)]
    root = memory.append(0, hashes).root
    chosen = [number * _STEP % LARGE for number in range(_PROOFS)]

    def fresh(size: int = LARGE) -> tiles.TileHashes:
        return tiles.TileHashes(memory, size)  # nothing read before, as in a request

    included = [merkle.inclusion_proof(index, LARGE, fresh()) for index in chosen]
    older = [index + 1 for index in chosen]
    roots = [merkle.root(size, fresh(size)) for size in older]
    consistent = [merkle.consistency_proof(size, LARGE, fresh()) for size in older]

    def check_included() -> None:
        for index, proof in zip(chosen, included, strict=True):
            merkle.check_inclusion(hashes[index], index, LARGE, proof, root)

    def check_consistent() -> None:
        for size, old, proof in zip(older, roots, consistent, strict=True):
            merkle.check_consistency(size, old, LARGE, root, proof)

    yield from _made_and_checked(
        "inclusion proof",
        included,
        lambda: [merkle.inclusion_proof(index, LARGE, fresh()) for index in chosen],
        check_included,
    )
    yield from _made_and_checked(
        "consistency proof",
        consistent,
        lambda: [merkle.consistency_proof(size, LARGE, fresh()) for size in older],
        check_consistent,
    )


def _made_and_checked(
    name: str, proofs: list[merkle.Proof], make: Callable[[], object], check: Callable[[], object]
) -> Iterator[Row]:
    hashes = sum(map(len, proofs))

    def floor() -> None:
        for _ in range(hashes):
            hashlib.sha256(bytes(65)).digest()

    each = hashes / len(proofs)
    longest = max(map(len, proofs))
    size = f"{each:.0f} hashes, {each * merkle.HASH_BYTES:.0f} bytes, at most {longest * merkle.HASH_BYTES}"
    against = "as many bare hashes"
    yield shown(f"log of 1,000,000: make one {name}", against, in_turn(make, floor, items=len(proofs)), size)
    yield shown(f"log of 1,000,000: check one {name}", against, in_turn(check, floor, items=len(proofs)))
