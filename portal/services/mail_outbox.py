"""The outbox: mails that notices lead to, claimed by one sender at a time, sent once as far as SMTP allows.

A mail is made in a transaction of its own from notices that are there: what was rolled back was never a notice. It
says how many there are and where, nothing else. A sender that dies between sending and saying so leaves a mail that
another one sends again under the same Message-ID: the reader's program shows one (decision 0047).
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import Account, Mail, MailAddress, MailKind, MailPace, MailState, Notice, NoticeKind
from portal.services import alarms

VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
# What needs no act of its reader: told by mail only while its reader wants that.
OPTIONAL: Final = frozenset(
    {
        NoticeKind.SHARE_OPENED,
        NoticeKind.SHARE_TAKEN,
        NoticeKind.CHILD_SEEN,
        NoticeKind.RECORDS_LOCKED,
        NoticeKind.CUSTODY_ENDED,
    }
)
# Whoever gets three classes in a row gets one mail, and whoever is away all day not fifty.
APART: Final = timedelta(minutes=30)
DIGEST_AT: Final = time(7)
# After each attempt that failed for now: a server that is down over a weekend is found again.
PAUSES: Final = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 240, 720, 1440, 1440))
ATTEMPTS: Final = len(PAUSES)
LEASE: Final = timedelta(minutes=5)
KEPT: Final = timedelta(days=400)
_AT_ONCE: Final = 200
_UNSYNCHRONISED: Final = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail in the hands of one sender. attempt: which of its attempts this is."""

    id: int
    account_id: int
    kind: MailKind
    address: str
    count: int
    optional: bool
    message_id: str
    asked_at: datetime
    created_at: datetime
    attempt: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """waiting: mails that nobody sent yet; oldest: when the first of them was made. lost: given up in the last week."""

    waiting: int
    oldest: datetime | None
    lost: int


def queue(
    session: Session,
    account_id: int,
    kind: MailKind,
    address: str,
    domain: str,
    now: datetime,
    *,
    count: int = 0,
    optional: bool = False,
) -> int:
    """Put a mail on its way, in the caller's transaction."""
    made = Mail(
        account_id=account_id,
        kind=kind.value,
        state=MailState.QUEUED.value,
        address=address,
        count=count,
        optional=optional,
        message_id=f"<{secrets.token_hex(16)}@{domain}>",
        attempts=0,
        created_at=now,
        next_at=now,
        lease_until=None,
        ended_at=None,
    )
    session.add(made)
    session.flush()
    return made.id


def cancel_of(session: Session, account_id: int, now: datetime) -> None:
    """What is on its way to an address that no longer counts is not sent."""
    session.execute(
        sa.update(Mail)
        .where(Mail.account_id == account_id, Mail.state == MailState.QUEUED.value)
        .values(state=MailState.CANCELLED.value, ended_at=now, address=None),
        execution_options=_UNSYNCHRONISED,
    )


def gather(session: Session, domain: str, now: datetime) -> int:
    """Make the mails that are due from notices that nobody has read; returns how many."""
    return sum(_gather_of(session, account_id, domain, now) for account_id in _to_tell(session))


def claim(session: Session, now: datetime) -> Outgoing | None:
    """Take a mail that is due and that nobody holds; None when there is none. Commit before sending."""
    free = sa.or_(Mail.lease_until.is_(None), Mail.lease_until < now)
    due = (
        sa.select(Mail.id)
        .where(Mail.state == MailState.QUEUED.value, Mail.next_at <= now, free)
        .order_by(Mail.next_at, Mail.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = session.execute(
        sa.update(Mail)
        .where(Mail.id.in_(due), Mail.state == MailState.QUEUED.value, free)
        .values(lease_until=now + LEASE, attempts=Mail.attempts + 1)
        .returning(Mail),
        execution_options={**_UNSYNCHRONISED, "populate_existing": True},
    ).scalar_one_or_none()
    if taken is None:
        return None
    asked = session.scalar(sa.select(MailAddress.asked_at).where(MailAddress.account_id == taken.account_id))
    return Outgoing(
        taken.id,
        taken.account_id,
        MailKind(taken.kind),
        taken.address or "",
        taken.count,
        taken.optional,
        taken.message_id,
        asked or taken.created_at,
        taken.created_at,
        taken.attempts,
    )


def sent(session: Session, held: Outgoing, now: datetime) -> None:
    """The other side has it; the address is forgotten here."""
    _end(session, held, MailState.SENT, now)


def put_back(session: Session, held: Outgoing, now: datetime) -> bool:
    """It failed for now: try again later, or after the last attempt give up; whether it waits."""
    if held.attempt >= ATTEMPTS:
        _give_up(session, held, now)
        return False
    session.execute(
        sa.update(Mail)
        .where(Mail.id == held.id, Mail.state == MailState.QUEUED.value, Mail.attempts == held.attempt)
        .values(lease_until=None, next_at=now + PAUSES[held.attempt - 1]),
        execution_options=_UNSYNCHRONISED,
    )
    return True


def refused(session: Session, held: Outgoing, *, nobody: bool, now: datetime) -> None:
    """The other side will never take it. nobody: because nobody is at the address, which is not tried again."""
    _give_up(session, held, now)
    address = session.get(MailAddress, held.account_id, with_for_update=True) if nobody else None
    if address is not None and address.address == held.address:
        address.refused_at, address.confirmed_at = now, None
        session.flush()


def backlog(session: Session, now: datetime) -> Backlog:
    """What waits and what was given up."""
    waiting, oldest = session.execute(
        sa.select(sa.func.count(), sa.func.min(Mail.created_at)).where(Mail.state == MailState.QUEUED.value)
    ).one()
    lost = sa.select(sa.func.count()).where(
        Mail.state == MailState.FAILED.value, Mail.ended_at > now - timedelta(days=7)
    )
    return Backlog(waiting, oldest, session.execute(lost).scalar_one())


def forget(session: Session, now: datetime) -> None:
    """Delete what was told and sent too long ago to matter."""
    session.execute(sa.delete(Notice).where(Notice.at < now - KEPT), execution_options=_UNSYNCHRONISED)
    session.execute(
        sa.delete(Mail).where(Mail.state != MailState.QUEUED.value, Mail.created_at < now - KEPT),
        execution_options=_UNSYNCHRONISED,
    )


def _to_tell(session: Session) -> Sequence[int]:
    """Accounts with a confirmed address and a notice of which no mail was made."""
    statement = (
        sa.select(MailAddress.account_id)
        .join(Account, Account.id == MailAddress.account_id)
        .where(MailAddress.confirmed_at.is_not(None), Account.active, sa.exists().where(_untold()))
        .order_by(MailAddress.account_id)
        .limit(_AT_ONCE)
    )
    return session.scalars(statement).all()


def _untold() -> sa.ColumnElement[bool]:
    """Notices of an address's owner of which a mail is to be made; earlier ones than the address are not told."""
    return sa.and_(
        Notice.account_id == MailAddress.account_id,
        Notice.read_at.is_(None),
        Notice.mailed_at.is_(None),
        Notice.at >= MailAddress.confirmed_at,
        sa.or_(MailAddress.optional, Notice.kind.not_in([kind.value for kind in OPTIONAL])),
    )


def _gather_of(session: Session, account_id: int, domain: str, now: datetime) -> bool:
    held = session.get(MailAddress, account_id, with_for_update=True, populate_existing=True)
    if held is None or held.confirmed_at is None or not _due(session, held, now):
        return False
    kinds = dict(
        session.execute(
            sa.select(Notice.id, Notice.kind).join(MailAddress, _untold()).where(MailAddress.account_id == account_id)
        ).all()
    )
    if not kinds:
        return False
    session.execute(
        sa.update(Notice).where(Notice.id.in_(kinds)).values(mailed_at=now), execution_options=_UNSYNCHRONISED
    )
    queue(
        session,
        account_id,
        MailKind.DIGEST if held.pace == MailPace.DAILY else MailKind.NEWS,
        held.address,
        domain,
        now,
        count=len(kinds),
        optional=all(kind in OPTIONAL for kind in kinds.values()),
    )
    return True


def _due(session: Session, held: MailAddress, now: datetime) -> bool:
    """Whether the person may be written to again."""
    last = session.scalar(
        sa.select(sa.func.max(Mail.created_at)).where(
            Mail.account_id == held.account_id, Mail.kind.in_((MailKind.NEWS.value, MailKind.DIGEST.value))
        )
    )
    if held.pace == MailPace.SOON:
        return last is None or last <= now - APART
    local = now.astimezone(VIETNAM)
    begun = datetime.combine(local.date(), DIGEST_AT, VIETNAM)
    return local >= begun and (last is None or last < begun)


def _give_up(session: Session, held: Outgoing, now: datetime) -> None:
    _end(session, held, MailState.FAILED, now)
    alarms.note_mail_lost(session, now)


def _end(session: Session, held: Outgoing, state: MailState, now: datetime) -> None:
    session.execute(
        sa.update(Mail)
        .where(Mail.id == held.id, Mail.state == MailState.QUEUED.value)
        .values(state=state.value, ended_at=now, lease_until=None, address=None),
        execution_options=_UNSYNCHRONISED,
    )
