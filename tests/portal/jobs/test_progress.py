"""Progress of a job: real counts, written seldom, and a cancelled job stops at the next one."""

import time
from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from portal.counting import EVERY
from portal.demo.classes import class_workbook, demo_pupils
from portal.jobs import work
from portal.jobs.work import Bench, perform
from portal.models import JobMessage
from portal.services import jobs, uploads
from portal.services.jobs import Claim
from tests.portal.jobs.uploading import LARGE, ROWS, clerk, confirmed, received


@dataclass(frozen=True)
class Told:
    """One look at a job: message, done, total."""

    message: JobMessage
    done: int
    total: int


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Told]:
    """Everything that runners wrote into rows of jobs on the way."""
    heard: list[Told] = []
    write = jobs.progress

    def progress(session: Session, held: Claim, message: JobMessage, done: int, total: int, now: datetime) -> bool:
        heard.append(Told(message, done, total))
        return write(session, held, message, done, total, now)

    monkeypatch.setattr(jobs, "progress", progress)
    return heard


def test_rows_are_counted_while_they_are_judged_and_taken_in(
    bench: Bench, told: list[Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "_TOLD_EVERY", 0.0)
    _upload, job_id = confirmed(bench, LARGE)
    perform(bench, job_id)
    for message in (JobMessage.JUDGING, JobMessage.PREPARING):
        assert [each.done for each in told if each.message is message and each.total] == [
            *([0] if message is JobMessage.JUDGING else []),
            *range(0, ROWS + 1, EVERY),
        ], message
    assert {each.total for each in told if each.message is JobMessage.STORING} == {ROWS}
    stored_rows = [each.done for each in told if each.message is JobMessage.STORING]
    assert stored_rows == ([0, ROWS] if bench.engine.dialect.name == "postgresql" else [0])


def test_rows_of_the_file_are_counted_in_the_child(
    bench: Bench, told: list[Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "_TOLD_EVERY", 0.0)
    # So long that a child has something to tell before it is through.
    received_id = received(bench, class_workbook("1A3", 1, demo_pupils(3_000, 2019, 79), 79))[1]
    perform(bench, received_id)
    read = [each for each in told if each.message is JobMessage.READING]
    assert read[0].done == 0
    assert max(each.done for each in read) > ROWS, "a long sheet has a row for each subject"
    assert [each.done for each in read] == sorted(each.done for each in read)


def test_progress_is_written_seldom(bench: Bench, told: list[Told]) -> None:
    begun = time.monotonic()
    _upload, job_id = confirmed(bench, LARGE)
    perform(bench, job_id)
    assert len(told) <= 4 + (time.monotonic() - begun) / work._TOLD_EVERY


def test_a_job_cancelled_between_two_counts_stops_there(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_TOLD_EVERY", 0.0)
    upload_id, job_id = received(bench, LARGE)
    write, judged = jobs.progress, []

    def progress(session: Session, held: Claim, message: JobMessage, done: int, total: int, now: datetime) -> bool:
        if message is JobMessage.JUDGING:
            judged.append(done)
        if message is JobMessage.JUDGING and done == EVERY:
            uploads.discard(session, clerk(session), upload_id, now)
        return write(session, held, message, done, total, now)

    monkeypatch.setattr(jobs, "progress", progress)
    perform(bench, job_id)
    assert judged[-1] == EVERY, "nothing was judged after it"
