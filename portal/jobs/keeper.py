"""Finds jobs that were lost on the way or whose runner died, and forgets files that nobody confirmed in time.

It also lets acts after the lock take effect when they are due, and counts the results of what was locked.
"""

from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy.orm import Session

from portal.jobs.correcting import correct
from portal.jobs.counting import count_results
from portal.jobs.queue import Sends
from portal.jobs.runners import is_dead
from portal.jobs.work import Bench
from portal.services import earlier_imports, jobs, reports, transfers, uploads

EVERY_SECONDS: Final = 20.0


def keep(bench: Bench, queue: Sends, after: timedelta = jobs.LOST_AFTER) -> None:
    """One round; a database that does not answer is asked again in the next.

    after: how long a number may be on its way: at a start no time at all, because a killed process may have taken it
    out of the queue. A number that is sent twice does no harm.
    """
    try:
        with Session(bench.engine) as session, session.begin():
            now = bench.clock()
            for name in filter(is_dead, jobs.runners(session)):
                jobs.release(session, name, now)
            found = jobs.lost(session, now, after)
            forgotten = uploads.expire(session, now) + earlier_imports.expire(session, now)
            forgotten += transfers.expire(session, now)
            if bench.reports is not None:
                forgotten += reports.expire(session, bench.reports, now)
        correct(bench)
        count_results(bench)
    except Exception as error:  # noqa: BLE001 - the next round may find the database again
        structlog.get_logger().error("jobs.not_kept", error=type(error).__name__)
        return
    for job_id in found:
        queue.send(job_id)
    if found or forgotten:
        structlog.get_logger().info("jobs.kept", sent_again=len(found), files_forgotten=forgotten)
