"""The only writer of CMS signatures: CAdES-BES for records (ETSI EN 319 122-1), PAdES-B-B for PDFs (EN 319 142-1).

One SignerInfo, SHA-256, detached, DER, no unsigned attribute but a timestamp that is put on afterwards. What depends on
the certificate alone is encoded once with pyHanko's own primitives and joined for each signature: nothing is signed on
trial, no key is parsed again. `expected` is the one layout; the reader compares what it got with it, so that no byte
outside the signature is free.
"""

# mypy: no-disallow-untyped-calls

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from asn1crypto import algos, cms, core, x509
from pyhanko.sign.general import as_signing_certificate_v2, simple_cms_attribute

from verify.cms.foreign import translated
from verify.errors import MalformedRecord, Refusal
from verify.signing import Signer

_SEQUENCE, _SET, _OCTETS, _UTC_TIME = 0x30, 0x31, 0x04, 0x17
_FIRST_CONTEXT = 0xA0
_VERSION_1 = core.Integer(1).dump()
_SIGNED_DATA = cms.ContentType("signed_data").dump()
_DETACHED_DATA = cms.EncapsulatedContentInfo({"content_type": "data"}).dump()
_SHA256 = algos.DigestAlgorithm({"algorithm": "sha256"}).dump()
_CONTENT_TYPE = simple_cms_attribute("content_type", "data").dump()
MESSAGE_DIGEST = cms.CMSAttributeType("message_digest").dump()
SIGNING_TIME = cms.CMSAttributeType("signing_time").dump()
# RFC 5280 §4.1.2.5.1: UTCTime reaches to 2049.
_LAST_UTC_TIME_YEAR = 2049


@dataclass(frozen=True, slots=True)
class Parts:
    """The free parts of a signature, each as DER.

    certificates: the embedded ones in any order. signer_id: issuer and serial number. attributes: the signed
    attributes one after the other, without the tag of their set.
    """

    certificates: tuple[bytes, ...]
    signer_id: bytes
    digest_algorithm: bytes
    attributes: bytes
    signature_algorithm: bytes
    signature: bytes


def tlv(tag: int, *contents: bytes) -> bytes:
    """One DER element (X.690 §8.1, §10.1)."""
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def assemble(parts: Parts) -> bytes:
    """The one layout of a signature: DER of ContentInfo with detached SignedData version 1 (RFC 5652 §5.1)."""
    signer_info = tlv(
        _SEQUENCE,
        _VERSION_1,
        parts.signer_id,
        parts.digest_algorithm,
        tlv(_FIRST_CONTEXT, parts.attributes),
        parts.signature_algorithm,
        tlv(_OCTETS, parts.signature),
    )
    signed_data = tlv(
        _SEQUENCE,
        _VERSION_1,
        tlv(_SET, parts.digest_algorithm),
        _DETACHED_DATA,
        tlv(_FIRST_CONTEXT, *sorted(parts.certificates)),
        tlv(_SET, signer_info),
    )
    return tlv(_SEQUENCE, _SIGNED_DATA, tlv(_FIRST_CONTEXT, signed_data))


def sign_digest(digest: bytes, signer: Signer, signing_time: datetime | None) -> bytes:
    """Sign a SHA-256 digest of detached content; DER.

    signing_time: claimed, with time zone, whole seconds; None for a PDF, whose dictionary carries it
    (EN 319 142-1 §6.3). Raises MalformedRecord(BAD_CERTIFICATE) for a certificate that cannot be used.
    """
    frame = _frame(signer.certificate, signer.chain)
    attributes = _attributes(frame, digest, signing_time)
    signature = signer.sign(tlv(_SET, attributes))
    return assemble(_parts(signer.certificate, signer.chain, frame, attributes, signature))


def expected(
    certificate: bytes, chain: tuple[bytes, ...], digest: bytes, signature: bytes, signing_time: datetime | None
) -> bytes:
    """The bytes that `sign_digest` writes around a given raw signature: the measure for our own seals."""
    frame = _frame(certificate, chain)
    return assemble(_parts(certificate, chain, frame, _attributes(frame, digest, signing_time), signature))


def largest(certificate: bytes, chain: tuple[bytes, ...]) -> int:
    """Bytes of the largest signature of a certificate without signing time: room to reserve in a PDF."""
    room = _frame(certificate, chain).signature_size
    return len(expected(certificate, chain, bytes(32), bytes(room), None))


@dataclass(frozen=True, slots=True)
class _Frame:
    signer_id: bytes
    signature_algorithm: bytes
    binding: bytes
    protection: bytes
    signature_size: int


@lru_cache(maxsize=64)
def _frame(certificate: bytes, chain: tuple[bytes, ...]) -> _Frame:
    with translated(Refusal.BAD_CERTIFICATE):
        for each in chain:
            x509.Certificate.load(each, strict=True)
        parsed = x509.Certificate.load(certificate, strict=True)
        mechanism = _mechanism(parsed)
        protection = {"digest_algorithm": {"algorithm": "sha256"}, "signature_algorithm": mechanism}
        return _Frame(
            signer_id=signer_id_of(parsed),
            signature_algorithm=mechanism.dump(),
            binding=simple_cms_attribute("signing_certificate_v2", as_signing_certificate_v2(parsed)).dump(),
            protection=simple_cms_attribute("cms_algorithm_protection", cms.CMSAlgorithmProtection(protection)).dump(),
            signature_size=_signature_size(parsed),
        )


def signer_id_of(certificate: x509.Certificate) -> bytes:
    """IssuerAndSerialNumber as DER."""
    return bytes(
        cms.IssuerAndSerialNumber({"issuer": certificate.issuer, "serial_number": certificate.serial_number}).dump()
    )


def _mechanism(certificate: x509.Certificate) -> algos.SignedDigestAlgorithm:
    names = {"rsa": "sha256_rsa", "ec": "sha256_ecdsa"}
    kind = certificate.public_key.algorithm
    if kind not in names:
        raise MalformedRecord(Refusal.BAD_CERTIFICATE, "key is neither RSA nor EC")
    return algos.SignedDigestAlgorithm({"algorithm": names[kind]})


def _signature_size(certificate: x509.Certificate) -> int:
    bits = int(certificate.public_key.bit_size)
    if certificate.public_key.algorithm == "rsa":
        return (bits + 7) // 8
    # ECDSA-Sig-Value: a sequence of two integers, each with a possible leading zero octet.
    return len(tlv(_SEQUENCE, *(tlv(0x02, bytes((bits + 7) // 8 + 1)) for _ in range(2))))


def _attributes(frame: _Frame, digest: bytes, signing_time: datetime | None) -> bytes:
    made = [
        _CONTENT_TYPE,
        tlv(_SEQUENCE, MESSAGE_DIGEST, tlv(_SET, tlv(_OCTETS, digest))),
        frame.binding,
        frame.protection,
    ]
    if signing_time is not None:
        made.append(tlv(_SEQUENCE, SIGNING_TIME, tlv(_SET, _time(signing_time))))
    return in_order(made)


def in_order(attributes: Iterable[bytes]) -> bytes:
    """Elements of a SET OF in DER order (X.690 §11.6)."""
    return b"".join(sorted(attributes))


def _time(moment: datetime) -> bytes:
    if moment.tzinfo is None or moment.astimezone(UTC).year > _LAST_UTC_TIME_YEAR:
        raise MalformedRecord(Refusal.BAD_SHAPE, "signing time")
    return tlv(_UTC_TIME, moment.astimezone(UTC).strftime("%y%m%d%H%M%SZ").encode("ascii"))


def _parts(certificate: bytes, chain: tuple[bytes, ...], frame: _Frame, attributes: bytes, signature: bytes) -> Parts:
    return Parts(
        certificates=(certificate, *chain),
        signer_id=frame.signer_id,
        digest_algorithm=_SHA256,
        attributes=attributes,
        signature_algorithm=frame.signature_algorithm,
        signature=signature,
    )


def value_of(encoded: bytes) -> bytes:
    """The raw signature of one of ours: what a timestamp on it covers (EN 319 122-1 §5.3)."""
    with translated(Refusal.BAD_SIGNATURE_FILE):
        return bytes(_signer_info(cms.ContentInfo.load(encoded, strict=True))["signature"].native)


def stamped(encoded: bytes, token: bytes) -> bytes:
    """A signature of ours with a timestamp token (DER) as its one unsigned attribute."""
    with translated(Refusal.BAD_SIGNATURE_FILE):
        held = cms.ContentInfo.load(encoded, strict=True)
        attribute = simple_cms_attribute("signature_time_stamp_token", cms.ContentInfo.load(token, strict=True))
        _signer_info(held)["unsigned_attrs"] = cms.CMSAttributes([attribute])
        return bytes(held.dump())


def _signer_info(held: cms.ContentInfo) -> cms.SignerInfo:
    (found,) = held["content"]["signer_infos"]
    return found
