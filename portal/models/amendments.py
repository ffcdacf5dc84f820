"""What a family or a school asks to have put right in a record: which cells, why, and every step of the answer."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.encryption.columns import EncryptedText
from portal.models.base import Base


class AmendmentState(StrEnum):
    """ASKED, ACCEPTED and CORRECTING live; the others are for good. Stored, so for ever."""

    ASKED = "asked"
    ACCEPTED = "accepted"  # the school brings a version in that says so
    CORRECTING = "correcting"  # locked: the department opened a case
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # by who asked
    DONE = "done"


class Amendment(Base):
    """A request about one year of a pupil.

    version_id: that was read when it was written. school_id: issued that version, and answers before the lock.
    evidence: which paper, and where it is kept. file_sha256: of a copy that the asker showed; the portal keeps no file.
    correction_id: the department's case. done_version_id: whose signed bytes say what was asked.
    """

    __tablename__ = "amendment"
    __table_args__ = (
        CheckConstraint("(state IN ('asked', 'accepted', 'correcting')) = (closed_at IS NULL)", name="closed"),
        CheckConstraint("state <> 'correcting' OR correction_id IS NOT NULL", name="case"),
        CheckConstraint(
            "state <> 'done' OR done_version_id IS NOT NULL OR correction_id IS NOT NULL", name="what_was_done"
        ),
        Index("ix_amendment_school_id", "school_id", "id"),
        Index("ix_amendment_transcript_id", "transcript_id", "id"),
        Index("ix_amendment_year_record_id_state", "year_record_id", "state"),
        Index("ix_amendment_correction_id", "correction_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcript.id"))
    year_record_id: Mapped[int] = mapped_column(ForeignKey("year_record.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("record_version.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    state: Mapped[str]
    by_guardian: Mapped[bool]
    reason: Mapped[str]
    evidence: Mapped[str]
    file_sha256: Mapped[str | None]
    asked_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime]
    correction_id: Mapped[int | None] = mapped_column(ForeignKey("correction.id"))
    done_version_id: Mapped[int | None] = mapped_column(ForeignKey("record_version.id"))
    closed_at: Mapped[datetime | None]


class AmendmentCell(Base):
    """A cell that should read otherwise. path: of the record. before, after: as text; empty: nothing stands there."""

    __tablename__ = "amendment_cell"

    amendment_id: Mapped[int] = mapped_column(ForeignKey("amendment.id"), primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    before: Mapped[str] = mapped_column(EncryptedText("amendment_cell.before"))
    after: Mapped[str] = mapped_column(EncryptedText("amendment_cell.after"))


class AmendmentStep(Base):
    """History: one row for each step, written by the function that takes it. actor_id: None is the portal itself."""

    __tablename__ = "amendment_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    amendment_id: Mapped[int] = mapped_column(ForeignKey("amendment.id"), index=True)
    act: Mapped[str]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    reason: Mapped[str]
    at: Mapped[datetime]
