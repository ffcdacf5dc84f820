"""Reminders of the department to schools"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import append_only

revision = "0036"
down_revision = "0034"


def upgrade() -> None:
    table = "reminder"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("school_year", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sent_by", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_reminder_unit_id")),
        sa.ForeignKeyConstraint(["sent_by"], ["account.id"], name=op.f("fk_reminder_sent_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint(
            "unit_id", "school_year", "number", "day", name=op.f("uq_reminder_unit_id_school_year_number_day")
        ),
    )
    append_only(table)
