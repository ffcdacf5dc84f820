"""Headings that a school or the department taught: which column holds which field"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    _mapping()
    _alias()
    op.add_column("upload", sa.Column("layout", sa.JSON(), nullable=True))
    op.add_column("upload", sa.Column("mappings", sa.JSON(), nullable=True))


def _mapping() -> None:
    op.create_table(
        "heading_mapping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_heading_mapping_unit_id")),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_heading_mapping_made_by")),
        sa.ForeignKeyConstraint(["ended_by"], ["account.id"], name=op.f("fk_heading_mapping_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heading_mapping")),
    )
    _one_in_use("uq_heading_mapping_in_use", "heading_mapping", ["unit_id", "shape"], "ended_at IS NULL")


def _alias() -> None:
    op.create_table(
        "heading_alias",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("spelling", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_by", sa.Integer(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["added_by"], ["account.id"], name=op.f("fk_heading_alias_added_by")),
        sa.ForeignKeyConstraint(["removed_by"], ["account.id"], name=op.f("fk_heading_alias_removed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heading_alias")),
    )
    _one_in_use("uq_heading_alias_in_use", "heading_alias", ["folded"], "removed_at IS NULL")


def _one_in_use(name: str, table: str, columns: list[str], condition: str) -> None:
    op.create_index(
        name, table, columns, unique=True, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition)
    )
