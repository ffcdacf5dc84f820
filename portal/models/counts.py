"""Counts that the database keeps with every change of a version, so that a page of the province need not count records.

Triggers of migration 0023 write them in the transaction of the change; the audit counts everything again.
"""

from datetime import date

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class _ByState:
    """Versions by state. second_open, second_accepted: of those in draft or submitted (open) and in accepted, how many
    await additional assessment (domain §4).
    """

    draft: Mapped[int]
    submitted: Mapped[int]
    accepted: Mapped[int]
    rejected: Mapped[int]
    replaced: Mapped[int]
    withdrawn: Mapped[int]
    locked: Mapped[int]
    second_open: Mapped[int]
    second_accepted: Mapped[int]


class SchoolCount(_ByState, Base):
    """Versions of one school of one year by state."""

    __tablename__ = "school_count"

    school_year: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)


class ClassCount(_ByState, Base):
    """Versions of one class of one year by state."""

    __tablename__ = "class_count"

    school_year: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    class_name: Mapped[str] = mapped_column(primary_key=True)


class SchoolDay(Base):
    """Versions of a school that stand accepted or locked, by the day of the province on which they were accepted."""

    __tablename__ = "school_day"
    __table_args__ = (Index("ix_school_day_day", "school_year", "day", "accepted"),)

    school_year: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    accepted: Mapped[int]
