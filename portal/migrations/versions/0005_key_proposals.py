"""Two officials for the registry of keys, and guards: what was proposed stays, and an entry can only end"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

FIXED_OF_A_KEY = ("id", "certificate_sha256", "certificate", "unit_id", "role", "valid_from", "added_at", "log_index")
FIXED_OF_A_PROPOSAL = (
    "id",
    "kind",
    "unit_id",
    "role",
    "certificate_sha256",
    "certificate",
    "first_day",
    "last_day",
    "decision",
    "proposed_by",
    "proposed_at",
    "expires_at",
)
# An end may come, or come earlier; it never goes away and never comes later.
LONGER = "(OLD.valid_to IS NOT NULL AND (NEW.valid_to IS NULL OR NEW.valid_to > OLD.valid_to))"


def upgrade() -> None:
    _table()
    differs = "IS NOT" if op.get_context().dialect.name == "sqlite" else "IS DISTINCT FROM"
    _guard("key_authorisation", "UPDATE", f"{_any_changed(FIXED_OF_A_KEY, differs)} OR {LONGER}")
    _guard("key_proposal", "INSERT", "NEW.state <> 'waiting'")
    _guard("key_proposal", "UPDATE", f"OLD.state <> 'waiting' OR {_any_changed(FIXED_OF_A_PROPOSAL, differs)}")
    _guard("key_proposal", "DELETE", "1 = 1")
    if op.get_context().dialect.name != "sqlite":
        op.execute(
            "CREATE TRIGGER guard_key_proposal_truncate BEFORE TRUNCATE ON key_proposal"
            " FOR EACH STATEMENT EXECUTE FUNCTION hocba_refuse_truncate()"
        )


def _table() -> None:
    op.create_table(
        "key_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("certificate_sha256", sa.Text(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("authorisation_id", sa.Integer(), nullable=True),
        sa.Column("log_index", sa.Integer(), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by)",
            name=op.f("ck_key_proposal_two_officials"),
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_key_proposal_unit_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["account.id"], name=op.f("fk_key_proposal_proposed_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_key_proposal_decided_by")),
        sa.ForeignKeyConstraint(
            ["authorisation_id"], ["key_authorisation.id"], name=op.f("fk_key_proposal_authorisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_proposal")),
    )
    op.create_index("ix_key_proposal_state", "key_proposal", ["state"])
    op.create_index(
        "uq_key_proposal_waiting",
        "key_proposal",
        ["certificate_sha256", "unit_id", "role"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _any_changed(columns: tuple[str, ...], differs: str) -> str:
    return "(" + " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in columns) + ")"


def _guard(table: str, event: str, condition: str) -> None:
    name = f"{table}_{event.lower()}"
    if op.get_context().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER guard_{name} BEFORE {event} ON {table} WHEN {condition}"
            f" BEGIN SELECT RAISE(ABORT, 'hocba: {table} is locked'); END"
        )
        return
    kept = "OLD" if event == "DELETE" else "NEW"
    op.execute(
        f"CREATE FUNCTION hocba_guard_{name}() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN IF {condition} THEN RAISE EXCEPTION 'hocba: {table} is locked'"
        f" USING ERRCODE = 'restrict_violation'; END IF; RETURN {kept}; END $$"
    )
    op.execute(
        f"CREATE TRIGGER guard_{name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION hocba_guard_{name}()"
    )
