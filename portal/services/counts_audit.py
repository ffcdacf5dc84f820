"""What the audit asks of the kept counts: counted again from the versions, each must come out as it stands.

The rule (decision 0049) stands here once more, in Python beside the SQL of the triggers, so that neither proves itself.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import ClassCount, CountedYear, RecordVersion, SchoolCount, SchoolDay, State, YearRecordRow
from portal.services.log_audit import Flaw
from portal.services.organisation import day_of

_DIFFERS: Final = "counts_differ"
_SECOND: Final = {
    State.DRAFT.value: "second_open",
    State.SUBMITTED.value: "second_open",
    State.REJECTED.value: "second_open",
    State.ACCEPTED.value: "second_accepted",
    State.LOCKED.value: "second_locked",
}
_COLUMNS: Final = (*(state.value for state in State if state is not State.REPLACED), *sorted(set(_SECOND.values())))
_DATED: Final = (State.ACCEPTED.value, State.LOCKED.value)
_TOLD_BY: Final = (
    YearRecordRow.school_year,
    RecordVersion.id,
    RecordVersion.year_record_id,
    RecordVersion.version,
    RecordVersion.issuing_unit_id,
    RecordVersion.class_name,
    RecordVersion.state,
    RecordVersion.awaits_assessment,
    RecordVersion.accepted_at,
)
# By year, unit, class ("" for the whole school), and state or day.
_Counts = dict[tuple[str, int, str, str], int]
# Year record, version's id, school year, unit, class, state, second round, day: as in CountedYear.
_Year = tuple[int, int, str, int, str, str, bool, str | None]


def flaws(session: Session) -> Iterator[Flaw]:
    """Every school or class of which a count is not what the versions say; it is named by year, unit and class."""
    kept, wrong = _kept_years(session), set[tuple[str, int, str]]()
    counted: _Counts = {}
    for found in _counted_again(session):
        if kept.pop(found[0], None) != found:
            wrong.add(found[2:5])
        _add(counted, found)
    wrong |= {left[2:5] for left in kept.values()} | _differing(_kept(session), counted)
    for year, unit, name in sorted(wrong):
        yield Flaw(_DIFFERS, detail=f"{year} {unit} {name}".rstrip())


def _add(counted: _Counts, found: _Year) -> None:
    _year, _version, school_year, unit, name, state, second, day = found
    for column in (state, _SECOND.get(state) if second else None, day):
        if column is not None and column != State.REPLACED.value:
            for at in ("",) if column == day else ("", name):
                key = (school_year, unit, at, column)
                counted[key] = counted.get(key, 0) + 1


def _differing(kept: _Counts, counted: _Counts) -> set[tuple[str, int, str]]:
    return {key[:3] for key in kept.keys() | counted.keys() if kept.get(key, 0) != counted.get(key, 0)}


def _counted_again(session: Session) -> Iterator[_Year]:
    """What counts of every pupil's year, from all of its versions."""
    rows = session.execute(
        sa.select(*_TOLD_BY)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .order_by(RecordVersion.year_record_id, RecordVersion.version)
        .execution_options(yield_per=5_000)
    )
    for _year, versions in groupby(rows, key=lambda row: row.year_record_id):
        yield _counts_of(list(versions))


def _counts_of(versions: Sequence[sa.Row[*tuple[Any, ...]]]) -> _Year:
    """versions: of one year, oldest first."""
    locked = [version for version in versions if version.state == State.LOCKED.value]
    counts = (locked or versions)[-1]
    decides = locked[0] if locked else counts
    second = any(version.awaits_assessment for version in versions if version.version <= decides.version)
    dated = decides.accepted_at if counts.state in _DATED else None
    day = day_of(dated).isoformat() if dated is not None else None
    place = (counts.school_year, counts.issuing_unit_id, counts.class_name)
    return (counts.year_record_id, counts.id, *place, counts.state, second, day)


def _kept_years(session: Session) -> dict[int, _Year]:
    return {
        row.year_record_id: (
            row.year_record_id,
            row.version_id,
            row.school_year,
            row.unit_id,
            row.class_name,
            row.state,
            row.second_round,
            row.day.isoformat() if row.day is not None else None,
        )
        for row in session.execute(sa.select(*CountedYear.__table__.columns))
    }


def _kept(session: Session) -> _Counts:
    classes = session.scalars(sa.select(ClassCount)).all()
    schools, days = session.scalars(sa.select(SchoolCount)).all(), session.scalars(sa.select(SchoolDay)).all()
    by_class = {
        (row.school_year, row.unit_id, row.class_name, name): getattr(row, name) for row in classes for name in _COLUMNS
    }
    by_school = {(row.school_year, row.unit_id, "", name): getattr(row, name) for row in schools for name in _COLUMNS}
    by_day = {(row.school_year, row.unit_id, "", row.day.isoformat()): row.accepted for row in days}
    return by_class | by_school | by_day
