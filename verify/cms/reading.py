"""The only reader of CMS signatures: takes one apart, and answers whether it holds. Says nothing about trust.

Reading is tolerant, so that a stranger's signature is described truthfully; `canonical` tells whether the bytes are
exactly what `writing` makes around this raw signature, which our own containers and seals require. Such bytes are
read by `own_layout`, all others through pyHanko.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from asn1crypto import cms, tsp
from asn1crypto import x509 as asn1_x509
from pyhanko.sign.general import (
    NonexistentAttributeError,
    check_ess_certid,
    extract_certificate_info,
    extract_signer_info,
    find_unique_cms_attribute,
)
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from verify import limits
from verify.cms.foreign import translated
from verify.cms.own_layout import OwnSignature, take_apart
from verify.cms.writing import expected
from verify.errors import LimitExceeded, MalformedRecord, Refusal, VerifyError
from verify.verdict import Check, Question, Reason, Status

HASHES: Final = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
_MECHANISMS: Final = frozenset({"rsassa_pkcs1v15", "rsassa_pss", "ecdsa"})


@dataclass(frozen=True, slots=True)
class Message:
    """A CMS signature taken apart.

    encoded: its bytes without padding. canonical: `encoded` is our one layout. certificate: the signer's, others:
    further embedded ones (DER). bound: the signed attributes name the signer's certificate by hash (RFC 5035).
    digest_name: "sha256", …; None if weak or unknown. signing_time: claimed, or None.
    """

    encoded: bytes
    canonical: bool
    certificate: bytes
    others: tuple[bytes, ...]
    bound: bool
    digest_name: str | None
    signing_time: datetime | None
    _holds: Callable[[bytes], tuple[bool, bool]]

    def digest(self, content: bytes) -> bytes:
        """The digest of the content under this signature's algorithm; empty if that is not accepted."""
        return HASHES[self.digest_name](content).digest() if self.digest_name else b""

    def is_ours(self, path: frozenset[bytes]) -> bool:
        """Whether nothing in it is free: our layout, the signer named, no certificate beside the path found.

        path: certificates of the path (DER); empty if none was found, which is told elsewhere.
        """
        return self.canonical and self.bound and (not path or path.issuperset(self.others))


def read(data: bytes, padded: bool = False) -> Message:
    """Take a DER signature apart; raises MalformedRecord(BAD_SIGNATURE_FILE) or LimitExceeded.

    padded: zero octets may follow, as in the /Contents of a PDF.
    """
    if len(data) > limits.CMS_BYTES:
        raise LimitExceeded(Refusal.TOO_LARGE, "signature")
    own = take_apart(data)
    if own is not None and (padded or own.encoded == data):
        return _own_message(own)
    with translated(Refusal.BAD_SIGNATURE_FILE):
        info = cms.ContentInfo.load(data, strict=not padded)
        if info["content_type"].native != "signed_data":
            raise MalformedRecord(Refusal.BAD_SIGNATURE_FILE, "not signed data")
        return _message(info, data)


def _own_message(own: OwnSignature) -> Message:
    """What our layout says of every signature in it."""
    return Message(
        encoded=own.encoded,
        canonical=True,
        certificate=own.certificate,
        others=own.others,
        bound=True,
        digest_name="sha256",
        signing_time=own.signing_time,
        _holds=own.holds,
    )


def _message(info: cms.ContentInfo, data: bytes) -> Message:
    signed_data = info["content"]
    signer_info = extract_signer_info(signed_data)
    if not isinstance(signer_info["signed_attrs"], cms.CMSAttributes):
        raise MalformedRecord(Refusal.BAD_SIGNATURE_FILE, "no signed attributes")
    found = extract_certificate_info(signed_data)
    encoded = bytes(info.dump())
    certificate = bytes(found.signer_cert.dump())
    others = tuple(bytes(each.dump()) for each in found.other_certs)
    return Message(
        encoded=encoded,
        # asn1crypto writes an indefinite length as a definite one: the bytes themselves count too.
        canonical=_canonical(signer_info, certificate, others) == encoded and data.startswith(encoded),
        certificate=certificate,
        others=others,
        bound=_bound(signer_info, found.signer_cert),
        digest_name=_digest_name(signer_info),
        signing_time=_signing_time(signer_info),
        _holds=partial(_asked, signer_info, found.signer_cert),
    )


def _canonical(signer_info: cms.SignerInfo, certificate: bytes, others: tuple[bytes, ...]) -> bytes | None:
    """Our own writing of what this signature says; None where our writer would not say it."""
    if len({certificate, *others}) != 1 + len(others):
        return None
    try:
        digest = find_unique_cms_attribute(signer_info["signed_attrs"], "message_digest").native
        raw = bytes(signer_info["signature"].native)
        return expected(certificate, others, digest, raw, _signing_time(signer_info))
    except (NonexistentAttributeError, VerifyError):
        return None


def _bound(signer_info: cms.SignerInfo, certificate: asn1_x509.Certificate) -> bool:
    try:
        value = find_unique_cms_attribute(signer_info["signed_attrs"], "signing_certificate_v2")
    except NonexistentAttributeError:
        return False
    # Loaded anew: reading the attribute in place would mark the signed bytes as changed.
    named = tsp.SigningCertificateV2.load(value.dump())["certs"][0]
    strong = named["hash_algorithm"]["algorithm"].native in HASHES
    return strong and bool(check_ess_certid(certificate, named))


def _digest_name(signer_info: cms.SignerInfo) -> str | None:
    """The digest if it is strong and the signature's mechanism, also an accepted one, uses the same."""
    name = str(signer_info["digest_algorithm"]["algorithm"].native)
    mechanism = signer_info["signature_algorithm"]
    if name not in HASHES or mechanism.signature_algo not in _MECHANISMS:
        return None
    plain_rsa = mechanism["algorithm"].native == "rsassa_pkcs1v15"
    return name if plain_rsa or mechanism.hash_algo == name else None


def _signing_time(signer_info: cms.SignerInfo) -> datetime | None:
    try:
        value = find_unique_cms_attribute(signer_info["signed_attrs"], "signing_time")
    except NonexistentAttributeError:
        return None
    native = value.native
    return native if isinstance(native, datetime) and native.tzinfo is not None else None


def integrity(message: Message, digest: bytes) -> tuple[Check, Check]:
    """DIGEST_INTACT and SIGNATURE_VALUE for content with this digest (`Message.digest`)."""
    if message.digest_name is None:
        unasked = Check(Question.DIGEST_INTACT, Status.UNKNOWN, Reason.NOT_ASKED)
        return unasked, Check(Question.SIGNATURE_VALUE, Status.FAILED, Reason.SIGNATURE_INVALID, {"weak": "yes"})
    try:
        with translated(Refusal.BAD_SIGNATURE_FILE):
            intact, holds = message._holds(digest)
    except VerifyError:
        return malformed()
    return (
        _answer(Question.DIGEST_INTACT, intact, Reason.DIGEST_DIFFERS),
        _answer(Question.SIGNATURE_VALUE, holds, Reason.SIGNATURE_INVALID),
    )


def malformed() -> tuple[Check, Check]:
    """The two answers when the signature itself cannot be read."""
    return (
        Check(Question.DIGEST_INTACT, Status.UNKNOWN, Reason.NOT_ASKED),
        Check(Question.SIGNATURE_VALUE, Status.FAILED, Reason.SIGNATURE_MALFORMED),
    )


def _asked(signer_info: cms.SignerInfo, certificate: asn1_x509.Certificate, digest: bytes) -> tuple[bool, bool]:
    try:
        intact, holds = validate_sig_integrity(signer_info, certificate, "data", digest)
    except SignatureValidationError as error:
        raise MalformedRecord(Refusal.BAD_SIGNATURE_FILE, "attributes") from error
    return bool(intact), bool(holds)


def _answer(question: Question, holds: bool, otherwise: Reason) -> Check:
    return Check(question, Status.PASSED) if holds else Check(question, Status.FAILED, otherwise)
