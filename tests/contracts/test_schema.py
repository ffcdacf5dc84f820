"""The schema that the migrations make equals the models, and guards stand on every table that must not change."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from portal.database import open_engine
from portal.migrations import is_current, upgrade
from portal.models import Base
from tests.databases import Backend, fresh_database

GUARDED = {
    "record_version": {"insert", "update", "delete"},
    "record_signature": {"insert", "update", "delete"},
    "year_record": {"update", "delete"},
    "transcript": {"delete", "code"},
    "blob": {"update", "delete"},
    "log_entry": {"update", "delete"},
    "log_opening": {"update", "delete"},
    "log_tile": {"update", "delete"},
    "log_checkpoint": {"update", "delete"},
    "state_change": {"update", "delete"},
    "access_event": {"update", "delete"},
    "key_authorisation": {"update", "delete"},
    "key_proposal": {"insert", "update", "delete"},
}


@pytest.fixture(params=list(Backend))
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    with fresh_database(request.param, tmp_path) as url:
        made = open_engine(url)
        upgrade(made)
        yield made
        made.dispose()


def test_schema_equals_models(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert is_current(connection)


def test_every_guard_stands(engine: sa.Engine) -> None:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if engine.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with engine.connect() as connection:
        standing = set(connection.scalars(sa.text(query)))
    wanted = {f"guard_{table}_{event}" for table, events in GUARDED.items() for event in events}
    assert wanted <= standing
