"""The daily inventory and the status list"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import append_only

revision = "0013"
down_revision = "0012"

TABLE = "log_inventory"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("status_sha256", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("status_list", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("log_index", name=op.f(f"uq_{TABLE}_log_index")),
    )
    op.create_index(op.f(f"ix_{TABLE}_day"), TABLE, ["day"])
    # What was said to the public stays as it was said.
    append_only(TABLE)
