"""Is a certificate good for a registration now? Four points, asked of the same validator that judges signatures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from asn1crypto import crl, x509

from portal.sandbox import Sandbox
from portal.services.certificate_files import CertificateSays, FileProblem, open_file, read_certificate
from verify.anchors import TrustStore
from verify.canonical import sha256
from verify.cms.foreign import translated
from verify.cms.past import examine_past
from verify.cms.paths import PathReport, examine_path
from verify.errors import LimitExceeded, Refusal, VerifyError
from verify.verdict import Check, Reason, Status


class Point(StrEnum):
    """What is asked, in this order."""

    SUITS_SIGNING = "suits_signing"
    IN_PERIOD = "in_period"
    TRUSTED = "trusted"
    NOT_REVOKED = "not_revoked"


@dataclass(frozen=True, slots=True)
class PointAnswer:
    """facts: public particulars as the trust core gives them (issuer, revoked_at)."""

    point: Point
    status: Status
    reason: Reason
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Examination:
    """A certificate (DER) at a moment. path, lists: SHA-256 of the certificates of the path and of their lists.

    past: asked about a period that is over, for keys of the system before this one.
    """

    certificate: bytes
    says: CertificateSays
    at: datetime
    answers: tuple[PointAnswer, ...]
    path: tuple[str, ...]
    lists: tuple[str, ...]
    past: bool = False

    @property
    def sha256(self) -> str:
        return sha256(self.certificate)

    @property
    def holds(self) -> bool:
        """Whether every point passed: what was not asked counts as unknown, and unknown never passes.

        Of a period that is over, lists are often gone: whether it was revoked may stay unknown, and is shown so.
        """
        return all(answer.status is Status.PASSED or self._may_stay_unknown(answer) for answer in self.answers)

    def _may_stay_unknown(self, answer: PointAnswer) -> bool:
        known_gap = answer.point is Point.NOT_REVOKED and answer.status is Status.UNKNOWN
        return self.past and known_gap and answer.reason is not Reason.NOT_ASKED


def examine_file(sandbox: Sandbox, data: bytes, trust: TrustStore, at: datetime) -> Examination | FileProblem:
    """Open a file in a child and examine its certificate there; call without a transaction. Raises Fault."""
    try:
        return sandbox.run(_of_file, data, trust, at)
    except LimitExceeded:
        return FileProblem.TOO_LARGE


def examine_again(sandbox: Sandbox, certificate: bytes, trust: TrustStore, at: datetime) -> Examination:
    """Examine a stored certificate in a child; call without a transaction. Raises VerifyError or Fault."""
    return sandbox.run(examine, certificate, trust, at)


def examine(certificate: bytes, trust: TrustStore, at: datetime) -> Examination:
    """Ask every point of a DER certificate; raises VerifyError for what is none. Runs in a child."""
    says = read_certificate(certificate)
    report = examine_path(certificate, (), trust, at)
    own = (_suits(says), _in_period(says, at))
    if all(answer.status is Status.PASSED for answer in own):
        others = (_answer(Point.TRUSTED, report.trusted), _answer(Point.NOT_REVOKED, report.not_revoked))
    else:
        others = (_not_asked(Point.TRUSTED), _not_asked(Point.NOT_REVOKED))
    return Examination(
        certificate=certificate,
        says=says,
        at=at,
        answers=(*own, *others),
        path=tuple(sorted(sha256(each) for each in report.certificates)),
        lists=tuple(_lists_of(report, trust)),
    )


def examine_for_period(
    certificate: bytes, trust: TrustStore, first: datetime, last: datetime, now: datetime
) -> Examination:
    """Ask every point of a DER certificate for a period that is over; raises VerifyError for what is none.

    first, last: its first and last moment; both must lie in the certificate's own dates. Runs in a child.
    """
    says = read_certificate(certificate)
    report = examine_past(certificate, (), trust, last, now)
    begun, ended = _in_period(says, first), _in_period(says, last)
    own = (_suits(says), begun if begun.status is not Status.PASSED else ended)
    if all(answer.status is Status.PASSED for answer in own):
        others = (_answer(Point.TRUSTED, report.trusted), _answer(Point.NOT_REVOKED, report.not_revoked))
    else:
        others = (_not_asked(Point.TRUSTED), _not_asked(Point.NOT_REVOKED))
    path = tuple(sorted(sha256(each) for each in report.certificates))
    return Examination(certificate, says, now, (*own, *others), path, tuple(_lists_of(report, trust)), past=True)


def examine_file_for_period(
    sandbox: Sandbox, data: bytes, trust: TrustStore, first: datetime, last: datetime, now: datetime
) -> Examination | FileProblem:
    """As `examine_file`, for a period that is over."""
    try:
        return sandbox.run(_of_file_for_period, data, trust, first, last, now)
    except LimitExceeded:
        return FileProblem.TOO_LARGE


def examine_again_for_period(
    sandbox: Sandbox, certificate: bytes, trust: TrustStore, first: datetime, last: datetime, now: datetime
) -> Examination:
    """As `examine_again`, for a period that is over."""
    return sandbox.run(examine_for_period, certificate, trust, first, last, now)


def _of_file_for_period(
    data: bytes, trust: TrustStore, first: datetime, last: datetime, now: datetime
) -> Examination | FileProblem:
    opened = open_file(data)
    if isinstance(opened, FileProblem):
        return opened
    try:
        return examine_for_period(opened, trust, first, last, now)
    except VerifyError:
        return FileProblem.NOT_A_CERTIFICATE


def _of_file(data: bytes, trust: TrustStore, at: datetime) -> Examination | FileProblem:
    opened = open_file(data)
    if isinstance(opened, FileProblem):
        return opened
    try:
        return examine(opened, trust, at)
    except VerifyError:
        return FileProblem.NOT_A_CERTIFICATE


def _suits(says: CertificateSays) -> PointAnswer:
    if says.facts.suits_signing:
        return PointAnswer(Point.SUITS_SIGNING, Status.PASSED, Reason.OK, {})
    return PointAnswer(Point.SUITS_SIGNING, Status.FAILED, Reason.CERTIFICATE_UNSUITABLE, {})


def _in_period(says: CertificateSays, at: datetime) -> PointAnswer:
    if at < says.facts.not_before:
        return PointAnswer(Point.IN_PERIOD, Status.FAILED, Reason.CERTIFICATE_NOT_YET_VALID, {})
    if at > says.facts.not_after:
        return PointAnswer(Point.IN_PERIOD, Status.FAILED, Reason.CERTIFICATE_EXPIRED, {})
    return PointAnswer(Point.IN_PERIOD, Status.PASSED, Reason.OK, {})


def _answer(point: Point, check: Check) -> PointAnswer:
    return PointAnswer(point, check.status, check.reason, dict(check.facts))


def _not_asked(point: Point) -> PointAnswer:
    return PointAnswer(point, Status.UNKNOWN, Reason.NOT_ASKED, {})


def _lists_of(report: PathReport, trust: TrustStore) -> list[str]:
    """The revocation lists that speak about a path: those of its issuers."""
    with translated(Refusal.BAD_CERTIFICATE):
        issuers = {x509.Certificate.load(each).issuer.dump() for each in report.certificates}
        return sorted(sha256(each) for each in trust.crls if crl.CertificateList.load(each).issuer.dump() in issuers)
