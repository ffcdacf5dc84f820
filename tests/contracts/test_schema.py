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
    "record_version": {"insert", "update", "delete", "freeze", "correct", "second"},
    "record_signature": {"insert", "update", "delete"},
    "year_record": {"update", "delete"},
    "transcript": {"delete", "code"},
    "blob": {"update", "delete"},
    "data_key": {"update", "delete"},
    "log_entry": {"update", "delete"},
    "log_opening": {"update", "delete"},
    "log_tile": {"update", "delete"},
    "log_checkpoint": {"update", "delete"},
    "log_policy": {"update", "delete"},
    "log_cosignature": {"update", "delete"},
    "log_witnessed": {"update", "delete"},
    "log_contradiction": {"update", "delete"},
    "log_inventory": {"update", "delete"},
    "log_timestamp": {"update", "delete"},
    "lock_minutes": {"update", "delete"},
    "state_change": {"update", "delete"},
    "access_event": {"update", "delete"},
    "ledger_month": {"insert", "update", "delete"},
    "ledger_head": {"update", "delete"},
    "alarm": {"update", "delete"},
    "subject_request": {"update", "delete"},
    "key_authorisation": {"update", "delete"},
    "key_proposal": {"insert", "update", "delete"},
    "passkey": {"update", "delete"},
    "earlier_key": {"update", "delete"},
    "earlier_year": {"insert", "update", "delete"},
    "earlier_code": {"update", "delete"},
    "earlier_import": {"insert", "update", "delete"},
    "restoration": {"update", "delete"},
    "correction_policy": {"insert", "update", "delete"},
    "correction": {"insert", "update", "delete"},
    "record_standing": {"insert", "update", "delete"},
    "round": {"insert", "update", "delete"},
    "lock_proposal": {"insert", "update", "delete"},
    "lock_item": {"insert", "update", "delete"},
    "verdict": {"update", "delete"},
    "unit": {"update", "delete"},
    "exchange_peer": {"insert", "update", "delete"},
    "exchange_departure": {"update", "delete"},
    "exchange_arrival": {"insert", "update", "delete"},
    "linked_identity": {"update", "delete"},
    "account_invitation": {"update", "delete"},
    "people_proposal": {"insert", "update", "delete"},
    "appointment": {"update", "delete"},
    "unit_act": {"update", "delete"},
    "unit_act_unit": {"update", "delete"},
    "unit_name": {"order", "update", "delete"},
    "unit_parent": {"order", "update", "delete"},
    "unit_successor": {"update", "delete"},
    "notice": {"update"},
    "mail": {"update"},
    "reminder": {"update", "delete"},
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
