"""RFC 6962 roots and proofs against published values and the literal definitions, for every small size."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verify.log import memory
from verify.errors import MalformedRecord
from verify.log import merkle
from verify.verdict import Check, Question, Reason, Status

SIZES = 80

# The published test inputs and roots of the Certificate Transparency project.
LEAVES = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# A published consistency proof between sizes 6 and 8.
PROOF_6_8 = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]
# Published audit paths, by index and size (merkletree/merkle_tree_test.cc of the same project).
PATHS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
ALL = memory.hashes(SIZES)
READER = memory.LeafHashes(ALL)


@cache
def root(size: int) -> bytes:
    return memory.mth(ALL[:size])


def passed(check: Check) -> bool:
    assert check.question is Question.LOGGED
    assert (check.status is Status.PASSED) == (check.reason is Reason.OK)
    return check.status is Status.PASSED


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    leaf_hashes = [merkle.leaf_hash(leaf) for leaf in LEAVES[:size]]
    assert merkle.root_of(leaf_hashes).hex() == ROOTS[size]
    assert merkle.root(size, memory.LeafHashes(leaf_hashes)).hex() == ROOTS[size]


def test_published_consistency_proof() -> None:
    reader = memory.LeafHashes([merkle.leaf_hash(leaf) for leaf in LEAVES])
    assert [item.hex() for item in merkle.consistency_proof(6, 8, reader)] == PROOF_6_8


@pytest.mark.parametrize(("index", "size"), PATHS)
def test_published_audit_paths(index: int, size: int) -> None:
    leaf_hashes = [merkle.leaf_hash(leaf) for leaf in LEAVES]
    proof = merkle.inclusion_proof(index, size, memory.LeafHashes(leaf_hashes))
    assert [item.hex() for item in proof] == PATHS[index, size]
    root_hash = bytes.fromhex(ROOTS[size])
    assert passed(merkle.check_inclusion(leaf_hashes[index], index, size, proof, root_hash))


def test_every_root_below_80() -> None:
    for size in range(SIZES):
        assert merkle.root(size, READER) == merkle.root_of(ALL[:size]) == root(size)


def test_every_inclusion_proof_below_80() -> None:
    for size in range(1, SIZES):
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, READER)
            assert list(proof) == memory.path(index, ALL[:size])
            assert passed(merkle.check_inclusion(ALL[index], index, size, proof, root(size)))


def test_every_consistency_proof_below_80() -> None:
    for size in range(1, SIZES):
        for old in range(1, size + 1):
            proof = merkle.consistency_proof(old, size, READER)
            assert list(proof) == memory.subproof(old, ALL[:size], True)
            assert passed(merkle.check_consistency(old, root(old), size, root(size), proof))


def test_a_longer_or_shorter_proof_fails() -> None:
    for size in range(1, 40):
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, READER)
            for wrong in (proof[:-1], proof[1:], (*proof, ALL[0]), (ALL[0], *proof)):
                if wrong != proof:
                    assert not passed(merkle.check_inclusion(ALL[index], index, size, wrong, root(size)))
        for old in range(1, size):
            proof = merkle.consistency_proof(old, size, READER)
            for wrong in (proof[:-1], proof[1:], (*proof, ALL[0]), (ALL[0], *proof), ()):
                assert not passed(merkle.check_consistency(old, root(old), size, root(size), wrong))


def test_a_proof_of_another_length_leads_to_no_root() -> None:
    proof = merkle.inclusion_proof(3, 9, READER)
    growth = merkle.consistency_proof(3, 9, READER)
    for wrong in (proof[:-1], (*proof, ALL[0]), (*proof, *[ALL[0]] * 80)):
        with pytest.raises(MalformedRecord):
            merkle.implied_root(ALL[3], 3, 9, wrong)
    for wrong in (growth[:-1], (*growth, ALL[0]), ()):
        with pytest.raises(MalformedRecord):
            merkle.implied_roots(3, root(3), 9, wrong)


def test_an_inclusion_proof_holds_for_no_other_index() -> None:
    """Of the size a proof binds only its shape; the size itself is bound by the signed checkpoint."""
    for size in range(2, 30):
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, READER)
            for other in (*range(size), size, size + 1, -1):
                if other != index:
                    assert not passed(merkle.check_inclusion(ALL[index], other, size, proof, root(size)))


def test_a_consistency_proof_holds_for_no_other_old_size() -> None:
    for size in range(2, 30):
        for old in range(1, size):
            proof = merkle.consistency_proof(old, size, READER)
            for other in (0, *range(1, size), size, size + 1, -1):
                if other != old:
                    assert not passed(merkle.check_consistency(other, root(old), size, root(size), proof))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (5, 5), (-1, 5), (0, -1), (2**63, 2**63 + 1), (0, 2**63)])
def test_an_index_outside_the_tree_fails(index: int, size: int) -> None:
    assert not passed(merkle.check_inclusion(ALL[0], index, size, (), ALL[0]))


def test_consistency_from_nothing_and_with_itself() -> None:
    empty = merkle.EMPTY_ROOT
    assert passed(merkle.check_consistency(0, empty, 0, empty, ()))
    assert passed(merkle.check_consistency(0, empty, 7, root(7), ()))
    assert passed(merkle.check_consistency(7, root(7), 7, root(7), ()))
    assert not passed(merkle.check_consistency(0, root(1), 7, root(7), ()))
    assert not passed(merkle.check_consistency(0, root(1), 0, root(1), ()))
    assert not passed(merkle.check_consistency(0, empty, 7, root(7), (ALL[0],)))
    assert not passed(merkle.check_consistency(7, root(7), 7, root(6), ()))
    assert not passed(merkle.check_consistency(7, root(7), 7, root(7), (ALL[0],)))
    assert not passed(merkle.check_consistency(7, root(7), 6, root(6), ()))


def test_hashes_of_another_length_fail() -> None:
    proof = merkle.inclusion_proof(3, 9, READER)
    assert not passed(merkle.check_inclusion(ALL[3], 3, 9, (proof[0][:31], *proof[1:]), root(9)))
    assert not passed(merkle.check_inclusion(ALL[3][:31], 3, 9, proof, root(9)))
    shifted = (proof[0] + ALL[3][:1], *proof[1:])
    assert not passed(merkle.check_inclusion(ALL[3][1:], 3, 9, shifted, root(9)))


def test_an_inner_node_is_no_leaf() -> None:
    """A node hash, offered as the bytes of a leaf, does not verify at the place of that node."""
    proof = merkle.inclusion_proof(0, 4, READER)
    fake = merkle.leaf_hash(ALL[0] + ALL[1])
    assert not passed(merkle.check_inclusion(fake, 0, 2, proof[1:], root(4)))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3)])
def test_no_proof_is_built_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(MalformedRecord):
        merkle.inclusion_proof(index, size, READER)


@pytest.mark.parametrize(("old", "size"), [(-1, 3), (4, 3)])
def test_no_consistency_proof_backwards(old: int, size: int) -> None:
    with pytest.raises(MalformedRecord):
        merkle.consistency_proof(old, size, READER)


@given(st.data())
def test_one_flipped_bit_never_verifies(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, SIZES))
    index = data.draw(st.integers(0, size - 1))
    parts = [ALL[index], root(size), *merkle.inclusion_proof(index, size, READER)]
    which = data.draw(st.integers(0, len(parts) - 1))
    parts[which] = flipped(parts[which], data.draw(st.integers(0, 255)))
    leaf, root_hash, *proof = parts
    assert not passed(merkle.check_inclusion(leaf, index, size, proof, root_hash))


@given(st.data())
def test_one_flipped_bit_is_never_consistent(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, SIZES))
    old = data.draw(st.integers(1, size - 1))
    parts = [root(old), root(size), *merkle.consistency_proof(old, size, READER)]
    which = data.draw(st.integers(0, len(parts) - 1))
    parts[which] = flipped(parts[which], data.draw(st.integers(0, 255)))
    before, after, *proof = parts
    assert not passed(merkle.check_consistency(old, before, size, after, proof))


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
