"""Long work: begun, claimed by exactly one runner, counted, ended; and found again when its runner died.

The row is the truth. A runner holds a job by a lease; a job whose lease has run out may be claimed by another, at most
`ATTEMPTS` times. What a job does to the data it writes in one transaction together with its own end, so a runner that
was killed has done nothing, and one that was too slow does nothing either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import Job, JobKind, JobMessage, JobState

ATTEMPTS: Final = 5
# Longer than a child may take (`verify.limits.CHILD_WALL_SECONDS`) and than the import of a large school.
LEASE: Final = timedelta(seconds=60)
# A queued job that nobody began for so long was lost on the way.
LOST_AFTER: Final = timedelta(seconds=20)
_AT_ONCE: Final = 200
# Rows of jobs are never kept in a session, so there is nothing to bring up to date.
_UNSYNCHRONISED: Final = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in the hands of one runner. attempt: which of its attempts this is."""

    job_id: int
    attempt: int
    kind: JobKind
    subject_id: int
    unit_id: int
    account_id: int


def begin(
    session: Session, kind: JobKind, *, subject_id: int, unit_id: int, account_id: int, total: int, now: datetime
) -> Job:
    """A new job; its number goes into the queue after the commit."""
    job = Job(
        kind=kind.value,
        state=JobState.QUEUED.value,
        message=JobMessage.WAITING.value,
        subject_id=subject_id,
        unit_id=unit_id,
        account_id=account_id,
        done=0,
        total=total,
        attempts=0,
        created_at=now,
        started_at=None,
        runner=None,
        lease_until=None,
        finished_at=None,
    )
    session.add(job)
    session.flush()
    return job


def claim(session: Session, job_id: int, runner: str, now: datetime) -> Claim | None:
    """Take a job that nobody holds; None when somebody does, or when it has ended. Commit before the work.

    runner: name of the process.
    """
    taken = session.execute(
        sa.update(Job)
        .where(Job.id == job_id, _free(now), Job.attempts < ATTEMPTS)
        .values(
            state=JobState.RUNNING.value,
            started_at=now,
            runner=runner,
            lease_until=now + LEASE,
            attempts=Job.attempts + 1,
            done=0,
        )
        .returning(Job.attempts, Job.kind, Job.subject_id, Job.unit_id, Job.account_id),
        execution_options=_UNSYNCHRONISED,
    ).one_or_none()
    if taken is None:
        return None
    attempt, kind, subject_id, unit_id, account_id = taken
    return Claim(job_id, attempt, JobKind(kind), subject_id, unit_id, account_id)


def progress(session: Session, held: Claim, message: JobMessage, done: int, total: int, now: datetime) -> bool:
    """Say how far it is and hold it longer; False when it was cancelled or given to another."""
    return _still_ours(session, held, message=message.value, done=done, total=total, lease_until=now + LEASE)


def finish(session: Session, held: Claim, message: JobMessage, now: datetime, *, done: int | None = None) -> bool:
    """End it in the transaction of its work; False when it is no longer ours: roll the work back."""
    ended: dict[str, object] = {} if done is None else {"done": done}
    return _still_ours(session, held, state=JobState.DONE.value, message=message.value, finished_at=now, **ended)


def fail(session: Session, held: Claim, message: JobMessage, now: datetime) -> bool:
    """End it without success."""
    return _still_ours(session, held, state=JobState.FAILED.value, message=message.value, finished_at=now)


def put_back(session: Session, held: Claim) -> bool:
    """Let it be tried again, by whoever finds it first."""
    return _still_ours(session, held, state=JobState.QUEUED.value, message=JobMessage.WAITING.value, lease_until=None)


def cancel(session: Session, job_id: int, now: datetime) -> None:
    """End an open job for good; its runner will notice when it wants to write."""
    session.execute(
        sa.update(Job)
        .where(Job.id == job_id, Job.state.in_((JobState.QUEUED.value, JobState.RUNNING.value)))
        .values(state=JobState.CANCELLED.value, message=JobMessage.CANCELLED.value, finished_at=now),
        execution_options=_UNSYNCHRONISED,
    )


def runners(session: Session) -> Sequence[str]:
    """Names of the processes that hold jobs."""
    held = sa.select(Job.runner).where(Job.state == JobState.RUNNING.value, Job.runner.is_not(None))
    return [name for name in session.scalars(held.distinct()) if name is not None]


def release(session: Session, runner: str, now: datetime) -> None:
    """End the lease of a process that is gone."""
    session.execute(
        sa.update(Job)
        .where(Job.state == JobState.RUNNING.value, Job.runner == runner)
        .values(lease_until=now - timedelta(seconds=1)),
        execution_options=_UNSYNCHRONISED,
    )


def lost(session: Session, now: datetime, after: timedelta = LOST_AFTER) -> Sequence[int]:
    """Numbers to put into the queue again: lost on the way, or their runner died. Gives up on what failed often.

    after: how long a number may be on its way.
    """
    session.execute(
        sa.update(Job)
        .where(_free(now), Job.attempts >= ATTEMPTS)
        .values(state=JobState.FAILED.value, message=JobMessage.GAVE_UP.value, finished_at=now),
        execution_options=_UNSYNCHRONISED,
    )
    waiting = sa.and_(Job.state == JobState.QUEUED.value, Job.created_at <= now - after)
    found = sa.select(Job.id).where(sa.or_(waiting, _expired(now)))
    return session.scalars(found.order_by(Job.id).limit(_AT_ONCE)).all()


def _free(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(Job.state == JobState.QUEUED.value, _expired(now))


def _expired(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(Job.state == JobState.RUNNING.value, Job.lease_until < now)


def _still_ours(session: Session, held: Claim, **values: object) -> bool:
    """Change the row of the attempt that we hold; no other runner's, and no cancelled one."""
    changed = session.execute(
        sa.update(Job)
        .where(Job.id == held.job_id, Job.state == JobState.RUNNING.value, Job.attempts == held.attempt)
        .values(**values)
        .returning(Job.id),
        execution_options=_UNSYNCHRONISED,
    )
    return changed.scalar_one_or_none() is not None


def waiting(session: Session, now: datetime) -> tuple[int, int]:
    """How many jobs nobody has begun, and for how many whole minutes the oldest of them has waited."""
    count, oldest = session.execute(
        sa.select(sa.func.count(), sa.func.min(Job.created_at)).where(Job.state == JobState.QUEUED.value)
    ).one()
    return count, int((now - oldest).total_seconds() // 60) if oldest is not None else 0
