"""Audits begun on the web: one at a time, counted while they run, and what each found kept for good."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import Identity, StaffRole
from portal.models import Account, AuditRun, Job, JobKind, JobMessage, JobState
from portal.permissions import may_audit
from portal.services import jobs, organisation
from portal.services.audit import AuditProblem, AuditReport, Defect
from portal.services.jobs import Claim

SHOWN: Final = 50
# The rest is counted; `hocba audit` names every one.
KEPT_PROBLEMS: Final = 20


@dataclass(frozen=True, slots=True)
class AuditRunView:
    """A run with its job. entries, root, records, problems: None before its end. counts: of each defect."""

    id: int
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    entries: int | None
    root: str | None
    records: int | None
    problems: int | None
    counts: Mapping[Defect, int]
    first: tuple[AuditProblem, ...]
    state: JobState
    message: JobMessage
    done: int
    total: int

    @property
    def is_open(self) -> bool:
        return self.state in (JobState.QUEUED, JobState.RUNNING)


def begin(session: Session, identity: Identity, now: datetime) -> tuple[int, int]:
    """Begin an audit; returns its number and that of its job. While one runs it is that one.

    Raises NotFound for who may not audit.
    """
    if not may_audit(identity):
        raise NotFound
    for held in _views(session, sa.true()):
        job_id = session.get_one(AuditRun, held.id).job_id
        if held.is_open and job_id is not None:
            return held.id, job_id
    run = AuditRun(asked_by=identity.account_id, asked_at=now, job_id=None)
    session.add(run)
    session.flush()
    job = jobs.begin(
        session,
        JobKind.AUDIT_RUN,
        subject_id=run.id,
        unit_id=organisation.own_unit(session, identity, StaffRole.DEPARTMENT_ADMIN, StaffRole.AUDITOR).id,
        account_id=identity.account_id,
        total=0,
        now=now,
    )
    run.job_id = job.id
    session.flush()
    return run.id, job.id


def runs(session: Session, identity: Identity) -> Sequence[AuditRunView]:
    """The newest runs; raises NotFound for who may not audit."""
    if not may_audit(identity):
        raise NotFound
    return _views(session, sa.true())


def run(session: Session, identity: Identity, run_id: int) -> AuditRunView:
    """One run; raises NotFound, unknown and forbidden alike."""
    found = _views(session, AuditRun.id == run_id) if may_audit(identity) else ()
    if not found:
        raise NotFound
    return found[0]


def keep(session: Session, held: Claim, report: AuditReport, now: datetime) -> bool:
    """Note what a run found with the end of its job; False: roll back."""
    counts = Counter(problem.defect.value for problem in report.problems)
    session.execute(
        sa.update(AuditRun)
        .where(AuditRun.id == held.subject_id)
        .values(
            finished_at=now,
            entries=report.entries,
            root=report.root,
            records=report.records,
            problems=len(report.problems),
            counts=dict(counts),
            first=[asdict(problem) for problem in report.problems[:KEPT_PROBLEMS]],
        )
    )
    return jobs.finish(session, held, JobMessage.FINISHED, now, done=report.records)


def _views(session: Session, where: sa.ColumnElement[bool]) -> tuple[AuditRunView, ...]:
    rows = session.execute(
        sa.select(AuditRun, Job, Account.display_name)
        .join(Job, Job.id == AuditRun.job_id)
        .join(Account, Account.id == AuditRun.asked_by)
        .where(where)
        .order_by(AuditRun.id.desc())
        .limit(SHOWN)
        .execution_options(populate_existing=True)
    )
    return tuple(
        AuditRunView(
            id=held.id,
            asked_by=name,
            asked_at=held.asked_at,
            finished_at=held.finished_at,
            entries=held.entries,
            root=held.root,
            records=held.records,
            problems=held.problems,
            counts={Defect(kind): number for kind, number in (held.counts or {}).items()},
            first=tuple(_problem(each) for each in held.first or ()),
            state=JobState(job.state),
            message=JobMessage(job.message),
            done=job.done,
            total=job.total,
        )
        for held, job, name in rows
    )


def _problem(stored: Mapping[str, Any]) -> AuditProblem:
    return AuditProblem(**{**stored, "defect": Defect(stored["defect"])})
