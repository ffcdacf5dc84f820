"""Reports of the plan: each number agrees with the records counted again, and with what corrections make of them."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import Identity, StaffRole
from portal.models import Blob, CorrectionKind, FindingCount, Packet, RecordVersion, ResultCursor, State, Unit
from portal.services import result_counting, statistics
from portal.services.progress import Counts
from portal.services.result_counting import count_some
from portal.workbooks.container import software_of
from portal.workbooks.table_file import Sheet, tables_file
from tests.instances import SCHOOL, WORKBOOKS, DemoInstance
from tests.portal import correcting
from tests.portal.officials import YEAR, person

AT: Final = datetime(2026, 7, 20, 2, 0, tzinfo=UTC)


def official(session: Session) -> Identity:
    return person(session, "so.quantri")


def clerk(session: Session) -> Identity:
    return person(session, "th01.vanthu", StaffRole.CLERK, SCHOOL)


def counted(instance: DemoInstance) -> None:
    for _ in range(100):
        with instance.transaction() as session:
            if not count_some(session):
                return
    raise AssertionError("it never ends")


def shown(session: Session, who: Identity, commune: str = "", school: str = "") -> dict[tuple[int, str, str], int]:
    at = statistics.place(session, who, commune, school, AT)
    items = statistics.results(session, at, YEAR).items
    return {(grade, item, value): n for (grade, item), values in items.items() for value, n in values.items()}


def again(session: Session) -> dict[tuple[int, str, str], int]:
    """The same from the signed bytes, read as plain JSON: locked versions that no act has ended."""
    rows = session.execute(
        sa.text(
            "SELECT blob.data FROM record_version v JOIN blob ON blob.sha256 = v.root_sha256"
            " JOIN year_record y ON y.id = v.year_record_id WHERE v.state = 'locked' AND y.school_year = :year"
            " AND NOT EXISTS (SELECT 1 FROM record_standing s WHERE s.version_id = v.id"
            " AND s.state IN ('superseded', 'revoked'))"
        ).columns(Blob.data),
        {"year": YEAR},
    )
    found: Counter[tuple[int, str, str]] = Counter()
    for (data,) in rows:
        record: dict[str, Any] = json.loads(data)
        for section in ("subjects", "qualities", "competences"):
            for code, entry in record[section].items():
                found[record["grade"], f"{section}.{code}.level", entry["level"]] += 1
                if entry.get("score") is not None:
                    found[record["grade"], f"{section}.{code}.score", str(entry["score"])] += 1
        found[record["grade"], "overall_result", record["overall_result"]] += 1
        for item in ("programme_completed", "promoted"):
            if record[item] is not None:
                found[record["grade"], item, "có" if record[item] else "không"] += 1
    return dict(found)


def test_results_agree_with_the_signed_bytes_and_follow_corrections(instance: DemoInstance) -> None:
    with instance.reading() as session:
        assert result_counting.behind(session) > 0
        assert shown(session, official(session)) == {}
    counted(instance)
    counted(instance)  # once more changes nothing
    with instance.reading() as session:
        before = shown(session, official(session))
        assert (
            before
            == again(session)
            == shown(session, clerk(session))
            == shown(session, official(session), school=SCHOOL)
        )
        assert sum(n for (_grade, item, _value), n in before.items() if item == "overall_result") > 30
        assert result_counting.behind(session) == 0
    correcting.switch(instance)
    correcting.supersession(instance, correcting.code_of(instance), 7)
    revoked = correcting.begin(instance, correcting.code_of(instance, 1), CorrectionKind.REVOKE)
    correcting.confirm(instance, revoked)
    correcting.effect(instance)
    counted(instance)
    with instance.reading() as session:
        after = shown(session, official(session))
        assert after == again(session)
        assert after != before
        assert all(n > 0 for n in after.values())


def test_a_batch_that_is_rolled_back_counts_nothing(instance: DemoInstance) -> None:
    with Session(instance.engine) as session:
        count_some(session)
        session.rollback()
        assert session.scalar(sa.select(ResultCursor.next_index)) == 0
        assert shown(session, official(session)) == {}


def test_progress_agrees_with_the_records(instance: DemoInstance) -> None:
    instance.take_in(WORKBOOKS / "lop-1B.xlsx")
    with instance.reading() as session:
        states: dict[str, int] = dict(
            session.execute(sa.select(RecordVersion.state, sa.func.count()).group_by(RecordVersion.state)).all()
        )
        for who in (official(session), clerk(session)):
            at = statistics.place(session, who, "", "", AT)
            lines = statistics.progress(session, who, at, YEAR, AT)
            total = sum((line.counts for line in lines), Counts())
            assert {state: total.of(State(state)) for state in states} == states
        whole = statistics.progress(
            session, official(session), statistics.place(session, official(session), "", "", AT), YEAR, AT
        )
        assert sum(line.silent for line in whole) == sum(line.schools for line in whole) - 1


def test_findings_agree_with_the_receipts(instance: DemoInstance) -> None:
    instance.take_in(WORKBOOKS / "lop-1B.xlsx")
    with instance.reading() as session:
        expected: Counter[tuple[str, str]] = Counter()
        for report in session.scalars(sa.select(Packet.report)):
            for found in (*report["findings"], *(each for row in report["rows"] for each in row["findings"])):
                if found["code"] != "new_pupil":
                    expected[found["code"], found["severity"]] += 1
        at = statistics.place(session, official(session), "", "", AT)
        told = statistics.findings(session, at, YEAR)
        assert expected
        assert told.by_code == expected
        for table in (told.by_unit, told.by_software):
            assert sum(errors + warnings for _name, errors, warnings in table) == expected.total()
        named = set(session.scalars(sa.select(FindingCount.software)))
        assert named == {software_of((WORKBOOKS / f"{name}.xlsx").read_bytes()) or "" for name in ("lop-4A1", "lop-1B")}


def test_who_sees_how_much(instance: DemoInstance) -> None:
    with instance.reading() as session:
        other = person(session, "th02.vanthu", StaffRole.CLERK, "MAU-TH-02")
        ministry = Identity(990, "cán bộ của Bộ (mẫu)", other.appointments[:0])
        parent = Identity(991, "phụ huynh (mẫu)", (), frozenset({1}))
        for who in (ministry, parent):
            with pytest.raises(NotFound):
                statistics.place(session, who, "", "", AT)
        with pytest.raises(NotFound):
            statistics.place(session, other, "", SCHOOL, AT)
        own = session.scalars(sa.select(Unit.id).where(Unit.code == "MAU-TH-02")).one()
        assert statistics.place(session, other, "", "", AT).units == {own}
        ministry = person(session, "so.quantri", StaffRole.MINISTRY)
        assert statistics.place(session, ministry, "", "", AT).whole


def test_the_software_is_named_and_the_person_never() -> None:
    made = tables_file([Sheet("a", ["b"], [["c"]])])
    assert software_of(made) == "Microsoft Excel"  # as xlsxwriter says of its files
    assert software_of(b"PK\x03\x04 nothing") is None
    assert software_of(b"") is None
