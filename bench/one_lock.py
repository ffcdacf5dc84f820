"""One process that locks everything that is accepted, as two officials do, and says what each step cost: a JSON object.

`python -m bench.one_lock FOLDER [--database-url URL] [--batch N]`; for `bench.locking`, which makes the instance: the
peak of a process's memory is known once in its life. Beside the work a neighbour writes every tenth of a second, and
says how long it had to wait.
"""

import argparse
import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.measure import peak_of_process
from bench.world import fresh_code
from portal.database import open_engine, reading
from portal.demo.units import DEPARTMENT
from portal.identity import Appointment, Identity, StaffRole
from portal.jobs.work import Bench, perform
from portal.models import Account, LockProposal, LogHead, RecordVersion, State, Transcript
from portal.runtime import read_log_key
from portal.sandbox import Sandbox
from portal.services import lock_proposals, locking
from portal.services.lock_proposals import Wanted
from portal.services.lock_sets import LockSet
from portal.settings import Settings, database_url

YEAR = "2025-2026"
FIRST, SECOND = "so.quantri", "so.canbo"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class LockCost:
    """Seconds of each step of the officials, and of the work. waited: the longest that a neighbour waited to write,
    in a step. peak: MiB of this process. leaves: of the log afterwards.
    """

    records: int
    preview: float
    propose: float
    second_look: float
    confirm: float
    work: float
    waited: dict[str, float]
    peak: int
    leaves: int


class _Neighbour:
    """Somebody of a school who keeps writing: how long the longest write took."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        self._ended = threading.Event()
        self.longest = 0.0
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def _write(self) -> None:
        touched = sa.update(Transcript).where(Transcript.id == sa.select(sa.func.min(Transcript.id)).scalar_subquery())
        while not self._ended.is_set():
            start = time.perf_counter()
            with Session(self._engine) as session, session.begin():
                session.execute(touched.values(created_at=Transcript.created_at))
            self.longest = max(self.longest, time.perf_counter() - start)
            self._ended.wait(0.1)

    def end(self) -> float:
        self._ended.set()
        self._thread.join()
        self._engine.dispose()
        return self.longest


class _Officials:
    """The two, and the steps in their order."""

    def __init__(self, settings: Settings, wanted: Wanted, now: datetime, batch: int) -> None:
        self._url = database_url(settings)
        self._engine = open_engine(self._url, settings.data)
        self._wanted, self._now = wanted, now
        signer = read_log_key(settings.data)
        self._bench = Bench(self._engine, Sandbox(1), True, fresh_code, lambda: now, signer, lock_batch=batch)
        self.seconds: dict[str, float] = {}
        self.waited: dict[str, float] = {}

    def run(self) -> LockCost:
        seen = self._timed("preview", self._preview)
        proposal = self._timed("propose", lambda: self._propose(seen))
        self._timed("second_look", lambda: self._second_look(proposal))
        job = self._timed("confirm", lambda: self._confirm(proposal))
        self._timed("work", lambda: perform(self._bench, job))
        with Session(reading(self._engine)) as session:
            if session.get_one(LockProposal, proposal).finished_at is None:
                raise RuntimeError("the lock did not end")
            locked = sa.select(sa.func.count()).where(RecordVersion.state == State.LOCKED.value)
            if session.scalar(locked) != seen.count:
                raise RuntimeError("not all records were locked")
            leaves = session.get_one(LogHead, 1).size
        self._engine.dispose()
        return LockCost(seen.count, **self.seconds, waited=self.waited, peak=peak_of_process(), leaves=leaves)

    def _timed(self, name: str, step: Callable[[], _T]) -> _T:
        neighbour, start = _Neighbour(self._url), time.perf_counter()
        found = step()
        self.seconds[name] = time.perf_counter() - start
        self.waited[name] = neighbour.end()
        return found

    def _preview(self) -> LockSet:
        with Session(reading(self._engine)) as session:
            return lock_proposals.preview(session, _person(session, FIRST), self._wanted, self._now).set

    def _propose(self, seen: LockSet) -> int:
        with Session(self._engine) as session, session.begin():
            official = _person(session, FIRST)
            return lock_proposals.propose(
                session, official, self._wanted, seen=seen.digest, typed=seen.count, now=self._now
            )

    def _second_look(self, proposal: int) -> None:
        with Session(reading(self._engine)) as session:
            lock_proposals.second_look(session, _person(session, SECOND), proposal, self._now)

    def _confirm(self, proposal: int) -> int:
        with Session(self._engine) as session, session.begin():
            official = _person(session, SECOND)
            digest = lock_proposals.proposal(session, official, proposal, self._now).digest
            job = lock_proposals.confirm(session, official, proposal, digest, self._now)
        if job is None:
            raise RuntimeError("it was confirmed before")
        return job


def _person(session: Session, username: str) -> Identity:
    account = session.scalars(sa.select(Account).where(Account.username == username)).one()
    return Identity(account.id, account.display_name, (Appointment(DEPARTMENT, StaffRole.DEPARTMENT_ADMIN),))


def main(words: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(prog="python -m bench.one_lock", description=__doc__)
    options.add_argument("data", type=Path)
    options.add_argument("--database-url", default="")
    options.add_argument("--batch", type=int, default=locking.BATCH, help="records in a transaction")
    given = options.parse_args(words)
    # The records were accepted today, after every cut-off: a late lock, by a decision of its own.
    wanted = Wanted(YEAR, None, None, "311/QĐ-SGDĐT", "đo thời gian chốt")
    settings = Settings(data=given.data, database_url=given.database_url)
    print(json.dumps(asdict(_Officials(settings, wanted, datetime.now(UTC), given.batch).run())))


if __name__ == "__main__":
    main()
