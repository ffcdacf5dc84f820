"""Reports of a round to the ministry: asked for, made by a job, downloaded; each step is in the access ledger.

A finished file holds children's records, so it is kept for some days only; it can be made again with the same content.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity, StaffRole
from portal.models import Account, Job, JobKind, JobMessage, JobState, Report
from portal.permissions import may_read_reports, may_report
from portal.services import jobs, organisation
from portal.services.access import Action, Outcome, record_access
from portal.services.intake import require_school_year
from portal.services.jobs import Claim
from portal.services.report_writing import Made, RoundWanted
from portal.services.rounds import NUMBERS

KEPT: Final = timedelta(days=7)
SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report with its job. records, size (bytes), sha256: None before it is finished. gone: the file was deleted."""

    id: int
    wanted: RoundWanted
    asked_by: str
    asked_at: datetime
    records: int | None
    size: int | None
    sha256: str | None
    finished_at: datetime | None
    gone: bool
    state: JobState
    message: JobMessage
    done: int
    total: int

    @property
    def is_open(self) -> bool:
        return self.state in (JobState.QUEUED, JobState.RUNNING)


def file_name(report_id: int) -> str:
    """Of a finished report in its folder; says nothing about anybody."""
    return f"report-{report_id}.zip"


def may_make(identity: Identity) -> bool:
    """Whether a person makes reports; the ministry only reads them."""
    return may_report(identity)


def begin(session: Session, identity: Identity, wanted: RoundWanted, network: str, now: datetime) -> tuple[int, int]:
    """Ask for a report; returns its number and that of its job. One that is being made already is not begun again.

    Raises NotFound for who may not; Refused(BAD_SCHOOL_YEAR).
    """
    _require(session, identity, Action.REPORT_MAKE, network, now)
    require_school_year(wanted.school_year)
    if wanted.number not in (*NUMBERS, None):
        raise NotFound
    for held in _views(session, _of(wanted)):
        job_id = session.get_one(Report, held.id).job_id
        if held.is_open and job_id is not None:
            return held.id, job_id
    report = Report(
        school_year=wanted.school_year, number=wanted.number, asked_by=identity.account_id, asked_at=now, job_id=None
    )
    session.add(report)
    session.flush()
    job = jobs.begin(
        session,
        JobKind.REPORT_MAKE,
        subject_id=report.id,
        unit_id=organisation.own_unit(session, identity, StaffRole.DEPARTMENT_ADMIN).id,
        account_id=identity.account_id,
        total=0,
        now=now,
    )
    report.job_id = job.id
    session.flush()
    return report.id, job.id


def reports(session: Session, identity: Identity, school_year: str) -> Sequence[ReportView]:
    """The newest reports of a year; raises NotFound for who may not read them."""
    if not may_read_reports(identity):
        raise NotFound
    return _views(session, Report.school_year == school_year)


def report(session: Session, identity: Identity, report_id: int) -> ReportView:
    """One report; raises NotFound, unknown and forbidden alike."""
    found = _views(session, Report.id == report_id) if may_read_reports(identity) else ()
    if not found:
        raise NotFound
    return found[0]


def download(session: Session, identity: Identity, report_id: int, network: str, now: datetime) -> ReportView:
    """Whoever takes the file is written down. Raises NotFound, also when there is no file (any more)."""
    _require(session, identity, Action.REPORT_DOWNLOAD, network, now)
    held = report(session, identity, report_id)
    if held.finished_at is None or held.gone:
        raise NotFound
    return held


def note_export(session: Session, identity: Identity, action: Action, now: datetime) -> None:
    """An export at the command line, in the ledger. Raises Refused(NOT_ALLOWED)."""
    if not may_report(identity):
        raise Refused(Problem.NOT_ALLOWED)
    record_access(
        session,
        identity=identity,
        action=action,
        transcript_id=None,
        outcome=Outcome.ALLOWED,
        network="",
        now=now,
    )


def to_make(session: Session, held: Claim) -> RoundWanted:
    """What a job is to make."""
    found = session.get_one(Report, held.subject_id)
    return RoundWanted(found.school_year, found.number)


def keep(session: Session, held: Claim, made: Made, now: datetime) -> bool:
    """Note the finished file with the end of its job; False: roll back."""
    session.execute(
        sa.update(Report)
        .where(Report.id == held.subject_id)
        .values(records=made.records, size=made.size, sha256=made.sha256, finished_at=now)
    )
    return jobs.finish(session, held, JobMessage.FINISHED, now, done=2 * made.records)


def refuse(session: Session, held: Claim, now: datetime) -> bool:
    """End a report that has nothing to say."""
    return jobs.fail(session, held, JobMessage.REFUSED, now)


def expire(session: Session, folder: Path, now: datetime) -> int:
    """Delete files that were kept long enough; returns how many."""
    old = session.scalars(
        sa.select(Report).where(Report.finished_at <= now - KEPT, Report.gone_at.is_(None)).limit(100)
    ).all()
    for held in old:
        (folder / file_name(held.id)).unlink(missing_ok=True)
        held.gone_at = now
    session.flush()
    return len(old)


def _require(session: Session, identity: Identity, action: Action, network: str, now: datetime) -> None:
    allowed = may_read_reports(identity) if action is Action.REPORT_DOWNLOAD else may_report(identity)
    record_access(
        session,
        identity=identity,
        action=action,
        transcript_id=None,
        outcome=Outcome.ALLOWED if allowed else Outcome.REFUSED,
        network=network,
        now=now,
    )
    if not allowed:
        raise NotFound


def _of(wanted: RoundWanted) -> sa.ColumnElement[bool]:
    same = Report.number.is_(None) if wanted.number is None else Report.number == wanted.number
    return sa.and_(Report.school_year == wanted.school_year, same)


def _views(session: Session, where: sa.ColumnElement[bool]) -> tuple[ReportView, ...]:
    rows = session.execute(
        sa.select(Report, Job, Account.display_name)
        .join(Job, Job.id == Report.job_id)
        .join(Account, Account.id == Report.asked_by)
        .where(where)
        .order_by(Report.id.desc())
        .limit(SHOWN)
        .execution_options(populate_existing=True)
    )
    return tuple(
        ReportView(
            id=held.id,
            wanted=RoundWanted(held.school_year, held.number),
            asked_by=name,
            asked_at=held.asked_at,
            records=held.records,
            size=held.size,
            sha256=held.sha256,
            finished_at=held.finished_at,
            gone=held.gone_at is not None,
            state=JobState(job.state),
            message=JobMessage(job.message),
            done=job.done,
            total=job.total,
        )
        for held, job, name in rows
    )
