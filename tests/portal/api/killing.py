"""Pushes a file to the real application again and again, killed with SIGKILL at the given SQL statement.

    python -m tests.portal.api.killing FOLDER URL TOKEN MOMENT…

One process imports everything once and forks for each moment. Prints what stands after each; the last two lines are of
a push that nobody kills, and of the same push again.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import ParamSpec, TypeVar

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from portal.app import assemble
from portal.database import open_engine
from portal.models import Blob, KeptAnswer, Packet, RecordVersion, StateChange, Transcript
from portal.runtime import open_runtime
from portal.sandbox import Sandbox
from portal.settings import Settings
from portal.web import clock
from tests.portal.api.machines import CLEAN, Machine

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Inline(Sandbox):
    """Reads in this process: a killed one leaves no children behind."""

    def run(self, task: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return task(*args, **kwargs)


def main(folder: Path, url: str, token: str, moments: list[int]) -> None:
    app = _application(folder, url)
    for moment in [*moments, 0, 0]:
        child = os.fork()
        if child == 0:
            try:
                _push(app, token, moment)
            finally:
                os._exit(0)
        _pid, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        sys.stdout.write(json.dumps({"moment": moment, "killed": killed, **counts(url)}) + "\n")


def _application(folder: Path, url: str) -> Flask:
    settings = Settings(data=folder, database_url=url, log_level="error")
    return assemble(replace(open_runtime(settings, clock.read()), sandbox=Inline(1)))


def _push(app: Flask, token: str, moment: int) -> None:
    if moment:
        _kill_at(app.extensions["hocba"].engine, moment)
    Machine(app, token).push(CLEAN, "lan-gui-0001", 201)


def _kill_at(engine: sa.Engine, moment: int) -> None:
    done = 0

    def count(*_arguments: object) -> None:
        nonlocal done
        done += 1
        if done == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "after_cursor_execute", count)


def counts(url: str) -> dict[str, int]:
    """Rows of each table."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            return {
                table.__tablename__: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
                for table in (Packet, Transcript, RecordVersion, StateChange, KeptAnswer, Blob)
            }
    finally:
        engine.dispose()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], [int(moment) for moment in sys.argv[4:]])
