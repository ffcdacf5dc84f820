"""For the officer of a breach: whose records an account, or anybody from a network, saw between two moments.

The 72 hours of the notice begin before anybody has time to read rows; so the ledger is asked once, by record. The
question is a row itself (decision 0038).
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Problem, Refused
from portal.identity import SYSTEM
from portal.models import AccessEvent, Account, Transcript, Unit
from portal.services.access import Action, Outcome, record_access


@dataclass(frozen=True, slots=True)
class SeenQuery:
    """Who, and from when (inclusive) to when (exclusive). username, network: at least one; network as it is kept."""

    begins: datetime
    ends: datetime
    username: str | None = None
    network: str | None = None


@dataclass(frozen=True, slots=True)
class SeenRecord:
    """A record that was looked at. parts: years or parts, as the ledger keeps them. keeper: who tells the family."""

    code: str
    keeper: str
    looks: int
    first: datetime
    last: datetime
    actions: tuple[str, ...]
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """records: by keeper and first look. others: looks that name no record, by action. refused: looks refused."""

    records: tuple[SeenRecord, ...]
    others: dict[str, int]
    refused: int


def seen(session: Session, query: SeenQuery, purpose: str, now: datetime) -> Seen:
    """What was seen; the question is written with its reason.

    Raises Refused(UNKNOWN_ACCOUNT) for a name that no account has: an empty answer would calm where it must not.
    """
    conditions = _conditions(session, query)
    allowed = AccessEvent.outcome == Outcome.ALLOWED.value
    rows = session.execute(
        sa.select(AccessEvent, Transcript.lookup_code, Unit.name)
        .join(Transcript, Transcript.id == AccessEvent.transcript_id)
        .join(Unit, Unit.id == Transcript.managing_unit_id)
        .where(*conditions, allowed)
        .order_by(AccessEvent.id)
        .execution_options(yield_per=1000)
    )
    found: dict[str, SeenRecord] = {}
    for event, code, keeper in rows:
        found[code] = _with(found.get(code), event, code, keeper)
    others = session.execute(
        sa.select(AccessEvent.action, sa.func.count().label("times"))
        .where(*conditions, allowed, AccessEvent.transcript_id.is_(None))
        .group_by(AccessEvent.action)
        .order_by(AccessEvent.action)
    )
    refused = sa.select(sa.func.count()).where(*conditions, AccessEvent.outcome == Outcome.REFUSED.value)
    answer = Seen(
        tuple(sorted(found.values(), key=lambda each: (each.keeper, each.first, each.code))),
        {row.action: row.times for row in others},
        session.scalars(refused).one(),
    )
    _note(session, query, purpose, now)
    return answer


def _conditions(session: Session, query: SeenQuery) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [AccessEvent.at >= query.begins, AccessEvent.at < query.ends]
    if query.username is not None:
        account = session.scalar(sa.select(Account.id).where(Account.username == query.username.strip().lower()))
        if account is None:
            raise Refused(Problem.UNKNOWN_ACCOUNT, username=query.username)
        conditions.append(AccessEvent.account_id == account)
    if query.network is not None:
        conditions.append(AccessEvent.network == query.network)
    return conditions


def _with(held: SeenRecord | None, event: AccessEvent, code: str, keeper: str) -> SeenRecord:
    if held is None:
        return SeenRecord(code, keeper, 1, event.at, event.at, (event.action,), _part(event))
    return SeenRecord(
        code,
        keeper,
        held.looks + 1,
        held.first,
        event.at,
        tuple(dict.fromkeys((*held.actions, event.action))),
        tuple(dict.fromkeys((*held.parts, *_part(event)))),
    )


def _part(event: AccessEvent) -> tuple[str, ...]:
    return (event.fields,) if event.fields else ()


def _note(session: Session, query: SeenQuery, purpose: str, now: datetime) -> None:
    asked = [f"{query.begins.isoformat()}/{query.ends.isoformat()}"]
    asked += [f"account:{query.username}"] if query.username is not None else []
    asked += [f"network:{query.network}"] if query.network is not None else []
    record_access(
        session,
        identity=SYSTEM,
        action=Action.LEDGER_EXPORT,
        transcript_id=None,
        outcome=Outcome.ALLOWED,
        network="",
        now=now,
        fields=" ".join(asked),
        purpose=purpose,
    )
