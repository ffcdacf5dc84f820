"""The organisation as a dated tree: names, parents, successors and the acts that made them, each written once"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import any_changed, append_only, guard, guard_truncate

revision = "0019"
down_revision = "0017"

_NEWEST_NAME = "(SELECT n.name FROM unit_name n WHERE n.unit_id = NEW.id ORDER BY n.id DESC LIMIT 1)"
_NEWEST_PARENT = "(SELECT p.parent_id FROM unit_parent p WHERE p.unit_id = NEW.id ORDER BY p.id DESC LIMIT 1)"
_ENDED = (
    "EXISTS (SELECT 1 FROM unit_act_unit s JOIN unit_act a ON a.id = s.act_id"
    " WHERE s.unit_id = NEW.id AND s.part = 'subject' AND a.kind IN ('merge', 'split', 'close'))"
)


def upgrade() -> None:
    _acts()
    _history()
    op.create_table(
        "unit_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("table", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_unit_import_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_import")),
    )
    # Units of before have one name and one parent, from their first day on.
    op.execute("INSERT INTO unit_name (unit_id, name, valid_from) SELECT id, name, valid_from FROM unit ORDER BY id")
    op.execute(
        "INSERT INTO unit_parent (unit_id, parent_id, valid_from) SELECT id, parent_id, valid_from FROM unit ORDER BY id"
    )
    op.create_index("ix_unit_parent_id", "unit", ["parent_id"])
    append_only("unit_act", "unit_act_unit", "unit_name", "unit_parent", "unit_successor")
    _order("unit_name")
    _order("unit_parent")
    guard("unit", "UPDATE", _what_no_row_says())
    guard("unit", "DELETE")
    guard_truncate("unit")


def _acts() -> None:
    op.create_table(
        "unit_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("acted_by", sa.Integer(), nullable=True),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('found', 'rename', 'move', 'merge', 'split', 'close')", name=op.f("ck_unit_act_a_kind")
        ),
        sa.CheckConstraint("kind = 'found' OR decision IS NOT NULL", name=op.f("ck_unit_act_by_a_decision")),
        sa.ForeignKeyConstraint(["acted_by"], ["account.id"], name=op.f("fk_unit_act_acted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_act")),
    )
    op.create_table(
        "unit_act_unit",
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.CheckConstraint("part IN ('subject', 'heir', 'child')", name=op.f("ck_unit_act_unit_a_part")),
        sa.ForeignKeyConstraint(["act_id"], ["unit_act.id"], name=op.f("fk_unit_act_unit_act_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_act_unit_unit_id")),
        sa.PrimaryKeyConstraint("act_id", "unit_id", name=op.f("pk_unit_act_unit")),
    )
    op.create_index("ix_unit_act_unit_unit_id", "unit_act_unit", ["unit_id"])


def _history() -> None:
    op.create_table(
        "unit_name",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("act_id", sa.Integer(), nullable=True),
        *_of_unit_and_act("unit_name"),
    )
    op.create_index("ix_unit_name_unit_id", "unit_name", ["unit_id", "id"])
    op.create_table(
        "unit_parent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("act_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("parent_id IS NULL OR parent_id <> unit_id", name=op.f("ck_unit_parent_another")),
        *_of_unit_and_act("unit_parent"),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.id"], name=op.f("fk_unit_parent_parent_id")),
    )
    op.create_index("ix_unit_parent_unit_id", "unit_parent", ["unit_id", "id"])
    op.create_index("ix_unit_parent_parent_id", "unit_parent", ["parent_id"])
    op.create_table(
        "unit_successor",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("heir_id", sa.Integer(), nullable=False),
        sa.Column("custodian", sa.Boolean(), nullable=False),
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("heir_id <> unit_id", name=op.f("ck_unit_successor_another")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_successor_unit_id")),
        sa.ForeignKeyConstraint(["heir_id"], ["unit.id"], name=op.f("fk_unit_successor_heir_id")),
        sa.ForeignKeyConstraint(["act_id"], ["unit_act.id"], name=op.f("fk_unit_successor_act_id")),
        sa.PrimaryKeyConstraint("unit_id", "heir_id", name=op.f("pk_unit_successor")),
    )
    op.create_index("ix_unit_successor_heir_id", "unit_successor", ["heir_id"])
    op.create_index(
        "uq_unit_successor_custodian",
        "unit_successor",
        ["unit_id"],
        unique=True,
        sqlite_where=sa.text("custodian"),
        postgresql_where=sa.text("custodian"),
    )


def _of_unit_and_act(table: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f(f"fk_{table}_unit_id")),
        sa.ForeignKeyConstraint(["act_id"], ["unit_act.id"], name=op.f(f"fk_{table}_act_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _order(table: str) -> None:
    """A row begins no earlier than those before it, so the newest row of a unit is the one that holds."""
    later = f"EXISTS (SELECT 1 FROM {table} o WHERE o.unit_id = NEW.unit_id AND o.valid_from > NEW.valid_from)"  # nosec B608 - names of our own tables
    guard(table, "INSERT", later, "order")


def _what_no_row_says() -> str:
    """Name, parent and end of a unit follow what was written beside them, never an update alone; an end stays."""
    return (
        f"{any_changed(('id', 'code', 'kind', 'valid_from'))}"
        f" OR ({any_changed(('name',))} AND NEW.name <> {_NEWEST_NAME})"
        f" OR ({any_changed(('parent_id',))} AND COALESCE(NEW.parent_id, 0) <> COALESCE({_NEWEST_PARENT}, 0))"
        f" OR ({any_changed(('valid_to',))} AND (OLD.valid_to IS NOT NULL OR NOT {_ENDED}))"
    )
