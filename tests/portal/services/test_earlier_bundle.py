"""A bundle as a file: what is none is refused as a whole, and nothing of a stranger's file is believed."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.services.earlier_bundle import MOST_LISTS, examine_bundle, read_bundle
from tests import earlier
from tests.earlier import bundle, entry, old_keys, old_record, old_trust
from tests.instances import NOW, SCHOOL
from tests.pki import _list, pki
from verify.anchors import Authorisation, EarlierRegistry
from verify.canonical import sha256
from verify.containers.earlier import EarlierGate
from verify.errors import LimitExceeded, MalformedRecord, Refusal, VerifyError
from verify.signing import Role
from verify.verdict import Status
from verify.verifier import NEEDED_ROLES

ONE = old_record("2023-2024", 3)


def gate() -> EarlierGate:
    start, end = earlier.EFFECTIVE["2023-2024"].replace(month=1), earlier.EFFECTIVE["2024-2025"]
    entries = [
        Authorisation(sha256(signer.certificate), SCHOOL, role, start, end)
        for role, signer in old_keys().signers.items()
    ]
    return EarlierGate(old_trust(), EarlierRegistry(tuple(entries)), NEEDED_ROLES, NOW)


def test_a_bundle_reads_as_it_was_written() -> None:
    held = read_bundle(bundle(entry(ONE), lists=(b"a list",)))
    assert (held.source, held.owner, held.decision) == (earlier.SOURCE, earlier.OWNER, "88/QĐ-SGDĐT")
    assert (held.lists, held.counts) == ((b"a list",), {"2023-2024": 1})
    (one,) = held.entries
    assert (one.number, one.effective_at) == (1, earlier.EFFECTIVE["2023-2024"])
    assert set(one.signatures) == {Role.HEAD, Role.SCHOOL_SEAL}


def test_signatures_are_judged_as_of_the_old_date() -> None:
    (one,) = examine_bundle(bundle(entry(ONE)), gate()).entries
    assert one.content == ONE
    assert (one.code, one.version) == (ONE.lookup_code, 1)
    for signature in one.signatures:
        assert signature.refused is None
        assert {check.status for check in signature.checks} == {Status.PASSED}


def test_a_list_that_nobody_trusted_signed_is_left_out() -> None:
    mine, signers = earlier.lists_of(NOW), old_keys().signers
    foreign = _list(replace(pki().issuing, key=pki().foreign_root.key), tuple(signers.values()), NOW)  # type: ignore[arg-type]
    held = examine_bundle(bundle(entry(ONE), lists=(b"no list at all", foreign, *mine)), gate())
    assert held.lists == mine
    assert all(signature.refused is None for signature in held.entries[0].signatures)


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in entry(ONE).items() if key != name}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"PK\x03\x04",
        bundle(),
        bundle(entry(ONE), source=""),
        bundle(entry(ONE), source="hai\ndòng"),
        bundle(entry(ONE), source="x" * 81),
        bundle(entry(ONE), counts={"2023-2024": 2}),
        bundle(entry(ONE), counts={"2023-2024": 0, "2024-2025": 1}),
        bundle(entry(ONE), counts=1),
        bundle(entry(ONE), thêm=1),
        bundle(entry(ONE), decision="x"),
        bundle(entry(ONE) | {"effective_at": "hôm qua"}),
        bundle(entry(ONE) | {"effective_at": "2024-06-30T16:59:59+07:00"}),
        bundle(entry(ONE) | {"signatures": {"ai đó": "AA=="}}),
        bundle(entry(ONE) | {"signatures": {"head": "không phải base64"}}),
        bundle(entry(ONE) | {"thêm": 1}),
        bundle(without("sha256"), counts={"2023-2024": 1}),
    ],
)
def test_what_is_no_bundle_is_refused_as_a_whole(data: bytes) -> None:
    with pytest.raises(VerifyError):
        read_bundle(data)


def test_more_of_a_year_than_was_counted_is_refused() -> None:
    with pytest.raises(MalformedRecord):
        examine_bundle(bundle(entry(ONE), counts={"2024-2025": 1}), gate())


def test_another_version_of_the_format_says_so() -> None:
    with pytest.raises(MalformedRecord) as caught:
        read_bundle(bundle(entry(ONE), schema="hocba/earlier-years/2"))
    assert caught.value.refusal is Refusal.UNKNOWN_FORMAT_VERSION


def test_too_many_lists_are_refused() -> None:
    with pytest.raises(LimitExceeded):
        read_bundle(bundle(entry(ONE), lists=[b"x"] * (MOST_LISTS + 1)))


@given(st.binary(max_size=200))
def test_no_signature_bytes_raise_anything(data: bytes) -> None:
    held = entry(ONE) | {"signatures": {"head": earlier.encoded(data), "school_seal": earlier.encoded(data)}}
    (one,) = examine_bundle(bundle(held), replace(gate(), registry=EarlierRegistry(()))).entries
    assert all(signature.refused is not None for signature in one.signatures)
