"""Encrypted values: each opens where it was written and nowhere else; the blind index tells equality and no more."""

import os
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.types import TypeDecorator

from portal.encryption.columns import BlindIndex, Encrypted
from portal.encryption.data_keys import DataKeys, number_of
from portal.encryption.faults import Broken
from portal.encryption.masters import Master
from portal.models import Base, Transcript

PLACE = "transcript.personal_id"
KEYS = DataKeys({2: AESGCM(os.urandom(32)), 5: AESGCM(os.urandom(32))}, os.urandom(32))


@given(st.binary(max_size=300))
def test_a_value_opens_where_it_was_written(plain: bytes) -> None:
    sealed = KEYS.seal(PLACE, plain)
    assert (KEYS.open(PLACE, sealed), number_of(sealed)) == (plain, 5)
    assert sealed != KEYS.seal(PLACE, plain)
    assert len(plain) < 4 or plain not in sealed


@given(st.binary(min_size=1, max_size=60), st.data())
def test_a_value_that_was_cut_or_changed_does_not_open(plain: bytes, data: st.DataObject) -> None:
    sealed = KEYS.seal(PLACE, plain)
    at = data.draw(st.integers(0, len(sealed) - 1))
    flipped = sealed[:at] + bytes([sealed[at] ^ (1 << data.draw(st.integers(0, 7)))]) + sealed[at + 1 :]
    for wrong in (sealed[:at], flipped, sealed + b"\0"):
        with pytest.raises(Broken):
            KEYS.open(PLACE, wrong)


def test_a_value_does_not_open_at_another_place_nor_with_another_key() -> None:
    sealed = KEYS.seal(PLACE, b"079316000001")
    with pytest.raises(Broken):
        KEYS.open("transcript.moet_student_code", sealed)
    with pytest.raises(Broken):
        replace(KEYS, values={5: AESGCM(os.urandom(32))}).open(PLACE, sealed)
    with pytest.raises(Broken):
        replace(KEYS, values={4: AESGCM(os.urandom(32))}).open(PLACE, sealed)


def test_the_index_is_equal_for_equal_values_at_one_place_under_one_key() -> None:
    told = KEYS.index(PLACE, "079316000001")
    assert told == KEYS.index(PLACE, "079316000001")
    assert (
        len({told, KEYS.index(PLACE, "079316000002"), KEYS.index("transcript.moet_student_code", "079316000001")}) == 3
    )
    assert replace(KEYS, index_key=os.urandom(32), _indexes={}).index(PLACE, "079316000001") != told


def test_a_wrapped_key_opens_only_as_what_it_is() -> None:
    master, other = Master("a", os.urandom(32)), Master("b", os.urandom(32))
    wrapped = master.wrap("data_key/1/values", b"k" * 32)
    assert master.unwrap("data_key/1/values", wrapped) == b"k" * 32
    for held, what, given_ in (
        (master, "data_key/1/index", wrapped),
        (other, "data_key/1/values", wrapped),
        (master, "data_key/1/values", wrapped[:-1]),
        (master, "data_key/1/values", b""),
    ):
        with pytest.raises(Broken):
            held.unwrap(what, given_)


def test_every_encrypted_column_says_its_own_place() -> None:
    """A place that was copied from another column would let values be moved between the two."""
    places: list[str] = []
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Encrypted):
                assert column.type.place == f"{table.name}.{column.name}"
                places.append(column.type.place)
            elif isinstance(column.type, BlindIndex):
                assert f"{column.type.place}_index" == f"{table.name}.{column.name}"
    assert len(places) == len(set(places))
    assert {"blob.data", "transcript.birth_date", "transcript.personal_id", "mail_address.address"} <= set(places)


def test_an_encrypted_column_is_not_searched() -> None:
    """It would find nothing, and nobody would see why."""
    assert isinstance(Transcript.personal_id.type, TypeDecorator)
    with pytest.raises(TypeError, match="index"):
        _ = Transcript.personal_id == "079316000001"
    with pytest.raises(TypeError, match="index"):
        Transcript.personal_id.in_(["079316000001"])
    assert "IS NOT NULL" in str(Transcript.personal_id.is_not(None))
