"""Paths and revocation: two questions with their reasons; explicit roots only; nothing hostile raises or takes long."""

import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.signers.file import FileSigner
from tests import pki as infrastructure
from tests.pki import DAY, NOW, pki
from verify.anchors import TrustStore
from verify.cms.certificates import facts_of
from verify.cms.foreign import translated
from verify.cms.paths import PathReport, completed, examine_path
from verify.cms.times import claimed_time
from verify.errors import LimitExceeded, MalformedRecord, Refusal
from verify.limits import CERTIFICATE_BYTES
from verify.verdict import Reason, Status

TRUST: Final = pki().trust


def asked(signer: FileSigner, trust: TrustStore = TRUST, at: datetime = NOW) -> PathReport:
    return examine_path(signer.certificate, signer.chain, trust, at)


def test_a_good_certificate() -> None:
    report = asked(pki().head)
    assert (report.trusted.status, report.not_revoked.status) == (Status.PASSED, Status.PASSED)
    assert report.trusted.facts == {"signer": "Lê Quốc Đĩnh", "issuer": "Cấp phát thử nghiệm"}
    assert report.certificates == {pki().head.certificate, pki().issuing.der, pki().root.der}


UNTRUSTED: Final = {
    "expired": Reason.CERTIFICATE_EXPIRED,
    "not_yet_valid": Reason.CERTIFICATE_NOT_YET_VALID,
    "key_for_encryption_only": Reason.CERTIFICATE_UNSUITABLE,
    "without_key_usage": Reason.CERTIFICATE_UNSUITABLE,
    "weak_hash": Reason.CERTIFICATE_UNSUITABLE,
    "other_authority": Reason.UNKNOWN_AUTHORITY,
}


@pytest.mark.parametrize("name", UNTRUSTED)
def test_untrusted_certificates(name: str) -> None:
    report = asked(getattr(pki(), name))
    assert (report.trusted.status, report.trusted.reason) == (Status.FAILED, UNTRUSTED[name])
    assert (report.not_revoked.status, report.not_revoked.reason) == (Status.UNKNOWN, Reason.REVOCATION_UNKNOWN)
    assert report.certificates == frozenset()


@pytest.mark.parametrize("name", ["revoked", "revoked_without_list_address"])
def test_revoked_certificates(name: str) -> None:
    report = asked(getattr(pki(), name))
    assert report.trusted.status is Status.PASSED
    assert (report.not_revoked.status, report.not_revoked.reason) == (Status.FAILED, Reason.REVOKED)
    assert report.not_revoked.facts == {"revoked_at": (NOW - 2 * DAY).isoformat()}


@pytest.mark.parametrize("trust", [pki().trust_without_lists, pki().trust_with_stale_lists], ids=["none", "stale"])
def test_without_fresh_lists_revocation_is_unknown(trust: TrustStore) -> None:
    for signer in (pki().head, pki().without_list_address):
        report = asked(signer, trust)
        assert report.trusted.status is Status.PASSED
        assert (report.not_revoked.status, report.not_revoked.reason) == (Status.UNKNOWN, Reason.REVOCATION_UNKNOWN)


def test_a_list_of_the_issuer_alone_is_not_enough() -> None:
    """The issuing authority itself must stand as good on its root's list."""
    only = TrustStore(TRUST.roots, TRUST.intermediates, TRUST.crls[1:])
    assert asked(pki().head, only).not_revoked.status is Status.UNKNOWN


def test_a_list_signed_by_a_stranger_is_none() -> None:
    forged = infrastructure._list(
        infrastructure.Authority(pki().foreign_root.key, pki().issuing.certificate), (), NOW - DAY
    )
    trust = TrustStore(TRUST.roots, TRUST.intermediates, (TRUST.crls[0], forged))
    assert asked(pki().head, trust).not_revoked.status is Status.UNKNOWN


def test_roots_are_explicit() -> None:
    empty = TrustStore((), TRUST.intermediates, TRUST.crls)
    assert asked(pki().head, empty).trusted.reason is Reason.UNKNOWN_AUTHORITY


def test_an_authority_does_not_sign_documents() -> None:
    for authority in (pki().root, pki().issuing):
        report = examine_path(authority.der, (), TRUST, NOW)
        assert report.trusted.reason is Reason.CERTIFICATE_UNSUITABLE


def test_embedded_certificates_fill_gaps() -> None:
    bare = TrustStore(TRUST.roots, (), TRUST.crls)
    assert asked(pki().head, bare).trusted.status is Status.PASSED
    assert examine_path(pki().head.certificate, (), bare, NOW).trusted.reason is Reason.UNKNOWN_AUTHORITY


def test_embedded_roots_are_not_trusted() -> None:
    stranger = pki().other_authority
    report = examine_path(stranger.certificate, (pki().foreign_root.der,), TRUST, NOW)
    assert report.trusted.reason is Reason.UNKNOWN_AUTHORITY


def test_many_cross_certificates_do_not_take_long() -> None:
    """Certificates that name each other: the paths to try grow with the factorial of their number."""
    root_name = pki().root.certificate.subject
    crossed = tuple(_crossed(root_name) for _ in range(60))
    victim = FileSigner(ec.generate_private_key(ec.SECP256R1()), _crossed(root_name, leaf=True), crossed)
    for number in (4, 60):
        began = time.process_time()
        report = examine_path(victim.certificate, crossed[:number], TRUST, NOW + timedelta(seconds=number))
        assert report.trusted.status is Status.FAILED
        assert time.process_time() - began < 3


def _crossed(name: x509.Name, *, leaf: bool = False, constraints: bool = True) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder(name, x509.Name([]) if leaf else name, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .add_extension(infrastructure._usage("signing" if leaf else "authority"), critical=True)
    )
    if constraints:
        builder = builder.add_extension(x509.BasicConstraints(ca=not leaf, path_length=None), critical=True)
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize("broken", [b"", b"\x30\x00", b"x" * 100, bytes(CERTIFICATE_BYTES + 1)])
def test_what_is_no_certificate_is_unsuitable(broken: bytes) -> None:
    assert examine_path(broken, (), TRUST, NOW).trusted.reason is Reason.CERTIFICATE_UNSUITABLE
    assert examine_path(pki().head.certificate, (broken,), TRUST, NOW).trusted.status is Status.FAILED


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(pki().head.certificate) - 1), st.integers(1, 255))
def test_no_changed_certificate_is_trusted(position: int, change: int) -> None:
    good = pki().head.certificate
    changed = good[:position] + bytes([good[position] ^ change]) + good[position + 1 :]
    assert examine_path(changed, pki().head.chain, TRUST, NOW).trusted.status is Status.FAILED


def test_threads_get_the_same_answers() -> None:
    signers = [pki().head, pki().revoked, pki().expired, pki().other_authority] * 10
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda signer: asked(signer, at=NOW + timedelta(seconds=7)), signers))
    assert together == [asked(signer, at=NOW + timedelta(seconds=7)) for signer in signers]


# --- certificates, times, the border ---


def test_facts_of_a_certificate() -> None:
    facts = facts_of(pki().head.certificate)
    assert (facts.subject, facts.issuer) == ("Lê Quốc Đĩnh", "Cấp phát thử nghiệm")
    assert (facts.not_before, facts.not_after) == (NOW - 60 * DAY, NOW + 600 * DAY)
    assert facts.suits_signing
    assert int(facts.serial, 16) == x509.load_der_x509_certificate(pki().head.certificate).serial_number
    assert not facts_of(pki().key_for_encryption_only.certificate).suits_signing
    assert facts_of(pki().head_rsa.certificate).suits_signing


def test_a_certificate_without_constraints_is_no_authority() -> None:
    assert facts_of(_crossed(x509.Name([]), leaf=True, constraints=False)).suits_signing


def test_a_certificate_without_common_name_shows_what_it_has() -> None:
    assert facts_of(_crossed(x509.Name([]), leaf=True)).subject == ""
    named = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Trường Mẫu")])
    assert facts_of(_crossed(named)).subject == "Trường Mẫu"
    country = x509.Name([x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "VN")])
    assert facts_of(_crossed(country)).subject == "C=VN"


@pytest.mark.parametrize("data", [b"", b"\x30\x00", b"-----BEGIN CERTIFICATE-----"])
def test_no_certificate(data: bytes) -> None:
    with pytest.raises(MalformedRecord) as caught:
        facts_of(data)
    assert caught.value.refusal is Refusal.BAD_CERTIFICATE


def test_a_certificate_beyond_the_limit() -> None:
    with pytest.raises(LimitExceeded):
        facts_of(bytes(CERTIFICATE_BYTES + 1))


TIMES: Final = {
    NOW: Reason.CLAIMED_TIME_ONLY,
    NOW + timedelta(minutes=5): Reason.CLAIMED_TIME_ONLY,
    NOW + timedelta(minutes=5, seconds=1): Reason.SIGNED_IN_FUTURE,
    NOW - 61 * DAY: Reason.CERTIFICATE_NOT_YET_VALID,
    None: Reason.SIGNATURE_MALFORMED,
}


@pytest.mark.parametrize("claimed", TIMES)
def test_claimed_times(claimed: datetime | None) -> None:
    check = claimed_time(pki().head.certificate, claimed, NOW)
    assert check.reason is TIMES[claimed]
    assert (check.status is Status.PASSED) is (check.reason is Reason.CLAIMED_TIME_ONLY)
    assert dict(check.facts) == ({"claimed": claimed.isoformat()} if claimed else {})


def test_a_time_after_the_certificate() -> None:
    check = claimed_time(pki().expired.certificate, NOW - 5 * DAY, NOW)
    assert (check.status, check.reason) == (Status.FAILED, Reason.CERTIFICATE_EXPIRED)


@pytest.mark.parametrize("error", [ValueError, KeyError, TypeError, AttributeError, AssertionError, OverflowError])
def test_foreign_errors_are_translated(error: type[Exception]) -> None:
    with pytest.raises(MalformedRecord) as caught, translated(Refusal.BAD_CERTIFICATE):
        raise error("quotes the document")
    assert str(caught.value) == f"bad_certificate: {error.__name__}"


@pytest.mark.parametrize("error", [RecursionError, MemoryError])
def test_too_much_work_is_told_as_that(error: type[Exception]) -> None:
    with pytest.raises(LimitExceeded), translated(Refusal.BAD_CERTIFICATE):
        raise error


def test_own_errors_pass_the_border() -> None:
    with pytest.raises(LimitExceeded) as caught, translated(Refusal.BAD_CERTIFICATE):
        raise LimitExceeded(Refusal.TOO_LARGE)
    assert caught.value.refusal is Refusal.TOO_LARGE


def test_a_validator_that_waits_is_refused() -> None:
    class Forever:
        def __await__(self) -> Generator[None, None, None]:
            yield

    async def waiting() -> None:
        await Forever()

    async def ready() -> int:
        return 7

    assert completed(ready()) == 7
    with pytest.raises(MalformedRecord):
        completed(waiting())
