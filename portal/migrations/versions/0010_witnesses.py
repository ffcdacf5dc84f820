"""Cosignatures of witnesses beside the checkpoints, the policies that ask for them, and what contradicts the log"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import append_only

revision = "0010"
down_revision = "0009"

# What a witness said, and what was asked of witnesses, is never changed; only what is known of a witness is.
KEPT = ("log_policy", "log_cosignature", "log_witnessed", "log_contradiction")


def upgrade() -> None:
    _policies()
    _witnesses()
    _witnessed()
    append_only(*KEPT)


def _policies() -> None:
    op.create_table(
        "log_policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_policy")),
    )


def _witnesses() -> None:
    op.create_table(
        "log_witness",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("vkey", sa.Text(), nullable=False),
        sa.Column("known_size", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("trouble_size", sa.Integer(), nullable=True),
        sa.Column("trouble_since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_witness")),
        sa.UniqueConstraint("vkey", name=op.f("uq_log_witness_vkey")),
    )
    op.create_table(
        "log_cosignature",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("witness_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_cosignature")),
        sa.UniqueConstraint("size", "witness_id", name=op.f("uq_log_cosignature_size_witness_id")),
        sa.ForeignKeyConstraint(["size"], ["log_checkpoint.size"], name=op.f("fk_log_cosignature_size")),
        sa.ForeignKeyConstraint(["witness_id"], ["log_witness.id"], name=op.f("fk_log_cosignature_witness_id")),
    )
    op.create_table(
        "log_contradiction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("witness_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("witness_size", sa.Integer(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_contradiction")),
        sa.UniqueConstraint(
            "witness_id", "kind", "size", "root", name=op.f("uq_log_contradiction_witness_id_kind_size_root")
        ),
        sa.ForeignKeyConstraint(["witness_id"], ["log_witness.id"], name=op.f("fk_log_contradiction_witness_id")),
    )


def _witnessed() -> None:
    op.create_table(
        "log_witnessed",
        sa.Column("policy_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("size", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("policy_id", "size", name=op.f("pk_log_witnessed")),
        sa.ForeignKeyConstraint(["policy_id"], ["log_policy.id"], name=op.f("fk_log_witnessed_policy_id")),
        sa.ForeignKeyConstraint(["size"], ["log_checkpoint.size"], name=op.f("fk_log_witnessed_size")),
    )
