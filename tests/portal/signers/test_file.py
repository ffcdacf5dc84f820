"""The file signer: opens what authorities hand out, refuses weak or foreign keys, and never shows its key."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from portal.signers.file import FileSigner
from tests.pki import DAY, NOW, pki
from verify.errors import MalformedRecord, Refusal

CAST = {"EC": pki().head, "RSA": pki().head_rsa}
both = pytest.mark.parametrize("signer", CAST.values(), ids=CAST.keys())
PASSWORD = "mật khẩu".encode()


def key_pem(key: Any, password: bytes | None = None) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))


def as_pem(signer: FileSigner, password: bytes | None = None) -> bytes:
    return key_pem(signer._key, password) + certificates_of(signer)


def certificates_of(signer: FileSigner) -> bytes:
    certificates = [x509.load_der_x509_certificate(der) for der in (signer.certificate, *signer.chain)]
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def as_pkcs12(signer: FileSigner, *further: x509.Certificate) -> bytes:
    leaf, *chain = [x509.load_der_x509_certificate(der) for der in (signer.certificate, *signer.chain)]
    return pkcs12.serialize_key_and_certificates(
        b"mau", signer._key, leaf, [*chain, *further], BestAvailableEncryption(PASSWORD)
    )


def with_own_certificate(key: Any) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Mẫu")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + DAY)
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256()
    return key_pem(key) + builder.sign(key, digest).public_bytes(Encoding.PEM)


@both
def test_the_signature_is_the_algorithm_of_the_key(signer: FileSigner) -> None:
    signature = signer.sign(b"data")
    key = x509.load_der_x509_certificate(signer.certificate).public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, b"data", padding.PKCS1v15(), SHA256())
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(signature, b"data", ec.ECDSA(SHA256()))


@both
def test_a_pem_is_opened(signer: FileSigner) -> None:
    for opened in (
        FileSigner.from_pem(as_pem(signer)),
        FileSigner.from_pem(as_pem(signer, PASSWORD), PASSWORD),
    ):
        assert (opened.certificate, opened.chain) == (signer.certificate, signer.chain)
        assert opened.sign(b"data")


@both
def test_a_pkcs12_is_opened_and_its_root_left_out(signer: FileSigner) -> None:
    opened = FileSigner.from_pkcs12(as_pkcs12(signer, pki().root.certificate), PASSWORD)
    assert (opened.certificate, opened.chain) == (signer.certificate, signer.chain)


def test_a_pem_with_the_root_leaves_it_out() -> None:
    assert FileSigner.from_pem(as_pem(pki().head) + pki().root.pem).chain == pki().head.chain


REFUSED = {
    "nothing": b"",
    "no key": pki().root.pem,
    "no certificate": key_pem(pki().head._key),
    "key of another certificate": key_pem(pki().school_seal._key) + certificates_of(pki().head),
    "encrypted key": as_pem(pki().head, PASSWORD),
    "RSA of 1024 bits": with_own_certificate(rsa.generate_private_key(65537, 1024)),  # noqa: S505 - the defect
    "EC of another curve": with_own_certificate(ec.generate_private_key(ec.SECP384R1())),
    "Ed25519": with_own_certificate(ed25519.Ed25519PrivateKey.generate()),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_refused(name: str) -> None:
    with pytest.raises(MalformedRecord) as caught:
        FileSigner.from_pem(REFUSED[name])
    assert caught.value.refusal is Refusal.BAD_CERTIFICATE


@pytest.mark.parametrize(
    ("data", "password"),
    [(b"", PASSWORD), (as_pkcs12(pki().head), b"wrong"), (as_pkcs12(pki().head), None), (as_pem(pki().head), PASSWORD)],
    ids=["nothing", "wrong password", "no password", "a PEM"],
)
def test_what_is_no_pkcs12_is_refused(data: bytes, password: bytes | None) -> None:
    with pytest.raises(MalformedRecord) as caught:
        FileSigner.from_pkcs12(data, password)
    assert caught.value.refusal is Refusal.BAD_CERTIFICATE


def test_a_pkcs12_without_key_is_refused() -> None:
    data = pkcs12.serialize_key_and_certificates(
        None, None, None, [pki().root.certificate], BestAvailableEncryption(PASSWORD)
    )
    with pytest.raises(MalformedRecord):
        FileSigner.from_pkcs12(data, PASSWORD)


def test_it_does_not_show_its_key() -> None:
    assert repr(pki().head) == "FileSigner(key held)"
    assert not hasattr(pki().head, "__dict__")


@both
def test_threads_share_a_signer(signer: FileSigner) -> None:
    key: Any = x509.load_der_x509_certificate(signer.certificate).public_key()
    rules = (padding.PKCS1v15(), SHA256()) if isinstance(key, rsa.RSAPublicKey) else (ec.ECDSA(SHA256()),)
    messages = [bytes([number]) * 50 for number in range(64)]
    with ThreadPoolExecutor(8) as pool:
        for message, signature in zip(messages, pool.map(signer.sign, messages), strict=True):
            key.verify(signature, message, *rules)
