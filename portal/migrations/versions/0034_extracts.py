"""Extracts for procedures, issued under their own number; counts of results and of findings for reports"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import any_changed, guard, guard_truncate

revision = "0034"
down_revision = "0026"

_WRITTEN = (
    "id",
    "number",
    "transcript_id",
    "print_id",
    "destination",
    "by_guardian",
    "issued_by",
    "issued_at",
    "expires_on",
)


def upgrade() -> None:
    op.add_column("print", sa.Column("extract", sa.Text(), nullable=True))
    table = "extract"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("transcript_id", sa.Integer(), nullable=False),
        sa.Column("print_id", sa.Integer(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("by_guardian", sa.Boolean(), nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(ended_by IS NULL) = (ended_at IS NULL)", name=op.f("ck_extract_ended")),
        *(
            sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
            for column, target in (
                ("transcript_id", "transcript"),
                ("print_id", "print"),
                ("issued_by", "account"),
                ("ended_by", "account"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extract")),
        sa.UniqueConstraint("number", name=op.f("uq_extract_number")),
        sa.UniqueConstraint("print_id", name=op.f("uq_extract_print_id")),
    )
    op.create_index("ix_extract_transcript_id", table, ["transcript_id", "id"])
    # What was issued stays as it was issued, and one that has ended never holds again.
    guard(table, "UPDATE", f"{any_changed(_WRITTEN)} OR OLD.ended_at IS NOT NULL")
    guard(table, "DELETE")
    guard_truncate(table)
    _counts("result_count", {"grade": sa.Integer(), "item": sa.Text(), "value": sa.Text()})
    _counts("finding_count", {"software": sa.Text(), "code": sa.Text(), "severity": sa.Text()})
    op.create_table(
        "result_cursor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("next_index", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_result_cursor_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_cursor")),
    )
    # Records that were locked before are counted by the same job, from the first leaf on.
    op.execute("INSERT INTO result_cursor (id, next_index) VALUES (1, 0)")


def _counts(table: str, by: dict[str, sa.types.TypeEngine[Any]]) -> None:
    """Counts by school year, unit and some more columns, which all are its key."""
    op.create_table(
        table,
        sa.Column("school_year", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        *(sa.Column(name, kind, nullable=False) for name, kind in by.items()),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f(f"fk_{table}_unit_id")),
        sa.PrimaryKeyConstraint("school_year", "unit_id", *by, name=op.f(f"pk_{table}")),
    )
