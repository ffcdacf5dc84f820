"""How far a year has come, from the counts that the database keeps: province, communes, schools, classes, days.

No page of it counts records; only the list of one class or school reads them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import (
    PRIMARY_KINDS,
    ClassCount,
    CountedYear,
    RecordVersion,
    SchoolCount,
    SchoolDay,
    State,
    Transcript,
    Unit,
    YearRecordRow,
)
from portal.permissions import UnitScope, may_list_round_records, may_watch_rounds
from portal.services.organisation import alive_on, day_of
from portal.vietnamese import fold

PAGE_ROWS: Final = 50
_DIGITS: Final = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Counts:
    """Pupils by the state of what counts of their year; second_…: those of them that belong to the second round."""

    draft: int = 0
    submitted: int = 0
    accepted: int = 0
    rejected: int = 0
    withdrawn: int = 0
    locked: int = 0
    second_open: int = 0
    second_accepted: int = 0
    second_locked: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    def of(self, state: State) -> int:
        """How many are in a state; 0 for replaced ones, whose successors are counted."""
        return 0 if state is State.REPLACED else int(getattr(self, state.value))

    @property
    def total(self) -> int:
        """What is on its way or locked."""
        return self.draft + self.submitted + self.accepted + self.rejected + self.locked

    @property
    def first_signed(self) -> int:
        """Signed and sealed, or locked, without those of the second round."""
        return self.accepted + self.locked - self.second_signed

    @property
    def first_total(self) -> int:
        return self.total - self.second_total

    @property
    def second_signed(self) -> int:
        return self.second_accepted + self.second_locked

    @property
    def second_total(self) -> int:
        return self.second_open + self.second_signed

    def missing(self, round_number: int) -> int:
        """How many of a round are not signed and sealed yet."""
        return self.first_total - self.first_signed if round_number == 1 else self.second_open


@dataclass(frozen=True, slots=True)
class Line:
    """A commune, school or class. key: code of the unit, or name of the class. silent: schools that sent nothing."""

    key: str
    name: str
    counts: Counts
    silent: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """A unit at which somebody looks."""

    code: str
    name: str
    lines: tuple[Line, ...]
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """accepted: how many stood accepted or locked at the end of the day."""

    day: date
    accepted: int


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A record behind a count: never ethnicity, height or weight (domain §6)."""

    code: str
    full_name: str
    class_name: str
    packet_id: int


@dataclass(frozen=True, slots=True)
class RecordsPage:
    """page: from 1."""

    unit: str
    rows: tuple[RecordLine, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class School:
    """A school with what it has sent. key: of its row."""

    key: int
    code: str
    name: str
    parent_code: str
    parent_name: str
    counts: Counts


def watched(identity: Identity | None) -> UnitScope:
    """The schools whose progress a person sees; `nothing` for who has no business here."""
    return may_watch_rounds(identity)


def summary(session: Session, identity: Identity, school_year: str) -> Counts:
    """All that is within reach, together."""
    return _together(_by_unit(session, watched(identity), school_year).values())


def every_school(session: Session, school_year: str, now: datetime) -> tuple[School, ...]:
    """Every school of the province that stands or has sent something, for what the portal does by itself."""
    return tuple(_schools(session, UnitScope(everything=True), school_year, now))


def communes(session: Session, identity: Identity, school_year: str, now: datetime) -> tuple[Line, ...]:
    """Schools within reach by the unit above them, by name."""
    held: dict[str, list[School]] = {}
    for school in _schools(session, watched(identity), school_year, now):
        held.setdefault(school.parent_code, []).append(school)
    return tuple(
        Line(
            code,
            schools[0].parent_name,
            _together(each.counts for each in schools),
            sum(each.counts == Counts() for each in schools),
        )
        for code, schools in sorted(held.items(), key=lambda item: fold(item[1][0].parent_name))
    )


def schools(session: Session, identity: Identity, school_year: str, commune: str, now: datetime) -> Place:
    """The schools of a commune; raises NotFound for one of which nothing lies within reach."""
    found = [each for each in _schools(session, watched(identity), school_year, now) if each.parent_code == commune]
    if not found:
        raise NotFound
    lines = (Line(each.code, each.name, each.counts, int(each.counts == Counts())) for each in found)
    return Place(commune, found[0].parent_name, tuple(sorted(lines, key=lambda line: fold(line.name))))


def classes(session: Session, identity: Identity, school_year: str, code: str) -> Place:
    """The classes of a school, in the order in which people count them; raises NotFound outside one's reach."""
    above = aliased(Unit)
    statement = sa.select(Unit.id, Unit.name, above.code).outerjoin(above, above.id == Unit.parent_id)
    unit = session.execute(statement.where(Unit.code == code)).one_or_none()
    if unit is None or not watched(identity).covers(code):
        raise NotFound
    rows = session.execute(
        sa.select(ClassCount.class_name, *_columns(ClassCount)).where(
            ClassCount.school_year == school_year, ClassCount.unit_id == unit[0]
        )
    )
    lines = [Line(name, name, Counts(*counts)) for name, *counts in rows]
    shown = sorted((line for line in lines if line.counts != Counts()), key=lambda line: _counted(line.name))
    return Place(code, unit[1], tuple(shown), unit[2])


def days(session: Session, identity: Identity, school_year: str) -> tuple[Day, ...]:
    """Every day on which something was accepted, oldest first, with all that was accepted until then."""
    statement = (
        sa.select(SchoolDay.day, sa.func.sum(SchoolDay.accepted))
        .where(SchoolDay.school_year == school_year, _of(watched(identity), SchoolDay.unit_id))
        .group_by(SchoolDay.day)
        .order_by(SchoolDay.day)
    )
    found, so_far = [], 0
    for day, count in session.execute(statement):
        so_far += count
        if count:
            found.append(Day(day, so_far))
    return tuple(found)


def years(session: Session, shown: str) -> tuple[str, ...]:
    """Years of which something is counted, and the one that is shown, newest first."""
    held = session.scalars(sa.select(SchoolCount.school_year).distinct())
    return tuple(sorted({shown, *held}, reverse=True))


def may_list(identity: Identity) -> bool:
    """Whether a person sees the pupils behind a count; a committee does not."""
    return not may_list_round_records(identity).nothing


def records(
    session: Session, identity: Identity, school_year: str, code: str, class_name: str, state: State, page: int
) -> RecordsPage:
    """The records behind the count of a school, or of one of its classes, by name; raises NotFound outside reach."""
    unit = session.scalar(sa.select(Unit).where(Unit.code == code))
    if unit is None or not may_list_round_records(identity).covers(code):
        raise NotFound
    wanted = [
        CountedYear.school_year == school_year,
        CountedYear.unit_id == unit.id,
        CountedYear.state == state.value,
    ]
    if class_name:
        wanted.append(CountedYear.class_name == class_name)
    statement = (
        sa.select(Transcript.lookup_code, RecordVersion.full_name, RecordVersion.class_name, RecordVersion.packet_id)
        .select_from(CountedYear)
        .join(RecordVersion, RecordVersion.id == CountedYear.version_id)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .where(*wanted)
    )
    total = session.scalar(sa.select(sa.func.count()).select_from(statement.subquery())) or 0
    pages = max(1, -(-total // PAGE_ROWS))
    page = min(page, pages)
    rows = session.execute(
        statement.order_by(RecordVersion.sort_name, RecordVersion.id).limit(PAGE_ROWS).offset((page - 1) * PAGE_ROWS)
    )
    return RecordsPage(unit.name, tuple(RecordLine(*row) for row in rows), total, page, pages)


def _schools(session: Session, scope: UnitScope, school_year: str, now: datetime) -> list[School]:
    """Every school that stands or has sent something: two queries whatever the size of the province."""
    counts, above = _by_unit(session, scope, school_year), aliased(Unit)
    rows = session.execute(
        sa.select(Unit.id, Unit.code, Unit.name, above.code, above.name)
        .join(above, above.id == Unit.parent_id)
        .where(
            sa.or_(sa.and_(Unit.kind.in_(PRIMARY_KINDS), alive_on(day_of(now))), Unit.id.in_(list(counts))),
            _of(scope, Unit.id),
        )
    )
    return [School(*row, counts.get(row[0], Counts())) for row in rows]


def _by_unit(session: Session, scope: UnitScope, school_year: str) -> dict[int, Counts]:
    if scope.nothing:
        raise NotFound
    rows = session.execute(
        sa.select(SchoolCount.unit_id, *_columns(SchoolCount)).where(
            SchoolCount.school_year == school_year, _of(scope, SchoolCount.unit_id)
        )
    )
    return {unit: Counts(*counts) for unit, *counts in rows}


def _columns(table: type[SchoolCount | ClassCount]) -> list[sa.ColumnElement[int]]:
    return [sa.type_coerce(getattr(table, each.name), sa.Integer()) for each in fields(Counts)]


def _of(scope: UnitScope, unit_id: sa.orm.InstrumentedAttribute[int]) -> sa.ColumnElement[bool]:
    return sa.true() if scope.everything else unit_id.in_(sa.select(Unit.id).where(Unit.code.in_(scope.units)))


def _together(counts: Iterable[Counts]) -> Counts:
    return sum(counts, Counts())


def _counted(name: str) -> list[tuple[int, str]]:
    """5A2 before 5A10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _DIGITS.split(name) if part]
