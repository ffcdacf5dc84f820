"""A confirmed lock as a job: in batches with real progress; killed anywhere, done twice, damaged, it stays whole."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.jobs.work import perform
from portal.models import (
    Blob,
    Job,
    JobState,
    LockProposal,
    LogCheckpoint,
    LogEntry,
    LogHead,
    RecordVersion,
    StateChange,
)
from portal.services import jobs, locking
from portal.services.audit import audit
from tests.attacks.interrupted import kill_at_each_moment
from tests.instances import SCHOOL, DemoInstance
from tests.portal.officials import ROUND_ONE, accepted_class, bench_of, confirm, propose, view
from tests.sabotage import unguarded

ROOT = Path(__file__).parents[3]


def sizes(instance: DemoInstance) -> tuple[int, int]:
    """Of the log, and how many checkpoints."""
    with instance.reading() as session:
        checkpoints = session.scalar(sa.select(sa.func.count()).select_from(LogCheckpoint)) or 0
        return session.get_one(LogHead, 1).size, checkpoints


def locked(instance: DemoInstance) -> int:
    with instance.reading() as session:
        wanted = sa.select(sa.func.count()).where(RecordVersion.state == "locked")
        return session.scalar(wanted) or 0


def require_whole(instance: DemoInstance, records: int) -> None:
    """All locked, each once, with one date, and the audit has nothing to say."""
    with instance.reading() as session:
        assert locked(instance) == records
        assert session.scalar(sa.select(sa.func.count(RecordVersion.effective_at.distinct()))) == 1
        told = sa.select(sa.func.count()).where(StateChange.to_state == "locked").group_by(StateChange.version_id)
        assert set(session.scalars(told)) == {1}
        report = audit(session, instance.runtime.log_signer.verifier)
    assert report.problems == ()
    assert report.records == records


def test_in_batches_with_real_progress(empty_instance: DemoInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted_class(empty_instance)
    size, checkpoints = sizes(empty_instance)
    proposal_id = propose(empty_instance)
    job = confirm(empty_instance, proposal_id)
    seen: list[tuple[int, int]] = []
    next_step = locking.lock_next

    def watched(*given: Any, **named: Any) -> Any:
        with Session(empty_instance.engine) as session:
            row = session.get_one(Job, job)
            seen.append((row.done, row.total))
        return next_step(*given, **named)

    if empty_instance.engine.dialect.name == "postgresql":  # SQLite has one writer: nobody looks in between
        monkeypatch.setattr(locking, "lock_next", watched)
    perform(replace(bench_of(empty_instance), lock_batch=10), job)
    if seen:
        assert seen == [(0, 31), (10, 31), (20, 31), (30, 31), (31, 31)]
    assert sizes(empty_instance) == (size + 31, checkpoints + 4)
    assert (view(empty_instance, proposal_id).done, view(empty_instance, proposal_id).job_open) == (31, False)
    require_whole(empty_instance, 31)


def test_killed_at_twenty_moments_it_goes_on(empty_instance: DemoInstance) -> None:
    kill_at_each_moment(empty_instance)
    require_whole(empty_instance, 31)


def test_two_runners_lock_each_record_once(empty_instance: DemoInstance) -> None:
    """The second believes that the first is gone: whoever lost the job writes nothing more."""
    accepted_class(empty_instance)
    job = confirm(empty_instance, propose(empty_instance))
    bench = replace(bench_of(empty_instance), lock_batch=3)
    late = replace(bench, clock=lambda: bench.clock() + 2 * jobs.LEASE)
    both = [threading.Thread(target=perform, args=(each, job)) for each in (bench, late)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    with empty_instance.reading() as session:
        assert session.get_one(Job, job).state == JobState.DONE
    require_whole(empty_instance, 31)


def test_two_locks_at_once_leave_no_gap(empty_instance: DemoInstance) -> None:
    """Two proposals of two schools, worked off by two runners at the same time."""
    accepted_class(empty_instance)
    taken = empty_instance.take_in(
        (ROOT / "tests" / "data" / "workbooks" / "lop-4A1.xlsx").read_bytes(), school="MAU-TH-02"
    ).packet
    assert taken is not None
    empty_instance.sign(taken, school="MAU-TH-02")
    one = confirm(empty_instance, propose(empty_instance, replace(ROUND_ONE, units=(SCHOOL,))))
    other = confirm(empty_instance, propose(empty_instance, replace(ROUND_ONE, units=("MAU-TH-02",))))
    bench = replace(bench_of(empty_instance), lock_batch=2)
    both = [threading.Thread(target=perform, args=(bench, job)) for job in (one, other)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    with empty_instance.reading() as session:
        indexes = session.scalars(sa.select(LogEntry.index).order_by(LogEntry.index)).all()
        assert list(indexes) == list(range(len(indexes)))
        assert session.scalar(sa.select(sa.func.count()).where(LockProposal.finished_at.is_not(None))) == 2
    require_whole(empty_instance, 65)


def test_a_damaged_record_does_not_lock_and_does_not_stop_the_others(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    proposal_id = propose(empty_instance)
    job = confirm(empty_instance, proposal_id)
    with empty_instance.reading() as session:
        version = session.scalars(sa.select(RecordVersion).order_by(RecordVersion.id).offset(5)).first()
        assert version is not None
        number, root = version.id, version.root_sha256
    with unguarded(empty_instance.settings) as session:
        session.execute(sa.update(Blob).where(Blob.sha256 == root).values(data=b"x"))
    for _ in range(jobs.ATTEMPTS):
        perform(replace(bench_of(empty_instance), lock_batch=4), job)
    held = view(empty_instance, proposal_id)
    assert (held.finished_at, held.job_open, held.done) == (None, False, 30)
    with empty_instance.reading() as session:
        assert session.get_one(Job, job).state == JobState.FAILED
        assert session.get_one(RecordVersion, number).state == "accepted"
    assert locked(empty_instance) == 30
