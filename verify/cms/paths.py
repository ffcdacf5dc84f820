"""Is a signer's certificate trusted, and is it not revoked? Two questions, asked of the path validator one by one.

1. TRUSTED_PATH: the certificate suits signing, and a path of valid certificates leads to one of our roots at the
   moment given. Roots are always explicit: the validator would otherwise take the machine's.
2. NOT_REVOKED: every certificate of that path but the root is named by a fresh revocation list of ours and stands
   there as good. Mode "require": "hard-fail" accepts a revoked signer whose certificate names no list (design §3).
Nothing is fetched.
"""

import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from asn1crypto import crl, x509
from pyhanko_certvalidator import ValidationContext, find_valid_path
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    NotYetValidError,
    PathBuildingError,
    RevokedError,
    ValidationError,
)

from verify.anchors import TrustStore
from verify.cms.certificates import facts_of
from verify.cms.foreign import translated
from verify.errors import MalformedRecord, Refusal, VerifyError
from verify.verdict import Check, Question, Reason, Status

WEAK_HASHES = frozenset({"md2", "md5", "sha1", "sha224"})
_WITHOUT_LISTS, _REQUIRE_LISTS = "soft-fail", "require"
# A path has two or three certificates. The number of paths to try grows with the factorial of a stranger's: of those
# that name each other, 4 cost 25 ms, 8 cost 69 s.
_EMBEDDED = 4
# The validator takes a certificate for good at the very moment of its revocation.
_JUST_AFTER = timedelta(microseconds=1)

# asn1crypto parses lazily, so a shared object must not be read by two threads at once.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True)
class PathReport:
    """trusted, not_revoked: the two answers. certificates: the path found, DER, root and signer included."""

    trusted: Check
    not_revoked: Check
    certificates: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class _Loaded:
    roots: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...]
    crls: tuple[crl.CertificateList, ...]


def examine_path(certificate: bytes, embedded: tuple[bytes, ...], trust: TrustStore, at: datetime) -> PathReport:
    """Answer both questions for a DER certificate at a moment (with time zone).

    embedded: further certificates of the signature, untrusted, that may fill gaps of the path; if there are many,
    none is used. Never raises: a certificate that cannot be read is unsuitable.
    """
    try:
        with _ONE_AT_A_TIME, translated(Refusal.BAD_CERTIFICATE):
            return _examined(certificate, embedded if len(embedded) <= _EMBEDDED else (), trust, at)
    except VerifyError:
        return _untrusted(Reason.CERTIFICATE_UNSUITABLE, {})


# A batch asks again for the same signers at one moment.
@lru_cache(maxsize=64)
def _examined(certificate: bytes, embedded: tuple[bytes, ...], trust: TrustStore, at: datetime) -> PathReport:
    facts = facts_of(certificate)
    shown = {"signer": facts.subject, "issuer": facts.issuer}
    if not facts.suits_signing or certificate in trust.roots:
        return _untrusted(Reason.CERTIFICATE_UNSUITABLE, shown)
    if not trust.roots:
        return _untrusted(Reason.UNKNOWN_AUTHORITY, shown)
    parsed = x509.Certificate.load(certificate, strict=True)
    others = tuple(x509.Certificate.load(each, strict=True) for each in embedded)
    try:
        path = _path(parsed, _context(trust, others, at, _WITHOUT_LISTS))
    except (ValidationError, PathBuildingError) as error:
        return _untrusted(_reason_of(error), shown)
    trusted = Check(Question.TRUSTED_PATH, Status.PASSED, Reason.OK, shown)
    return PathReport(trusted, _revocation(parsed, others, trust, at), path)


def _untrusted(reason: Reason, facts: dict[str, str]) -> PathReport:
    trusted = Check(Question.TRUSTED_PATH, Status.FAILED, reason, facts)
    not_asked = Check(Question.NOT_REVOKED, Status.UNKNOWN, Reason.REVOCATION_UNKNOWN)
    return PathReport(trusted, not_asked, frozenset())


def _revocation(
    certificate: x509.Certificate, others: tuple[x509.Certificate, ...], trust: TrustStore, at: datetime
) -> Check:
    question = Question.NOT_REVOKED
    try:
        _path(certificate, _context(trust, others, at + _JUST_AFTER, _REQUIRE_LISTS))
    except RevokedError as error:
        return Check(question, Status.FAILED, Reason.REVOKED, {"revoked_at": error.revocation_dt.isoformat()})
    except (ValidationError, PathBuildingError):
        return Check(question, Status.UNKNOWN, Reason.REVOCATION_UNKNOWN)
    return Check(question, Status.PASSED)


def _reason_of(error: Exception) -> Reason:
    if isinstance(error, ExpiredError):
        return Reason.CERTIFICATE_EXPIRED
    if isinstance(error, NotYetValidError):
        return Reason.CERTIFICATE_NOT_YET_VALID
    if isinstance(error, DisallowedAlgorithmError):
        return Reason.CERTIFICATE_UNSUITABLE
    return Reason.UNKNOWN_AUTHORITY


@lru_cache(maxsize=16)
def _loaded(trust: TrustStore) -> _Loaded:
    return _Loaded(
        tuple(x509.Certificate.load(each, strict=True) for each in trust.roots),
        tuple(x509.Certificate.load(each, strict=True) for each in trust.intermediates),
        tuple(crl.CertificateList.load(each, strict=True) for each in trust.crls),
    )


def _context(
    trust: TrustStore, others: tuple[x509.Certificate, ...], at: datetime, revocation: str
) -> ValidationContext:
    loaded = _loaded(trust)
    return ValidationContext(
        trust_roots=list(loaded.roots),
        other_certs=[*loaded.intermediates, *others],
        crls=list(loaded.crls) if revocation == _REQUIRE_LISTS else [],
        moment=at,
        allow_fetching=False,
        revocation_mode=revocation,
        weak_hash_algos=WEAK_HASHES,
    )


def _path(certificate: x509.Certificate, context: ValidationContext) -> frozenset[bytes]:
    paths = context.path_builder.async_build_paths_lazy(certificate)
    found = completed(find_valid_path(certificate, paths, context))
    return frozenset(each.dump() for each in found.iter_certs(include_root=True))


def completed(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that never waits: without fetching, the validator has nothing to wait for.

    Spares an event loop (with its sockets) for each signature.
    """
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    work.close()
    raise MalformedRecord(Refusal.BAD_CERTIFICATE, "the validator waited")
