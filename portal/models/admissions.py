"""Grade 6: whom a lower-secondary school takes in, as it showed by code and birth date."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base

_OPEN = text("ended_at IS NULL")


class AdmissionClaim(Base):
    """A pupil on a school's intake list. ended_at: taken off it again, or its time was over."""

    __tablename__ = "admission_claim"
    __table_args__ = (
        Index(
            "uq_admission_claim_open",
            "unit_id",
            "transcript_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcript.id"))
    claimed_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    claimed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
