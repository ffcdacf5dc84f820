"""What was done to an account: rows of the ledger beside the looks (decision 0041), read back by the person.

The account stands in `fields`, whoever acted: so that what an operator did to it is found too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.identity import Identity
from portal.models import AccessEvent, Account, FailedSignIn
from portal.services.access import Action, Outcome, record_access
from portal.services.organisation import day_of

SHOWN: Final = 20
SHOWN_DAYS: Final = 30
_COUNTS_KEPT: Final = timedelta(days=90)
# Spelled as in the partial index, or no database would use it.
_OF_AN_ACCOUNT: Final = sa.text("access_event.fields LIKE 'account:%'")


class Step(StrEnum):
    """Which step of a sign-in. Stored."""

    FIRST = "password"
    SECOND = "second"


@dataclass(frozen=True, slots=True)
class AccountAct:
    """An act on an account. by: display name of whoever acted, None for the operator. detail: such as a role."""

    at: datetime
    action: str
    by: str | None
    own: bool
    network: str
    detail: str | None


@dataclass(frozen=True, slots=True)
class Activity:
    """acts: newest first. failed: how often a step failed within SHOWN_DAYS."""

    acts: tuple[AccountAct, ...]
    failed: Mapping[Step, int]


def record_act(
    session: Session,
    identity: Identity,
    action: Action,
    account_id: int,
    network: str,
    now: datetime,
    detail: str | None = None,
) -> None:
    """Write that somebody did something to an account, the own one or another."""
    record_access(
        session,
        identity=identity,
        action=action,
        transcript_id=None,
        outcome=Outcome.ALLOWED,
        network=network,
        now=now,
        fields=_place(account_id),
        purpose=detail,
    )


def activity(session: Session, account_id: int, name_hash: str, now: datetime) -> Activity:
    """What was done to an account lately. name_hash: keyed, of the name with which one signs in to it."""
    rows = session.execute(
        sa.select(AccessEvent, Account.display_name)
        .outerjoin(Account, Account.id == AccessEvent.account_id)
        .where(AccessEvent.fields == _place(account_id), _OF_AN_ACCOUNT)
        .order_by(AccessEvent.id.desc())
        .limit(SHOWN)
    )
    acts = tuple(
        AccountAct(event.at, event.action, by, event.account_id == account_id, event.network, event.purpose)
        for event, by in rows
    )
    counts = session.execute(
        sa.select(FailedSignIn.step, sa.func.sum(FailedSignIn.count))
        .where(FailedSignIn.name_hash == name_hash, FailedSignIn.day > day_of(now) - timedelta(days=SHOWN_DAYS))
        .group_by(FailedSignIn.step)
    )
    return Activity(acts, {Step(step): int(count) for step, count in counts})


def count_failure(session: Session, name_hash: str, step: Step, today: date) -> None:
    """Count a step that failed, alike for names that exist and names that do not; counts of long ago go."""
    session.execute(sa.delete(FailedSignIn).where(FailedSignIn.day < today - _COUNTS_KEPT))
    values = {"name_hash": name_hash, "day": today, "step": step.value, "count": 1}
    upsert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    more = {"count": FailedSignIn.count + 1}
    counted = upsert(FailedSignIn).values(values)
    session.execute(counted.on_conflict_do_update(index_elements=["name_hash", "day", "step"], set_=more))


def _place(account_id: int) -> str:
    return f"account:{account_id}"
