"""Guardians of a pupil: linked by the school that keeps the records, after it has looked at papers (decision 0037).

The school hands over an invitation; whoever opens it with its secret makes an account, or adds the child to the one
in which they are signed in. Ending a link ends everything that it gave leave for.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import AccessGrant, Account, GrantRecord, GrantState, GuardianLink, ShareLink, Transcript, Unit
from portal.permissions import may_link_guardians
from portal.services.access import Action, Outcome, record_access
from portal.services.accounts import create_account
from portal.services.passwords import require_strong
from verify.canonical import sha256

INVITATION: Final = timedelta(days=14)
_MOST: Final = 6


@dataclass(frozen=True, slots=True)
class LinkView:
    """A guardian of a pupil. username: None while nobody accepted the invitation. ended_at, invite_until: UTC."""

    id: int
    display_name: str
    kinship: str
    papers: str
    checked_by: str
    checked_at: datetime
    invite_until: datetime
    username: str | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class PupilLinks:
    """A pupil's guardians for the school, newest first."""

    code: str
    full_name: str
    links: tuple[LinkView, ...]


@dataclass(frozen=True, slots=True)
class Child:
    """A pupil whose guardian somebody is. school_name: where the records are kept."""

    code: str
    full_name: str
    school_name: str
    kinship: str


def links_of(session: Session, identity: Identity, code: str, network: str, now: datetime) -> PupilLinks:
    """Who is linked to a pupil; the look is written. Raises NotFound for another school than the one that keeps it."""
    found = _kept(session, identity, code, network, now)
    checker, holder = aliased(Account), aliased(Account)
    rows = session.execute(
        sa.select(GuardianLink, checker.display_name, holder.username)
        .join(checker, checker.id == GuardianLink.checked_by)
        .outerjoin(holder, holder.id == GuardianLink.account_id)
        .where(GuardianLink.transcript_id == found.id)
        .order_by(GuardianLink.id.desc())
    )
    return PupilLinks(code, found.full_name, tuple(_link_view(*row) for row in rows))


def invite(
    session: Session,
    identity: Identity,
    code: str,
    display_name: str,
    kinship: str,
    papers: str,
    secret: str,
    network: str,
    now: datetime,
) -> int:
    """Write a guardian down after looking at papers; the secret goes to the guardian alone. Returns the link's id.

    Raises NotFound for another school, Refused(GUARDIANS_MANY) when six are linked or invited.
    """
    found = _kept(session, identity, code, network, now)
    alive = sa.select(sa.func.count()).where(GuardianLink.transcript_id == found.id, _alive(now))
    if session.execute(alive).scalar_one() >= _MOST:
        raise Refused(Problem.GUARDIANS_MANY, limit=str(_MOST))
    link = GuardianLink(
        transcript_id=found.id,
        display_name=display_name,
        kinship=kinship,
        papers=papers,
        checked_by=identity.account_id,
        checked_at=now,
        invite_sha256=sha256(secret.encode()),
        invite_until=now + INVITATION,
    )
    session.add(link)
    session.flush()
    return link.id


def end_link(session: Session, identity: Identity, link_id: int, now: datetime) -> str:
    """End a link or an invitation, with every share and grant that it gave; returns the pupil's code.

    Raises NotFound. Ended twice, it ends once.
    """
    row = session.execute(
        sa.select(GuardianLink, Transcript.lookup_code, Unit.code)
        .join(Transcript, Transcript.id == GuardianLink.transcript_id)
        .join(Unit, Unit.id == Transcript.managing_unit_id)
        .where(GuardianLink.id == link_id)
    ).one_or_none()
    if row is None or not may_link_guardians(identity, row[2]):
        raise NotFound
    link, code, _unit = row
    if link.ended_at is None:
        link.ended_at, link.ended_by = now, identity.account_id
        _end_what_it_gave(session, link, identity.account_id, now)
        session.flush()
    return str(code)


def accept(
    session: Session, identity: Identity | None, secret: str, username: str, password: str, now: datetime
) -> str:
    """Take an invitation up, with a new account when nobody is signed in; returns the pupil's code.

    Raises NotFound for a secret that is wrong, used, ended or too old; Refused with ACCOUNT_EXISTS for a name that is
    taken, GUARDIAN_TWICE when this account is linked already.
    """
    # Two who hold the same invitation take it up one after the other.
    held = sa.select(GuardianLink).where(GuardianLink.invite_sha256 == sha256(secret.encode())).with_for_update()
    link = session.scalar(held)
    if link is None or link.account_id is not None or link.ended_at is not None or link.invite_until <= now:
        raise NotFound
    if identity is not None and link.transcript_id in identity.children:
        raise Refused(Problem.GUARDIAN_TWICE)
    account_id = identity.account_id if identity else _open_account(session, username, link.display_name, password, now)
    link.account_id, link.accepted_at = account_id, now
    session.flush()
    return session.get_one(Transcript, link.transcript_id).lookup_code


def children_of(session: Session, identity: Identity) -> tuple[Child, ...]:
    """The pupils whose guardian a person is, by name."""
    rows = session.execute(
        sa.select(Transcript.lookup_code, Transcript.full_name, Unit.name, GuardianLink.kinship)
        .join(GuardianLink, GuardianLink.transcript_id == Transcript.id)
        .join(Unit, Unit.id == Transcript.managing_unit_id)
        .where(GuardianLink.account_id == identity.account_id, GuardianLink.ended_at.is_(None))
        .order_by(Transcript.full_name, Transcript.id)
    )
    return tuple(Child(*row) for row in rows)


def child(session: Session, identity: Identity, code: str) -> Transcript:
    """The own child's transcript; raises NotFound for any other, and for a code of nobody."""
    found = session.scalar(sa.select(Transcript).where(Transcript.lookup_code == code))
    if found is None or found.id not in identity.children:
        raise NotFound
    return found


def _open_account(session: Session, username: str, display_name: str, password: str, now: datetime) -> int:
    """The one way in which a guardian comes to an account."""
    name = username.strip().lower()
    if session.scalar(sa.select(Account.id).where(Account.username == name)) is not None:
        raise Refused(Problem.ACCOUNT_EXISTS, username=name)
    require_strong(password, name, display_name)
    return create_account(session, name, display_name, password, now).id


def _kept(session: Session, identity: Identity, code: str, network: str, now: datetime) -> Transcript:
    row = session.execute(
        sa.select(Transcript, Unit.code)
        .join(Unit, Unit.id == Transcript.managing_unit_id)
        .where(Transcript.lookup_code == code)
    ).one_or_none()
    allowed = row is not None and may_link_guardians(identity, row[1])
    record_access(
        session,
        identity=identity,
        action=Action.GUARDIANS_READ,
        transcript_id=row[0].id if row is not None else None,
        outcome=Outcome.ALLOWED if allowed else Outcome.REFUSED,
        network=network,
        now=now,
    )
    if row is None or not allowed:
        raise NotFound
    found: Transcript = row[0]
    return found


def _alive(now: datetime) -> sa.ColumnElement[bool]:
    waits_or_linked = sa.or_(GuardianLink.account_id.is_not(None), GuardianLink.invite_until > now)
    return sa.and_(GuardianLink.ended_at.is_(None), waits_or_linked)


def _end_what_it_gave(session: Session, link: GuardianLink, by: int, now: datetime) -> None:
    if link.account_id is None:
        return
    session.execute(
        sa.update(ShareLink)
        .where(
            ShareLink.transcript_id == link.transcript_id,
            ShareLink.made_by == link.account_id,
            ShareLink.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
    of_child = sa.select(GrantRecord.grant_id).where(GrantRecord.transcript_id == link.transcript_id)
    session.execute(
        sa.update(AccessGrant)
        .where(
            AccessGrant.id.in_(of_child),
            AccessGrant.by_guardian,
            AccessGrant.asked_by == link.account_id,
            AccessGrant.state == GrantState.GIVEN.value,
        )
        .values(state=GrantState.ENDED.value, ended_at=now, ended_by=by)
    )


def _link_view(link: GuardianLink, checked_by: str, username: str | None) -> LinkView:
    return LinkView(
        link.id,
        link.display_name,
        link.kinship,
        link.papers,
        checked_by,
        link.checked_at,
        link.invite_until,
        username,
        link.ended_at,
    )
