"""Backups taken, and restores: after one the log waits until it is known to hold what outsiders saw"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import any_changed, guard, guard_truncate

revision = "0011"
down_revision = "0010"

FIXED = ("id", "restored_at", "taken_at", "log_size", "log_root")


def upgrade() -> None:
    op.create_table(
        "restoration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("log_size", sa.Integer(), nullable=False),
        sa.Column("log_root", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("seen_size", sa.Integer(), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restoration")),
    )
    op.create_table(
        "backup_taken",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("log_size", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup_taken")),
    )
    # How the log was allowed to go on is history: it is written once.
    guard("restoration", "UPDATE", f"OLD.settled_at IS NOT NULL OR {any_changed(FIXED)}")
    guard("restoration", "DELETE")
    guard_truncate("restoration")
