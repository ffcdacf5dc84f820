"""What stands on the pages of custody: the lists of a school or the department, one request, pupils who left.

A name is shown whole to the school that keeps the records and to the department; to a school that asks, its letters
only, as on the card, until the pupil's records are with it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import (
    Account,
    Applicant,
    CustodyLeaving,
    CustodyMove,
    CustodyRequest,
    CustodyState,
    Transcript,
    Unit,
)
from portal.permissions import UnitScope, may_request_custody, may_see_custody
from portal.services.access import Action, Outcome, record_access
from portal.services.custody import LARGEST_ID, LIVING, decides, ends_as, is_outside
from portal.services.custody_days import DayLimits, Due, due_of
from portal.services.lookup import masked_name
from portal.services.organisation import day_of

_Row = TypeVarTuple("_Row")

PAGE_ROWS: Final = 50
_Receiving, _Keeping = aliased(Unit), aliased(Unit)


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A request in a list. name: whole or its letters. mine: it waits for this person. due: None once it is over.

    outside: to another installation.
    """

    id: int
    name: str
    state: CustodyState
    receiving: str
    keeping: str
    requested_at: datetime
    due: Due | None
    mine: bool
    outside: bool


@dataclass(frozen=True, slots=True)
class Stay:
    """Whose care a pupil's records were in. since: None from the beginning; until: None today."""

    unit: str
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class CaseView:
    """One request. ends_as: what this person's refusal would be. stays: oldest first, for who sees the whole name."""

    line: CaseLine
    code: str | None
    applicant: Applicant
    applied_on: date
    starts_on: date
    reason: str
    requested_by: str
    agreed_by: str | None
    agreed_at: datetime | None
    closed_by: str | None
    closed_at: datetime | None
    closing: str | None
    ends_as: CustodyState | None
    stays: tuple[Stay, ...]


@dataclass(frozen=True, slots=True)
class LeavingLine:
    """A pupil who left for nobody knows where. days: since then. own: this person's school keeps the records."""

    id: int
    name: str
    code: str
    school: str
    left_on: date
    days: int
    own: bool


@dataclass(frozen=True, slots=True)
class CasePage:
    """Open requests first, what waits for this person before the others; then those that ended. page: from 1.

    leavings: the longest gone; left: how many there are in all.
    """

    rows: tuple[CaseLine, ...]
    leavings: tuple[LeavingLine, ...]
    left: int
    page: int
    pages: int


def cases(session: Session, identity: Identity, page: int, limits: DayLimits, now: datetime) -> CasePage:
    """A page of the requests within reach, and the pupils who left; raises NotFound for who has no school."""
    scope = may_see_custody(identity)
    if scope.nothing:
        raise NotFound
    total = session.scalars(_joined(sa.select(sa.func.count())).where(_within(scope))).one()
    pages = max(1, -(-total // PAGE_ROWS))
    page = min(max(page, 1), pages)
    open_first = sa.case((CustodyRequest.state.in_(LIVING), 0), else_=1)
    # The oldest open request is the one that is most overdue; of those that ended, the newest is looked for.
    since = sa.func.coalesce(CustodyRequest.agreed_at, CustodyRequest.requested_at)
    rows = session.execute(
        _joined(sa.select(CustodyRequest, Transcript.full_name, _Receiving, _Keeping))
        .where(_within(scope))
        .order_by(
            open_first,
            sa.case((CustodyRequest.state.in_(LIVING), since), else_=None),
            CustodyRequest.id.desc(),
        )
        .limit(PAGE_ROWS)
        .offset((page - 1) * PAGE_ROWS)
    )
    lines = [_line(identity, scope, *row, limits=limits, now=now) for row in rows]
    leavings, left = _leavings(session, identity, scope, now)
    return CasePage(tuple(sorted(lines, key=lambda line: not line.mine)), leavings, left, page, pages)


def case(
    session: Session, identity: Identity, request_id: int, limits: DayLimits, now: datetime, network: str
) -> CaseView:
    """One request; the look is written down. Raises NotFound, after which the caller commits."""
    scope, held = may_see_custody(identity), session.get(CustodyRequest, min(request_id, LARGEST_ID))
    if held is None:
        raise NotFound
    pupil = session.get_one(Transcript, held.transcript_id)
    receiving, keeping = session.get_one(Unit, held.to_unit_id), session.get_one(Unit, pupil.managing_unit_id)
    asked = session.get_one(Unit, held.from_unit_id)
    seen = any(scope.covers(unit.code) for unit in (receiving, keeping, asked))
    record_access(
        session,
        identity=identity,
        action=Action.CUSTODY_READ,
        transcript_id=pupil.id,
        outcome=Outcome.ALLOWED if seen else Outcome.REFUSED,
        network=network,
        now=now,
    )
    if not seen:
        raise NotFound
    keeps = scope.covers(keeping.code)
    from_whom = keeping if held.state in LIVING else asked
    return CaseView(
        line=_line(identity, scope, held, pupil.full_name, receiving, from_whom, limits=limits, now=now, whole=keeps),
        code=pupil.lookup_code if keeps else None,
        applicant=Applicant(held.applicant),
        applied_on=held.applied_on,
        starts_on=held.starts_on,
        reason=held.reason,
        requested_by=session.get_one(Account, held.requested_by).display_name,
        agreed_by=_who(session, held.agreed_by),
        agreed_at=held.agreed_at,
        closed_by=_who(session, held.closed_by),
        closed_at=held.closed_at,
        closing=held.closing,
        ends_as=ends_as(session, identity, held, now),
        stays=_stays(session, pupil) if keeps else (),
    )


def _line(
    identity: Identity,
    scope: UnitScope,
    held: CustodyRequest,
    full_name: str,
    receiving: Unit,
    keeping: Unit,
    *,
    limits: DayLimits,
    now: datetime,
    whole: bool | None = None,
) -> CaseLine:
    """whole: whether the whole name is shown; None: as the scope says of the school that keeps the records."""
    if whole is None:
        keeper = receiving if held.state == CustodyState.MOVED.value else keeping
        whole = scope.covers(keeper.code)
    return CaseLine(
        held.id,
        full_name if whole else masked_name(full_name),
        CustodyState(held.state),
        receiving.name,
        keeping.name,
        held.requested_at,
        None if is_outside(receiving) and held.state == CustodyState.AGREED.value else due_of(held, limits, now),
        decides(held, identity, receiving, keeping),
        is_outside(receiving),
    )


def _joined(statement: sa.Select[*_Row]) -> sa.Select[*_Row]:
    """From whom: who keeps the records now while the request lives, who kept them then once it is over."""
    lives = CustodyRequest.state.in_(LIVING)
    keeping = sa.case((lives, Transcript.managing_unit_id), else_=CustodyRequest.from_unit_id)
    return (
        statement.select_from(CustodyRequest)
        .join(Transcript, Transcript.id == CustodyRequest.transcript_id)
        .join(_Receiving, _Receiving.id == CustodyRequest.to_unit_id)
        .join(_Keeping, _Keeping.id == keeping)
    )


def _within(scope: UnitScope) -> sa.ColumnElement[bool]:
    if scope.everything:
        return sa.true()
    units = sa.select(Unit.id).where(Unit.code.in_(scope.units))
    return sa.or_(
        CustodyRequest.to_unit_id.in_(units),
        CustodyRequest.from_unit_id.in_(units),
        sa.and_(CustodyRequest.state.in_(LIVING), Transcript.managing_unit_id.in_(units)),
    )


def _leavings(
    session: Session, identity: Identity, scope: UnitScope, now: datetime
) -> tuple[tuple[LeavingLine, ...], int]:
    """The pool: pupils who left, of the schools within reach, the longest gone first; and how many there are."""
    within = sa.and_(CustodyLeaving.ended_at.is_(None), sa.true() if scope.everything else Unit.code.in_(scope.units))
    joined = (
        sa.select(CustodyLeaving.id, Transcript.full_name, Transcript.lookup_code, Unit, CustodyLeaving.left_on)
        .join(Transcript, Transcript.id == CustodyLeaving.transcript_id)
        .join(Unit, Unit.id == Transcript.managing_unit_id)
        .where(within)
    )
    total = session.scalars(sa.select(sa.func.count()).select_from(joined.subquery())).one()
    rows = session.execute(joined.order_by(CustodyLeaving.left_on, CustodyLeaving.id).limit(PAGE_ROWS))
    own, today = may_request_custody(identity), day_of(now)
    found = tuple(
        LeavingLine(key, name, code, unit.name, left_on, (today - left_on).days, unit.code in own)
        for key, name, code, unit, left_on in rows
    )
    return found, total


def _stays(session: Session, pupil: Transcript) -> tuple[Stay, ...]:
    """A move in the middle of a year makes two rows of it: until that day here, from that day there."""
    moves = session.scalars(
        sa.select(CustodyMove).where(CustodyMove.transcript_id == pupil.id).order_by(CustodyMove.id)
    ).all()
    if not moves:
        return (Stay(session.get_one(Unit, pupil.managing_unit_id).name, None, None),)
    found: list[Stay] = []
    since: datetime | None = None
    for move in moves:
        found.append(Stay(session.get_one(Unit, move.from_unit_id).name, since, move.moved_at))
        since = move.moved_at
    found.append(Stay(session.get_one(Unit, pupil.managing_unit_id).name, since, None))
    return tuple(found)


def _who(session: Session, account_id: int | None) -> str | None:
    return session.get_one(Account, account_id).display_name if account_id is not None else None
