"""Counts for the reports of the plan: results of locked records, and what was found in files that came in.

Nobody is named in them. Of results a job keeps step with the log; findings are counted in the transaction that takes a
file in.
"""

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class ResultCount(Base):
    """How many locked records in force say a value of an item. unit_id: the issuing school, or the department, which
    holds the sum of all. item: path of a level, mark or decision.
    """

    __tablename__ = "result_count"

    school_year: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    grade: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]


class ResultCursor(Base):
    """How far the log has been counted; one row. next_index: the first leaf that was not looked at."""

    __tablename__ = "result_cursor"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    next_index: Mapped[int]


class FindingCount(Base):
    """How often a finding was met in files of a school. software: as the file's properties name it; empty: they do
    not.
    """

    __tablename__ = "finding_count"

    school_year: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    software: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    severity: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
