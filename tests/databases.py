"""Databases of tests: SQLite in a folder, PostgreSQL on this machine; copied from templates (docs/decisions/0003)."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import sqlalchemy as sa

from tests.conftest import answers, lacking

POSTGRES_HOST = os.environ.get("PGHOST", "127.0.0.1")
POSTGRES_PORT = int(os.environ.get("PGPORT", "5432"))
POSTGRES_USER = os.environ.get("PGUSER", "root")


class Backend(StrEnum):
    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


def _server(database: str) -> str:
    return f"postgresql+psycopg://{POSTGRES_USER}@{POSTGRES_HOST}:{POSTGRES_PORT}/{database}"


def _administer(*statements: str) -> None:
    engine = sa.create_engine(_server("postgres"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def need_postgresql() -> None:
    if not answers(POSTGRES_HOST, POSTGRES_PORT):
        lacking(f"no PostgreSQL answers at {POSTGRES_HOST}:{POSTGRES_PORT}")


@contextmanager
def fresh_database(backend: Backend, folder: Path) -> Iterator[str]:
    """The URL of an empty database, gone afterwards."""
    if backend is Backend.SQLITE:
        yield f"sqlite:///{folder / 'hocba.sqlite3'}"
        return
    need_postgresql()
    name = f"hocba_test_{os.getpid()}_{secrets.token_hex(4)}"
    _administer(f'CREATE DATABASE "{name}"')
    try:
        yield _server(name)
    finally:
        _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def copy_database(url: str, template: str) -> None:
    """Make the database at `url` a copy of the one at `template`; both have no open connection."""
    to, source = sa.make_url(url), sa.make_url(template)
    if to.get_backend_name() == "sqlite":
        assert to.database is not None
        assert source.database is not None
        for suffix in ("-wal", "-shm"):
            Path(to.database + suffix).unlink(missing_ok=True)
        shutil.copyfile(source.database, to.database)
        return
    _administer(
        f'DROP DATABASE IF EXISTS "{to.database}" WITH (FORCE)',
        f'CREATE DATABASE "{to.database}" TEMPLATE "{source.database}"',
    )
