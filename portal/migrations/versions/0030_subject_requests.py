"""Requests of families about a child's data, and records that a restriction closes"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import any_changed, guard, guard_truncate

revision = "0030"
down_revision = "0035"

TABLE = "subject_request"
_WRITTEN = ("id", "transcript_id", "kind", "on_paper", "received_on", "wish", "asked_by", "asked_at")
_ANSWER = ("answered_by", "answered_at", "answer")
_LIVES = "state = 'waiting' OR (kind = 'restrict' AND state = 'granted')"


def upgrade() -> None:
    op.add_column("transcript", sa.Column("restricted_at", sa.DateTime(timezone=True), nullable=True))
    _table()
    # What was asked stays, an answer is not taken back, and what ended stays as it ended.
    lives = _LIVES.replace("state", "OLD.state").replace("kind", "OLD.kind")
    guard(
        TABLE,
        "UPDATE",
        f"{any_changed(_WRITTEN)} OR NOT ({lives}) OR (OLD.answered_at IS NOT NULL AND {any_changed(_ANSWER)})"
        " OR (OLD.state = 'granted') <> (NEW.state = 'lifted')",
    )
    guard(TABLE, "DELETE")
    guard_truncate(TABLE)


def _table() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transcript_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("on_paper", sa.Boolean(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ending", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state IN ('waiting', 'withdrawn')) = (answered_by IS NULL)"
            " AND (answered_by IS NULL) = (answered_at IS NULL) AND (answered_by IS NULL) = (answer IS NULL)",
            name=op.f(f"ck_{TABLE}_answered"),
        ),
        sa.CheckConstraint(
            "(state IN ('withdrawn', 'lifted')) = (ended_by IS NOT NULL)"
            " AND (ended_by IS NULL) = (ended_at IS NULL) AND (ended_by IS NULL) = (ending IS NULL)",
            name=op.f(f"ck_{TABLE}_ended"),
        ),
        sa.CheckConstraint("state <> 'lifted' OR kind = 'restrict'", name=op.f(f"ck_{TABLE}_lifted")),
        *(_key(column, "account") for column in ("asked_by", "answered_by", "ended_by")),
        _key("transcript_id", "transcript"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    where = sa.text(_LIVES)
    op.create_index(
        f"uq_{TABLE}_lives", TABLE, ["transcript_id", "kind"], unique=True, sqlite_where=where, postgresql_where=where
    )
    op.create_index(f"ix_{TABLE}_transcript_id", TABLE, ["transcript_id", "id"])
    op.create_index(f"ix_{TABLE}_state", TABLE, ["state", "received_on"])


def _key(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{TABLE}_{column}"))
