"""Stamps on the log: what is to be stamped now, who is held to be asked, and what is kept (decision 0016).

Once a day of the province the newest checkpoint, if it has grown, and in any case each week; one stamp serves every
leaf below it. After days without an answer the newest alone is stamped: that covers what was missed. Once a year, and
before a certificate ends, a renewal is stamped over everything that no renewal covers yet. No transaction is open while
an authority is asked (`portal.jobs.timestamping`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.models import LogCheckpoint, LogTimestamp, LogTimestampAuthority
from portal.services.rounds import VIETNAM
from portal.services.uploads import LARGEST_ID
from verify import timestamps
from verify.timestamps import Kept, Stamp, StampFault, StampPolicy

# An authority is held so long by whoever asks it; longer than one call may take.
LEASE: Final = timedelta(seconds=90)
# Stamped again though nothing is new: shows that the authorities and this job live.
WEEK: Final = timedelta(days=7)
# A stamp of the same day belongs to the same asking.
_TOGETHER: Final = timedelta(days=1)
_YEAR: Final = timedelta(days=365)
# Renewed so long before its certificate ends, or after half of the time that it had.
_AHEAD: Final = timedelta(days=90)
_FIRST_WAIT: Final = timedelta(minutes=1)
_LONGEST_WAIT: Final = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be stamped. size: of the checkpoint, None for a renewal. subject: the bytes.

    given: names of authorities that have stamped it already. missing: how many more are needed.
    """

    size: int | None
    subject: bytes
    given: frozenset[str]
    missing: int


def task(session: Session, wanted: StampPolicy, now: datetime) -> Task | None:
    """What is due; None while nothing is. Only reads."""
    newest = session.scalar(sa.select(sa.func.max(LogCheckpoint.size)))
    if not wanted.authorities or newest is None:
        return None
    last = session.scalars(
        sa.select(LogTimestamp).where(LogTimestamp.size.is_not(None)).order_by(LogTimestamp.id.desc()).limit(1)
    ).one_or_none()
    if last is None or last.size is None or _is_due(last, newest, now):
        return _of_checkpoint(session, newest, frozenset(), wanted.needed)
    given = _given(session, last.size, last.received_at - _TOGETHER)
    if _day(now) == _day(last.received_at) and len(given) < wanted.needed:
        return _of_checkpoint(session, last.size, given, wanted.needed - len(given))
    return _renewal(session, now)


def _is_due(last: LogTimestamp, newest: int, now: datetime) -> bool:
    grown = last.size is None or newest > last.size
    return (grown and _day(now) != _day(last.received_at)) or now >= last.received_at + WEEK


def _day(moment: datetime) -> int:
    return moment.astimezone(VIETNAM).toordinal()


def _given(session: Session, size: int, since: datetime) -> frozenset[str]:
    asked = sa.select(LogTimestamp.authority).where(LogTimestamp.size == size, LogTimestamp.received_at > since)
    return frozenset(session.scalars(asked))


def _of_checkpoint(session: Session, size: int, given: frozenset[str], missing: int) -> Task:
    return Task(size, session.get_one(LogCheckpoint, size).note, given, missing)


def _renewal(session: Session, now: datetime) -> Task | None:
    """Everything that no renewal covers, as soon as one of it should not wait longer."""
    held = session.execute(
        sa.select(LogTimestamp.id, LogTimestamp.stamped_at, LogTimestamp.ends_at, LogTimestamp.renewed)
    ).all()
    covered = {number for row in held if row.renewed is not None for number in timestamps.covered(row.renewed)}
    left = [row for row in held if row.id not in covered]
    if not any(_renew_from(row.stamped_at, row.ends_at) <= now for row in left):
        return None
    stamps = kept_stamps(session, frozenset(row.id for row in left))
    return Task(None, timestamps.manifest(stamps), frozenset(), 1)


def _renew_from(stamped_at: datetime, ends_at: datetime) -> datetime:
    return min(ends_at - min(_AHEAD, (ends_at - stamped_at) / 2), stamped_at + _YEAR)


def kept_stamps(session: Session, numbers: frozenset[int] | None = None) -> list[Kept]:
    """The stamps with what they cover, by number. numbers: only those; None: all."""
    rows = session.execute(
        sa.select(LogTimestamp, LogCheckpoint.note)
        .outerjoin(LogCheckpoint, LogCheckpoint.size == LogTimestamp.size)
        .order_by(LogTimestamp.id)
    )
    return [
        Kept(row.id, note if row.renewed is None else row.renewed, row.reply, row.authority)
        for row, note in rows
        if numbers is None or row.id in numbers
    ]


def claim(session: Session, name: str, now: datetime, *, at_once: bool = False) -> bool:
    """Hold an authority for this caller; False while somebody else does, or it is not to be asked yet.

    at_once: although it failed a moment ago.
    """
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    fresh = {"name": name, "next_at": now, "failures": 0}
    session.execute(insert(LogTimestampAuthority).values(fresh).on_conflict_do_nothing(index_elements=["name"]))
    held = session.execute(
        sa.update(LogTimestampAuthority)
        .where(LogTimestampAuthority.name == name, sa.true() if at_once else LogTimestampAuthority.next_at <= now)
        .values(next_at=now + LEASE, asked_at=now)
        .returning(LogTimestampAuthority.id),
        execution_options={"synchronize_session": False},
    ).scalar_one_or_none()
    return held is not None


def still_due(session: Session, due: Task, name: str, wanted: StampPolicy, now: datetime) -> bool:
    """Whether a task waits for this authority even now: another process may have been first. Ask while it is held."""
    current = task(session, wanted, now)
    return current is not None and current.size == due.size and name not in current.given


def release(session: Session, name: str, now: datetime) -> None:
    """Let others ask an authority that was held for nothing."""
    session.execute(
        sa.update(LogTimestampAuthority).where(LogTimestampAuthority.name == name).values(next_at=now),
        execution_options={"synchronize_session": False},
    )


def keep(session: Session, done: Task, name: str, heard: tuple[bytes, Stamp] | StampFault, now: datetime) -> None:
    """Write what an authority answered. heard: its reply with the stamp in it, or why it is none."""
    held = session.scalars(
        sa.select(LogTimestampAuthority).where(LogTimestampAuthority.name == name).with_for_update()
    ).one()
    if isinstance(heard, StampFault):
        if held.trouble != heard.value:
            held.trouble, held.trouble_since = heard.value, now
        held.failures += 1
        held.next_at = now + min(_FIRST_WAIT * 2 ** min(held.failures - 1, 12), _LONGEST_WAIT)
        return
    reply, stamp = heard
    held.trouble = held.trouble_since = None
    held.seen_at, held.next_at, held.failures = now, now, 0
    session.add(
        LogTimestamp(
            size=done.size,
            renewed=done.subject if done.size is None else None,
            authority=name,
            reply=reply,
            stamped_at=stamp.at,
            ends_at=stamp.ends,
            received_at=now,
        )
    )
    session.flush()


def reply_of(session: Session, number: int) -> bytes | None:
    """A stamp as it came (TimeStampResp, DER); None if there is none with this number."""
    return session.scalar(sa.select(LogTimestamp.reply).where(LogTimestamp.id == min(number, LARGEST_ID)))


def subject_of(session: Session, number: int) -> bytes | None:
    """The bytes under a stamp: a signed checkpoint, or the list of a renewal."""
    found = kept_stamps(session, frozenset({number}))
    return found[0].subject if found else None
