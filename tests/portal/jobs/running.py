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
    """Do what waits, and what goes on with it; returns how many jobs that were."""
    with Session(world.engine) as session:
        waiting = session.scalars(sa.select(Job.id).where(Job.state == JobState.QUEUED.value).order_by(Job.id)).all()
    done = 0
    for job_id in waiting:
        following: int | None = job_id
        while following is not None:
            following = perform(bench_of(world), following)
            done += 1
    return done
