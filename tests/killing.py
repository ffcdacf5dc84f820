"""Runs an import or a lock again and again, killed with SIGKILL at the given SQL statement; prints counts after each.

    python -m tests.killing import|lock FOLDER URL MOMENT…

One process imports everything once and forks for each moment, so that the moments are exact and cheap. The last line
is of a run that nobody kills.
"""

import json
import os
import secrets
import signal
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.database import open_engine
from portal.identity import SYSTEM
from portal.models import Blob, LogEntry, LogHead, Packet, RecordVersion, StateChange, Transcript
from portal.runtime import read_log_key
from portal.services import organisation
from portal.services.intake import take_in
from portal.services.locking import lock_packet
from portal.workbooks.judging import judge
from portal.workbooks.reading import read_class
from tests.instances import NOW, SCHOOL, WORKBOOKS, fresh_code
from verify.canonical import sha256

YEAR = "2025-2026"


def main(what: str, folder: Path, url: str, moments: list[int]) -> None:
    for moment in [*moments, 0]:
        child = os.fork()
        if child == 0:
            _work(what, folder, url, moment)
            os._exit(0)
        os.waitpid(child, 0)
        sys.stdout.write(json.dumps({"moment": moment, **counts(url)}) + "\n")


def _work(what: str, folder: Path, url: str, moment: int) -> None:
    engine = open_engine(url, folder)
    if moment:
        _kill_at(engine, moment)
    with Session(engine) as session, session.begin():
        _import(session) if what == "import" else _lock(session, folder)


def _kill_at(engine: sa.Engine, moment: int) -> None:
    done = 0

    def count(*_arguments: object) -> None:
        nonlocal done
        done += 1
        if done == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "after_cursor_execute", count)


def _import(session: Session) -> None:
    data = (WORKBOOKS / "lop-4A1.xlsx").read_bytes()
    school = organisation.unit(session, SCHOOL)
    judged = judge(
        read_class(data),
        school=organisation.issuing_school(school),
        school_year=YEAR,
        grade=None,
        homeroom_teacher=None,
        issue_place=None,
        issue_date=None,
        sample=True,
    )
    take_in(session, SYSTEM, school, YEAR, judged, sha256(data), fresh_code, NOW)


def _lock(session: Session, folder: Path) -> None:
    lock_packet(
        session,
        SYSTEM,
        1,
        decision="1/QĐ",
        log_signer=read_log_key(folder),
        salt=lambda: secrets.token_bytes(32),
        now=NOW,
    )


def counts(url: str) -> dict[str, int]:
    """Rows of each table, and what of them is locked or logged."""
    tables = (Packet, Transcript, RecordVersion, StateChange, LogEntry)
    signed = sa.select(RecordVersion.root_sha256)
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            found = {table.__tablename__: _count(connection, sa.select(table)) for table in tables}
            found["records"] = _count(connection, sa.select(Blob).where(Blob.sha256.in_(signed)))
            found["locked"] = _count(connection, sa.select(RecordVersion).where(RecordVersion.state == "locked"))
            found["head"] = connection.scalar(sa.select(LogHead.size)) or 0
    finally:
        engine.dispose()
    return found


def _count(connection: sa.Connection, rows: sa.Select[Any]) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(rows.subquery())) or 0


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], [int(moment) for moment in sys.argv[4:]])
