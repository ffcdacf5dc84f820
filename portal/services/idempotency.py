"""A request that may be sent again, done once: the same token and request give the same answer for 24 hours.

The answer is written in the transaction of the work itself, so there is never work without its answer, nor an answer
without its work. Two that come at once meet at the unique (school, token): the second waits and gets the first's.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.errors import Fault, Problem, Refused
from portal.models import KeptAnswer

KEPT: Final = timedelta(hours=24)
# Answers hold children's data: what is old goes, a few with each new one.
_SWEPT_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered. body: JSON text, repeated byte for byte."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that may come again. unit_id: of the school; token: its word for the request; sha256: what is asked."""

    unit_id: int
    token: str
    sha256: str


def kept_answer(session: Session, ask: Ask, now: datetime) -> Answer | None:
    """The answer given before; raises Refused(IDEMPOTENCY_KEY_REUSED) when something else was asked under the token."""
    held = session.scalar(
        sa.select(KeptAnswer).where(
            KeptAnswer.unit_id == ask.unit_id, KeptAnswer.token == ask.token, KeptAnswer.created_at > now - KEPT
        )
    )
    if held is None:
        return None
    if held.request_sha256 != ask.sha256:
        raise Refused(Problem.IDEMPOTENCY_KEY_REUSED)
    if held.status is None or held.body is None:
        raise Fault(Problem.STORE_DAMAGED, what="kept_answer")
    return Answer(held.status, held.body)


def begin(session: Session, ask: Ask, now: datetime) -> Answer | None:
    """Take the token in this transaction, or get the answer of whoever took it before. None: the work is the caller's,
    who ends with `keep`. Waits for another transaction that holds the token.
    """
    _forget(session, ask, now)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    taken = session.execute(
        insert(KeptAnswer)
        .values(unit_id=ask.unit_id, token=ask.token, request_sha256=ask.sha256, created_at=now)
        .on_conflict_do_nothing(index_elements=["unit_id", "token"])
        .returning(KeptAnswer.id)
    ).scalar_one_or_none()
    return None if taken is not None else kept_answer(session, ask, now)


def keep(session: Session, ask: Ask, answer: Answer) -> None:
    """Keep the answer to what `begin` let through."""
    session.execute(
        sa.update(KeptAnswer)
        .where(KeptAnswer.unit_id == ask.unit_id, KeptAnswer.token == ask.token)
        .values(status=answer.status, body=answer.body)
    )


def _forget(session: Session, ask: Ask, now: datetime) -> None:
    session.execute(
        sa.delete(KeptAnswer).where(
            KeptAnswer.unit_id == ask.unit_id, KeptAnswer.token == ask.token, KeptAnswer.created_at <= now - KEPT
        )
    )
    old = (
        sa.select(KeptAnswer.id)
        .where(KeptAnswer.created_at <= now - KEPT)
        .limit(_SWEPT_AT_ONCE)
        .with_for_update(skip_locked=True)  # two that sweep at once must not wait for each other
    )
    session.execute(sa.delete(KeptAnswer).where(KeptAnswer.id.in_(old)))
