"""A clerk's upload on its way through the jobs, and what stands in the tables meanwhile."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.demo.classes import class_workbook, demo_pupils
from portal.demo.units import SCHOOL
from portal.identity import Appointment, Identity, StaffRole
from portal.jobs.work import Bench, perform
from portal.models import Account, Job, Packet, RecordVersion, Upload
from portal.services import uploads
from portal.services.uploads import Choice, NewFile
from tests.instances import NOW, WORKBOOKS

DATA = (WORKBOOKS / "lop-4A1.xlsx").read_bytes()
YEAR = "2025-2026"
ROWS = 200
LARGE = class_workbook("1A3", 1, demo_pupils(ROWS, 2019, 79), 79)


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def clerk(session: Session) -> Identity:
    account = session.scalars(sa.select(Account).where(Account.username == "th01.vanthu")).one()
    return Identity(account.id, account.display_name, (Appointment(SCHOOL, StaffRole.CLERK),))


def received(bench: Bench, data: bytes = DATA) -> tuple[int, int]:
    """Upload and job."""
    with Session(bench.engine) as session, session.begin():
        made = uploads.receive(session, clerk(session), NewFile(data, "a.xlsx", SCHOOL, YEAR, None), bench.clock())
    assert made.upload_id is not None
    assert made.job_id is not None
    return made.upload_id, made.job_id


def confirmed(bench: Bench, data: bytes = DATA) -> tuple[int, int]:
    """An upload that was read and confirmed, and the job that takes it in."""
    upload_id, job_id = received(bench, data)
    perform(bench, job_id)
    with Session(bench.engine) as session, session.begin():
        comparison, _held = uploads.compared(session, session.get_one(Upload, upload_id))
        job = uploads.confirm(session, clerk(session), upload_id, Choice.ALL, comparison.digest, bench.clock())
    assert job is not None
    return upload_id, job


def job_of(bench: Bench, job_id: int) -> Job:
    with Session(bench.engine) as session:
        return session.get_one(Job, job_id)


def upload_of(bench: Bench, upload_id: int) -> Upload:
    with Session(bench.engine) as session:
        return session.get_one(Upload, upload_id, options=[sa.orm.undefer(Upload.data), sa.orm.undefer(Upload.judged)])


def stored(bench: Bench) -> tuple[int, int]:
    with Session(bench.engine) as session:
        packets = session.scalar(sa.select(sa.func.count()).select_from(Packet)) or 0
        return packets, session.scalar(sa.select(sa.func.count()).select_from(RecordVersion)) or 0
