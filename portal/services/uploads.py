"""Uploaded class workbooks: received, read and judged, confirmed by a person, taken in, discarded, forgotten.

Nothing is a record before the confirmation. What waits outlives a sign-out and a restart, at most `WAITS`. The same
file for the same school and year leads to the receipt that it already has, or to the upload that already waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Fault, NotFound, Problem, Refused
from portal.identity import Appointment, Identity, StaffRole
from portal.models import Account, Job, JobKind, JobMessage, Unit, Upload, UploadState
from portal.permissions import may_import_for, may_import_for_schools
from portal.sandbox import Sandbox
from portal.services import jobs, organisation, telling
from portal.services.comparison import Comparison, compare
from portal.services.drafts import NewCode
from portal.services.intake import known_packet, require_school_year, take_in
from portal.services.jobs import Claim
from portal.services.judged_store import JudgedUpload, from_json, to_json
from portal.services.xml_packets import JudgedPacket
from portal.workbooks.marking import Mark, marked_workbook
from portal.workbooks.refusals import WorkbookProblem, WorkbookRefused
from verify.canonical import sha256
from verify.errors import Refusal, VerifyError
from verify.record.findings import Severity

WAITS: Final = timedelta(days=7)
_OPEN: Final = (UploadState.READING.value, UploadState.MAPPING.value, UploadState.READ.value, UploadState.TAKING.value)
_FORGETTABLE: Final = (
    UploadState.READING.value,
    UploadState.MAPPING.value,
    UploadState.REFUSED.value,
    UploadState.READ.value,
)
# A large school has 60 classes; each waiting file may hold 10 MB.
AT_MOST_WAITING: Final = 80
_NAME_CHARACTERS: Final = 120
# What the databases' integers hold; an address may name anything.
LARGEST_ID: Final = 2**31 - 1
# Beyond this nobody mends cell by cell: the column is wrong.
_MARKS: Final = 5_000


class Choice(StrEnum):
    """Which rows a person confirmed."""

    ALL = "all"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class NewFile:
    """What a person chose. grade: None where the file says. name: of the file, for people only."""

    data: bytes
    name: str
    school_code: str
    school_year: str
    grade: int | None


@dataclass(frozen=True, slots=True)
class Received:
    """Where the file leads: to its receipt, or to an upload. job_id: to be queued after the commit."""

    packet_id: int | None = None
    upload_id: int | None = None
    job_id: int | None = None


@dataclass(frozen=True, slots=True)
class ToRead:
    """What the reading of a file needs."""

    data: bytes
    school_code: str
    school_year: str
    grade: int | None


def receive(session: Session, identity: Identity, file: NewFile, now: datetime) -> Received:
    """Keep a file and begin its reading. Raises NotFound for a school of others, Refused(BAD_SCHOOL_YEAR)."""
    if not may_import_for(identity, file.school_code):
        raise NotFound
    require_school_year(file.school_year)
    school = organisation.unit(session, file.school_code)
    digest = sha256(file.data)
    known = known_packet(session, school, file.school_year, digest)
    if known is not None:
        return Received(packet_id=known.packet)
    waiting = _same_that_waits(session, school, file, digest)
    if waiting is not None:
        return Received(upload_id=waiting)
    _require_room(session, school)
    upload = Upload(
        unit_id=school.id,
        account_id=identity.account_id,
        state=UploadState.READING.value,
        school_year=file.school_year,
        grade=file.grade,
        file_name=file.name[-_NAME_CHARACTERS:],
        file_sha256=digest,
        job_id=None,
        choice=None,
        seen=None,
        packet_id=None,
        refusal=None,
        created_at=now,
        data=file.data,
        judged=None,
    )
    session.add(upload)
    session.flush()
    return Received(upload_id=upload.id, job_id=_begin(session, identity, upload, JobKind.UPLOAD_READ, 0, now))


def _same_that_waits(session: Session, school: Unit, file: NewFile, digest: str) -> int | None:
    return session.scalars(
        sa.select(Upload.id)
        .where(
            Upload.unit_id == school.id,
            Upload.school_year == file.school_year,
            Upload.file_sha256 == digest,
            Upload.state.in_(_OPEN),
            Upload.grade.is_not_distinct_from(file.grade),
        )
        .order_by(Upload.id.desc())
    ).first()


def _require_room(session: Session, school: Unit) -> None:
    held = sa.select(sa.func.count()).where(Upload.unit_id == school.id, Upload.state.in_(_OPEN))
    if session.execute(held).scalar_one() >= AT_MOST_WAITING:
        raise Refused(Problem.UPLOADS_FULL, limit=str(AT_MOST_WAITING))


def _begin(session: Session, identity: Identity, upload: Upload, kind: JobKind, total: int, now: datetime) -> int:
    job = jobs.begin(
        session,
        kind,
        subject_id=upload.id,
        unit_id=upload.unit_id,
        account_id=identity.account_id,
        total=total,
        now=now,
    )
    upload.job_id = job.id
    session.flush()
    return job.id


def schools_of(session: Session, identity: Identity) -> dict[str, str]:
    """Code and name of each school for which a person brings in records."""
    codes = may_import_for_schools(identity)
    rows = session.execute(sa.select(Unit.code, Unit.name).where(Unit.code.in_(codes)).order_by(Unit.name))
    return {row.code: row.name for row in rows}


def upload_of(session: Session, identity: Identity | None, upload_id: int) -> Upload:
    """The upload, for staff of its school; raises NotFound, unknown and forbidden alike."""
    found = session.get(Upload, upload_id) if 0 < upload_id <= LARGEST_ID else None
    if found is None or not may_import_for(identity, session.get_one(Unit, found.unit_id).code):
        raise NotFound
    return found


def _alone(session: Session, upload: Upload) -> Upload:
    """As it stands now, and as it stays until the transaction ends: a job may be ending it at this moment."""
    session.refresh(upload, ["state", "job_id"], with_for_update=True)
    return upload


def waiting_uploads(session: Session, identity: Identity) -> Sequence[Upload]:
    """What a person's schools have begun and not ended, newest first."""
    return session.scalars(
        sa.select(Upload)
        .join(Unit, Unit.id == Upload.unit_id)
        .where(
            Unit.code.in_(may_import_for_schools(identity)),
            Upload.state.in_((*_OPEN, UploadState.REFUSED.value)),
        )
        .order_by(Upload.id.desc())
    ).all()


def job_of(session: Session, upload: Upload) -> Job | None:
    """The newest job on it."""
    return session.get(Job, upload.job_id) if upload.job_id is not None else None


def compared(session: Session, upload: Upload, parsed: JudgedUpload | None = None) -> tuple[Comparison, JudgedUpload]:
    """What taking it in would do now. parsed: what was judged, where the caller holds it already.

    Raises Refused(WRONG_STATE) when nothing waits to be confirmed.
    """
    if upload.state not in (UploadState.READ.value, UploadState.TAKING.value) or upload.judged is None:
        raise Refused(Problem.WRONG_STATE, state=upload.state)
    held = parsed if parsed is not None else from_json(upload.judged)
    school = session.get_one(Unit, upload.unit_id)
    return compare(session, school, upload.school_year, held), held


def refusal_of(upload: Upload) -> WorkbookRefused | VerifyError | None:
    """Why the file as a whole was refused."""
    if upload.refusal is None:
        return None
    kind, _, problem = upload.refusal["problem"].partition(":")
    if kind == "file":
        return VerifyError(Refusal(problem))
    return WorkbookRefused(WorkbookProblem(problem), **upload.refusal["detail"])


def marks_of(comparison: Comparison, held: JudgedUpload) -> list[Mark]:
    """A mark at the cell of each fault and doubt; errors first, where there are too many."""
    marks = []
    for row in comparison.rows:
        for found in row.findings:
            place = held.place(row.row, found.field)
            if place is not None and found.field != "lookup_code":
                error = found.severity is Severity.ERROR
                marks.append(Mark(place.sheet, place.row, place.column, error, found.message))
    return sorted(marks, key=lambda mark: not mark.error)[:_MARKS]


def marked_copy(sandbox: Sandbox, data: bytes, marks: list[Mark]) -> bytes:
    """The file with its faulty cells marked, made in a child; call without a transaction."""
    return sandbox.run(marked_workbook, data, marks)


def confirm(
    session: Session, identity: Identity, upload_id: int, choice: Choice, seen: str, now: datetime
) -> int | None:
    """Begin taking in what a person saw; returns the job to queue, or None when it is no longer what was seen.

    Raises Refused(WRONG_STATE), and Refused(NOTHING_TO_DO) for faulty rows that nobody chose to leave out.
    """
    upload = _alone(session, upload_of(session, identity, upload_id))
    if upload.state != UploadState.READ.value:
        raise Refused(Problem.WRONG_STATE, state=upload.state)
    comparison, _held = compared(session, upload)
    if comparison.digest != seen:
        return None
    if not comparison.good or (comparison.faulty and choice is not Choice.GOOD):
        raise Refused(Problem.ROWS_FAULTY, faulty=str(comparison.faulty))
    upload.state, upload.choice, upload.seen = UploadState.TAKING.value, choice.value, seen
    return _begin(session, identity, upload, JobKind.UPLOAD_TAKE, comparison.good, now)


def try_again(session: Session, identity: Identity, upload_id: int, now: datetime) -> int | None:
    """Begin the work anew after it failed; None when it is still under way."""
    upload = _alone(session, upload_of(session, identity, upload_id))
    job = job_of(session, upload)
    if job is not None and job.is_open:
        return None
    kinds = {UploadState.READING.value: JobKind.UPLOAD_READ, UploadState.TAKING.value: JobKind.UPLOAD_TAKE}
    if upload.state not in kinds:
        return None
    return _begin(session, identity, upload, kinds[upload.state], job.total if job is not None else 0, now)


def read_again(session: Session, identity: Identity, upload: Upload, now: datetime) -> int:
    """Begin the reading anew, now that somebody said what the columns mean; returns the job to queue."""
    upload.state, upload.judged, upload.layout = UploadState.READING.value, None, None
    return _begin(session, identity, upload, JobKind.UPLOAD_READ, 0, now)


def discard(session: Session, identity: Identity, upload_id: int, now: datetime) -> None:
    """Forget a file that was not taken in; what runs on it stops."""
    upload = _alone(session, upload_of(session, identity, upload_id))
    if upload.state == UploadState.TAKEN.value:
        raise Refused(Problem.WRONG_STATE, state=upload.state)
    if upload.job_id is not None:
        jobs.cancel(session, upload.job_id, now)
    _forget(upload, UploadState.DISCARDED)


def forget_of(session: Session, unit_id: int, now: datetime) -> int:
    """Forget every file of a unit that was not taken in: it is being closed. Returns how many; what runs stops."""
    waiting = sa.select(Upload).where(Upload.unit_id == unit_id, Upload.state.in_(_OPEN)).with_for_update()
    held = session.scalars(waiting).all()
    for upload in held:
        if upload.job_id is not None:
            jobs.cancel(session, upload.job_id, now)
        _forget(upload, UploadState.DISCARDED)
    return len(held)


def expire(session: Session, now: datetime) -> int:
    """Forget what nobody confirmed in time; returns how many."""
    old = session.scalars(
        sa.select(Upload).where(Upload.state.in_(_FORGETTABLE), Upload.created_at < now - WAITS)
    ).all()
    for upload in old:
        _forget(upload, UploadState.EXPIRED)
    return len(old)


def _forget(upload: Upload, state: UploadState) -> None:
    upload.state, upload.data, upload.judged, upload.layout = state.value, None, None, None


# --- what the jobs do ---


def to_read(session: Session, held: Claim) -> ToRead:
    """The file that a job reads. Raises Fault when it is gone."""
    upload = session.get_one(Upload, held.subject_id)
    if upload.data is None:
        raise Fault(Problem.STORE_DAMAGED, digest=upload.file_sha256)
    school = session.get_one(Unit, upload.unit_id)
    return ToRead(upload.data, school.code, upload.school_year, upload.grade)


def keep_judged(session: Session, held: Claim, judged: JudgedUpload, now: datetime) -> bool:
    """Keep what was read, with the end of the job; False: roll back."""
    upload = session.get_one(Upload, held.subject_id)
    upload.judged, upload.state = to_json(judged), UploadState.READ.value
    session.flush()
    return jobs.finish(session, held, JobMessage.FINISHED, now, done=len(judged.judged.rows))


def keep_refusal(session: Session, held: Claim, problem: str, detail: dict[str, str], now: datetime) -> bool:
    """Keep why the whole file is refused, with the end of the job; the file itself is forgotten."""
    upload = session.get_one(Upload, held.subject_id)
    upload.refusal = {"problem": problem, "detail": detail}
    _forget(upload, UploadState.REFUSED)
    session.flush()
    telling.upload_refused(session, upload.id, upload.account_id, now)
    return jobs.finish(session, held, JobMessage.REFUSED, now)


def confirmed_rows(session: Session, held: Claim) -> JudgedUpload | None:
    """What `take` will store, parsed before its transaction begins; None when nothing waits any more."""
    upload = session.get_one(Upload, held.subject_id)
    return from_json(upload.judged) if upload.judged is not None else None


def take(
    session: Session,
    held: Claim,
    new_code: NewCode,
    now: datetime,
    packet: JudgedPacket | None = None,
    parsed: JudgedUpload | None = None,
) -> bool:
    """Take the confirmed rows in, with the end of the job, in one transaction; False: roll back.

    packet: of an XML packet, as it was examined again at `now`. parsed: from `confirmed_rows`. When something changed
    since a person confirmed, nothing is taken and the person is asked again.
    """
    upload = session.get_one(Upload, held.subject_id)
    school = session.get_one(Unit, upload.unit_id)
    known = known_packet(session, school, upload.school_year, upload.file_sha256)
    if known is None:
        if packet is not None:
            upload.judged, parsed = to_json(packet.held), packet.held
        comparison, judged = compared(session, upload, parsed)
        if comparison.digest != upload.seen:
            upload.state = UploadState.READ.value
            session.flush()
            return jobs.finish(session, held, JobMessage.CHANGED, now)
        actor = _confirmer(session, held, school)
        known = take_in(
            session,
            actor,
            school,
            upload.school_year,
            judged.judged,
            upload.file_sha256,
            new_code,
            now,
            judged.arrivals,
            packet.roots if packet is not None else {},
        )
    upload.packet_id = known.packet
    _forget(upload, UploadState.TAKEN)
    session.flush()
    return jobs.finish(session, held, JobMessage.FINISHED, now, done=known.accepted)


def _confirmer(session: Session, held: Claim, school: Unit) -> Identity:
    """The person who confirmed, with the right that `confirm` found."""
    account = session.get_one(Account, held.account_id)
    return Identity(account.id, account.display_name, (Appointment(school.code, StaffRole.CLERK),))
