"""The second step at sign-in, when a person last proved who it is, and the acts of one account found fast"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0029"

_OF_AN_ACCOUNT = sa.text("fields LIKE 'account:%'")


def upgrade() -> None:
    _sessions()
    op.create_table(
        "totp_key",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        _account("totp_key"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_totp_key")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("code_sha256", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        _account("recovery_code"),
        sa.PrimaryKeyConstraint("code_sha256", name=op.f("pk_recovery_code")),
    )
    op.create_index("ix_recovery_code_account_id", "recovery_code", ["account_id"])
    op.create_table(
        "sign_in_step",
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        _account("sign_in_step"),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_sign_in_step")),
    )
    op.create_index("ix_sign_in_step_account_id", "sign_in_step", ["account_id"])
    op.create_table(
        "failed_sign_in",
        sa.Column("name_hash", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name_hash", "day", "step", name=op.f("pk_failed_sign_in")),
    )
    op.create_index(
        "ix_access_event_of_account",
        "access_event",
        ["fields"],
        sqlite_where=_OF_AN_ACCOUNT,
        postgresql_where=_OF_AN_ACCOUNT,
    )


def _sessions() -> None:
    """Sessions of before say nothing of when their person proved who it is: everybody signs in again."""
    op.drop_table("web_session")
    op.create_table(
        "web_session",
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        _account("web_session"),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_web_session")),
    )
    op.create_index("ix_web_session_account_id", "web_session", ["account_id"])


def _account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f(f"fk_{table}_account_id"))
