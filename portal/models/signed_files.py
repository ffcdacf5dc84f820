"""What became of each file of signatures that a school handed in through the portal."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class SignedFile(Base):
    """A handed-in file. accepted, waiting: records that have all signatures since, and that still lack one.

    refused: signatures that do not count, each with lookup code, role and the checks that say why. Written once.
    """

    __tablename__ = "signed_file"
    __table_args__ = (Index("ix_signed_file_packet_id", "packet_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    packet_id: Mapped[int] = mapped_column(ForeignKey("packet.id"))
    handed_in_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    handed_in_at: Mapped[datetime]
    accepted: Mapped[int]
    waiting: Mapped[int]
    refused: Mapped[list[Any]]
