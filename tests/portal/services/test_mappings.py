"""What was taught reaches every way in, one school only its own; and it is forgotten with its file."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.demo.units import SCHOOL
from portal.errors import Refused
from portal.identity import Appointment, Identity, StaffRole
from portal.models import Account, HeadingAlias, HeadingMapping, Upload, UploadState
from portal.services import aliases, mappings, uploads
from portal.services.layout_store import to_json
from portal.services.lessons import lessons_of
from portal.workbooks.layouts import open_class
from portal.workbooks.refusals import WorkbookProblem, WorkbookRefused
from tests.instances import NOW, DemoInstance
from tests.portal.workbooks.build import SheetPlan, grid, pupil, workbook
from tests.portal.workbooks.vendors import EXTRA, their_file

NEIGHBOUR = "MAU-TH-02"


def person(session: Session, role: StaffRole, unit: str) -> Identity:
    account = session.scalars(sa.select(Account).order_by(Account.id)).first()
    assert account is not None
    return Identity(account.id, account.display_name, (Appointment(unit, role),))


def official(session: Session) -> Identity:
    return person(session, StaffRole.DEPARTMENT_ADMIN, "MAU-SO")


def waiting(instance: DemoInstance, data: bytes) -> int:
    """An upload that waits to be told, as the job leaves it."""
    with instance.transaction() as session:
        clerk = person(session, StaffRole.CLERK, SCHOOL)
        file = uploads.NewFile(data, "xuat.xlsx", SCHOOL, "2025-2026", None)
        upload_id = uploads.receive(session, clerk, file, NOW).upload_id
        assert upload_id is not None
        upload = session.get_one(Upload, upload_id)
        held, lessons = mappings.to_try(session, upload)
    opened = instance.runtime.sandbox.run(open_class, held.data, lessons, None)
    assert opened.layout is not None
    with instance.transaction() as session:
        upload = session.get_one(Upload, upload_id)
        upload.state, upload.layout = UploadState.MAPPING.value, to_json(opened.layout)
    return upload_id


def teach(instance: DemoInstance, upload_id: int) -> None:
    with instance.transaction() as session:
        clerk = person(session, StaffRole.CLERK, SCHOOL)
        _upload, layout = mappings.asked(session, clerk, upload_id)
        extra = next(column.index for column in layout.tables[0].columns if column.heading == EXTRA)
        said = {0: {**mappings.suggested(layout)[0], extra: "ignored"}}
        mappings.apply(session, clerk, upload_id, said, NOW)


def test_the_command_line_reads_by_what_a_school_taught_and_no_other_school_does(empty_instance: DemoInstance) -> None:
    with pytest.raises(WorkbookRefused) as caught:
        empty_instance.take_in(their_file())
    assert caught.value.problem is WorkbookProblem.NO_HEADER
    teach(empty_instance, waiting(empty_instance, their_file()))
    assert empty_instance.take_in(their_file()).accepted == 3
    with pytest.raises(WorkbookRefused):
        empty_instance.take_in(their_file(7, 8), school=NEIGHBOUR)
    with empty_instance.reading() as session:
        assert len(lessons_of(session, SCHOOL).shapes) == 1
        assert not lessons_of(session, NEIGHBOUR).shapes


def test_the_command_line_reads_by_what_the_department_taught(empty_instance: DemoInstance) -> None:
    names = {"Toán": "MH_01"}
    cells = [{names.get(key, key): value for key, value in pupil(number).items()} for number in (1, 2)]
    data = workbook(SheetPlan("4A1", [["Lớp 4A1"], *grid(cells)]))
    assert empty_instance.take_in(data).accepted == 0, "the level of Toán is missing in every row"
    with empty_instance.transaction() as session:
        aliases.add(session, official(session), "mh 01", "subjects.toan.level", NOW)
    assert empty_instance.take_in(data, school=NEIGHBOUR).accepted == 2


def test_choices_that_lose_a_column_are_refused_below_the_form_too(empty_instance: DemoInstance) -> None:
    upload_id = waiting(empty_instance, their_file())
    with empty_instance.transaction() as session:
        clerk = person(session, StaffRole.CLERK, SCHOOL)
        with pytest.raises(Refused):
            mappings.apply(session, clerk, upload_id, {}, NOW)
    with empty_instance.reading() as session:
        assert session.scalars(sa.select(HeadingMapping)).all() == []
        assert session.get_one(Upload, upload_id).state == UploadState.MAPPING


def test_taught_twice_alike_it_is_one_mapping(empty_instance: DemoInstance) -> None:
    for _twice in range(2):
        teach(empty_instance, waiting(empty_instance, their_file()))
        with empty_instance.transaction() as session:
            session.execute(sa.update(Upload).values(state=UploadState.DISCARDED.value))
    with empty_instance.reading() as session:
        assert len(session.scalars(sa.select(HeadingMapping)).all()) == 1


def test_a_file_that_nobody_explained_is_forgotten_with_its_values(empty_instance: DemoInstance) -> None:
    upload_id = waiting(empty_instance, their_file())
    with empty_instance.transaction() as session:
        assert uploads.expire(session, NOW + uploads.WAITS + timedelta(seconds=1)) == 1
    with empty_instance.reading() as session:
        upload = session.get_one(Upload, upload_id)
        assert (upload.state, upload.data, upload.layout) == (UploadState.EXPIRED, None, None)


def test_the_database_keeps_one_meaning_and_one_mapping_in_use(empty_instance: DemoInstance) -> None:
    teach(empty_instance, waiting(empty_instance, their_file()))
    with empty_instance.transaction() as session:
        aliases.add(session, official(session), "MH_01", "subjects.toan", NOW)
    with empty_instance.reading() as session:
        held = session.scalars(sa.select(HeadingMapping)).one()
        again = {
            key: getattr(held, key) for key in ("unit_id", "shape", "sheet", "depth", "columns", "made_by", "made_at")
        }
    with pytest.raises(IntegrityError), empty_instance.transaction() as session:
        session.add(HeadingMapping(**again, ended_by=None, ended_at=None))
    with empty_instance.reading() as session:
        by = official(session).account_id
    second = HeadingAlias(spelling="x", folded="mh 01", path="full_name", added_by=by, added_at=NOW)
    with pytest.raises(IntegrityError), empty_instance.transaction() as session:
        session.add(second)
