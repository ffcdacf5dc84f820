"""What pages show of people: a list by given name, one person with every role, and what waits for somebody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.errors import NotFound
from portal.identity import Identity, StaffRole
from portal.models import (
    Account,
    AccountInvitation,
    AppointmentRow,
    InvitationKind,
    PeopleProposal,
    PeopleProposalKind,
    Unit,
)
from portal.permissions import (
    UnitScope,
    may_close_accounts,
    may_confirm_people,
    may_give_role,
    may_reset_password,
)
from portal.services import appointments, invitation_rows, people_proposals, people_reach
from portal.services.organisation import alive_on, day_of
from portal.vietnamese import fold, sort_key, title_key

PAGE_ROWS: Final = 50


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role. until: its last day. ends: the reader may end it, and it has not ended yet."""

    id: int
    role: StaffRole
    unit_code: str
    unit_name: str
    since: date
    until: date | None
    over: bool
    ahead: bool
    ends: bool


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person in the list. roles: those that have not ended, as far as the reader sees them."""

    id: int
    display_name: str
    username: str
    active: bool
    roles: tuple[RoleView, ...]


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """An invitation that nobody took up yet. role, unit_name: None for another password. late: past its days."""

    id: int
    kind: InvitationKind
    display_name: str
    role: StaffRole | None
    unit_name: str | None
    by: str
    until: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """What waits for a second official. confirms: the reader may be that one. mine: the reader proposed it."""

    id: int
    kind: PeopleProposalKind
    account_id: int
    display_name: str
    username: str
    role: StaffRole | None
    unit_name: str | None
    since: date | None
    until: date | None
    by: str
    at: datetime
    expires_at: datetime
    confirms: bool
    mine: bool


@dataclass(frozen=True, slots=True)
class PeopleList:
    """found: how many people match. everything: the reader sees all units."""

    people: tuple[PersonLine, ...]
    found: int
    page: int
    pages: int
    everything: bool
    invitations: tuple[InvitationLine, ...]
    proposals: tuple[ProposalLine, ...]


@dataclass(frozen=True, slots=True)
class PersonView:
    """One person. own: the reader's account, on which nothing can be done here. gives: the reader may give roles."""

    line: PersonLine
    roles: tuple[RoleView, ...]
    invitations: tuple[InvitationLine, ...]
    proposals: tuple[ProposalLine, ...]
    own: bool
    gives: bool
    resets: bool
    by_two: bool
    closes: bool


def listing(session: Session, identity: Identity, words: str, unit: str, page: int, now: datetime) -> PeopleList:
    """People within reach by given name. words: of name, username or unit, diacritics or not; unit: code of one.

    Names are ordered and searched here: no database knows how (domain §8.13), and staff are few thousands.
    """
    scope, today = people_reach.scope_of(identity), day_of(now)
    rows = session.execute(
        sa.select(Account.id, Account.display_name, Account.username).where(people_reach.within(_narrowed(scope, unit)))
    ).all()
    places = _places(session, scope, today) if words else {}
    wanted = fold(words).split()
    found = [
        (_order(name), account_id)
        for account_id, name, username in rows
        if all(word in fold(f"{name} {username} {places.get(account_id, '')}") for word in wanted)
    ]
    pages = max(1, -(-len(found) // PAGE_ROWS))
    page = min(max(page, 1), pages)
    shown = [account_id for _key, account_id in sorted(found)[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]]
    return PeopleList(
        people=_lines(session, identity, shown, today),
        found=len(found),
        page=page,
        pages=pages,
        everything=scope.everything,
        invitations=_invitations(session, scope, sa.true(), now),
        proposals=_proposals(session, identity, sa.true(), now) if may_close_accounts(identity) else (),
    )


def person(session: Session, identity: Identity, account_id: int, now: datetime) -> PersonView:
    """One person with every role that the reader sees. Raises NotFound."""
    account, today = people_reach.person(session, identity, account_id), day_of(now)
    scope, own = people_reach.scope_of(identity), account.id == identity.account_id
    roles = _roles(session, identity, [account.id], today).get(account.id, ())
    alive = tuple(each for each in roles if not each.over)
    held = appointments.going_on(session, account.id, today)
    acts, administers = account.active and not own, may_close_accounts(identity)
    theirs = PeopleProposal.account_id == account.id
    return PersonView(
        line=PersonLine(account.id, account.display_name, account.username, account.active, alive),
        roles=roles,
        invitations=_invitations(session, scope, AccountInvitation.account_id == account.id, now),
        proposals=_proposals(session, identity, theirs, now) if administers else (),
        own=own,
        gives=acts,
        resets=acts and may_reset_password(identity, held, guardian=people_reach.is_guardian(session, account.id)),
        by_two=people_reach.reset_takes_two(session, account.id, held, now),
        closes=acts and administers,
    )


def closing(session: Session, identity: Identity, account_id: int, now: datetime) -> PersonView:
    """A person whose account the reader may end. Raises NotFound."""
    found = person(session, identity, account_id, now)
    if not found.closes:
        raise NotFound
    return found


def proposal(session: Session, identity: Identity, proposal_id: int, now: datetime) -> ProposalLine:
    """One that waits. Raises NotFound, also for what is decided: the person's page shows what became of it."""
    if not may_close_accounts(identity):
        raise NotFound
    found = _proposals(session, identity, PeopleProposal.id == proposal_id, now)
    if not found:
        raise NotFound
    return found[0]


def own_units(session: Session, identity: Identity, now: datetime) -> dict[str, str]:
    """Code and name of the units for which a head invites; empty for the department, which types the code."""
    scope = people_reach.scope_of(identity)
    if scope.everything:
        return {}
    rows = session.execute(
        sa.select(Unit.code, Unit.name).where(Unit.code.in_(scope.units), alive_on(day_of(now)))
    ).all()
    return dict(sorted(((code, name) for code, name in rows), key=lambda each: title_key(each[1])))


@lru_cache(maxsize=10_000)  # a key costs a tenth of a millisecond, and the same few thousand names come at every look
def _order(display_name: str) -> str:
    """By given name; what stands in brackets behind a name, such as `(mẫu)`, is nobody's given name."""
    return sort_key(display_name.partition("(")[0].strip() or display_name)


def _narrowed(scope: UnitScope, unit: str) -> UnitScope:
    return UnitScope(units=frozenset({unit} if scope.covers(unit) else ())) if unit else scope


def _places(session: Session, scope: UnitScope, today: date) -> Mapping[int, str]:
    """Names and codes of the units where people serve, for the search."""
    rows = session.execute(
        sa.select(AppointmentRow.account_id, Unit.name, Unit.code)
        .join(Unit, Unit.id == AppointmentRow.unit_id)
        .where(
            Unit.id.in_(people_reach.units_within(scope)),
            sa.or_(AppointmentRow.valid_to.is_(None), AppointmentRow.valid_to >= today),
        )
    )
    found: dict[int, str] = {}
    for account_id, name, code in rows:
        found[account_id] = f"{found.get(account_id, '')} {name} {code}"
    return found


def _lines(session: Session, identity: Identity, ids: Sequence[int], today: date) -> tuple[PersonLine, ...]:
    accounts = {row.id: row for row in session.scalars(sa.select(Account).where(Account.id.in_(ids)))}
    roles = _roles(session, identity, ids, today)
    return tuple(
        PersonLine(
            each,
            accounts[each].display_name,
            accounts[each].username,
            accounts[each].active,
            tuple(role for role in roles.get(each, ()) if not role.over),
        )
        for each in ids
    )


def _roles(session: Session, identity: Identity, ids: Sequence[int], today: date) -> Mapping[int, tuple[RoleView, ...]]:
    """Roles in the units within reach, the newest first."""
    units = people_reach.units_within(people_reach.scope_of(identity))
    rows = session.execute(
        sa.select(AppointmentRow, Unit.code, Unit.name)
        .join(Unit, Unit.id == AppointmentRow.unit_id)
        .where(AppointmentRow.account_id.in_(ids), Unit.id.in_(units))
        .order_by(AppointmentRow.valid_from.desc(), AppointmentRow.id.desc())
    ).all()
    found: dict[int, list[RoleView]] = {}
    for row, code, name in rows:
        role, over = StaffRole(row.role), row.valid_to is not None and row.valid_to < today
        ends = not over and row.account_id != identity.account_id and may_give_role(identity, role, code)
        view = RoleView(row.id, role, code, name, row.valid_from, row.valid_to, over, row.valid_from > today, ends)
        found.setdefault(row.account_id, []).append(view)
    return {account_id: tuple(views) for account_id, views in found.items()}


def _invitations(
    session: Session, scope: UnitScope, which: sa.ColumnElement[bool], now: datetime
) -> tuple[InvitationLine, ...]:
    inviter = aliased(Account)
    units = people_reach.units_within(scope)
    invited = sa.select(Account.id).where(people_reach.within(scope))
    rows = session.execute(
        sa.select(AccountInvitation, Unit.name, inviter.display_name)
        .outerjoin(Unit, Unit.id == AccountInvitation.unit_id)
        .join(inviter, inviter.id == AccountInvitation.invited_by)
        .where(
            invitation_rows.open_now(),
            which,
            sa.or_(AccountInvitation.unit_id.in_(units), AccountInvitation.account_id.in_(invited)),
        )
        .order_by(AccountInvitation.id.desc())
        .limit(PAGE_ROWS)
    )
    return tuple(
        InvitationLine(
            row.id,
            InvitationKind(row.kind),
            row.display_name,
            StaffRole(row.role) if row.role is not None else None,
            unit_name,
            by,
            row.expires_at,
            row.expires_at <= now,
        )
        for row, unit_name, by in rows
    )


def _proposals(
    session: Session, identity: Identity, which: sa.ColumnElement[bool], now: datetime
) -> tuple[ProposalLine, ...]:
    about, proposer = aliased(Account), aliased(Account)
    rows = session.execute(
        sa.select(PeopleProposal, about.display_name, about.username, proposer.display_name, Unit.name)
        .join(about, about.id == PeopleProposal.account_id)
        .join(proposer, proposer.id == PeopleProposal.proposed_by)
        .outerjoin(Unit, Unit.id == PeopleProposal.unit_id)
        .where(people_proposals.waits(now), which)
        .order_by(PeopleProposal.id)
        .limit(PAGE_ROWS)
    )
    return tuple(
        ProposalLine(
            id=row.id,
            kind=PeopleProposalKind(row.kind),
            account_id=row.account_id,
            display_name=name,
            username=username,
            role=StaffRole(row.role) if row.role is not None else None,
            unit_name=unit_name,
            since=row.valid_from,
            until=row.valid_to,
            by=by,
            at=row.proposed_at,
            expires_at=row.expires_at,
            confirms=may_confirm_people(identity, row.proposed_by, row.account_id),
            mine=row.proposed_by == identity.account_id,
        )
        for row, name, username, by, unit_name in rows
    )
