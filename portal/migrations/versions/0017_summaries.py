"""Prints with the signed summary in their QR: its digits, so that the same print can be drawn again"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("print", sa.Column("summary", sa.Text(), nullable=True))
