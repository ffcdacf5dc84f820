"""A file in which somebody sends a certificate: PEM, DER or PKCS#7; opened in a child process.

A file with a private key is refused before anything else: nobody sends a key to the department.
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from asn1crypto import pkcs12
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from verify.cms.certificates import CertificateFacts, facts_of
from verify.cms.foreign import translated
from verify.errors import MalformedRecord, Refusal, VerifyError

# A chain in PKCS#7 has 3 to 6 kB; nothing that people export comes near this.
FILE_BYTES: Final = 256 * 1024
_NAME_CHARACTERS: Final = 200
_NAMES: Final = (
    ("name", NameOID.COMMON_NAME),
    ("title", NameOID.TITLE),
    ("organisation", NameOID.ORGANIZATION_NAME),
    ("department", NameOID.ORGANIZATIONAL_UNIT_NAME),
    ("locality", NameOID.LOCALITY_NAME),
    ("province", NameOID.STATE_OR_PROVINCE_NAME),
    ("id", NameOID.USER_ID),
    ("serial", NameOID.SERIAL_NUMBER),
)


class FileProblem(StrEnum):
    """Why no certificate came out of a file. Closed: each has a sentence in `portal.presenters.certificates`."""

    TOO_LARGE = "too_large"
    PRIVATE_KEY = "private_key"
    NOT_A_CERTIFICATE = "not_a_certificate"
    SEVERAL = "several"
    ONLY_AUTHORITIES = "only_authorities"


@dataclass(frozen=True, slots=True)
class CertificateSays:
    """What a certificate says about itself. names: (which, value) of the subject in a fixed order, made harmless.

    key: kind and size, such as "RSA 2048".
    """

    facts: CertificateFacts
    names: tuple[tuple[str, str], ...]
    key: str


def open_file(data: bytes) -> bytes | FileProblem:
    """The one certificate of a person or organisation in a file, as DER."""
    if len(data) > FILE_BYTES:
        return FileProblem.TOO_LARGE
    if b"PRIVATE KEY-----" in data or _is_key_store(data):
        return FileProblem.PRIVATE_KEY
    try:
        with translated(Refusal.BAD_CERTIFICATE):
            return _chosen(_certificates(data))
    except VerifyError:
        return FileProblem.NOT_A_CERTIFICATE


def read_certificate(certificate: bytes) -> CertificateSays:
    """Read a DER certificate; raises MalformedRecord(BAD_CERTIFICATE) or LimitExceeded."""
    facts = facts_of(certificate)
    with translated(Refusal.BAD_CERTIFICATE):
        read = x509.load_der_x509_certificate(certificate)
        names = tuple(
            (which, harmless(str(each.value)))
            for which, oid in _NAMES
            for each in read.subject.get_attributes_for_oid(oid)
        )
        return CertificateSays(facts, names, _key_words(read))


def harmless(text: str) -> str:
    """A stranger's text for a page: no control or direction characters, not endless."""
    shown = "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in ("Cc", "Cf") else c for c in text)
    return shown if len(shown) <= _NAME_CHARACTERS else f"{shown[:_NAME_CHARACTERS]}…"


def _certificates(data: bytes) -> list[x509.Certificate]:
    if b"-----BEGIN CERTIFICATE-----" in data:
        return x509.load_pem_x509_certificates(data)
    if b"-----BEGIN PKCS7-----" in data:
        return pkcs7.load_pem_pkcs7_certificates(data)
    try:
        return [x509.load_der_x509_certificate(data)]
    except ValueError:
        return pkcs7.load_der_pkcs7_certificates(data)


def _chosen(found: list[x509.Certificate]) -> bytes | FileProblem:
    certificates = list(dict.fromkeys(found))
    if not certificates:
        raise MalformedRecord(Refusal.BAD_CERTIFICATE, "no certificate")
    # A single one is judged for what it is.
    persons = [each for each in certificates if len(certificates) == 1 or not _is_authority(each)]
    if not persons:
        return FileProblem.ONLY_AUTHORITIES
    if len(persons) > 1:
        return FileProblem.SEVERAL
    return persons[0].public_bytes(Encoding.DER)


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _is_key_store(data: bytes) -> bool:
    """PKCS#12, as .p12 and .pfx files are."""
    try:
        with translated(Refusal.BAD_CERTIFICATE):
            return bool(pkcs12.Pfx.load(data)["version"].native == "v3")
    except VerifyError:
        return False


def _key_words(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    return type(key).__name__.removesuffix("PublicKey")
