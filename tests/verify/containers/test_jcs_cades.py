"""The native container: OpenSSL accepts what is signed; each defect has its reason; no changed byte passes whole."""

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.signers.file import FileSigner
from tests import factories
from tests.pki import NOW, OTHER_SCHOOL, SCHOOL, authorisation, pki
from tests.verify.cms import altered
from verify.anchors import TrustStore
from verify.cms.writing import sign_digest
from verify.containers import jcs_cades
from verify.containers.jcs_cades import SignatureReport
from verify.errors import MalformedRecord
from verify.record import codec
from verify.signing import Role
from verify.verdict import Question, Reason, Status

RECORD: Final = codec.to_bytes(factories.year_record(4))
SIGNED: Final = jcs_cades.sign(RECORD, pki().head, NOW)
ASKED: Final = (
    Question.DIGEST_INTACT,
    Question.SIGNATURE_VALUE,
    Question.TRUSTED_PATH,
    Question.SIGNER_AUTHORISED,
    Question.NOT_REVOKED,
    Question.SIGNING_TIME,
)


def examined(signature: bytes, record: bytes = RECORD, **changes: Any) -> SignatureReport:
    arguments: dict[str, Any] = {
        "role": Role.HEAD,
        "unit_code": SCHOOL,
        "trust": pki().trust,
        "registry": pki().registry,
        "at": NOW,
    }
    report = jcs_cades.examine(record, signature, **(arguments | changes))
    assert tuple(check.question for check in report.checks) == ASKED
    return report


def by(signer: FileSigner, **changes: Any) -> SignatureReport:
    return examined(jcs_cades.sign(RECORD, signer, NOW), **changes)


def failed(report: SignatureReport) -> str:
    return ", ".join(f"{c.question.value} {c.reason.value}" for c in report.checks if c.status is Status.FAILED)


@pytest.mark.parametrize("signer", [pki().head, pki().head_rsa], ids=["EC", "RSA"])
def test_a_good_signature_holds(signer: FileSigner) -> None:
    report = by(signer)
    assert report.holds
    assert (report.role, report.certificate, report.signing_time) == (Role.HEAD, signer.certificate, NOW)
    assert report.signer_name.startswith("Lê Quốc Đĩnh")
    assert report.checks[-1].reason is Reason.CLAIMED_TIME_ONLY


@pytest.mark.parametrize("signer", [pki().head, pki().head_rsa], ids=["EC", "RSA"])
def test_openssl_accepts_it(signer: FileSigner, tmp_path: Path, need_command: Callable[[str], str]) -> None:
    files = {"record.json": RECORD, "s.p7s": jcs_cades.sign(RECORD, signer, NOW), "root.pem": pki().root.pem}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    command = [need_command("openssl"), "cms", "-verify", "-binary", "-inform", "DER", "-in", "s.p7s"]
    command += ["-content", "record.json", "-CAfile", "root.pem", "-purpose", "any"]
    command += ["-attime", str(int(NOW.timestamp()))]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.replace(b"\r\n", b"\n") == RECORD
    (tmp_path / "record.json").write_bytes(RECORD[:-1])
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


SIGNERS: Final = {
    "other_school_head": "signer_authorised other_school",
    "school_seal": "signer_authorised other_role",
    "department_seal": "signer_authorised other_school",
    "unregistered": "signer_authorised not_registered",
    "expired": "trusted_path certificate_expired, signing_time certificate_expired",
    "not_yet_valid": "trusted_path certificate_not_yet_valid, signing_time certificate_not_yet_valid",
    "revoked": "not_revoked revoked",
    "revoked_without_list_address": "not_revoked revoked",
    "without_list_address": "",
    "key_for_encryption_only": "trusted_path certificate_unsuitable",
    "without_key_usage": "trusted_path certificate_unsuitable",
    "weak_hash": "trusted_path certificate_unsuitable",
    "other_authority": "trusted_path unknown_authority",
}


@pytest.mark.parametrize("name", SIGNERS)
def test_each_signer_has_its_reason(name: str) -> None:
    report = by(getattr(pki(), name))
    assert failed(report) == SIGNERS[name]
    assert report.holds is (not SIGNERS[name])


def test_each_role_and_school_is_asked() -> None:
    assert by(pki().school_seal, role=Role.SCHOOL_SEAL).holds
    assert by(pki().homeroom_teacher, role=Role.HOMEROOM_TEACHER).holds
    assert failed(by(pki().head, role=Role.SCHOOL_SEAL)) == "signer_authorised other_role"
    assert failed(by(pki().head, unit_code=OTHER_SCHOOL)) == "signer_authorised other_school"


def test_the_registry_is_asked_at_the_moment_of_receipt() -> None:
    closed = [authorisation(pki().head, SCHOOL, Role.HEAD, valid_to=NOW)]
    assert failed(by(pki().head, registry=closed)) == "signer_authorised outside_period"
    assert by(pki().head, registry=closed, at=NOW - timedelta(seconds=1)).holds


@pytest.mark.parametrize("trust", [pki().trust_without_lists, pki().trust_with_stale_lists], ids=["none", "stale"])
def test_without_fresh_lists_it_does_not_hold(trust: TrustStore) -> None:
    report = by(pki().head, trust=trust)
    assert not report.holds
    assert report.checks[4].status is Status.UNKNOWN
    assert report.checks[4].reason is Reason.REVOCATION_UNKNOWN


def test_a_signature_of_another_record() -> None:
    other = codec.to_bytes(factories.year_record(4, full_name="Nguyễn Văn Bình"))
    assert failed(examined(SIGNED, other)) == "digest_intact digest_differs"


def test_the_claimed_time_is_not_in_the_future() -> None:
    def at(minutes: float) -> SignatureReport:
        return examined(jcs_cades.sign(RECORD, pki().head, NOW + timedelta(minutes=minutes)))

    assert at(5).holds
    assert failed(at(5.1)) == "signing_time signed_in_future"
    assert failed(at(-60 * 24 * 61)) == "signing_time certificate_not_yet_valid"


def test_a_signing_time_needs_a_zone() -> None:
    with pytest.raises(MalformedRecord):
        jcs_cades.sign(RECORD, pki().head, NOW.replace(tzinfo=None))


FORGED: Final[dict[str, Callable[[], bytes]]] = {
    "unsigned attribute": lambda: altered.with_unsigned_attribute(SIGNED),
    "further certificate": lambda: altered.with_certificate(SIGNED, pki().school_seal.certificate),
    "certificate twice": lambda: altered.with_certificate(SIGNED, pki().head.certificate),
    "chain twice": lambda: altered.with_certificate(SIGNED, pki().issuing.der),
    "chain left out": lambda: altered.with_certificates(SIGNED, [pki().head.certificate]),
    "indefinite length": lambda: altered.with_indefinite_length(SIGNED),
    "no signing time": lambda: sign_digest(altered.sha256(RECORD), pki().head, None),
    "signer named by key": lambda: altered.with_key_identifier(SIGNED),
    "digest parameters left out": lambda: altered.without_parameters(SIGNED),
}


@pytest.mark.parametrize("name", sorted(FORGED.keys() - {"chain left out"}))
def test_what_is_not_our_layout_is_malformed(name: str) -> None:
    report = examined(FORGED[name]())
    assert not report.holds
    assert "signature_value signature_malformed" in failed(report)
    assert report.checks[0].status is Status.PASSED, "the digest itself is right"


def test_a_chain_left_out_is_found_in_the_trust_store() -> None:
    """The embedded chain is free to be shorter: the log holds the exact bytes."""
    assert examined(FORGED["chain left out"]()).holds


@pytest.mark.parametrize("name", ["no attributes", "not bound", "sha1", "sha1 inside", "attached content"])
def test_weak_or_incomplete_signatures_do_not_hold(name: str) -> None:
    report = examined(altered.made(name, RECORD, pki().head))
    assert not report.holds
    assert report.checks[1].status is Status.FAILED


@pytest.mark.parametrize("signature", [b"", b"\x30", b"\x30\x00", RECORD, SIGNED[:-1], SIGNED + b"\0", bytes(300_000)])
def test_no_signature_at_all(signature: bytes) -> None:
    report = examined(signature)
    assert failed(report) == "signature_value signature_malformed"
    assert (report.certificate, report.signer_name, report.signing_time) == (None, "", None)
    assert {check.status for check in report.checks} == {Status.FAILED, Status.UNKNOWN}


def test_no_flipped_bit_of_the_record_passes() -> None:
    for position in range(0, len(RECORD), 101):
        changed = RECORD[:position] + bytes([RECORD[position] ^ 1]) + RECORD[position + 1 :]
        assert failed(examined(SIGNED, changed)) == "digest_intact digest_differs"


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_no_changed_byte_of_the_signature_passes(position: int, change: int) -> None:
    changed = SIGNED[:position] + bytes([SIGNED[position] ^ change]) + SIGNED[position + 1 :]
    assert not examined(changed).holds


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(SIGNED)), st.integers(0, 40), st.binary(max_size=12))
def test_no_patched_signature_passes(start: int, size: int, patch: bytes) -> None:
    changed = SIGNED[:start] + patch + SIGNED[start + size :]
    assert changed == SIGNED or not examined(changed).holds


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_raise(data: bytes) -> None:
    assert not examined(data).holds


def test_threads_do_not_disturb_each_other() -> None:
    signers = [pki().head, pki().head_rsa, pki().revoked, pki().unregistered] * 6
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(by, signers))
    assert [failed(report) for report in together] == [failed(by(signer)) for signer in signers]
