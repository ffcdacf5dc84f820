"""Links that a guardian shares: a secret that only the link holds, a PIN told apart from it, an end.

Unknown, ended, expired and used-up links and a wrong PIN give the same answer after the same work (decision 0037).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import Scope, ShareLink, Transcript
from portal.services import telling
from portal.services.access import Action
from portal.services.guardians import child
from portal.services.lookup import locked_years
from portal.services.opened import Look, Opened, refuse, show, write
from portal.services.prints import Press, Printed, print_of
from verify.canonical import sha256

PIN_DIGITS: Final = 6
WRONG_PINS: Final = 5
_MOST: Final = 20
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_DECOY: Final = _hasher.hash(secrets.token_urlsafe(24))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a guardian shares. scope: a value of `Scope`. views: None without a number.

    first_year, last_year: None: without that end.
    """

    scope: str
    first_year: str | None
    last_year: str | None
    days: int
    download: bool
    views: int | None


@dataclass(frozen=True, slots=True)
class ShareView:
    """A link for its guardian. ended: whatever ended it; open: it still opens."""

    id: int
    scope: Scope
    first_year: str | None
    last_year: str | None
    download: bool
    made_at: datetime
    expires_at: datetime
    views_used: int
    views_allowed: int | None
    ended_at: datetime | None
    open: bool


@dataclass(frozen=True, slots=True)
class SharedRecord:
    """What a link opens. download: whether its PDF may be taken."""

    opened: Opened
    download: bool


def share(session: Session, identity: Identity, code: str, wanted: Wanted, secret: str, pin: str, now: datetime) -> int:
    """Make a link to the own child's record; returns its id. The secret and the PIN are not kept.

    Raises NotFound for another's child; Refused with SHARE_YEARS when no locked year lies within, SHARE_DOWNLOAD for a
    PDF without the whole record (the official form is complete), SHARES_MANY, SUBJECT_RESTRICTED for a record that the
    family had closed.
    """
    found = child(session, identity, code)
    if found.restricted_at is not None:
        raise Refused(Problem.SUBJECT_RESTRICTED)
    if not locked_years(session, found, wanted.first_year, wanted.last_year):
        raise Refused(Problem.SHARE_YEARS)
    if wanted.download and Scope(wanted.scope) is not Scope.WHOLE:
        raise Refused(Problem.SHARE_DOWNLOAD)
    alive = sa.select(sa.func.count()).where(
        ShareLink.transcript_id == found.id, ShareLink.ended_at.is_(None), ShareLink.expires_at > now
    )
    if session.execute(alive).scalar_one() >= _MOST:
        raise Refused(Problem.SHARES_MANY, limit=str(_MOST))
    row = ShareLink(
        transcript_id=found.id,
        made_by=identity.account_id,
        made_at=now,
        secret_sha256=sha256(secret.encode()),
        pin_hash=_hasher.hash(pin),
        scope=Scope(wanted.scope).value,
        first_year=wanted.first_year,
        last_year=wanted.last_year,
        download=wanted.download,
        views_allowed=wanted.views,
        expires_at=now + timedelta(days=wanted.days),
    )
    session.add(row)
    session.flush()
    return row.id


def shares_of(session: Session, found: Transcript, now: datetime) -> tuple[ShareView, ...]:
    """Every link to a record, newest first; the caller has asked whose child it is."""
    rows = session.scalars(
        sa.select(ShareLink).where(ShareLink.transcript_id == found.id).order_by(ShareLink.id.desc())
    )
    return tuple(_view(row, now) for row in rows)


def end(session: Session, identity: Identity, share_id: int, now: datetime) -> str:
    """End a link at once; returns the child's code. Raises NotFound for who is no guardian of the child."""
    row = session.get(ShareLink, share_id)
    if row is None or row.transcript_id not in identity.children:
        raise NotFound
    if row.ended_at is None:
        row.ended_at = now
        session.flush()
    return session.get_one(Transcript, row.transcript_id).lookup_code


def open_share(session: Session, secret: str, pin: str, network: str, now: datetime) -> SharedRecord:
    """What a link opens; counts and writes the look. Raises NotFound, whatever is wrong."""
    row, look = _proven(session, secret, pin, network, now)
    if not _spend(session, row):
        refuse(session, row.transcript_id, look)
        raise NotFound
    found = session.get_one(Transcript, row.transcript_id)
    versions = locked_years(session, found, row.first_year, row.last_year)
    telling.share_opened(session, row.id, found.id, row.made_by, now)
    return SharedRecord(show(session, found, versions, Scope(row.scope), look), row.download)


def shared_pdf(session: Session, press: Press, secret: str, pin: str, network: str, now: datetime) -> Printed:
    """The print of the years that a link opens; a look of its own, counted and written. Raises as `open_share`."""
    row, look = _proven(session, secret, pin, network, now)
    found = session.get_one(Transcript, row.transcript_id)
    if not row.download or not _spend(session, row):
        refuse(session, row.transcript_id, look, Action.RECORD_PRINT)
        raise NotFound
    versions = dict(reversed(locked_years(session, found, row.first_year, row.last_year).items()))
    write(session, found.id, look, Action.RECORD_PRINT, years=versions, scope=Scope(row.scope))
    telling.share_taken(session, row.id, found.id, row.made_by, now)
    return print_of(session, press, found, versions, now)


def _proven(session: Session, secret: str, pin: str, network: str, now: datetime) -> tuple[ShareLink, Look]:
    """The living link that the secret and the PIN prove. Wrong PINs are counted on the link, and end it."""
    row = session.scalar(
        sa.select(ShareLink).where(ShareLink.secret_sha256 == sha256(secret.encode())).with_for_update()
    )
    look = Look(None, f"share:{row.id}" if row is not None else "share", None, network, now)
    right = _matches(row.pin_hash if row is not None else _DECOY, pin)
    if row is not None and right and row.ended_at is None and row.expires_at > now and not _closed(session, row):
        row.wrong_pins = 0
        return row, look
    if row is not None and not right and row.ended_at is None:
        row.wrong_pins += 1
        if row.wrong_pins >= WRONG_PINS:
            row.ended_at = now
    refuse(session, row.transcript_id if row is not None else None, look)
    raise NotFound


def _closed(session: Session, row: ShareLink) -> bool:
    """Whether the family had the record restricted."""
    return session.get_one(Transcript, row.transcript_id).restricted_at is not None


def _spend(session: Session, row: ShareLink) -> bool:
    """Take one look; False when none is left, also for two who come at once."""
    left = sa.or_(ShareLink.views_allowed.is_(None), ShareLink.views_used < ShareLink.views_allowed)
    taken = sa.update(ShareLink).where(ShareLink.id == row.id, left).values(views_used=ShareLink.views_used + 1)
    return session.connection().execute(taken).rowcount == 1


def _view(row: ShareLink, now: datetime) -> ShareView:
    used_up = row.views_allowed is not None and row.views_used >= row.views_allowed
    return ShareView(
        row.id,
        Scope(row.scope),
        row.first_year,
        row.last_year,
        row.download,
        row.made_at,
        row.expires_at,
        row.views_used,
        row.views_allowed,
        row.ended_at,
        open=row.ended_at is None and row.expires_at > now and not used_up,
    )


def _matches(stored: str, pin: str) -> bool:
    try:
        return _hasher.verify(stored, pin)
    except VerificationError:
        return False
