"""Units of the province as a dated tree: what they are called and belong to today, and everything that they were.

`unit.name`, `parent_id` and `valid_to` say what holds now; the dated rows beside them say since when and by which act,
are written once, and hold `unit` to them (triggers). Of a unit's rows the newest that has begun by a day holds on it.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class UnitKind(StrEnum):
    """Kind of a unit (domain §5). OFFICE: of a district, until 30/06/2025. COMMUNE: its committee, from 01/07/2025.

    OUTSIDE: another installation, for the pupils that go there or come from there (decision 0045); nobody acts for it.
    """

    MINISTRY = "ministry"
    DEPARTMENT = "department"
    OFFICE = "office"
    COMMUNE = "commune"
    PRIMARY = "primary"
    LOWER_SECONDARY = "lower_secondary"
    COMBINED = "combined"
    OUTSIDE = "outside"


PRIMARY_KINDS: Final = (UnitKind.PRIMARY.value, UnitKind.COMBINED.value)
"""Schools that have primary classes, so year records."""
SCHOOL_KINDS: Final = (*PRIMARY_KINDS, UnitKind.LOWER_SECONDARY.value)


class Unit(Base):
    """A unit. code: opaque, never parsed. valid_to: its last day. head_*: who stands on new records of a school."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    commune: Mapped[str | None]
    district: Mapped[str | None]
    province: Mapped[str | None]
    head_name: Mapped[str | None]
    head_title: Mapped[str | None]
    issue_place: Mapped[str | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class ActKind(StrEnum):
    """What happens to units. Stored, so for ever."""

    FOUND = "found"
    RENAME = "rename"
    MOVE = "move"
    MERGE = "merge"
    SPLIT = "split"
    CLOSE = "close"


class ActPart(StrEnum):
    """What a unit is in an act: what it happens to, who carries on, or a child that gets another parent by it."""

    SUBJECT = "subject"
    HEIR = "heir"
    CHILD = "child"


class UnitAct(Base):
    """An act by a decision. effective_on: the first day on which it holds. acted_by: None for the command line.

    decision, decided_on: number and day of the paper; schools founded long ago may come without. counts: what it did,
    as `portal.services.unit_handover.Consequences` names it.
    """

    __tablename__ = "unit_act"
    __table_args__ = (
        CheckConstraint("kind IN ('found', 'rename', 'move', 'merge', 'split', 'close')", name="a_kind"),
        CheckConstraint("kind = 'found' OR decision IS NOT NULL", name="by_a_decision"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    effective_on: Mapped[date]
    decision: Mapped[str | None]
    decided_on: Mapped[date | None]
    acted_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    acted_at: Mapped[datetime]
    counts: Mapped[dict[str, Any]]


class UnitActUnit(Base):
    """A unit that an act is about."""

    __tablename__ = "unit_act_unit"
    __table_args__ = (CheckConstraint("part IN ('subject', 'heir', 'child')", name="a_part"),)

    act_id: Mapped[int] = mapped_column(ForeignKey("unit_act.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True, index=True)
    part: Mapped[str]


class UnitName(Base):
    """A name from a day on. act_id: None for the first name of a unit that came without an act."""

    __tablename__ = "unit_name"
    __table_args__ = (Index("ix_unit_name_unit_id", "unit_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    name: Mapped[str]
    valid_from: Mapped[date]
    act_id: Mapped[int | None] = mapped_column(ForeignKey("unit_act.id"))


class UnitParent(Base):
    """A parent from a day on; None: the root."""

    __tablename__ = "unit_parent"
    __table_args__ = (
        CheckConstraint("parent_id IS NULL OR parent_id <> unit_id", name="another"),
        Index("ix_unit_parent_unit_id", "unit_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    valid_from: Mapped[date]
    act_id: Mapped[int | None] = mapped_column(ForeignKey("unit_act.id"))


class UnitSuccessor(Base):
    """Who carries on a unit. custodian: keeps its records; one unit at most, so nobody asks twice where a record is."""

    __tablename__ = "unit_successor"
    __table_args__ = (
        CheckConstraint("heir_id <> unit_id", name="another"),
        Index(
            "uq_unit_successor_custodian",
            "unit_id",
            unique=True,
            sqlite_where=text("custodian"),
            postgresql_where=text("custodian"),
        ),
    )

    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    heir_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True, index=True)
    custodian: Mapped[bool]
    act_id: Mapped[int] = mapped_column(ForeignKey("unit_act.id"))


class UnitImportState(StrEnum):
    """Life of a workbook of units."""

    WAITING = "waiting"
    DONE = "done"
    DISCARDED = "discarded"


class UnitImport(Base):
    """A workbook of units between its preview and its confirmation. table: as read, so that the child reads it once.

    outcome: what the preview showed; the confirmation must come to the same. data: the file, to be given back with its
    faults marked; gone when it is closed. made_by: None for the command line.
    """

    __tablename__ = "unit_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    file_name: Mapped[str]
    table: Mapped[dict[str, Any]]
    outcome: Mapped[dict[str, Any]]
    data: Mapped[bytes | None] = mapped_column(deferred=True)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    made_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
