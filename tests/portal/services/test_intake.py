"""A class comes in: per-row results, the same file twice, pupils found again, replacing, nothing half-written."""

import io
import json
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.errors import Problem, Refused
from portal.identity import Appointment, Identity, StaffRole
from portal.models import Blob, Packet, RecordVersion, State, StateChange, Transcript, YearRecordRow
from portal.services.intake import import_class
from portal.workbooks.lessons import NO_LESSONS
from portal.workbooks.refusals import WorkbookProblem, WorkbookRefused
from tests.instances import NOW, SCHOOL, WORKBOOKS, DemoInstance, fresh_code
from verify.record.codec import from_bytes
from verify.record.findings import FindingCode


def codes_of(instance: DemoInstance) -> list[str]:
    with instance.reading() as session:
        return list(session.scalars(sa.select(Transcript.lookup_code).order_by(Transcript.id)))


@pytest.mark.parametrize(("file", "pupils"), [("lop-4A1.xlsx", 34), ("lop-5D.xlsx", 36), ("lop-1B.xlsx", 31)])
def test_clean_classes_are_accepted_whole(empty_instance: DemoInstance, file: str, pupils: int) -> None:
    taken = empty_instance.take_in(WORKBOOKS / file)
    assert (taken.accepted, taken.refused) == (pupils, 0)
    assert [row.pupil for row in taken.rows] == list(range(1, pupils + 1))
    assert len({row.lookup_code for row in taken.rows}) == pupils
    with empty_instance.reading() as session:
        rows = session.execute(
            sa.select(RecordVersion, Transcript.lookup_code)
            .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
            .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        ).all()
        for version, code in rows:
            record = from_bytes(session.get_one(Blob, version.root_sha256).data)
            assert record.lookup_code == code
            assert (record.full_name, record.class_name) == (version.full_name, version.class_name)
            assert record.sample
            assert version.state == State.DRAFT.value


def test_a_faulty_row_never_sinks_the_class(empty_instance: DemoInstance) -> None:
    faults = json.loads((WORKBOOKS / "lop-3A2-loi.faults.json").read_text(encoding="utf-8"))
    faulty = {fault["pupil"] for fault in faults if fault["severity"] == "error"}
    taken = empty_instance.take_in(WORKBOOKS / "lop-3A2-loi.xlsx")
    refused = {row.pupil for row in taken.rows if row.refused}
    assert faulty <= refused
    # the duplicate's other half is refused as well (design §9.11), and nobody else
    assert len(refused - faulty) <= 1
    assert taken.accepted == len(codes_of(empty_instance))
    assert all(row.lookup_code is None for row in taken.rows if row.refused)


def test_the_same_file_twice_is_one_packet(empty_instance: DemoInstance) -> None:
    first = empty_instance.take_in(WORKBOOKS / "lop-4A1.xlsx")
    again = empty_instance.take_in(WORKBOOKS / "lop-4A1.xlsx")
    assert again == first
    assert len(codes_of(empty_instance)) == 34


def test_new_pupils_are_told_so_and_known_ones_keep_their_code(empty_instance: DemoInstance) -> None:
    first = empty_instance.take_in(WORKBOOKS / "lop-4A1.xlsx")
    assert all(any(found.code is FindingCode.NEW_PUPIL for found in row.findings) for row in first.rows)
    known = empty_instance.take_in(with_changed_mark(WORKBOOKS / "lop-4A1.xlsx"))
    assert not any(found.code is FindingCode.NEW_PUPIL for row in known.rows for found in row.findings)
    assert [row.lookup_code for row in known.rows] == [row.lookup_code for row in first.rows]


def test_a_file_of_another_year_is_refused_whole(empty_instance: DemoInstance) -> None:
    with pytest.raises(WorkbookRefused) as refused:
        empty_instance.take_in(WORKBOOKS / "lop-4A1.xlsx", year="2026-2027")
    assert refused.value.problem is WorkbookProblem.OTHER_SCHOOL_YEAR
    assert codes_of(empty_instance) == []


def test_a_changed_file_replaces_drafts_and_keeps_every_version(empty_instance: DemoInstance) -> None:
    first = empty_instance.take_in(WORKBOOKS / "lop-4A1.xlsx")
    changed = with_changed_mark(WORKBOOKS / "lop-4A1.xlsx")
    second = empty_instance.take_in(changed)
    assert second.packet != first.packet
    assert [row.lookup_code for row in second.rows] == [row.lookup_code for row in first.rows]
    with empty_instance.reading() as session:
        states = session.execute(sa.select(RecordVersion.state, sa.func.count()).group_by(RecordVersion.state))
        assert dict(states.all()) == {State.DRAFT.value: 34, State.REPLACED.value: 1}
        newest = session.scalars(sa.select(RecordVersion).where(RecordVersion.version == 2)).one()
        record = from_bytes(session.get_one(Blob, newest.root_sha256).data)
        before = session.scalars(
            sa.select(RecordVersion).where(
                RecordVersion.year_record_id == newest.year_record_id, RecordVersion.version == 1
            )
        ).one()
        assert record.replaces == before.root_sha256
        assert (
            session.scalar(
                sa.select(sa.func.count()).select_from(StateChange).where(StateChange.to_state == State.REPLACED.value)
            )
            == 1
        )


def with_changed_mark(path: Path) -> bytes:
    """The same workbook with the first pupil's first comment changed, through the ZIP's XML."""
    made = io.BytesIO()
    done = False
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if not done and "Nắm chắc kiến thức".encode() in data:
                data = data.replace("Nắm chắc kiến thức".encode(), "Nắm rất chắc kiến thức".encode(), 1)
                done = True
            target.writestr(name, data)
    return made.getvalue()


def test_another_school_may_not_take_the_same_year(empty_instance: DemoInstance) -> None:
    empty_instance.take_in(WORKBOOKS / "lop-4A1.xlsx")
    other = empty_instance.take_in(WORKBOOKS / "lop-4A1.xlsx", school="MAU-TH-02")
    assert other.accepted == 0
    assert {found.code for row in other.rows for found in row.findings} >= {FindingCode.OTHER_SCHOOLS_YEAR}


def test_locked_content_stays(instance: DemoInstance) -> None:
    again = instance.take_in(with_changed_mark(WORKBOOKS / "lop-4A1.xlsx"))
    codes = {found.code for row in again.rows for found in row.findings}
    assert FindingCode.ALREADY_LOCKED in codes


@pytest.mark.parametrize(
    "data", [b"", b"no workbook", b"PK\x03\x04 broken", b"%PDF-1.7\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)]
)
def test_what_is_no_workbook_leaves_nothing(empty_instance: DemoInstance, data: bytes) -> None:
    with pytest.raises(WorkbookRefused):
        empty_instance.take_in(data)
    with empty_instance.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Packet)) == 0


def test_only_staff_of_the_school_may_import(empty_instance: DemoInstance) -> None:
    neighbour = Identity(9, "hàng xóm", (Appointment("MAU-TH-02", StaffRole.CLERK),))
    with pytest.raises(Refused) as refused, empty_instance.transaction() as session:
        import_class(
            session,
            neighbour,
            empty_instance.runtime.sandbox,
            (WORKBOOKS / "lop-4A1.xlsx").read_bytes(),
            school_code=SCHOOL,
            school_year="2025-2026",
            grade=None,
            lessons=NO_LESSONS,
            sample=True,
            new_code=fresh_code,
            now=NOW,
        )
    assert refused.value.problem is Problem.NOT_ALLOWED
    assert codes_of(empty_instance) == []


@pytest.mark.parametrize("year", ["2025", "2025-2027", "2025-26", "năm nay", "٢٠٢٥-٢٠٢٦"])
def test_a_school_year_is_a_year_and_the_next(empty_instance: DemoInstance, year: str) -> None:
    with pytest.raises(Refused) as refused:
        empty_instance.take_in(WORKBOOKS / "lop-4A1.xlsx", year=year)
    assert refused.value.problem is Problem.BAD_SCHOOL_YEAR
