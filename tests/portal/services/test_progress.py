"""The counts of a year are of pupils: each once, in the state that matters, in the round to which the pupil belongs."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.backup.tables import guards_off, guards_on
from portal.database import open_engine
from portal.identity import SYSTEM
from portal.migrations import upgrade_within
from portal.models import (
    ClassCount,
    CorrectionKind,
    CountedYear,
    LockItem,
    LockProposal,
    RecordVersion,
    SchoolCount,
    State,
    Unit,
    YearRecordRow,
)
from portal.runtime import demo_signer
from portal.services import counts_audit, organisation, progress
from portal.services.intake import take_in
from portal.services.progress import Counts
from portal.services.signing import sign_packet
from portal.services.withdrawal import withdraw
from portal.workbooks.judging import JudgedClass, JudgedPupil
from tests.databases import Backend, fresh_database
from tests.instances import NOW, SCHOOL, DemoInstance, fresh_code
from tests.portal.correcting import (
    DUE,
    begin,
    clerk,
    close,
    code_of,
    content_of,
    corrected,
    effect,
    supersession,
    switch,
    versions,
)
from tests.portal.officials import FIRST, ROUND_TWO, YEAR, accepted_class, lock, person
from verify.canonical import sha256
from verify.record.vocabulary import OverallResult
from verify.signing import Role

# Pupils of lop-1B.xlsx and of the locked class.
CLASS, LOCKED = 31, 34
SUMMER = datetime(2026, 7, 25, 2, 0, tzinfo=UTC)
AUTUMN = datetime(2026, 8, 17, 2, 0, tzinfo=UTC)


def counted(instance: DemoInstance) -> Counts:
    """What the pages tell; every list holds as many as its count, and a recount comes to the same."""
    with instance.reading() as session:
        official = person(session, FIRST)
        assert list(counts_audit.flaws(session)) == []
        found = progress.summary(session, official, YEAR)
        classes = progress.classes(session, official, YEAR, SCHOOL).lines
        assert sum((line.counts for line in classes), Counts()) == found
        for state in set(State) - {State.REPLACED}:
            page = progress.records(session, official, YEAR, SCHOOL, "", state, 1)
            assert page.total == found.of(state), state
        days = progress.days(session, official, YEAR)
        assert (days[-1].accepted if days else 0) == found.accepted + found.locked
    return found


def days(instance: DemoInstance) -> list[date]:
    with instance.reading() as session:
        return [each.day for each in progress.days(session, person(session, FIRST), YEAR)]


def send(instance: DemoInstance, code: str, result: OverallResult, at: datetime) -> int:
    """The school sends the year of one pupil with this result; returns the packet."""
    with instance.transaction() as session:
        content = replace(content_of(session, code), overall_result=result, promoted=None)
        judged = JudgedClass(content.class_name, content.grade, (JudgedPupil(5, 1, content, ()),), ())
        unit, digest = organisation.unit(session, SCHOOL), sha256(f"{code} {result}".encode())
        packet = take_in(session, SYSTEM, unit, YEAR, judged, digest, fresh_code, at).packet
    assert packet is not None
    return packet


def sign(instance: DemoInstance, packet: int, at: datetime) -> None:
    assert instance.runtime.authority is not None
    roles = (Role.HEAD, Role.SCHOOL_SEAL)
    signers = {role: demo_signer(instance.runtime.authority, SCHOOL, role, at) for role in roles}
    with instance.transaction() as session:
        sign_packet(session, SYSTEM, packet, signers, instance.runtime.trust(at), at)


def test_a_pupil_assessed_in_summer_stays_in_the_second_round(empty_instance: DemoInstance) -> None:
    """From the draft that awaits to the lock: not missed in the first round, never counted in it."""
    accepted_class(empty_instance)
    code = code_of(empty_instance)
    assert (counted(empty_instance).first_total, counted(empty_instance).second_total) == (CLASS, 0)
    send(empty_instance, code, OverallResult.NOT_COMPLETED, NOW)
    awaiting = Counts(draft=1, accepted=CLASS - 1, second_open=1)
    assert counted(empty_instance) == awaiting
    assert (awaiting.first_signed, awaiting.first_total, awaiting.missing(1), awaiting.missing(2)) == (30, 30, 0, 1)
    lock(empty_instance)
    packet = send(empty_instance, code, OverallResult.COMPLETED, SUMMER)
    assert counted(empty_instance) == Counts(draft=1, locked=CLASS - 1, second_open=1)
    sign(empty_instance, packet, SUMMER)
    signed = Counts(accepted=1, locked=CLASS - 1, second_accepted=1)
    assert counted(empty_instance) == signed
    assert (signed.first_signed, signed.first_total, signed.second_signed, signed.second_total) == (30, 30, 1, 1)
    proposal = lock(empty_instance, ROUND_TWO, AUTUMN)
    locked = Counts(locked=CLASS, second_locked=1)
    assert counted(empty_instance) == locked
    assert (locked.first_signed, locked.first_total, locked.second_signed, locked.second_total) == (30, 30, 1, 1)
    with empty_instance.reading() as session:
        assert session.get_one(LockProposal, proposal).number == 2
        (item,) = session.scalars(sa.select(LockItem.version_id).where(LockItem.proposal_id == proposal))
        assert item == versions(session, code)[-1].id


def test_a_pupil_signed_as_awaiting_is_locked_in_the_second_round(empty_instance: DemoInstance) -> None:
    accepted_class(empty_instance)
    sign(empty_instance, send(empty_instance, code_of(empty_instance), OverallResult.NOT_COMPLETED, NOW), NOW)
    assert counted(empty_instance) == Counts(accepted=CLASS, second_accepted=1)
    lock(empty_instance)
    assert counted(empty_instance) == Counts(accepted=1, locked=CLASS - 1, second_accepted=1)
    lock(empty_instance, ROUND_TWO, AUTUMN)
    assert counted(empty_instance) == Counts(locked=CLASS, second_locked=1)


def test_a_corrected_version_beside_a_locked_one_is_no_second_pupil(instance: DemoInstance) -> None:
    before, told = counted(instance), days(instance)
    assert before == Counts(locked=LOCKED)
    switch(instance)
    code = code_of(instance)
    supersession(instance, code)
    with instance.reading() as session:
        assert [each.state for each in versions(session, code)] == ["locked", "accepted"]
    assert counted(instance) == before
    assert effect(instance, DUE) == 1
    with instance.reading() as session:
        first, second = versions(session, code)
        assert [first.state, second.state] == ["locked", "locked"]
        kept = session.get_one(CountedYear, second.year_record_id)
        assert kept.version_id == second.id
    assert counted(instance) == before
    assert days(instance) == told


def test_a_correction_that_says_not_completed_moves_nobody_into_the_second_round(instance: DemoInstance) -> None:
    switch(instance)
    code = code_of(instance)
    begin(instance, code, CorrectionKind.SUPERSEDE)
    sign(instance, send(instance, code, OverallResult.NOT_COMPLETED, SUMMER), SUMMER)
    with instance.reading() as session:
        assert versions(session, code)[-1].awaits_assessment
    assert counted(instance) == Counts(locked=LOCKED)


def test_a_withdrawn_correction_leaves_the_counts_as_they_were(instance: DemoInstance) -> None:
    switch(instance)
    code = code_of(instance)
    made = begin(instance, code, CorrectionKind.SUPERSEDE)
    packet = corrected(instance, code)
    assert packet is not None
    assert counted(instance) == Counts(locked=LOCKED)
    with instance.transaction() as session:
        newest = versions(session, code)[-1]
        withdraw(session, clerk(session), packet, [newest.id], "nhập nhầm", SUMMER)
    assert counted(instance) == Counts(locked=LOCKED)
    corrected(instance, code, 6)
    assert counted(instance) == Counts(locked=LOCKED)
    close(instance, made)
    with instance.reading() as session:
        assert [each.state for each in versions(session, code)] == ["locked", "withdrawn", "withdrawn"]
    assert counted(instance) == Counts(locked=LOCKED)


def test_a_pupil_withdrawn_and_brought_in_anew_is_counted_once(empty_instance: DemoInstance) -> None:
    packet = accepted_class(empty_instance)
    code = code_of(empty_instance)
    with empty_instance.transaction() as session:
        (only,) = versions(session, code)
        withdraw(session, clerk(session), packet, [only.id], "nhập nhầm", NOW)
    assert counted(empty_instance) == Counts(accepted=CLASS - 1, withdrawn=1)
    send(empty_instance, code, OverallResult.COMPLETED, NOW)
    assert counted(empty_instance) == Counts(accepted=CLASS - 1, draft=1)


def test_a_pupil_is_counted_where_the_version_that_counts_was_issued(empty_instance: DemoInstance) -> None:
    """Another class and another school in one statement for many; a version without any left counts nowhere."""
    accepted_class(empty_instance)
    with empty_instance.transaction() as session:
        other = session.scalars(sa.select(Unit.id).where(Unit.code == "MAU-TH-02")).one()
        chosen = session.scalars(sa.select(RecordVersion.id).order_by(RecordVersion.id).limit(5)).all()
        moved = sa.update(RecordVersion).where(RecordVersion.id.in_(chosen))
        session.execute(moved.values(issuing_unit_id=other, class_name="1C", awaits_assessment=True))
        assert list(counts_audit.flaws(session)) == []
        kept = session.get_one(ClassCount, (YEAR, other, "1C"))
        assert (kept.accepted, kept.second_accepted) == (5, 5)
        assert session.get_one(SchoolCount, (YEAR, other)).accepted == 5
        spare = session.get_one(RecordVersion, chosen[0])
        pupil = session.get_one(YearRecordRow, spare.year_record_id).transcript_id
        years = [YearRecordRow(transcript_id=pupil, school_year=year) for year in ("2023-2024", "2024-2025")]
        session.add_all(years)
        session.flush()
        copy = another(session, spare, 1, year_record_id=years[0].id)
        assert list(counts_audit.flaws(session)) == []
        copy.year_record_id = years[1].id
        session.flush()
        assert list(counts_audit.flaws(session)) == []
        assert session.scalars(
            sa.select(CountedYear.year_record_id).where(CountedYear.version_id == copy.id)
        ).all() == [years[1].id]
        session.delete(copy)
        session.flush()
        assert list(counts_audit.flaws(session)) == []
        assert session.scalars(sa.select(ClassCount.draft).where(ClassCount.school_year != YEAR)).all() == [0, 0]


def another(session: Session, held: RecordVersion, version: int, **values: object) -> RecordVersion:
    """One more version of a year, as a draft."""
    columns = {each.key: getattr(held, each.key) for each in sa.inspect(RecordVersion).column_attrs if each.key != "id"}
    made = RecordVersion(**{**columns, "version": version, "state": "draft", "accepted_at": None, **values})
    session.add(made)
    session.flush()
    return made


def test_two_who_change_one_year_at_once_are_both_counted(empty_instance: DemoInstance) -> None:
    """One brings a new version in and has not committed yet when the other withdraws the one before."""
    packet = accepted_class(empty_instance)
    with empty_instance.reading() as session:
        held = versions(session, code_of(empty_instance))[0].id
    began = Event()

    def withdrawing() -> None:
        with empty_instance.transaction() as session:
            began.set()
            withdraw(session, clerk(session), packet, [held], "nhập nhầm", NOW)

    with ThreadPoolExecutor(1) as pool:
        with empty_instance.transaction() as session:
            another(session, session.get_one(RecordVersion, held), 2)
            waiting = pool.submit(withdrawing)
            began.wait(10)
            # Longer than withdrawing takes when nothing holds it.
            with pytest.raises(TimeoutError):
                waiting.result(1)
        waiting.result(30)
    assert counted(empty_instance) == Counts(accepted=CLASS - 1, draft=1)


Spoiling = Callable[[Session], object]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda session: session.execute(sa.update(ClassCount).values(second_locked=3)),
        lambda session: session.execute(sa.update(SchoolCount).values(withdrawn=1)),
        lambda session: session.execute(sa.update(CountedYear).values(version_id=CountedYear.version_id + 1)),
        lambda session: session.execute(sa.update(CountedYear).values(second_round=True)),
        lambda session: session.execute(sa.delete(CountedYear).where(CountedYear.state == "locked")),
    ],
    ids=["class", "school", "version", "round", "year"],
)
def test_the_audit_finds_what_was_changed_by_hand(instance: DemoInstance, spoil: Spoiling) -> None:
    with Session(instance.engine) as session:
        assert list(counts_audit.flaws(session)) == []
        spoil(session)
        (flaw,) = {each.detail.split()[0] for each in counts_audit.flaws(session)}
        assert flaw == YEAR


@pytest.mark.parametrize("backend", list(Backend))
def test_what_was_there_before_is_counted_anew(backend: Backend, tmp_path: Path) -> None:
    """A pupil locked and being corrected, one assessed, one replaced and withdrawn: three pupils of seven versions."""
    lives = (
        (("locked", False, "2026-06-20"), ("accepted", False, "2026-07-20")),
        (("replaced", True, "2026-06-20"), ("replaced", False, None), ("accepted", False, "2026-07-25")),
        (("replaced", False, None), ("withdrawn", False, None)),
    )
    with fresh_database(backend, tmp_path) as url:
        engine = open_engine(url)
        with engine.begin() as connection:
            upgrade_within(connection, "0028")
            guards = guards_off(connection)
            for statement, values in rows_of_before(lives):
                connection.execute(sa.text(statement), values)
            guards_on(connection, guards)
        with engine.begin() as connection:
            upgrade_within(connection, "0037")
        with Session(engine) as session:
            assert list(counts_audit.flaws(session)) == []
            school = session.get_one(SchoolCount, (YEAR, 1))
            assert (school.locked, school.accepted, school.withdrawn, school.draft) == (1, 1, 1, 0)
            assert (school.second_locked, school.second_accepted, school.second_open) == (0, 1, 0)
            kept = session.execute(sa.select(CountedYear.version_id, CountedYear.day).order_by(CountedYear.version_id))
            assert [tuple(row) for row in kept] == [(1, date(2026, 6, 20)), (5, date(2026, 7, 25)), (7, None)]
        engine.dispose()


Life = tuple[tuple[str, bool, str | None], ...]


def rows_of_before(lives: tuple[Life, ...]) -> list[tuple[str, dict[str, object]]]:
    """A school with one packet, and the versions of each pupil's year."""
    rows: list[tuple[str, dict[str, object]]] = [
        (
            "INSERT INTO unit (id, code, kind, name, valid_from) VALUES (1, 'S', 'primary', 'Tên mẫu', '2025-07-01')",
            {},
        ),
        ("INSERT INTO blob (sha256, data) VALUES ('00', :data)", {"data": b"mau"}),
        (
            "INSERT INTO packet (id, unit_id, school_year, class_name, grade, file_sha256, report, created_at)"
            " VALUES (1, 1, :year, '1A', 1, '00', '{}', '2026-06-01 00:00:00+00:00')",
            {"year": YEAR},
        ),
    ]
    number = 0
    for pupil, life in enumerate(lives, 1):
        rows += [
            (
                "INSERT INTO transcript (id, lookup_code, full_name, birth_date, managing_unit_id, created_at)"
                " VALUES (:id, :code, 'Mẫu', '2016-01-01', 1, '2026-06-01 00:00:00+00:00')",
                {"id": pupil, "code": f"{pupil:032d}"},
            ),
            (
                "INSERT INTO year_record (id, transcript_id, school_year) VALUES (:id, :id, :year)",
                {"id": pupil, "year": YEAR},
            ),
        ]
        for version, (state, awaits, day) in enumerate(life, 1):
            number += 1
            rows.append(
                (
                    "INSERT INTO record_version (id, year_record_id, version, state, packet_id, issuing_unit_id,"
                    " issuing_unit_name, grade, class_name, full_name, search_name, sort_name, root_sha256,"
                    " created_at, accepted_at, awaits_assessment) VALUES (:id, :year, :version, :state, 1, 1, 'mẫu', 1,"
                    " '1A', 'Mẫu', 'mau', 'mau', '00', '2026-06-01 00:00:00+00:00', :accepted, :awaits)",
                    {
                        "id": number,
                        "year": pupil,
                        "version": version,
                        "state": state,
                        # 23:00 UTC of the day before is the day itself in the province.
                        "accepted": f"{day} 01:00:00+00:00" if day else None,
                        "awaits": awaits,
                    },
                )
            )
    return rows
