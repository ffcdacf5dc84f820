"""What the public page of the log says about time: the newest stamp, what waits for one, and each authority."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import LogCheckpoint, LogTimestamp, LogTimestampAuthority
from verify.timestamps import CLOCK_TOLERANCE, StampFault, StampPolicy

# One stamp a day; a second day without one is told.
OVERDUE: Final = timedelta(days=2)
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class StampRow:
    """A kept stamp. size: of the checkpoint, None for a renewal of older stamps."""

    number: int
    size: int | None
    authority: str
    stamped_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class AuthorityState:
    """One authority of the configuration. trouble: why it did not stamp when it was asked last, since when."""

    name: str
    seen_at: datetime | None
    trouble: StampFault | None
    trouble_since: datetime | None


@dataclass(frozen=True, slots=True)
class TimeOverview:
    """configured: whether any authority is. newest: of a checkpoint. waiting_since: when the oldest checkpoint that no
    stamp covers was made, None when every one is covered; waiting: how many. clock_behind: an authority has stated a
    time that our clock has not reached.
    """

    configured: bool
    newest: StampRow | None
    waiting_since: datetime | None
    waiting: int
    overdue: bool
    clock_behind: bool
    authorities: tuple[AuthorityState, ...]
    stamps: tuple[StampRow, ...]


def time_overview(session: Session, wanted: StampPolicy, now: datetime) -> TimeOverview:
    """The state of the stamps for everybody; without personal data. wanted: the file as it is now."""
    rows = session.scalars(sa.select(LogTimestamp).order_by(LogTimestamp.id.desc()).limit(_SHOWN)).all()
    size = session.scalar(sa.select(sa.func.max(LogTimestamp.size)))
    newest = session.scalars(
        sa.select(LogTimestamp).where(LogTimestamp.size == size).order_by(LogTimestamp.id.desc()).limit(1)
    ).one_or_none()
    since, waiting = session.execute(
        sa.select(sa.func.min(LogCheckpoint.created_at), sa.func.count()).where(LogCheckpoint.size > (size or 0))
    ).one()
    latest = session.scalar(sa.select(sa.func.max(LogTimestamp.stamped_at)))
    return TimeOverview(
        configured=bool(wanted.authorities),
        newest=_row(newest) if newest is not None else None,
        waiting_since=since,
        waiting=waiting,
        overdue=bool(wanted.authorities) and since is not None and now - since > OVERDUE,
        clock_behind=latest is not None and latest > now + CLOCK_TOLERANCE,
        authorities=tuple(_state(session, each.name) for each in wanted.authorities),
        stamps=tuple(_row(row) for row in rows),
    )


def stamps_by_number(session: Session) -> list[StampRow]:
    """Every stamp, the oldest first."""
    rows = session.execute(
        sa.select(
            LogTimestamp.id,
            LogTimestamp.size,
            LogTimestamp.authority,
            LogTimestamp.stamped_at,
            LogTimestamp.ends_at,
        ).order_by(LogTimestamp.id)
    )
    return [StampRow(*row) for row in rows]


def _row(row: LogTimestamp) -> StampRow:
    return StampRow(row.id, row.size, row.authority, row.stamped_at, row.ends_at)


def _state(session: Session, name: str) -> AuthorityState:
    held = session.scalars(sa.select(LogTimestampAuthority).where(LogTimestampAuthority.name == name)).one_or_none()
    if held is None:
        return AuthorityState(name, None, None, None)
    trouble = StampFault(held.trouble) if held.trouble is not None else None
    return AuthorityState(name, held.seen_at, trouble, held.trouble_since)
