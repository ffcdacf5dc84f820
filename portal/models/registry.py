"""Which certificate may sign for which unit, in which role, from when to when."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class KeyAuthorisation(Base):
    """An entry of the registry. certificate: DER, kept for ever so that old signatures stay explainable."""

    __tablename__ = "key_authorisation"
    __table_args__ = (UniqueConstraint("certificate_sha256", "unit_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    certificate_sha256: Mapped[str] = mapped_column(index=True)
    certificate: Mapped[bytes]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    role: Mapped[str]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    added_at: Mapped[datetime]
    log_index: Mapped[int | None]
