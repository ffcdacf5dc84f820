"""The world of the web's tests: a demo instance with a few records in each state, once per database backend.

Cast: the clerk and the head of the school that owns the records; the department; a colleague of another school, who
must never see them; a stranger with a code (a parent), and one without.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from portal.app import assemble
from portal.database import open_engine
from portal.demo.units import DECISION, SCHOOL
from portal.demo.world import Login, read_logins
from portal.identity import SYSTEM
from portal.instance import create_instance, demo_founding
from portal.models import RecordVersion, State, Transcript, YearRecordRow
from portal.runtime import Runtime, demo_signer, open_runtime
from portal.services import organisation
from portal.services.intake import take_in
from portal.services.life import Act
from portal.services.locking import lock_packet
from portal.services.signing import sign_packet
from portal.services.transitions import change_state
from portal.settings import Settings
from portal.workbooks.judging import JudgedClass, JudgedPupil
from tests.client import Browser
from tests.databases import Backend, copy_database, fresh_database
from tests.factories import year_record
from verify.canonical import sha256
from verify.code import new_code
from verify.record.model import YearRecord
from verify.signing import Role

URL: Final = "https://hocba.mau.invalid"
NOW: Final = datetime(2026, 8, 20, 3, 0, tzinfo=UTC)
CLERK, HEAD, DEPARTMENT, NEIGHBOUR = "th01.vanthu", "th01.hieutruong", "so.quantri", "th02.vanthu"
OWNERS: Final = (CLERK, HEAD, DEPARTMENT)
LOCKED_NAME: Final = "Nguyễn Thị Ngọc Uyên"


@dataclass(frozen=True, slots=True)
class Codes:
    """Lookup codes by how far their records have come. locked: two years; unknown: of nobody."""

    locked: str
    accepted: str
    draft: str
    withdrawn: str
    unknown: str

    @property
    def silent(self) -> dict[str, str]:
        """Codes that tell a stranger nothing, by why."""
        return {
            "accepted": self.accepted,
            "draft": self.draft,
            "withdrawn": self.withdrawn,
            "unknown": self.unknown,
        }


@dataclass(frozen=True, slots=True)
class World:
    """An application over a database of its own. template: what each test's copy is made from."""

    backend: Backend
    app: Flask
    runtime: Runtime
    template: str
    codes: Codes
    logins: dict[str, Login]

    def browser(self, *, address: str = "192.0.2.7", https: bool = False) -> Browser:
        """A browser of a stranger."""
        return Browser(self.app, address=address, https=https)

    def signed_in(self, username: str, *, https: bool = False) -> Browser:
        """A browser in which one of the cast has signed in through the page."""
        browser = self.browser(https=https)
        page = browser.get("/dang-nhap")
        browser.submit(page, "/dang-nhap", {"username": username, "password": self.logins[username].password})
        return browser

    @property
    def engine(self) -> sa.Engine:
        engine: sa.Engine = self.app.extensions["hocba"].engine
        return engine

    def renew(self) -> None:
        """A fresh copy of the database."""
        self.engine.dispose()
        copy_database(self.runtime.settings.database_url, self.template)


@contextmanager
def made_world(backend: Backend, folder: Path) -> Iterator[World]:
    """Make the world: one instance, filled through the services; its application on a second database."""
    (folder / "template").mkdir(parents=True)
    (folder / "live").mkdir()
    with (
        fresh_database(backend, folder / "template") as template,
        fresh_database(backend, folder / "live") as live,
    ):
        settings = Settings(data=folder / "instance", database_url=template, sandbox_workers=1)
        create_instance(settings, demo_founding(URL), NOW)
        runtime = open_runtime(settings.model_copy(update={"database_url": live}), NOW)
        try:
            codes = _fill(template, runtime)
            logins = {login.username: login for login in read_logins(settings.data)}
            yield World(backend, assemble(runtime), runtime, template, codes, logins)
        finally:
            runtime.close()


def _fill(url: str, runtime: Runtime) -> Codes:
    engine = open_engine(url, runtime.settings.data)
    try:
        with Session(engine) as session, session.begin():
            return Codes(
                locked=_pupil(session, runtime, State.LOCKED, year_record(4), year_record(5)),
                accepted=_pupil(session, runtime, State.ACCEPTED, _other("Trần Đăng Khôi", 1)),
                draft=_pupil(session, runtime, State.DRAFT, _other("Lê Khả Ái", 2)),
                withdrawn=_pupil(session, runtime, State.WITHDRAWN, _other("Võ Gia Hân", 3)),
                unknown=_fresh_code(),
            )
    finally:
        engine.dispose()


def _other(name: str, number: int) -> YearRecord:
    return year_record(4, full_name=name, personal_id=f"08731500900{number}", moet_student_code=f"871234900{number}")


def _pupil(session: Session, runtime: Runtime, goal: State, *years: YearRecord) -> str:
    """Bring the years of one pupil to a state, each as a class of its own; returns the lookup code."""
    school = organisation.unit(session, SCHOOL)
    code = _fresh_code()
    for record in years:
        rows = (JudgedPupil(row=5, pupil=1, content=record, findings=()),)
        judged = JudgedClass(class_name=record.class_name, grade=record.grade, rows=rows, findings=())
        digest = sha256(f"{record.full_name} {record.school_year}".encode())
        taken = take_in(session, SYSTEM, school, record.school_year, judged, digest, lambda: code, NOW)
        assert taken.packet is not None, taken
        if goal is not State.DRAFT:
            _sign(session, runtime, taken.packet)
        if goal is State.LOCKED:
            _lock(session, runtime, taken.packet)
        if goal is State.WITHDRAWN:
            _withdraw(session, code)
    return code


def locked_class(
    session: Session, runtime: Runtime, records: Sequence[YearRecord], school: str = SCHOOL
) -> tuple[str, ...]:
    """A whole class of one year, signed and locked; returns the lookup codes."""
    codes: list[str] = []

    def fresh() -> str:
        codes.append(_fresh_code())
        return codes[-1]

    rows = tuple(JudgedPupil(5 + each, 1 + each, record, ()) for each, record in enumerate(records))
    first = records[0]
    judged = JudgedClass(class_name=first.class_name, grade=first.grade, rows=rows, findings=())
    digest = sha256(f"{first.class_name} {len(records)}".encode())
    taken = take_in(session, SYSTEM, organisation.unit(session, school), first.school_year, judged, digest, fresh, NOW)
    assert taken.packet is not None, taken
    _sign(session, runtime, taken.packet, len(records), school)
    _lock(session, runtime, taken.packet)
    return tuple(codes)


def _sign(session: Session, runtime: Runtime, packet: int, count: int = 1, school: str = SCHOOL) -> None:
    assert runtime.authority is not None
    signers = {role: demo_signer(runtime.authority, school, role, NOW) for role in (Role.HEAD, Role.SCHOOL_SEAL)}
    signed = sign_packet(session, SYSTEM, packet, signers, runtime.trust(NOW), NOW)
    assert signed.accepted == count, signed


def _lock(session: Session, runtime: Runtime, packet: int) -> None:
    lock_packet(
        session,
        SYSTEM,
        packet,
        decision=DECISION,
        log_signer=runtime.log_signer,
        salt=lambda: secrets.token_bytes(32),
        now=NOW,
    )


def _withdraw(session: Session, code: str) -> None:
    version = session.scalars(
        sa.select(RecordVersion)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .where(Transcript.lookup_code == code)
    ).one()
    change_state(session, version, Act.WITHDRAW, actor="trường", reason="nhập nhầm lớp", now=NOW)


def _fresh_code() -> str:
    return new_code(secrets.token_bytes(16))
