"""Pupils between installations: other logs by two officials, bundles handed over, bundles brought in"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import any_changed, differs, guard, guard_truncate

revision = "0031"
down_revision = "0027"

_STANDS = "state IN ('waiting', 'confirmed')"


def upgrade() -> None:
    _peers()
    _departures()
    _arrivals()
    # What two officials wrote down stays; a peer that ended never lives again.
    guard(
        "exchange_peer",
        "UPDATE",
        f"{any_changed(('id', 'name', 'log', 'policy', 'decision', 'proposed_by', 'proposed_at'))}"
        f" OR OLD.state NOT IN ('waiting', 'confirmed') OR (OLD.state = 'confirmed' AND (NEW.state <> 'ended'"
        f" OR {any_changed(('decided_by', 'decided_at', 'unit_id'))}))",
    )
    # A bundle that was handed over is never another one, nor is the answer to it.
    guard(
        "exchange_departure",
        "UPDATE",
        f"{any_changed(('request_id', 'peer_id', 'school'))}"
        f" OR (OLD.bundle IS NOT NULL AND {any_changed(('case_id', 'bundle', 'made_at', 'expires_at'))})"
        f" OR (OLD.answer IS NOT NULL AND NEW.answer {differs()} OLD.answer)",
    )
    guard(
        "exchange_arrival",
        "UPDATE",
        f"{any_changed(('id', 'peer_id', 'unit_id', 'case_id', 'full_name', 'bundle', 'brought_by', 'brought_at'))}"
        " OR OLD.state <> 'waiting'",
    )
    for table in ("exchange_peer", "exchange_arrival"):
        guard(table, "INSERT", "NEW.state <> 'waiting'")
    for table in ("exchange_peer", "exchange_departure", "exchange_arrival"):
        guard(table, "DELETE")
    guard_truncate("exchange_peer", "exchange_departure", "exchange_arrival")


def _peers() -> None:
    table = "exchange_peer"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state NOT IN ('confirmed', 'ended') OR (decided_by IS NOT NULL AND decided_by <> proposed_by)",
            name=op.f("ck_exchange_peer_two_officials"),
        ),
        _key(table, "proposed_by", "account"),
        _key(table, "decided_by", "account"),
        _key(table, "unit_id", "unit"),
        _key(table, "ended_by", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_peer")),
        sa.UniqueConstraint("unit_id", name=op.f("uq_exchange_peer_unit_id")),
    )
    _once("uq_exchange_peer_log", table, "log")


def _departures() -> None:
    table = "exchange_departure"
    op.create_table(
        table,
        sa.Column("request_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("peer_id", sa.Integer(), nullable=False),
        sa.Column("school", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=True),
        sa.Column("bundle", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        _key(table, "request_id", "custody_request"),
        _key(table, "peer_id", "exchange_peer"),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_exchange_departure")),
        sa.UniqueConstraint("case_id", name=op.f("uq_exchange_departure_case_id")),
    )


def _arrivals() -> None:
    table = "exchange_arrival"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("peer_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("bundle", sa.LargeBinary(), nullable=False),
        sa.Column("brought_by", sa.Integer(), nullable=False),
        sa.Column("brought_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing", sa.Text(), nullable=True),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("transcript_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> brought_by AND import_id IS NOT NULL)",
            name=op.f("ck_exchange_arrival_two_people"),
        ),
        _key(table, "peer_id", "exchange_peer"),
        _key(table, "unit_id", "unit"),
        _key(table, "brought_by", "account"),
        _key(table, "decided_by", "account"),
        _key(table, "import_id", "earlier_import"),
        _key(table, "transcript_id", "transcript"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_arrival")),
        sa.UniqueConstraint("import_id", name=op.f("uq_exchange_arrival_import_id")),
    )
    _once("uq_exchange_arrival_case_id", table, "case_id")
    op.create_index("ix_exchange_arrival_unit_id", table, ["unit_id", "id"])


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _once(name: str, table: str, column: str) -> None:
    where = sa.text(_STANDS)
    op.create_index(name, table, [column], unique=True, sqlite_where=where, postgresql_where=where)
