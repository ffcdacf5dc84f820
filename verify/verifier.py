"""Verifying a PDF against what the store holds: the numbered steps, each a fact, then one verdict.

1 the document opens within limits (`inspect_pdf`, asked first, tells which record to fetch)
2 the file: one seal of the department over every byte, by an authorised and unrevoked key
3 the record: found, and signed by the roles that a lock needs, over exactly the stored bytes
4 the log: the leaf opens to these bytes and signatures, and a signed checkpoint holds it
5 the content: under our intact seal, byte for byte the print that the stored bytes give again; else text and picture
  of every cell compared with it, and what is attached under names of ours
6 standing: in force, replaced or revoked
7 the verdict (`verdict.conclude`)

Everything comes in as an argument; the caller fetches, this module only compares. It runs in a bounded child.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from verify import limits, standing
from verify.anchors import Authorisation, TrustStore
from verify.containers.roots import integrity, locked_record
from verify.errors import LimitExceeded, Refusal, VerifyError
from verify.evidence import RECEIPT, Edition, StoredYear
from verify.existence import existed
from verify.form.render import Attachment, PrintContext, Rendered, render
from verify.form.words import Told
from verify.log import leaves, receipt
from verify.log.commitments import Committed, read_opening
from verify.log.leaves import ForeignRecordLeaf, RecordLeaf
from verify.log.receipt import Policy
from verify.paper import content as on_paper
from verify.paper.arrays import Grey
from verify.paper.content import PaperReport
from verify.paper.opening import open_pages, open_photo
from verify.paper.qr import read_photo
from verify.pdf.attached import attached
from verify.pdf.content import ContentReport, compare
from verify.pdf.inspection import Inspection, PageTarget, inspect, targets_of
from verify.pdf.pictured import pictured
from verify.pdf.signatures import examine_seal, is_sealed_print
from verify.pdf.stillness import is_still
from verify.pictures import NO_PICTURES
from verify.signing import Role
from verify.timestamps import NO_AUTHORITY, StampPolicy
from verify.verdict import ABOUT_THE_FILE, Check, Conclusion, Question, Reason, Status, conclude

NEEDED_ROLES = (Role.HEAD, Role.SCHOOL_SEAL)
# Prints of one pupil differ by years, version, template and names of the frame; more are not compared at once.
EDITIONS = 6
# A photo laid on the pages of a print and read takes a second of the 30 that a child has.
PHOTO_COMPARISONS = 16
# Whatever seal a file of pictures carries, a picture is never the original (design §3).
_A_PICTURE = Check(Question.SIGNATURE_FOUND, Status.NOT_APPLICABLE, Reason.IS_A_PICTURE)
_MAY_TELL = (Question.RECORD_FOUND, Question.READABLE)
SAME_BYTES = ContentReport((Check(Question.TEXT_EQUAL, Status.PASSED), Check(Question.PICTURE_EQUAL, Status.PASSED)))


@dataclass(frozen=True, slots=True)
class Anchors:
    """Whom to believe. department: the unit whose seal stands on prints. at: the moment of the check.

    stamps: whose timestamps tell since when a record exists.
    """

    department: str
    trust: TrustStore
    registry: tuple[Authorisation, ...]
    policy: Policy
    at: datetime
    stamps: StampPolicy = NO_AUTHORITY


def inspect_pdf(data: bytes) -> Inspection:
    """Step 1; raises UnreadableDocument or LimitExceeded."""
    return inspect(data)


def verify_pdf(
    data: bytes, found: Check, editions: Sequence[Edition], anchors: Anchors, *, pictures: bool = False
) -> Conclusion:
    """Steps 2 to 7 for a document that `inspect_pdf` could open.

    found: the answer to RECORD_FOUND. editions: what the document may be, likeliest first; empty where no locked
    record was found. pictures: whether to draw what differs, too. Raises UnreadableDocument or LimitExceeded.
    """
    checks = [Check(Question.READABLE, Status.PASSED), found]
    checks += examine_seal(
        data, department=anchors.department, trust=anchors.trust, registry=anchors.registry, at=anchors.at
    )
    if not editions:
        return conclude(checks)
    sealed = all(check.status is Status.PASSED for check in checks if check.question in ABOUT_THE_FILE)
    edition, content = _likeliest(data, editions, sealed=sealed)
    equal = all(check.status is Status.PASSED for check in content.checks)
    if equal and content is not SAME_BYTES and _carries_others(data, edition, anchors.policy):
        checks.append(Check(Question.TEXT_EQUAL, Status.UNKNOWN, Reason.OTHER_ATTACHMENTS))
    for year in edition.years:
        checks += (_signed(year), *_logged(year, anchors), standing.check(year.standing))
    checks += content.checks
    compared = tuple((year.school_year, year.version) for year in edition.years)
    drawn = pictured(content) if pictures else NO_PICTURES
    return replace(conclude(_of_a_part(checks, edition), content.differences), compared=compared, pictures=drawn)


def _of_a_part(checks: Sequence[Check], edition: Edition) -> Sequence[Check]:
    """Of an extract of chosen sections the answer says that it is one: nothing was asked about the rest of the record.

    A check that has passed says so, the first one that has nothing else to say.
    """
    if edition.context.sections is None:
        return checks
    told = next(
        (check for question in _MAY_TELL for check in checks if check.question is question and _has_room(check)), None
    )
    return [replace(check, reason=Reason.PART_OF_RECORD) if check is told else check for check in checks]


def _has_room(check: Check) -> bool:
    return check.status is Status.PASSED and check.reason is Reason.OK


def inspect_photos(photos: Sequence[bytes]) -> Inspection:
    """Step 1 for photos of the paper, each a page; raises UnreadableDocument or LimitExceeded."""
    if len(photos) > limits.SCANNED_PAGES:
        raise LimitExceeded(Refusal.TOO_MANY_PAGES, str(len(photos)))
    targets = tuple(PageTarget(number, targets_of(read_photo(each)), None) for number, each in enumerate(photos))
    return Inspection(len(photos), targets, has_text=False, features=())


def verify_photos(
    photos: Sequence[bytes], found: Check, editions: Sequence[Edition], anchors: Anchors, *, pictures: bool = False
) -> Conclusion:
    """As `verify_pdf`, for photos that `inspect_photos` could open: a picture has no signature, only content."""
    opened_photos = [open_photo(each) for each in photos] if editions else []
    of_file = [replace(_A_PICTURE, question=question) for question in ABOUT_THE_FILE]
    return _on_paper(opened_photos, found, editions, anchors, of_file, pictures=pictures)


def verify_scan(
    data: bytes, found: Check, editions: Sequence[Edition], anchors: Anchors, *, pictures: bool = False
) -> Conclusion:
    """As `verify_pdf`, for a document without a single letter: its pages are looked at as photos are."""
    pages = open_pages(data) if editions else ()
    of_file = [_A_PICTURE]
    of_file += examine_seal(
        data, department=anchors.department, trust=anchors.trust, registry=anchors.registry, at=anchors.at
    )
    if editions and not is_still(data, scanned=True):
        of_file.append(Check(Question.PICTURE_EQUAL, Status.UNKNOWN, Reason.MAY_SHOW_OTHERWISE))
    return _on_paper(pages, found, editions, anchors, of_file, pictures=pictures)


def _on_paper(
    photos: Sequence[Grey],
    found: Check,
    editions: Sequence[Edition],
    anchors: Anchors,
    of_file: Sequence[Check],
    *,
    pictures: bool,
) -> Conclusion:
    checks = [Check(Question.READABLE, Status.PASSED), found, *of_file]
    if not editions:
        return conclude(checks)
    edition, report = _likeliest_on_paper(photos, editions)
    for year in edition.years:
        checks += (_signed(year), *_logged(year, anchors), standing.check(year.standing))
    checks += report.checks
    compared = tuple((year.school_year, year.version) for year in edition.years)
    drawn = on_paper.pictured(report) if pictures else NO_PICTURES
    return replace(conclude(_of_a_part(checks, edition), report.differences), compared=compared, pictures=drawn)


def _likeliest_on_paper(photos: Sequence[Grey], editions: Sequence[Edition]) -> tuple[Edition, PaperReport]:
    """The edition from which the photos differ least; the first that they equal."""
    reports: list[tuple[Edition, PaperReport]] = []
    asked = editions[: max(1, PHOTO_COMPARISONS // max(1, len(photos)))]
    unasked = Reason.NOT_ASKED if len(editions) > len(asked) else None
    for edition in asked:
        try:
            expected = rendered(edition)
        except VerifyError:
            # What we stored and cannot print is our fault, whatever the paper is.
            reports.append((edition, on_paper.not_compared(Reason.OUR_FAULT)))
            unasked = Reason.OUR_FAULT
            continue
        report = on_paper.compare(photos, expected, edition.context.template)
        if report.checks[0].status is Status.PASSED:
            return edition, report
        reports.append((edition, report))
    nearest, report = min(reports, key=lambda each: on_paper.distance(each[1]))
    return nearest, on_paper.not_compared(unasked) if unasked and report.differences else report


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


def _carries_others(data: bytes, edition: Edition, policy: Policy) -> bool:
    """Whether a file stands under the name of one of ours and is another: who reads it reads another record.

    A receipt may be of another day, as long as it leads a leaf of these years into the log. The names count also where
    this print carries no file of them.
    """
    ours = {each.name: each.data for each in edition.proofs}
    return any(
        held != ours[name] and not (name.endswith(RECEIPT) and _leads(held, edition, policy))
        for name, held in attached(data, ours).items()
    )


def _leads(held: bytes, edition: Edition, policy: Policy) -> bool:
    return any(receipt.verify(held, year.leaf, policy)[0].status is Status.PASSED for year in edition.years)


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
    held = tuple((year.record, year.lookup_code, year.version) for year in edition.years)
    return _rendered(held, edition.context, edition.attachments, edition.origins)


@lru_cache(maxsize=64)
def _rendered(
    held: tuple[tuple[bytes, str, int], ...],
    context: PrintContext,
    attachments: tuple[Attachment, ...],
    origins: tuple[Told, ...],
) -> Rendered:
    return render([locked_record(*each) for each in held], context, attachments, origins)


def forget_rendered() -> None:
    """Render anew from now on; for measuring."""
    _rendered.cache_clear()


def _signed(year: StoredYear) -> Check:
    """RECORD_SIGNED: every needed role signed exactly these bytes, and was accepted when received (design §3.4).

    A year of the system before this one passes where everything could be asked as of its old date; where the lists of
    that time are gone, or say something that nothing dates, it is unknown, however often two officials confirmed it.
    """
    for role in NEEDED_ROLES:
        if role.value not in year.signatures:
            return Check(Question.RECORD_SIGNED, Status.FAILED, Reason.ROLE_MISSING, {"role": role.value})
    asked = [check for checks in integrity(year.record, year.signatures).values() for check in checks]
    for status in (Status.FAILED, Status.UNKNOWN, Status.NOT_APPLICABLE):
        for check in (*asked, *year.received):
            if check.status is status:
                return Check(Question.RECORD_SIGNED, check.status, check.reason, {"school_year": year.school_year})
    if isinstance(year.earlier, ForeignRecordLeaf):
        told = {"school_year": year.school_year, "vouching_log": year.earlier.origin}
        return Check(Question.RECORD_SIGNED, Status.PASSED, Reason.VALID_BY_OTHER_LOG, told)
    if year.earlier is not None:
        facts = {"school_year": year.school_year}
        return Check(Question.RECORD_SIGNED, Status.PASSED, Reason.VALID_AT_EARLIER_LOCK, facts)
    return Check(Question.RECORD_SIGNED, Status.PASSED, Reason.VALID_WHEN_RECEIVED)


def _logged(year: StoredYear, anchors: Anchors) -> tuple[Check, ...]:
    """LOGGED, WITNESSED and TIME_PROVEN: the leaf opens to this record, the receipt leads it to a signed checkpoint,
    and an outsider has stamped one that covers it.
    """
    included, witnessed = receipt.verify(year.receipt, year.leaf, anchors.policy)
    time = existed(year.time, year.leaf, anchors.policy, anchors.stamps, anchors.at)
    return included, witnessed, time, opened(year)


def opened(year: StoredYear) -> Check:
    """Whether the leaf of a stored year stands for its record and signatures (question LOGGED)."""
    try:
        leaf, opening = leaves.from_bytes(year.leaf), read_opening(year.opening)
    except VerifyError:
        return Check(Question.LOGGED, Status.FAILED, Reason.NOT_IN_LOG)
    if not isinstance(leaf, RecordLeaf):
        return Check(Question.LOGGED, Status.FAILED, Reason.NOT_IN_LOG)
    committed = Committed(year.record, year.lookup_code, year.school_year, year.version, year.signatures)
    return leaves.opens(leaf, committed, opening.salt)
