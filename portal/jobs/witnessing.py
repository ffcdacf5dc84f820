"""A round of asking witnesses: everyone who is due, at the same time, outside of any transaction.

Runs every few seconds beside the keeper of jobs, not as a row of the `job` table: nobody began it, and it never ends.
Several processes may run rounds; a witness is asked by the one that claimed it.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from portal.database import reading
from portal.jobs.witness_calls import post
from portal.models import WitnessTrouble
from portal.services import witnesses
from portal.services.witnesses import Ask, Cosigned, Elsewhere, Trouble
from verify.log import notes
from verify.log.policy import Witness, WitnessPolicy

EVERY_SECONDS: Final = 3.0
# A witness may say that it stands elsewhere; then it is asked from there. More often it would be leading us on.
_TURNS: Final = 3
_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class WitnessDesk:
    """With what witnesses are asked. policy: reads the file as it is now; raises when it cannot be read. clock: UTC."""

    engine: sa.Engine
    policy: Callable[[], WitnessPolicy]
    signer: notes.Signer
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How asking one witness ended. trouble: None when it signed. size: of the checkpoint; witness_size: of what it has
    signed instead, where it says another history.
    """

    name: str
    size: int
    trouble: WitnessTrouble | None
    witness_size: int | None = None


def keep_asking(desk: WitnessDesk) -> None:
    """One round that never raises; a database or a file that does not answer is asked again in the next."""
    try:
        ask_all(desk)
    except Exception as error:  # noqa: BLE001 - the next round may find the database again
        structlog.get_logger().error("witnesses.not_asked", error=type(error).__name__)


def ask_all(desk: WitnessDesk, *, everyone: bool = False) -> list[Outcome]:
    """Note a new policy, then ask who is due; everyone: also who is not, as after a backup was put back."""
    wanted = desk.policy()
    with Session(reading(desk.engine)) as session:
        if not everyone and not witnesses.anything_due(session, wanted, desk.clock()):
            return []
    with Session(desk.engine) as session, session.begin():
        witnesses.note_policy(session, wanted, desk.signer, desk.clock())
    with Session(desk.engine) as session, session.begin():
        due = witnesses.claim(session, wanted, desk.clock(), everyone=everyone)
    if not due:
        return []
    with ThreadPoolExecutor(min(len(due), _AT_ONCE), thread_name_prefix="witness") as pool:
        return list(pool.map(lambda each: _ask(desk, *each), due.items()))


def _ask(desk: WitnessDesk, witness_id: int, asked: Witness) -> Outcome:
    for _turn in range(_TURNS):
        with Session(reading(desk.engine)) as session:
            ask = witnesses.ask_of(session, witness_id)
        heard = witnesses.read_answer(ask, post(asked.url or "", ask.body), desk.clock())
        with Session(desk.engine) as session, session.begin():
            again = witnesses.keep(session, ask, heard, desk.clock())
        if not again:
            return _outcome(asked, ask, heard)
    with Session(desk.engine) as session, session.begin():
        witnesses.keep(session, ask, Trouble(WitnessTrouble.BAD_ANSWER), desk.clock())
    return _outcome(asked, ask, Trouble(WitnessTrouble.BAD_ANSWER))


def _outcome(asked: Witness, ask: Ask, heard: Cosigned | Elsewhere | Trouble) -> Outcome:
    if isinstance(heard, Cosigned):
        return Outcome(asked.name, ask.size, None)
    if isinstance(heard, Elsewhere):
        kind, theirs = WitnessTrouble.ROLLBACK, heard.size
    else:
        kind, theirs = heard.kind, ask.old_size
    if kind not in (WitnessTrouble.FORK, WitnessTrouble.ROLLBACK):
        structlog.get_logger().warning("witness.trouble", witness=asked.name, kind=kind.value, size=ask.size)
        return Outcome(asked.name, ask.size, kind)
    structlog.get_logger().error("witness.contradicts", witness=asked.name, kind=kind.value, size=ask.size)
    return Outcome(asked.name, ask.size, kind, theirs)
