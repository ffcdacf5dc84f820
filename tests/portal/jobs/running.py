"""Jobs of a test's world, done here and now instead of in a thread."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.jobs.work import Bench, perform
from portal.models import Job, JobState
from tests.portal.worlds import World


def bench_of(world: World) -> Bench:
    bench: Bench = world.app.extensions["hocba.jobs"].bench
    return bench


def run_jobs(world: World) -> int:
    """Do what waits; returns how many jobs that were."""
    with Session(world.engine) as session:
        waiting = session.scalars(sa.select(Job.id).where(Job.state == JobState.QUEUED.value).order_by(Job.id)).all()
    for job_id in waiting:
        perform(bench_of(world), job_id)
    return len(waiting)
