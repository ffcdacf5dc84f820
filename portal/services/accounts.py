"""Sign-in of named people: argon2id, sessions kept at the server."""

import secrets
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Appointment, Identity, StaffRole
from portal.models import Account, AppointmentRow, GuardianLink, SignInStep, Unit, WebSession
from portal.services import unit_tree
from portal.services.organisation import alive_on, day_of
from verify.canonical import sha256

# OWASP: 19 MiB, 2 passes, 1 lane; about 25 ms on the smallest server.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_DECOY = _hasher.hash(secrets.token_urlsafe(24))
TOKEN_BYTES = 32
# Rewriting "seen" at each request would make every page a write.
SEEN_EVERY = timedelta(minutes=1)


def create_account(session: Session, username: str, display_name: str, password: str, now: datetime) -> Account:
    """A new account; the name is stored in lower case."""
    account = Account(
        username=username.strip().lower(),
        display_name=display_name,
        password_hash=_hasher.hash(password),
        active=True,
        created_at=now,
    )
    session.add(account)
    session.flush()
    return account


def appoint(session: Session, account: Account, unit: Unit, role: StaffRole, valid_from: date) -> None:
    """Give a person a role in a unit from a day on."""
    row = AppointmentRow(account_id=account.id, unit_id=unit.id, role=role.value, valid_from=valid_from, valid_to=None)
    session.add(row)
    session.flush()


def prove_password(session: Session, username: str, password: str) -> Account:
    """Whose name and password these are: the first step of signing in.

    Raises Refused(SIGN_IN_FAILED) after the same work for an unknown name, a wrong password and a closed account.
    """
    account = session.scalar(sa.select(Account).where(Account.username == username.strip().lower()))
    stored = account.password_hash if account is not None and account.active else _DECOY
    if not _matches(stored, password) or account is None or not account.active:
        raise Refused(Problem.SIGN_IN_FAILED)
    return account


def open_session(session: Session, account: Account, now: datetime, lifetime: timedelta) -> str:
    """A fresh session of a person who has just proved who it is; returns the token for the browser."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.execute(sa.delete(WebSession).where(WebSession.expires_at < now))
    session.add(
        WebSession(
            token_sha256=fingerprint(token),
            account_id=account.id,
            created_at=now,
            seen_at=now,
            proved_at=now,
            expires_at=now + lifetime,
        )
    )
    session.flush()
    return token


def identity_of(session: Session, token: str, now: datetime, idle: timedelta) -> Identity | None:
    """The person behind a session token, with the roles in force today; None when the session has ended."""
    held = session.get(WebSession, fingerprint(token))
    if held is None or held.expires_at <= now or held.seen_at + idle <= now:
        return None
    account = session.get(Account, held.account_id)
    if account is None or not account.active:
        return None
    if held.seen_at + SEEN_EVERY <= now:
        held.seen_at = now
    return Identity(
        account.id,
        account.display_name,
        _appointments(session, account.id, day_of(now)),
        _children(session, account.id),
    )


def proved_at(session: Session, token: str) -> datetime | None:
    """When the person behind a session last proved who it is; None without one."""
    held = session.get(WebSession, fingerprint(token))
    return None if held is None else held.proved_at


def prove_again(session: Session, token: str, now: datetime) -> str:
    """Note that the person behind a session has just proved who it is; returns the session's new token.

    Raises NotFound when it has ended meanwhile.
    """
    fresh = secrets.token_urlsafe(TOKEN_BYTES)
    renewed = (
        sa.update(WebSession)
        .where(WebSession.token_sha256 == fingerprint(token))
        .values(token_sha256=fingerprint(fresh), proved_at=now)
    )
    if session.connection().execute(renewed).rowcount != 1:
        raise NotFound
    return fresh


def identity_behind(session: Session, account_id: int, now: datetime) -> Identity | None:
    """The person for whom long work is done, with the roles in force today; None when the account is closed."""
    account = session.get(Account, account_id)
    if account is None or not account.active:
        return None
    return Identity(
        account.id,
        account.display_name,
        _appointments(session, account.id, day_of(now)),
        _children(session, account.id),
    )


def username_of(session: Session, identity: Identity) -> str:
    """Under which name a person signs in."""
    return session.get_one(Account, identity.account_id).username


def require_password(session: Session, identity: Identity, password: str) -> None:
    """Ask a signed-in person for the password again, before what cannot be undone; raises Refused(SIGN_IN_FAILED)."""
    account = session.get_one(Account, identity.account_id)
    if not _matches(account.password_hash, password) or not account.active:
        raise Refused(Problem.SIGN_IN_FAILED)


def account_named(session: Session, username: str) -> Account:
    """The open account with a name, in any case; raises Refused(UNKNOWN_ACCOUNT)."""
    name = username.strip().lower()
    found = session.scalar(sa.select(Account).where(Account.username == name, Account.active))
    if found is None:
        raise Refused(Problem.UNKNOWN_ACCOUNT, username=name)
    return found


def set_password(session: Session, account: Account, password: str) -> None:
    """Another password; whoever was signed in under the old one no longer is."""
    account.password_hash = _hasher.hash(password)
    end_sessions(session, account)


def end_sessions(session: Session, account: Account) -> None:
    """End every session of a person, from whatever browser, and every sign-in that waits for its second step."""
    session.execute(sa.delete(SignInStep).where(SignInStep.account_id == account.id))
    session.execute(sa.delete(WebSession).where(WebSession.account_id == account.id))


def close_account(session: Session, account: Account) -> None:
    """Let a person in no more; what the person did stays under the name."""
    account.active = False
    end_sessions(session, account)


def sign_out(session: Session, token: str) -> None:
    """End one session at the server."""
    session.execute(sa.delete(WebSession).where(WebSession.token_sha256 == fingerprint(token)))


def _appointments(session: Session, account_id: int, today: date) -> tuple[Appointment, ...]:
    rows = session.execute(
        sa.select(Unit.id, Unit.code, AppointmentRow.role)
        .join(Unit, Unit.id == AppointmentRow.unit_id)
        .where(
            AppointmentRow.account_id == account_id,
            AppointmentRow.valid_from <= today,
            sa.or_(AppointmentRow.valid_to.is_(None), AppointmentRow.valid_to >= today),
            alive_on(today),
        )
        .order_by(Unit.code)
    ).all()
    return tuple(
        Appointment(code, StaffRole(role), _reach(session, unit_id, StaffRole(role), today))
        for unit_id, code, role in rows
    )


def _children(session: Session, account_id: int) -> frozenset[int]:
    """The transcripts whose guardian a person is: a link that the school ended opens nothing from then on."""
    held = sa.select(GuardianLink.transcript_id).where(
        GuardianLink.account_id == account_id, GuardianLink.ended_at.is_(None)
    )
    return frozenset(session.scalars(held))


def _reach(session: Session, unit_id: int, role: StaffRole, today: date) -> frozenset[str]:
    """What a role looks after beside the own unit, as of today (`Appointment.reach`)."""
    if role is StaffRole.MONITOR:
        return unit_tree.codes_of(session, unit_tree.taken_over(unit_tree.subtree([unit_id], today)))
    if role in (StaffRole.CLERK, StaffRole.HEAD):
        return unit_tree.codes_of(session, unit_tree.taken_over([unit_id]))
    return frozenset()


def fingerprint(token: str) -> str:
    """What the database holds of a session's token."""
    return sha256(token.encode())


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
