"""Verifying a PDF against what the store holds: the numbered steps, each a fact, then one verdict.

1 the document opens within limits (`inspect_pdf`, asked first, tells which record to fetch)
2 the file: one seal of the department over every byte, by an authorised and unrevoked key
3 the record: found, and signed by the roles that a lock needs, over exactly the stored bytes
4 the log: the leaf opens to these bytes and signatures, and a signed checkpoint holds it
5 the content: under our intact seal, byte for byte the print that the stored bytes give again; else text and picture
  of every cell compared with it
6 standing: in force, replaced or revoked
7 the verdict (`verdict.conclude`)

Everything comes in as an argument; the caller fetches, this module only compares. It runs in a bounded child.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from verify import standing
from verify.anchors import Authorisation, TrustStore
from verify.cms import reading
from verify.errors import VerifyError
from verify.evidence import Edition, StoredYear
from verify.form.render import Attachment, PrintContext, Rendered, render
from verify.log import leaves, receipt
from verify.log.commitments import Committed, read_opening
from verify.log.leaves import LockLeaf
from verify.log.receipt import Policy
from verify.pdf.content import ContentReport, compare
from verify.pdf.inspection import Inspection, inspect
from verify.pdf.signatures import examine_seal, is_sealed_print
from verify.record.codec import from_bytes
from verify.signing import Role
from verify.verdict import ABOUT_THE_FILE, Check, Conclusion, Question, Reason, Status, conclude

NEEDED_ROLES = (Role.HEAD, Role.SCHOOL_SEAL)
# Prints of one pupil differ by years, version, template and names of the frame; more are not compared at once.
EDITIONS = 6
SAME_BYTES = ContentReport((Check(Question.TEXT_EQUAL, Status.PASSED), Check(Question.PICTURE_EQUAL, Status.PASSED)))


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
    sealed = all(check.status is Status.PASSED for check in checks if check.question in ABOUT_THE_FILE)
    edition, content = _likeliest(data, editions, sealed=sealed)
    for year in edition.years:
        checks += (_signed(year), *_logged(year, anchors.policy), standing.check(year.standing))
    checks += content.checks
    compared = tuple((year.school_year, year.version) for year in edition.years)
    return replace(conclude(checks, content.differences), compared=compared)


def unreadable(reason: Reason) -> Conclusion:
    """The verdict on a document that step 1 refused."""
    return conclude([Check(Question.READABLE, Status.FAILED, reason)])


def our_fault() -> Conclusion:
    """The verdict when we could not do the work: never the document's fault."""
    return conclude([Check(Question.READABLE, Status.UNKNOWN, Reason.OUR_FAULT)])


def _likeliest(data: bytes, editions: Sequence[Edition], *, sealed: bool) -> tuple[Edition, ContentReport]:
    """The edition that the document equals, else the one from which it differs least.

    sealed: our seal is intact over the whole file. Where such a file comes out of the stored bytes again, byte for byte
    with the seal around its signature, there is nothing left to compare.
    """
    reports: list[tuple[Edition, ContentReport]] = []
    unasked = Reason.NOT_ASKED if len(editions) > EDITIONS else None
    for edition in editions[:EDITIONS]:
        try:
            expected = rendered(edition)
        except VerifyError:
            # What we stored and cannot print is our fault, whatever the document is.
            reports.append((edition, _not_compared(Reason.OUR_FAULT)))
            unasked = Reason.OUR_FAULT
            continue
        if sealed and is_sealed_print(data, expected.pdf):
            return edition, SAME_BYTES
        report = compare(data, expected)
        if all(check.status is Status.PASSED for check in report.checks):
            return edition, report
        reports.append((edition, report))
    nearest, report = min(reports, key=lambda each: _distance(each[1]))
    return nearest, _not_compared(unasked) if unasked and report.differences else report


def _not_compared(reason: Reason) -> ContentReport:
    """We could not look at every print that the document may be: nothing is held against it."""
    return ContentReport(
        (Check(Question.TEXT_EQUAL, Status.UNKNOWN, reason), Check(Question.PICTURE_EQUAL, Status.UNKNOWN, reason))
    )


def _distance(report: ContentReport) -> tuple[int, int]:
    """Nothing that differs first, then the fewest differing cells; what was not compared at all comes last."""
    statuses = {check.status for check in report.checks}
    if Status.FAILED not in statuses and Status.PASSED in statuses:
        return 0, 0
    return (1, len(report.differences)) if report.differences else (2, 0)


def rendered(edition: Edition) -> Rendered:
    """The print that these stored bytes give, attachments included; kept, because rendering is the dear half."""
    return _rendered(tuple(year.record for year in edition.years), edition.context, edition.attachments)


@lru_cache(maxsize=64)
def _rendered(records: tuple[bytes, ...], context: PrintContext, attachments: tuple[Attachment, ...]) -> Rendered:
    return render([from_bytes(record) for record in records], context, attachments)


def forget_rendered() -> None:
    """Render anew from now on; for measuring."""
    _rendered.cache_clear()


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
