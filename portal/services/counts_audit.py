"""What the audit asks of the kept counts: counted again from the records, each must come out as it stands."""

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import ClassCount, RecordVersion, SchoolCount, SchoolDay, State, YearRecordRow
from portal.services.log_audit import Flaw
from portal.services.organisation import day_of

_DIFFERS: Final = "counts_differ"
_SECOND: Final = {
    State.DRAFT.value: "second_open",
    State.SUBMITTED.value: "second_open",
    State.ACCEPTED.value: "second_accepted",
}
# By year, unit, class ("" for the whole school), and state or day.
_Counts = dict[tuple[str, int, str, str], int]


def flaws(session: Session) -> Iterator[Flaw]:
    """Every school or class of which a count is not what the records say; it is named by year, unit and class."""
    by_class, by_day = _states(session), _days(session)
    by_school: _Counts = {}
    for (year, unit, _name, column), count in by_class.items():
        by_school[year, unit, "", column] = by_school.get((year, unit, "", column), 0) + count
    wrong = _differing(_kept(session), by_class | by_school) | _differing(_kept_days(session), by_day)
    for year, unit, name in sorted(wrong):
        yield Flaw(_DIFFERS, detail=f"{year} {unit} {name}".rstrip())


def _differing(kept: _Counts, counted: _Counts) -> set[tuple[str, int, str]]:
    return {key[:3] for key in kept.keys() | counted.keys() if kept.get(key, 0) != counted.get(key, 0)}


def _states(session: Session) -> _Counts:
    told = (
        YearRecordRow.school_year,
        RecordVersion.issuing_unit_id,
        RecordVersion.class_name,
        RecordVersion.state,
        RecordVersion.awaits_assessment,
    )
    rows = session.execute(
        sa.select(*told, sa.func.count())
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .group_by(*told)
    )
    found: _Counts = {}
    for year, unit, name, state, awaits, count in rows:
        for column in (state, _SECOND.get(state) if awaits else None):
            if column is not None:
                found[year, unit, name, column] = found.get((year, unit, name, column), 0) + count
    return found


def _kept(session: Session) -> _Counts:
    columns = (*(state.value for state in State), "second_open", "second_accepted")
    found = {
        (row.school_year, row.unit_id, row.class_name, column): getattr(row, column)
        for row in session.scalars(sa.select(ClassCount))
        for column in columns
    }
    return found | {
        (row.school_year, row.unit_id, "", column): getattr(row, column)
        for row in session.scalars(sa.select(SchoolCount))
        for column in columns
    }


def _days(session: Session) -> _Counts:
    rows = session.execute(
        sa.select(YearRecordRow.school_year, RecordVersion.issuing_unit_id, RecordVersion.accepted_at)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .where(RecordVersion.state.in_((State.ACCEPTED.value, State.LOCKED.value)))
        .execution_options(yield_per=10_000)
    )
    found: _Counts = {}
    for year, unit, accepted_at in rows:
        if accepted_at is not None:
            key = (year, unit, "", day_of(accepted_at).isoformat())
            found[key] = found.get(key, 0) + 1
    return found


def _kept_days(session: Session) -> _Counts:
    rows = session.scalars(sa.select(SchoolDay))
    return {(row.school_year, row.unit_id, "", row.day.isoformat()): row.accepted for row in rows}
