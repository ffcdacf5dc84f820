"""A signer whose key lies in a file and is held in memory, parsed once. For demo and tests (design §3.6)."""

from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)

from verify.errors import MalformedRecord, Refusal

_SMALLEST_RSA_BITS = 2048
_HASH = hashes.SHA256()
_PADDING = PKCS1v15()
_ECDSA = ECDSA(_HASH)


class FileSigner:
    """A `verify.signing.Signer` over an RSA (2048 bits or more) or EC P-256 key."""

    __slots__ = ("_certificate", "_chain", "_key")

    def __init__(
        self, key: RSAPrivateKey | EllipticCurvePrivateKey, certificate: bytes, chain: tuple[bytes, ...]
    ) -> None:
        self._key = key
        self._certificate = certificate
        self._chain = chain

    @classmethod
    def from_pem(cls, data: bytes, password: bytes | None = None) -> Self:
        """Key, certificate and chain (leaf first) in one PEM; raises MalformedRecord(BAD_CERTIFICATE).

        A root among them is left out, as `verify.signing.Signer` wants it.
        """
        try:
            key = load_pem_private_key(data, password)
            leaf, *chain = x509.load_pem_x509_certificates(data)
        except (ValueError, TypeError) as error:
            raise _refused("PEM") from error
        return cls._checked(key, leaf, chain)

    @classmethod
    def from_pkcs12(cls, data: bytes, password: bytes | None) -> Self:
        """A PKCS#12 file as authorities hand out; raises MalformedRecord(BAD_CERTIFICATE)."""
        try:
            key, leaf, chain = pkcs12.load_key_and_certificates(data, password)
        except (ValueError, TypeError) as error:
            raise _refused("PKCS#12") from error
        if key is None or leaf is None:
            raise _refused("no key or no certificate")
        return cls._checked(key, leaf, chain)

    @classmethod
    def _checked(cls, key: object, leaf: x509.Certificate, chain: list[x509.Certificate]) -> Self:
        if isinstance(key, RSAPrivateKey):
            suits = key.key_size >= _SMALLEST_RSA_BITS
        elif isinstance(key, EllipticCurvePrivateKey):
            suits = isinstance(key.curve, SECP256R1)
        else:
            raise _refused("neither RSA nor EC")
        if not suits:
            raise _refused("key too weak or of another curve")
        public = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if key.public_key().public_bytes(*public) != leaf.public_key().public_bytes(*public):
            raise _refused("key and certificate do not belong together")
        between = (each for each in chain if each.subject != each.issuer)
        return cls(key, leaf.public_bytes(Encoding.DER), tuple(each.public_bytes(Encoding.DER) for each in between))

    @property
    def certificate(self) -> bytes:
        return self._certificate

    @property
    def chain(self) -> tuple[bytes, ...]:
        return self._chain

    def sign(self, data: bytes) -> bytes:
        """PKCS#1 v1.5 or ECDSA (DER) with SHA-256."""
        if isinstance(self._key, RSAPrivateKey):
            return self._key.sign(data, _PADDING, _HASH)
        return self._key.sign(data, _ECDSA)

    def __repr__(self) -> str:
        return "FileSigner(key held)"


def _refused(detail: str) -> MalformedRecord:
    return MalformedRecord(Refusal.BAD_CERTIFICATE, detail)
