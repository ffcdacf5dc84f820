"""Long work begun by views: its number goes into the queue after the commit; runners live beside the server, or apart.

With the queue in the instance's folder each serving process runs jobs in a thread of its own. With Redis only
`hocba work` does, so that a server answers people and nothing else.
"""

import atexit
import secrets
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from flask import Flask, current_app

from portal.jobs.keeper import EVERY_SECONDS, keep
from portal.jobs.queue import Queue, Ticker
from portal.jobs.work import Bench, perform
from portal.runtime import Runtime
from portal.web import clock
from portal.web.runtime import held, runtime
from verify.code import new_code

_NAME: Final = "hocba.jobs"
THREADS: Final = 1


@dataclass(frozen=True, slots=True)
class Jobs:
    """The queue of a process, and the round that finds what was lost."""

    bench: Bench
    queue: Queue
    keeper: Ticker

    def start(self, threads: int) -> None:
        self.queue.start(threads)
        self.keeper.start()

    def stop(self) -> None:
        self.keeper.stop()
        self.queue.stop()


def jobs_of(opened: Runtime, engine: sa.Engine) -> Jobs:
    """The jobs of an instance; nothing runs before `start`."""
    bench = Bench(
        engine=engine,
        sandbox=opened.sandbox,
        sample=opened.instance.demo,
        new_code=lambda: new_code(secrets.token_bytes(16)),
        clock=clock.read,
    )
    settings = opened.settings
    queue = Queue(settings.queue, settings.data, opened.instance.secret_key, lambda job_id: perform(bench, job_id))
    return Jobs(bench, queue, Ticker(EVERY_SECONDS, lambda: keep(bench, queue)))


def register(app: Flask) -> None:
    """Keep the jobs with the application; call after its runtime is in place."""
    with app.app_context():
        kept = held()
    app.extensions[_NAME] = jobs_of(kept.runtime, kept.engine)


def run_beside(app: Flask) -> None:
    """Run jobs in this process, as long as it lives, unless runners of their own do (Redis)."""
    jobs: Jobs = app.extensions[_NAME]
    with app.app_context():
        embedded = not runtime().settings.queue
    if embedded:
        jobs.start(THREADS)
        atexit.register(jobs.stop)


def send(job_id: int | None) -> None:
    """Put a job into the queue; call after the commit. None: there is nothing to do."""
    if job_id is not None:
        jobs: Jobs = current_app.extensions[_NAME]
        jobs.queue.send(job_id)
