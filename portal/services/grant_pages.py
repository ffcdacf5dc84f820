"""What pages show of grants: a list for who gives, asks or uses them, one grant with its records, those of a child."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import AccessGrant, Account, GrantKind, GrantRecord, GrantState, Scope, Transcript, Unit
from portal.permissions import may_ask_for_grants, may_decide_grant, may_give_grants, may_use_grants
from portal.services.grants import may_end, terms_of
from portal.services.organisation import day_of
from portal.vietnamese import fold

PAGE_ROWS: Final = 50


@dataclass(frozen=True, slots=True)
class GrantView:
    """A grant. to: unit or person. records: how many. usable: this reader may open records with it today."""

    id: int
    kind: str
    to: str
    procedure: str | None
    scope: Scope
    first_year: str | None
    last_year: str | None
    purpose: str
    reference: str
    valid_from: date
    valid_to: date
    views_used: int
    views_allowed: int | None
    state: str
    by_guardian: bool
    asked_by: str
    records: int
    usable: bool
    over: bool


@dataclass(frozen=True, slots=True)
class GrantList:
    """gives: the reader gives without asking. asks: or may ask. page: from 1."""

    grants: tuple[GrantView, ...]
    gives: bool
    asks: bool
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class GrantCase:
    """One grant. records: code and name, by name, of the page; names only for who may open them or gave the grant."""

    grant: GrantView
    records: tuple[tuple[str, str], ...]
    decides: bool
    ends: bool
    page: int
    pages: int


def listing(session: Session, identity: Identity, page: int, now: datetime) -> GrantList:
    """All grants for an administrator; else those asked for by, and given to, the person and the own units."""
    gives, asks = may_give_grants(identity), bool(may_ask_for_grants(identity))
    seen = sa.true() if gives else _concerns(identity)
    total = session.execute(sa.select(sa.func.count()).select_from(AccessGrant).where(seen)).scalar_one()
    pages = max(1, -(-total // PAGE_ROWS))
    page = min(max(page, 1), pages)
    # What waits for an answer stands first.
    waits = sa.case((AccessGrant.state == GrantState.REQUESTED.value, 0), else_=1)
    rows = session.scalars(
        sa.select(AccessGrant)
        .where(seen)
        .order_by(waits, AccessGrant.id.desc())
        .limit(PAGE_ROWS)
        .offset((page - 1) * PAGE_ROWS)
    ).all()
    return GrantList(_views(session, identity, rows, now), gives, asks, page, pages)


def of_child(session: Session, identity: Identity, found: Transcript, now: datetime) -> tuple[GrantView, ...]:
    """Every grant that opens a child's record; the caller has asked whose child it is."""
    holds = sa.select(GrantRecord.grant_id).where(GrantRecord.transcript_id == found.id)
    asked = AccessGrant.state != GrantState.REQUESTED.value
    rows = session.scalars(
        sa.select(AccessGrant).where(AccessGrant.id.in_(holds), asked).order_by(AccessGrant.id.desc())
    )
    return _views(session, identity, rows.all(), now)


def case(session: Session, identity: Identity, grant_id: int, page: int, now: datetime) -> GrantCase:
    """One grant. Raises NotFound for whom it does not concern."""
    row = session.get(AccessGrant, grant_id)
    ends = row is not None and may_end(session, identity, row)
    if row is None or not (ends or _is_concerned(session, identity, row)):
        raise NotFound
    view = _views(session, identity, [row], now)[0]
    pages = max(1, -(-view.records // PAGE_ROWS))
    page = min(max(page, 1), pages)
    named = ends or view.usable
    return GrantCase(
        view,
        _records(session, row, page, named=named, ends=ends),
        decides=row.state == GrantState.REQUESTED.value and may_decide_grant(identity, row.asked_by),
        ends=ends and row.state == GrantState.GIVEN.value,
        page=page,
        pages=pages,
    )


def _records(session: Session, row: AccessGrant, page: int, *, named: bool, ends: bool) -> tuple[tuple[str, str], ...]:
    """Codes with names; without the name of a pupil whose record the family had closed, for who only uses the grant."""
    found = session.execute(
        sa.select(Transcript.lookup_code, Transcript.full_name, Transcript.restricted_at)
        .join(GrantRecord, GrantRecord.transcript_id == Transcript.id)
        .where(GrantRecord.grant_id == row.id)
        .order_by(Transcript.id)
        .limit(PAGE_ROWS)
        .offset((page - 1) * PAGE_ROWS)
    )
    shown = [(code, name if named and (ends or closed is None) else "") for code, name, closed in found]
    return tuple(sorted(shown, key=lambda each: (fold(each[1]), each[0])))


def _concerns(identity: Identity) -> sa.ColumnElement[bool]:
    units = sa.select(Unit.id).where(Unit.code.in_(may_ask_for_grants(identity)))
    return sa.or_(
        AccessGrant.asked_by == identity.account_id,
        AccessGrant.account_id == identity.account_id,
        AccessGrant.unit_id.in_(units),
    )


def _is_concerned(session: Session, identity: Identity, row: AccessGrant) -> bool:
    return session.scalar(sa.select(AccessGrant.id).where(AccessGrant.id == row.id, _concerns(identity))) is not None


def _views(session: Session, identity: Identity, rows: Sequence[AccessGrant], now: datetime) -> tuple[GrantView, ...]:
    ids = [row.id for row in rows]
    holder, asker = aliased(Account), aliased(Account)
    about = {
        found[0]: found[1:]
        for found in session.execute(
            sa.select(AccessGrant.id, sa.func.coalesce(Unit.name, holder.display_name), asker.display_name)
            .outerjoin(Unit, Unit.id == AccessGrant.unit_id)
            .outerjoin(holder, holder.id == AccessGrant.account_id)
            .join(asker, asker.id == AccessGrant.asked_by)
            .where(AccessGrant.id.in_(ids))
        )
    }
    counted = sa.select(GrantRecord.grant_id, sa.func.count()).where(GrantRecord.grant_id.in_(ids))
    counts = {row[0]: row[1] for row in session.execute(counted.group_by(GrantRecord.grant_id))}
    reach = may_use_grants(identity, day_of(now))
    return tuple(
        GrantView(
            id=row.id,
            kind=GrantKind(row.kind).value,
            to=about[row.id][0],
            procedure=row.procedure,
            scope=Scope(row.scope),
            first_year=row.first_year,
            last_year=row.last_year,
            purpose=row.purpose,
            reference=row.reference,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            views_used=row.views_used,
            views_allowed=row.views_allowed,
            state=row.state,
            by_guardian=row.by_guardian,
            asked_by=about[row.id][1],
            records=counts.get(row.id, 0),
            usable=reach.covers(terms_of(session, row)),
            over=row.valid_to < reach.day,
        )
        for row in rows
    )
