"""What the pages of the organisation show: the tree with counts, units found by words, one unit with its history."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import (
    SCHOOL_KINDS,
    Account,
    ActKind,
    ActPart,
    Transcript,
    Unit,
    UnitAct,
    UnitActUnit,
    UnitKind,
    UnitName,
    UnitParent,
)
from portal.permissions import UnitScope, may_change_organisation, may_see_organisation
from portal.services import unit_tree
from portal.services.organisation import alive_on, day_of
from portal.services.unit_acts import parents_of
from portal.vietnamese import fold, title_key

FOUND_AT_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit in a list. schools: how many stand below it. parent_id, parent: of the unit above. ended: its last day."""

    id: int
    code: str
    name: str
    kind: UnitKind
    parent_id: int | None
    parent: str
    schools: int
    ended: date | None


@dataclass(frozen=True, slots=True)
class Overview:
    """middle: communes and offices within reach. schools: those that stand below none of them. counts: by kind."""

    middle: tuple[UnitLine, ...]
    schools: tuple[UnitLine, ...]
    counts: Mapping[UnitKind, int]
    may_change: bool


@dataclass(frozen=True, slots=True)
class Dated:
    """A name or parent. since: its first day. until: its last day, None while it holds."""

    words: str
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class ActLine:
    """An act with the names of its day. part: what the unit was in it. by: None for the command line."""

    kind: ActKind
    part: ActPart
    effective_on: date
    decision: str | None
    decided_on: date | None
    by: str | None
    at: datetime
    subjects: tuple[str, ...]
    heirs: tuple[str, ...]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class UnitView:
    """One unit. pupils: whose records it keeps. heirs: who carries it on, the keeper of its records first.

    before: whose records it keeps beside its own.
    """

    unit: Unit
    kind: UnitKind
    parent: UnitLine | None
    children: tuple[UnitLine, ...]
    names: tuple[Dated, ...]
    parents: tuple[Dated, ...]
    acts: tuple[ActLine, ...]
    heirs: tuple[UnitLine, ...]
    before: tuple[UnitLine, ...]
    pupils: int
    may_change: bool


def overview(session: Session, identity: Identity, now: datetime) -> Overview:
    """What stands today within reach: two queries whatever the size of the province. Raises NotFound."""
    scope = _scope(identity)
    lines = _lines(session, sa.and_(alive_on(day_of(now)), _within(scope)), day_of(now))
    middle = tuple(line for line in lines if line.kind in (UnitKind.OFFICE, UnitKind.COMMUNE))
    above = {line.id for line in middle}
    loose = tuple(line for line in lines if line.kind.value in SCHOOL_KINDS and line.parent_id not in above)
    counts: dict[UnitKind, int] = {}
    for line in lines:
        counts[line.kind] = counts.get(line.kind, 0) + 1
    return Overview(middle, loose, counts, may_change_organisation(identity))


def search(session: Session, identity: Identity, words: str, now: datetime) -> tuple[tuple[UnitLine, ...], int]:
    """Units of every time whose name or code holds the words, diacritics or not; the first ones, and how many."""
    wanted = fold(words).split()
    found = [
        line
        for line in _lines(session, _within(_scope(identity)), day_of(now))
        if all(word in fold(f"{line.name} {line.code}") for word in wanted)
    ]
    return tuple(found[:FOUND_AT_MOST]), len(found)


def unit_view(session: Session, identity: Identity, unit_id: int, now: datetime) -> UnitView:
    """One unit with everything that it was; raises NotFound, unknown and forbidden alike."""
    unit, scope, today = session.get(Unit, unit_id), _scope(identity), day_of(now)
    if unit is None or not scope.covers(unit.code):
        raise NotFound
    heirs = {heir.unit_id: heir.custodian for heir in unit_tree.heirs(session, unit_id)}
    carrying = sorted(_lines(session, Unit.id.in_(list(heirs)), today), key=lambda line: not heirs[line.id])
    before = sa.and_(Unit.id.in_(unit_tree.taken_over([unit_id])), Unit.id != unit_id)
    above = _lines(session, Unit.id == unit.parent_id, today) if unit.parent_id is not None else ()
    pupils = sa.select(sa.func.count()).where(Transcript.managing_unit_id == unit_id)
    return UnitView(
        unit=unit,
        kind=UnitKind(unit.kind),
        parent=above[0] if above else None,
        children=_lines(session, sa.and_(Unit.parent_id == unit_id, alive_on(today)), today),
        names=_dated(_names(session, unit_id), unit.valid_to),
        parents=_dated(_parents(session, unit_id), unit.valid_to),
        acts=_acts(session, unit_id),
        heirs=tuple(carrying),
        before=_lines(session, before, today),
        pupils=session.scalars(pupils).one(),
        may_change=may_change_organisation(identity) and unit.valid_to is None,
    )


def has_ended(session: Session, identity: Identity, unit_id: int) -> bool:
    """Whether a unit that somebody may change stands no more: what was asked twice has happened."""
    found = session.get(Unit, unit_id) if may_change_organisation(identity) else None
    return found is not None and found.valid_to is not None


def heirs_for(session: Session, identity: Identity, unit: Unit, now: datetime) -> dict[str, str]:
    """Code and name of the units that may take one over."""
    kinds: tuple[str, ...] = SCHOOL_KINDS if unit.kind in SCHOOL_KINDS else (unit.kind,)
    if unit.kind == UnitKind.OFFICE.value:
        kinds = (UnitKind.COMMUNE.value, UnitKind.DEPARTMENT.value)
    return {code: name for code, name in _standing(session, identity, kinds, now).items() if code != unit.code}


def parents_for(session: Session, identity: Identity, kind: UnitKind | None, now: datetime) -> dict[str, str]:
    """Code and name of the units below which one of this kind may stand; None: of any kind."""
    kinds = parents_of(kind) if kind is not None else frozenset[UnitKind]().union(*map(parents_of, UnitKind))
    return _standing(session, identity, [parent.value for parent in kinds], now)


def _standing(session: Session, identity: Identity, kinds: Iterable[str], now: datetime) -> dict[str, str]:
    """Those that stand today, for a form of those who may change them; raises NotFound for others."""
    if not may_change_organisation(identity):
        raise NotFound
    lines = _lines(session, sa.and_(alive_on(day_of(now)), Unit.kind.in_(list(kinds))), day_of(now))
    return {line.code: line.name for line in lines}


def _scope(identity: Identity) -> UnitScope:
    scope = may_see_organisation(identity)
    if scope.nothing:
        raise NotFound
    return scope


def _within(scope: UnitScope) -> sa.ColumnElement[bool]:
    return sa.true() if scope.everything else Unit.code.in_(scope.units)


def _lines(session: Session, wanted: sa.ColumnElement[bool], today: date) -> tuple[UnitLine, ...]:
    """In the order of their names as they are spoken."""
    above, below = aliased(Unit), aliased(Unit)
    alive = sa.and_(below.valid_from <= today, sa.or_(below.valid_to.is_(None), below.valid_to >= today))
    schools = (
        sa.select(below.parent_id, sa.func.count().label("count"))
        .where(below.kind.in_(SCHOOL_KINDS), alive)
        .group_by(below.parent_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(Unit.id, Unit.code, Unit.name, Unit.kind, Unit.parent_id, above.name, schools.c.count, Unit.valid_to)
        .outerjoin(above, above.id == Unit.parent_id)
        .outerjoin(schools, schools.c.parent_id == Unit.id)
        .where(wanted)
    )
    lines = [
        UnitLine(key, code, name, UnitKind(kind), parent_id, parent or "", count or 0, ended)
        for key, code, name, kind, parent_id, parent, count, ended in rows
    ]
    return tuple(sorted(lines, key=lambda line: (title_key(line.name), line.code)))


def _names(session: Session, unit_id: int) -> list[tuple[str, date]]:
    rows = sa.select(UnitName.name, UnitName.valid_from).where(UnitName.unit_id == unit_id).order_by(UnitName.id)
    return [(name, day) for name, day in session.execute(rows)]


def _parents(session: Session, unit_id: int) -> list[tuple[str, date]]:
    rows = (
        sa.select(UnitParent.parent_id, UnitParent.valid_from)
        .where(UnitParent.unit_id == unit_id)
        .order_by(UnitParent.id)
    )
    return [
        ((unit_tree.name_on(session, parent, day) or session.get_one(Unit, parent).name) if parent else "", day)
        for parent, day in session.execute(rows).all()
    ]


def _dated(rows: list[tuple[str, date]], last_day: date | None) -> tuple[Dated, ...]:
    """The newest first. A row that another one of the same day overtook never held."""
    made = []
    for index, (words, since) in enumerate(rows):
        following = rows[index + 1][1] if index + 1 < len(rows) else None
        if following == since:
            continue
        until = date.fromordinal(following.toordinal() - 1) if following is not None else last_day
        made.append(Dated(words, since, until))
    return tuple(reversed(made))


def _acts(session: Session, unit_id: int) -> tuple[ActLine, ...]:
    rows = session.execute(
        sa.select(UnitAct, UnitActUnit.part, Account.display_name)
        .join(UnitActUnit, UnitActUnit.act_id == UnitAct.id)
        .outerjoin(Account, Account.id == UnitAct.acted_by)
        .where(UnitActUnit.unit_id == unit_id)
        .order_by(UnitAct.id.desc())
    ).all()
    return tuple(_act(session, act, ActPart(part), by) for act, part, by in rows)


def _act(session: Session, act: UnitAct, part: ActPart, by: str | None) -> ActLine:
    parts = session.execute(
        sa.select(UnitActUnit.unit_id, UnitActUnit.part)
        .where(UnitActUnit.act_id == act.id)
        .order_by(UnitActUnit.unit_id)
    ).all()

    def named(wanted: ActPart) -> tuple[str, ...]:
        ids = [unit_id for unit_id, played in parts if played == wanted.value]
        return tuple(unit_tree.name_on(session, unit_id, act.effective_on) or "" for unit_id in ids)

    return ActLine(
        ActKind(act.kind),
        part,
        act.effective_on,
        act.decision,
        act.decided_on,
        by,
        act.acted_at,
        named(ActPart.SUBJECT),
        named(ActPart.HEIR),
        {name: count for name, count in act.counts.items() if count},
    )
