"""Rounds of the lock, proposals to lock made by one official and decided by another, and the set that both saw."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class LockKind(StrEnum):
    """Why records are locked together. Stored, so for ever."""

    ROUND = "round"
    LATE = "late"  # accepted after the cut-off of their round: by a decision of its own


class LockState(StrEnum):
    """WAITING is open; the others are for good."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"  # by another official: the set is frozen, the work may begin
    REJECTED = "rejected"  # by another official
    WITHDRAWN = "withdrawn"  # by who proposed it
    RENEWED = "renewed"  # the set had changed, and a newer proposal took its place
    EXPIRED = "expired"


class Round(Base):
    """One setting of a round of a school year; the highest revision holds, and none is ever changed (triggers).

    number: 1 or 2. cut_off: the last second that is in time. report_day: when the ministry is told, a day of the
    province. decision: number of the paper decision.
    """

    __tablename__ = "round"
    __table_args__ = (
        UniqueConstraint("school_year", "number", "revision"),
        CheckConstraint("number IN (1, 2)", name="one_or_two"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    school_year: Mapped[str]
    number: Mapped[int]
    revision: Mapped[int]
    cut_off: Mapped[datetime]
    report_day: Mapped[date]
    decision: Mapped[str]
    set_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    set_at: Mapped[datetime]


class LockProposal(Base):
    """A proposal to lock exactly the records that its items name.

    number: of the round, None for a late lock. accepted_until: what was accepted later does not belong to it; a round's
    cut-off, or the moment of the proposal. units: ids of the chosen schools, None for all. digest: of the set
    (`portal.services.lock_sets`). effective_at: one date for every record, set once by the confirmation. What was
    proposed never changes, and what was decided neither (triggers).
    """

    __tablename__ = "lock_proposal"
    __table_args__ = (
        # The rule of two stands in the database too.
        CheckConstraint(
            "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by"
            " AND decided_at IS NOT NULL AND effective_at IS NOT NULL)",
            name="two_officials",
        ),
        CheckConstraint(
            "(kind = 'round' AND number IS NOT NULL AND number IN (1, 2))"
            " OR (kind = 'late' AND number IS NULL AND reason IS NOT NULL)",
            name="late_has_a_reason",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    school_year: Mapped[str]
    number: Mapped[int | None]
    accepted_until: Mapped[datetime]
    units: Mapped[list[Any] | None]
    decision: Mapped[str]
    reason: Mapped[str | None]
    count: Mapped[int]
    digest: Mapped[str]
    proposed_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    proposed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime | None]
    closing: Mapped[str | None]
    effective_at: Mapped[datetime | None]
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    finished_at: Mapped[datetime | None]


class LockItem(Base):
    """A record of a proposal. Once the proposal is confirmed, the version can only become locked (trigger)."""

    __tablename__ = "lock_item"
    __table_args__ = (Index("ix_lock_item_version_id", "version_id"),)

    proposal_id: Mapped[int] = mapped_column(ForeignKey("lock_proposal.id"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("record_version.id"), primary_key=True)
