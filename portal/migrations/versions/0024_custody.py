"""Transfer of custody: requests, what moved, pupils who left for nobody knows where; intake lists of grade 6"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import any_changed, append_only, guard, guard_truncate

revision = "0024"
down_revision = "0023"

_WRITTEN = (
    "id",
    "transcript_id",
    "from_unit_id",
    "to_unit_id",
    "applicant",
    "applied_on",
    "starts_on",
    "reason",
    "requested_by",
    "requested_at",
)
_LIVES = "state IN ('requested', 'agreed')"


def upgrade() -> None:
    _requests()
    _moves()
    _leavings()
    _claims()
    # What was written stays, a request that ended stays as it ended, and the agreement of a head is not taken back.
    guard(
        "custody_request",
        "UPDATE",
        f"{any_changed(_WRITTEN)} OR OLD.state NOT IN ('requested', 'agreed')"
        f" OR (OLD.agreed_at IS NOT NULL AND {any_changed(('agreed_by', 'agreed_at'))})",
    )
    guard("custody_request", "DELETE")
    guard_truncate("custody_request")
    append_only("custody_move")
    guard(
        "custody_leaving",
        "UPDATE",
        f"{any_changed(('id', 'transcript_id', 'left_on', 'noted_by', 'noted_at'))} OR OLD.ended_at IS NOT NULL",
    )
    guard("custody_leaving", "DELETE")
    guard_truncate("custody_leaving")
    guard(
        "admission_claim",
        "UPDATE",
        f"{any_changed(('id', 'unit_id', 'transcript_id', 'claimed_by', 'claimed_at'))} OR OLD.ended_at IS NOT NULL",
    )
    guard("admission_claim", "DELETE")
    guard_truncate("admission_claim")


def _requests() -> None:
    table = "custody_request"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transcript_id", sa.Integer(), nullable=False),
        sa.Column("from_unit_id", sa.Integer(), nullable=False),
        sa.Column("to_unit_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("applicant", sa.Text(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Integer(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_by", sa.Integer(), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing", sa.Text(), nullable=True),
        sa.CheckConstraint("from_unit_id <> to_unit_id", name=op.f("ck_custody_request_another_school")),
        sa.CheckConstraint(
            "state NOT IN ('agreed', 'moved') OR (agreed_by IS NOT NULL AND agreed_at IS NOT NULL)",
            name=op.f("ck_custody_request_receiving_head"),
        ),
        sa.CheckConstraint(
            "(state IN ('requested', 'agreed') AND closed_by IS NULL AND closed_at IS NULL AND closing IS NULL)"
            " OR (state = 'moved' AND closed_by IS NOT NULL AND closed_at IS NOT NULL AND closing IS NULL)"
            " OR (state IN ('refused', 'withdrawn', 'closed') AND closed_by IS NOT NULL AND closed_at IS NOT NULL"
            " AND closing IS NOT NULL)",
            name=op.f("ck_custody_request_how_it_ended"),
        ),
        _key(table, "transcript_id", "transcript"),
        _key(table, "from_unit_id", "unit"),
        _key(table, "to_unit_id", "unit"),
        _key(table, "requested_by", "account"),
        _key(table, "agreed_by", "account"),
        _key(table, "closed_by", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_request")),
    )
    _once("uq_custody_request_lives", table, _LIVES)
    op.create_index("ix_custody_request_to_unit_id", table, ["to_unit_id", "id"])
    op.create_index("ix_custody_request_from_unit_id", table, ["from_unit_id", "id"])


def _moves() -> None:
    table = "custody_move"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transcript_id", sa.Integer(), nullable=False),
        sa.Column("from_unit_id", sa.Integer(), nullable=False),
        sa.Column("to_unit_id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        _key(table, "transcript_id", "transcript"),
        _key(table, "from_unit_id", "unit"),
        _key(table, "to_unit_id", "unit"),
        _key(table, "request_id", "custody_request"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_move")),
        sa.UniqueConstraint("request_id", name=op.f("uq_custody_move_request_id")),
    )
    op.create_index("ix_custody_move_transcript_id", table, ["transcript_id", "id"])


def _leavings() -> None:
    table = "custody_leaving"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transcript_id", sa.Integer(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=False),
        sa.Column("noted_by", sa.Integer(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        _key(table, "transcript_id", "transcript"),
        _key(table, "noted_by", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_leaving")),
    )
    _once("uq_custody_leaving_open", table, "ended_at IS NULL")


def _claims() -> None:
    table = "admission_claim"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("transcript_id", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.Integer(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        _key(table, "unit_id", "unit"),
        _key(table, "transcript_id", "transcript"),
        _key(table, "claimed_by", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admission_claim")),
    )
    _once("uq_admission_claim_open", table, "ended_at IS NULL", ["unit_id", "transcript_id"])


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _once(name: str, table: str, condition: str, columns: Sequence[str] = ("transcript_id",)) -> None:
    where = sa.text(condition)
    op.create_index(name, table, list(columns), unique=True, sqlite_where=where, postgresql_where=where)
