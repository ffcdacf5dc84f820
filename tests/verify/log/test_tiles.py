"""Tiles: batches of any size give the tree of one rebuild; paths and bundles are spelled in one way only."""

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.verify.log import memory
from verify.errors import LimitExceeded, MalformedRecord
from verify.log import merkle, tiles
from verify.verdict import Status

EDGES = [1, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 66_000]
ALL = memory.hashes(max(EDGES))


def random_batches(size: int, seed: int) -> list[int]:
    chosen = random.Random(seed)  # repeatable, not secret
    batches: list[int] = []
    while sum(batches) < size:
        batches.append(chosen.choice([1, 2, 35, 255, 256, 257, 700, 5000]))
    batches[-1] -= sum(batches) - size
    return batches


@pytest.mark.parametrize("size", EDGES)
def test_random_batches_equal_one_rebuild(size: int) -> None:
    leaf_hashes = ALL[:size]
    stepwise, at_once = memory.MemoryTiles(), memory.MemoryTiles()
    by_steps = memory.grown(stepwise, leaf_hashes, random_batches(size, size))
    rebuilt = memory.grown(at_once, leaf_hashes, [])
    assert stepwise.held == at_once.held
    assert by_steps.root == rebuilt.root == merkle.root_of(leaf_hashes)
    assert_tiles_as_specified(stepwise, leaf_hashes)


def assert_tiles_as_specified(store: memory.MemoryTiles, leaf_hashes: list[bytes]) -> None:
    """Tile n of level l holds MTH(D[(n*256+i)*256**l : (n*256+i+1)*256**l]) for i in 0..255."""
    expected: dict[tuple[int, int], bytes] = {}
    level, row = 0, leaf_hashes
    while row:
        for start in range(0, len(row), 256):
            expected[level, start // 256] = b"".join(row[start : start + 256])
        full = range(0, len(row) - 255, 256)
        level, row = level + 1, [merkle.root_of(row[start : start + 256]) for start in full]
    assert store.held == expected


def test_widths_of_the_specification() -> None:
    """The example of c2sp.org/tlog-tiles: 70,000 leaves."""
    assert tiles.tile_width(0, 272, 70_000) == 256
    assert tiles.tile_width(0, 273, 70_000) == 112
    assert tiles.tile_width(0, 274, 70_000) == 0
    assert tiles.tile_width(1, 0, 70_000) == 256
    assert tiles.tile_width(1, 1, 70_000) == 17
    assert tiles.tile_width(2, 0, 70_000) == 1
    assert tiles.tile_width(1, 0, 256) == 1


def test_append_reads_only_the_right_edge() -> None:
    store = memory.MemoryTiles()
    memory.grown(store, ALL[:65_800], [])
    store.reads.clear()
    made = tiles.append(65_800, ALL[65_800:65_835], store)
    assert {(level, index) for level, index, _ in store.reads} == {(0, 257), (1, 1), (2, 0)}
    assert [(tile.level, tile.index, tile.width) for tile in made.tiles] == [(0, 257, 43)]
    assert made.root == merkle.root_of(ALL[:65_835])


def test_an_empty_batch_changes_nothing() -> None:
    store = memory.MemoryTiles()
    before = memory.grown(store, ALL[:300], [])
    assert tiles.append(300, [], store) == tiles.Appended(300, before.root, ())
    assert tiles.append(0, [], store).root == merkle.EMPTY_ROOT


@pytest.mark.parametrize("size", [1, 256, 257, 65_537])
def test_proofs_from_tiles_verify(size: int) -> None:
    store = memory.MemoryTiles()
    root = memory.grown(store, ALL[:size], [size // 2]).root
    reader = tiles.TileHashes(store, size)
    for index in {0, 1, 255, 256, 65_535, 65_536, size // 2, size - 1} & set(range(size)):
        proof = merkle.inclusion_proof(index, size, reader)
        assert merkle.check_inclusion(ALL[index], index, size, proof, root).status is Status.PASSED
    for old in {1, 2, 255, 256, 257, 65_535, 65_536, size - 1} & set(range(1, size)):
        proof = merkle.consistency_proof(old, size, reader)
        old_root = merkle.root_of(ALL[:old])
        assert merkle.check_consistency(old, old_root, size, root, proof).status is Status.PASSED


@pytest.mark.parametrize("size", [255, 256, 257, 511, 512, 513])
def test_every_proof_around_the_edges_of_tiles(size: int) -> None:
    """Every index and every older size, from tiles; at the edges also against the literal definitions of RFC 6962."""
    store = memory.MemoryTiles()
    root = memory.grown(store, ALL[:size], [254, 1, 1, 255]).root
    reader, leaves = tiles.TileHashes(store, size), ALL[:size]
    older = {old: merkle.root_of(ALL[:old]) for old in range(1, size + 1)}
    edges = {0, 1, 127, 128, 254, 255, 256, 257, 509, 510, 511, 512, size - 2, size - 1}
    for index in range(size):
        proof = merkle.inclusion_proof(index, size, reader)
        assert merkle.check_inclusion(ALL[index], index, size, proof, root).status is Status.PASSED
        assert index not in edges or list(proof) == memory.path(index, leaves)
    for old in range(1, size + 1):
        proof = merkle.consistency_proof(old, size, reader)
        assert merkle.check_consistency(old, older[old], size, root, proof).status is Status.PASSED
        assert old not in edges or list(proof) == memory.subproof(old, leaves, True)
        assert merkle.check_consistency(old, bytes(32), size, root, proof).status is Status.FAILED


def test_receipts_before_the_commit() -> None:
    store = memory.MemoryTiles()
    memory.grown(store, ALL[:250], [])
    made = tiles.append(250, ALL[250:300], store)
    reader = tiles.TileHashes(tiles.Overlay(made.tiles, store), made.size)
    for index in (0, 249, 250, 255, 256, 299):
        proof = merkle.inclusion_proof(index, made.size, reader)
        check = merkle.check_inclusion(ALL[index], index, made.size, proof, made.root)
        assert check.status is Status.PASSED


@given(st.integers(1, 600), st.data())
def test_a_proof_at_an_older_size_reads_tiles_of_that_size(size: int, data: st.DataObject) -> None:
    store = memory.MemoryTiles()
    memory.grown(store, ALL[:600], [])
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, size, tiles.TileHashes(store, size))
    root = merkle.root_of(ALL[:size])
    assert merkle.check_inclusion(ALL[index], index, size, proof, root).status is Status.PASSED


def test_a_missing_or_short_tile_is_refused() -> None:
    store = memory.MemoryTiles()
    memory.grown(store, ALL[:300], [])
    store.held[0, 1] = store.held[0, 1][:-1]
    with pytest.raises(MalformedRecord):
        tiles.append(300, ALL[300:310], store)
    with pytest.raises(MalformedRecord):
        merkle.inclusion_proof(299, 300, tiles.TileHashes(store, 300))
    with pytest.raises(MalformedRecord):
        tiles.append(1, ALL[1:2], memory.MemoryTiles())


def test_a_subtree_beyond_the_tree_is_refused() -> None:
    store = memory.MemoryTiles()
    memory.grown(store, ALL[:300], [])
    reader = tiles.TileHashes(store, 300)
    for level, index in ((0, 300), (1, 150), (8, 1), (9, 0), (0, 5000), (16, 0)):
        with pytest.raises(MalformedRecord):
            reader.read(level, index)


def test_hashes_of_another_length_are_not_appended() -> None:
    for wrong in ([b"short"], [ALL[0][:31], b"x" + ALL[1]]):
        with pytest.raises(MalformedRecord):
            tiles.append(0, wrong, memory.MemoryTiles())


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 1_234_067, 256, "tile/0/x001/x234/067"),
        (1, 67, 112, "tile/1/067.p/112"),
        (0, 1067, 5, "tile/0/x001/067.p/5"),
        (63, 999, 1, "tile/63/999.p/1"),
    ],
)
def test_paths(level: int, index: int, width: int, path: str) -> None:
    assert tiles.tile_path(level, index, width) == path
    assert tiles.parse_path(path) == tiles.Resource(level, index, width)


@given(st.none() | st.integers(0, 63), st.integers(0, 10**20), st.integers(1, 256))
@example(None, 0, 256)
def test_paths_read_back(level: int | None, index: int, width: int) -> None:
    spelled = tiles.bundle_path(index, width) if level is None else tiles.tile_path(level, index, width)
    assert tiles.parse_path(spelled) == tiles.Resource(level, index, width)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/x000/000",
        "tile/00/000",
        "tile/64/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/001/067",
        "tile/0/x001/x067",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/٠٠٠",
        "tile/0/../000",
        "tile/entry/000",
        "tile/0/000\n",
    ],
)
def test_other_spellings_are_refused(path: str) -> None:
    with pytest.raises(MalformedRecord):
        tiles.parse_path(path)


@given(st.lists(st.binary(max_size=80), max_size=256))
def test_bundles_read_back(entries: list[bytes]) -> None:
    data = tiles.bundle(entries)
    assert tiles.read_bundle(data, len(entries)) == tuple(entries)
    assert tiles.bundle([b"ab", b""]) == b"\x00\x02ab\x00\x00"


@given(st.binary(max_size=60), st.integers(0, 256))
def test_a_bundle_is_read_completely_or_refused(data: bytes, width: int) -> None:
    try:
        entries = tiles.read_bundle(data, width)
    except MalformedRecord:
        return
    assert tiles.bundle(entries) == data


def test_an_entry_beyond_16_bits_is_refused() -> None:
    assert len(tiles.bundle([bytes(65_535)])) == 65_537
    with pytest.raises(LimitExceeded):
        tiles.bundle([bytes(65_536)])
