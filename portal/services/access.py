"""Who looked: one chained row for each look at personal data and each refusal (design §9.10).

Row digest = SHA-256 over the canonical JSON of the row and the digest before it, so that a removed or changed row
breaks the chain (decision 0038). Reading the chain back is `portal.services.ledger`. Anonymous cards are only counted.
"""

import threading
from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import SYSTEM, Identity
from portal.models import AccessEvent, CardCount
from verify.canonical import Json, canonicalise, sha256

FIRST = "0" * 64
FLUSH_EVERY = 500
# The columns that a digest covers; rows of format 1 were written before there were a basis, fields and a purpose.
FORMAT = 2
OPERATOR = "operator"


class Action(StrEnum):
    """Grammar: `<object>.<verb>`; for ever."""

    RECORD_READ = "record.read"
    RECORD_PRINT = "record.print"
    RECORD_CHECK = "record.check"
    REPORT_MAKE = "report.make"
    REPORT_DOWNLOAD = "report.download"
    RECORDS_EXPORT = "records.export"
    LEDGER_SEARCH = "ledger.search"
    LEDGER_EXPORT = "ledger.export"
    GUARDIANS_READ = "guardians.read"
    CUSTODY_REQUEST = "custody.request"
    CUSTODY_READ = "custody.read"
    ACCOUNT_SIGN_IN = "account.sign_in"
    ACCOUNT_PASSWORD = "account.password"  # noqa: S105 # nosec B105
    ACCOUNT_TOTP_ON = "account.totp_on"
    ACCOUNT_TOTP_OFF = "account.totp_off"
    ACCOUNT_RECOVERY_MADE = "account.recovery_made"
    ACCOUNT_RECOVERY_USED = "account.recovery_used"
    ACCOUNT_PASSKEY_ADDED = "account.passkey_added"
    ACCOUNT_PASSKEY_ENDED = "account.passkey_ended"
    ACCOUNT_SESSION_ENDED = "account.session_ended"
    ACCOUNT_RESET = "account.reset"
    ACCOUNT_ROLE_GIVEN = "account.role_given"
    ACCOUNT_ROLE_ENDED = "account.role_ended"
    ACCOUNT_RESET_LINK = "account.reset_link"
    ACCOUNT_IDENTITY_LINKED = "account.identity_linked"
    ACCOUNT_IDENTITY_UNLINKED = "account.identity_unlinked"
    ACCOUNT_CLOSED = "account.closed"
    AMENDMENT_READ = "amendment.read"
    SUBJECT_REQUEST = "subject.request"
    SUBJECT_READ = "subject.read"
    SUBJECT_ANSWER = "subject.answer"
    SUBJECT_END = "subject.end"
    SUBJECT_COPY = "subject.copy"


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
    basis: str | None = None,
    fields: str | None = None,
    purpose: str | None = None,
) -> None:
    """Append one row to the chain. network: shortened address. basis: the grant; without one, the person's roles.

    fields: the school years or parts that were asked for. purpose: why, where a person has to say it.
    """
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
        format=FORMAT,
        basis=basis or _roles_of(identity),
        fields=fields,
        purpose=purpose,
    )
    event.digest = digest_of(event)
    session.add(event)
    session.flush()


def _roles_of(identity: Identity | None) -> str | None:
    if identity is None:
        return None
    if identity == SYSTEM:
        return OPERATOR
    return ", ".join(sorted(f"{held.role.value}@{held.unit_code}" for held in identity.appointments)) or None


def digest_of(event: AccessEvent) -> str:
    """The digest that a row must have."""
    covered: dict[str, Json] = {
        "at": event.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "account": event.account_id,
        "action": event.action,
        "transcript": event.transcript_id,
        "outcome": event.outcome,
        "network": event.network,
        "previous": event.previous,
    }
    if event.format != 1:
        covered |= {
            "format": event.format,
            "basis": event.basis,
            "fields": event.fields,
            "purpose": event.purpose,
        }
    return sha256(canonicalise(covered))


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
