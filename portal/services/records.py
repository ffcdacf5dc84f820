"""The staff's list: classes with counts by state, and a search among the records within reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import Identity
from portal.models import EarlierYear, RecordVersion, State, Transcript, Unit, YearRecordRow
from portal.permissions import RecordScope, may_read_whole_records
from portal.services.standing import superseded
from portal.vietnamese import fold

_Row = TypeVarTuple("_Row")

PAGE_ROWS = 50
LIVING = (State.DRAFT.value, State.SUBMITTED.value, State.ACCEPTED.value, State.LOCKED.value)


@dataclass(frozen=True, slots=True)
class ClassSummary:
    """One class of one year. counts: records by state."""

    school_year: str
    unit_name: str
    class_name: str
    grade: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record in a list: never ethnicity, height or weight (domain §6)."""

    code: str
    full_name: str
    class_name: str
    school_year: str
    state: str
    version: int
    unit_name: str
    earlier: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page of results. page: from 1. total: rows on all pages."""

    rows: tuple[RecordRow, ...]
    total: int
    page: int
    pages: int


def classes(session: Session, identity: Identity | None) -> tuple[ClassSummary, ...]:
    """Classes within reach, newest year first, then by school and class."""
    scope = may_read_whole_records(identity)
    if scope.nothing:
        return ()
    rows = session.execute(
        sa.select(
            YearRecordRow.school_year,
            Unit.name,
            RecordVersion.class_name,
            RecordVersion.grade,
            RecordVersion.state,
            sa.func.count(),
        )
        .select_from(RecordVersion)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .join(Unit, Unit.id == RecordVersion.issuing_unit_id)
        .where(RecordVersion.state.in_(LIVING), ~superseded(RecordVersion.id), _within(scope))
        .group_by(
            YearRecordRow.school_year,
            Unit.name,
            RecordVersion.class_name,
            RecordVersion.grade,
            RecordVersion.state,
        )
    ).all()
    found: dict[tuple[str, str, str, int], dict[str, int]] = {}
    for year, unit, name, grade, state, count in rows:
        found.setdefault((year, unit, name, grade), {})[state] = count
    ordered = sorted(found.items(), key=lambda item: (_newest(item[0][0]), fold(item[0][1]), item[0][3], item[0][2]))
    return tuple(ClassSummary(year, unit, name, grade, counts) for (year, unit, name, grade), counts in ordered)


def search(
    session: Session,
    identity: Identity | None,
    text: str,
    school_year: str | None,
    class_name: str | None,
    page: int,
) -> Page:
    """Records within reach whose name holds the words of `text`, in Vietnamese order of given names."""
    scope = may_read_whole_records(identity)
    if scope.nothing:
        return Page((), 0, 1, 1)
    wanted = [RecordVersion.state.in_(LIVING), ~superseded(RecordVersion.id), _within(scope)]
    wanted += [RecordVersion.search_name.contains(word, autoescape=True) for word in fold(text).split()]
    if school_year:
        wanted.append(YearRecordRow.school_year == school_year)
    if class_name:
        wanted.append(RecordVersion.class_name == class_name)
    total = session.execute(_joined(sa.select(sa.func.count())).where(*wanted)).scalar_one()
    pages = max(1, -(-total // PAGE_ROWS))
    page = min(max(page, 1), pages)
    rows = session.execute(
        _joined(
            sa.select(
                Transcript.lookup_code,
                RecordVersion.full_name,
                RecordVersion.class_name,
                YearRecordRow.school_year,
                RecordVersion.state,
                RecordVersion.version,
                Unit.name,
                sa.exists().where(EarlierYear.version_id == RecordVersion.id),
            )
        )
        .where(*wanted)
        .order_by(YearRecordRow.school_year.desc(), RecordVersion.sort_name, RecordVersion.id)
        .limit(PAGE_ROWS)
        .offset((page - 1) * PAGE_ROWS)
    )
    return Page(tuple(RecordRow(*row) for row in rows), total, page, pages)


def _joined(statement: sa.Select[*_Row]) -> sa.Select[*_Row]:
    return (
        statement.select_from(RecordVersion)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .join(Unit, Unit.id == RecordVersion.issuing_unit_id)
    )


def _within(scope: RecordScope) -> sa.ColumnElement[bool]:
    if scope.everything:
        return sa.true()
    managed = sa.select(Unit.id).where(Unit.code.in_(scope.managed_by))
    issued = sa.select(Unit.id).where(Unit.code.in_(scope.issued_by))
    return sa.or_(
        Transcript.managing_unit_id.in_(managed),
        RecordVersion.issuing_unit_id.in_(issued),
        Transcript.id.in_(scope.children),
    )


def _newest(school_year: str) -> int:
    return -int(school_year[:4])
