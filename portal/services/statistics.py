"""The reports of the plan (V, VI): progress, results by the department's form, what was found in files.

Counts only: no pupil, no list, no order by results. Every page is made of counts that are kept (decisions 0039, 0046),
so a province costs no more than a school.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import PRIMARY_KINDS, FindingCount, ResultCount, SchoolCount, Unit, UnitKind
from portal.permissions import UnitScope, may_read_statistics
from portal.services.organisation import alive_on, day_of
from portal.services.progress import Counts
from portal.services.result_counting import behind
from portal.vietnamese import fold
from verify.record.findings import Severity

_Key = TypeVar("_Key")
Items = Mapping[tuple[int, str], Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Choice:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where one looks: the province or what is within reach, a commune, a school.

    communes, schools: to choose from; schools of the commune, or all within reach of who sees few. units: ids of the
    schools. whole: all of the province.
    """

    name: str
    commune: str
    school: str
    communes: tuple[Choice, ...]
    schools: tuple[Choice, ...]
    units: frozenset[int]
    whole: bool


@dataclass(frozen=True, slots=True)
class ProgressLine:
    """A commune or school. schools: how many it has, silent: of those that sent nothing."""

    name: str
    counts: Counts
    schools: int
    silent: int


@dataclass(frozen=True, slots=True)
class Results:
    """items: by grade and path, how often each value stands. behind: leaves of the log that are not counted yet."""

    items: Items
    behind: int


@dataclass(frozen=True, slots=True)
class Findings:
    """by_code: with severity. by_unit, by_software: errors and warnings."""

    by_code: Mapping[tuple[str, str], int]
    by_unit: Sequence[tuple[str, int, int]]
    by_software: Sequence[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class _School:
    key: int
    code: str
    name: str
    above: str
    above_name: str


def place(session: Session, identity: Identity, commune: str, school: str, now: datetime) -> Place:
    """Where somebody wants to look; raises NotFound outside of one's reach."""
    scope = may_read_statistics(identity)
    if scope.nothing:
        raise NotFound
    held = _schools(session, scope, now)
    communes = {each.above: Choice(each.above, each.above_name) for each in held}
    if commune and commune not in communes:
        raise NotFound
    inside = [each for each in held if not commune or each.above == commune]
    chosen = [each for each in inside if each.code == school] if school else inside
    if not chosen:
        raise NotFound
    shown = inside if commune or not scope.everything else []
    name = chosen[0].name if school else communes[commune].name if commune else ""
    return Place(
        name=name,
        commune=commune,
        school=school,
        communes=_by_name(communes.values()) if len(communes) > 1 else (),
        schools=_by_name(Choice(each.code, each.name) for each in shown) if len(shown) > 1 else (),
        units=frozenset(each.key for each in chosen),
        whole=scope.everything and not (commune or school),
    )


def progress(session: Session, identity: Identity, at: Place, school_year: str, now: datetime) -> list[ProgressLine]:
    """Communes of the province, or schools of a commune, by name."""
    held = [each for each in _schools(session, may_read_statistics(identity), now) if each.key in at.units]
    columns = [sa.type_coerce(getattr(SchoolCount, each.name), sa.Integer()) for each in fields(Counts)]
    rows = session.execute(sa.select(SchoolCount.unit_id, *columns).where(SchoolCount.school_year == school_year))
    counts = {unit: Counts(*values) for unit, *values in rows}
    lines: dict[str, list[Counts]] = {}
    for each in held:
        lines.setdefault(each.above_name if at.whole else each.name, []).append(counts.get(each.key, Counts()))
    return [
        ProgressLine(name, sum(all_of, Counts()), len(all_of), sum(each == Counts() for each in all_of))
        for name, all_of in sorted(lines.items(), key=lambda item: fold(item[0]))
    ]


def results(session: Session, at: Place, school_year: str) -> Results:
    """How often each level, mark and decision stands in locked records in force."""
    units = sa.select(Unit.id).where(Unit.kind == UnitKind.DEPARTMENT.value) if at.whole else list(at.units)
    rows = session.execute(
        sa.select(ResultCount.grade, ResultCount.item, ResultCount.value, sa.func.sum(ResultCount.count))
        .where(ResultCount.school_year == school_year, ResultCount.unit_id.in_(units))
        .group_by(ResultCount.grade, ResultCount.item, ResultCount.value)
    )
    found: dict[tuple[int, str], dict[str, int]] = {}
    for grade, item, value, count in rows:
        if count:
            found.setdefault((grade, item), {})[value] = count
    return Results(found, behind(session))


def findings(session: Session, at: Place, school_year: str) -> Findings:
    """What was found in files that came in, by type, by school or commune, by the software that wrote them.

    By name: an order by the number of faults would rank schools.
    """
    above = aliased(Unit)
    unit = above.name if at.whole else Unit.name
    within = [FindingCount.school_year == school_year]
    within += [] if at.whole else [FindingCount.unit_id.in_(at.units)]
    by_code = session.execute(
        sa.select(FindingCount.code, FindingCount.severity, sa.func.sum(FindingCount.count))
        .where(*within)
        .group_by(FindingCount.code, FindingCount.severity)
    )
    # Sums of schools first: names are joined to a few hundred rows rather than to thousands.
    schools = _by_severity(FindingCount.unit_id).where(*within).group_by(FindingCount.unit_id).subquery()
    by_unit = session.execute(
        sa.select(unit, sa.func.sum(schools.c.errors), sa.func.sum(schools.c.warnings))
        .select_from(schools)
        .join(Unit, Unit.id == schools.c.unit_id)
        .join(above, above.id == Unit.parent_id)
        .group_by(unit)
    )
    by_software = session.execute(_by_severity(FindingCount.software).where(*within).group_by(FindingCount.software))
    return Findings(
        {(code, severity): count for code, severity, count in by_code},
        sorted(((name, errors, warnings) for name, errors, warnings in by_unit), key=lambda row: fold(row[0])),
        sorted(((name, errors, warnings) for name, errors, warnings in by_software), key=lambda row: fold(row[0])),
    )


def _by_severity(by: sa.orm.InstrumentedAttribute[_Key]) -> sa.Select[_Key, int, int]:
    """A column with the sums of its errors and of its warnings."""
    is_error = FindingCount.severity == Severity.ERROR.value
    errors = sa.func.sum(sa.case((is_error, FindingCount.count), else_=0)).label("errors")
    warnings = sa.func.sum(sa.case((is_error, 0), else_=FindingCount.count)).label("warnings")
    return sa.select(by, errors, warnings).select_from(FindingCount)


def _schools(session: Session, scope: UnitScope, now: datetime) -> list[_School]:
    """Schools that stand or ever sent something."""
    above = aliased(Unit)
    sent = Unit.id.in_(sa.select(SchoolCount.unit_id))
    rows = session.execute(
        sa.select(Unit.id, Unit.code, Unit.name, above.code, above.name)
        .join(above, above.id == Unit.parent_id)
        .where(
            sa.or_(sa.and_(Unit.kind.in_(PRIMARY_KINDS), alive_on(day_of(now))), sent),
            sa.true() if scope.everything else Unit.code.in_(scope.units),
        )
    )
    return [_School(*row) for row in rows]


def _by_name(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    return tuple(sorted(choices, key=lambda choice: fold(choice.name)))
