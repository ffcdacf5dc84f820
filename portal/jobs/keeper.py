"""Finds jobs that were lost on the way or whose runner died, and forgets files that nobody confirmed in time."""

from typing import Final

import structlog
from sqlalchemy.orm import Session

from portal.jobs.queue import Sends
from portal.jobs.runners import is_dead
from portal.jobs.work import Bench
from portal.services import jobs, uploads

EVERY_SECONDS: Final = 20.0


def keep(bench: Bench, queue: Sends) -> None:
    """One round. A database that does not answer is asked again in the next."""
    try:
        with Session(bench.engine) as session, session.begin():
            now = bench.clock()
            for name in filter(is_dead, jobs.runners(session)):
                jobs.release(session, name, now)
            found = jobs.lost(session, now)
            forgotten = uploads.expire(session, now)
    except Exception as error:  # noqa: BLE001 - the next round may find the database again
        structlog.get_logger().error("jobs.not_kept", error=type(error).__name__)
        return
    for job_id in found:
        queue.send(job_id)
    if found or forgotten:
        structlog.get_logger().info("jobs.kept", sent_again=len(found), files_forgotten=forgotten)
