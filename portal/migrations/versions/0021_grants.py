"""Guardians, grants, shared links; until when a print opens what it shows"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import any_changed, append_only, guard, guard_truncate

revision = "0021"
down_revision = "0019"

_LINK = ("id", "transcript_id", "display_name", "kinship", "papers", "checked_by", "checked_at", "invite_sha256")
_GRANT = (
    "id",
    "kind",
    "unit_id",
    "account_id",
    "procedure",
    "scope",
    "first_year",
    "last_year",
    "purpose",
    "reference",
    "valid_from",
    "valid_to",
    "views_allowed",
    "by_guardian",
    "asked_by",
    "asked_at",
)
_SHARE = (
    "id",
    "transcript_id",
    "made_by",
    "made_at",
    "secret_sha256",
    "pin_hash",
    "scope",
    "first_year",
    "last_year",
    "download",
    "views_allowed",
    "expires_at",
)
_LINKED = sa.text("account_id IS NOT NULL AND ended_at IS NULL")
_VIEWS = "views_used >= 0 AND (views_allowed IS NULL OR (views_allowed > 0 AND views_used <= views_allowed))"


def upgrade() -> None:
    _guardians()
    _grants()
    _shares()
    op.add_column("print", sa.Column("opens_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("print", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    _what_stays()


def _guardians() -> None:
    table = "guardian_link"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transcript_id", sa.Integer(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("kinship", sa.Text(), nullable=False),
        sa.Column("papers", sa.Text(), nullable=False),
        sa.Column("checked_by", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invite_sha256", sa.Text(), nullable=False),
        sa.Column("invite_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(account_id IS NULL) = (accepted_at IS NULL)", name=op.f("ck_guardian_link_accepted")),
        sa.CheckConstraint("(ended_by IS NULL) = (ended_at IS NULL)", name=op.f("ck_guardian_link_ended")),
        *_foreign(table, {"transcript_id": "transcript", **_people("checked_by", "account_id", "ended_by")}),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardian_link")),
        sa.UniqueConstraint("invite_sha256", name=op.f("uq_guardian_link_invite_sha256")),
    )
    op.create_index("ix_guardian_link_transcript_id", table, ["transcript_id"])
    op.create_index("ix_guardian_link_account_id", table, ["account_id"])
    op.create_index(
        "uq_guardian_link_linked",
        table,
        ["transcript_id", "account_id"],
        unique=True,
        sqlite_where=_LINKED,
        postgresql_where=_LINKED,
    )


def _grants() -> None:
    table = "access_grant"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("procedure", sa.Text(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("first_year", sa.Text(), nullable=True),
        sa.Column("last_year", sa.Text(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("views_allowed", sa.Integer(), nullable=True),
        sa.Column("views_used", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("by_guardian", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        *_grant_checks(),
        *_foreign(table, {"unit_id": "unit", **_people("account_id", "asked_by", "decided_by", "ended_by")}),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_grant")),
    )
    for column in ("unit_id", "account_id", "asked_by"):
        op.create_index(f"ix_access_grant_{column}", table, [column])
    table = "access_grant_record"
    op.create_table(
        table,
        sa.Column("grant_id", sa.Integer(), nullable=False),
        sa.Column("transcript_id", sa.Integer(), nullable=False),
        *_foreign(table, {"grant_id": "access_grant", "transcript_id": "transcript"}),
        sa.PrimaryKeyConstraint("grant_id", "transcript_id", name=op.f("pk_access_grant_record")),
    )
    op.create_index("ix_access_grant_record_transcript_id", table, ["transcript_id"])


def _grant_checks() -> list[sa.Constraint]:
    whom = (
        "(kind = 'person' AND account_id IS NOT NULL AND unit_id IS NULL)"
        " OR (kind <> 'person' AND account_id IS NULL AND unit_id IS NOT NULL)"
    )
    return [
        sa.CheckConstraint(whom, name=op.f("ck_access_grant_to_whom")),
        sa.CheckConstraint("(kind = 'procedure') = (procedure IS NOT NULL)", name=op.f("ck_access_grant_procedure")),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_access_grant_days")),
        sa.CheckConstraint(_VIEWS, name=op.f("ck_access_grant_views")),
        sa.CheckConstraint("(state = 'requested') = (decided_by IS NULL)", name=op.f("ck_access_grant_decided")),
        sa.CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name=op.f("ck_access_grant_ended")),
    ]


def _shares() -> None:
    table = "share_link"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transcript_id", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("secret_sha256", sa.Text(), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("first_year", sa.Text(), nullable=True),
        sa.Column("last_year", sa.Text(), nullable=True),
        sa.Column("download", sa.Boolean(), nullable=False),
        sa.Column("views_allowed", sa.Integer(), nullable=True),
        sa.Column("views_used", sa.Integer(), nullable=False),
        sa.Column("wrong_pins", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(_VIEWS, name=op.f("ck_share_link_views")),
        *_foreign(table, {"transcript_id": "transcript", "made_by": "account"}),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_link")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_share_link_secret_sha256")),
    )
    op.create_index("ix_share_link_transcript_id", table, ["transcript_id"])


def _people(*columns: str) -> dict[str, str]:
    return dict.fromkeys(columns, "account")


def _foreign(table: str, columns: dict[str, str]) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, other in columns.items()
    ]


def _what_stays() -> None:
    """What was written stays; what has ended never lives again; nobody takes a look back."""
    accepted = f"OLD.account_id IS NOT NULL AND {any_changed(('account_id', 'accepted_at', 'invite_until'))}"
    guard("guardian_link", "UPDATE", f"{any_changed(_LINK)} OR OLD.ended_at IS NOT NULL OR ({accepted})")
    given = f"OLD.decided_by IS NOT NULL AND {any_changed(('decided_by', 'decided_at'))}"
    guard(
        "access_grant",
        "UPDATE",
        f"{any_changed(_GRANT)} OR OLD.state IN ('refused', 'ended') OR NEW.views_used < OLD.views_used OR ({given})",
    )
    guard(
        "share_link", "UPDATE", f"{any_changed(_SHARE)} OR OLD.ended_at IS NOT NULL OR NEW.views_used < OLD.views_used"
    )
    for table in ("guardian_link", "access_grant", "share_link"):
        guard(table, "DELETE")
        guard_truncate(table)
    append_only("access_grant_record")
