"""How far the ledger of looks had gone each day, as the transparency log holds it"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import append_only

revision = "0029"
down_revision = "0033"

TABLE = "ledger_head"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("log_index", name=op.f(f"uq_{TABLE}_log_index")),
    )
    # Without its opening the commitment in the log says nothing.
    append_only(TABLE)
