"""A signature in our one layout, taken apart: an eighth of the general reader's work, and never more tolerant.

Nothing is believed of the bytes: the walk only guesses the free parts, `writing` writes them again, and what differs
in one byte is not ours and goes to the general reader. So every answer here is the one that it would give.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from asn1crypto import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from verify.cms.foreign import translated
from verify.cms.writing import MESSAGE_DIGEST, SIGNING_TIME, expected, signer_id_of, tlv
from verify.errors import MalformedRecord, Refusal, VerifyError

_SET: Final = 0x31


@dataclass(frozen=True, slots=True)
class OwnSignature:
    """encoded: its bytes. certificate, others: DER. digest: SHA-256 that is signed. signing_time: claimed, or None."""

    encoded: bytes
    certificate: bytes
    others: tuple[bytes, ...]
    digest: bytes
    signing_time: datetime | None
    _attributes: bytes
    _value: bytes

    def holds(self, digest: bytes) -> tuple[bool, bool]:
        """Whether this digest is the signed one, and whether the value is the certificate's signature."""
        return digest == self.digest, _verifies(self.certificate, self._value, tlv(_SET, self._attributes))


def take_apart(data: bytes) -> OwnSignature | None:
    """The signature at the beginning of `data`; None for any other than our layout."""
    try:
        guessed = _guessed(data)
        written = expected(guessed.certificate, guessed.others, guessed.digest, guessed._value, guessed.signing_time)
    except (VerifyError, ValueError, IndexError, KeyError):
        return None
    return guessed if written == guessed.encoded else None


def _guessed(data: bytes) -> OwnSignature:
    outer, encoded = next(_elements(data), (b"", b""))
    _type, (explicit, _) = _elements(outer)
    ((signed_data, _),) = _elements(explicit)
    _version, _digests, _content, (held, _), (signer_infos, _) = _elements(signed_data)
    ((signer_info, _),) = _elements(signer_infos)
    _version, (_, signer), _digest, (attributes, _), _algorithm, (value, _) = _elements(signer_info)
    certificates = [certificate for _inner, certificate in _elements(held)]
    if len(set(certificates)) != len(certificates):
        raise ValueError("a certificate twice")
    (certificate,) = (each for each in certificates if _signer_id(each) == signer)
    told = dict(_attribute(content) for content, _whole in _elements(attributes))
    time = told.get(SIGNING_TIME)
    return OwnSignature(
        encoded=encoded,
        certificate=certificate,
        others=tuple(each for each in certificates if each != certificate),
        digest=told[MESSAGE_DIGEST],
        signing_time=_time(time) if time is not None else None,
        _attributes=attributes,
        _value=value,
    )


def _elements(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each element's content, and the element whole; nonsense for what is no DER."""
    at = 0
    while at < len(content):
        size, start = content[at + 1], at + 2
        if size & 0x80:
            octets, start = content[start : start + (size & 0x7F)], start + (size & 0x7F)
            size = int.from_bytes(octets, "big")
        yield content[start : start + size], content[at : start + size]
        at = start + size


def _attribute(content: bytes) -> tuple[bytes, bytes]:
    """An attribute's type, and the content of its one value."""
    (_, kind), (values, _) = _elements(content)
    ((value, _),) = _elements(values)
    return kind, value


def _time(value: bytes) -> datetime:
    return datetime.strptime(value.decode("ascii"), "%y%m%d%H%M%SZ").replace(tzinfo=UTC)


# A batch has the same signers again and again; nothing here depends on more than the certificate's bytes.
@lru_cache(maxsize=64)
def _signer_id(certificate: bytes) -> bytes:
    with translated(Refusal.BAD_CERTIFICATE):
        return signer_id_of(x509.Certificate.load(certificate, strict=True))


@lru_cache(maxsize=64)
def _public_key(certificate: bytes) -> RSAPublicKey | EllipticCurvePublicKey:
    key = load_der_public_key(x509.Certificate.load(certificate, strict=True).public_key.dump())
    if not isinstance(key, RSAPublicKey | EllipticCurvePublicKey):
        raise MalformedRecord(Refusal.BAD_CERTIFICATE, "key is neither RSA nor EC")
    return key


def _verifies(certificate: bytes, value: bytes, signed: bytes) -> bool:
    key = _public_key(certificate)
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(value, signed, PKCS1v15(), SHA256())
        else:
            key.verify(value, signed, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
