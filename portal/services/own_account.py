"""What people do with their own account: see where it is signed in, end that, and change the password."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import Account, WebSession
from portal.services import accounts
from portal.services.access import Action
from portal.services.account_acts import record_act
from portal.services.passwords import require_strong


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A living session. key: names it in a form and opens nothing. current: the one that asks."""

    key: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    current: bool


def sessions_of(
    session: Session, identity: Identity, token: str | None, now: datetime, idle: timedelta
) -> tuple[OwnSession, ...]:
    """The living sessions of a person, the one used last first. token: that of the browser that asks."""
    own = accounts.fingerprint(token) if token else None
    held = session.scalars(
        sa.select(WebSession)
        .where(
            WebSession.account_id == identity.account_id,
            WebSession.expires_at > now,
            WebSession.seen_at > now - idle,
        )
        .order_by(WebSession.seen_at.desc(), WebSession.created_at.desc())
    )
    return tuple(
        OwnSession(each.token_sha256, each.created_at, each.seen_at, each.expires_at, each.token_sha256 == own)
        for each in held
    )


def end_session(session: Session, identity: Identity, key: str, network: str, now: datetime) -> None:
    """End one of the own sessions; raises NotFound for what is nobody's or somebody else's."""
    ended = session.execute(
        sa.delete(WebSession)
        .where(WebSession.token_sha256 == key, WebSession.account_id == identity.account_id)
        .returning(WebSession.token_sha256)
    ).all()
    if not ended:
        raise NotFound
    record_act(session, identity, Action.ACCOUNT_SESSION_ENDED, identity.account_id, network, now)


def end_other_sessions(session: Session, identity: Identity, token: str, network: str, now: datetime) -> None:
    """End every session of a person but the one that asks."""
    record_act(session, identity, Action.ACCOUNT_SESSION_ENDED, identity.account_id, network, now)
    session.execute(
        sa.delete(WebSession).where(
            WebSession.account_id == identity.account_id, WebSession.token_sha256 != accounts.fingerprint(token)
        )
    )


def change_password(
    session: Session, identity: Identity, current: str, fresh: str, network: str, now: datetime, lifetime: timedelta
) -> str:
    """Set another password, end every session and open one anew; returns the token for the browser that asked.

    Raises Refused: SIGN_IN_FAILED for a wrong current password, PASSWORD_SAME, PASSWORD_SHORT, PASSWORD_COMMON.
    """
    accounts.require_password(session, identity, current)
    account = session.get_one(Account, identity.account_id)
    if fresh == current:
        raise Refused(Problem.PASSWORD_SAME)
    require_strong(fresh, account.username, account.display_name)
    accounts.set_password(session, account, fresh)
    record_act(session, identity, Action.ACCOUNT_PASSWORD, account.id, network, now)
    return accounts.open_session(session, account, now, lifetime)
