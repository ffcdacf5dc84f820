"""Extracts of a record that were issued for a procedure: each with its own number, checkable by it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class Extract(Base):
    """An extract: a print of chosen years, issued under a number for one procedure (plan PL 2.3d).

    print_id: the print that was made, with its years and frame. destination: the procedure, and who receives it.
    by_guardian: issued by the family. expires_on: last day of the province on which it is to be used; None: none was
    chosen. Ended, never deleted.
    """

    __tablename__ = "extract"
    __table_args__ = (
        CheckConstraint("(ended_by IS NULL) = (ended_at IS NULL)", name="ended"),
        Index("ix_extract_transcript_id", "transcript_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcript.id"))
    print_id: Mapped[int] = mapped_column(ForeignKey("print.id"), unique=True)
    destination: Mapped[str]
    by_guardian: Mapped[bool]
    issued_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    issued_at: Mapped[datetime]
    expires_on: Mapped[date | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    ended_at: Mapped[datetime | None]
