"""Checking a document that somebody uploads: open it in a child, fetch what it names, compare in a child, answer.

The database is read between the two children and never held open while they work. What a person learns beside the
verdict is decided in `record_check` (design §9.9): names of differing cells only for who evidently holds the paper,
stored values only for who may read the record.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from portal.errors import Fault
from portal.identity import Identity
from portal.models import ComparedFile, EarlierCode, EarlierYear, RecordVersion, Transcript, YearRecordRow
from portal.sandbox import Sandbox
from portal.services import lookup, registry
from portal.services.access import Action, Outcome, record_access
from portal.services.candidates import Years, as_issued, candidates
from portal.services.changes import Change
from portal.services.evidence import stored_year
from portal.services.lookup import Card
from portal.services.prints import editions_of, locked_versions, sections_issued
from portal.services.standing import NoteView, changed_cells, notes_of_editions
from portal.services.verdicts import new_number
from verify import limits
from verify.anchors import TrustStore
from verify.canonical import sha256
from verify.code import PrintTarget
from verify.errors import Refusal, VerifyError
from verify.evidence import Edition
from verify.form.render import PrintContext
from verify.form.sections import holds
from verify.log.receipt import Policy
from verify.paper.content import IDENTIFIED
from verify.paper.opening import is_photo
from verify.paper.qr import read_photo
from verify.pdf.content import UNREAD_PAGES
from verify.pdf.inspection import Inspection, targets_of
from verify.pictures import NO_PICTURES
from verify.timestamps import NO_AUTHORITY, StampPolicy
from verify.verdict import Check, Conclusion, Question, Reason, Status, Verdict
from verify.verifier import (
    Anchors,
    inspect_pdf,
    inspect_photos,
    our_fault,
    unreadable,
    verify_pdf,
    verify_photos,
    verify_scan,
)

_log = structlog.get_logger("hocba.checking")

OpenReading = Callable[[], AbstractContextManager[Session]]

# Stands in for the day of the province; budgets turn over at its midnight.
_VIETNAM = timezone(timedelta(hours=7))
_NAMED_CELLS = 5
_COMPARISONS_A_DAY = 3
_IDENTIFYING = frozenset({"full_name", "birth_date"})
_READABLE_REASONS = {
    Refusal.NOT_PDF: Reason.NOT_A_PDF,
    Refusal.NOT_AN_IMAGE: Reason.NOT_AN_IMAGE,
    Refusal.ENCRYPTED: Reason.ENCRYPTED,
    Refusal.DAMAGED_PDF: Reason.DAMAGED,
    Refusal.TOO_LARGE: Reason.OVER_LIMIT,
    Refusal.TOO_MANY_PAGES: Reason.OVER_LIMIT,
    Refusal.TOO_DEEP: Reason.OVER_LIMIT,
    Refusal.TOO_MUCH_WORK: Reason.OVER_LIMIT,
}


@dataclass(frozen=True, slots=True)
class CheckingDesk:
    """With what documents are checked. context: the frame of today's prints, for records never printed.

    stamps: whose timestamps tell since when a record exists.
    """

    sandbox: Sandbox
    department: str
    trust: TrustStore
    policy: Policy
    context: PrintContext
    stamps: StampPolicy = NO_AUTHORITY


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What was found out about one file.

    code, school_year, version: what it was compared with, None where nothing was. card: the public card of that
    record. features: closed words for what else is in the file (`verify.pdf.inspection`). number: of this verdict.
    extract: number of the extract that the pages name.
    """

    conclusion: Conclusion
    code: str | None
    school_year: str | None
    version: int | None
    transcript_id: int | None
    card: Card | None
    features: tuple[str, ...]
    checked_at: datetime
    file_sha256: str
    number: str
    extract: str | None = None

    @property
    def answered(self) -> bool:
        """Whether anything was found out at all; a failure of ours is no verdict to be kept."""
        return self.conclusion.deciding.reason is not Reason.OUR_FAULT


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What of the differences may be shown. fields: which cells. values: what is stored and what was found.

    changes: what the version in force says otherwise than the superseded one that the document equals, as far as it may
    be shown: without values only the cells. notes: annotations of what it was compared with, for readers.
    """

    fields: bool
    values: bool
    changes: tuple[Change, ...] = ()
    notes: tuple[NoteView, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """The record that a document names. check: the answer to RECORD_FOUND. code: only of a record that has locked."""

    check: Check
    code: str | None = None
    editions: tuple[Edition, ...] = ()
    transcript_id: int | None = None
    card: Card | None = None


def check_document(
    desk: CheckingDesk, open_reading: OpenReading, data: bytes, now: datetime, *, pictures: bool = False
) -> CheckedFile:
    """Check one PDF, or one photo of a page. What cannot be read, and a failure of ours, are in the conclusion.

    Raises Fault where there is no answer yet and will be one in a minute (`Fault.passes`).
    pictures: whether to draw what differs, for a person who looks at it.
    """
    return check_files(desk, open_reading, [data], now, pictures=pictures)


def check_files(
    desk: CheckingDesk,
    open_reading: OpenReading,
    files: Sequence[bytes],
    now: datetime,
    *,
    pictures: bool = False,
    typed: PrintTarget | None = None,
) -> CheckedFile:
    """Check one PDF, or photos of the pages of one print; as `check_document`.

    typed: the code that a person read on the paper, for photos and scans on which no code is to be read.
    """
    digest = sha256(files[0]) if len(files) == 1 else sha256("\n".join(map(sha256, files)).encode())
    if sum(map(len, files)) > limits.DOCUMENT_BYTES:
        return _answer(unreadable(Reason.OVER_LIMIT), None, (), digest, now)
    photos = [each for each in files if is_photo(each)]
    if len(files) > 1 and len(photos) < len(files):
        return _answer(unreadable(Reason.NOT_ONE_DOCUMENT), None, (), digest, now)
    try:
        inspection = desk.sandbox.run(inspect_photos, photos) if photos else desk.sandbox.run(inspect_pdf, files[0])
        found, anchors = _fetched(desk, open_reading, inspection, typed, now)
        asked = found.check, found.editions, anchors
        if photos:
            conclusion = desk.sandbox.run(verify_photos, photos, *asked, pictures=pictures)
        elif inspection.has_text:
            conclusion = desk.sandbox.run(verify_pdf, files[0], *asked, pictures=pictures)
        else:
            conclusion = desk.sandbox.run(verify_scan, files[0], *asked, pictures=pictures)
        conclusion = _bounded(conclusion)
    except VerifyError as refused:
        return _answer(unreadable(_READABLE_REASONS.get(refused.refusal, Reason.DAMAGED)), None, (), digest, now)
    except (Fault, sa.exc.SQLAlchemyError) as error:
        if isinstance(error, Fault) and error.passes:
            raise
        _log.error("check_failed", error=type(error).__name__, detail=_safe(error))
        return _answer(our_fault(), None, (), digest, now)
    except Exception as error:  # noqa: BLE001 - whatever else goes wrong is our mistake, never the document's
        _log.error("check_failed", error=type(error).__name__, detail="unexpected")
        return _answer(our_fault(), None, (), digest, now)
    return replace(_answer(conclusion, found, inspection.features, digest, now), extract=inspection.extract)


def _bounded(conclusion: Conclusion) -> Conclusion:
    """A child that a document took over may say anything; it does not fill the answer."""
    room = limits.PAGE_PICTURES_BYTES + limits.CELL_PICTURES_BYTES
    return conclusion if conclusion.pictures.size <= room else replace(conclusion, pictures=NO_PICTURES)


def _safe(error: Fault | sa.exc.SQLAlchemyError) -> str:
    """What an operator needs, without what a person or document holds."""
    return error.problem.value if isinstance(error, Fault) else type(getattr(error, "orig", error)).__name__


def _answer(
    conclusion: Conclusion, found: _Found | None, features: tuple[str, ...], digest: str, now: datetime
) -> CheckedFile:
    year, version = conclusion.compared[-1] if conclusion.compared else (None, None)
    return CheckedFile(
        conclusion=conclusion,
        code=found.code if found is not None else None,
        school_year=year,
        version=version,
        transcript_id=found.transcript_id if found is not None else None,
        card=found.card if found is not None else None,
        features=features,
        checked_at=now,
        file_sha256=digest,
        number=new_number(),
    )


def _fetched(
    desk: CheckingDesk, open_reading: OpenReading, inspection: Inspection, typed: PrintTarget | None, now: datetime
) -> tuple[_Found, Anchors]:
    with open_reading() as session:
        found = _find(session, desk, inspection, typed)
        keys = registry.authorisations(session)
    return found, Anchors(desk.department, desk.trust, keys, desk.policy, now, desk.stamps)


def _find(session: Session, desk: CheckingDesk, inspection: Inspection, typed: PrintTarget | None) -> _Found:
    """The record that the pages name; only where they name none, and have no letters of their own, the typed one."""
    named = _named(inspection)
    by_hand = typed is not None and not named and not inspection.has_text
    if typed is not None and by_hand:
        named = [typed]
    if not named:
        return _Found(Check(Question.RECORD_FOUND, Status.FAILED, Reason.NO_CODE_FOUND))
    code = Counter(target.code for target in named).most_common(1)[0][0]
    # A record that the family had restricted is compared with nothing, as one that is not there.
    open_record = Transcript.lookup_code == code, Transcript.restricted_at.is_(None)
    found = session.scalar(sa.select(Transcript).where(*open_record))
    if _of_the_earlier_system(session, code, found, named):
        return _Found(Check(Question.RECORD_FOUND, Status.UNKNOWN, Reason.EARLIER_PRINT))
    editions = _editions(session, desk, found, named, inspection) if found is not None else ()
    if found is None or not editions:
        # Unknown and not yet locked are one answer to a stranger (design §9.1).
        return _Found(Check(Question.RECORD_FOUND, Status.FAILED, Reason.NOT_LOCKED))
    return _Found(
        Check(Question.RECORD_FOUND, Status.PASSED, Reason.CODE_TYPED if by_hand else Reason.OK),
        code,
        editions,
        found.id,
        lookup.card(session.connection(), code),
    )


def _of_the_earlier_system(session: Session, code: str, found: Transcript | None, named: Sequence[PrintTarget]) -> bool:
    """Whether a document may be a print of the system before this one, which we cannot make again and so never accuse.

    Its codes lead here; only our own prints name a school year and a version beside the code.
    """
    if found is None:
        return session.get(EarlierCode, code) is not None
    if any(target.code == code and target.school_year is not None for target in named):
        return False
    return bool(
        session.scalar(
            sa.select(
                sa.exists()
                .where(EarlierYear.version_id == RecordVersion.id)
                .where(RecordVersion.year_record_id == YearRecordRow.id, YearRecordRow.transcript_id == found.id)
            )
        )
    )


def _named(inspection: Inspection) -> list[PrintTarget]:
    """What the pages name, by QR and by text; a page counts with each of its codes."""
    return [
        target for page in inspection.targets for target in (*page.qr, *((page.text,) if page.text is not None else ()))
    ]


def _editions(
    session: Session, desk: CheckingDesk, found: Transcript, named: Sequence[PrintTarget], inspection: Inspection
) -> tuple[Edition, ...]:
    """The prints that the document may be, likeliest first."""
    locked = locked_versions(session, found.id)
    years = _years_named(named, found.lookup_code, locked)
    made = as_issued(editions_of(session, found.id), inspection)
    fitting = candidates(years, tuple(locked), made, desk.context)
    kept = {year: stored_year(session, locked[year]) for edition in fitting for year in edition[0]}
    return tuple(Edition(tuple(kept[year] for year in wanted), context) for wanted, context in fitting)


def _years_named(named: Sequence[PrintTarget], code: str, locked: Mapping[tuple[str, int], object]) -> Years:
    """Years with versions that the pages name and that are locked, oldest first."""
    pairs = {
        (target.school_year, target.version)
        for target in named
        if target.code == code and target.school_year is not None and target.version is not None
    }
    return tuple(sorted(pair for pair in locked if pair in pairs))


def record_check(
    session: Session, identity: Identity | None, checked: CheckedFile, now: datetime, network: str
) -> Disclosure:
    """Write that a record was compared, and decide what of the differences may be shown (design §9.9)."""
    if checked.transcript_id is None or checked.code is None:
        return Disclosure(fields=False, values=False)
    reader = identity is not None and lookup.can_read(session, identity, checked.code)
    record_access(
        session,
        identity=identity,
        action=Action.RECORD_CHECK,
        transcript_id=checked.transcript_id,
        outcome=Outcome.ALLOWED,
        network=network,
        now=now,
    )
    changes = _changes(session, checked)
    if reader:
        notes = notes_of_editions(session, checked.transcript_id, checked.conclusion.compared)
        return Disclosure(fields=True, values=True, changes=changes, notes=notes)
    within = _within_budget(session, checked.transcript_id, checked.file_sha256, now)
    told = within and _holds_the_paper(checked.conclusion)
    few = changes if told and len(changes) <= _NAMED_CELLS else ()
    return Disclosure(fields=told, values=False, changes=tuple(Change(each.path, "", "") for each in few))


def _changes(session: Session, checked: CheckedFile) -> tuple[Change, ...]:
    """What the version in force says otherwise; of an extract only in what it holds."""
    if checked.conclusion.verdict is not Verdict.NOT_IN_FORCE or checked.transcript_id is None:
        return ()
    editions = checked.conclusion.compared
    changes = [each for edition in editions for each in changed_cells(session, checked.transcript_id, *edition)]
    sections = sections_issued(session, checked.transcript_id, checked.extract)
    return tuple(each for each in changes if sections is None or holds(sections, each.path))


def _holds_the_paper(conclusion: Conclusion) -> bool:
    """Name and birth date on the document are right, and few cells differ: a holder, not somebody guessing.

    A page that could not be read may hide a wrong name: then nothing shows that somebody holds the paper.
    """
    if any(UNREAD_PAGES in check.facts or check.reason is Reason.TEXT_MISSING for check in conclusion.checks):
        return False
    if any(check.facts.get(IDENTIFIED) == "no" for check in conclusion.checks):
        return False
    differing = {difference.field.rpartition("/")[2] for difference in conclusion.differences}
    return len(differing) <= _NAMED_CELLS and not differing & _IDENTIFYING


def record_guess(
    session: Session,
    identity: Identity | None,
    code: str,
    transcript_id: int,
    tried: str | None,
    now: datetime,
    network: str,
) -> bool:
    """Write that a code was looked at; whether the answer about a value tried beside it (a birth date) may be told.

    tried: None where nothing but the public card is told.
    """
    record_access(
        session,
        identity=identity,
        action=Action.RECORD_CHECK,
        transcript_id=transcript_id,
        outcome=Outcome.ALLOWED,
        network=network,
        now=now,
    )
    if tried is None or lookup.can_read(session, identity, code):
        return True
    return _within_budget(session, transcript_id, sha256(f"{transcript_id} {tried}".encode()), now)


def _within_budget(session: Session, transcript_id: int, digest: str, now: datetime) -> bool:
    """At most three distinct comparisons per record and day; the same file or value again costs nothing."""
    day = now.astimezone(_VIETNAM).date()
    seen = set(
        session.scalars(
            sa.select(ComparedFile.file_sha256).where(
                ComparedFile.transcript_id == transcript_id, ComparedFile.day == day
            )
        )
    )
    if digest in seen:
        return True
    if len(seen) >= _COMPARISONS_A_DAY:
        return False
    session.add(ComparedFile(transcript_id=transcript_id, day=day, file_sha256=digest))
    session.flush()
    return True


def read_qr(desk: CheckingDesk, data: bytes) -> tuple[PrintTarget, ...]:
    """The lookup codes on a photo; raises VerifyError for a picture that cannot be read, Fault for our failure."""
    return targets_of(desk.sandbox.run(read_photo, data))
