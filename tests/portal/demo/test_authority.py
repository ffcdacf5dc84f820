"""The demo authority: marked as a sample, private files, one key a role for ever, lists that are fresh when asked."""

import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from portal.demo.authority import SAMPLE, DemoAuthority
from portal.signers.file import FileSigner
from tests.pki import pki
from verify.anchors import Authorisation
from verify.canonical import sha256
from verify.cms.certificates import facts_of
from verify.containers import jcs_cades
from verify.containers.jcs_cades import SignatureReport
from verify.errors import MalformedRecord, Refusal
from verify.signing import Role
from verify.verdict import Reason

NOW = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
UNIT, NAME = "MAU-TH-01", "Trường Tiểu học Mẫu số 1"
RECORD = b'{"sample":true}'


@pytest.fixture
def authority(tmp_path: Path) -> DemoAuthority:
    return DemoAuthority(tmp_path / "authority", NOW)


def head(authority: DemoAuthority, now: datetime = NOW) -> FileSigner:
    return authority.demo_signer(UNIT, NAME, Role.HEAD, "Nguyễn Thị Ngọc Ẩn", now)


def report(authority: DemoAuthority, signer: FileSigner, now: datetime = NOW) -> SignatureReport:
    registry = [Authorisation(sha256(signer.certificate), UNIT, Role.HEAD, NOW - DAY, None)]
    signature = jcs_cades.sign(RECORD, signer, now)
    return jcs_cades.examine(
        RECORD,
        signature,
        role=Role.HEAD,
        unit_code=UNIT,
        trust=authority.demo_trust(now),
        registry=registry,
        at=now,
    )


@pytest.mark.parametrize("use_rsa", [False, True], ids=["EC", "RSA"])
def test_its_signatures_hold(authority: DemoAuthority, use_rsa: bool) -> None:
    signer = authority.demo_signer(UNIT, NAME, Role.HEAD, None, NOW, use_rsa=use_rsa)
    key = x509.load_der_x509_certificate(signer.certificate).public_key()
    assert isinstance(key, RSAPublicKey) is use_rsa
    assert report(authority, signer).holds


def test_every_name_says_sample(authority: DemoAuthority) -> None:
    signers = [
        head(authority),
        authority.demo_signer(UNIT, NAME, Role.SCHOOL_SEAL, None, NOW),
        authority.demo_signer("X", "Đơn vị " * 30, Role.HEAD, "Tên rất dài " * 30, NOW),
    ]
    trust = authority.demo_trust(NOW)
    for certificate in (*(each.certificate for each in signers), *trust.roots, *trust.intermediates):
        facts = facts_of(certificate)
        assert SAMPLE in facts.subject
        assert SAMPLE in facts.issuer
    assert facts_of(signers[0].certificate).subject == f"Nguyễn Thị Ngọc Ẩn ({SAMPLE})"
    assert facts_of(signers[2].certificate).subject.startswith("Tên rất dài Tên")


def test_files_are_private(authority: DemoAuthority, tmp_path: Path) -> None:
    head(authority)
    authority.demo_trust(NOW)
    authority.revoke_demo(head(authority).certificate, NOW)
    folder = tmp_path / "authority"
    files = {path.name for path in folder.iterdir()}
    assert files == {
        ".lock",
        "root.pem",
        "issuing.pem",
        "root.crl",
        "issuing.crl",
        "revoked.json",
        f"{UNIT}.head.pem",
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_what_exists_is_never_made_again(authority: DemoAuthority, tmp_path: Path) -> None:
    first = head(authority)
    again = DemoAuthority(tmp_path / "authority", NOW + 400 * DAY)
    assert again.root_pem() == authority.root_pem()
    assert head(again, NOW + 400 * DAY).certificate == first.certificate


def test_roles_and_units_have_keys_of_their_own(authority: DemoAuthority) -> None:
    certificates = {
        authority.demo_signer(unit, NAME, role, None, NOW).certificate
        for unit in ("MAU-TH-01", "MAU-TH-02")
        for role in (Role.HEAD, Role.SCHOOL_SEAL)
    }
    assert len(certificates) == 4


def test_lists_are_kept_while_fresh_and_made_anew_in_time(authority: DemoAuthority) -> None:
    first = authority.crls(NOW)
    assert authority.crls(NOW + 3 * DAY) == first
    later = authority.crls(NOW + 4 * DAY)
    assert later[0] != first[0]
    assert later[1] != first[1]
    assert authority.crls(NOW + 5 * DAY) == later


@pytest.mark.parametrize("days", [0, 3, 4, 30, 365])
def test_a_signature_holds_on_any_later_day(authority: DemoAuthority, days: int) -> None:
    signer = head(authority)
    authority.crls(NOW)
    assert report(authority, signer, NOW + days * DAY).holds


def test_lists_made_after_the_moment_asked_do_not_count(authority: DemoAuthority) -> None:
    signer = head(authority)
    authority.crls(NOW + DAY)
    assert report(authority, signer).holds


def test_revoked_at_once_and_for_good(authority: DemoAuthority, tmp_path: Path) -> None:
    signer, other = head(authority), authority.demo_signer("MAU-TH-02", NAME, Role.HEAD, None, NOW)
    assert report(authority, signer).holds
    authority.revoke_demo(signer.certificate, NOW)
    authority.revoke_demo(signer.certificate, NOW + DAY)
    for opened in (authority, DemoAuthority(tmp_path / "authority", NOW)):
        for days in (0, 10):
            check = report(opened, signer, NOW + days * DAY).checks[4]
            assert check.reason is Reason.REVOKED
            assert check.facts == {"revoked_at": NOW.isoformat()}
    renewed = [entry for der in authority.crls(NOW) for entry in x509.load_der_x509_crl(der)]
    assert len(renewed) == 1
    assert x509.load_der_x509_certificate(other.certificate).serial_number != renewed[0].serial_number


@pytest.mark.parametrize("certificate", [pki().head.certificate, b"none"], ids=["a stranger's", "none"])
def test_it_revokes_its_own_only(authority: DemoAuthority, certificate: bytes) -> None:
    with pytest.raises(MalformedRecord) as caught:
        authority.revoke_demo(certificate, NOW)
    assert caught.value.refusal is Refusal.BAD_CERTIFICATE
    with pytest.raises(MalformedRecord):
        authority.revoke_demo(x509.load_pem_x509_certificate(authority.root_pem()).public_bytes(Encoding.DER), NOW)


def test_another_authority_does_not_trust_it(authority: DemoAuthority, tmp_path: Path) -> None:
    other = DemoAuthority(tmp_path / "other", NOW)
    assert not report(other, head(authority)).holds


def test_the_root_is_what_openssl_takes(authority: DemoAuthority, need_command: Callable[[str], str]) -> None:
    assert need_command("openssl")
    root = x509.load_pem_x509_certificate(authority.root_pem())
    root.verify_directly_issued_by(root)


def test_threads_and_reopened_folders_agree_on_one_key(tmp_path: Path) -> None:
    def make(number: int) -> tuple[bytes, bytes]:
        authority = DemoAuthority(tmp_path / "shared", NOW)
        authority.crls(NOW + number * DAY)
        return head(authority).certificate, authority.root_pem()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(make, range(24)))) == 1


def test_revocations_of_many_threads_all_count(authority: DemoAuthority) -> None:
    signers = [authority.demo_signer(f"T{number}", NAME, Role.HEAD, None, NOW) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda signer: authority.revoke_demo(signer.certificate, NOW), signers))
    assert len(x509.load_der_x509_crl(authority.crls(NOW)[1])) == 8


def test_a_folder_with_another_kind_of_key_is_not_opened(tmp_path: Path) -> None:
    authority = DemoAuthority(tmp_path / "authority", NOW)
    authority.demo_signer(UNIT, NAME, Role.HEAD, None, NOW, use_rsa=True)
    (tmp_path / "authority" / f"{UNIT}.head.pem").replace(tmp_path / "authority" / "root.pem")
    with pytest.raises(TypeError):
        DemoAuthority(tmp_path / "authority", NOW)
