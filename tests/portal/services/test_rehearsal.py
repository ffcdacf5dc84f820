"""The rehearsal: every pupil's year has exactly one fate, and the lists behind the counts agree with them."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import SYSTEM, Identity, StaffRole
from portal.models import KeyAuthorisation, RecordSignature, RecordVersion
from portal.services import rounds
from portal.services.drafts import awaits_assessment
from portal.services.rehearsal import Fate, records_with, rehearse
from portal.services.withdrawal import withdraw
from tests.factories import year_record
from tests.instances import NOW, SCHOOL, WORKBOOKS, DemoInstance
from tests.portal.officials import AFTER, FIRST, YEAR, accepted_class, lock, person
from verify.record.vocabulary import OverallResult
from verify.signing import Role

LATER = datetime(2026, 8, 20, tzinfo=UTC)


def fates(instance: DemoInstance, now: datetime = AFTER, school: str = SCHOOL) -> dict[Fate, int]:
    with instance.reading() as session:
        held = rounds.rounds_of(session, YEAR)
        schools = {each.code: each for each in rehearse(session, person(session, FIRST), held, now)}
        found = dict(schools[school].counts)
        for fate, count in found.items():
            page = records_with(session, person(session, FIRST), held, (fate,), school, 1, now)
            assert page.total == count
            assert len(page.rows) == min(count, 50)
    return found


def change(instance: DemoInstance, ids: list[int], **values: object) -> None:
    with instance.transaction() as session:
        session.execute(sa.update(RecordVersion).where(RecordVersion.id.in_(ids)).values(**values))


def ids_of(instance: DemoInstance, packet: int) -> list[int]:
    with instance.reading() as session:
        wanted = sa.select(RecordVersion.id).where(RecordVersion.packet_id == packet).order_by(RecordVersion.id)
        return list(session.scalars(wanted))


def sign(instance: DemoInstance, role: Role, versions: list[int]) -> None:
    """A signature's row, as far as the rehearsal looks at it."""
    with instance.transaction() as session:
        for version in versions:
            session.add(
                RecordSignature(
                    version_id=version,
                    role=role.value,
                    cms_sha256=session.get_one(RecordVersion, version).root_sha256,
                    certificate_sha256="0" * 64,
                    signer_name="mẫu",
                    signed_at=NOW,
                    received_at=NOW,
                    report=[],
                )
            )


def test_drafts_lack_signatures_by_role(empty_instance: DemoInstance) -> None:
    packet = empty_instance.take_in(WORKBOOKS / "lop-1B.xlsx").packet
    assert packet is not None
    ids = ids_of(empty_instance, packet)
    assert fates(empty_instance) == {Fate.UNSIGNED: 31}
    sign(empty_instance, Role.HEAD, ids[:4])
    sign(empty_instance, Role.SCHOOL_SEAL, ids[4:6])
    sign(empty_instance, Role.HEAD, ids[6:7])
    sign(empty_instance, Role.SCHOOL_SEAL, ids[6:7])
    assert fates(empty_instance) == {Fate.UNSIGNED: 24, Fate.NO_SEAL: 4, Fate.NO_HEAD: 2, Fate.SUBMITTED: 1}
    with empty_instance.transaction() as session:
        session.execute(
            sa.update(KeyAuthorisation)
            .where(KeyAuthorisation.role == Role.SCHOOL_SEAL.value)
            .values(valid_to=AFTER - timedelta(days=1))
        )
    # Whoever lacks the seal cannot get it now; who has it only lacks the head.
    assert fates(empty_instance) == {Fate.NO_KEY: 28, Fate.NO_HEAD: 2, Fate.SUBMITTED: 1}


def test_accepted_ones_by_round(empty_instance: DemoInstance) -> None:
    packet = accepted_class(empty_instance)
    ids = ids_of(empty_instance, packet)
    change(empty_instance, ids[:3], awaits_assessment=True)
    change(empty_instance, ids[3:5], accepted_at=AFTER)
    change(empty_instance, ids[5:6], accepted_at=None)
    assert fates(empty_instance) == {Fate.FIRST: 25, Fate.SECOND: 3, Fate.LATE: 3}
    change(empty_instance, ids[:1], accepted_at=LATER)
    assert fates(empty_instance, LATER) == {Fate.FIRST: 25, Fate.SECOND: 2, Fate.LATE: 4}


def test_a_pupil_assessed_in_summer_stays_in_the_second_round(empty_instance: DemoInstance) -> None:
    """The version of June says "not completed", the one of July "completed": neither is late."""
    packet = accepted_class(empty_instance)
    chosen = ids_of(empty_instance, packet)[0]
    change(empty_instance, [chosen], awaits_assessment=True)
    with empty_instance.transaction() as session:
        old = session.get_one(RecordVersion, chosen)
        values = {
            column.key: getattr(old, column.key)
            for column in sa.inspect(RecordVersion).column_attrs
            if column.key != "id"
        }
        old.state = "replaced"
        session.flush()
        new = RecordVersion(**{**values, "version": 2, "awaits_assessment": False, "accepted_at": AFTER})
        session.add(new)
        session.flush()
        new_id = new.id
    for role in (Role.HEAD, Role.SCHOOL_SEAL):
        sign(empty_instance, role, [new_id])
    assert fates(empty_instance) == {Fate.FIRST: 30, Fate.SECOND: 1}
    change(empty_instance, [new_id], accepted_at=LATER)
    assert fates(empty_instance, LATER) == {Fate.FIRST: 30, Fate.LATE: 1}


def test_withdrawn_locked_and_damaged(empty_instance: DemoInstance) -> None:
    packet = accepted_class(empty_instance)
    ids = ids_of(empty_instance, packet)
    with empty_instance.transaction() as session:
        clerk = person(session, "th01.vanthu", StaffRole.CLERK, SCHOOL)
        withdraw(session, clerk, packet, ids[:2], "nhập nhầm lớp", NOW)
        session.execute(
            sa.delete(RecordSignature).where(RecordSignature.version_id == ids[2], RecordSignature.role == "head")
        )
    assert fates(empty_instance) == {Fate.WITHDRAWN: 2, Fate.DAMAGED: 1, Fate.FIRST: 28}
    lock(empty_instance)
    assert fates(empty_instance) == {Fate.WITHDRAWN: 2, Fate.DAMAGED: 1, Fate.LOCKED: 28}


def test_a_school_that_sent_nothing_is_there_too(empty_instance: DemoInstance) -> None:
    assert fates(empty_instance) == {}
    assert fates(empty_instance, school="MAU-TH-02") == {}


def test_a_school_sees_itself_and_nobody_else_sees_anything(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    with empty_instance.reading() as session:
        held = rounds.rounds_of(session, YEAR)
        clerk = person(session, "th01.vanthu", StaffRole.CLERK, SCHOOL)
        neighbour = person(session, "th02.vanthu", StaffRole.CLERK, "MAU-TH-02")
        assert [each.code for each in rehearse(session, clerk, held, AFTER)] == [SCHOOL]
        assert [(each.code, each.total) for each in rehearse(session, neighbour, held, AFTER)] == [("MAU-TH-02", 0)]
        assert records_with(session, neighbour, held, (Fate.FIRST,), None, 1, AFTER).total == 0
        with pytest.raises(NotFound):
            records_with(session, neighbour, held, (Fate.FIRST,), SCHOOL, 1, AFTER)
        for nobody in (SYSTEM, Identity(9, "không ai")):
            with pytest.raises(NotFound):
                rehearse(session, nobody, held, AFTER)


def test_the_province_is_counted_in_a_few_queries(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    asked: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    with Session(empty_instance.engine) as session:
        official, held = person(session, FIRST), rounds.rounds_of(session, YEAR)
        event.listen(empty_instance.engine, "before_cursor_execute", note)
        rehearse(session, official, held, AFTER)
        event.remove(empty_instance.engine, "before_cursor_execute", note)
    assert len([statement for statement in asked if not statement.startswith("SET LOCAL")]) == 2


@pytest.mark.parametrize(
    ("result", "promoted", "grade", "awaits"),
    [
        (OverallResult.COMPLETED, True, 4, False),
        (OverallResult.NOT_COMPLETED, False, 4, True),
        (OverallResult.NOT_COMPLETED, True, 4, False),
        (OverallResult.NOT_COMPLETED, None, 5, True),
    ],
)
def test_who_awaits_additional_assessment(
    result: OverallResult, promoted: bool | None, grade: int, awaits: bool
) -> None:
    assert awaits_assessment(year_record(grade, overall_result=result, promoted=promoted)) is awaits
