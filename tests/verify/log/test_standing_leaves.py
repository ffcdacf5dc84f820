"""Leaves of what is decided after the lock: each reads back, binds all that was decided, and shows none of it."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify import canonical
from verify.errors import MalformedRecord, VerifyError
from verify.log import decisions, leaves
from verify.log.decisions import Decided
from verify.log.leaves import AnnotateLeaf, Kind, Leaf, PolicyLeaf, RevokeLeaf, SupersedeLeaf

AT = datetime(2026, 8, 31, 3, 1, tzinfo=UTC)
SALT = bytes(range(32))
DECIDED = Decided(
    act="supersede",
    lookup_code="0f8fad5bd9cb469fa16570867728950e",
    school_year="2025-2026",
    version=1,
    record_sha256="ab" * 32,
    decision="412/QĐ-SGDĐT",
    decided_on=date(2026, 8, 20),
    file_sha256="cd" * 32,
    by_version=2,
    by_record_sha256="ef" * 32,
)
NOTED = replace(DECIDED, act="annotate", note="Điểm ghi theo bài kiểm tra lại.", by_version=None, by_record_sha256=None)
BOUND = decisions.commitment(DECIDED, SALT)
SUPERSEDE = SupersedeLeaf("MAU-TH-01", "2025-2026", 4, 9, AT, BOUND)
REVOKE = RevokeLeaf("MAU-TH-01", "2025-2026", 0, AT, BOUND)
ANNOTATE = AnnotateLeaf("MAU-TH-01", "2025-2026", 4, AT, BOUND)
POLICY = PolicyLeaf("MAU-SO", "corrections", {"allowed": 1, "delay_days": 7}, "cd" * 32, AT)
ALL: tuple[Leaf, ...] = (SUPERSEDE, REVOKE, ANNOTATE, POLICY)


@pytest.mark.parametrize("leaf", ALL)
def test_reads_back(leaf: Leaf) -> None:
    assert leaves.from_bytes(leaves.to_bytes(leaf)) == leaf


@pytest.mark.parametrize("leaf", ALL)
def test_no_kind_reads_as_another(leaf: Leaf) -> None:
    value = dict(canonical.parse_canonical(leaves.to_bytes(leaf), 65535))
    for kind in Kind:
        if kind is leaves.kind_of(leaf):
            continue
        try:
            read = leaves.from_bytes(canonical.canonicalise({**value, "kind": kind.value}))
        except MalformedRecord:
            continue
        assert {leaves.kind_of(read), leaves.kind_of(leaf)} == {Kind.REVOKE, Kind.ANNOTATE}  # the same fields


def test_a_revocation_is_no_annotation_of_the_same_decision() -> None:
    """Their leaves have the same fields: the commitment tells them apart."""
    assert decisions.commitment(replace(NOTED, act="revoke"), SALT) != decisions.commitment(NOTED, SALT)


@pytest.mark.parametrize(
    ("leaf", "changed"),
    [
        (SUPERSEDE, {"by_index": 4}),
        (SUPERSEDE, {"by_index": 3}),
        (SUPERSEDE, {"record_index": -1}),
        (SUPERSEDE, {"by_index": None}),
        (REVOKE, {"record_index": True}),
        (REVOKE, {"record_index": 1.0}),
        (REVOKE, {"decision": "412/QĐ"}),
        (ANNOTATE, {"commitment": "AB" * 32}),
        (ANNOTATE, {"effective_at": "2026-08-31T03:01:00+00:00"}),
        (ANNOTATE, {"note": "x"}),
        (POLICY, {"settings": {}}),
        (POLICY, {"settings": {"allowed": True}}),
        (POLICY, {"settings": {"allowed": -1}}),
        (POLICY, {"settings": {"Allowed": 1}}),
        (POLICY, {"settings": [1]}),
        (POLICY, {"policy": "corrections now"}),
        (POLICY, {"unit": ""}),
    ],
)
def test_nothing_else_reads(leaf: Leaf, changed: dict[str, canonical.Json]) -> None:
    value = {**canonical.parse_canonical(leaves.to_bytes(leaf), 65535), **changed}
    with pytest.raises(VerifyError):
        leaves.from_bytes(canonical.canonicalise(value))


CHANGES: list[dict[str, object]] = [
    {"act": "revoke"},
    {"lookup_code": "1" * 32},
    {"school_year": "2024-2025"},
    {"version": 3},
    {"record_sha256": "00" * 32},
    {"decision": "413/QĐ-SGDĐT"},
    {"decided_on": date(2026, 8, 21)},
    {"file_sha256": "00" * 32},
    {"note": "x"},
    {"by_version": 3},
    {"by_record_sha256": "00" * 32},
]


@pytest.mark.parametrize("changed", CHANGES)
def test_the_commitment_binds_everything(changed: dict[str, object]) -> None:
    assert decisions.commitment(replace(DECIDED, **changed), SALT) != BOUND  # type: ignore[arg-type]
    assert decisions.commitment(DECIDED, bytes(32)) != BOUND


def test_every_field_was_changed() -> None:
    assert {name for changed in CHANGES for name in changed} == {field.name for field in fields(Decided)}


@pytest.mark.parametrize("leaf", ALL)
def test_a_leaf_shows_nothing_of_the_decision(leaf: Leaf) -> None:
    shown = leaves.to_bytes(leaf).decode()
    for secret in (DECIDED.decision, DECIDED.lookup_code, DECIDED.record_sha256, "2026-08-20", SALT.hex()):
        assert secret not in shown


@pytest.mark.parametrize("decided", [DECIDED, NOTED])
def test_an_opening_reads_back(decided: Decided) -> None:
    assert decisions.read_opening(decisions.opening_bytes(decided, SALT)) == (decided, SALT)


@pytest.mark.parametrize(
    "decided",
    [
        replace(DECIDED, by_record_sha256=None),
        replace(DECIDED, decision=""),
        replace(DECIDED, decision="412\n/QĐ"),
        replace(DECIDED, version=0),
        replace(DECIDED, note="x" * 2001),
    ],
)
def test_what_makes_no_sense_is_not_bound(decided: Decided) -> None:
    with pytest.raises(MalformedRecord):
        decisions.commitment(decided, SALT)


def test_a_short_salt_binds_nothing() -> None:
    with pytest.raises(MalformedRecord):
        decisions.commitment(DECIDED, SALT[:31])


@given(
    st.binary(max_size=400) | st.integers(0, 700).map(lambda at: flipped(decisions.opening_bytes(DECIDED, SALT), at))
)
def test_no_opening_raises_anything_else(data: bytes) -> None:
    try:
        read = decisions.read_opening(data)
    except VerifyError:
        return
    assert read != (DECIDED, SALT) or data == decisions.opening_bytes(DECIDED, SALT)


def flipped(data: bytes, at: int) -> bytes:
    place = at % len(data)
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
