"""Works off a confirmed lock again and again, killed with SIGKILL at the given SQL statement; prints counts after each.

    python -m tests.lock_killing FOLDER URL PROPOSAL MOMENT…

Between two runs the keeper looks after lost jobs, as in a portal, and an official presses "go on" when the job was
given up. The last line is of a run that nobody kills.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.database import open_engine
from portal.jobs.keeper import keep
from portal.jobs.work import Bench, perform
from portal.models import Job, LockProposal, LogEntry, LogHead, LogOpening, RecordVersion, StateChange
from portal.runtime import read_log_key
from portal.sandbox import Sandbox
from portal.services import lock_proposals
from tests.instances import fresh_code
from tests.portal.officials import AFTER, FIRST, person


@dataclass
class Clock:
    """A clock that this script turns: a dead runner's lease is over at the next look."""

    at: datetime = AFTER

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Sent:
    """A queue that only remembers."""

    jobs: list[int] = field(default_factory=list)

    def send(self, job_id: int) -> None:
        self.jobs.append(job_id)


def main(folder: Path, url: str, proposal_id: int, moments: list[int]) -> None:
    clock = Clock()
    for moment in [*moments, 0]:
        clock.at += timedelta(minutes=5)
        engine = open_engine(url, folder)
        bench = Bench(engine, Sandbox(1), True, fresh_code, clock, read_log_key(folder), lock_batch=1)
        job = next_job(bench, proposal_id)
        engine.dispose()
        child = os.fork()
        if child == 0:
            try:
                _work(bench, folder, url, job, moment)
            finally:
                os._exit(0)
        _pid, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        sys.stdout.write(json.dumps({"moment": moment, "killed": killed, **counts(url)}) + "\n")


def next_job(bench: Bench, proposal_id: int) -> int:
    """The job to do: as it is, as the keeper found it again, or begun anew by an official."""
    keep(bench, Sent())
    with Session(bench.engine) as session, session.begin():
        fresh = lock_proposals.resume(session, person(session, FIRST), proposal_id, bench.clock())
    with Session(bench.engine) as session:
        held = session.get_one(LockProposal, proposal_id).job_id
    job = fresh if fresh is not None else held
    assert job is not None
    return job


def _work(bench: Bench, folder: Path, url: str, job: int, moment: int) -> None:
    engine = open_engine(url, folder)
    if moment:
        event.listen(engine, "after_cursor_execute", _killer(moment))
    perform(replace(bench, engine=engine), job)


def _killer(moment: int) -> Callable[..., None]:
    done = 0

    def count(*_arguments: object) -> None:
        nonlocal done
        done += 1
        if done == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    return count


def counts(url: str) -> dict[str, int]:
    """What is locked, logged, opened and written down; half: versions of which only a part is."""
    locked = RecordVersion.state == "locked"
    logged = RecordVersion.log_index.is_not(None)
    opened = sa.exists().where(LogOpening.version_id == RecordVersion.id)
    dated = RecordVersion.effective_at.is_not(None)
    told = sa.exists().where(StateChange.version_id == RecordVersion.id, StateChange.to_state == "locked")
    whole = sa.or_(sa.and_(locked, logged, opened, dated, told), sa.not_(sa.or_(locked, logged, opened, dated, told)))
    engine = open_engine(url)
    try:
        with Session(engine) as session:

            def number(model: type[object], *where: sa.ColumnElement[bool]) -> int:
                return session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0

            return {
                "locked": number(RecordVersion, locked),
                "half": number(RecordVersion, sa.not_(whole)),
                "accepted": number(RecordVersion, RecordVersion.state == "accepted"),
                "told": number(StateChange, StateChange.to_state == "locked"),
                "openings": number(LogOpening),
                "entries": number(LogEntry),
                "head": session.scalar(sa.select(LogHead.size)) or 0,
                "dates": session.scalar(sa.select(sa.func.count(RecordVersion.effective_at.distinct()))) or 0,
                "jobs": number(Job),
                "finished": number(LockProposal, LockProposal.finished_at.is_not(None)),
            }
    finally:
        engine.dispose()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), [int(moment) for moment in sys.argv[4:]])
