"""Years locked in the system before this one: their keys, imports by two officials, and guards on both"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import any_changed, differs, guard, guard_truncate

revision = "0007"
down_revision = "0006"

LOCKED_VERSION = "EXISTS (SELECT 1 FROM record_version v WHERE v.id = NEW.version_id AND v.state = 'locked')"
FIXED_OF_AN_IMPORT = (
    "id",
    "source",
    "owner",
    "decision",
    "bundle_sha256",
    "records",
    "proposed_by",
    "proposed_at",
    "expires_at",
)
GUARDS = (
    ("earlier_key", "UPDATE", "1 = 1"),
    ("earlier_key", "DELETE", "1 = 1"),
    ("earlier_year", "INSERT", LOCKED_VERSION),
    ("earlier_year", "UPDATE", "1 = 1"),
    ("earlier_year", "DELETE", "1 = 1"),
    ("earlier_code", "UPDATE", "1 = 1"),
    ("earlier_code", "DELETE", "1 = 1"),
    ("earlier_import", "INSERT", "NEW.state <> 'waiting'"),
    ("earlier_import", "DELETE", "1 = 1"),
)


def upgrade() -> None:
    _keys()
    _imports()
    _years()
    for table, event, condition in GUARDS:
        guard(table, event, condition)
    other_data = f"(NEW.data IS NOT NULL AND NEW.data {differs()} OLD.data)"
    guard("earlier_import", "UPDATE", f"OLD.state <> 'waiting' OR {any_changed(FIXED_OF_AN_IMPORT)} OR {other_data}")
    guard_truncate("earlier_key", "earlier_year", "earlier_code", "earlier_import")


def _keys() -> None:
    op.create_table(
        "earlier_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("certificate_sha256", sa.Text(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_earlier_key_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earlier_key")),
        sa.UniqueConstraint(
            "certificate_sha256", "unit_id", "role", name=op.f("uq_earlier_key_certificate_sha256_unit_id_role")
        ),
        sa.UniqueConstraint("log_index", name=op.f("uq_earlier_key_log_index")),
    )


def _imports() -> None:
    once = sa.text("state IN ('waiting', 'confirmed')")
    op.create_table(
        "earlier_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("bundle_sha256", sa.Text(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by)",
            name=op.f("ck_earlier_import_two_officials"),
        ),
        sa.ForeignKeyConstraint(["proposed_by"], ["account.id"], name=op.f("fk_earlier_import_proposed_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_earlier_import_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earlier_import")),
    )
    op.create_index("ix_earlier_import_state", "earlier_import", ["state"])
    op.create_index(
        "uq_earlier_import_once",
        "earlier_import",
        ["bundle_sha256"],
        unique=True,
        sqlite_where=once,
        postgresql_where=once,
    )


def _years() -> None:
    op.create_table(
        "earlier_year",
        sa.Column("version_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_code", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["version_id"], ["record_version.id"], name=op.f("fk_earlier_year_version_id")),
        sa.ForeignKeyConstraint(["import_id"], ["earlier_import.id"], name=op.f("fk_earlier_year_import_id")),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_earlier_year")),
    )
    op.create_index("ix_earlier_year_import_id", "earlier_year", ["import_id"])
    op.create_table(
        "earlier_code",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("transcript_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["transcript_id"], ["transcript.id"], name=op.f("fk_earlier_code_transcript_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_earlier_code")),
    )
    op.create_index("ix_earlier_code_transcript_id", "earlier_code", ["transcript_id"])
