"""Lets acts after the lock take effect again and again, killed with SIGKILL at the given SQL statement; prints counts.

    python -m tests.correction_killing FOLDER URL MOMENT…

The last line is of a run that nobody kills. A moment after the last statement kills nothing: `killed` says so.
"""

import json
import os
import signal
import sys
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.database import open_engine
from portal.jobs.correcting import correct
from portal.jobs.work import Bench
from portal.models import Correction, LogEntry, LogHead, LogOpening, RecordStanding, RecordVersion, StateChange
from portal.runtime import read_log_key
from portal.sandbox import Sandbox
from tests.instances import fresh_code
from tests.portal.correcting import DUE


def main(folder: Path, url: str, moments: list[int]) -> None:
    for moment in [*moments, 0]:
        child = os.fork()
        if child == 0:
            try:
                _work(folder, url, moment)
            finally:
                os._exit(0)
        _pid, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        sys.stdout.write(json.dumps({"moment": moment, "killed": killed, **counts(url)}) + "\n")
        sys.stdout.flush()


def _work(folder: Path, url: str, moment: int) -> None:
    engine = open_engine(url, folder)
    done = 0

    def count(*_arguments: object) -> None:
        nonlocal done
        done += 1
        if done == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    if moment:
        event.listen(engine, "after_cursor_execute", count)
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - what is logged is no count
    correct(Bench(engine, Sandbox(1), True, fresh_code, lambda: DUE, read_log_key(folder)))


def counts(url: str) -> dict[str, int]:
    """What took effect, was locked, logged, opened and written down."""
    engine = open_engine(url)
    try:
        with Session(engine) as session:

            def number(model: type[object], *where: sa.ColumnElement[bool]) -> int:
                return session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0

            return {
                "effective": number(Correction, Correction.state == "effective"),
                "standing": number(RecordStanding),
                "second": number(RecordVersion, RecordVersion.version == 2, RecordVersion.state == "locked"),
                "dated": number(RecordVersion, RecordVersion.version == 2, RecordVersion.effective_at.is_not(None)),
                "openings": number(LogOpening),
                "told": number(StateChange, StateChange.to_state == "locked"),
                "entries": number(LogEntry),
                "head": session.scalar(sa.select(LogHead.size)) or 0,
            }
    finally:
        engine.dispose()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], [int(moment) for moment in sys.argv[3:]])
