"""The lock: only what was accepted, once, in one transaction with its leaf; a killed process leaves all or nothing."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Problem, Refused
from portal.identity import SYSTEM, Appointment, Identity, StaffRole
from portal.models import LogEntry, LogHead, RecordVersion, State, StateChange
from portal.services import log
from portal.services.evidence import stored_year
from portal.services.locking import lock_packet
from tests.instances import NOW, WORKBOOKS, DemoInstance
from verify.log import leaves, receipt
from verify.log.leaves import LockLeaf
from verify.verdict import Status


def accepted(instance: DemoInstance, file: str = "lop-1B.xlsx") -> int:
    packet = instance.take_in(WORKBOOKS / file).packet
    assert packet is not None
    instance.sign(packet)
    return packet


def test_locking_freezes_dates_and_logs_every_accepted_record(empty_instance: DemoInstance) -> None:
    packet = accepted(empty_instance)
    done = empty_instance.lock(packet)
    assert (done.locked, done.left) == (31, {})
    assert done.effective_at == NOW
    with empty_instance.reading() as session:
        versions = session.scalars(sa.select(RecordVersion)).all()
        assert {version.state for version in versions} == {State.LOCKED.value}
        assert {version.effective_at for version in versions} == {NOW}
        assert len({version.log_index for version in versions}) == 31
        policy = empty_instance.runtime.policy
        for version in versions:
            year = stored_year(session, version)
            leaf = leaves.from_bytes(year.leaf)
            assert isinstance(leaf, LockLeaf)
            assert year.lookup_code.encode() not in year.leaf
            logged, witnessed = receipt.verify(year.receipt, year.leaf, policy)
            assert logged.status is Status.PASSED
            assert witnessed.status is Status.NOT_APPLICABLE
            history = session.scalars(
                sa.select(StateChange.to_state).where(StateChange.version_id == version.id).order_by(StateChange.id)
            ).all()
            assert history == ["draft", "submitted", "accepted", "locked"]


def test_what_was_never_accepted_never_locks(empty_instance: DemoInstance) -> None:
    packet = empty_instance.take_in(WORKBOOKS / "lop-1B.xlsx").packet
    assert packet is not None
    with pytest.raises(Refused) as refused:
        empty_instance.lock(packet)
    assert refused.value.problem is Problem.NOTHING_TO_DO


def test_a_second_lock_finds_nothing_to_do(empty_instance: DemoInstance) -> None:
    packet = accepted(empty_instance)
    empty_instance.lock(packet)
    with pytest.raises(Refused):
        empty_instance.lock(packet)


def test_only_the_department_locks(empty_instance: DemoInstance) -> None:
    packet = accepted(empty_instance)
    head = Identity(3, "hiệu trưởng", (Appointment("MAU-TH-01", StaffRole.HEAD),))
    with pytest.raises(Refused) as refused, empty_instance.transaction() as session:
        lock_packet(
            session,
            head,
            packet,
            decision="1/QĐ",
            log_signer=empty_instance.runtime.log_signer,
            salt=lambda: bytes(32),
            now=NOW,
        )
    assert refused.value.problem is Problem.NOT_ALLOWED


def test_a_lock_that_is_interrupted_leaves_nothing(empty_instance: DemoInstance) -> None:
    packet = accepted(empty_instance)
    salts = iter([bytes(32)] * 7)

    class Killed(Exception):
        pass

    def salt() -> bytes:
        try:
            return next(salts)
        except StopIteration:
            raise Killed from None

    with empty_instance.reading() as session:
        before = session.get_one(LogHead, 1).size
    with pytest.raises(Killed), Session(empty_instance.engine) as session, session.begin():
        lock_packet(
            session,
            SYSTEM,
            packet,
            decision="1/QĐ",
            log_signer=empty_instance.runtime.log_signer,
            salt=salt,
            now=NOW,
        )
    with empty_instance.reading() as session:
        assert session.get_one(LogHead, 1).size == before
        assert session.scalar(sa.select(sa.func.count()).select_from(LogEntry)) == before
        states = set(session.scalars(sa.select(RecordVersion.state)))
    assert states == {State.ACCEPTED.value}
    assert empty_instance.lock(packet).locked == 31


def test_receipts_stay_the_same_when_the_log_grows(instance: DemoInstance) -> None:
    with instance.reading() as session:
        first = session.scalars(sa.select(RecordVersion).order_by(RecordVersion.id).limit(1)).one()
        index = first.log_index
        assert index is not None
        before = log.receipt_of(session, index)
    instance.lock(accepted(instance))
    with instance.reading() as session:
        assert log.receipt_of(session, index) == before


def test_a_lock_after_midnight_utc_keeps_the_moment(empty_instance: DemoInstance) -> None:
    packet = accepted(empty_instance)
    late = NOW.replace(hour=23) + timedelta(minutes=30, microseconds=5)
    with empty_instance.transaction() as session:
        done = lock_packet(
            session,
            SYSTEM,
            packet,
            decision="1/QĐ",
            log_signer=empty_instance.runtime.log_signer,
            salt=lambda: bytes(32),
            now=late,
        )
    assert done.effective_at == late.replace(microsecond=0)
