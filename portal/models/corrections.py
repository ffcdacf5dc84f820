"""After the lock: the regulation that allows it, what two officials decide about a locked version, what came of it."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class PolicyState(StrEnum):
    """WAITING is open; the others are for good. Stored, so for ever."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"  # by another official
    WITHDRAWN = "withdrawn"  # by who proposed it
    EXPIRED = "expired"


class CorrectionKind(StrEnum):
    """What is decided about a locked version. Stored, so for ever; values as of `verify.log.leaves.Kind`."""

    ANNOTATE = "annotate"
    SUPERSEDE = "supersede"
    REVOKE = "revoke"


class CorrectionState(StrEnum):
    """Stored, so for ever. OPEN, WAITING and CONFIRMED live; the others are for good."""

    OPEN = "open"  # the school brings the corrected version in
    WAITING = "waiting"  # one official proposed it
    CONFIRMED = "confirmed"  # by a second official; takes effect when it is due
    EFFECTIVE = "effective"
    WITHDRAWN = "withdrawn"  # by an official, before the second one confirmed
    REJECTED = "rejected"  # by the second official
    STOPPED = "stopped"  # confirmed, and stopped before it took effect
    EXPIRED = "expired"


_ONCE = text("state = 'waiting'")
_LIVES = text("state IN ('open', 'waiting', 'confirmed')")


class CorrectionPolicy(Base):
    """One setting of the department's regulation; of those confirmed the newest holds, and none: nothing is allowed.

    delay_days: between the second official's confirmation and the effect. decision, decided_on, file_sha256, file_name:
    of the regulation; the file is a blob that nobody opens. log_index: its `policy` leaf.
    """

    __tablename__ = "correction_policy"
    __table_args__ = (
        CheckConstraint(
            "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by"
            " AND decided_at IS NOT NULL AND log_index IS NOT NULL)",
            name="two_officials",
        ),
        CheckConstraint("delay_days BETWEEN 1 AND 60", name="a_delay"),
        Index("uq_correction_policy_waiting", "state", unique=True, sqlite_where=_ONCE, postgresql_where=_ONCE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    allowed: Mapped[bool]
    delay_days: Mapped[int]
    decision: Mapped[str]
    decided_on: Mapped[date]
    file_sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"))
    file_name: Mapped[str]
    proposed_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    proposed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime | None]
    closing: Mapped[str | None]
    log_index: Mapped[int | None] = mapped_column(unique=True)


class Correction(Base):
    """What is decided about one locked version.

    school_id: who brings the corrected version in. decision, decided_on, file_sha256, file_name: of the paper decision;
    the file is a blob that nobody opens. reason: why; note: words of an annotation. opened_by: who began the case.
    new_version_id: of a supersession. proposed_by, decided_by: the two officials. due_at: when it takes effect.
    closed_by, closed_at, closing: who ended it before, and why. What was written is never changed (triggers).
    """

    __tablename__ = "correction"
    __table_args__ = (
        # The rule of two stands in the database too.
        CheckConstraint(
            "state NOT IN ('confirmed', 'effective', 'stopped') OR (proposed_by IS NOT NULL AND decided_by IS NOT NULL"
            " AND decided_by <> proposed_by AND decided_at IS NOT NULL AND due_at IS NOT NULL AND due_at > decided_at)",
            name="two_officials",
        ),
        CheckConstraint(
            "(kind = 'supersede' AND note IS NULL"
            " AND (new_version_id IS NOT NULL OR state NOT IN ('waiting', 'confirmed', 'effective', 'stopped')))"
            " OR (kind = 'annotate' AND note IS NOT NULL AND new_version_id IS NULL)"
            " OR (kind = 'revoke' AND note IS NULL AND new_version_id IS NULL)",
            name="what_it_needs",
        ),
        Index("uq_correction_lives", "version_id", unique=True, sqlite_where=_LIVES, postgresql_where=_LIVES),
        Index("ix_correction_new_version_id", "new_version_id"),
        Index("ix_correction_state_due_at", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str]
    version_id: Mapped[int] = mapped_column(ForeignKey("record_version.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    decision: Mapped[str]
    decided_on: Mapped[date]
    file_sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"))
    file_name: Mapped[str]
    reason: Mapped[str]
    note: Mapped[str | None]
    opened_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    new_version_id: Mapped[int | None] = mapped_column(ForeignKey("record_version.id"))
    proposed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    proposed_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    closed_at: Mapped[datetime | None]
    closing: Mapped[str | None]


class RecordStanding(Base):
    """What holds of a locked version since an act took effect; the newest row of a version holds, none: in force.

    state: of `verify.standing.StandingState`. by_version: number of the version that took its place. log_index: the
    leaf; opening: opens its commitment (`verify.log.decisions`). Written once, with its leaf (triggers).
    """

    __tablename__ = "record_standing"
    __table_args__ = (Index("ix_record_standing_version_id", "version_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("record_version.id"))
    correction_id: Mapped[int] = mapped_column(ForeignKey("correction.id"), unique=True)
    state: Mapped[str]
    since: Mapped[datetime]
    decision: Mapped[str]
    by_version: Mapped[int | None]
    log_index: Mapped[int] = mapped_column(unique=True)
    opening: Mapped[bytes]
