"""The map of the inventory against its definition written down literally, and what cannot be proven with it."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.errors import MalformedRecord
from verify.log import inventory
from verify.log.inventory import Current, Inventory, MapProof, find, key_of

CODE = "0f8fad5bd9cb469fa16570867728950e"
# Keys that share long beginnings, so that the tree is deep, beside keys that do not.
KEYS = st.one_of(
    st.binary(min_size=32, max_size=32),
    st.integers(0, 255).map(lambda last: bytes(6) + bytes([last]) + bytes(25)),
    st.integers(0, 255).map(lambda first: bytes([first]) + bytes(31)),
)
VALUES = st.builds(Current, st.integers(1, 2**32 - 1), st.integers(0, 3), st.integers(0, 2**63))
MAPS = st.dictionaries(KEYS, VALUES, max_size=24)


def bits(key: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in key)


def by_definition(held: Mapping[bytes, Current], prefix: str = "") -> bytes:
    """The hash over every entry whose key begins so."""
    inside = {key: value for key, value in held.items() if bits(key).startswith(prefix)}
    if not inside:
        return bytes(32)
    if len(inside) == 1:
        ((key, value),) = inside.items()
        packed = value.version.to_bytes(4, "big") + bytes([value.standing]) + value.index.to_bytes(8, "big")
        return hashlib.sha256(b"\x00" + key + packed).digest()
    halves = by_definition(inside, prefix + "0") + by_definition(inside, prefix + "1")
    return hashlib.sha256(b"\x01" + halves).digest()


def made(held: Mapping[bytes, Current]) -> Inventory:
    built = Inventory()
    for key, value in held.items():
        built.add(key, value)
    return built


@given(MAPS)
def test_the_root_is_as_defined(held: dict[bytes, Current]) -> None:
    built = made(held)
    assert built.root() == by_definition(held)
    assert built.count == len(held)


@given(MAPS)
def test_the_order_does_not_matter(held: dict[bytes, Current]) -> None:
    assert made(held).root() == made(dict(reversed(held.items()))).root()


@given(MAPS, KEYS)
def test_presence_and_absence_are_proven(held: dict[bytes, Current], other: bytes) -> None:
    built = made(held)
    root = built.root()
    for key in {*held, other}:
        assert find(built.prove(key), key, root) == held.get(key)


@given(MAPS.filter(bool), VALUES, st.data())
def test_nothing_else_is_proven(held: dict[bytes, Current], false: Current, data: st.DataObject) -> None:
    """No value but its own, no absence of what is there, no other root, no proof changed in one place."""
    built, key = made(held), data.draw(st.sampled_from(sorted(held)))
    root, proof = built.root(), built.prove(key)
    assert proof.entry is not None
    altered = [replace(proof, entry=None), replace(proof, siblings=(*proof.siblings, bytes(32)))]
    if false != held[key]:
        altered.append(replace(proof, entry=(key, inventory.value_of(false))))
    altered += [replace(proof, siblings=proof.siblings[:-1])] if proof.siblings else []
    for place in {data.draw(st.integers(0, len(proof.siblings) - 1)) for _ in range(3)} if proof.siblings else ():
        sibling = proof.siblings[place]
        flipped = bytes([sibling[0] ^ 1]) + sibling[1:]
        altered.append(replace(proof, siblings=(*proof.siblings[:place], flipped, *proof.siblings[place + 1 :])))
    for each in altered:
        with pytest.raises(MalformedRecord):
            find(each, key, root)
    with pytest.raises(MalformedRecord):
        find(proof, key, bytes([root[0] ^ 1]) + root[1:])


@given(MAPS.filter(lambda held: len(held) > 1), st.data())
def test_an_entry_of_another_way_proves_no_absence(held: dict[bytes, Current], data: st.DataObject) -> None:
    """A true proof of one key says nothing of a key that would stand elsewhere."""
    built = made(held)
    key, other = data.draw(st.permutations(sorted(held)))[:2]
    with pytest.raises(MalformedRecord):
        find(built.prove(key), other, built.root())


@given(st.binary(max_size=80), st.lists(st.binary(max_size=40), max_size=5), st.binary(max_size=60))
def test_rubbish_is_refused(found: bytes, siblings: list[bytes], value: bytes) -> None:
    key = key_of(CODE, "2025-2026")
    with pytest.raises(MalformedRecord):
        find(MapProof(tuple(siblings), (found, value)), key, hashlib.sha256(b"root").digest())


def test_a_key_comes_once() -> None:
    built = made({bytes(32): Current(1, 0, 5)})
    built.add(bytes(32), Current(2, 0, 6))
    with pytest.raises(MalformedRecord):
        built.root()
    with pytest.raises(MalformedRecord):
        built.prove(bytes(32))


def test_keys_that_part_at_the_last_bit() -> None:
    held = {bytes(31) + bytes([last]): Current(last + 1, 0, last) for last in (0, 1)}
    built = made(held)
    assert built.root() == by_definition(held)
    assert [find(built.prove(key), key, built.root()) for key in held] == list(held.values())


def test_the_key_is_as_documented() -> None:
    text = b"hocba/inventory-key/1\n" + CODE.encode() + b"\n2025-2026"
    assert key_of(CODE, "2025-2026") == hashlib.sha256(text).digest()
    for code, year in (
        (CODE.upper(), "2025-2026"),
        (CODE, "2025"),
        (CODE[:-1], "2025-2026"),
        (f"{CODE}\n", "2025-2026"),
    ):
        with pytest.raises(MalformedRecord):
            key_of(code, year)


@pytest.mark.parametrize("current", [Current(0, 0, -1), Current(2**32, 0, 0), Current(1, 256, 0), Current(1, 0, 2**64)])
def test_values_that_do_not_fit(current: Current) -> None:
    with pytest.raises(MalformedRecord):
        inventory.value_of(current)


def test_proofs_of_a_province_are_short() -> None:
    """20,000 entries: about log2 of them."""
    keys = [hashlib.sha256(b"%d" % number).digest() for number in range(20_000)]
    built = made({key: Current(1, 0, number) for number, key in enumerate(keys)})
    root = built.root()
    proofs = [built.prove(key) for key in keys[:20]]
    assert all(
        find(proof, key, root) == Current(1, 0, at) for at, (proof, key) in enumerate(zip(proofs, keys, strict=False))
    )
    assert max(len(proof.siblings) for proof in proofs) < 32
