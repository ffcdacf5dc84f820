"""The parts of a record that an extract holds; what became of each handed-in file of signatures"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import any_changed, append_only, guard

revision = "0040"
down_revision = "0037"


def upgrade() -> None:
    op.add_column("print", sa.Column("sections", sa.Text(), nullable=True))
    # What was issued stays as it was issued: by them it is drawn again, and anybody reads what it holds.
    guard("print", "UPDATE", any_changed(("sections",)), name="sections")
    table = "signed_file"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("packet_id", sa.Integer(), nullable=False),
        sa.Column("handed_in_by", sa.Integer(), nullable=False),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("refused", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["packet_id"], ["packet.id"], name=op.f("fk_signed_file_packet_id")),
        sa.ForeignKeyConstraint(["handed_in_by"], ["account.id"], name=op.f("fk_signed_file_handed_in_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signed_file")),
    )
    op.create_index("ix_signed_file_packet_id", table, ["packet_id", "id"])
    append_only(table)
