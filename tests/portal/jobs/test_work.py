"""Jobs: done by exactly one runner, all or nothing, found again when a runner died, ended when cancelled."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.errors import Fault, Problem, Refused
from portal.jobs.keeper import keep
from portal.jobs.queue import Queue
from portal.jobs.runners import is_dead, own_name
from portal.jobs.work import Bench, perform
from portal.models import JobMessage, JobState, UploadState
from portal.sandbox import Sandbox
from portal.services import jobs, uploads
from tests.conftest import answers, lacking
from tests.instances import NOW
from tests.portal.jobs.uploading import (
    DATA,
    Clock,
    clerk,
    confirmed,
    job_of,
    received,
    stored,
    upload_of,
)


class Sent(list[int]):
    """A queue that only remembers."""

    def send(self, job_id: int) -> None:
        self.append(job_id)


def test_reading_and_taking_in(bench: Bench) -> None:
    upload_id, job_id = received(bench)
    assert job_of(bench, job_id).state == JobState.QUEUED
    perform(bench, job_id)
    read = job_of(bench, job_id)
    assert (read.state, read.message, read.done, read.total, read.attempts) == ("done", "finished", 34, 34, 1)
    assert upload_of(bench, upload_id).state == UploadState.READ
    assert stored(bench) == (0, 0)


def test_what_was_taken_in_is_forgotten_but_for_its_receipt(bench: Bench) -> None:
    upload_id, job_id = confirmed(bench)
    perform(bench, job_id)
    assert stored(bench) == (1, 34)
    upload = upload_of(bench, upload_id)
    assert (upload.state, upload.packet_id, upload.data, upload.judged) == (UploadState.TAKEN, 1, None, None)


def test_a_job_that_is_done_is_not_done_again(bench: Bench) -> None:
    _upload, job_id = confirmed(bench)
    for _ in range(3):
        perform(bench, job_id)
    assert stored(bench) == (1, 34)
    assert job_of(bench, job_id).attempts == 1


def test_two_runners_do_a_job_once(bench: Bench) -> None:
    _upload, job_id = confirmed(bench)
    runners = [threading.Thread(target=perform, args=(bench, job_id)) for _ in range(4)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    assert stored(bench) == (1, 34)
    assert job_of(bench, job_id).attempts == 1


def test_a_cancelled_job_writes_nothing(bench: Bench) -> None:
    upload_id, job_id = received(bench)
    with Session(bench.engine) as session, session.begin():
        uploads.discard(session, clerk(session), upload_id, NOW)
    perform(bench, job_id)
    assert job_of(bench, job_id).state == JobState.CANCELLED
    assert upload_of(bench, upload_id).state == UploadState.DISCARDED


class Interrupted(Sandbox):
    """Something happens while the child works."""

    def __init__(self, inner: Sandbox, happens: Callable[[], None]) -> None:
        super().__init__(1)
        self._inner, self._happens = inner, happens

    def run(self, task, *args, **kwargs):  # type: ignore[no-untyped-def]
        made = self._inner.run(task, *args, **kwargs)
        self._happens()
        return made


def test_a_job_cancelled_while_it_runs_writes_nothing(bench: Bench) -> None:
    upload_id, job_id = received(bench)

    def discard() -> None:
        with Session(bench.engine) as session, session.begin():
            uploads.discard(session, clerk(session), upload_id, NOW)

    perform(replace(bench, sandbox=Interrupted(bench.sandbox, discard)), job_id)
    upload = upload_of(bench, upload_id)
    assert (upload.state, upload.judged) == (UploadState.DISCARDED, None)
    assert job_of(bench, job_id).state == JobState.CANCELLED


def failing() -> None:
    raise Fault(Problem.CHILD_DIED)


def test_a_fault_of_ours_is_tried_again_and_then_told(bench: Bench, clock: Clock) -> None:
    upload_id, job_id = received(bench)
    broken = replace(bench, sandbox=Interrupted(bench.sandbox, failing))
    for attempt in range(1, jobs.ATTEMPTS):
        perform(broken, job_id)
        held = job_of(bench, job_id)
        assert (held.state, held.attempts) == (JobState.QUEUED, attempt)
    perform(broken, job_id)
    assert (job_of(bench, job_id).state, job_of(bench, job_id).message) == (JobState.FAILED, JobMessage.OUR_FAULT)
    assert upload_of(bench, upload_id).data == DATA, "the file is kept"
    with Session(bench.engine) as session, session.begin():
        again = uploads.try_again(session, clerk(session), upload_id, clock())
    assert again is not None
    perform(bench, again)
    assert upload_of(bench, upload_id).state == UploadState.READ


def test_a_file_at_fault_is_told_at_once(bench: Bench) -> None:
    upload_id, job_id = received(bench, b"khong phai bang tinh")
    perform(bench, job_id)
    assert (job_of(bench, job_id).state, job_of(bench, job_id).message) == (JobState.DONE, JobMessage.REFUSED)
    upload = upload_of(bench, upload_id)
    assert upload.state == UploadState.REFUSED
    assert upload.data is None
    assert "XLSX" in str(getattr(uploads.refusal_of(upload), "message", ""))


def test_a_dead_runners_job_is_found_again(bench: Bench, clock: Clock) -> None:
    _upload, job_id = received(bench)
    with Session(bench.engine) as session, session.begin():
        assert jobs.claim(session, job_id, "máy khác:1:0", clock()) is not None
    queue = Sent()
    keep(bench, queue)
    assert queue == [], "its runner may still live"
    clock.now += jobs.LEASE + timedelta(seconds=1)
    keep(bench, queue)
    assert queue == [job_id]
    perform(bench, job_id)
    assert (job_of(bench, job_id).state, job_of(bench, job_id).attempts) == (JobState.DONE, 2)


def test_a_process_is_known_to_live_or_to_be_gone() -> None:
    host, number, token = own_name().rsplit(":", 2)
    assert not is_dead(own_name())
    assert not is_dead(f"{host}:1:{token}"), "the first process of the machine"
    assert not is_dead(f"may-khac:{number}:0"), "nothing is known of other machines"
    assert is_dead(f"{host}:{number}:khac"), "the number was given to us after it"
    ended = subprocess.Popen(["/bin/true"])
    ended.wait()
    assert is_dead(f"{host}:{ended.pid}:0")


def test_a_number_lost_on_the_way_is_sent_again(bench: Bench, clock: Clock) -> None:
    _upload, job_id = received(bench)
    queue = Sent()
    keep(bench, queue)
    assert queue == [], "it is still on its way"
    keep(bench, queue, timedelta(0))
    assert queue == [job_id], "a process that starts trusts no queue"
    queue.clear()
    clock.now += jobs.LOST_AFTER + timedelta(seconds=1)
    keep(bench, queue)
    assert queue == [job_id]


def test_a_runner_that_was_thought_dead_writes_nothing(bench: Bench, clock: Clock) -> None:
    _upload, job_id = received(bench)
    with Session(bench.engine) as session, session.begin():
        slow = jobs.claim(session, job_id, "máy khác:1:0", clock())
    assert slow is not None
    clock.now += jobs.LEASE + timedelta(seconds=1)
    perform(bench, job_id)
    with Session(bench.engine) as session, session.begin():
        assert not jobs.finish(session, slow, JobMessage.FINISHED, clock())
        assert not jobs.progress(session, slow, JobMessage.READING, 1, 2, clock())


def test_a_job_whose_runners_keep_dying_says_so(bench: Bench, clock: Clock) -> None:
    _upload, job_id = received(bench)
    for _ in range(jobs.ATTEMPTS):
        with Session(bench.engine) as session, session.begin():
            assert jobs.claim(session, job_id, "máy khác:1:0", clock()) is not None
        clock.now += jobs.LEASE + timedelta(seconds=1)
    queue = Sent()
    keep(bench, queue)
    assert queue == []
    assert (job_of(bench, job_id).state, job_of(bench, job_id).message) == (JobState.FAILED, JobMessage.GAVE_UP)


def test_files_that_nobody_confirmed_are_forgotten_after_a_week(bench: Bench, clock: Clock) -> None:
    upload_id, job_id = received(bench)
    perform(bench, job_id)
    clock.now += timedelta(days=6, hours=23)
    keep(bench, Sent())
    assert upload_of(bench, upload_id).data == DATA
    clock.now += timedelta(hours=2)
    keep(bench, Sent())
    upload = upload_of(bench, upload_id)
    assert (upload.state, upload.data, upload.judged) == (UploadState.EXPIRED, None, None)


def test_a_school_cannot_fill_the_disk(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "AT_MOST_WAITING", 2)
    received(bench, b"1")
    received(bench, b"2")
    with pytest.raises(Refused) as refused:
        received(bench, b"3")
    assert refused.value.problem is Problem.UPLOADS_FULL


@pytest.mark.parametrize("statement", [1, 2, 3, 5, 8, 12, 16, 20])
def test_a_runner_killed_anywhere_leaves_all_or_nothing(bench: Bench, clock: Clock, statement: int) -> None:
    """`kill -9` at the n-th statement of taking a class in; then another runner does it, exactly once."""
    _upload, job_id = confirmed(bench)
    bench.engine.dispose()
    child = os.fork()
    if child == 0:
        try:
            _perform_until(bench, job_id, statement)
        finally:
            os._exit(3)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the runner ended before it was killed"
    assert stored(bench) == (0, 0), "no record is half in"
    clock.now += jobs.LOST_AFTER + timedelta(seconds=1) if statement <= 2 else timedelta(seconds=1)
    queue = Sent()
    keep(bench, queue)
    assert queue == [job_id], "a process of this machine is known to be gone at once"
    perform(bench, job_id)
    assert stored(bench) == (1, 34)


def _perform_until(bench: Bench, job_id: int, statement: int) -> None:
    done = 0

    def count(*_arguments: object) -> None:
        nonlocal done
        done += 1
        if done == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(bench.engine, "after_cursor_execute", count)
    perform(bench, job_id)


@pytest.mark.parametrize("url", ["", "redis://127.0.0.1:6379/9"])
def test_numbers_reach_a_runner(url: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    if url:
        need_redis()
    folder = tmp_path_factory.mktemp("queue")
    arrived: list[int] = []
    came = threading.Event()

    def perform_(job_id: int) -> None:
        arrived.append(job_id)
        if job_id == 8:
            came.set()

    queue = Queue(url, folder, "bí mật", perform_)
    queue.send(7)
    queue.start(1)
    try:
        queue.send(8)
        assert came.wait(10)
    finally:
        queue.stop()
    assert arrived[-2:] == [7, 8]


def test_a_number_signed_with_another_key_is_not_done(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("queue")
    arrived: list[int] = []
    Queue("", folder, "khóa khác", arrived.append).send(1)
    queue = Queue("", folder, "bí mật", arrived.append)
    queue.send(2)
    queue.start(1)
    ended = datetime.now(UTC) + timedelta(seconds=10)
    while 2 not in arrived and datetime.now(UTC) < ended:
        threading.Event().wait(0.05)
    queue.stop()
    assert arrived == [2]


def test_instances_that_share_a_redis_do_not_take_each_others_numbers(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Two servers of another instance wait at the same place, longer than ours: every number still arrives."""
    need_redis()
    folder, url = tmp_path_factory.mktemp("queue"), "redis://127.0.0.1:6379/9"
    ours: list[int] = []
    theirs: list[int] = []
    queues = [Queue(url, folder, "khóa khác", theirs.append), Queue(url, folder, "bí mật", ours.append)]
    for queue, threads in zip(queues, (2, 1), strict=True):
        queue.start(threads)
    try:
        for number in range(20):
            queues[1].send(number)
        ended = datetime.now(UTC) + timedelta(seconds=10)
        while len(ours) < 20 and datetime.now(UTC) < ended:
            threading.Event().wait(0.05)
    finally:
        for queue in queues:
            queue.stop()
    assert (ours, theirs) == (list(range(20)), [])


def test_a_queue_that_is_down_loses_a_number_and_nothing_else(tmp_path_factory: pytest.TempPathFactory) -> None:
    queue = Queue("redis://127.0.0.1:1/0", tmp_path_factory.mktemp("queue"), "bí mật", lambda _job: None)
    queue.send(1)


def need_redis() -> None:
    if not answers("127.0.0.1", 6379):
        lacking("no Redis answers at 127.0.0.1:6379")
