"""The job of the transfer desk: slices that let others go between, a runner that dies, a hand-over that goes away."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.jobs.work import Bench, perform
from portal.models import Account, BatchState, ItemKind, Job, JobState, TransferBatch, TransferFile, TransferItem
from portal.services import jobs, transfer_checks, transfers
from portal.services.transfers import NewItem
from tests.instances import NOW, DemoInstance
from tests.portal.jobs.uploading import Clock, clerk, received
from verify.canonical import sha256


@pytest.fixture
def desk_bench(empty_instance: DemoInstance, clock: Clock) -> Bench:
    return Bench(
        empty_instance.engine,
        empty_instance.runtime.sandbox,
        True,
        lambda: "",
        clock,
        desk=empty_instance.runtime.desk,
    )


def handed_over(bench: Bench, count: int) -> tuple[int, int]:
    """A hand-over of files that are no PDFs inside, and its first job."""
    with Session(bench.engine) as session, session.begin():
        batch = transfers.begin(session, clerk(session), "MAU-TH-01", None, "local", NOW)
        for number in range(1, count + 1):
            data = b"%PDF-1.7 " + str(number).encode()
            transfers.add(session, batch, number, NewItem(ItemKind.PDF, f"{number}.pdf", data, sha256(data)))
        return batch, transfers.close(session, batch, NOW)


def answered(bench: Bench, batch: int) -> int:
    with Session(bench.engine) as session:
        done, _total, _job = transfers.progress_of(session, session.get_one(TransferBatch, batch))
        return done


def test_a_large_hand_over_lets_others_go_between(desk_bench: Bench) -> None:
    batch, job = handed_over(desk_bench, transfer_checks.SLICE + 3)
    following = perform(desk_bench, job)
    assert answered(desk_bench, batch) == transfer_checks.SLICE
    assert following is not None
    _upload, other = received(desk_bench)
    assert perform(desk_bench, other) is None, "somebody else's class is read meanwhile"
    assert perform(desk_bench, following) is None
    with Session(desk_bench.engine) as session:
        done = session.get_one(TransferBatch, batch)
        assert (done.state, done.good, done.exceptions) == ("done", 0, transfer_checks.SLICE + 3)
        items = transfers.items_of(session, done)
        assert done.root == transfer_checks.root_of(items)
        assert session.scalar(sa.select(sa.func.count()).select_from(TransferFile)) == 0


def test_the_root_binds_every_answer(desk_bench: Bench) -> None:
    batch, job = handed_over(desk_bench, 3)
    perform(desk_bench, job)
    with Session(desk_bench.engine) as session:
        items = list(transfers.items_of(session, session.get_one(TransferBatch, batch)))
        root = transfer_checks.root_of(items)
        for item in items:
            held, item.outcome = item.outcome, "authentic"
            assert transfer_checks.root_of(items) != root
            item.outcome = held
        assert transfer_checks.root_of(items[::-1]) != root


def test_a_runner_that_died_is_followed_by_one_that_goes_on(desk_bench: Bench, clock: Clock) -> None:
    batch, job = handed_over(desk_bench, 4)
    with Session(desk_bench.engine) as session, session.begin():
        held = jobs.claim(session, job, "gone", clock())
        assert held is not None
        item = transfer_checks.to_check(session, transfer_checks.pending(session, held)[0])
        answer = transfer_checks.check(desk_bench.desk(NOW), lambda: Session(desk_bench.engine), item, NOW)  # type: ignore[misc]
        assert transfer_checks.keep(session, held, item.item_id, answer, clock())
    clock.now = NOW + 2 * jobs.LEASE
    assert perform(desk_bench, job) is None
    assert answered(desk_bench, batch) == 4
    with Session(desk_bench.engine) as session:
        numbers = session.scalars(sa.select(TransferItem.verdict_number)).all()
        assert len(set(numbers)) == 4, "what was answered is not asked again"


def test_a_hand_over_that_was_discarded_is_not_answered(desk_bench: Bench) -> None:
    batch, job = handed_over(desk_bench, 2)
    with Session(desk_bench.engine) as session, session.begin():
        transfers.discard(session, session.get_one(TransferBatch, batch), NOW)
    assert perform(desk_bench, job) is None
    with Session(desk_bench.engine) as session:
        assert session.get_one(TransferBatch, batch).state == BatchState.DISCARDED
        assert session.get_one(Job, job).state == JobState.CANCELLED
        assert session.scalar(sa.select(sa.func.count()).select_from(TransferItem)) == 0


def test_work_that_failed_for_good_is_begun_again_by_its_maker(desk_bench: Bench) -> None:
    batch, job = handed_over(desk_bench, 2)
    with Session(desk_bench.engine) as session, session.begin():
        session.get_one(Job, job).state = JobState.FAILED
        found = session.get_one(TransferBatch, batch)
        again = transfers.try_again(session, found, NOW)
    assert again is not None
    assert perform(desk_bench, again) is None
    assert answered(desk_bench, batch) == 2


def test_a_closed_account_still_gets_answers_as_a_stranger(desk_bench: Bench) -> None:
    """The job must not stop half-way; what it may name is decided for nobody in particular."""
    batch, job = handed_over(desk_bench, 1)
    with Session(desk_bench.engine) as session, session.begin():
        for account in session.scalars(sa.select(Account)):
            account.active = False
    assert perform(desk_bench, job) is None
    assert answered(desk_bench, batch) == 1
