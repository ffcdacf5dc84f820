"""The ledger of looks says under which right and why; closed months; decoys, what was seen, and alarms"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import any_changed, append_only, guard, guard_truncate, is_sqlite

revision = "0022"
down_revision = "0021"

_CLOSED = "EXISTS (SELECT 1 FROM ledger_month m WHERE OLD.id BETWEEN m.first_id AND m.last_id)"
# A month is closed as its rows stand, after the one before it, and only once all that it covers is past.
_NOT_AS_IT_STANDS = (
    "NOT EXISTS (SELECT 1 FROM access_event e WHERE e.id = NEW.last_id AND e.digest = NEW.digest)"
    " OR NOT EXISTS (SELECT 1 FROM access_event e WHERE e.id = NEW.first_id AND e.previous = NEW.previous)"
    " OR EXISTS (SELECT 1 FROM ledger_month m WHERE m.last_id >= NEW.first_id OR m.month >= NEW.month)"
    " OR EXISTS (SELECT 1 FROM access_event e WHERE e.id < NEW.first_id"
    " AND NOT EXISTS (SELECT 1 FROM ledger_month m WHERE e.id BETWEEN m.first_id AND m.last_id))"
)


def upgrade() -> None:
    op.add_column("access_event", sa.Column("format", sa.Integer(), server_default="1", nullable=False))
    for name in ("basis", "fields", "purpose"):
        op.add_column("access_event", sa.Column(name, sa.Text(), nullable=True))
    op.create_index("ix_access_event_account_id", "access_event", ["account_id"])
    op.create_index("ix_access_event_at", "access_event", ["at"])
    _months()
    _alarms()


def _months() -> None:
    op.create_table(
        "ledger_month",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_ledger_month")),
        sa.UniqueConstraint("last_id", name=op.f("uq_ledger_month_last_id")),
    )
    append_only("ledger_month")
    guard("ledger_month", "INSERT", _NOT_AS_IT_STANDS)
    _let_closed_rows_go()


def _let_closed_rows_go() -> None:
    if is_sqlite():
        op.execute("DROP TRIGGER guard_access_event_delete")
    else:
        op.execute("DROP TRIGGER guard_access_event_delete ON access_event")
        op.execute("DROP FUNCTION hocba_guard_access_event_delete()")
    guard("access_event", "DELETE", f"NOT {_CLOSED}")


def _alarms() -> None:
    op.create_table(
        "decoy",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_decoy_made_by")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_decoy")),
    )
    op.create_table(
        "sighting",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", "seen", "day", name=op.f("pk_sighting")),
    )
    op.create_index("ix_sighting_day", "sighting", ["day"])
    op.create_table(
        "alarm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("transcript_id", sa.Integer(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("seen_by", sa.Integer(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["transcript_id"], ["transcript.id"], name=op.f("fk_alarm_transcript_id")),
        sa.ForeignKeyConstraint(["seen_by"], ["account.id"], name=op.f("fk_alarm_seen_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
    )
    op.create_index("ix_alarm_at", "alarm", ["at"])
    op.create_index("uq_alarm_kind_subject", "alarm", ["kind", "subject"], unique=True)
    guard("alarm", "UPDATE", _what_was_seen_stays())
    guard("alarm", "DELETE")
    guard_truncate("alarm")


def _what_was_seen_stays() -> str:
    return (
        any_changed(("id", "kind", "subject", "at", "transcript_id", "count", "network"))
        + " OR OLD.seen_at IS NOT NULL"
    )
