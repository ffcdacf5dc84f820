"""Invitations of staff by link, two officials for roles of weight, and roles that are never prolonged"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import any_changed, guard, guard_truncate

revision = "0027"
down_revision = "0030"

_INVITATION = (
    "id",
    "kind",
    "display_name",
    "unit_id",
    "role",
    "valid_from",
    "valid_to",
    "secret_sha256",
    "invited_by",
    "invited_at",
    "expires_at",
)
_PROPOSAL = (
    "id",
    "kind",
    "account_id",
    "unit_id",
    "role",
    "valid_from",
    "valid_to",
    "proposed_by",
    "proposed_at",
    "expires_at",
)
_APPOINTMENT = ("id", "account_id", "unit_id", "role", "valid_from")
# A role ends, or ends earlier: who is to go on gets another one, which somebody gives.
_LONGER = "(OLD.valid_to IS NOT NULL AND (NEW.valid_to IS NULL OR NEW.valid_to > OLD.valid_to))"
_WAITS = sa.text("state = 'waiting'")


def upgrade() -> None:
    _invitations()
    _proposals()
    _what_stays()


def _invitations() -> None:
    table = "account_invitation"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("secret_sha256", sa.Text(), nullable=False),
        sa.Column("invited_by", sa.Integer(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'join' AND unit_id IS NOT NULL AND role IS NOT NULL AND valid_from IS NOT NULL"
            " AND (account_id IS NULL) = (accepted_at IS NULL))"
            " OR (kind = 'reset' AND account_id IS NOT NULL AND unit_id IS NULL AND role IS NULL)",
            name=op.f("ck_account_invitation_for_whom"),
        ),
        sa.CheckConstraint("ended_at IS NULL OR accepted_at IS NULL", name=op.f("ck_account_invitation_one_end")),
        *_foreign(table, {"account_id": "account", "unit_id": "unit", "invited_by": "account"}),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_invitation")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_account_invitation_secret_sha256")),
    )
    for column in ("account_id", "invited_by", "unit_id"):
        op.create_index(f"ix_account_invitation_{column}", table, [column])


def _proposals() -> None:
    table = "people_proposal"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'confirmed' OR (decided_by <> proposed_by AND decided_by <> account_id"
            " AND proposed_by <> account_id)",
            name=op.f("ck_people_proposal_two_officials"),
        ),
        sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name=op.f("ck_people_proposal_decided")),
        sa.CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name=op.f("ck_people_proposal_by_somebody")),
        sa.CheckConstraint(
            "(kind = 'role') = (unit_id IS NOT NULL AND role IS NOT NULL AND valid_from IS NOT NULL)",
            name=op.f("ck_people_proposal_a_role"),
        ),
        *_foreign(
            table, {"account_id": "account", "unit_id": "unit", "proposed_by": "account", "decided_by": "account"}
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_proposal")),
    )
    op.create_index(
        "uq_people_proposal_waiting",
        table,
        ["account_id", "unit_id", "role"],
        unique=True,
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )


def _foreign(table: str, columns: dict[str, str]) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, other in columns.items()
    ]


def _what_stays() -> None:
    """What was written stays; what was accepted, ended or decided does not live again."""
    closed = "OLD.accepted_at IS NOT NULL OR OLD.ended_at IS NOT NULL"
    another = f"OLD.account_id IS NOT NULL AND {any_changed(('account_id',))}"
    guard("account_invitation", "UPDATE", f"{any_changed(_INVITATION)} OR {closed} OR ({another})")
    guard("people_proposal", "INSERT", "NEW.state <> 'waiting'")
    guard("people_proposal", "UPDATE", f"{any_changed(_PROPOSAL)} OR OLD.state <> 'waiting'")
    guard("appointment", "UPDATE", f"{any_changed(_APPOINTMENT)} OR {_LONGER}")
    for table in ("account_invitation", "people_proposal", "appointment"):
        guard(table, "DELETE")
        guard_truncate(table)
