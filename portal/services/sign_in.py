"""Signing in, step by step: the password, then the second step where the person holds one or must (decision 0041).

Between the steps a browser holds a token that opens nothing; each step makes a new one.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import Account, SignInStep
from portal.permissions import must_take_second_step
from portal.services import accounts, second_step
from portal.services.access import Action
from portal.services.account_acts import record_act
from portal.services.passkeys import Party
from portal.services.second_step import Given, Vault

# To find the telephone, and to install an authenticator on it.
_WAITS: Final = timedelta(minutes=15)


class Next(StrEnum):
    """What follows the password."""

    DONE = "done"
    CODE = "code"
    ENROL = "enrol"


@dataclass(frozen=True, slots=True)
class Begun:
    """token: of the session when done, else of the sign-in that waits."""

    next: Next
    token: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Whose sign-in waits. enrols: for the first authenticator of all. passkeys: whether a passkey may answer."""

    identity: Identity
    username: str
    enrols: bool
    passkeys: bool


@dataclass(frozen=True, slots=True)
class Door:
    """How the instance lets people in. staff_must: staff take a second step. network: of the request, shortened."""

    vault: Vault
    party: Party
    staff_must: bool
    lifetime: timedelta
    network: str


def begin(session: Session, door: Door, username: str, password: str, now: datetime) -> Begun:
    """Check name and password; raises Refused(SIGN_IN_FAILED) as `accounts.prove_password` does."""
    account = accounts.prove_password(session, username, password)
    identity = accounts.identity_behind(session, account.id, now)
    if identity is None:
        raise Refused(Problem.SIGN_IN_FAILED)
    return begin_for(session, door, identity, now)


def begin_for(session: Session, door: Door, identity: Identity, now: datetime) -> Begun:
    """Go on with a person of whom the first step is proved."""
    if second_step.factors(session, identity.account_id).any:
        return Begun(Next.CODE, _wait(session, identity, now))
    if must_take_second_step(identity, staff_must=door.staff_must):
        return Begun(Next.ENROL, _wait(session, identity, now))
    return Begun(Next.DONE, _open(session, door, identity, now))


def waiting(session: Session, token: str, now: datetime) -> Waiting | None:
    """Whose sign-in waits behind a token; None when nobody's does any more."""
    held = session.get(SignInStep, accounts.fingerprint(token))
    if held is None or held.expires_at <= now:
        return None
    identity = accounts.identity_behind(session, held.account_id, now)
    if identity is None:
        return None
    factors = second_step.factors(session, identity.account_id)
    username = session.get_one(Account, identity.account_id).username
    return Waiting(identity, username, not factors.any, factors.passkeys > 0)


def finish(session: Session, door: Door, given: Given, now: datetime) -> str:
    """Take the second step and open the session; returns its token.

    Raises NotFound when nothing waits, Refused as `second_step.prove` does.
    """
    held = _waits_for(session, given.token, now, enrols=False)
    second_step.prove(session, door.vault, door.party, held.identity, given, door.network, now)
    return _through(session, door, held, given.token, now)


def finish_enrolling(
    session: Session, door: Door, token: str, secret: bytes, code: str, now: datetime
) -> tuple[str, tuple[str, ...]]:
    """Take up the first authenticator and open the session; returns its token and the recovery codes.

    Raises NotFound when nothing waits, or when the person has one already; Refused(CODE_WRONG).
    """
    held = _waits_for(session, token, now, enrols=True)
    codes = second_step.enrol(session, door.vault, held.identity, secret, code, door.network, now)
    return _through(session, door, held, token, now), codes


def _waits_for(session: Session, token: str, now: datetime, *, enrols: bool) -> Waiting:
    """The sign-in behind a token: whoever has an authenticator is never let in by bringing another one."""
    held = waiting(session, token, now)
    if held is None or held.enrols is not enrols:
        raise NotFound
    return held


def _through(session: Session, door: Door, held: Waiting, token: str, now: datetime) -> str:
    ended = sa.delete(SignInStep).where(SignInStep.token_sha256 == accounts.fingerprint(token))
    if session.connection().execute(ended).rowcount != 1:
        raise NotFound
    return _open(session, door, held.identity, now)


def _wait(session: Session, identity: Identity, now: datetime) -> str:
    token = secrets.token_urlsafe(accounts.TOKEN_BYTES)
    session.execute(sa.delete(SignInStep).where(SignInStep.expires_at < now))
    session.add(
        SignInStep(token_sha256=accounts.fingerprint(token), account_id=identity.account_id, expires_at=now + _WAITS)
    )
    session.flush()
    return token


def _open(session: Session, door: Door, identity: Identity, now: datetime) -> str:
    account = session.get_one(Account, identity.account_id)
    token = accounts.open_session(session, account, now, door.lifetime)
    record_act(session, identity, Action.ACCOUNT_SIGN_IN, identity.account_id, door.network, now)
    return token
