"""The schema is made by migrations only, on a new instance as on an old one."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(engine: sa.Engine) -> None:
    """Bring the schema to the newest revision, in one transaction: all or nothing."""
    with engine.begin() as connection:
        former = revision_of(connection)
        command.upgrade(_config(connection), "head")
        newest = revision_of(connection)
    if former not in (None, newest):
        sweep(engine)


def sweep(engine: sa.Engine) -> None:
    """Let nothing of what a migration encrypted or dropped stay in the file: SQLite writes it anew.

    PostgreSQL keeps old rows until VACUUM FULL, which takes the tables away from readers meanwhile; the operator
    chooses when (docs/operations.md).
    """
    if engine.dialect.name == "sqlite":
        held = engine.raw_connection()  # outside of any transaction, which our engine would begin
        try:
            held.cursor().execute("VACUUM")
            held.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            held.close()


def upgrade_within(connection: sa.Connection, revision: str = "head") -> None:
    """Bring the schema to a revision in the caller's transaction (a restore: schema, data and hold are one)."""
    command.upgrade(_config(connection), revision)


def revision_of(connection: sa.Connection) -> str | None:
    """The revision at which the schema stands; None for a database without one."""
    return MigrationContext.configure(connection).get_current_revision()


def is_known(revision: str) -> bool:
    """Whether this version of the software has that revision."""
    directory = Path(__file__).parent / "versions"
    return any(path.name.startswith(f"{revision}_") for path in directory.glob("*.py"))


def is_current(connection: sa.Connection) -> bool:
    """Whether the schema stands at the newest revision."""
    newest = ScriptDirectory.from_config(_config(connection)).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == newest
