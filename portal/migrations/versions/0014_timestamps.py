"""Timestamps on checkpoints, what is known of their authorities, and minutes of the lock"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import append_only

revision = "0014"
down_revision = "0013"

# What an outsider said about a moment, and what was told about a lock, is never changed.
KEPT = ("log_timestamp", "lock_minutes")


def upgrade() -> None:
    _timestamps()
    _minutes()
    append_only(*KEPT)


def _timestamps() -> None:
    op.create_table(
        "log_timestamp",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("renewed", sa.LargeBinary(), nullable=True),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=False),
        sa.Column("stamped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(size IS NULL) <> (renewed IS NULL)", name=op.f("ck_log_timestamp_one_subject")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_timestamp")),
        sa.ForeignKeyConstraint(["size"], ["log_checkpoint.size"], name=op.f("fk_log_timestamp_size")),
    )
    op.create_index("ix_log_timestamp_size", "log_timestamp", ["size"])
    op.create_table(
        "log_timestamp_authority",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("trouble_since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_timestamp_authority")),
        sa.UniqueConstraint("name", name=op.f("uq_log_timestamp_authority_name")),
    )


def _minutes() -> None:
    op.create_table(
        "lock_minutes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_year", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("stamped", sa.Boolean(), nullable=False),
        sa.Column("pdf_sha256", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lock_minutes")),
        sa.ForeignKeyConstraint(["size"], ["log_checkpoint.size"], name=op.f("fk_lock_minutes_size")),
        sa.ForeignKeyConstraint(["pdf_sha256"], ["blob.sha256"], name=op.f("fk_lock_minutes_pdf_sha256")),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_lock_minutes_made_by")),
    )
    op.create_index("ix_lock_minutes_school_year", "lock_minutes", ["school_year"])
