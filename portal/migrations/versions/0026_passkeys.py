"""Passkeys, and what devices are asked to sign"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import any_changed, guard, guard_truncate

revision = "0026"
down_revision = "0031"


def upgrade() -> None:
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_passkey_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index("ix_passkey_account_id", "passkey", ["account_id"])
    # A key is never given to another person, nor lives again after its end.
    given = any_changed(["account_id", "credential_id", "public_key", "made_at"])
    guard("passkey", "UPDATE", f"{given} OR OLD.ended_at IS NOT NULL")
    guard("passkey", "DELETE")
    guard_truncate("passkey")
    op.create_table(
        "passkey_challenge",
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_passkey_challenge")),
    )
