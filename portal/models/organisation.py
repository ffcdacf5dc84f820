"""Units of the province: department and schools, with what their records print about them."""

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class UnitKind(StrEnum):
    """Kind of a unit (domain §5)."""

    DEPARTMENT = "department"
    PRIMARY = "primary"
    LOWER_SECONDARY = "lower_secondary"


class Unit(Base):
    """A unit. code: opaque, never parsed. head_*: who stands on new records of a school."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    commune: Mapped[str | None]
    district: Mapped[str | None]
    province: Mapped[str | None]
    head_name: Mapped[str | None]
    head_title: Mapped[str | None]
    issue_place: Mapped[str | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
