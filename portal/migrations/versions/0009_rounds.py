"""Rounds of the lock, and the lock by two officials: settings only grow, proposals stay, a confirmed set is frozen"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import differs, guard, guard_truncate

revision = "0009"
down_revision = "0007"

FIXED = (
    "id",
    "kind",
    "school_year",
    "number",
    "accepted_until",
    "units",
    "decision",
    "reason",
    "count",
    "digest",
    "proposed_by",
    "proposed_at",
    "expires_at",
)
DECIDED = ("state", "decided_by", "decided_at", "closing", "effective_at")
WORK = ("job_id", "finished_at")
STATE_OF_ITS_PROPOSAL = "(SELECT p.state FROM lock_proposal p WHERE p.id = {row}.proposal_id)"
CONFIRMED_LOCK_OF_ROUND = (
    "EXISTS (SELECT 1 FROM lock_proposal p WHERE p.kind = 'round' AND p.state = 'confirmed'"
    " AND p.school_year = NEW.school_year AND p.number = NEW.number)"
)
FROZEN = (
    "EXISTS (SELECT 1 FROM lock_item i JOIN lock_proposal p ON p.id = i.proposal_id"
    " WHERE i.version_id = OLD.id AND p.state = 'confirmed')"
)


def upgrade() -> None:
    _columns()
    _tables()
    guard("round", "INSERT", CONFIRMED_LOCK_OF_ROUND)
    guard("round", "UPDATE")
    guard("round", "DELETE")
    guard("lock_proposal", "INSERT", "NEW.state <> 'waiting'")
    guard("lock_proposal", "UPDATE", _changes_what_stays())
    guard("lock_proposal", "DELETE")
    guard("lock_item", "INSERT", f"{STATE_OF_ITS_PROPOSAL.format(row='NEW')} <> 'waiting'")
    guard("lock_item", "UPDATE")
    guard("lock_item", "DELETE", f"{STATE_OF_ITS_PROPOSAL.format(row='OLD')} IN ('waiting', 'confirmed')")
    guard("record_version", "UPDATE", f"OLD.state = 'accepted' AND NEW.state <> 'locked' AND {FROZEN}", "freeze")
    guard_truncate("round", "lock_proposal", "lock_item")


def _columns() -> None:
    """When a version was accepted, and whether its pupil awaits additional assessment; drafts of before count as not."""
    op.add_column("record_version", sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "record_version", sa.Column("awaits_assessment", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute(
        "UPDATE record_version SET accepted_at = (SELECT MAX(c.at) FROM state_change c"
        " WHERE c.version_id = record_version.id AND c.to_state = 'accepted') WHERE state = 'accepted'"
    )
    op.create_index("ix_year_record_school_year", "year_record", ["school_year"])


def _tables() -> None:
    op.create_table(
        "round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_year", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("cut_off", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report_day", sa.Date(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number IN (1, 2)", name=op.f("ck_round_one_or_two")),
        sa.ForeignKeyConstraint(["set_by"], ["account.id"], name=op.f("fk_round_set_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
        sa.UniqueConstraint("school_year", "number", "revision", name=op.f("uq_round_school_year_number_revision")),
    )
    _proposals()
    op.create_table(
        "lock_item",
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["proposal_id"], ["lock_proposal.id"], name=op.f("fk_lock_item_proposal_id")),
        sa.ForeignKeyConstraint(["version_id"], ["record_version.id"], name=op.f("fk_lock_item_version_id")),
        sa.PrimaryKeyConstraint("proposal_id", "version_id", name=op.f("pk_lock_item")),
    )
    op.create_index("ix_lock_item_version_id", "lock_item", ["version_id"])


def _proposals() -> None:
    op.create_table(
        "lock_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("school_year", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("accepted_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("units", sa.JSON(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing", sa.Text(), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by"
            " AND decided_at IS NOT NULL AND effective_at IS NOT NULL)",
            name=op.f("ck_lock_proposal_two_officials"),
        ),
        sa.CheckConstraint(
            "(kind = 'round' AND number IS NOT NULL AND number IN (1, 2))"
            " OR (kind = 'late' AND number IS NULL AND reason IS NOT NULL)",
            name=op.f("ck_lock_proposal_late_has_a_reason"),
        ),
        sa.ForeignKeyConstraint(["proposed_by"], ["account.id"], name=op.f("fk_lock_proposal_proposed_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_lock_proposal_decided_by")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_lock_proposal_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lock_proposal")),
    )
    op.create_index("ix_lock_proposal_state", "lock_proposal", ["state"])


def _changes_what_stays() -> str:
    """What was proposed; once decided, the decision; work on what is not confirmed; anything after the end."""
    return (
        f"{_any_changed(FIXED)}"
        f" OR (OLD.state <> 'waiting' AND {_any_changed(DECIDED)})"
        f" OR (NEW.state <> 'confirmed' AND {_any_changed(WORK)})"
        f" OR (OLD.finished_at IS NOT NULL AND {_any_changed(WORK)})"
    )


def _any_changed(columns: tuple[str, ...]) -> str:
    # PostgreSQL has no equality for JSON; as text it is what was written.
    def pair(column: str) -> str:
        return f"CAST(NEW.{column} AS TEXT) {differs()} CAST(OLD.{column} AS TEXT)"

    return "(" + " OR ".join(map(pair, columns)) + ")"
