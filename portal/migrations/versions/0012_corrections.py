"""After the lock: the regulation, acts of two officials on a locked version, and its standing; each written once"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import any_changed, guard, guard_truncate

revision = "0012"
down_revision = "0011"

POLICY_FIXED = (
    *("id", "allowed", "delay_days", "decision", "decided_on", "file_sha256", "file_name"),
    *("proposed_by", "proposed_at", "expires_at"),
)
FIXED = (
    *("id", "kind", "version_id", "school_id", "decision", "decided_on", "file_sha256", "file_name", "reason", "note"),
    *("opened_by", "opened_at", "expires_at"),
)
PROPOSED = ("new_version_id", "proposed_by", "proposed_at")
DECIDED = ("decided_by", "decided_at", "due_at")
CLOSED = ("closed_by", "closed_at", "closing")
STEPS = (
    *("open>open", "open>waiting", "open>withdrawn", "open>expired"),
    *("waiting>confirmed", "waiting>withdrawn", "waiting>rejected", "waiting>expired"),
    *("confirmed>effective", "confirmed>stopped"),
)
TAKEN = "EXISTS (SELECT 1 FROM correction c WHERE c.new_version_id = {row}.id AND c.state IN {states})"
SIBLING = (
    "EXISTS (SELECT 1 FROM record_version s WHERE s.year_record_id = NEW.year_record_id"
    " AND s.id <> NEW.id AND s.state = 'locked')"
)


def upgrade() -> None:
    _policy()
    _correction()
    _standing()
    guard("correction_policy", "INSERT", "NEW.state <> 'waiting'")
    guard("correction_policy", "UPDATE", f"OLD.state <> 'waiting' OR {any_changed(POLICY_FIXED)}")
    guard("correction_policy", "DELETE")
    begins = "NEW.state <> (CASE WHEN NEW.kind = 'supersede' THEN 'open' ELSE 'waiting' END)"
    guard("correction", "INSERT", begins)
    guard("correction", "UPDATE", _changes_what_stays())
    guard("correction", "DELETE")
    acted = (
        "NOT EXISTS (SELECT 1 FROM correction c WHERE c.id = NEW.correction_id AND c.version_id = NEW.version_id"
        " AND c.state = 'effective')"
    )
    guard("record_standing", "INSERT", acted)
    guard("record_standing", "UPDATE")
    guard("record_standing", "DELETE")
    frozen = TAKEN.format(row="OLD", states="('confirmed')")
    guard("record_version", "UPDATE", f"OLD.state = 'accepted' AND NEW.state <> 'locked' AND {frozen}", "correct")
    allowed = TAKEN.format(row="NEW", states="('confirmed', 'effective')")
    second = f"NEW.state = 'locked' AND OLD.state <> 'locked' AND {SIBLING} AND NOT {allowed}"
    guard("record_version", "UPDATE", second, "second")
    guard_truncate("correction_policy", "correction", "record_standing")


def _decision() -> list[sa.Column[object]]:
    return [
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
    ]


def _policy() -> None:
    op.create_table(
        "correction_policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("delay_days", sa.Integer(), nullable=False),
        *_decision(),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing", sa.Text(), nullable=True),
        sa.Column("log_index", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by"
            " AND decided_at IS NOT NULL AND log_index IS NOT NULL)",
            name=op.f("ck_correction_policy_two_officials"),
        ),
        sa.CheckConstraint("delay_days BETWEEN 1 AND 60", name=op.f("ck_correction_policy_a_delay")),
        *_keys(
            "correction_policy", {"file_sha256": "blob.sha256", "proposed_by": "account.id", "decided_by": "account.id"}
        ),
        sa.UniqueConstraint("log_index", name=op.f("uq_correction_policy_log_index")),
    )
    _unique_while("correction_policy", "waiting", "state", "state = 'waiting'")


def _correction() -> None:
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        *_decision(),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("opened_by", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("new_version_id", sa.Integer(), nullable=True),
        sa.Column("proposed_by", sa.Integer(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state NOT IN ('confirmed', 'effective', 'stopped') OR (proposed_by IS NOT NULL AND decided_by IS NOT NULL"
            " AND decided_by <> proposed_by AND decided_at IS NOT NULL AND due_at IS NOT NULL AND due_at > decided_at)",
            name=op.f("ck_correction_two_officials"),
        ),
        sa.CheckConstraint(
            "(kind = 'supersede' AND note IS NULL"
            " AND (new_version_id IS NOT NULL OR state NOT IN ('waiting', 'confirmed', 'effective', 'stopped')))"
            " OR (kind = 'annotate' AND note IS NOT NULL AND new_version_id IS NULL)"
            " OR (kind = 'revoke' AND note IS NULL AND new_version_id IS NULL)",
            name=op.f("ck_correction_what_it_needs"),
        ),
        *_keys(
            "correction",
            {
                "version_id": "record_version.id",
                "school_id": "unit.id",
                "file_sha256": "blob.sha256",
                "opened_by": "account.id",
                "new_version_id": "record_version.id",
                "proposed_by": "account.id",
                "decided_by": "account.id",
                "closed_by": "account.id",
            },
        ),
    )
    _unique_while("correction", "lives", "version_id", "state IN ('open', 'waiting', 'confirmed')")
    op.create_index("ix_correction_school_id", "correction", ["school_id"])
    op.create_index("ix_correction_new_version_id", "correction", ["new_version_id"])
    op.create_index("ix_correction_state_due_at", "correction", ["state", "due_at"])


def _standing() -> None:
    op.create_table(
        "record_standing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("correction_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("by_version", sa.Integer(), nullable=True),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("opening", sa.LargeBinary(), nullable=False),
        *_keys("record_standing", {"version_id": "record_version.id", "correction_id": "correction.id"}),
        sa.UniqueConstraint("correction_id", name=op.f("uq_record_standing_correction_id")),
        sa.UniqueConstraint("log_index", name=op.f("uq_record_standing_log_index")),
    )
    op.create_index("ix_record_standing_version_id", "record_standing", ["version_id", "id"])


def _keys(table: str, foreign: dict[str, str]) -> list[sa.Constraint]:
    return [
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))
            for column, target in foreign.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _unique_while(table: str, name: str, column: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(f"uq_{table}_{name}", table, [column], unique=True, sqlite_where=where, postgresql_where=where)


def _changes_what_stays() -> str:
    """What was written; what belongs to a step that is over, or has not come; any step that there is not."""
    steps = ", ".join(f"'{step}'" for step in STEPS)
    return (
        f"OLD.state || '>' || NEW.state NOT IN ({steps})"
        f" OR {any_changed(FIXED)}"
        f" OR (OLD.state <> 'open' AND {any_changed(PROPOSED)})"
        f" OR (OLD.state <> 'waiting' AND {any_changed(DECIDED)})"
        f" OR (NEW.state NOT IN ('withdrawn', 'rejected', 'stopped') AND {any_changed(CLOSED)})"
    )
