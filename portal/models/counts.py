"""Counts that the database keeps with every change of a version, so that a page of the province need not count records.

Triggers of migration 0037 write them in the transaction of the change; the audit counts everything again.
"""

from datetime import date

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class CountedYear(Base):
    """What counts of a pupil's year (decision 0049): its newest locked version, else its newest.

    unit_id, class_name, state: of that version. second_round: a version up to it, or up to the first locked one,
    awaited additional assessment (domain §4). day: of the province on which it was accepted, or the first locked one
    was; None unless it is accepted or locked.
    """

    __tablename__ = "counted_year"
    __table_args__ = (Index("ix_counted_year_unit_id_school_year", "unit_id", "school_year"),)

    year_record_id: Mapped[int] = mapped_column(ForeignKey("year_record.id"), primary_key=True)
    version_id: Mapped[int]
    school_year: Mapped[str]
    unit_id: Mapped[int]
    class_name: Mapped[str]
    state: Mapped[str]
    second_round: Mapped[bool]
    day: Mapped[date | None]


class _ByState:
    """Pupils by the state of what counts of their year. second_open, second_accepted, second_locked: of those that are
    not accepted yet, accepted, and locked, how many belong to the second round.
    """

    draft: Mapped[int]
    submitted: Mapped[int]
    rejected: Mapped[int]
    accepted: Mapped[int]
    withdrawn: Mapped[int]
    locked: Mapped[int]
    second_open: Mapped[int]
    second_accepted: Mapped[int]
    second_locked: Mapped[int]


class SchoolCount(_ByState, Base):
    """Pupils of one school of one year by state."""

    __tablename__ = "school_count"

    school_year: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)


class ClassCount(_ByState, Base):
    """Pupils of one class of one year by state."""

    __tablename__ = "class_count"

    school_year: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    class_name: Mapped[str] = mapped_column(primary_key=True)


class SchoolDay(Base):
    """Pupils of a school whose year stands accepted or locked, by the day of `CountedYear`."""

    __tablename__ = "school_day"
    __table_args__ = (Index("ix_school_day_day", "school_year", "day", "accepted"),)

    school_year: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    accepted: Mapped[int]
