"""Checking a document that somebody uploads: open it in a child, fetch what it names, compare in a child, answer.

The database is read between the two children and never held open while they work. What a person learns beside the
verdict is decided in `record_check` (design §9.9): names of differing cells only for who evidently holds the paper,
stored values only for who may read the record.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from portal.errors import Fault
from portal.identity import Identity
from portal.models import ComparedFile, Transcript
from portal.sandbox import Sandbox
from portal.services import lookup, registry
from portal.services.access import Action, Outcome, record_access
from portal.services.evidence import stored_year
from portal.services.lookup import Card
from portal.services.prints import editions_of, locked_versions
from verify import limits
from verify.anchors import TrustStore
from verify.canonical import sha256
from verify.code import PrintTarget, parse_target
from verify.errors import MalformedRecord, Refusal, VerifyError
from verify.evidence import Edition
from verify.form.render import PrintContext
from verify.log.receipt import Policy
from verify.paper.qr import read_photo
from verify.pdf.content import UNREAD_PAGES
from verify.pdf.inspection import Inspection
from verify.verdict import Check, Conclusion, Question, Reason, Status
from verify.verifier import Anchors, inspect_pdf, our_fault, unreadable, verify_pdf

_log = structlog.get_logger("hocba.checking")

OpenReading = Callable[[], AbstractContextManager[Session]]
# School years with their versions, and a print made of them in a frame.
Years = tuple[tuple[str, int], ...]
Made = tuple[Years, PrintContext]

# Stands in for the day of the province; budgets turn over at its midnight.
_VIETNAM = timezone(timedelta(hours=7))
_NAMED_CELLS = 5
_COMPARISONS_A_DAY = 3
_IDENTIFYING = frozenset({"full_name", "birth_date"})
_READABLE_REASONS = {
    Refusal.NOT_PDF: Reason.NOT_A_PDF,
    Refusal.ENCRYPTED: Reason.ENCRYPTED,
    Refusal.DAMAGED_PDF: Reason.DAMAGED,
    Refusal.TOO_LARGE: Reason.OVER_LIMIT,
    Refusal.TOO_MANY_PAGES: Reason.OVER_LIMIT,
    Refusal.TOO_DEEP: Reason.OVER_LIMIT,
    Refusal.TOO_MUCH_WORK: Reason.OVER_LIMIT,
}


@dataclass(frozen=True, slots=True)
class CheckingDesk:
    """With what documents are checked. context: the frame of today's prints, for records never printed."""

    sandbox: Sandbox
    department: str
    trust: TrustStore
    policy: Policy
    context: PrintContext


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What was found out about one file.

    code, school_year, version: what it was compared with, None where nothing was. card: the public card of that
    record. features: closed words for what else is in the file (`verify.pdf.inspection`). number: of this verdict.
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


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What of the differences may be shown. fields: which cells. values: what is stored and what was found."""

    fields: bool
    values: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """The record that a document names. check: the answer to RECORD_FOUND. code: only of a record that has locked."""

    check: Check
    code: str | None = None
    editions: tuple[Edition, ...] = ()
    transcript_id: int | None = None
    card: Card | None = None


def check_document(desk: CheckingDesk, open_reading: OpenReading, data: bytes, now: datetime) -> CheckedFile:
    """Check one PDF. Never raises for a document or for a failure of ours: both are in the conclusion."""
    digest = sha256(data)
    if len(data) > limits.DOCUMENT_BYTES:
        return _answer(unreadable(Reason.OVER_LIMIT), None, (), digest, now)
    try:
        inspection = desk.sandbox.run(inspect_pdf, data)
        found, anchors = _fetched(desk, open_reading, inspection, now)
        conclusion = desk.sandbox.run(verify_pdf, data, found.check, found.editions, anchors)
    except VerifyError as refused:
        return _answer(unreadable(_READABLE_REASONS.get(refused.refusal, Reason.DAMAGED)), None, (), digest, now)
    except (Fault, sa.exc.SQLAlchemyError) as error:
        _log.error("check_failed", error=type(error).__name__, detail=_safe(error))
        return _answer(our_fault(), None, (), digest, now)
    except Exception as error:  # noqa: BLE001 - whatever else goes wrong is our mistake, never the document's
        _log.error("check_failed", error=type(error).__name__, detail="unexpected")
        return _answer(our_fault(), None, (), digest, now)
    return _answer(conclusion, found, inspection.features, digest, now)


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
        number=_number(digest, now),
    )


def _number(digest: str, now: datetime) -> str:
    """The number of a verdict: tells two checks of one file apart, and says nothing about the file."""
    moment = now.astimezone(UTC).isoformat()
    return f"KT-{hashlib.sha256(f'{digest} {moment}'.encode()).hexdigest()[:10].upper()}"


def _fetched(
    desk: CheckingDesk, open_reading: OpenReading, inspection: Inspection, now: datetime
) -> tuple[_Found, Anchors]:
    with open_reading() as session:
        found = _find(session, desk, inspection)
        keys = registry.authorisations(session)
    return found, Anchors(desk.department, desk.trust, keys, desk.policy, now)


def _find(session: Session, desk: CheckingDesk, inspection: Inspection) -> _Found:
    named = _named(inspection)
    if not named:
        return _Found(Check(Question.RECORD_FOUND, Status.FAILED, Reason.NO_CODE_FOUND))
    code = Counter(target.code for target in named).most_common(1)[0][0]
    found = session.scalar(sa.select(Transcript).where(Transcript.lookup_code == code))
    editions = _editions(session, desk, found, named) if found is not None else ()
    if found is None or not editions:
        # Unknown and not yet locked are one answer to a stranger (design §9.1).
        return _Found(Check(Question.RECORD_FOUND, Status.FAILED, Reason.NOT_LOCKED))
    return _Found(
        Check(Question.RECORD_FOUND, Status.PASSED),
        code,
        editions,
        found.id,
        lookup.card(session.connection(), code),
    )


def _named(inspection: Inspection) -> list[PrintTarget]:
    """What the pages name, by QR and by text; a page counts with each of its codes."""
    return [
        target for page in inspection.targets for target in (*page.qr, *((page.text,) if page.text is not None else ()))
    ]


def _editions(
    session: Session, desk: CheckingDesk, found: Transcript, named: Sequence[PrintTarget]
) -> tuple[Edition, ...]:
    """The prints that the document may be, likeliest first."""
    locked = locked_versions(session, found.id)
    years = _years_named(named, found.lookup_code, locked)
    fitting = candidates(years, tuple(locked), editions_of(session, found.id), desk.context)
    kept = {year: stored_year(session, locked[year]) for edition in fitting for year in edition[0]}
    return tuple(Edition(tuple(kept[year] for year in wanted), context) for wanted, context in fitting)


def candidates(years: Years, locked: Years, made: Sequence[Made], context: PrintContext) -> list[Made]:
    """The prints of the years named, else of any locked ones: those made, and in today's frame where none was.

    years: named and locked, oldest first. locked: newest first. A document that names no year, but by its code, may be
    a faithful copy of any print: to hold it against the newest alone would accuse it.
    """
    asked = [years] if years else [(year,) for year in locked]
    fitting = [each for wanted in asked for each in _of_years(wanted, made) or [(wanted, context)]]
    return fitting if years else [*fitting, *(each for each in made if len(each[0]) > 1 and set(each[0]) <= {*locked})]


def _of_years(years: Years, made: Sequence[Made]) -> list[Made]:
    return [each for each in made if each[0] == years]


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
    if reader:
        return Disclosure(fields=True, values=True)
    within = _within_budget(session, checked, now)
    return Disclosure(fields=within and _holds_the_paper(checked.conclusion), values=False)


def _holds_the_paper(conclusion: Conclusion) -> bool:
    """Name and birth date on the document are right, and few cells differ: a holder, not somebody guessing.

    A page that could not be read may hide a wrong name: then nothing shows that somebody holds the paper.
    """
    if any(UNREAD_PAGES in check.facts or check.reason is Reason.TEXT_MISSING for check in conclusion.checks):
        return False
    differing = {difference.field.rpartition("/")[2] for difference in conclusion.differences}
    return len(differing) <= _NAMED_CELLS and not differing & _IDENTIFYING


def _within_budget(session: Session, checked: CheckedFile, now: datetime) -> bool:
    """At most three distinct files compared per record and day; the same file again costs nothing."""
    day = now.astimezone(_VIETNAM).date()
    seen = set(
        session.scalars(
            sa.select(ComparedFile.file_sha256).where(
                ComparedFile.transcript_id == checked.transcript_id, ComparedFile.day == day
            )
        )
    )
    if checked.file_sha256 in seen:
        return True
    if len(seen) >= _COMPARISONS_A_DAY:
        return False
    session.add(ComparedFile(transcript_id=checked.transcript_id, day=day, file_sha256=checked.file_sha256))
    session.flush()
    return True


def read_qr(desk: CheckingDesk, data: bytes) -> tuple[PrintTarget, ...]:
    """The lookup codes on a photo; raises VerifyError for a picture that cannot be read, Fault for our failure."""
    return tuple(_targets(desk.sandbox.run(read_photo, data)))


def _targets(texts: Sequence[str]) -> list[PrintTarget]:
    found: list[PrintTarget] = []
    for text in texts:
        try:
            target = parse_target(text)
        except MalformedRecord:
            continue  # a code of another system
        if target not in found:
            found.append(target)
    return found
