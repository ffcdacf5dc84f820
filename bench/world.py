"""One demo instance for the benches, with a locked class; gone afterwards."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.database import open_engine
from portal.demo.year import make_classes
from portal.instance import create_instance, demo_founding
from portal.models import RecordVersion, State
from portal.runtime import Runtime, open_runtime
from portal.services.evidence import stored_year
from portal.settings import Settings, database_url
from verify.code import new_code
from verify.evidence import StoredYear


@dataclass(frozen=True, slots=True)
class BenchWorld:
    """code: of a locked record with two years. year: its newest one."""

    settings: Settings
    engine: sa.Engine
    runtime: Runtime
    code: str
    year: StoredYear
    now: datetime


@contextmanager
def bench_world() -> Iterator[BenchWorld]:
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="hocba-bench-") as folder:
        settings = Settings(data=Path(folder) / "instance")
        create_instance(settings, demo_founding(), now)
        engine, runtime = open_engine(database_url(settings), settings.data), open_runtime(settings, now)
        try:
            with Session(engine) as session, session.begin():
                code = make_classes(session, runtime, fresh_code, lambda: secrets.token_bytes(32), now)
            with Session(engine) as session:
                version = session.scalars(
                    sa.select(RecordVersion)
                    .where(RecordVersion.state == State.LOCKED.value)
                    .order_by(RecordVersion.id.desc())
                    .limit(1)
                ).one()
                year = stored_year(session, version)
            yield BenchWorld(settings, engine, runtime, code, year, now)
        finally:
            runtime.close()
            engine.dispose()


def fresh_code() -> str:
    return new_code(secrets.token_bytes(16))
