"""A school that goes into another one in the middle of a round: what becomes of its records, keys, people and files."""

import secrets
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.demo.classes import class_workbook, demo_pupils
from portal.errors import NotFound, Problem, Refused
from portal.identity import SYSTEM, Appointment, Identity, StaffRole
from portal.models import (
    Account,
    ApiKey,
    KeyAuthorisation,
    Packet,
    RecordVersion,
    State,
    StateChange,
    Transcript,
    Unit,
    UnitAct,
    UnitKind,
    Upload,
)
from portal.permissions import ApiScope, may_read_whole_records
from portal.services import accounts, api_keys, organisation, rehearsal, rounds, unit_acts, uploads
from portal.services.audit import audit
from portal.services.locking import lock_packet
from portal.services.organisation import issuing_school
from portal.services.uploads import NewFile
from tests.databases import Backend
from tests.instances import NOW, DemoInstance, Templates
from tests.portal.organisation import TODAY, acting, on, unit_id

OLD, NEW = "MAU-TH-02", "MAU-TH-01"
LATER = NOW + timedelta(hours=1)
DAY = timedelta(days=1)


def a_class(name: str, seed: int) -> bytes:
    return class_workbook(name, 4, demo_pupils(3, 2016, seed), seed)


def states(session: Session, school: str, class_name: str) -> dict[str, int]:
    counted = sa.select(RecordVersion.state, sa.func.count()).group_by(RecordVersion.state)
    of_school = RecordVersion.issuing_unit_id == unit_id(session, school)
    rows = session.execute(counted.where(of_school, RecordVersion.class_name == class_name)).all()
    return {row[0]: row[1] for row in rows}


@pytest.fixture(scope="module", params=list(Backend))
def merged(
    request: pytest.FixtureRequest, templates: Templates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DemoInstance]:
    """The old school has two signed classes, an unsigned one and a file that waits; then it goes into the new one.

    Made once: the tests work on different classes and leave the others as they are.
    """
    with templates.instance(request.param, tmp_path_factory.mktemp("merged"), locked=False) as made:
        yield _merged(made)


def _merged(empty_instance: DemoInstance) -> DemoInstance:
    for name, seed in (("4A", 701), ("4E", 705)):
        signed = empty_instance.take_in(a_class(name, seed), school=OLD).packet
        assert signed is not None
        empty_instance.sign(signed, OLD)
    empty_instance.take_in(a_class("4B", 702), school=OLD)
    clerk = Identity(6, "Võ Hoàng Dũng (mẫu)", (Appointment(OLD, StaffRole.CLERK),))
    with empty_instance.transaction() as session:
        api_keys.make_key(session, SYSTEM, OLD, "Phần mềm", [ApiScope.PACKETS_WRITE], timedelta(days=30), NOW)
        uploads.receive(session, clerk, NewFile(a_class("4C", 703), "4C.xlsx", OLD, "2025-2026", 4), NOW)
    with empty_instance.transaction() as session:
        unit_acts.merge(session, acting(empty_instance), [OLD], NEW, on())
    return empty_instance


def test_everything_that_was_open_has_one_end(merged: DemoInstance) -> None:
    with merged.reading() as session:
        reasons = session.scalars(sa.select(StateChange.reason).where(StateChange.to_state == "withdrawn")).all()
        assert set(reasons) == {"Trường đã sáp nhập theo 12/QĐ-UBND"}
        assert states(session, OLD, "4B") == {"withdrawn": 3}
        managing = session.scalars(sa.select(Transcript.managing_unit_id).distinct()).all()
        assert managing == [unit_id(session, NEW)]
        old = unit_id(session, OLD)
        keys = session.scalars(sa.select(KeyAuthorisation).where(KeyAuthorisation.unit_id == old)).all()
        assert len(keys) == 2
        assert all(key.valid_to is not None and key.valid_to <= NOW + timedelta(minutes=2) for key in keys)
        assert session.scalars(sa.select(ApiKey.revoked_at)).one() == NOW
        waiting = session.scalars(sa.select(Upload)).one()
        assert (waiting.state, waiting.data) == ("discarded", None)
        counts = session.scalars(sa.select(UnitAct.counts)).one()
        assert {name: count for name, count in counts.items() if count} == {
            "pupils": 9,
            "withdrawn": 3,
            "accepted": 6,
            "people": 2,
            "keys": 2,
            "api_keys": 1,
            "uploads": 1,
        }


def test_the_round_goes_on_under_the_name_of_the_day(merged: DemoInstance) -> None:
    """What was accepted locks as it is; the log, the registry and the store still agree."""
    with merged.reading() as session:
        packet = session.scalars(sa.select(Packet.id).order_by(Packet.id)).first()
        assert packet is not None
    with merged.transaction() as session:
        lock_packet(
            session,
            SYSTEM,
            packet,
            decision="34/QĐ-SGDĐT",
            log_signer=merged.runtime.log_signer,
            salt=lambda: secrets.token_bytes(32),
            now=LATER,
        )
    with merged.reading() as session:
        assert states(session, OLD, "4A") == {"locked": 3}
        locked = sa.select(RecordVersion.issuing_unit_name).where(RecordVersion.state == State.LOCKED.value)
        assert set(session.scalars(locked)) == {"Trường Tiểu học Mẫu số 2"}
        assert audit(session, merged.runtime.log_signer.verifier).problems == ()


def test_nobody_acts_for_the_closed_school(merged: DemoInstance) -> None:
    with merged.reading() as session:
        clerk = session.scalars(sa.select(Account).where(Account.username == "th02.vanthu")).one()
        identity = accounts.identity_behind(session, clerk.id, NOW)
        assert identity is not None
        assert identity.appointments == ()
    with pytest.raises(Refused) as refused:
        merged.take_in(a_class("4D", 704), school=OLD)
    assert refused.value.problem is Problem.UNIT_CLOSED
    with merged.transaction() as session, pytest.raises(Refused) as refused:
        api_keys.make_key(session, SYSTEM, OLD, "Phần mềm", [ApiScope.PACKETS_WRITE], DAY, NOW)
    assert refused.value.problem is Problem.UNIT_CLOSED


def test_the_heir_reads_and_brings_in_anew(merged: DemoInstance) -> None:
    """The same pupils come in under the heir's name; what the old school had accepted is replaced, not doubled."""
    for name, seed in (("4E", 705), ("4B", 702)):
        taken = merged.take_in(a_class(name, seed), school=NEW)
        assert (taken.accepted, taken.refused) == (3, 0)
    with merged.reading() as session:
        assert states(session, OLD, "4E") == {"replaced": 3}
        assert states(session, OLD, "4B") == {"withdrawn": 3}
        assert [states(session, NEW, name) for name in ("4E", "4B")] == [{"draft": 3}] * 2
        assert session.scalars(sa.select(sa.func.count()).select_from(Transcript)).one() == 9
        clerk = session.scalars(sa.select(Account).where(Account.username == "th01.vanthu")).one()
        identity = accounts.identity_behind(session, clerk.id, NOW)
        assert identity is not None
        assert identity.reach_as(StaffRole.CLERK) == {OLD, NEW}
        assert identity.units_as(StaffRole.CLERK) == {NEW}
        assert may_read_whole_records(identity).covers("MAU-THCS-01", OLD)
        shown = rehearsal.rehearse(session, identity, rounds.rounds_of(session, "2025-2026"), NOW)
        assert {each.code for each in shown} == {OLD, NEW}


def test_another_school_does_not_take_what_the_heir_may(merged: DemoInstance) -> None:
    with merged.transaction() as session:
        third = unit_acts.NewUnit("MAU-TH-03", UnitKind.PRIMARY, "Trường Ba", "MAU-SO", {})
        unit_acts.found(session, acting(merged), third, on())
    taken = merged.take_in(a_class("4A", 701), school="MAU-TH-03")
    assert (taken.accepted, taken.refused) == (0, 3)


def test_a_renamed_school_prints_its_old_name_on_old_records(instance: DemoInstance) -> None:
    with instance.transaction() as session:
        before = set(session.scalars(sa.select(RecordVersion.issuing_unit_name)))
        unit_acts.rename(session, acting(instance), NEW, "Trường Tiểu học Mẫu Đổi Tên", on())
    instance.take_in(a_class("4Z", 706))
    with instance.reading() as session:
        rows = session.execute(sa.select(RecordVersion.state, RecordVersion.issuing_unit_name).distinct()).all()
        named = {row[0]: row[1] for row in rows}
        assert {named[State.LOCKED.value]} == before
        assert named[State.DRAFT.value] == "Trường Tiểu học Mẫu Đổi Tên"
        assert issuing_school(session.get_one(Unit, unit_id(session, NEW))).name == "Trường Tiểu học Mẫu Đổi Tên"


def test_a_school_that_nobody_carries_on_leaves_its_pupils_to_the_department(empty_instance: DemoInstance) -> None:
    empty_instance.take_in(a_class("4A", 701), school=OLD)
    with empty_instance.transaction() as session:
        unit_acts.close(session, acting(empty_instance), OLD, on())
    with empty_instance.reading() as session:
        assert session.scalars(sa.select(Transcript.managing_unit_id).distinct()).all() == [unit_id(session, "MAU-SO")]
        closed = session.get_one(Unit, unit_id(session, OLD))
        with pytest.raises(Refused):
            organisation.require_open(session, closed, NOW)


def test_who_may_not_is_told_nothing(empty_instance: DemoInstance) -> None:
    actor = acting(empty_instance)
    head = unit_acts.Actor(Identity(5, "Đầu", (Appointment(NEW, StaffRole.HEAD),)), actor.log_signer, NOW)
    with empty_instance.transaction() as session, pytest.raises(NotFound):
        unit_acts.merge(session, head, [OLD], NEW, on(TODAY))
