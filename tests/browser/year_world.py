"""The world of the year's journey: a demo whose clock the test turns, with one class of grade 5 signed in time."""

import os
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from portal.app import assemble
from portal.database import open_engine
from portal.demo.classes import class_workbook, demo_pupils
from portal.demo.units import SCHOOL
from portal.demo.world import read_logins
from portal.identity import SYSTEM
from portal.instance import create_instance, demo_founding
from portal.models import RecordVersion, Transcript, YearRecordRow
from portal.runtime import Runtime, demo_signer, open_runtime
from portal.services.intake import import_class
from portal.services.signing import sign_packet
from portal.settings import Settings, database_url
from portal.web import clock
from portal.workbooks.lessons import NO_LESSONS
from tests.browser.conftest import Portal
from tests.browser.year_people import Year
from tests.databases import Backend
from tests.portal.signers.tokens import PIN, SoftHsm, all_of
from tests.portal.worlds import URL, Codes, World
from verify.code import new_code
from verify.signing import Role

ROOT: Final = Path(__file__).parents[2]
SCHOOL_YEAR: Final = "2025-2026"
FOUNDED: Final = datetime(2026, 5, 4, 1, 0, tzinfo=UTC)
GRADE_FIVE: Final = 6
SIGNED_BY: Final = (Role.HEAD, Role.SCHOOL_SEAL)
# The tool reads the clock of the machine beside the token; here that one stands in the journey's year too.
_TOOL: Final = (
    "import portal.cli.offline as tool; from datetime import datetime; "
    "moment = datetime.fromisoformat({!r}); tool._now = lambda: moment; tool.main()"
)


@contextmanager
def year_begun(browser: Browser, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Year]:
    """Serve a new demo; its clock is the year's own."""
    settings = Settings(data=folder / "instance", sandbox_workers=1)
    create_instance(settings, demo_founding(URL), FOUNDED)
    runtime = open_runtime(settings, FOUNDED)
    moment = [FOUNDED]
    # Before the portal is put together: its jobs keep the clock that they find.
    monkeypatch.setattr(clock, "read", lambda: moment[0])
    _class_of_grade_five(runtime)
    world = _world(runtime)
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="year")
    thread.start()
    year = Year(Portal(f"http://127.0.0.1:{server.server_port}", world), browser, folder, moment)
    try:
        yield year
    finally:
        year.on(FOUNDED)
        server.shutdown()
        thread.join()
        server.server_close()
        runtime.close()
        world.engine.dispose()


def _world(runtime: Runtime) -> World:
    app = assemble(runtime)
    logins = {login.username: login for login in read_logins(runtime.settings.data)}
    return World(Backend.SQLITE, app, runtime, "", Codes("", "", "", "", ""), logins)


def _class_of_grade_five(runtime: Runtime) -> None:
    """What the school finished in May, before the journey begins."""
    engine = open_engine(database_url(runtime.settings), runtime.settings.data)
    with Session(engine) as session, session.begin():
        taken = import_class(
            session,
            SYSTEM,
            runtime.sandbox,
            class_workbook("5A1", 5, demo_pupils(GRADE_FIVE, 2015, 52), 52),
            school_code=SCHOOL,
            school_year=SCHOOL_YEAR,
            grade=5,
            lessons=NO_LESSONS,
            sample=True,
            new_code=lambda: new_code(secrets.token_bytes(16)),
            now=FOUNDED,
        )
        assert taken.packet is not None, taken
        assert runtime.authority is not None
        signers = {role: demo_signer(runtime.authority, SCHOOL, role, FOUNDED) for role in SIGNED_BY}
        signed = sign_packet(session, SYSTEM, taken.packet, signers, runtime.trust(FOUNDED), FOUNDED)
        assert signed.accepted == GRADE_FIVE
    engine.dispose()


@dataclass(frozen=True)
class Tokens:
    """The USB tokens of the school, and the machine beside them."""

    hsm: SoftHsm

    @classmethod
    def of_school(cls, year: Year, hsm: SoftHsm) -> "Tokens":
        authority = year.portal.world.runtime.authority
        assert authority is not None
        for role in SIGNED_BY:
            hsm.token(role.value, *all_of(demo_signer(authority, SCHOOL, role, FOUNDED)))
        return cls(hsm)

    def sign(self, year: Year, packet: bytes) -> bytes:
        """The offline tool as the head and the keeper of the seal run it, one after the other."""
        folder = Path(tempfile.mkdtemp(dir=year.folder))
        held = folder / "goi-0.json"
        held.write_bytes(packet)
        for number, role in enumerate(SIGNED_BY, 1):
            made = folder / f"goi-{number}.json"
            subprocess.run(
                [
                    *(sys.executable, "-c", _TOOL.format(year.moment.isoformat()), held, "-o", made),
                    *("--token", self.hsm.library, "--slot", role.value, "--role", role.value),
                    *("--yes", "--pin-env", "MA_PIN"),
                ],
                check=True,
                capture_output=True,
                cwd=ROOT,
                env={**os.environ, "MA_PIN": PIN},
            )
            held = made
        return held.read_bytes()


@dataclass(frozen=True)
class Pupil:
    """A child of the year, as the papers of the family say."""

    code: str
    born: date


def pupils(year: Year) -> dict[str, Pupil]:
    """By name; two of one name do not occur in these classes."""
    with Session(year.portal.world.engine) as session:
        rows = session.execute(
            sa.select(RecordVersion.full_name, Transcript.lookup_code, Transcript.birth_date)
            .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
            .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        ).all()
    return {name: Pupil(code, born) for name, code, born in rows}
