"""What a certificate says about itself: names and dates for people, and whether it suits signing at all."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

from verify import limits
from verify.cms.foreign import translated
from verify.errors import LimitExceeded, Refusal

_SMALLEST_RSA_BITS = 2048  # as TT 22/2020/TT-BTTTT and every accredited authority of Việt Nam
_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
_SHOWN_NAMES = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.SERIAL_NUMBER)
_NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """subject: the name people know; issuer likewise. serial: hexadecimal. not_before, not_after: UTC."""

    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    suits_signing: bool


# Asked several times for each signature of a batch.
@lru_cache(maxsize=64)
def facts_of(certificate: bytes) -> CertificateFacts:
    """Read a DER certificate; raises MalformedRecord(BAD_CERTIFICATE) or LimitExceeded."""
    if len(certificate) > limits.CERTIFICATE_BYTES:
        raise LimitExceeded(Refusal.TOO_LARGE, "certificate")
    with translated(Refusal.BAD_CERTIFICATE):
        read = x509.load_der_x509_certificate(certificate)
        return CertificateFacts(
            subject=_shown(read.subject),
            issuer=_shown(read.issuer),
            serial=f"{read.serial_number:x}",
            not_before=read.not_valid_before_utc,
            not_after=read.not_valid_after_utc,
            suits_signing=_key_is_strong(read) and _usage_suits(read),
        )


def _shown(name: x509.Name) -> str:
    for oid in _SHOWN_NAMES:
        found = name.get_attributes_for_oid(oid)
        if found:
            return str(found[0].value)[:_NAME_CHARACTERS]
    return name.rfc4514_string()[:_NAME_CHARACTERS]


def _key_is_strong(certificate: x509.Certificate) -> bool:
    key = certificate.public_key()
    if isinstance(key, RSAPublicKey):
        return key.key_size >= _SMALLEST_RSA_BITS
    return isinstance(key, EllipticCurvePublicKey) and key.curve.name in _CURVES


def _usage_suits(certificate: x509.Certificate) -> bool:
    """A person's or organisation's key for signatures, never an authority's (RFC 5280 §4.2.1.3, §4.2.1.9)."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    try:
        is_authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        is_authority = False
    return (usage.digital_signature or usage.content_commitment) and not is_authority
