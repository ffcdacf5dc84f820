"""Sign-in of named people: argon2id, sessions kept at the server."""

import secrets
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from portal.errors import Problem, Refused
from portal.identity import Appointment, Identity, StaffRole
from portal.models import Account, AppointmentRow, Unit, WebSession
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


def sign_in(session: Session, username: str, password: str, now: datetime, lifetime: timedelta) -> str:
    """Check name and password and open a session; returns the token for the browser.

    Raises Refused(SIGN_IN_FAILED) after the same work for an unknown name, a wrong password and a closed account.
    """
    account = session.scalar(sa.select(Account).where(Account.username == username.strip().lower()))
    stored = account.password_hash if account is not None and account.active else _DECOY
    if not _matches(stored, password) or account is None or not account.active:
        raise Refused(Problem.SIGN_IN_FAILED)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.execute(sa.delete(WebSession).where(WebSession.expires_at < now))
    session.add(
        WebSession(
            token_sha256=_fingerprint(token),
            account_id=account.id,
            created_at=now,
            seen_at=now,
            expires_at=now + lifetime,
        )
    )
    session.flush()
    return token


def identity_of(session: Session, token: str, now: datetime, idle: timedelta) -> Identity | None:
    """The person behind a session token, with the roles in force today; None when the session has ended."""
    held = session.get(WebSession, _fingerprint(token))
    if held is None or held.expires_at <= now or held.seen_at + idle <= now:
        return None
    account = session.get(Account, held.account_id)
    if account is None or not account.active:
        return None
    if held.seen_at + SEEN_EVERY <= now:
        held.seen_at = now
    return Identity(account.id, account.display_name, _appointments(session, account.id, _today(now)))


def sign_out(session: Session, token: str) -> None:
    """End one session at the server."""
    session.execute(sa.delete(WebSession).where(WebSession.token_sha256 == _fingerprint(token)))


def _appointments(session: Session, account_id: int, today: date) -> tuple[Appointment, ...]:
    rows = session.execute(
        sa.select(Unit.code, AppointmentRow.role)
        .join(Unit, Unit.id == AppointmentRow.unit_id)
        .where(
            AppointmentRow.account_id == account_id,
            AppointmentRow.valid_from <= today,
            sa.or_(AppointmentRow.valid_to.is_(None), AppointmentRow.valid_to >= today),
        )
        .order_by(Unit.code)
    )
    return tuple(Appointment(code, StaffRole(role)) for code, role in rows)


def _today(now: datetime) -> date:
    return now.astimezone(UTC).date()


def _fingerprint(token: str) -> str:
    return sha256(token.encode())


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
