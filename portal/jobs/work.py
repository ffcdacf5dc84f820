"""Doing one job, by its number. Whatever happens, the row says so; nothing personal leaves the database."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from portal.counting import telling
from portal.database import reading
from portal.errors import Fault, PortalError, Problem, Refused
from portal.jobs.runners import own_name
from portal.jobs.transferring import check_slice
from portal.models import JobKind, JobMessage
from portal.sandbox import Sandbox
from portal.services import audit, audit_runs, jobs, locking, mappings, report_writing, reports, uploads
from portal.services.checking import CheckingDesk
from portal.services.jobs import Claim
from portal.services.judging import judge_for
from portal.services.lessons import lessons_of
from portal.services.xml_packets import JudgedPacket, examined, gate_of, is_packet, judge_packet
from portal.workbooks.layouts import Opened, open_class
from portal.workbooks.refusals import WorkbookRefused
from verify.anchors import TrustStore
from verify.errors import VerifyError
from verify.log import commitments, notes

# Seconds: SQLite has one writer and no queue; whoever waits for it looks at least ten times a second.
_OTHERS_TURN: Final = 0.12
# Seconds: a person looks once a second.
_TOLD_EVERY: Final = 0.5


def _fresh_salt() -> bytes:
    return secrets.token_bytes(commitments.SALT_BYTES)


@dataclass(frozen=True, slots=True)
class Bench:
    """With what jobs are done. sample: whether records are "dữ liệu mẫu". clock: UTC.

    log_signer: signs the log's checkpoints; None: this runner locks nothing. salt: gives 32 fresh random bytes.
    lock_batch: records that are locked in one transaction.
    trust: roots and revocation lists that hold at a moment; None: this runner takes in no XML packet.
    desk: with what documents are checked at a moment; None: this runner checks no transfers.
    reporting: with what reports are made; None: this runner makes none. reports: where their files are kept.
    """

    engine: sa.Engine
    sandbox: Sandbox
    sample: bool
    new_code: Callable[[], str]
    clock: Callable[[], datetime]
    log_signer: notes.Signer | None = None
    salt: Callable[[], bytes] = _fresh_salt
    trust: Callable[[datetime], TrustStore] | None = None
    lock_batch: int = locking.BATCH
    desk: Callable[[datetime], CheckingDesk] | None = None
    reporting: report_writing.Desk | None = None
    reports: Path | None = None


class _NoLongerOurs(Exception):
    """Cancelled, or given to another runner: what was written is rolled back."""


def perform(bench: Bench, job_id: int) -> int | None:
    """Do a job, if nobody else does; the number of one that goes on with what is left. Never raises but for the end of
    the process.
    """
    with _writing(bench) as session:
        held = jobs.claim(session, job_id, own_name(), bench.clock())
    if held is None:
        return None
    try:
        return _KINDS[held.kind](bench, held)
    except _NoLongerOurs:
        return None
    except Exception as error:  # noqa: BLE001 - a runner outlives every job; the row says that it failed
        _note_failure(bench, held, error)
        return None


def _note_failure(bench: Bench, held: Claim, error: Exception) -> None:
    """Try again what may be a passing fault of ours; after the last attempt say so."""
    problem = error.problem.value if isinstance(error, PortalError) else None
    structlog.get_logger().error(
        "job.failed", job=held.job_id, attempt=held.attempt, error=type(error).__name__, problem=problem
    )
    with _writing(bench) as session:
        if held.attempt < jobs.ATTEMPTS:
            jobs.put_back(session, held)
        else:
            jobs.fail(session, held, JobMessage.OUR_FAULT, bench.clock())


def _read_upload(bench: Bench, held: Claim) -> None:
    """Open the file in a child, judge every row, keep what was found for a person to look at."""
    with Session(reading(bench.engine)) as session:
        file = uploads.to_read(session, held)
        packet = is_packet(file.data)
        lessons = lessons_of(session, file.school_code)
    _progress(bench, held, JobMessage.READING, 0, 0)
    if packet:
        _read_packet(bench, held, file)
        return
    try:
        with _counting(bench, held, JobMessage.READING):
            opened = bench.sandbox.run(open_class, file.data, lessons, file.grade)
        if opened.read is None:
            _ask(bench, held, opened)
            return
        _progress(bench, held, JobMessage.JUDGING, 0, len(opened.read.rows))
        with _counting(bench, held, JobMessage.JUDGING), Session(reading(bench.engine)) as session:
            judged = judge_for(session, file, opened.read, opened.places, sample=bench.sample)
    except WorkbookRefused as refused:
        _refuse(bench, held, f"workbook:{refused.problem.value}", refused.detail)
        return
    except VerifyError as refused:
        _refuse(bench, held, f"file:{refused.refusal.value}", {})
        return
    with _writing(bench) as session:
        mappings.note_used(session, held, opened)
        _require(uploads.keep_judged(session, held, judged, bench.clock()))


def _read_packet(bench: Bench, held: Claim, file: uploads.ToRead) -> None:
    """Verify an XML packet in a child, keep who signed each record and what is wrong with it."""
    try:
        judged = _judged_packet(bench, file, bench.clock())
    except VerifyError as refused:
        _refuse(bench, held, f"file:{refused.refusal.value}", {})
        return
    with _writing(bench) as session:
        _require(uploads.keep_judged(session, held, judged.held, bench.clock()))


def _judged_packet(bench: Bench, file: uploads.ToRead, now: datetime) -> JudgedPacket:
    if bench.trust is None:
        raise Fault(Problem.TRUST_UNREADABLE)
    trust = bench.trust(now)
    with Session(reading(bench.engine)) as session:
        gate = gate_of(session, file.school_code, trust, now)
    dated = examined(bench.sandbox, file.data, gate)
    with Session(reading(bench.engine)) as session:
        return judge_packet(
            session, dated, school_code=file.school_code, school_year=file.school_year, sample=bench.sample
        )


def _ask(bench: Bench, held: Claim, opened: Opened) -> None:
    """Keep the sketch of the columns: a person must say first what they mean."""
    if opened.layout is None:
        raise ValueError("neither read nor sketched")
    with _writing(bench) as session:
        _require(mappings.keep_asked(session, held, opened.layout, bench.clock()))


def _refuse(bench: Bench, held: Claim, problem: str, detail: dict[str, str]) -> None:
    with _writing(bench) as session:
        _require(uploads.keep_refusal(session, held, problem, detail, bench.clock()))


def _take_upload(bench: Bench, held: Claim) -> None:
    """Import, in one transaction with the end of the job."""
    _progress(bench, held, JobMessage.PREPARING, 0, 0)
    with _counting(bench, held, JobMessage.PREPARING), Session(reading(bench.engine)) as session:
        file, parsed = uploads.to_read(session, held), uploads.confirmed_rows(session, held)
    now = bench.clock()
    # Signatures count at the moment of receipt: a certificate may have been revoked while the packet waited.
    packet = _judged_packet(bench, file, now) if is_packet(file.data) else None
    total = len(parsed.judged.rows) if parsed is not None else 0
    _progress(bench, held, JobMessage.STORING, 0, total)
    with _counting_writes(bench, held, JobMessage.STORING), _writing(bench) as session:
        _require(uploads.take(session, held, bench.new_code, now, packet, parsed))


def _run_lock(bench: Bench, held: Claim) -> None:
    """Lock what two officials confirmed, a batch a transaction; after a kill it goes on with what is left."""
    signer = bench.log_signer
    if signer is None:
        raise Fault(Problem.KEY_MISSING, what="log")
    with Session(reading(bench.engine)) as session:
        work = locking.to_lock(session, held)
    after, done = work.after, work.done
    while True:
        with _writing(bench) as session:
            step = locking.lock_next(
                session,
                held,
                work,
                after,
                done,
                log_signer=signer,
                salt=bench.salt,
                now=bench.clock(),
                at_most=bench.lock_batch,
            )
            if step is None:
                raise _NoLongerOurs
        for version in step.damaged:
            structlog.get_logger().error("lock.damaged", job=held.job_id, version=version)
        if step.last is None:
            break
        after, done = step.last, step.done
        if bench.engine.dialect.name == "sqlite":
            time.sleep(_OTHERS_TURN)
    with _writing(bench) as session:
        _require(locking.end_lock(session, held, work, bench.clock()))


def _make_report(bench: Bench, held: Claim) -> None:
    """Write the file beside its place, and put it there with the end of the job."""
    if bench.reporting is None or bench.reports is None:
        raise Fault(Problem.KEY_MISSING, what="department_seal")
    bench.reports.mkdir(mode=0o700, parents=True, exist_ok=True)
    _progress(bench, held, JobMessage.GATHERING, 0, 0)
    name = reports.file_name(held.subject_id)
    for stale in bench.reports.glob(f"{name}.*.part"):
        stale.unlink(missing_ok=True)  # of an attempt that was killed
    draft = bench.reports / f"{name}.{held.attempt}.part"
    try:
        with _counting(bench, held, JobMessage.GATHERING), Session(reading(bench.engine)) as session:
            wanted = reports.to_make(session, held)
            made = report_writing.write_file(session, wanted, bench.reporting, draft, bench.clock())
        with _writing(bench) as session:
            _require(reports.keep(session, held, made, bench.clock()))
            draft.replace(bench.reports / name)
    except Refused:
        with _writing(bench) as session:
            _require(reports.refuse(session, held, bench.clock()))
    finally:
        draft.unlink(missing_ok=True)


def _run_audit(bench: Bench, held: Claim) -> None:
    """Derive everything again, and keep what was found."""
    if bench.log_signer is None:
        raise Fault(Problem.KEY_MISSING, what="log")
    log_key, *beside = bench.log_signer.verifiers
    _progress(bench, held, JobMessage.AUDITING, 0, 0)
    with _counting(bench, held, JobMessage.AUDITING), Session(reading(bench.engine)) as session:
        found = audit.audit(session, log_key, beside)
    with _writing(bench) as session:
        _require(audit_runs.keep(session, held, found, bench.clock()))


def _progress(bench: Bench, held: Claim, message: JobMessage, done: int, total: int) -> None:
    with _writing(bench) as session:
        _require(jobs.progress(session, held, message, done, total, bench.clock()))


@contextmanager
def _counting(bench: Bench, held: Claim, message: JobMessage) -> Iterator[None]:
    """Put counts of the work within into the row, seldom; a job that was cancelled ends there."""
    told = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told >= _TOLD_EVERY:
            _progress(bench, held, message, done, total)
            told = time.monotonic()

    with telling(tell):
        yield


@contextmanager
def _counting_writes(bench: Bench, held: Claim, message: JobMessage) -> Iterator[None]:
    """The same inside a writing transaction; SQLite knows one writer, who cannot tell anybody before the end."""
    if bench.engine.dialect.name == "sqlite":
        yield
        return
    with _counting(bench, held, message):
        yield


def _require(ours: bool) -> None:
    if not ours:
        raise _NoLongerOurs


@contextmanager
def _writing(bench: Bench) -> Iterator[Session]:
    with Session(bench.engine) as session, session.begin():
        yield session


def _check_transfers(bench: Bench, held: Claim) -> int | None:
    """A slice of a hand-over; the rest waits behind what others began meanwhile."""
    ours, following = check_slice(bench, held)
    _require(ours)
    return following


_KINDS: Final[dict[JobKind, Callable[[Bench, Claim], int | None]]] = {
    JobKind.UPLOAD_READ: _read_upload,
    JobKind.UPLOAD_TAKE: _take_upload,
    JobKind.LOCK_RUN: _run_lock,
    JobKind.TRANSFER_CHECK: _check_transfers,
    JobKind.REPORT_MAKE: _make_report,
    JobKind.AUDIT_RUN: _run_audit,
}
