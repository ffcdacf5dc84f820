"""What people taught the portal about headings: a school about a shape of its files, the department for everyone."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class HeadingMapping(Base):
    """Which column of a shape holds which field, as one school said. No personal data: headings only.

    shape: SHA-256 of the header cells. depth: its rows. columns: for each asked column index, heading, path and label.
    ended_at: when it was changed or forgotten; it stays, so that what was once read by it can be explained.
    """

    __tablename__ = "heading_mapping"
    __table_args__ = (
        Index(
            "uq_heading_mapping_in_use",
            "unit_id",
            "shape",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    shape: Mapped[str]
    sheet: Mapped[str]
    depth: Mapped[int]
    columns: Mapped[list[Any]]
    made_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    made_at: Mapped[datetime]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    ended_at: Mapped[datetime | None]


class HeadingAlias(Base):
    """A heading that the department added for all schools. folded: the spelling as compared. path: of the field."""

    __tablename__ = "heading_alias"
    __table_args__ = (
        Index(
            "uq_heading_alias_in_use",
            "folded",
            unique=True,
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    spelling: Mapped[str]
    folded: Mapped[str]
    path: Mapped[str]
    added_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    added_at: Mapped[datetime]
    removed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    removed_at: Mapped[datetime | None]
