"""The signature of a summary: COSE_Sign1 (RFC 9052) with ES256, the key named by `kid`, and its digits in the QR.

The external data is the print's address, `<code>/<year>.<version>` in lower case: so the symbol need not repeat it, and
a summary behind another code or another version does not verify.

The bytes stand behind the address as a decimal number: the QR's numeric mode takes 3.34 bits a digit, 0.4 % above the
number itself, where base45 in alphanumeric mode takes 3 % and base64url in byte mode 33 % more; and digits are the
same in every browser's address bar.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cbor2
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from verify import limits
from verify.canonical import sha256
from verify.code import PrintTarget
from verify.errors import LimitExceeded, MalformedRecord, Refusal
from verify.signing import Signer
from verify.summary import payload
from verify.summary.payload import Summary

KID_BYTES: Final = 4
# Tag 18, in one byte: what follows is a COSE_Sign1.
_SIGN1: Final = b"\xd2"
_ES256: Final = {1: -7}
_KID: Final = 4
_COORDINATE: Final = 32
_LARGEST: Final = 400
_DIGITS: Final = re.compile(r"[1-9][0-9]{0,999}")


@dataclass(frozen=True, slots=True)
class SummaryKey:
    """A public key on P-256. kid: the first 4 bytes of the SHA-256 of its SubjectPublicKeyInfo; x, y: 32 bytes."""

    kid: bytes
    x: bytes
    y: bytes


def key_of(certificate: bytes) -> SummaryKey | None:
    """The key of a certificate (DER); None where it is not on P-256, or nothing that can be read."""
    public = _public(certificate)
    if public is None:
        return None
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    known = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SummaryKey(bytes.fromhex(sha256(known))[:KID_BYTES], point[1 : 1 + _COORDINATE], point[1 + _COORDINATE :])


def sign(summary: Summary, target: PrintTarget, signer: Signer) -> bytes:
    """The signed summary of a print; raises MalformedRecord(BAD_CERTIFICATE) for a key that is not on P-256.

    What is returned has been opened again with the public key: a device that signs something else is found here.
    """
    key = key_of(signer.certificate)
    if key is None:
        raise MalformedRecord(Refusal.BAD_CERTIFICATE, "not on P-256")
    protected = cbor2.dumps(_ES256 | {_KID: key.kid}, canonical=True)
    packed = payload.pack(summary)
    try:
        r, s = decode_dss_signature(signer.sign(_to_be_signed(protected, target, packed)))
    except ValueError as error:
        raise MalformedRecord(Refusal.BAD_SIGNATURE_FILE, "summary") from error
    raw = r.to_bytes(_COORDINATE, "big") + s.to_bytes(_COORDINATE, "big")
    data = _SIGN1 + cbor2.dumps([protected, {}, packed, raw], canonical=True)
    if open_summary(data, target, (key,)) != summary:
        raise MalformedRecord(Refusal.BAD_SIGNATURE_FILE, "summary")
    return data


def open_summary(data: bytes, target: PrintTarget, keys: Sequence[SummaryKey]) -> Summary:
    """Read a summary that one of these keys signed for this print; raises MalformedRecord or LimitExceeded."""
    if len(data) > _LARGEST:
        raise LimitExceeded(Refusal.TOO_LARGE, "summary")
    protected, packed, raw = _parts(data)
    kid = _kid(protected)
    public = next((_usable(key) for key in keys if key.kid == kid), None)
    if public is None:
        raise MalformedRecord(Refusal.BAD_SIGNATURE_FILE, "unknown key")
    r, s = (int.from_bytes(half, "big") for half in (raw[:_COORDINATE], raw[_COORDINATE:]))
    try:
        public.verify(encode_dss_signature(r, s), _to_be_signed(protected, target, packed), ECDSA(SHA256()))
    except InvalidSignature as error:
        raise MalformedRecord(Refusal.BAD_SIGNATURE_FILE, "summary") from error
    return payload.unpack(packed)


def to_digits(data: bytes) -> str:
    """The bytes as a decimal number; the first byte of a summary is never zero."""
    return str(int.from_bytes(data, "big"))


def from_digits(text: str) -> bytes:
    """Read what `to_digits` wrote; raises MalformedRecord(BAD_SHAPE) for anything but such a number."""
    if not _DIGITS.fullmatch(text) or not text.isascii():
        raise MalformedRecord(Refusal.BAD_SHAPE, "digits")
    number = int(text)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _parts(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Protected header, payload and raw signature of a COSE_Sign1 without unprotected header."""
    if not data.startswith(_SIGN1):
        raise MalformedRecord(Refusal.BAD_SHAPE, "no COSE_Sign1")
    parts = payload.decode(data[1:])
    if not isinstance(parts, list) or len(parts) != 4 or parts[1] != {}:
        raise MalformedRecord(Refusal.BAD_SHAPE, "COSE_Sign1")
    protected, packed, raw = parts[0], parts[2], parts[3]
    if not all(isinstance(part, bytes) for part in (protected, packed, raw)) or len(raw) != 2 * _COORDINATE:
        raise MalformedRecord(Refusal.BAD_SHAPE, "COSE_Sign1")
    return protected, packed, raw


def _kid(protected: bytes) -> bytes:
    """The name of the key; nothing else but the algorithm may stand beside it."""
    held = payload.decode(protected)
    if not isinstance(held, dict) or set(held) != {*_ES256, _KID} or held[1] != _ES256[1]:
        raise MalformedRecord(Refusal.BAD_SHAPE, "header")
    kid = held[_KID]
    if not isinstance(kid, bytes) or len(kid) != KID_BYTES:
        raise MalformedRecord(Refusal.BAD_SHAPE, "kid")
    return kid


def _to_be_signed(protected: bytes, target: PrintTarget, packed: bytes) -> bytes:
    """Sig_structure of RFC 9052 §4.4."""
    address = f"{target.code}/{target.school_year}.{target.version}"
    structure: bytes = cbor2.dumps(["Signature1", protected, address.encode("ascii"), packed], canonical=True)
    return structure


def _public(certificate: bytes) -> EllipticCurvePublicKey | None:
    if len(certificate) > limits.CERTIFICATE_BYTES:
        return None
    try:
        public = x509.load_der_x509_certificate(certificate).public_key()
    except Exception:  # noqa: BLE001 - whatever the library says of hostile bytes: no key
        return None
    return public if isinstance(public, EllipticCurvePublicKey) and isinstance(public.curve, SECP256R1) else None


def _usable(key: SummaryKey) -> EllipticCurvePublicKey:
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), b"\4" + key.x + key.y)
