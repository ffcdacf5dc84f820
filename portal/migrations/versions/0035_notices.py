"""What people are told, where they are written to, and the mail on its way"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import any_changed, guard

revision = "0035"
down_revision = "0025"

_TOLD = ("id", "account_id", "kind", "subject", "key", "detail", "at")
_SENT = ("id", "account_id", "kind", "count", "optional", "message_id", "created_at")


def upgrade() -> None:
    _notices()
    _addresses()
    _mail()
    # Whoever was told was told, and what was read is not unread; a mail that has ended is not sent again.
    guard(
        "notice",
        "UPDATE",
        f"{any_changed(_TOLD)} OR (OLD.read_at IS NOT NULL AND {any_changed(('read_at',))})"
        f" OR (OLD.mailed_at IS NOT NULL AND {any_changed(('mailed_at',))})",
    )
    guard("mail", "UPDATE", f"{any_changed(_SENT)} OR OLD.state <> 'queued'")


def _notices() -> None:
    table = "notice"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        _account(table),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("account_id", "key", name=op.f("uq_notice_account_id_key")),
    )
    op.create_index("ix_notice_account_id", table, ["account_id", "id"])
    op.create_index("ix_notice_at", table, ["at"])
    _where("ix_notice_unread", table, ["account_id"], "read_at IS NULL")
    _where("ix_notice_kind", table, ["kind", "subject"], "read_at IS NULL")


def _addresses() -> None:
    table = "mail_address"
    op.create_table(
        table,
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pace", sa.Text(), nullable=False),
        sa.Column("optional", sa.Boolean(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("pace IN ('soon', 'daily')", name=op.f("ck_mail_address_pace")),
        _account(table),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_mail_address")),
    )


def _mail() -> None:
    table = "mail"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("optional", sa.Boolean(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'queued') = (ended_at IS NULL)", name=op.f("ck_mail_ended")),
        sa.CheckConstraint("(state = 'queued') = (address IS NOT NULL)", name=op.f("ck_mail_address")),
        _account(table),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("message_id", name=op.f("uq_mail_message_id")),
    )
    op.create_index("ix_mail_account_id", table, ["account_id", "kind", "created_at"])
    _where("ix_mail_queued", table, ["next_at"], "state = 'queued'")


def _account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f(f"fk_{table}_account_id"))


def _where(name: str, table: str, columns: Sequence[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, list(columns), sqlite_where=where, postgresql_where=where)
