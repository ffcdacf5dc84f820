"""The judge of seals: our own passes whole; each vector fails at its defect and is told truthfully; nothing raises."""

import io
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, Final

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.signers.file import FileSigner
from tests.pki import DEPARTMENT, NOW, OTHER_SCHOOL, authorisation, pki
from tests.verify.pdf.signatures import updates, vectors
from verify import limits
from verify.anchors import Authorisation, TrustStore
from verify.errors import LimitExceeded, Refusal, UnreadableDocument
from verify.pdf import seal
from verify.pdf.signatures import examine_seal
from verify.signing import Role
from verify.verdict import ABOUT_THE_FILE, Check, Question, Reason, Status

SEALED: Final = vectors.sealed()


def examined(data: bytes, **changes: Any) -> dict[Question, Check]:
    arguments: dict[str, Any] = {
        "department": DEPARTMENT,
        "trust": pki().trust,
        "registry": pki().registry,
        "at": NOW,
    } | changes
    checks = examine_seal(data, **arguments)
    assert tuple(check.question for check in checks) == ABOUT_THE_FILE
    return {check.question: check for check in checks}


def passed_whole(data: bytes, **changes: Any) -> bool:
    return all(check.status is Status.PASSED for check in examined(data, **changes).values())


def failed(checks: dict[Question, Check]) -> set[tuple[str, str]]:
    return {(check.question.value, check.reason.value) for check in checks.values() if check.status is Status.FAILED}


def flipped(data: bytes, position: int, bit: int = 0) -> bytes:
    return data[:position] + bytes([data[position] ^ (1 << bit)]) + data[position + 1 :]


# --- our own ---


@pytest.mark.parametrize("signer", [pki().department_seal, pki().department_seal_rsa], ids=["EC", "RSA"])
def test_our_seal_passes_whole(signer: FileSigner) -> None:
    checks = examined(vectors.sealed_by(signer))
    assert {check.status for check in checks.values()} == {Status.PASSED}
    assert checks[Question.SIGNATURE_FOUND].facts["signer"].startswith("Sở Giáo dục và Đào tạo Mẫu")
    time = checks[Question.SIGNING_TIME]
    assert (time.reason, time.facts) == (Reason.CLAIMED_TIME_ONLY, {"claimed": "2026-06-01T03:00:00+00:00"})


def test_the_seal_is_good_in_the_second_of_its_registration() -> None:
    moment = NOW.replace(microsecond=500_000)
    registry = [authorisation(pki().department_seal, DEPARTMENT, Role.DEPARTMENT_SEAL, moment)]
    assert passed_whole(vectors.sealed_by(pki().department_seal, moment), registry=registry, at=moment)


def test_a_seal_outlives_the_change_of_keys() -> None:
    def closed(end: datetime) -> list[Authorisation]:
        return [authorisation(pki().department_seal, DEPARTMENT, Role.DEPARTMENT_SEAL, valid_to=end)]

    later = NOW + timedelta(days=10)
    assert passed_whole(SEALED, registry=closed(NOW + timedelta(days=1)), at=later)
    after = examined(SEALED, registry=closed(NOW - timedelta(days=1)), at=later)
    assert failed(after) == {("signer_authorised", "outside_period")}


def test_an_expired_certificate_proves_nothing_without_a_trusted_time() -> None:
    checks = examined(SEALED, at=NOW + timedelta(days=700))
    assert failed(checks) == {("trusted_path", "certificate_expired")}
    assert checks[Question.NOT_REVOKED].status is Status.UNKNOWN


@pytest.mark.parametrize("trust", [pki().trust_without_lists, pki().trust_with_stale_lists], ids=["none", "stale"])
def test_without_fresh_lists_revocation_is_unknown(trust: TrustStore) -> None:
    checks = examined(SEALED, trust=trust)
    assert failed(checks) == set()
    not_revoked = checks[Question.NOT_REVOKED]
    assert (not_revoked.status, not_revoked.reason) == (Status.UNKNOWN, Reason.REVOCATION_UNKNOWN)


def test_an_empty_trust_store_trusts_nobody() -> None:
    assert failed(examined(SEALED, trust=TrustStore((), (), ()))) == {("trusted_path", "unknown_authority")}


def test_the_seal_of_another_department_is_not_ours() -> None:
    registry = [authorisation(pki().department_seal, OTHER_SCHOOL, Role.DEPARTMENT_SEAL)]
    checks = examined(SEALED, registry=registry)
    assert failed(checks) == {("signature_found", "not_our_signature"), ("signer_authorised", "other_school")}


def test_threads_do_not_disturb_each_other() -> None:
    files = [SEALED, flipped(SEALED, 40_000), vectors.unsealed()] * 8
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(examined, files))
    assert together == [examined(data) for data in files]


# --- each defect ---

_UNCOVERED = "whole_file_covered bytes_not_covered"
_CHANGED = f"{_UNCOVERED}, later_changes changed_after_signing"
_DIFFERS = "digest_intact digest_differs"
_NO_CMS = f"signature_found signature_malformed, signature_value signature_malformed, {_UNCOVERED}"
_NO_RANGE = f"signature_value signature_malformed, {_UNCOVERED}"
_LAYOUT = "signature_found signature_malformed"
_NOT_OURS = "signature_found not_our_signature, signer_authorised"
EXPECTED: Final = {
    "unsealed": "signature_found no_signature",
    "one byte appended": _CHANGED,
    "another file appended": "signature_found no_signature",
    "end of line cut off": f"{_DIFFERS}, {_UNCOVERED}",
    "content flipped": _DIFFERS,
    "comment added": _CHANGED,
    "script added": _CHANGED,
    "attachment added": _CHANGED,
    "form field added": _CHANGED,
    "shadow attack replaces a page": _CHANGED,
    "shadow attack reorders pages": _CHANGED,
    "shadow attack hides an object": _CHANGED,
    "page tree broken": _CHANGED,
    "page removed": _CHANGED,
    "signature removed": "signature_found no_signature",
    "signature emptied": "signature_found no_signature",
    "second signature by a stranger": f"signature_found several_signatures, {_CHANGED}",
    "second signature by the seal itself": f"signature_found several_signatures, {_CHANGED}",
    "seal overwritten by a stranger": f"{_LAYOUT}, later_changes not_certified, trusted_path unknown_authority",
    "seal overwritten by the seal itself": f"{_LAYOUT}, later_changes not_certified",
    "saved again by pikepdf": f"{_DIFFERS}, {_UNCOVERED}",
    "saved again with object streams": f"{_DIFFERS}, {_UNCOVERED}",
    "saved again linearised": f"{_DIFFERS}, {_UNCOVERED}",
    "wrapped": _UNCOVERED,
    "by another authority": "trusted_path unknown_authority",
    "by an unregistered key": f"{_NOT_OURS} not_registered",
    "by an expired key": "trusted_path certificate_expired, signing_time certificate_expired",
    "by an expired key, dated back": "trusted_path certificate_expired",
    "by a key not yet valid": "trusted_path certificate_not_yet_valid, signing_time certificate_not_yet_valid",
    "by a revoked key": "not_revoked revoked",
    "by a revoked key without list address": "not_revoked revoked",
    "by a key for encryption": "trusted_path certificate_unsuitable",
    "by a certificate with a weak hash": "trusted_path certificate_unsuitable",
    "by a school": f"{_NOT_OURS} other_school",
    "by a head": f"{_NOT_OURS} other_school",
    "dated in the future": "signing_time signed_in_future",
    "dated before the certificate": "signing_time certificate_not_yet_valid",
    "dated before the registration": "signer_authorised outside_period",
    "dated in the year 1": "signing_time certificate_not_yet_valid",
    "dated in the year 9999": "signing_time signed_in_future",
    "without time": "signing_time signature_malformed",
    "signature of another file": _DIFFERS,
    "unsigned attribute": _LAYOUT,
    "further certificate": _LAYOUT,
    "BER": _LAYOUT,
    "signing time inside": _LAYOUT,
    "padding not zero": _LAYOUT,
    "lower-case hexadecimal": _LAYOUT,
    "older sub-filter": _LAYOUT,
    "certified at level 2": "later_changes not_certified",
    "certified at level 3": "later_changes not_certified",
    "not certified": "later_changes not_certified",
    "certified by a copy": "later_changes not_certified",
    "gap wider than the signature": _UNCOVERED,
    "first byte not signed": _UNCOVERED,
    "bytes behind the end signed": _UNCOVERED,
    "hybrid cross-reference": _LAYOUT,
    "updated before the seal": _LAYOUT,
    "contents null": _NO_CMS,
    "contents empty": _NO_CMS,
    "contents zero": _NO_CMS,
    "contents a name": _NO_CMS,
    "contents cut short": _NO_CMS,
    "byte range empty": _NO_RANGE,
    "byte range null": _NO_RANGE,
    "byte range odd": _NO_RANGE,
    "byte range negative": _NO_RANGE,
    "byte range of names": _NO_RANGE,
    "byte range beyond the file": f"{_DIFFERS}, {_UNCOVERED}",
    "byte range of nothing": f"{_DIFFERS}, {_UNCOVERED}",
    "value a number": _NO_CMS,
    "value null": "signature_found no_signature",
    "value a dangling reference": _NO_CMS,
    "fields a number": "signature_found no_signature",
    "time malformed": _DIFFERS,
}


def test_every_vector_has_an_expectation() -> None:
    assert EXPECTED.keys() == vectors.VECTORS.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_defect_is_told_as_what_it_is(name: str) -> None:
    checks = examined(vectors.VECTORS[name]())
    assert failed(checks) == {tuple(each.split()) for each in EXPECTED[name].split(", ")}


CHANGES: Final = {
    "comment added": {"annotations": "1"},
    "script added": {"scripts": "2"},
    "attachment added": {"attachments": "1"},
    "form field added": {"form_fields": "1"},
    "page removed": {"pages": "-1"},
    "second signature by a stranger": {"form_fields": "1"},
    "shadow attack replaces a page": {},
    "one byte appended": {"bytes": "1"},
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_changed_later_is_counted(name: str) -> None:
    facts = dict(examined(vectors.VECTORS[name]())[Question.LATER_CHANGES].facts)
    assert int(facts.pop("bytes")) > 0 or name == "one byte appended"
    assert int(facts.pop("objects", "0")) > 0 or name == "one byte appended"
    assert facts == {kind: number for kind, number in CHANGES[name].items() if kind != "bytes"}


DEFECTS: Final = {
    "unsigned attribute": "cms",
    "further certificate": "cms",
    "BER": "cms",
    "signing time inside": "cms",
    "padding not zero": "padding",
    "lower-case hexadecimal": "hexadecimal",
    "older sub-filter": "sub_filter",
    "hybrid cross-reference": "hybrid_xref",
    "updated before the seal": "revisions",
}


@pytest.mark.parametrize("name", DEFECTS)
def test_the_differing_part_of_the_layout_is_named(name: str) -> None:
    checks = examined(vectors.VECTORS[name]())
    assert checks[Question.SIGNATURE_FOUND].facts["defect"] == DEFECTS[name]
    assert checks[Question.SIGNATURE_VALUE].status is Status.PASSED


def test_what_cannot_be_counted_is_not_claimed() -> None:
    facts = examined(vectors.VECTORS["page tree broken"]())[Question.LATER_CHANGES].facts
    assert facts.keys() == {"bytes"}


def test_what_is_no_document_is_refused() -> None:
    refused = {
        Refusal.NOT_PDF: b"PK\x03\x04" + SEALED,
        Refusal.ENCRYPTED: updates.resaved(SEALED, encryption=pikepdf.Encryption(owner="a", user="b")),
    }
    refused[Refusal.NOT_PDF] = refused[Refusal.NOT_PDF].replace(b"%PDF-", b"")
    for refusal, data in refused.items():
        with pytest.raises(UnreadableDocument) as caught:
            examined(data)
        assert caught.value.refusal is refusal


def test_size_and_number_of_signatures_are_bounded() -> None:
    with pytest.raises(LimitExceeded):
        examined(SEALED + bytes(limits.DOCUMENT_BYTES))

    def add_fields(writer: Any) -> None:
        fields = writer.root["/AcroForm"]["/Fields"]
        for _ in range(limits.DOCUMENT_SIGNATURES):
            field = seal._field(fields[0].raw_get("/V"), None, None)
            del field["/P"]
            fields.append(writer.add_object(field))
        writer.update_root()

    with pytest.raises(LimitExceeded):
        examined(updates.updated(SEALED, add_fields))


def test_what_the_strict_reader_refuses_bears_no_seal() -> None:
    checks = examined(SEALED.replace(b"startxref", b"startxxxx"))
    assert failed(checks) == {("signature_found", "damaged")}
    assert checks[Question.DIGEST_INTACT].status is Status.NOT_APPLICABLE


# --- nothing passes, nothing raises ---


def regions() -> Iterable[int]:
    """Positions of every part: print, its table, each byte of the update but the hexadecimal, ends of the latter."""
    start, end = vectors.contents_of(SEALED)
    original = len(vectors.unsealed())
    yield from range(0, original, 1_499)
    yield from range(original - 150, original, 7)
    yield from range(original, start, 9)
    yield from range(start - 12, start + 60)
    yield from range(start + 60, end - 60, 37)
    yield from range(end - 60, end + 80)
    yield from range(end + 80, len(SEALED), 5)
    yield from range(len(SEALED) - 60, len(SEALED))


def test_no_flipped_byte_passes_in_any_region() -> None:
    survivors = [position for position in regions() if passes(flipped(SEALED, position, position % 8))]
    assert survivors == []


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_no_changed_byte_passes(position: int, change: int) -> None:
    assert not passes(SEALED[:position] + bytes([SEALED[position] ^ change]) + SEALED[position + 1 :])


def test_no_cut_file_passes() -> None:
    cuts = [*range(0, len(SEALED), 1_000), *range(len(SEALED) - 40, len(SEALED))]
    assert [cut for cut in cuts if passes(SEALED[:cut])] == []


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_patched_update_raises(data: st.DataObject) -> None:
    """Whole pieces of the seal's own objects replaced: where a reader meets unexpected types."""
    start = data.draw(st.integers(len(vectors.unsealed()), len(SEALED) - 1))
    patch = data.draw(
        st.sampled_from([b"null", b"[]", b"<<>>", b"/A", b"99 0 R", b"-1", b"1e9", b"(", b"<", b"]", b">>", b"", b"\0"])
    )
    assert not passes(SEALED[:start] + patch + SEALED[start + data.draw(st.integers(0, 40)) :])


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    assert not passes(b"%PDF-1.7\n" + data)


def passes(data: bytes) -> bool:
    """Whether a file is taken for our seal, whole; refusals of the core count as no."""
    try:
        return data != SEALED and passed_whole(data)
    except (UnreadableDocument, LimitExceeded):
        return False


def test_the_unchanged_file_would_pass() -> None:
    assert passed_whole(io.BytesIO(SEALED).read())
