"""Verifying a PDF against what the store holds: the numbered steps, each a fact, then one verdict.

1 the document opens within limits (`inspect_pdf`, asked first, tells which record to fetch)
2 the file: one seal of the department over every byte, by an authorised and unrevoked key
3 the record: found, and signed by the roles that a lock needs, over exactly the stored bytes
4 the log: the leaf opens to these bytes and signatures, and a signed checkpoint holds it
5 the content: text and picture of every cell equal to the form rendered from the stored bytes
6 standing: in force, replaced or revoked
7 the verdict (`verdict.conclude`)

Everything comes in as an argument; the caller fetches, this module only compares. It runs in a bounded child.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from verify import standing
from verify.anchors import Authorisation, TrustStore
from verify.cms import reading
from verify.errors import VerifyError
from verify.form.render import PrintContext, Rendered, render
from verify.log import leaves, receipt
from verify.log.commitments import Committed, read_opening
from verify.log.leaves import LockLeaf
from verify.log.receipt import Policy
from verify.pdf.content import ContentReport, compare
from verify.pdf.inspection import Inspection, inspect
from verify.pdf.signatures import examine_seal
from verify.record.codec import from_bytes
from verify.signing import Role
from verify.standing import Standing
from verify.verdict import Check, Conclusion, Question, Reason, Status, conclude

NEEDED_ROLES = (Role.HEAD, Role.SCHOOL_SEAL)
# Prints of one pupil differ by years, version, template and names of the frame; more are not compared at once.
EDITIONS = 6


@dataclass(frozen=True, slots=True)
class StoredYear:
    """One locked version as the store holds it.

    record: the signed bytes. signatures: CMS by role. received: the checks of the one full validation at intake, all
    roles. leaf, receipt, opening: of its lock.
    """

    lookup_code: str
    school_year: str
    version: int
    record: bytes
    signatures: Mapping[str, bytes]
    received: tuple[Check, ...]
    leaf: bytes
    receipt: bytes
    opening: bytes
    standing: Standing


@dataclass(frozen=True, slots=True)
class Edition:
    """A print that the document may be: its years, oldest first, and the frame in which it was printed."""

    years: tuple[StoredYear, ...]
    context: PrintContext


@dataclass(frozen=True, slots=True)
class Anchors:
    """Whom to believe. department: the unit whose seal stands on prints. at: the moment of the check."""

    department: str
    trust: TrustStore
    registry: tuple[Authorisation, ...]
    policy: Policy
    at: datetime


def inspect_pdf(data: bytes) -> Inspection:
    """Step 1; raises UnreadableDocument or LimitExceeded."""
    return inspect(data)


def verify_pdf(data: bytes, found: Check, editions: Sequence[Edition], anchors: Anchors) -> Conclusion:
    """Steps 2 to 7 for a document that `inspect_pdf` could open.

    found: the answer to RECORD_FOUND. editions: what the document may be, likeliest first; empty where no locked
    record was found. Raises UnreadableDocument or LimitExceeded.
    """
    checks = [Check(Question.READABLE, Status.PASSED), found]
    checks += examine_seal(
        data, department=anchors.department, trust=anchors.trust, registry=anchors.registry, at=anchors.at
    )
    if not editions:
        return conclude(checks)
    edition, content = _likeliest(data, editions)
    for year in edition.years:
        checks += (_signed(year), *_logged(year, anchors.policy), standing.check(year.standing))
    checks += content.checks
    return conclude(checks, content.differences)


def unreadable(reason: Reason) -> Conclusion:
    """The verdict on a document that step 1 refused."""
    return conclude([Check(Question.READABLE, Status.FAILED, reason)])


def our_fault() -> Conclusion:
    """The verdict when we could not do the work: never the document's fault."""
    return conclude([Check(Question.READABLE, Status.UNKNOWN, Reason.OUR_FAULT)])


def _likeliest(data: bytes, editions: Sequence[Edition]) -> tuple[Edition, ContentReport]:
    """The edition that the document equals, else the one from which it differs least."""
    reports: list[tuple[Edition, ContentReport]] = []
    for edition in editions[:EDITIONS]:
        report = compare(data, rendered(tuple(year.record for year in edition.years), edition.context))
        if all(check.status is Status.PASSED for check in report.checks):
            return edition, report
        reports.append((edition, report))
    return min(reports, key=lambda each: _distance(each[1]))


def _distance(report: ContentReport) -> tuple[int, int]:
    """Fewest differing cells first; a report that names no cell (other pages, no text) comes last."""
    return (0, len(report.differences)) if report.differences else (1, 0)


@lru_cache(maxsize=64)
def rendered(records: tuple[bytes, ...], context: PrintContext) -> Rendered:
    """The print that these signed bytes give, without attachments; kept, because rendering is the dear half."""
    return render([from_bytes(record) for record in records], context)


def _signed(year: StoredYear) -> Check:
    """RECORD_SIGNED: every needed role signed exactly these bytes, and was accepted when received (design §3.4)."""
    for role in NEEDED_ROLES:
        if role.value not in year.signatures:
            return Check(Question.RECORD_SIGNED, Status.FAILED, Reason.ROLE_MISSING, {"role": role.value})
    asked = [check for cms in year.signatures.values() for check in _integrity(year.record, cms)]
    for status in (Status.FAILED, Status.UNKNOWN, Status.NOT_APPLICABLE):
        for check in (*asked, *year.received):
            if check.status is status:
                return Check(Question.RECORD_SIGNED, check.status, check.reason)
    return Check(Question.RECORD_SIGNED, Status.PASSED, Reason.VALID_WHEN_RECEIVED)


def _integrity(record: bytes, cms: bytes) -> tuple[Check, Check]:
    try:
        message = reading.read(cms)
    except VerifyError:
        return reading.malformed()
    return reading.integrity(message, message.digest(record))


def _logged(year: StoredYear, policy: Policy) -> tuple[Check, ...]:
    """LOGGED and WITNESSED: the leaf opens to this record, and the receipt leads it to a signed checkpoint."""
    included, witnessed = receipt.verify(year.receipt, year.leaf, policy)
    return included, witnessed, _opened(year)


def _opened(year: StoredYear) -> Check:
    try:
        leaf, opening = leaves.from_bytes(year.leaf), read_opening(year.opening)
    except VerifyError:
        return Check(Question.LOGGED, Status.FAILED, Reason.NOT_IN_LOG)
    if not isinstance(leaf, LockLeaf):
        return Check(Question.LOGGED, Status.FAILED, Reason.NOT_IN_LOG)
    committed = Committed(year.record, year.lookup_code, year.school_year, year.version, year.signatures)
    return leaves.opens(leaf, committed, opening.salt)
