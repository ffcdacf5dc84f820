"""Doing one job, by its number. Whatever happens, the row says so; nothing personal leaves the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from portal.database import reading
from portal.errors import PortalError
from portal.jobs.runners import own_name
from portal.models import JobKind, JobMessage
from portal.sandbox import Sandbox
from portal.services import jobs, uploads
from portal.services.jobs import Claim
from portal.services.judging import judge_for
from portal.workbooks.places import read_with_places
from portal.workbooks.refusals import WorkbookRefused
from verify.errors import VerifyError


@dataclass(frozen=True, slots=True)
class Bench:
    """With what jobs are done. sample: whether records are "dữ liệu mẫu". clock: UTC."""

    engine: sa.Engine
    sandbox: Sandbox
    sample: bool
    new_code: Callable[[], str]
    clock: Callable[[], datetime]


class _NoLongerOurs(Exception):
    """Cancelled, or given to another runner: what was written is rolled back."""


def perform(bench: Bench, job_id: int) -> None:
    """Do a job, if nobody else does. Never raises but for the end of the process."""
    with _writing(bench) as session:
        held = jobs.claim(session, job_id, own_name(), bench.clock())
    if held is None:
        return
    try:
        _KINDS[held.kind](bench, held)
    except _NoLongerOurs:
        return
    except Exception as error:  # noqa: BLE001 - a runner outlives every job; the row says that it failed
        _note_failure(bench, held, error)


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
    _progress(bench, held, JobMessage.READING, 0, 0)
    try:
        read, places = bench.sandbox.run(read_with_places, file.data)
        _progress(bench, held, JobMessage.JUDGING, 0, len(read.rows))
        with Session(reading(bench.engine)) as session:
            judged = judge_for(session, file, read, places, sample=bench.sample)
    except WorkbookRefused as refused:
        _refuse(bench, held, f"workbook:{refused.problem.value}", refused.detail)
        return
    except VerifyError as refused:
        _refuse(bench, held, f"file:{refused.refusal.value}", {})
        return
    with _writing(bench) as session:
        _require(uploads.keep_judged(session, held, judged, bench.clock()))


def _refuse(bench: Bench, held: Claim, problem: str, detail: dict[str, str]) -> None:
    with _writing(bench) as session:
        _require(uploads.keep_refusal(session, held, problem, detail, bench.clock()))


def _take_upload(bench: Bench, held: Claim) -> None:
    """Import, in one transaction with the end of the job."""
    with _writing(bench) as session:
        _require(uploads.take(session, held, bench.new_code, bench.clock()))


def _progress(bench: Bench, held: Claim, message: JobMessage, done: int, total: int) -> None:
    with _writing(bench) as session:
        _require(jobs.progress(session, held, message, done, total, bench.clock()))


def _require(ours: bool) -> None:
    if not ours:
        raise _NoLongerOurs


@contextmanager
def _writing(bench: Bench) -> Iterator[Session]:
    with Session(bench.engine) as session, session.begin():
        yield session


_KINDS: Final[dict[JobKind, Callable[[Bench, Claim], None]]] = {
    JobKind.UPLOAD_READ: _read_upload,
    JobKind.UPLOAD_TAKE: _take_upload,
}
