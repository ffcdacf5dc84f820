"""What back ends ask of a certificate that comes with a key: does it suit, what lies between it and the root."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from portal.signers.refusals import SignerProblem, SignerRefused
from verify.cms.certificates import facts_of
from verify.errors import VerifyError

_SMALLEST_RSA_BITS = 2048
_LONGEST_CHAIN = 8

PublicKey = RSAPublicKey | EllipticCurvePublicKey


def load(der: bytes) -> x509.Certificate | None:
    """A certificate, or None for bytes that are none (tokens hold all sorts of things)."""
    try:
        read = x509.load_der_x509_certificate(der)
        read.public_key()
    except ValueError:
        return None
    return read


def signing_key_of(certificate: x509.Certificate) -> PublicKey:
    """The public key if it suits signing records: RSA from 2048 bits or EC P-256; raises SignerRefused."""
    key = certificate.public_key()
    if suits_signing(certificate):
        if isinstance(key, RSAPublicKey) and key.key_size >= _SMALLEST_RSA_BITS:
            return key
        if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
            return key
    raise SignerRefused(SignerProblem.KEY_UNSUITABLE)


def suits_signing(certificate: x509.Certificate) -> bool:
    """Whether the certificate says of itself that its key signs documents."""
    try:
        return facts_of(encoded(certificate)).suits_signing
    except VerifyError:
        return False


def between(leaf: x509.Certificate, others: Sequence[x509.Certificate]) -> tuple[bytes, ...]:
    """The certificates from the leaf's issuer upwards, without a root, as far as `others` reach; DER."""
    chain: list[x509.Certificate] = []
    lower = leaf
    while len(chain) < _LONGEST_CHAIN:
        upper = next((each for each in others if each not in (leaf, *chain) and _issued(each, lower)), None)
        if upper is None or upper.subject == upper.issuer:
            break
        chain.append(upper)
        lower = upper
    return tuple(encoded(each) for each in chain)


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def encoded(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
