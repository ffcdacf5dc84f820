"""Keys of school software: made and revoked by the operator, shown once, kept as a hash, dated, and never a person.

A key reads `hb_<id>_<secret>`. The id finds the row; the secret has 256 random bits, so one SHA-256 is enough where a
password needs argon2. A school may hold several keys at once: the next one is made, the software changes over, and
the one before ends by itself.
"""

import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Problem, Refused
from portal.identity import Appointment, Identity, StaffRole
from portal.models import SCHOOL_KINDS, Account, ApiKey, Unit
from portal.permissions import ApiScope, may_make_api_keys
from portal.services import organisation
from verify.canonical import sha256

_TOKEN: Final = re.compile(r"hb_([0-9a-f]{12})_([0-9a-f]{64})", re.ASCII)
_ID_BYTES: Final = 6
_SECRET_BYTES: Final = 32
# No such hash: compared with when the id is unknown, so that both take the same steps.
_DECOY: Final = "0" * 64
# argon2 refuses it, and the account is not active: nobody signs in as software.
_NO_PASSWORD: Final = "!"  # noqa: S105
# Rewriting "last used" at each request would make every look a write.
USED_EVERY: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Software that came with a key: it acts as a clerk of its school, within its scopes."""

    key_id: str
    unit_id: int
    school_code: str
    identity: Identity
    scopes: frozenset[ApiScope]


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made. token: shown to the operator once, kept nowhere."""

    key_id: str
    token: str
    school_code: str
    scopes: tuple[ApiScope, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as the operator sees it."""

    key_id: str
    school_code: str
    label: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


def make_key(
    session: Session,
    identity: Identity,
    school_code: str,
    label: str,
    scopes: Collection[ApiScope],
    lifetime: timedelta,
    now: datetime,
) -> NewKey:
    """A fresh key for a school's software. Raises Refused (NOT_ALLOWED, UNKNOWN_UNIT, UNIT_CLOSED)."""
    if not may_make_api_keys(identity):
        raise Refused(Problem.NOT_ALLOWED)
    school = organisation.unit(session, school_code)
    if school.kind not in SCHOOL_KINDS:  # offices do not bring in records
        raise Refused(Problem.UNKNOWN_UNIT, code=school_code)
    organisation.require_open(session, school, now)
    key_id, secret = secrets.token_hex(_ID_BYTES), secrets.token_hex(_SECRET_BYTES)
    ordered = tuple(scope for scope in ApiScope if scope in scopes)
    account = Account(
        username=f"api.{key_id}",
        display_name=f"{label} (khóa API {key_id})",
        password_hash=_NO_PASSWORD,
        active=False,
        created_at=now,
    )
    session.add(account)
    session.flush()
    made = ApiKey(
        key_id=key_id,
        secret_sha256=sha256(secret.encode()),
        unit_id=school.id,
        account_id=account.id,
        label=label,
        scopes=[scope.value for scope in ordered],
        created_at=now,
        expires_at=now + min(lifetime, LONGEST),
        revoked_at=None,
        last_used_at=None,
    )
    session.add(made)
    session.flush()
    return NewKey(key_id, f"hb_{key_id}_{secret}", school.code, ordered, made.expires_at)


def rotate_key(
    session: Session, identity: Identity, key_id: str, lifetime: timedelta, overlap: timedelta, now: datetime
) -> NewKey:
    """A successor with the same school, name and scopes; the old key ends after the overlap, in which both are valid.

    Raises Refused (NOT_ALLOWED, API_KEY_UNKNOWN, API_KEY_REVOKED).
    """
    old = _key(session, identity, key_id)
    if old.revoked_at is not None:
        raise Refused(Problem.API_KEY_REVOKED)
    school = session.get_one(Unit, old.unit_id)
    scopes = [ApiScope(scope) for scope in old.scopes]
    made = make_key(session, identity, school.code, old.label, scopes, lifetime, now)
    old.expires_at = min(old.expires_at, now + overlap)
    session.flush()
    return made


def revoke_key(session: Session, identity: Identity, key_id: str, now: datetime) -> None:
    """End a key now and for ever; a second time changes nothing. Raises Refused (NOT_ALLOWED, API_KEY_UNKNOWN)."""
    held = _key(session, identity, key_id)
    if held.revoked_at is None:
        held.revoked_at = now
        session.flush()


def list_keys(session: Session, identity: Identity, school_code: str | None) -> tuple[KeyRow, ...]:
    """All keys, or those of one school, oldest first. Raises Refused (NOT_ALLOWED, UNKNOWN_UNIT)."""
    if not may_make_api_keys(identity):
        raise Refused(Problem.NOT_ALLOWED)
    wanted = sa.select(ApiKey, Unit.code).join(Unit, Unit.id == ApiKey.unit_id).order_by(ApiKey.id)
    if school_code is not None:
        wanted = wanted.where(Unit.id == organisation.unit(session, school_code).id)
    return tuple(_row(key, code) for key, code in session.execute(wanted))


def authenticate(session: Session, token: str, now: datetime) -> KeyHolder:
    """Who holds this key. Notes the use, at most once a minute.

    Raises Refused(API_KEY_UNKNOWN) after the same steps for an unknown id and a wrong secret; only who knows the secret
    is told API_KEY_REVOKED or API_KEY_EXPIRED.
    """
    match = _TOKEN.fullmatch(token)
    key_id, secret = (match[1], match[2]) if match is not None else ("", "")
    row = session.execute(
        sa.select(ApiKey, Unit.code, Account.display_name)
        .join(Unit, Unit.id == ApiKey.unit_id)
        .join(Account, Account.id == ApiKey.account_id)
        .where(ApiKey.key_id == key_id)
    ).one_or_none()
    stored = row[0].secret_sha256 if row is not None else _DECOY
    right = hmac.compare_digest(stored.encode(), sha256(secret.encode()).encode())
    if row is None or not right:
        raise Refused(Problem.API_KEY_UNKNOWN)
    held, school_code, name = row
    if held.revoked_at is not None:
        raise Refused(Problem.API_KEY_REVOKED)
    if held.expires_at <= now:
        raise Refused(Problem.API_KEY_EXPIRED, day=held.expires_at.strftime("%d/%m/%Y"))
    if held.last_used_at is None or held.last_used_at + USED_EVERY <= now:
        held.last_used_at = now
    identity = Identity(held.account_id, name, (Appointment(school_code, StaffRole.CLERK),))
    return KeyHolder(
        held.key_id, held.unit_id, school_code, identity, frozenset(ApiScope(scope) for scope in held.scopes)
    )


def _key(session: Session, identity: Identity, key_id: str) -> ApiKey:
    if not may_make_api_keys(identity):
        raise Refused(Problem.NOT_ALLOWED)
    held = session.scalar(sa.select(ApiKey).where(ApiKey.key_id == key_id))
    if held is None:
        raise Refused(Problem.API_KEY_UNKNOWN)
    return held


def _row(key: ApiKey, school_code: str) -> KeyRow:
    return KeyRow(
        key.key_id,
        school_code,
        key.label,
        tuple(key.scopes),
        key.created_at,
        key.expires_at,
        key.revoked_at,
        key.last_used_at,
    )
