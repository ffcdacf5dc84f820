"""The inventories that were made: what their leaves say, and the signed status list of that moment."""

from datetime import date, datetime

from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class LogInventory(Base):
    """An inventory. day: in the province. size: leaves that it covers. count: years of pupils.

    root, status_sha256: hex. log_index: of its leaf. status_list: the signed file (`verify.status_list`).
    """

    __tablename__ = "log_inventory"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(index=True)
    size: Mapped[int]
    count: Mapped[int]
    root: Mapped[str]
    status_sha256: Mapped[str]
    made_at: Mapped[datetime]
    log_index: Mapped[int] = mapped_column(unique=True)
    status_list: Mapped[bytes]
