"""Data keys: they encrypt what tells who a pupil is, and stand here only under a master key (decision 0050)."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class DataKey(Base):
    """A key that encrypts values, or the one that makes blind indexes. wrapped_by: id of the master key, a file
    outside the database. Made once and never taken away: what was encrypted with it would be lost.
    """

    __tablename__ = "data_key"
    __table_args__ = (CheckConstraint("purpose IN ('values', 'index')", name="purpose"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    purpose: Mapped[str]
    wrapped: Mapped[bytes]
    wrapped_by: Mapped[str]
    created_at: Mapped[datetime]
