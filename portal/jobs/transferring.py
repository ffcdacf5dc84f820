"""One slice of a hand-over at the transfer desk: its rows checked two at a time, each answer written as it comes."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Final, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.database import reading
from portal.errors import Fault, Problem
from portal.models import ItemOutcome
from portal.services import transfer_checks
from portal.services.checking import CheckingDesk
from portal.services.jobs import Claim
from portal.services.transfer_checks import Answer
from portal.sharing import act_for

# As many as a small office has cores; the children are shared with everybody else.
AT_ONCE: Final = 2
_TRIES: Final = 3
_REST_SECONDS: Final = 0.5


class Tools(Protocol):
    """What of a `portal.jobs.work.Bench` is needed here."""

    @property
    def engine(self) -> sa.Engine: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...
    @property
    def desk(self) -> Callable[[datetime], CheckingDesk] | None: ...


def check_slice(tools: Tools, held: Claim) -> tuple[bool, int | None]:
    """Check what waits, at most one slice of it. (still ours, number of the job that goes on with the rest)."""
    if tools.desk is None:
        raise Fault(Problem.TRUST_UNREADABLE)
    desk = tools.desk(tools.clock())
    with _reading(tools) as session:
        waiting = transfer_checks.pending(session, held)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="transfer") as pool:
        for start in range(0, len(waiting), AT_ONCE):
            pair = waiting[start : start + AT_ONCE]
            answers = pool.map(lambda each: _checked(tools, desk, held.account_id, each), pair)
            for item_id, answer in zip(pair, answers, strict=True):
                with Session(tools.engine) as session, session.begin():
                    if not transfer_checks.keep(session, held, item_id, answer, tools.clock()):
                        session.rollback()
                        return False, None
    with Session(tools.engine) as session, session.begin():
        return transfer_checks.end_slice(session, held, tools.clock())


def _checked(tools: Tools, desk: CheckingDesk, account_id: int, item_id: int) -> Answer:
    """A failure of ours may pass: it is tried again before it becomes the answer."""
    act_for(f"account:{account_id}")
    with _reading(tools) as session:
        item = transfer_checks.to_check(session, item_id)
    answer = transfer_checks.check(desk, lambda: _reading(tools), item, tools.clock())
    for _try in range(_TRIES - 1):
        if answer.outcome is not ItemOutcome.NOT_CHECKED:
            break
        time.sleep(_REST_SECONDS)
        answer = transfer_checks.check(desk, lambda: _reading(tools), item, tools.clock())
    return answer


@contextmanager
def _reading(tools: Tools) -> Iterator[Session]:
    with Session(reading(tools.engine)) as session:
        yield session
