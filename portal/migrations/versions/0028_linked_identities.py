"""Identities at an OpenID provider, linked to accounts"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import any_changed, guard, guard_truncate

revision = "0028"
down_revision = "0036"

_LINKED = sa.text("ended_at IS NULL")


def upgrade() -> None:
    table = "linked_identity"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("subject_hash", sa.Text(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_linked_identity_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linked_identity")),
    )
    for column in ("subject_hash", "account_id"):
        op.create_index(
            f"uq_linked_identity_{column}", table, [column], unique=True, sqlite_where=_LINKED, postgresql_where=_LINKED
        )
    op.create_table(
        "openid_request",
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_openid_request_account_id")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_openid_request")),
    )
    op.create_index("ix_openid_request_account_id", "openid_request", ["account_id"])
    fixed = any_changed(("id", "account_id", "subject_hash", "linked_at"))
    guard(table, "UPDATE", f"{fixed} OR OLD.ended_at IS NOT NULL")
    guard(table, "DELETE")
    guard_truncate(table)
