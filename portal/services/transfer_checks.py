"""What the job of the transfer desk does with each row: check it, store the answer, forget the file."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Fault
from portal.models import (
    BatchState,
    ItemKind,
    ItemOutcome,
    JobMessage,
    Transcript,
    TransferBatch,
    TransferFile,
    TransferItem,
)
from portal.services import accounts, checking, jobs, lookup, transfers, verdicts
from portal.services.checking import CheckedFile, CheckingDesk, OpenReading
from portal.services.jobs import Claim
from portal.services.lookup import Card, CardYear
from verify.canonical import canonicalise
from verify.errors import VerifyError
from verify.log import merkle
from verify.standing import StandingState
from verify.verdict import Reason, Verdict

# So many rows are one job; then other people's jobs have their turn.
SLICE: Final = 16
_STANDS: Final = (StandingState.IN_FORCE, StandingState.ANNOTATED)
_CELLS: Final = 40


@dataclass(frozen=True, slots=True)
class ToCheck:
    """A row with what is needed to check it."""

    item_id: int
    kind: ItemKind
    data: bytes | None
    code: str | None
    birth_date: date | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came out. checked: of a PDF, or of a photo that differs. card, year: what a code led to.

    transcript_id: of a PDF or a code.
    """

    outcome: ItemOutcome
    detail: dict[str, Any]
    checked: CheckedFile | None = None
    card: Card | None = None
    year: CardYear | None = None


def pending(session: Session, held: Claim) -> list[int]:
    """The rows of one slice that wait for an answer."""
    return list(
        session.scalars(
            sa.select(TransferItem.id)
            .where(TransferItem.batch_id == held.subject_id, TransferItem.outcome.is_(None))
            .order_by(TransferItem.position)
            .limit(SLICE)
        )
    )


def to_check(session: Session, item_id: int) -> ToCheck:
    """A row with its file."""
    item = session.get_one(TransferItem, item_id)
    file = session.get(TransferFile, item_id)
    data = file.data if file is not None else None
    return ToCheck(item_id, ItemKind(item.kind), data, item.code, item.birth_date)


def check(desk: CheckingDesk, open_reading: OpenReading, item: ToCheck, now: datetime) -> Answer:
    """Check one row. Never raises for a document or for a failure of ours: both are answers."""
    if item.kind is ItemKind.CODE and item.code is not None:
        return _of_code(open_reading, item.code, item.birth_date)
    if item.data is None:
        return Answer(ItemOutcome.NOT_CHECKED, {})
    if item.kind is ItemKind.PHOTO:
        return _of_photo(desk, open_reading, item.data, now)
    try:
        checked = checking.check_document(desk, open_reading, item.data, now)
    except Fault:
        return Answer(ItemOutcome.NOT_CHECKED, {})
    conclusion = checked.conclusion
    if conclusion.verdict is Verdict.INSUFFICIENT and conclusion.deciding.reason is Reason.OUR_FAULT:
        return Answer(ItemOutcome.NOT_CHECKED, {})
    return _answered(checked)


def _answered(checked: CheckedFile) -> Answer:
    deciding = checked.conclusion.deciding
    detail = {"reason": deciding.reason.value, "question": deciding.question.value}
    if any(check.reason is Reason.PART_OF_RECORD for check in checked.conclusion.checks):
        detail["part"] = Reason.PART_OF_RECORD.value
    outcome, year = ItemOutcome(checked.conclusion.verdict.value), _year(checked.card, checked.school_year)
    return Answer(outcome, detail, checked, checked.card, year)


def _of_photo(desk: CheckingDesk, open_reading: OpenReading, data: bytes, now: datetime) -> Answer:
    try:
        targets = checking.read_qr(desk, data)
    except VerifyError as refused:
        return Answer(ItemOutcome.NO_CODE, {"refusal": refused.refusal.value})
    except Fault:
        return Answer(ItemOutcome.NOT_CHECKED, {})
    codes = {target.code for target in targets}
    if len(codes) != 1:
        return Answer(ItemOutcome.NO_CODE, {"codes": len(codes)})
    found = _of_code(open_reading, codes.pop(), None)
    if found.outcome is not ItemOutcome.CODE_ONLY:
        return found
    return _differing(desk, open_reading, data, now) or replace(found, outcome=ItemOutcome.PHOTO_ONLY)


def _differing(desk: CheckingDesk, open_reading: OpenReading, data: bytes, now: datetime) -> Answer | None:
    """What a photo that shows a page says against it; None where it says nothing, as one of the code alone."""
    try:
        checked = checking.check_document(desk, open_reading, data, now)
    except Fault:
        return None
    return _answered(checked) if checked.conclusion.verdict is Verdict.MISMATCH else None


def _of_code(open_reading: OpenReading, code: str, birth_date: date | None) -> Answer:
    with open_reading() as session:
        card = lookup.card(session.connection(), code)
        if card is None:
            return Answer(ItemOutcome.NOT_FOUND, {})
        born = session.scalar(sa.select(Transcript.birth_date).where(Transcript.lookup_code == card.code))
    year = card.years[0]
    if year.standing not in _STANDS:
        return Answer(ItemOutcome.NOT_IN_FORCE, {"standing": year.standing.value}, None, card, year)
    if birth_date is None:
        return Answer(ItemOutcome.CODE_ONLY, {}, None, card, year)
    same = ItemOutcome.CODE_STANDS if born == birth_date else ItemOutcome.BIRTH_DATE_DIFFERS
    return Answer(same, {"birth_date": birth_date.isoformat()}, None, card, year)


def _year(card: Card | None, school_year: str | None) -> CardYear | None:
    years = card.years if card is not None else ()
    return next((year for year in years if year.school_year == school_year), None)


def keep(session: Session, held: Claim, item_id: int, answer: Answer, now: datetime) -> bool:
    """Store the answer of a row, write that the record was compared, forget the file; False when no longer ours."""
    item = session.get(TransferItem, item_id)
    batch = session.get_one(TransferBatch, held.subject_id)
    if item is None or batch.state != BatchState.CHECKING:
        return False
    outcome, detail = answer.outcome, dict(item.detail or {}) | answer.detail
    transcript_id = _transcript(session, answer)
    cells = _compared(session, batch, answer, transcript_id, now)
    if cells is None:
        outcome = ItemOutcome.BIRTH_DATE_UNASKED
    elif cells:
        detail["cells"] = cells
    detail.pop("birth_date", None)
    _describe(item, answer, transcript_id)
    item.outcome, item.detail = outcome.value, detail
    if outcome in transfers.GOOD:
        _look_again(session, batch, item)
    session.execute(sa.delete(TransferFile).where(TransferFile.item_id == item_id))
    session.flush()
    done, total, _job = transfers.progress_of(session, batch)
    return jobs.progress(session, held, JobMessage.READING, done, total, now)


def _transcript(session: Session, answer: Answer) -> int | None:
    if answer.checked is not None:
        return answer.checked.transcript_id
    if answer.card is None:
        return None
    return session.scalar(sa.select(Transcript.id).where(Transcript.lookup_code == answer.card.code))


def _compared(
    session: Session, batch: TransferBatch, answer: Answer, transcript_id: int | None, now: datetime
) -> list[str] | None:
    """Differing cells that this person may be told, by their paths; None where the day's budget is used up.

    A birth date is a comparison like a file: whoever does not read the record has few guesses a day.
    """
    identity = accounts.identity_behind(session, batch.account_id, now)
    if answer.checked is not None:
        verdicts.keep(session, answer.checked)
        disclosure = checking.record_check(session, identity, answer.checked, now, batch.network)
        if not disclosure.fields or answer.outcome is not ItemOutcome.MISMATCH:
            return []
        fields = dict.fromkeys(each.field for each in answer.checked.conclusion.differences)
        return list(fields)[:_CELLS]
    if transcript_id is None or answer.card is None:
        return []
    tried = answer.detail.get("birth_date")
    allowed = checking.record_guess(
        session, identity, answer.card.code, transcript_id, str(tried) if tried else None, now, batch.network
    )
    return [] if allowed else None


def _describe(item: TransferItem, answer: Answer, transcript_id: int | None) -> None:
    item.transcript_id = transcript_id
    item.verdict_number = answer.checked.number if answer.checked is not None else None
    if answer.card is None or answer.year is None:
        return
    item.masked_name, item.school_name = answer.card.masked_name, answer.year.school_name
    item.school_year, item.grade = answer.year.school_year, answer.year.grade
    item.version = answer.checked.version if answer.checked is not None else answer.year.version


def _look_again(session: Session, batch: TransferBatch, item: TransferItem) -> None:
    """A good row is an exception where the same pupil's year stands above it, or the grade is not the one expected.

    own: what it is by itself, which the words still say.
    """
    same_record = sa.and_(
        TransferItem.transcript_id == item.transcript_id, TransferItem.school_year == item.school_year
    )
    twin = session.scalar(
        sa.select(sa.func.min(TransferItem.position)).where(
            TransferItem.batch_id == batch.id, TransferItem.position < item.position, same_record
        )
    )
    detail = {**(item.detail or {}), "own": item.outcome}
    if twin is not None:
        item.outcome, item.detail = ItemOutcome.DUPLICATE.value, {**detail, "of": twin}
    elif batch.grade is not None and item.grade is not None and item.grade != batch.grade:
        wanted = {"wanted": batch.grade, "found": item.grade}
        item.outcome, item.detail = ItemOutcome.WRONG_GRADE.value, {**detail, **wanted}


def end_slice(session: Session, held: Claim, now: datetime) -> tuple[bool, int | None]:
    """End a job: with the next one when rows are left, else with the result. (still ours, the next job's number)."""
    batch = session.get_one(TransferBatch, held.subject_id)
    if batch.state != BatchState.CHECKING or not jobs.finish(session, held, JobMessage.FINISHED, now):
        return False, None
    items = transfers.items_of(session, batch)
    if any(item.outcome is None for item in items):
        return True, transfers.begin_slice(session, batch, now)
    batch.good = sum(item.outcome in transfers.GOOD for item in items)
    batch.exceptions = len(items) - batch.good
    batch.root = root_of(items)
    batch.state, batch.finished_at = BatchState.DONE.value, now
    session.flush()
    return True, None


def root_of(items: Sequence[TransferItem]) -> str:
    """The Merkle root over the rows' results in their order: minutes and export name it."""
    return merkle.root_of([merkle.leaf_hash(leaf_of(item)) for item in items]).hex()


def leaf_of(item: TransferItem) -> bytes:
    """What the root binds of a row: which file or code, what came out, under which number. No name."""
    return canonicalise(
        {
            "position": item.position,
            "file": item.file_sha256,
            "outcome": item.outcome,
            "verdict": item.verdict_number,
            "school_year": item.school_year,
            "version": item.version,
        }
    )
