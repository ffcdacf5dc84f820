"""Invitations as they are kept: made, found by their secret, ended. Taken up by `portal.services.invitations`."""

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import Identity, StaffRole
from portal.models import Account, AccountInvitation, InvitationKind, Unit
from portal.services.appointments import Period
from verify.canonical import sha256

LIFE: Final = timedelta(days=7)


def join(
    session: Session,
    identity: Identity,
    display_name: str,
    unit: Unit,
    role: StaffRole,
    period: Period,
    secret: str,
    now: datetime,
) -> int:
    """An invitation of a new person to a role; returns its number."""
    made = _new(identity, InvitationKind.JOIN, display_name, secret, now)
    made.unit_id, made.role, made.valid_from, made.valid_to = unit.id, role.value, period.since, period.until
    session.add(made)
    session.flush()
    return made.id


def reset(session: Session, identity: Identity, account: Account, secret: str, now: datetime) -> None:
    """A link for another password; those before it are void."""
    for old in session.scalars(
        sa.select(AccountInvitation).where(open_now(), AccountInvitation.account_id == account.id)
    ):
        old.ended_at = now
    made = _new(identity, InvitationKind.RESET, account.display_name, secret, now)
    made.account_id = account.id
    session.add(made)
    session.flush()


def found(session: Session, secret: str, now: datetime, *, hold: bool) -> AccountInvitation | None:
    """The invitation behind a secret; None for one that is wrong, used, ended or too old.

    hold: two who hold the same invitation take it up one after the other.
    """
    wanted = sa.select(AccountInvitation).where(AccountInvitation.secret_sha256 == sha256(secret.encode()))
    held = session.scalar(wanted.with_for_update() if hold else wanted)
    usable = held is not None and held.accepted_at is None and held.ended_at is None and held.expires_at > now
    return held if usable else None


def end_of(session: Session, account_id: int, now: datetime) -> None:
    """End every open invitation for a person, or by that person."""
    theirs = sa.or_(AccountInvitation.account_id == account_id, AccountInvitation.invited_by == account_id)
    for old in session.scalars(sa.select(AccountInvitation).where(open_now(), theirs)).all():
        old.ended_at = now
    session.flush()


def open_now() -> sa.ColumnElement[bool]:
    """A condition: neither accepted nor ended; it may be too old."""
    return sa.and_(AccountInvitation.accepted_at.is_(None), AccountInvitation.ended_at.is_(None))


def _new(identity: Identity, kind: InvitationKind, display_name: str, secret: str, now: datetime) -> AccountInvitation:
    return AccountInvitation(
        kind=kind.value,
        display_name=display_name,
        secret_sha256=sha256(secret.encode()),
        invited_by=identity.account_id,
        invited_at=now,
        expires_at=now + LIFE,
    )
