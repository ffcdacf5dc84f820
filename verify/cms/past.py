"""Was a certificate trusted, and not revoked, at a moment that is over? For signatures of the system before this one.

1. TRUSTED_PATH is asked as of that moment.
2. NOT_REVOKED is what can be known today. A list of an authority of the path that names a certificate of it always
   counts: from before the moment, the signature is refused; from after it, nothing proves that the signature is older,
   so the answer is unknown. Named by no list, it passes only where lists speak about that moment: lists of that time
   (a bundle may bring them), or today's lists while every certificate is still in its dates, because an authority may
   drop an expired certificate from its list (RFC 5280 §3.3). Otherwise the answer is unknown, with that reason.
Nothing is fetched.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from verify.anchors import TrustStore
from verify.cms.foreign import translated
from verify.cms.paths import PathReport, examine_path
from verify.errors import Refusal, VerifyError
from verify.verdict import Check, Question, Reason, Status

# Lists carry whole seconds.
_SECOND = timedelta(seconds=1)


def examine_past(
    certificate: bytes, embedded: tuple[bytes, ...], trust: TrustStore, moment: datetime, now: datetime
) -> PathReport:
    """Answer both questions for a DER certificate at a moment that is not after `now` (both with time zone).

    trust: also with lists of that time. Never raises, as `examine_path`.
    """
    then = examine_path(certificate, embedded, trust, moment)
    if then.trusted.status is not Status.PASSED:
        return then
    try:
        since = min(_named(then.certificates, trust), default=None)
    except VerifyError:
        return replace(then, not_revoked=Check(Question.NOT_REVOKED, Status.UNKNOWN, Reason.REVOCATION_NOT_KEPT))
    if since is not None:
        return replace(then, not_revoked=_revoked(since, moment))
    if then.not_revoked.status is not Status.UNKNOWN:
        return then
    today = examine_path(certificate, embedded, trust, now)
    if today.not_revoked.status is Status.PASSED:
        return replace(then, not_revoked=today.not_revoked)
    return replace(then, not_revoked=Check(Question.NOT_REVOKED, Status.UNKNOWN, Reason.REVOCATION_NOT_KEPT))


def trusted_lists(lists: tuple[bytes, ...], trust: TrustStore) -> tuple[bytes, ...]:
    """Of a stranger's revocation lists (DER) those that an authority of ours signed; the others say nothing."""
    return tuple(data for data in lists if _of_ours(data, trust))


def _of_ours(data: bytes, trust: TrustStore) -> bool:
    try:
        with translated(Refusal.BAD_CERTIFICATE):
            held = x509.load_der_x509_crl(data)
            authorities = [x509.load_der_x509_certificate(each) for each in (*trust.roots, *trust.intermediates)]
            return any(_signed(held, each) for each in authorities)
    except VerifyError:
        return False


def _revoked(since: datetime, moment: datetime) -> Check:
    facts = {"revoked_at": since.isoformat()}
    if since <= moment + _SECOND:
        return Check(Question.NOT_REVOKED, Status.FAILED, Reason.REVOKED, facts)
    return Check(Question.NOT_REVOKED, Status.UNKNOWN, Reason.REVOKED_LATER, facts)


def _named(path: frozenset[bytes], trust: TrustStore) -> Iterator[datetime]:
    """Since when certificates of a path stand on a list that their authority signed; stale lists count."""
    with translated(Refusal.BAD_CERTIFICATE):
        certificates = [x509.load_der_x509_certificate(each) for each in sorted(path)]
        for data in trust.crls:
            held = x509.load_der_x509_crl(data)
            if not any(_signed(held, each) for each in certificates):
                continue
            for certificate in certificates:
                entry = held.get_revoked_certificate_by_serial_number(certificate.serial_number)
                if entry is not None and certificate.issuer == held.issuer:
                    yield entry.revocation_date_utc


def _signed(held: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    key = authority.public_key()
    return (
        authority.subject == held.issuer
        and isinstance(key, RSAPublicKey | EllipticCurvePublicKey)
        and held.is_signature_valid(key)
    )
