"""Who looks after a pupil's records: requests to move them, what moved, and pupils who left for nobody knows where."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class CustodyState(StrEnum):
    """REQUESTED and AGREED live; the others are for good. Stored, so for ever."""

    REQUESTED = "requested"  # waits for the head of the receiving school
    AGREED = "agreed"  # waits for the head of the school that keeps the records
    MOVED = "moved"
    REFUSED = "refused"  # by one of the two heads
    WITHDRAWN = "withdrawn"  # by the receiving school
    CLOSED = "closed"  # by the department


class Applicant(StrEnum):
    """Who asked for the move in writing (domain §4)."""

    PARENT = "parent"
    GUARDIAN = "guardian"


_LIVES = text("state IN ('requested', 'agreed')")
_OPEN = text("ended_at IS NULL")


class CustodyRequest(Base):
    """A parent's or guardian's application as the receiving school wrote it down, and what both heads said.

    from_unit_id: who kept the records when it was written; a merger may have moved them since. applied_on: day of the
    application. starts_on: the pupil's first day in the new school. agreed_*: by the receiving head. closed_*: the last
    step, whoever took it; closing: why, of everything but a move.
    """

    __tablename__ = "custody_request"
    __table_args__ = (
        CheckConstraint("from_unit_id <> to_unit_id", name="another_school"),
        CheckConstraint(
            "state NOT IN ('agreed', 'moved') OR (agreed_by IS NOT NULL AND agreed_at IS NOT NULL)",
            name="receiving_head",
        ),
        CheckConstraint(
            "(state IN ('requested', 'agreed') AND closed_by IS NULL AND closed_at IS NULL AND closing IS NULL)"
            " OR (state = 'moved' AND closed_by IS NOT NULL AND closed_at IS NOT NULL AND closing IS NULL)"
            " OR (state IN ('refused', 'withdrawn', 'closed') AND closed_by IS NOT NULL AND closed_at IS NOT NULL"
            " AND closing IS NOT NULL)",
            name="how_it_ended",
        ),
        Index("uq_custody_request_lives", "transcript_id", unique=True, sqlite_where=_LIVES, postgresql_where=_LIVES),
        Index("ix_custody_request_to_unit_id", "to_unit_id", "id"),
        Index("ix_custody_request_from_unit_id", "from_unit_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcript.id"))
    from_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    to_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    state: Mapped[str]
    applicant: Mapped[str]
    applied_on: Mapped[date]
    starts_on: Mapped[date]
    reason: Mapped[str]
    requested_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    requested_at: Mapped[datetime]
    agreed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    agreed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    closed_at: Mapped[datetime | None]
    closing: Mapped[str | None]


class CustodyMove(Base):
    """Custody of a transcript went from one unit to another; written once, in the transaction that moved it."""

    __tablename__ = "custody_move"
    __table_args__ = (Index("ix_custody_move_transcript_id", "transcript_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcript.id"))
    from_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    to_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    request_id: Mapped[int] = mapped_column(ForeignKey("custody_request.id"), unique=True)
    moved_at: Mapped[datetime]


class CustodyLeaving(Base):
    """A pupil left a school, and nobody asked for the records yet. ended_at: custody moved, or the pupil came back."""

    __tablename__ = "custody_leaving"
    __table_args__ = (
        Index("uq_custody_leaving_open", "transcript_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcript.id"))
    left_on: Mapped[date]
    noted_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    noted_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
