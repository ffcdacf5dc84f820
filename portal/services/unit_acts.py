"""What happens to units: found, rename, move, merge, split, close. One function an act; each writes the dated rows, the
successors, the history row and what becomes of open business in the caller's transaction, or nothing.

An act takes effect on a day that has come and that lies behind no other act of its units, so the newest row always
holds. Nothing is ever taken back: a mistake is mended by another act.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import SYSTEM, Identity
from portal.models import (
    SCHOOL_KINDS,
    ActKind,
    ActPart,
    Unit,
    UnitAct,
    UnitActUnit,
    UnitKind,
    UnitName,
    UnitParent,
    UnitSuccessor,
)
from portal.permissions import may_change_organisation
from portal.services import organisation, unit_handover
from portal.services.organisation import day_of
from portal.services.unit_handover import Consequences
from verify.log import notes

DISTRICTS_END: Final = date(2025, 7, 1)
"""First day without district offices, and first day of communes that run schools (domain §5)."""
_DAY: Final = timedelta(days=1)
_PARENTS: Final = {
    UnitKind.MINISTRY: frozenset[UnitKind](),
    UnitKind.DEPARTMENT: frozenset({UnitKind.MINISTRY}),
    UnitKind.OFFICE: frozenset({UnitKind.DEPARTMENT}),
    UnitKind.COMMUNE: frozenset({UnitKind.DEPARTMENT}),
    UnitKind.OUTSIDE: frozenset[UnitKind](),
    **dict.fromkeys(
        (UnitKind.PRIMARY, UnitKind.LOWER_SECONDARY, UnitKind.COMBINED),
        frozenset({UnitKind.DEPARTMENT, UnitKind.OFFICE, UnitKind.COMMUNE}),
    ),
}
# A unit without a parent: the root, or one that was added before its parent was known.
_ROOTS: Final = frozenset({UnitKind.MINISTRY, UnitKind.DEPARTMENT})


@dataclass(frozen=True, slots=True)
class Basis:
    """On what an act rests. number, decided_on: of the paper. effective_on: the first day on which it holds."""

    number: str | None
    decided_on: date | None
    effective_on: date


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit that begins. printed: commune, district, province, head_name, head_title, issue_place for its records."""

    code: str
    kind: UnitKind
    name: str
    parent_code: str | None
    printed: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and with what the log is signed: ending a key is a leaf."""

    identity: Identity
    log_signer: notes.Signer
    now: datetime


def parents_of(kind: UnitKind) -> frozenset[UnitKind]:
    """The kinds below which a unit of this kind may stand."""
    return _PARENTS[kind]


def found(session: Session, actor: Actor, wanted: NewUnit, basis: Basis) -> Unit:
    """Begin a unit. Raises NotFound; Refused (UNIT_EXISTS, UNKNOWN_UNIT, UNIT_PARENT, UNIT_KIND, UNIT_DAY_AHEAD)."""
    _require(actor, basis)
    if session.scalar(sa.select(Unit.id).where(Unit.code == wanted.code)) is not None:
        raise Refused(Problem.UNIT_EXISTS, code=wanted.code)
    _require_kind_of_its_time(wanted.kind, basis.effective_on)
    parent = _parent(session, wanted.kind, wanted.parent_code, basis.effective_on)
    act = _write(session, actor, ActKind.FOUND, basis)
    made = organisation.begin_unit(
        session,
        wanted.code,
        wanted.kind,
        wanted.name,
        basis.effective_on,
        parent,
        wanted.printed,
        act_id=act.id,
    )
    _take_part(session, act, ActPart.SUBJECT, [made.id])
    return made


def rename(session: Session, actor: Actor, code: str, name: str, basis: Basis) -> UnitAct:
    """Give a unit another name. Records keep the name of their day.

    Raises NotFound; Refused (UNKNOWN_UNIT, UNIT_CLOSED, UNIT_SAME, UNIT_DAY_AHEAD, UNIT_DAY_BEFORE).
    """
    _require(actor, basis)
    (held,) = _hold(session, [code], basis)
    if held.name == name:
        raise Refused(Problem.UNIT_SAME, name=name)
    act = _write(session, actor, ActKind.RENAME, basis)
    _take_part(session, act, ActPart.SUBJECT, [held.id])
    _name(session, held, name, act)
    return act


def move(
    session: Session, actor: Actor, code: str, parent_code: str, basis: Basis, commune: str | None = None
) -> UnitAct:
    """Put a unit below another one. commune: what its records print as their commune from now on; None: as before.

    Raises NotFound; Refused as `rename`, and UNIT_PARENT.
    """
    _require(actor, basis)
    (held,) = _hold(session, [code], basis)
    parent = _parent(session, UnitKind(held.kind), parent_code, basis.effective_on)
    if parent is None or parent.id == held.parent_id:
        raise Refused(Problem.UNIT_SAME, name=parent.name if parent is not None else "")
    act = _write(session, actor, ActKind.MOVE, basis)
    _take_part(session, act, ActPart.SUBJECT, [held.id])
    _put_below(session, held, parent, act)
    if commune:
        held.commune = commune
        session.flush()
    return act


def merge(session: Session, actor: Actor, codes: Sequence[str], into: str, basis: Basis) -> UnitAct:
    """End units that go into another one, which keeps their records; units below them move below it.

    Raises NotFound; Refused as `rename`, and UNIT_HEIR for an heir that is among them, of another level or not there.
    """
    _require(actor, basis)
    ending, (heir,) = _held_apart(session, codes, [into], basis)
    _require_heirs(ending, [heir], basis.effective_on)
    return _end(session, actor, ActKind.MERGE, ending, [heir], basis)


def split(session: Session, actor: Actor, code: str, into: Sequence[str], basis: Basis, *, ends: bool) -> UnitAct:
    """Part a unit among others. ends: it stands no more, and the first of them keeps its records; else it stays, with
    its records, and pupils move by transfers. Units below one that ends move below the first.

    Raises as `merge`.
    """
    _require(actor, basis)
    (held,), heirs = _held_apart(session, [code], into, basis)
    _require_heirs([held], heirs, basis.effective_on)
    if ends:
        return _end(session, actor, ActKind.SPLIT, [held], heirs, basis)
    act = _write(session, actor, ActKind.SPLIT, basis)
    _take_part(session, act, ActPart.SUBJECT, [held.id])
    _succeed(session, act, held, heirs, custodian=False)
    return act


def close(session: Session, actor: Actor, code: str, basis: Basis) -> UnitAct:
    """End a unit that nobody carries on. The department keeps its records.

    Raises NotFound; Refused as `rename`, and UNIT_HAS_CHILDREN while units stand below it.
    """
    _require(actor, basis)
    (held,) = _hold(session, [code], basis)
    if held.kind in (UnitKind.MINISTRY.value, UnitKind.DEPARTMENT.value):
        raise Refused(Problem.UNIT_KIND, code=code)
    if session.scalar(sa.select(Unit.id).where(Unit.parent_id == held.id, Unit.valid_to.is_(None)).limit(1)):
        raise Refused(Problem.UNIT_HAS_CHILDREN, name=held.name)
    return _end(session, actor, ActKind.CLOSE, [held], [], basis)


# --- the parts of an act ---


def _require(actor: Actor, basis: Basis) -> None:
    if not may_change_organisation(actor.identity):
        raise NotFound
    if basis.effective_on > day_of(actor.now):
        raise Refused(Problem.UNIT_DAY_AHEAD, day=f"{basis.effective_on:%d/%m/%Y}")


def _require_kind_of_its_time(kind: UnitKind, first_day: date) -> None:
    wrong = {UnitKind.OFFICE: first_day >= DISTRICTS_END, UnitKind.COMMUNE: first_day < DISTRICTS_END}
    if wrong.get(kind, False):
        raise Refused(Problem.UNIT_KIND, code="")


def _parent(session: Session, kind: UnitKind, code: str | None, day: date) -> Unit | None:
    if code is None:
        if kind in _ROOTS:
            return None
        raise Refused(Problem.UNIT_PARENT, code="")
    parent = organisation.unit(session, code)
    # Of a root the portal knows no more than since when it was set up here; schools are older.
    begun = parent.valid_from <= day or UnitKind(parent.kind) in _ROOTS
    stands = begun and (parent.valid_to is None or parent.valid_to >= day)
    if UnitKind(parent.kind) not in _PARENTS[kind] or not stands:
        raise Refused(Problem.UNIT_PARENT, code=code)
    return parent


def _hold(session: Session, codes: Collection[str], basis: Basis) -> list[Unit]:
    """The units, their rows held until the transaction ends, in the order of the codes; each must still stand.

    Rows are taken in the order of their numbers, so that two acts at once wait for each other and never for ever.
    """
    held = {
        unit.code: unit
        for unit in session.scalars(
            sa.select(Unit)
            .where(Unit.code.in_(codes))
            .order_by(Unit.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    for code in codes:
        if code not in held:
            raise Refused(Problem.UNKNOWN_UNIT, code=code)
        if held[code].kind == UnitKind.OUTSIDE.value:  # stands and ends with its registration (decision 0045)
            raise Refused(Problem.UNIT_KIND, code=code)
        _require_standing(session, held[code], basis.effective_on)
    return [held[code] for code in codes]


def _require_standing(session: Session, unit: Unit, day: date) -> None:
    if unit.valid_to is not None:
        raise Refused(Problem.UNIT_CLOSED, name=unit.name, day=f"{unit.valid_to:%d/%m/%Y}")
    newest = max(
        session.scalars(sa.select(sa.func.max(UnitName.valid_from)).where(UnitName.unit_id == unit.id)).one(),
        session.scalars(sa.select(sa.func.max(UnitParent.valid_from)).where(UnitParent.unit_id == unit.id)).one(),
    )
    if day < newest:
        raise Refused(Problem.UNIT_DAY_BEFORE, name=unit.name, day=f"{newest:%d/%m/%Y}")


def _held_apart(
    session: Session, ending: Sequence[str], heirs: Sequence[str], basis: Basis
) -> tuple[list[Unit], list[Unit]]:
    if not ending or not heirs or set(ending) & set(heirs):
        raise Refused(Problem.UNIT_HEIR, name=", ".join(heirs))
    held = _hold(session, list(dict.fromkeys((*ending, *heirs))), basis)
    count = len(set(ending))
    return held[:count], held[count:]


def _require_heirs(ending: Sequence[Unit], heirs: Sequence[Unit], day: date) -> None:
    """A school is carried on by schools, an office or committee by its like; a district office also by a committee."""
    for unit in ending:
        for heir in heirs:
            schools = unit.kind in SCHOOL_KINDS and heir.kind in SCHOOL_KINDS
            offices = unit.kind == UnitKind.OFFICE.value and heir.kind in (
                UnitKind.COMMUNE.value,
                UnitKind.DEPARTMENT.value,
            )
            if not (schools or offices or unit.kind == heir.kind) or heir.valid_from > day:
                raise Refused(Problem.UNIT_HEIR, name=heir.name)


def _write(session: Session, actor: Actor, kind: ActKind, basis: Basis, counts: Consequences | None = None) -> UnitAct:
    act = UnitAct(
        kind=kind.value,
        effective_on=basis.effective_on,
        decision=basis.number,
        decided_on=basis.decided_on,
        acted_by=None if actor.identity == SYSTEM else actor.identity.account_id,
        acted_at=actor.now,
        counts=counts.as_json() if counts is not None else {},
    )
    session.add(act)
    session.flush()
    return act


def _take_part(session: Session, act: UnitAct, part: ActPart, unit_ids: Collection[int]) -> None:
    session.add_all(UnitActUnit(act_id=act.id, unit_id=unit_id, part=part.value) for unit_id in unit_ids)
    session.flush()


def _name(session: Session, unit: Unit, name: str, act: UnitAct) -> None:
    session.add(UnitName(unit_id=unit.id, name=name, valid_from=act.effective_on, act_id=act.id))
    session.flush()
    unit.name = name
    session.flush()


def _put_below(session: Session, unit: Unit, parent: Unit, act: UnitAct) -> None:
    session.add(UnitParent(unit_id=unit.id, parent_id=parent.id, valid_from=act.effective_on, act_id=act.id))
    session.flush()
    unit.parent_id = parent.id
    session.flush()


def _succeed(session: Session, act: UnitAct, unit: Unit, heirs: Sequence[Unit], *, custodian: bool) -> None:
    """Note who carries on a unit; the first keeps its records where the unit has ended."""
    session.add_all(
        UnitSuccessor(unit_id=unit.id, heir_id=heir.id, custodian=custodian and heir is heirs[0], act_id=act.id)
        for heir in heirs
    )
    _take_part(
        session, act, ActPart.HEIR, [heir.id for heir in heirs if session.get(UnitActUnit, (act.id, heir.id)) is None]
    )


def _end(
    session: Session, actor: Actor, kind: ActKind, ending: Sequence[Unit], heirs: Sequence[Unit], basis: Basis
) -> UnitAct:
    """End units: their open business, the history row with what it moved, successors, children; then the end itself."""
    moved, below = Consequences(), {unit.id: _children(session, unit, basis) for unit in ending}
    custodians = {unit.id: heirs[0] if heirs else _department_of(session, unit) for unit in ending}
    for unit in ending:
        moved += unit_handover.hand_over(
            session,
            unit,
            custodians[unit.id],
            basis.effective_on,
            reason=f"{_WHY[kind]} {basis.number or ''}".strip(),
            actor=actor.identity.display_name,
            log_signer=actor.log_signer,
            now=actor.now,
        )
    moved += Consequences(children=sum(map(len, below.values())))
    act = _write(session, actor, kind, basis, moved)
    _take_part(session, act, ActPart.SUBJECT, [unit.id for unit in ending])
    for unit in ending:
        _succeed(session, act, unit, heirs, custodian=True)
        _move_children(session, below[unit.id], custodians[unit.id], act)
        unit.valid_to = basis.effective_on - _DAY
    session.flush()
    return act


_WHY: Final = {
    ActKind.MERGE: "Trường đã sáp nhập theo",
    ActKind.SPLIT: "Trường đã chia tách theo",
    ActKind.CLOSE: "Trường đã giải thể theo",
}


def _children(session: Session, unit: Unit, basis: Basis) -> Sequence[Unit]:
    """What stands below a unit, held."""
    below = sa.select(Unit.code).where(Unit.parent_id == unit.id, Unit.valid_to.is_(None)).order_by(Unit.id)
    return _hold(session, session.scalars(below).all(), basis)


def _move_children(session: Session, children: Sequence[Unit], custodian: Unit, act: UnitAct) -> None:
    for child in children:
        if UnitKind(custodian.kind) not in _PARENTS[UnitKind(child.kind)]:
            raise Refused(Problem.UNIT_HAS_CHILDREN, name=child.name)
        _put_below(session, child, custodian, act)
    _take_part(session, act, ActPart.CHILD, [child.id for child in children])


def _department_of(session: Session, unit: Unit) -> Unit:
    """The department above a unit, else the first: it keeps the records that nobody else does."""
    above = unit
    while above.kind != UnitKind.DEPARTMENT.value and above.parent_id is not None:
        above = session.get_one(Unit, above.parent_id)
    if above.kind == UnitKind.DEPARTMENT.value:
        return above
    departments = sa.select(Unit).where(Unit.kind == UnitKind.DEPARTMENT.value).order_by(Unit.id).limit(1)
    return session.scalars(departments).one()
