"""Identities at the OpenID provider: linked by a signed-in person, and from then on a way to sign in to that account.

No account is ever made here: an identity that nobody linked opens nothing (decision 0042).
"""

import hmac
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.errors import Problem, Refused
from portal.identity import Identity
from portal.models import LinkedIdentity, OpenidRequest
from portal.services import accounts
from portal.services.access import Action
from portal.services.account_acts import record_act

WAITS: Final = timedelta(minutes=10)


def subject_hash(secret: str, issuer: str, claim: str, subject: str) -> str:
    """What is kept of an identity: nobody without the instance's secret can try numbers against it."""
    key = hmac.digest(secret.encode(), b"hocba linked identity", "sha256")
    told = b"".join(b"%d:%s" % (len(part.encode()), part.encode()) for part in (issuer, claim, subject))
    return hmac.digest(key, told, "sha256").hex()


def sent_out(session: Session, token: str, account_id: int | None, now: datetime) -> None:
    """Remember that a browser was sent to the provider. account_id: of who links an identity."""
    session.execute(sa.delete(OpenidRequest).where(OpenidRequest.expires_at < now))
    made = OpenidRequest(token_sha256=accounts.fingerprint(token), account_id=account_id, expires_at=now + WAITS)
    session.add(made)
    session.flush()


def came_back(session: Session, token: str, now: datetime) -> int | None:
    """Let a browser come back once; returns for whose account an identity is to be linked.

    Raises Refused(OPENID_FAILED) for one that was not sent, came back before, or took too long.
    """
    row = session.execute(
        sa.delete(OpenidRequest)
        .where(OpenidRequest.token_sha256 == accounts.fingerprint(token), OpenidRequest.expires_at > now)
        .returning(OpenidRequest.account_id)
    ).one_or_none()
    if row is None:
        raise Refused(Problem.OPENID_FAILED)
    account_id: int | None = row[0]
    return account_id


def link(session: Session, identity: Identity, hashed: str, network: str, now: datetime) -> None:
    """Let an identity open the own account, in place of the one before. Raises Refused(OPENID_TAKEN)."""
    held = linked(session, identity.account_id)
    if held is not None and held.subject_hash == hashed:
        return
    if held is not None:
        held.ended_at = now
        session.flush()
    session.add(LinkedIdentity(account_id=identity.account_id, subject_hash=hashed, linked_at=now, ended_at=None))
    try:
        session.flush()
    except IntegrityError as taken:
        raise Refused(Problem.OPENID_TAKEN) from taken
    record_act(session, identity, Action.ACCOUNT_IDENTITY_LINKED, identity.account_id, network, now)


def unlink(session: Session, identity: Identity, network: str, now: datetime) -> None:
    """Let it open nothing any more; without one, nothing happens."""
    held = linked(session, identity.account_id)
    if held is not None:
        held.ended_at = now
        session.flush()
        record_act(session, identity, Action.ACCOUNT_IDENTITY_UNLINKED, identity.account_id, network, now)


def linked(session: Session, account_id: int) -> LinkedIdentity | None:
    """The identity that opens an account today."""
    return session.scalar(
        sa.select(LinkedIdentity).where(LinkedIdentity.account_id == account_id, LinkedIdentity.ended_at.is_(None))
    )


def identity_of(session: Session, hashed: str, now: datetime) -> Identity:
    """Whose account an identity opens; raises Refused(OPENID_UNLINKED) for none, and for a closed one."""
    account_id = session.scalar(
        sa.select(LinkedIdentity.account_id).where(
            LinkedIdentity.subject_hash == hashed, LinkedIdentity.ended_at.is_(None)
        )
    )
    found = accounts.identity_behind(session, account_id, now) if account_id is not None else None
    if found is None:
        raise Refused(Problem.OPENID_UNLINKED)
    return found
