"""After a restore nothing is appended to the log until it is known to hold what outsiders saw of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Problem, Refused
from portal.models import LogHead, Restoration, RestoreOutcome


def require_settled(session: Session) -> None:
    """Refuse to append while a restored log was not compared. Call with the row of the log's head locked."""
    waiting = _waiting(session)
    if waiting:
        raise Refused(Problem.LOG_HELD, size=str(waiting[0].log_size))


def newest(session: Session) -> Restoration | None:
    """The newest restore of this instance, if there ever was one."""
    return session.scalar(sa.select(Restoration).order_by(Restoration.id.desc()).limit(1))


def hold(session: Session, head: LogHead, taken_at: datetime, now: datetime) -> None:
    """Say that the database was just restored from a backup of that moment."""
    session.add(Restoration(restored_at=now, taken_at=taken_at, log_size=head.size, log_root=head.root))
    session.flush()


def settle(
    session: Session,
    outcome: RestoreOutcome,
    seen_size: int | None,
    evidence: Sequence[dict[str, Any]],
    decision: str | None,
    now: datetime,
) -> None:
    """Let the log grow again. Call with the row of the log's head locked. Raises Refused(LOG_NOT_HELD)."""
    waiting = _waiting(session)
    if not waiting:
        raise Refused(Problem.LOG_NOT_HELD)
    for row in waiting:
        row.settled_at, row.outcome = now, outcome.value
        row.seen_size, row.evidence, row.decision = seen_size, list(evidence), decision
    session.flush()


def _waiting(session: Session) -> Sequence[Restoration]:
    """Oldest first; more than one when the backup itself was of a log that waited."""
    return session.scalars(
        sa.select(Restoration).where(Restoration.settled_at.is_(None)).order_by(Restoration.id)
    ).all()
