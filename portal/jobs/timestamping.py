"""A round of asking timestamp authorities: in order, until as many as needed have stamped what is due.

Runs every minute beside the keeper of jobs (as witnesses are asked, decision 0015): nobody began it, and it never ends.
Several processes may run rounds; an authority is asked by the one that claimed it, outside of any transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from portal.database import reading
from portal.jobs.witness_calls import exchange
from portal.services import timestamps
from portal.services.timestamps import Task
from verify import limits
from verify.timestamps import Authority, Stamp, StampFault, StampPolicy, fresh, imprint_of, query

EVERY_SECONDS: Final = 60.0
_QUERY: Final = "application/timestamp-query"
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class StampDesk:
    """With what authorities are asked. policy: reads the file as it is now; raises when it cannot be read. clock: UTC.

    nonce: a fresh random number of `verify.timestamps.NONCE_BITS`.
    """

    engine: sa.Engine
    policy: Callable[[], StampPolicy]
    clock: Callable[[], datetime]
    nonce: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How asking one authority ended. size: of the checkpoint, None for a renewal. fault: None when it stamped."""

    name: str
    size: int | None
    fault: StampFault | None


def keep_stamping(desk: StampDesk) -> None:
    """One round that never raises; a database or a file that does not answer is asked again in the next."""
    try:
        stamp_due(desk)
    except Exception as error:  # noqa: BLE001 - the next round may find the database again
        structlog.get_logger().error("timestamps.not_asked", error=type(error).__name__)


def stamp_due(desk: StampDesk, *, at_once: bool = False) -> list[Outcome]:
    """Stamp what is due, if anything. at_once: ask also who failed a moment ago."""
    wanted = desk.policy()
    with Session(reading(desk.engine)) as session:
        due = timestamps.task(session, wanted, desk.clock())
    return [] if due is None else _ask_in_order(desk, due, wanted, at_once=at_once)


def _ask_in_order(desk: StampDesk, due: Task, wanted: StampPolicy, *, at_once: bool) -> list[Outcome]:
    outcomes: list[Outcome] = []
    missing = due.missing
    for authority in wanted.authorities:
        if authority.name in due.given or not missing:
            continue
        with Session(desk.engine) as session, session.begin():
            claimed = timestamps.claim(session, authority.name, desk.clock(), at_once=at_once)
            if claimed and not timestamps.still_due(session, due, authority.name, wanted, desk.clock()):
                timestamps.release(session, authority.name, desk.clock())
                claimed = False
        if not claimed:
            continue
        heard = ask(authority, imprint_of(due.subject), desk)
        with Session(desk.engine) as session, session.begin():
            timestamps.keep(session, due, authority.name, heard, desk.clock())
        fault = heard if isinstance(heard, StampFault) else None
        outcomes.append(Outcome(authority.name, due.size, fault))
        if fault is None:
            missing -= 1
        else:
            structlog.get_logger().warning("timestamp.trouble", authority=authority.name, kind=fault.value)
    return outcomes


def ask(authority: Authority, imprint: bytes, desk: StampDesk) -> tuple[bytes, Stamp] | StampFault:
    """One question to one authority; its reply with the stamp in it, or why there is none."""
    nonce = desk.nonce()
    asked = query(imprint, nonce, authority.policy)
    answer = exchange(authority.url, "", asked, _QUERY, limits.TIMESTAMP_BYTES)
    if answer is None or answer.status != _OK:
        return StampFault.NO_ANSWER
    found = fresh(answer.body, imprint, nonce, authority, desk.clock())
    return found if isinstance(found, StampFault) else (answer.body, found)


def stamp_of_any(desk: StampDesk, imprint: bytes) -> tuple[Authority, bytes] | None:
    """The reply of the first authority that stamps, with whose it is; None when none does. For a document of ours."""
    for authority in desk.policy().authorities:
        heard = ask(authority, imprint, desk)
        if not isinstance(heard, StampFault):
            return authority, heard[0]
        structlog.get_logger().warning("timestamp.trouble", authority=authority.name, kind=heard.value)
    return None
