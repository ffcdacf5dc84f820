"""Requests to put a record right: their cells, and every step of the answer"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import any_changed, append_only, guard, guard_truncate

revision = "0033"
down_revision = "0024"

_WRITTEN = (
    "id",
    "transcript_id",
    "year_record_id",
    "version_id",
    "school_id",
    "by_guardian",
    "reason",
    "evidence",
    "file_sha256",
    "asked_by",
    "asked_at",
)


def upgrade() -> None:
    _requests()
    _cells()
    _steps()
    # What was asked stays as it was asked, and what has ended stays as it ended.
    guard("amendment", "UPDATE", f"{any_changed(_WRITTEN)} OR OLD.closed_at IS NOT NULL")
    guard("amendment", "DELETE")
    guard_truncate("amendment")
    append_only("amendment_cell", "amendment_step")


def _requests() -> None:
    table = "amendment"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transcript_id", sa.Integer(), nullable=False),
        sa.Column("year_record_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("by_guardian", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("correction_id", sa.Integer(), nullable=True),
        sa.Column("done_version_id", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('asked', 'accepted', 'correcting')) = (closed_at IS NULL)", name=op.f("ck_amendment_closed")
        ),
        sa.CheckConstraint("state <> 'correcting' OR correction_id IS NOT NULL", name=op.f("ck_amendment_case")),
        sa.CheckConstraint(
            "state <> 'done' OR done_version_id IS NOT NULL OR correction_id IS NOT NULL",
            name=op.f("ck_amendment_what_was_done"),
        ),
        _key(table, "transcript_id", "transcript"),
        _key(table, "year_record_id", "year_record"),
        _key(table, "version_id", "record_version"),
        _key(table, "school_id", "unit"),
        _key(table, "asked_by", "account"),
        _key(table, "correction_id", "correction"),
        _key(table, "done_version_id", "record_version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amendment")),
    )
    op.create_index("ix_amendment_school_id", table, ["school_id", "id"])
    op.create_index("ix_amendment_transcript_id", table, ["transcript_id", "id"])
    op.create_index("ix_amendment_year_record_id_state", table, ["year_record_id", "state"])
    op.create_index("ix_amendment_correction_id", table, ["correction_id"])


def _cells() -> None:
    table = "amendment_cell"
    op.create_table(
        table,
        sa.Column("amendment_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        _key(table, "amendment_id", "amendment"),
        sa.PrimaryKeyConstraint("amendment_id", "path", name=op.f("pk_amendment_cell")),
    )


def _steps() -> None:
    table = "amendment_step"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("amendment_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _key(table, "amendment_id", "amendment"),
        _key(table, "actor_id", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amendment_step")),
    )
    op.create_index("ix_amendment_step_amendment_id", table, ["amendment_id"])


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
