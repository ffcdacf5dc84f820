"""Demo instances for tests: one template per backend and process, copied for each test (docs/decisions/0003)."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.database import open_engine, reading
from portal.demo.units import DECISION
from portal.identity import SYSTEM
from portal.instance import create_instance, demo_founding
from portal.runtime import Runtime, demo_signer, open_runtime
from portal.sandbox import Sandbox
from portal.services.intake import TakenPacket, import_class
from portal.services.lessons import lessons_of
from portal.services.locking import Locked, lock_packet
from portal.services.signing import SignedPacket, sign_packet
from portal.settings import Settings
from tests.databases import Backend, copy_database, fresh_database
from verify.code import new_code
from verify.signing import Role

NOW = datetime(2026, 6, 20, 2, 0, tzinfo=UTC)
WORKBOOKS = Path(__file__).parent / "data" / "workbooks"
SCHOOL = "MAU-TH-01"


def fresh_code() -> str:
    return new_code(secrets.token_bytes(16))


@dataclass(frozen=True, slots=True)
class DemoInstance:
    """An instance of a test. runtime shares the run's children."""

    settings: Settings
    engine: sa.Engine
    runtime: Runtime

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with Session(self.engine) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with Session(reading(self.engine)) as session, session.begin():
            yield session

    def take_in(self, workbook: Path | bytes, year: str = "2025-2026", school: str = SCHOOL) -> TakenPacket:
        data = workbook if isinstance(workbook, bytes) else workbook.read_bytes()
        with self.reading() as session:
            lessons = lessons_of(session, school)
        with self.transaction() as session:
            return import_class(
                session,
                SYSTEM,
                self.runtime.sandbox,
                data,
                school_code=school,
                school_year=year,
                grade=None,
                lessons=lessons,
                sample=True,
                new_code=fresh_code,
                now=NOW,
            )

    def sign(self, packet: int, school: str = SCHOOL) -> SignedPacket:
        assert self.runtime.authority is not None
        signers = {
            role: demo_signer(self.runtime.authority, school, role, NOW) for role in (Role.HEAD, Role.SCHOOL_SEAL)
        }
        with self.transaction() as session:
            return sign_packet(session, SYSTEM, packet, signers, self.runtime.trust(NOW), NOW)

    def lock(self, packet: int) -> Locked:
        with self.transaction() as session:
            return lock_packet(
                session,
                SYSTEM,
                packet,
                decision=DECISION,
                log_signer=self.runtime.log_signer,
                salt=lambda: secrets.token_bytes(32),
                now=NOW,
            )

    def locked_class(self, workbook: str = "lop-4A1.xlsx") -> TakenPacket:
        """Import, sign and lock one of the sample classes."""
        taken = self.take_in(WORKBOOKS / workbook)
        assert taken.packet is not None
        self.sign(taken.packet)
        self.lock(taken.packet)
        return taken


class Templates:
    """Instances with and without a locked class, made once and copied."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self._folder = folder
        self._sandbox = sandbox
        self._made: dict[tuple[Backend, bool], tuple[Path, str]] = {}
        self._databases = ExitStack()

    @contextmanager
    def instance(self, backend: Backend, folder: Path, *, locked: bool) -> Iterator[DemoInstance]:
        """A copy for one test."""
        source, template = self._template(backend, locked)
        data = folder / "instance"
        shutil.copytree(source, data, ignore=shutil.ignore_patterns("hocba.sqlite3*"))
        with fresh_database(backend, data) as url:
            copy_database(url, template)
            yield from self._opened(Settings(data=data, database_url=url))

    def _opened(self, settings: Settings) -> Iterator[DemoInstance]:
        engine = open_engine(settings.database_url, settings.data)
        runtime = open_runtime(settings, NOW)
        shared = Runtime(
            runtime.settings,
            runtime.instance,
            runtime.log_signer,
            runtime.seal,
            runtime.authority,
            self._sandbox,
            runtime.summary_key,
        )
        try:
            yield DemoInstance(settings, engine, shared)
        finally:
            engine.dispose()

    def _template(self, backend: Backend, locked: bool) -> tuple[Path, str]:
        key = (backend, locked)
        if key not in self._made:
            folder = self._folder / f"{backend.value}-{'locked' if locked else 'empty'}"
            folder.mkdir()
            url = self._databases.enter_context(fresh_database(backend, folder))
            settings = Settings(data=folder / "instance", database_url=url)
            create_instance(settings, demo_founding(), NOW)
            if locked:
                for made in self._opened(settings):
                    made.locked_class()
            self._made[key] = (folder / "instance", url)
        return self._made[key]

    def close(self) -> None:
        self._databases.close()
