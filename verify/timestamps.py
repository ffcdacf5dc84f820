"""Timestamps (RFC 3161): what an outside authority says about when bytes existed, and when that is believed.

A reply is taken only if everything in it is what was asked for: granted, over exactly these bytes, with our nonce and
policy, one signature, by a certificate for nothing but timestamps (critical extended key usage, RFC 3161 §2.3) whose
path leads to the root that is configured for this authority at the stated time, by a clock that agrees with ours.
Signing-certificate attributes of RFC 3161 (SHA-1 names a certificate that the path then proves) and RFC 5816 are read.

Evidence outlives its authority by renewal, the idea of RFC 4998: before its certificate ends, a newer stamp is put on
a list of the old stamps and of what they cover. `proven` computes what a set of stamps still proves.
"""

# mypy: no-disallow-untyped-calls

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from asn1crypto import algos, cms, core, tsp
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.sign.general import (
    check_ess_certid,
    extract_certificate_info,
    extract_signer_info,
    find_unique_cms_attribute,
)
from pyhanko.sign.validation.generic_cms import get_signing_cert_attr, validate_sig_integrity

from verify import limits
from verify.anchors import TrustStore
from verify.cms.certificates import facts_of
from verify.cms.foreign import translated
from verify.cms.past import examine_past
from verify.cms.reading import HASHES
from verify.errors import LimitExceeded, MalformedRecord, Refusal, VerifyError
from verify.verdict import Reason, Status

# What is stamped is hashed with the longest of the family: the imprint must hold as long as the record.
IMPRINT: Final = "sha512"
# An honest server's clock differs from ours by less; beyond it one of the two is wrong, and nobody can tell which.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
# An authority that vouches for less than a minute does not say when.
COARSEST: Final = timedelta(minutes=1)
NONCE_BITS: Final = 64
_GRANTED: Final = frozenset({"granted", "granted_with_mods"})


class StampFault(StrEnum):
    """Why a reply is no stamp on these bytes. Closed: presenters say each in words. Stored, so for ever.

    NO_ANSWER is said by who asked: there was no reply.
    """

    NO_ANSWER = "no_answer"
    NOT_UNDERSTOOD = "not_understood"
    REFUSED = "refused"
    OTHER_CONTENT = "other_content"
    OTHER_NONCE = "other_nonce"
    OTHER_POLICY = "other_policy"
    NOT_FOR_TIMESTAMPS = "not_for_timestamps"
    SIGNATURE = "signature"
    UNKNOWN_AUTHORITY = "unknown_authority"
    EXPIRED = "expired"
    REVOKED = "revoked"
    CLOCK = "clock"
    COARSE = "coarse"


@dataclass(frozen=True, slots=True)
class Authority:
    """A timestamp authority of the configuration. url: where it answers. trust: roots for it alone, and lists.

    policy: under which it must stamp, an object identifier; None: any of its own.
    """

    name: str
    url: str
    trust: TrustStore
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class StampPolicy:
    """Whom to ask, in this order, until so many have answered."""

    authorities: tuple[Authority, ...]
    needed: int = 1

    def named(self, name: str) -> Authority | None:
        return next((each for each in self.authorities if each.name == name), None)


NO_AUTHORITY: Final = StampPolicy((), 1)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stamp that holds. at: the stated time, UTC. signer: the name in the certificate. serial: hexadecimal.

    ends: until when it stands by itself: when the first certificate of its path ends, or was revoked (after `at`);
    before that it must have been renewed. revocation_known: a list of ours speaks about the certificate; without one
    nothing is known, which is told and does not refuse.
    """

    at: datetime
    signer: str
    serial: str
    policy: str
    ends: datetime
    revoked: bool
    revocation_known: bool


def imprint_of(subject: bytes) -> bytes:
    """What an authority is shown of the bytes."""
    return HASHES[IMPRINT](subject).digest()


@dataclass(frozen=True, slots=True)
class Stamped:
    """A token (DER) that somebody just gave, with the roots and lists that judge it."""

    token: bytes
    trust: TrustStore


def query(imprint: bytes, nonce: int, policy: str | None) -> bytes:
    """What to ask an authority (TimeStampReq, DER). nonce: fresh and random, `NONCE_BITS` long."""
    asked: dict[str, Any] = {
        "version": 1,
        "message_imprint": {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": IMPRINT}),
            "hashed_message": imprint,
        },
        "nonce": core.Integer(nonce),
        "cert_req": True,
    }
    if policy is not None:
        asked["req_policy"] = tsp.ObjectIdentifier(policy)
    return bytes(tsp.TimeStampReq(asked).dump())


def fresh(reply: bytes, imprint: bytes, nonce: int, authority: Authority, now: datetime) -> Stamp | StampFault:
    """The stamp in a reply that has just come, or what is wrong with it. Never raises, whatever the bytes."""
    found = _examined(reply, imprint, nonce, authority, now)
    if not isinstance(found, Stamp):
        return found
    if abs(found.at - now) > CLOCK_TOLERANCE:
        return StampFault.CLOCK
    return StampFault.REVOKED if found.revoked else found


def kept(reply: bytes, imprint: bytes, authority: Authority, now: datetime) -> Stamp | StampFault:
    """The stamp in a reply that was kept, its path asked at the time that it states. Never raises.

    Says nothing about whether the certificate has ended since: `proven` does.
    """
    found = _examined(reply, imprint, None, authority, now)
    return StampFault.CLOCK if isinstance(found, Stamp) and found.at > now + CLOCK_TOLERANCE else found


def stated(reply: bytes, imprint: bytes) -> datetime | None:
    """The time that a signed reply states about these bytes, whoever signed it; None for a reply that does not hold.

    Says nothing about trust: an audit without the roots still sees what was changed after it was kept.
    """
    try:
        with translated(Refusal.BAD_SIGNATURE_FILE):
            try:
                signed = _granted(reply)
                content, info = _content(signed)
                _require_imprint(info, imprint)
                _signer(signed, content)
                return _moment(info)
            except _Refused:
                return None
    except VerifyError:
        return None


def token(reply: bytes) -> bytes:
    """The signed token inside of a reply (DER); raises MalformedRecord(BAD_SIGNATURE_FILE) for one without."""
    with translated(Refusal.BAD_SIGNATURE_FILE):
        return bytes(tsp.TimeStampResp.load(reply, strict=True)["time_stamp_token"].dump())


# --- one stamp ----------------------------------------------------------------------------------------------------


class _Reply(tsp.TimeStampResp):  # type: ignore[misc] # asn1crypto has no types
    """The library's own, but for a refusal: that carries no token (RFC 3161 §2.4.2)."""

    _fields = [("status", tsp.PKIStatusInfo), ("time_stamp_token", cms.ContentInfo, {"optional": True})]


class _Refused(Exception):
    def __init__(self, fault: StampFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def _examined(
    reply: bytes, imprint: bytes, nonce: int | None, authority: Authority, now: datetime
) -> Stamp | StampFault:
    try:
        if len(reply) > limits.TIMESTAMP_BYTES:
            raise LimitExceeded(Refusal.TOO_LARGE, "timestamp")
        with translated(Refusal.BAD_SIGNATURE_FILE):
            try:
                return _stamp(_granted(reply), imprint, nonce, authority, now)
            except _Refused as refused:
                return refused.fault
    except VerifyError:
        return StampFault.NOT_UNDERSTOOD


def _granted(reply: bytes) -> cms.SignedData:
    held = _Reply.load(reply, strict=True)
    if held["status"]["status"].native not in _GRANTED:
        raise _Refused(StampFault.REFUSED)
    content = held["time_stamp_token"]
    if content["content_type"].native != "signed_data":
        raise _Refused(StampFault.NOT_UNDERSTOOD)
    return content["content"]


def _stamp(signed: cms.SignedData, imprint: bytes, nonce: int | None, authority: Authority, now: datetime) -> Stamp:
    content, info = _content(signed)
    _require_asked(info, imprint, nonce, authority)
    certificate, others = _signer(signed, content)
    at = _moment(info)
    facts = facts_of(certificate)
    _require_purpose(certificate)
    path = examine_past(certificate, others, authority.trust, min(at, now), now)
    if path.trusted.status is not Status.PASSED:
        expired = path.trusted.reason in (Reason.CERTIFICATE_EXPIRED, Reason.CERTIFICATE_NOT_YET_VALID)
        raise _Refused(StampFault.EXPIRED if expired else StampFault.UNKNOWN_AUTHORITY)
    if path.not_revoked.reason is Reason.REVOKED:
        raise _Refused(StampFault.REVOKED)
    ends = [facts_of(each).not_after for each in path.certificates - frozenset(authority.trust.roots)]
    revoked = path.not_revoked.reason is Reason.REVOKED_LATER
    if revoked:
        # From then on nothing tells whether the key was still in its owner's hands.
        ends.append(datetime.fromisoformat(path.not_revoked.facts["revoked_at"]))
    return Stamp(
        at=at,
        signer=facts.subject,
        serial=f"{info['serial_number'].native:x}",
        policy=str(info["policy"].dotted),
        ends=min(ends),
        revoked=revoked,
        revocation_known=path.not_revoked.status is Status.PASSED,
    )


def _content(signed: cms.SignedData) -> tuple[bytes, tsp.TSTInfo]:
    """What is signed, as bytes and read."""
    encapsulated = signed["encap_content_info"]
    if encapsulated["content_type"].native != "tst_info":
        raise _Refused(StampFault.NOT_UNDERSTOOD)
    content = bytes(encapsulated["content"])
    return content, tsp.TSTInfo.load(content, strict=True)


def _require_imprint(info: tsp.TSTInfo, imprint: bytes) -> None:
    held = info["message_imprint"]
    if held["hash_algorithm"]["algorithm"].native != IMPRINT or held["hashed_message"].native != imprint:
        raise _Refused(StampFault.OTHER_CONTENT)


def _require_asked(info: tsp.TSTInfo, imprint: bytes, nonce: int | None, authority: Authority) -> None:
    """Everything that was asked for is what was answered."""
    _require_imprint(info, imprint)
    if nonce is not None and info["nonce"].native != nonce:
        raise _Refused(StampFault.OTHER_NONCE)
    if authority.policy is not None and info["policy"].dotted != authority.policy:
        raise _Refused(StampFault.OTHER_POLICY)
    if info["version"].native != "v1" or any(each["critical"].native for each in info["extensions"]):
        raise _Refused(StampFault.NOT_UNDERSTOOD)


def _signer(signed: cms.SignedData, content: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """The certificate of the one signature, which holds, and the further ones embedded."""
    signer_info = extract_signer_info(signed)
    attributes = signer_info["signed_attrs"]
    if not isinstance(attributes, cms.CMSAttributes) or signer_info["unsigned_attrs"].native:
        raise _Refused(StampFault.NOT_UNDERSTOOD)
    found = extract_certificate_info(signed)
    named = get_signing_cert_attr(attributes)
    if named is None or not check_ess_certid(found.signer_cert, named["certs"][0]):
        raise _Refused(StampFault.SIGNATURE)
    name = str(signer_info["digest_algorithm"]["algorithm"].native)
    if name not in HASHES or find_unique_cms_attribute(attributes, "content_type").native != "tst_info":
        raise _Refused(StampFault.SIGNATURE)
    digest = HASHES[name](content).digest()
    if validate_sig_integrity(signer_info, found.signer_cert, "tst_info", digest) != (True, True):
        raise _Refused(StampFault.SIGNATURE)
    return bytes(found.signer_cert.dump()), tuple(bytes(each.dump()) for each in found.other_certs)


def _moment(info: tsp.TSTInfo) -> datetime:
    accuracy = info["accuracy"].native or {}
    stated = timedelta(
        seconds=accuracy.get("seconds") or 0,
        milliseconds=accuracy.get("millis") or 0,
        microseconds=accuracy.get("micros") or 0,
    )
    if stated > COARSEST:
        raise _Refused(StampFault.COARSE)
    at = info["gen_time"].native
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise _Refused(StampFault.NOT_UNDERSTOOD)
    return at.astimezone(UTC)


def _require_purpose(certificate: bytes) -> None:
    """For timestamps and nothing else, and critical (RFC 3161 §2.3)."""
    held = x509.load_der_x509_certificate(certificate)
    try:
        usage = held.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound as error:
        raise _Refused(StampFault.NOT_FOR_TIMESTAMPS) from error
    if not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise _Refused(StampFault.NOT_FOR_TIMESTAMPS)


# --- stamps on stamps ---------------------------------------------------------------------------------------------

_MANIFEST: Final = "hocba timestamp renewal v1\n"


@dataclass(frozen=True, slots=True)
class Kept:
    """A stamp as it was kept. subject: the bytes under it: a signed checkpoint, or a renewal's list."""

    number: int
    subject: bytes
    reply: bytes
    authority: str


def manifest(stamps: Sequence[Kept]) -> bytes:
    """The list that a renewal stamps: number, SHA-512 of what the old stamp covers, SHA-512 of its reply, by number."""
    lines = [_line(each) for each in sorted(stamps, key=lambda each: each.number)]
    return (_MANIFEST + "".join(lines)).encode("ascii")


def covered(subject: bytes) -> Mapping[int, str]:
    """Lines of a renewal's list by the number of the stamp; empty for a checkpoint. Raises MalformedRecord."""
    if not subject.startswith(_MANIFEST.encode("ascii")):
        return {}
    with translated(Refusal.BAD_SHAPE):
        lines = subject[len(_MANIFEST) :].decode("ascii").splitlines(keepends=True)
        return {int(line.split(" ", 1)[0]): line for line in lines}


def _line(held: Kept) -> str:
    return f"{held.number} {hashlib.sha512(held.subject).hexdigest()} {hashlib.sha512(held.reply).hexdigest()}\n"


def proven(stamps: Sequence[Kept], policy: StampPolicy, now: datetime) -> dict[int, Stamp | StampFault]:
    """What each stamp is worth now, by number: it stands by itself until its certificate ends, and afterwards only if
    a renewal that is worth something was put on it before that.
    """
    judged: dict[int, Stamp | StampFault] = {}
    renewals: dict[int, list[tuple[str, datetime]]] = {}
    # A renewal is newer than what it renews.
    for held in sorted(stamps, key=lambda each: each.number, reverse=True):
        authority = policy.named(held.authority)
        found = StampFault.UNKNOWN_AUTHORITY if authority is None else _worth(held, authority, now)
        if isinstance(found, Stamp) and found.ends < now and not _renewed(held, found, renewals):
            found = StampFault.REVOKED if found.revoked else StampFault.EXPIRED
        judged[held.number] = found
        if isinstance(found, Stamp):
            for number, line in _covered_or_none(held.subject).items():
                if number < held.number:
                    renewals.setdefault(number, []).append((line, found.at))
    return judged


def _worth(held: Kept, authority: Authority, now: datetime) -> Stamp | StampFault:
    return kept(held.reply, imprint_of(held.subject), authority, now)


def _renewed(held: Kept, stamp: Stamp, renewals: Mapping[int, Sequence[tuple[str, datetime]]]) -> bool:
    return any(line == _line(held) and at <= stamp.ends for line, at in renewals.get(held.number, ()))


def _covered_or_none(subject: bytes) -> Mapping[int, str]:
    try:
        return covered(subject)
    except MalformedRecord:
        return {}
