"""The lock by two officials: exactly the set that both saw, or nothing; frozen once confirmed; late by decision."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session

from portal.demo.units import DECISION as DEMO_DECISION
from portal.errors import NotFound, Problem, Refused
from portal.identity import SYSTEM, Identity, StaffRole
from portal.jobs.work import perform
from portal.models import Job, JobState, LockItem, LockKind, LockProposal, LockState, RecordVersion, State, StateChange
from portal.services import lock_proposals, log, rounds
from portal.services.audit import audit
from portal.services.locking import lock_packet
from portal.services.withdrawal import withdraw
from tests.databases import Backend
from tests.instances import NOW, SCHOOL, DemoInstance
from tests.portal.officials import (
    AFTER,
    DECISION,
    FIRST,
    LATE,
    ROUND_ONE,
    ROUND_TWO,
    SECOND,
    YEAR,
    accepted_class,
    bench_of,
    confirm,
    lock,
    person,
    propose,
    view,
)
from verify.log import leaves
from verify.log.leaves import LockLeaf


def withdraw_some(instance: DemoInstance, packet: int, count: int) -> None:
    with instance.transaction() as session:
        clerk = person(session, "th01.vanthu", StaffRole.CLERK, SCHOOL)
        ids = session.scalars(sa.select(RecordVersion.id).where(RecordVersion.packet_id == packet)).all()
        withdraw(session, clerk, packet, ids[:count], "nhập nhầm lớp", AFTER)


def states(instance: DemoInstance) -> dict[str, int]:
    with instance.reading() as session:
        rows = session.execute(sa.select(RecordVersion.state, sa.func.count()).group_by(RecordVersion.state))
        return {row[0]: row[1] for row in rows}


def refused(problem: Problem, call: object) -> None:
    with pytest.raises(Refused) as found:
        call()  # type: ignore[operator]
    assert found.value.problem is problem


def test_two_officials_lock_what_both_saw(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    proposal_id = lock(empty_instance)
    held = view(empty_instance, proposal_id)
    assert (held.state, held.count, held.done, held.finished_at) == (LockState.CONFIRMED, 31, 31, AFTER)
    assert held.effective_at == AFTER.replace(microsecond=0)
    assert (held.proposer, held.decider) == ("Phạm Hữu Nghĩa (mẫu)", "Lưu Thị Hồng Gấm (mẫu)")
    with empty_instance.reading() as session:
        versions = session.scalars(sa.select(RecordVersion)).all()
        assert {(each.state, each.effective_at) for each in versions} == {("locked", held.effective_at)}
        for version in versions:
            assert version.log_index is not None
            leaf = leaves.from_bytes(log.leaf(session, version.log_index))
            assert isinstance(leaf, LockLeaf)
            assert (leaf.round, leaf.effective_at) == (1, held.effective_at)
        last = session.scalars(sa.select(StateChange).order_by(StateChange.id.desc()).limit(1)).one()
        assert (last.actor, last.reason) == ("Lưu Thị Hồng Gấm (mẫu)", f"chốt đợt 1 theo {DECISION}")
        assert audit(session, empty_instance.runtime.log_signer.verifier).problems == ()


def test_who_proposed_does_not_confirm(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    proposal_id = propose(empty_instance)
    with pytest.raises(NotFound):
        confirm(empty_instance, proposal_id, by=FIRST)
    assert states(empty_instance) == {"accepted": 31}


CONFIRMED = "UPDATE lock_proposal SET state = 'confirmed', decided_at = proposed_at, effective_at = proposed_at"


@pytest.mark.parametrize("statement", [CONFIRMED, CONFIRMED + ", decided_by = proposed_by"])
def test_the_database_refuses_one_official(empty_instance: DemoInstance, statement: str) -> None:
    accepted_class(empty_instance)
    propose(empty_instance)
    with pytest.raises(IntegrityError, match="two_officials"), empty_instance.transaction() as session:
        session.execute(sa.text(statement))


@pytest.mark.parametrize(
    ("kind", "number", "reason"), [("late", None, None), ("late", 1, "vì"), ("round", None, None), ("round", 3, None)]
)
def test_the_database_wants_a_reason_for_late_ones(
    empty_instance: DemoInstance, kind: str, number: int | None, reason: str | None
) -> None:
    with pytest.raises(IntegrityError), empty_instance.transaction() as session:
        session.add(
            LockProposal(
                kind=kind,
                state="waiting",
                school_year=YEAR,
                number=number,
                accepted_until=NOW,
                decision="1/QĐ",
                reason=reason,
                count=1,
                digest="0" * 64,
                proposed_by=person(session, FIRST).account_id,
                proposed_at=NOW,
                expires_at=NOW,
            )
        )


AFTER_A_CONFIRMATION = (
    "UPDATE lock_proposal SET decision = 'khác'",
    "UPDATE lock_proposal SET count = 1",
    "UPDATE lock_proposal SET digest = 'x'",
    "UPDATE lock_proposal SET state = 'rejected'",
    "UPDATE lock_proposal SET effective_at = NULL",
    "UPDATE lock_proposal SET effective_at = proposed_at",
    "UPDATE lock_proposal SET decided_by = proposed_by",
    "DELETE FROM lock_proposal",
    "UPDATE lock_item SET version_id = version_id",
    "DELETE FROM lock_item",
    "INSERT INTO lock_item (proposal_id, version_id) SELECT proposal_id, version_id + 1000 FROM lock_item",
    "UPDATE record_version SET state = 'withdrawn' WHERE state = 'accepted'",
    "UPDATE record_version SET state = 'replaced' WHERE state = 'accepted'",
)


def test_the_database_keeps_what_was_confirmed(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    confirm(empty_instance, propose(empty_instance))
    for statement in AFTER_A_CONFIRMATION:
        with pytest.raises(DatabaseError, match="is locked"), empty_instance.transaction() as session:
            session.execute(sa.text(statement))


def test_what_is_proposed_stays_and_a_proposal_begins_waiting(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    propose(empty_instance)
    copy = (
        "INSERT INTO lock_proposal (kind, state, school_year, number, accepted_until, decision, count, digest,"
        " proposed_by, proposed_at, expires_at, decided_by, decided_at, effective_at)"
        " SELECT kind, 'confirmed', school_year, number, accepted_until, decision, count, digest, proposed_by,"
        " proposed_at, expires_at, proposed_by + 1, proposed_at, proposed_at FROM lock_proposal"
    )
    for statement in (copy, "UPDATE lock_proposal SET reason = 'khác'", "DELETE FROM lock_item"):
        with pytest.raises(DatabaseError, match="is locked"), empty_instance.transaction() as session:
            session.execute(sa.text(statement))


def test_a_changed_set_locks_nothing_and_says_what_changed(empty_instance: DemoInstance) -> None:
    packet = accepted_class(empty_instance)
    proposal_id = propose(empty_instance)
    withdraw_some(empty_instance, packet, 3)
    refused(Problem.LOCK_SET_CHANGED, lambda: confirm(empty_instance, proposal_id))
    with empty_instance.reading() as session:
        second = lock_proposals.second_look(session, person(session, SECOND), proposal_id, AFTER)
    assert second.preview.set.count == 28
    assert second.difference is not None
    assert (second.difference.added, dict(second.difference.gone)) == (0, {State.WITHDRAWN: 3})
    again = propose(empty_instance, by=SECOND, replaces=proposal_id)
    assert view(empty_instance, proposal_id).state is LockState.RENEWED
    with pytest.raises(NotFound):
        confirm(empty_instance, again, by=SECOND)
    perform(bench_of(empty_instance), confirm(empty_instance, again, by=FIRST))
    assert states(empty_instance) == {"withdrawn": 3, "locked": 28}


def test_records_that_came_meanwhile_change_the_set(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    proposal_id = propose(empty_instance)
    accepted_class(empty_instance, "lop-4A1.xlsx")  # accepted before the cut-off, kept after the proposal
    refused(Problem.LOCK_SET_CHANGED, lambda: confirm(empty_instance, proposal_id))
    with empty_instance.reading() as session:
        second = lock_proposals.second_look(session, person(session, SECOND), proposal_id, AFTER)
    assert second.difference is not None
    assert (second.difference.added, dict(second.difference.gone)) == (34, {})


def test_other_days_of_the_round_change_the_set(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    proposal_id = propose(empty_instance)
    with empty_instance.transaction() as session:
        rounds.set_round(
            session,
            person(session, FIRST),
            YEAR,
            1,
            last_day=(AFTER - timedelta(days=1)).date(),
            report_day=(AFTER + timedelta(days=9)).date(),
            decision="210/KH",
            now=AFTER,
        )
    refused(Problem.LOCK_SET_CHANGED, lambda: confirm(empty_instance, proposal_id))


def test_a_confirmed_set_is_frozen_before_the_work_begins(empty_instance: DemoInstance) -> None:
    packet = accepted_class(empty_instance)
    job = confirm(empty_instance, propose(empty_instance))
    refused(Problem.BEING_LOCKED, lambda: withdraw_some(empty_instance, packet, 1))
    with empty_instance.transaction() as session:
        refused(
            Problem.NOTHING_TO_DO,
            lambda: lock_packet(
                session,
                SYSTEM,
                packet,
                decision=DEMO_DECISION,
                log_signer=empty_instance.runtime.log_signer,
                salt=lambda: bytes(32),
                now=AFTER,
            ),
        )
    refused(Problem.NOTHING_TO_LOCK, lambda: propose(empty_instance))
    perform(bench_of(empty_instance), job)
    assert states(empty_instance) == {"locked": 31}


def test_a_set_that_another_proposal_took_is_gone(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    one, other = propose(empty_instance), propose(empty_instance)
    confirm(empty_instance, one)
    refused(Problem.LOCK_SET_CHANGED, lambda: confirm(empty_instance, other))
    with empty_instance.reading() as session:
        second = lock_proposals.second_look(session, person(session, SECOND), other, AFTER)
    assert second.difference is not None
    assert dict(second.difference.gone) == {State.ACCEPTED: 31}


def test_confirming_twice_happens_once(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    proposal_id = propose(empty_instance)
    confirm(empty_instance, proposal_id)
    with empty_instance.transaction() as session:
        official = person(session, SECOND)
        assert lock_proposals.confirm(session, official, proposal_id, "0" * 64, AFTER) is None
    with empty_instance.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Job)) == 1


def test_the_window_must_have_closed(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    refused(Problem.WINDOW_OPEN, lambda: propose(empty_instance, at=NOW))
    refused(Problem.WINDOW_OPEN, lambda: propose(empty_instance, ROUND_TWO))


def test_the_number_is_typed_and_the_set_is_the_one_that_was_seen(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    with empty_instance.transaction() as session:
        official = person(session, FIRST)
        seen = lock_proposals.preview(session, official, ROUND_ONE, AFTER).set
        for digest, typed, problem in (
            (seen.digest, 30, Problem.WRONG_COUNT),
            ("0" * 64, 31, Problem.LOCK_SET_CHANGED),
        ):
            with pytest.raises(Refused) as found:
                lock_proposals.propose(session, official, ROUND_ONE, seen=digest, typed=typed, now=AFTER)
            assert found.value.problem is problem
    refused(Problem.NOTHING_TO_LOCK, lambda: propose(empty_instance, replace(ROUND_ONE, units=("MAU-TH-02",))))


def test_chosen_schools_only(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    chosen = propose(empty_instance, replace(ROUND_ONE, units=(SCHOOL,)))
    assert view(empty_instance, chosen).schools == ("Trường Tiểu học Mẫu số 1",)
    with pytest.raises(NotFound):
        propose(empty_instance, replace(ROUND_ONE, units=("KHONG-CO",)))


def test_late_ones_need_their_own_decision(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    refused(Problem.NOTHING_TO_LOCK, lambda: propose(empty_instance, LATE))
    with empty_instance.transaction() as session:
        session.execute(sa.update(RecordVersion).values(accepted_at=AFTER - timedelta(hours=1)))
    refused(Problem.NOTHING_TO_LOCK, lambda: propose(empty_instance))
    proposal_id = propose(empty_instance, LATE)
    # What is accepted after the proposal is another proposal's.
    later = AFTER + timedelta(hours=2)
    accepted_class(empty_instance, "lop-4A1.xlsx")
    with empty_instance.transaction() as session:
        session.execute(
            sa.update(RecordVersion)
            .where(RecordVersion.accepted_at < AFTER - timedelta(hours=2))
            .values(accepted_at=later)
        )
    perform(bench_of(empty_instance, later), confirm(empty_instance, proposal_id, at=later))
    held = view(empty_instance, proposal_id)
    assert (held.kind, held.number, held.reason, held.done) == (LockKind.LATE, None, LATE.reason, 31)
    assert states(empty_instance) == {"locked": 31, "accepted": 34}
    with empty_instance.reading() as session:
        index = session.scalars(sa.select(RecordVersion.log_index).where(RecordVersion.state == "locked")).first()
        assert index is not None
        leaf = leaves.from_bytes(log.leaf(session, index))
        assert isinstance(leaf, LockLeaf)
        assert leaf.round is None


def test_declined_withdrawn_and_expired_ones_come_to_nothing(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    mine, others, old = propose(empty_instance), propose(empty_instance), propose(empty_instance)
    with empty_instance.transaction() as session:
        lock_proposals.decline(session, person(session, FIRST), mine, "nhầm đợt", AFTER)
        lock_proposals.decline(session, person(session, SECOND), others, "chưa có văn bản", AFTER)
    expired = AFTER + lock_proposals.LIFE
    for proposal_id, state in ((mine, LockState.WITHDRAWN), (others, LockState.REJECTED), (old, LockState.EXPIRED)):
        assert view(empty_instance, proposal_id, at=expired).state is state
        refused(Problem.PROPOSAL_CLOSED, lambda number=proposal_id: confirm(empty_instance, number, at=expired))
    propose(empty_instance, at=expired)
    with empty_instance.reading() as session:
        kept = session.scalars(sa.select(LockItem.proposal_id).distinct()).all()
        assert len(kept) == 1
        assert session.get_one(LockProposal, old).state == LockState.EXPIRED.value


def test_only_the_department_decides(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    proposal_id = propose(empty_instance)
    with empty_instance.reading() as session:
        others: list[Identity] = [
            person(session, "th01.vanthu", StaffRole.CLERK, SCHOOL),
            person(session, "th01.hieutruong", StaffRole.HEAD, SCHOOL),
            SYSTEM,
        ]
    for identity in others:
        with empty_instance.transaction() as session:
            for call in _everything(session, identity, proposal_id):
                with pytest.raises(NotFound):
                    call()  # type: ignore[operator]
            assert lock_proposals.proposals(session, identity, YEAR, AFTER) == ()
    assert states(empty_instance) == {"accepted": 31}


def _everything(session: Session, identity: Identity, number: int) -> list[object]:
    return [
        lambda: lock_proposals.preview(session, identity, ROUND_ONE, AFTER),
        lambda: lock_proposals.propose(session, identity, ROUND_ONE, seen="0" * 64, typed=1, now=AFTER),
        lambda: lock_proposals.proposal(session, identity, number, AFTER),
        lambda: lock_proposals.second_look(session, identity, number, AFTER),
        lambda: lock_proposals.confirm(session, identity, number, "0" * 64, AFTER),
        lambda: lock_proposals.decline(session, identity, number, "không", AFTER),
        lambda: lock_proposals.resume(session, identity, number, AFTER),
    ]


def test_work_that_stopped_is_taken_up_again(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    proposal_id = propose(empty_instance)
    first = confirm(empty_instance, proposal_id)
    with empty_instance.transaction() as session:
        assert lock_proposals.resume(session, person(session, SECOND), proposal_id, AFTER) is None
        session.get_one(Job, first).state = JobState.FAILED.value
    assert not view(empty_instance, proposal_id).job_open
    with empty_instance.transaction() as session:
        second = lock_proposals.resume(session, person(session, FIRST), proposal_id, AFTER)
    assert second is not None
    perform(bench_of(empty_instance), second)
    assert states(empty_instance) == {"locked": 31}
    with empty_instance.transaction() as session:
        assert lock_proposals.resume(session, person(session, FIRST), proposal_id, AFTER) is None


@pytest.mark.parametrize("backend", [Backend.POSTGRESQL], indirect=True)  # SQLite has one writer: all wait
def test_a_school_does_not_wait_while_a_set_is_proposed(empty_instance: DemoInstance) -> None:
    """It withdraws a record between the proposal's statements and its commit; the second official is told."""
    packet = accepted_class(empty_instance)
    with empty_instance.reading() as session:
        seen = lock_proposals.preview(session, person(session, FIRST), ROUND_ONE, AFTER).set
    with empty_instance.transaction() as session:
        official = person(session, FIRST)
        made = lock_proposals.propose(session, official, ROUND_ONE, seen=seen.digest, typed=seen.count, now=AFTER)
        withdraw_some(empty_instance, packet, 1)
    refused(Problem.LOCK_SET_CHANGED, lambda: confirm(empty_instance, made))
    assert states(empty_instance) == {"accepted": 30, "withdrawn": 1}
