"""Who looked: one chained row for each look at personal data and each refusal (design §9.10).

Row digest = SHA-256 over the canonical JSON of the row and the digest before it, so that a removed or changed row
breaks the chain. Anonymous cards are only counted.
"""

import threading
from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import Identity
from portal.models import AccessEvent, CardCount
from verify.canonical import canonicalise, sha256

FIRST = "0" * 64
FLUSH_EVERY = 500


class Action(StrEnum):
    """Grammar: `<object>.<verb>`; for ever."""

    RECORD_READ = "record.read"
    RECORD_PRINT = "record.print"
    RECORD_CHECK = "record.check"


class Outcome(StrEnum):
    ALLOWED = "allowed"
    REFUSED = "refused"


def record_access(
    session: Session,
    *,
    identity: Identity | None,
    action: Action,
    transcript_id: int | None,
    outcome: Outcome,
    network: str,
    now: datetime,
) -> None:
    """Append one row to the chain. network: shortened address."""
    newest = sa.select(AccessEvent.digest).order_by(AccessEvent.id.desc()).limit(1)
    if session.get_bind().dialect.name == "postgresql":
        # Appenders must queue: two that read the same newest row would fork the chain.
        session.execute(sa.text("LOCK TABLE access_event IN SHARE ROW EXCLUSIVE MODE"))
    previous = session.execute(newest).scalar_one_or_none() or FIRST
    event = AccessEvent(
        at=now.replace(microsecond=0),
        account_id=identity.account_id if identity else None,
        action=action.value,
        transcript_id=transcript_id,
        outcome=outcome.value,
        network=network,
        previous=previous,
        digest="",
    )
    event.digest = digest_of(event)
    session.add(event)
    session.flush()


def digest_of(event: AccessEvent) -> str:
    """The digest that a row must have."""
    return sha256(
        canonicalise(
            {
                "at": event.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "account": event.account_id,
                "action": event.action,
                "transcript": event.transcript_id,
                "outcome": event.outcome,
                "network": event.network,
                "previous": event.previous,
            }
        )
    )


def first_broken_event(session: Session) -> int | None:
    """Id of the first row whose digest or link does not hold, or None."""
    previous = FIRST
    for event in session.scalars(sa.select(AccessEvent).order_by(AccessEvent.id)).yield_per(1000):
        if event.previous != previous or event.digest != digest_of(event):
            return event.id
        previous = event.digest
    return None


class CardCounter:
    """Counts anonymous cards in memory and writes them in batches: a lookup must not wait for a disk."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[date, str], int] = {}
        self._pending = 0

    def add(self, day: date, outcome: str) -> bool:
        """Count one card; True when it is time to write."""
        key = (day, outcome)
        with self._lock:
            self._counts[key] = self._counts.get(key, 0) + 1
            self._pending += 1
            return self._pending >= FLUSH_EVERY

    def flush(self, connection: sa.Connection) -> None:
        """Add what was counted to the stored counts; the caller commits."""
        with self._lock:
            counts, self._counts, self._pending = self._counts, {}, 0
        for (day, outcome), count in counts.items():
            _add_count(connection, day, outcome, count)


def _add_count(connection: sa.Connection, day: date, outcome: str, count: int) -> None:
    where = (CardCount.day == day) & (CardCount.outcome == outcome)
    updated = connection.execute(sa.update(CardCount).where(where).values(count=CardCount.count + count))
    if updated.rowcount == 0:
        connection.execute(sa.insert(CardCount).values(day=day, outcome=outcome, count=count))
