"""Questions to the dated tree: as of a day D a name, a parent, everything below a unit, who carries it on.

Each is one statement over indexed rows, whatever the size of the province. The newest row that has begun by D holds
on D (the table's own order, which a trigger keeps).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.models import Unit, UnitName, UnitParent, UnitSuccessor
from portal.services.organisation import alive_on


@dataclass(frozen=True, slots=True)
class Heir:
    """A unit that carries on another one, directly or through those between. custodian: keeps its records."""

    unit_id: int
    custodian: bool


def name_on(session: Session, unit_id: int, day: date) -> str | None:
    """What a unit was called on a day; None before its first."""
    return session.scalar(
        sa.select(UnitName.name)
        .where(UnitName.unit_id == unit_id, UnitName.valid_from <= day)
        .order_by(UnitName.id.desc())
        .limit(1)
    )


def parent_on(session: Session, unit_id: int, day: date) -> int | None:
    """To which unit one belonged on a day; None for a root, and before its first."""
    return session.scalar(
        sa.select(UnitParent.parent_id)
        .where(UnitParent.unit_id == unit_id, UnitParent.valid_from <= day)
        .order_by(UnitParent.id.desc())
        .limit(1)
    )


def subtree(unit_ids: Collection[int], day: date) -> sa.Select[int]:
    """Ids of some units and of all that stood below them on a day, as a statement to filter by."""
    root = sa.select(Unit.id).where(Unit.id.in_(unit_ids), alive_on(day))
    below = root.cte("below", recursive=True)
    later = aliased(UnitParent)
    overtaken = sa.exists().where(
        later.unit_id == UnitParent.unit_id, later.id > UnitParent.id, later.valid_from <= day
    )
    children = (
        sa.select(UnitParent.unit_id)
        .join(below, below.c.id == UnitParent.parent_id)
        .join(Unit, Unit.id == UnitParent.unit_id)
        .where(UnitParent.valid_from <= day, alive_on(day), ~overtaken)
    )
    return sa.select(below.union(children).c.id)


def taken_over(unit_ids: Collection[int] | sa.Select[int]) -> sa.Select[int]:
    """Ids of some units and of all whose records they keep, through every merger since."""
    root = sa.select(Unit.id.label("id")).where(Unit.id.in_(unit_ids))
    kept = root.cte("kept", recursive=True)
    before = (
        sa.select(UnitSuccessor.unit_id).join(kept, kept.c.id == UnitSuccessor.heir_id).where(UnitSuccessor.custodian)
    )
    return sa.select(kept.union(before).c.id)


def codes_of(session: Session, ids: sa.Select[int]) -> frozenset[str]:
    """The codes of the units of a statement."""
    return frozenset(session.scalars(sa.select(Unit.code).where(Unit.id.in_(ids))))


def heirs(session: Session, unit_id: int) -> tuple[Heir, ...]:
    """Everybody that carries on a unit today: the ends of its chain of successors; empty for one that nobody does.

    A unit that still stands is its own end and gives no heirs, also when a part of it went to another one.
    """
    if session.get_one(Unit, unit_id).valid_to is None:
        return ()
    found = session.execute(
        sa.select(UnitSuccessor.unit_id, UnitSuccessor.heir_id, UnitSuccessor.custodian, Unit.valid_to)
        .join(Unit, Unit.id == UnitSuccessor.heir_id)
        .where(UnitSuccessor.unit_id.in_(_chain(unit_id)))
        .order_by(UnitSuccessor.heir_id)
    ).all()
    links: dict[int, list[tuple[int, bool, bool]]] = {}
    for before, heir, custodian, last_day in found:
        links.setdefault(before, []).append((heir, custodian, last_day is None))
    ends: dict[int, bool] = {}
    waiting = [(unit_id, True)]
    while waiting:
        at, keeps = waiting.pop()
        for heir, custodian, stands in links.get(at, ()):
            if stands:
                ends[heir] = ends.get(heir, False) or (keeps and custodian)
            else:
                waiting.append((heir, keeps and custodian))
    return tuple(Heir(heir, ends[heir]) for heir in sorted(ends))


def custodians(session: Session, unit_ids: Collection[int]) -> Mapping[int, int]:
    """By closed unit the one that keeps its records today; units without one are left out."""
    found: dict[int, int] = {}
    for unit_id in unit_ids:
        keeping = [heir.unit_id for heir in heirs(session, unit_id) if heir.custodian]
        found.update({unit_id: keeping[0]} if keeping else {})
    return found


def _chain(unit_id: int) -> sa.Select[int]:
    chain = sa.select(Unit.id).where(Unit.id == unit_id).cte("chain", recursive=True)
    after = sa.select(UnitSuccessor.heir_id).join(chain, chain.c.id == UnitSuccessor.unit_id)
    return sa.select(chain.union(after).c.id)
