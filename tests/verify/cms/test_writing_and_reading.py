"""Writing and reading of CMS: what is written is read back as ours, and no bytes raise anything but VerifyError."""

import hashlib
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

import pytest
from asn1crypto import cms, x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import CertificateBuilder, load_der_x509_certificate
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.signers.file import FileSigner
from tests.pki import DAY, NOW, pki
from tests.verify.cms import altered
from verify import limits
from verify.cms import reading, writing
from verify.errors import LimitExceeded, MalformedRecord, Refusal, VerifyError
from verify.verdict import Check, Reason, Status

CONTENT: Final = b'{"a":1}'
DIGEST: Final = hashlib.sha256(CONTENT).digest()
SIGNERS: Final = {"EC": pki().head, "RSA": pki().head_rsa}
SIGNED: Final = writing.sign_digest(DIGEST, pki().head, NOW)
both = pytest.mark.parametrize("signer", SIGNERS.values(), ids=SIGNERS.keys())


def statuses(checks: tuple[Check, Check]) -> tuple[Status, Status]:
    return checks[0].status, checks[1].status


@both
@pytest.mark.parametrize("moment", [NOW, None], ids=["with time", "without time"])
def test_what_is_written_is_read_back(signer: FileSigner, moment: datetime | None) -> None:
    message = reading.read(writing.sign_digest(DIGEST, signer, moment))
    assert message.canonical
    assert message.bound
    assert (message.certificate, message.others) == (signer.certificate, signer.chain)
    assert (message.digest_name, message.signing_time) == ("sha256", moment)
    assert message.digest(CONTENT) == DIGEST
    assert statuses(reading.integrity(message, DIGEST)) == (Status.PASSED, Status.PASSED)


@both
def test_it_is_cades_bes(signer: FileSigner) -> None:
    """ETSI EN 319 122-1 §6.3: attributes of the baseline; one signer, detached, version 1, no unsigned attribute."""
    signed_data = cms.ContentInfo.load(writing.sign_digest(DIGEST, signer, NOW), strict=True)["content"]
    (info,) = signed_data["signer_infos"]
    names = {attribute["type"].native for attribute in info["signed_attrs"]}
    assert names == {
        "content_type",
        "message_digest",
        "signing_time",
        "signing_certificate_v2",
        "cms_algorithm_protection",
    }
    assert (signed_data["version"].native, info["version"].native) == ("v1", "v1")
    assert signed_data["encap_content_info"]["content"].native is None
    assert len(info["unsigned_attrs"]) == 0
    assert info["signed_attrs"].dump() == info["signed_attrs"].dump(force=True), "DER order"


def test_a_pdf_signature_has_no_signing_time() -> None:
    """ETSI EN 319 142-1 §6.3: /M in the dictionary carries it."""
    (info,) = cms.ContentInfo.load(writing.sign_digest(DIGEST, pki().head, None))["content"]["signer_infos"]
    assert "signing_time" not in {attribute["type"].native for attribute in info["signed_attrs"]}


def test_rsa_is_deterministic_and_expected_repeats_it() -> None:
    signer = pki().head_rsa
    signed = writing.sign_digest(DIGEST, signer, NOW)
    raw = cms.ContentInfo.load(signed)["content"]["signer_infos"][0]["signature"].native
    assert signed == writing.sign_digest(DIGEST, signer, NOW)
    assert signed == writing.expected(signer.certificate, signer.chain, DIGEST, raw, NOW)


@both
def test_no_signature_is_larger_than_the_largest(signer: FileSigner) -> None:
    sizes = {len(writing.sign_digest(bytes([number]) * 32, signer, None)) for number in range(40)}
    largest = writing.largest(signer.certificate, signer.chain)
    assert largest - 4 <= max(sizes) <= largest


def test_the_time_is_utc_in_whole_seconds() -> None:
    moment = datetime(2026, 6, 1, 10, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=7)))
    assert reading.read(writing.sign_digest(DIGEST, pki().head, moment)).signing_time == NOW


@pytest.mark.parametrize("moment", [NOW.replace(tzinfo=None), datetime(2050, 1, 1, tzinfo=UTC)])
def test_a_time_that_utc_time_cannot_say_is_refused(moment: datetime) -> None:
    with pytest.raises(MalformedRecord) as caught:
        writing.sign_digest(DIGEST, pki().head, moment)
    assert caught.value.refusal is Refusal.BAD_SHAPE


def test_a_key_of_another_kind_is_refused() -> None:
    key = Ed25519PrivateKey.generate()
    template = load_der_x509_certificate(pki().head.certificate)
    builder = CertificateBuilder(template.issuer, template.subject, key.public_key(), 1, NOW, NOW + DAY)
    certificate = builder.sign(pki().issuing.key, SHA256()).public_bytes(Encoding.DER)
    for broken in (certificate, b"", pki().head.certificate + b"\0"):
        with pytest.raises(MalformedRecord) as caught:
            writing.largest(broken, ())
        assert caught.value.refusal is Refusal.BAD_CERTIFICATE
    with pytest.raises(MalformedRecord):
        writing.largest(pki().head.certificate, (b"chain",))


@pytest.mark.parametrize("size", [0, 127, 128, 255, 256, 65_535, 65_536])
def test_lengths_are_der(size: int) -> None:
    element = writing.tlv(0x04, bytes(size))
    parsed = cms.OctetString.load(element, strict=True)
    assert parsed.native == bytes(size)
    assert parsed.dump(force=True) == element


# --- reading ---

NOT_OURS: Final = {
    "unsigned attribute": altered.with_unsigned_attribute(SIGNED),
    "certificate twice": altered.with_certificate(SIGNED, pki().head.certificate),
    "chain twice": altered.with_certificate(SIGNED, pki().issuing.der),
    "indefinite length": altered.with_indefinite_length(SIGNED),
    "key identifier": altered.with_key_identifier(SIGNED),
    "parameters left out": altered.without_parameters(SIGNED),
    "of another tool": altered.made("", CONTENT, pki().head),
}


@pytest.mark.parametrize("name", NOT_OURS)
def test_other_layouts_are_read_and_told_apart(name: str) -> None:
    message = reading.read(NOT_OURS[name])
    assert not message.canonical
    assert message.certificate == pki().head.certificate
    assert statuses(reading.integrity(message, DIGEST)) == (Status.PASSED, Status.PASSED)


BY_OPENSSL: Final = {
    "EC, SHA-384": ("head", "sha384", (), "sha384"),
    "RSA, SHA-512": ("head_rsa", "sha512", (), "sha512"),
    "RSA-PSS": ("head_rsa", "sha256", ("-keyopt", "rsa_padding_mode:pss"), "sha256"),
    "RSA, SHA-1": ("head_rsa", "sha1", (), None),
}


@pytest.mark.parametrize("name", BY_OPENSSL)
def test_signatures_of_openssl_are_read(name: str, tmp_path: Path, need_command: Callable[[str], str]) -> None:
    cast, digest, options, digest_name = BY_OPENSSL[name]
    signer = getattr(pki(), cast)
    key = signer._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    certificate = load_der_x509_certificate(signer.certificate).public_bytes(Encoding.PEM)
    (tmp_path / "signer.pem").write_bytes(key + certificate)
    (tmp_path / "record.json").write_bytes(CONTENT)
    command = [need_command("openssl"), "cms", "-sign", "-cades", "-binary", "-outform", "DER", "-md", digest]
    command += ["-in", "record.json", "-signer", "signer.pem", *options]
    data = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout
    message = reading.read(data)
    assert (message.digest_name, message.canonical, message.others) == (digest_name, False, ())
    holds = statuses(reading.integrity(message, message.digest(CONTENT))) == (Status.PASSED, Status.PASSED)
    assert holds is (digest_name is not None)
    assert message.bound is (digest_name is not None)


def test_a_further_certificate_is_canonical_but_beside_the_path() -> None:
    message = reading.read(altered.with_certificate(SIGNED, pki().school_seal.certificate))
    path = frozenset({pki().head.certificate, pki().issuing.der, pki().root.der})
    assert message.canonical
    assert not message.is_ours(path)
    assert message.is_ours(frozenset()), "without a path another check fails"
    assert reading.read(SIGNED).is_ours(path)


def test_padding_is_read_where_it_is_allowed() -> None:
    padded = SIGNED + bytes(20)
    message = reading.read(padded, padded=True)
    assert message.encoded == SIGNED
    assert message.canonical
    with pytest.raises(MalformedRecord):
        reading.read(padded)


def test_another_digest_and_another_signature() -> None:
    message = reading.read(SIGNED)
    differs, holds = reading.integrity(message, bytes(32))
    assert (differs.reason, holds.status) == (Reason.DIGEST_DIFFERS, Status.PASSED)
    raw = cms.ContentInfo.load(writing.sign_digest(bytes(32), pki().head, NOW))["content"]["signer_infos"][0]
    forged = writing.expected(pki().head.certificate, pki().head.chain, DIGEST, raw["signature"].native, NOW)
    intact, invalid = reading.integrity(reading.read(forged), DIGEST)
    assert (intact.status, invalid.reason) == (Status.PASSED, Reason.SIGNATURE_INVALID)


def test_the_signature_of_another_key_is_invalid() -> None:
    forged = altered.made("", CONTENT, pki().head, key=pki().other_authority._key)
    assert reading.integrity(reading.read(forged), DIGEST)[1].reason is Reason.SIGNATURE_INVALID


def test_weak_digests_are_not_accepted() -> None:
    for defect in ("sha1", "sha1 inside"):
        message = reading.read(altered.made(defect, CONTENT, pki().head))
        assert message.digest_name is None
        assert message.digest(CONTENT) == b""
        unasked, invalid = reading.integrity(message, b"")
        assert (unasked.status, unasked.reason) == (Status.UNKNOWN, Reason.NOT_ASKED)
        assert (invalid.reason, invalid.facts) == (Reason.SIGNATURE_INVALID, {"weak": "yes"})


def test_a_signature_that_does_not_name_its_certificate_is_not_bound() -> None:
    message = reading.read(altered.made("not bound", CONTENT, pki().head))
    assert not message.bound
    assert not message.is_ours(frozenset())


def test_a_signature_bound_to_another_certificate_does_not_hold() -> None:
    """The same key in two certificates: the signature speaks for the one that it names (RFC 5035 §3)."""
    other = pki().unregistered
    swapped = FileSigner(pki().head._key, other.certificate, other.chain)
    data = writing.sign_digest(DIGEST, swapped, NOW)
    assert reading.integrity(reading.read(data), DIGEST)[1].reason is Reason.SIGNATURE_INVALID


@pytest.mark.parametrize("defect", ["no attributes", "two signers"])
def test_other_shapes_are_refused(defect: str) -> None:
    with pytest.raises(MalformedRecord) as caught:
        reading.read(altered.made(defect, CONTENT, pki().head))
    assert caught.value.refusal is Refusal.BAD_SIGNATURE_FILE


def test_what_is_no_signed_data_is_refused() -> None:
    digested = cms.ContentInfo({"content_type": "data", "content": b"x"}).dump()
    no_certificates = altered.with_certificates(SIGNED, [])
    for data in (b"", b"\x30\x00", digested, SIGNED[:-1], no_certificates, pki().head.certificate):
        with pytest.raises(MalformedRecord) as caught:
            reading.read(data)
        assert caught.value.refusal is Refusal.BAD_SIGNATURE_FILE


def test_size_is_bounded() -> None:
    with pytest.raises(LimitExceeded):
        reading.read(bytes(limits.CMS_BYTES + 1))


def test_nesting_does_not_overflow() -> None:
    data = b""
    for _ in range(20_000):
        data = writing.tlv(0x30, data)
    with pytest.raises(VerifyError):
        reading.read(data[: limits.CMS_BYTES], padded=True)


def holds_as_ours(data: bytes) -> bool:
    """Read, ours, and valid over the content; raises nothing but VerifyError, which counts as no."""
    try:
        message = reading.read(data)
    except VerifyError:
        return False
    checks = reading.integrity(message, message.digest(CONTENT))
    path = frozenset({pki().head.certificate, pki().issuing.der})
    return message.is_ours(path) and statuses(checks) == (Status.PASSED, Status.PASSED)


def test_the_unchanged_signature_holds() -> None:
    assert holds_as_ours(SIGNED)


def test_no_changed_bit_holds() -> None:
    survivors = [
        (position, bit)
        for position in range(len(SIGNED))
        for bit in (position % 8,)
        if holds_as_ours(SIGNED[:position] + bytes([SIGNED[position] ^ (1 << bit)]) + SIGNED[position + 1 :])
    ]
    assert survivors == []


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(SIGNED)), st.integers(0, 60), st.binary(max_size=20))
def test_no_patched_bytes_raise_or_hold(start: int, size: int, patch: bytes) -> None:
    data = SIGNED[:start] + patch + SIGNED[start + size :]
    assert data == SIGNED or not holds_as_ours(data)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    assert not holds_as_ours(data)


def test_the_certificate_library_agrees_on_the_identifier() -> None:
    parsed = x509.Certificate.load(pki().head.certificate)
    read = cms.IssuerAndSerialNumber.load(writing.signer_id_of(parsed), strict=True)
    assert read["serial_number"].native == parsed.serial_number
    assert read["issuer"].dump() == parsed.issuer.dump()
