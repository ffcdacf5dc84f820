"""Long work begun by views: its number goes into the queue after the commit; runners live beside the server, or apart.

With the queue in the instance's folder each serving process runs jobs in a thread of its own. With Redis only
`hocba work` does, so that a server answers people and nothing else.
"""

import atexit
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from flask import Flask, current_app

from portal.jobs import inventories, ledger_heads, mailing, noticing, timestamping, witnessing
from portal.jobs.keeper import EVERY_SECONDS, keep
from portal.jobs.queue import Queue, Ticker
from portal.jobs.smtp import Security, Server
from portal.jobs.work import Bench, perform
from portal.runtime import Runtime
from portal.services.custody_days import DayLimits
from portal.services.mail_addresses import Tickets
from portal.services.mail_texts import Writer
from portal.settings import Settings
from portal.web import clock
from portal.web.runtime import held, runtime
from verify.code import new_code
from verify.timestamps import NONCE_BITS, Stamped, token

_NAME: Final = "hocba.jobs"
THREADS: Final = 1


@dataclass(frozen=True, slots=True)
class Jobs:
    """The queue of a process, the round that finds what was lost, and those that ask witnesses and timestamps."""

    bench: Bench
    queue: Queue
    keeper: Ticker
    witnesses: Ticker
    timestamps: Ticker
    inventories: Ticker
    heads: Ticker
    notices: Ticker
    mail: Ticker

    def start(self, threads: int) -> None:
        keep(self.bench, self.queue, timedelta(0))
        self.queue.start(threads)
        self.keeper.start()
        self.witnesses.start()
        self.timestamps.start()
        self.inventories.start()
        self.heads.start()
        self.notices.start()
        self.mail.start()

    def stop(self) -> None:
        self.mail.stop()
        self.notices.stop()
        self.heads.stop()
        self.inventories.stop()
        self.timestamps.stop()
        self.witnesses.stop()
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
        trust=opened.trust,
        log_signer=opened.log_signer,
        desk=opened.desk,
        reporting=opened.report_desk,
        reports=opened.reports,
    )
    settings = opened.settings

    def do(job_id: int) -> None:
        following = perform(bench, job_id)
        if following is not None:
            queue.send(following)

    queue = Queue(settings.queue, settings.data, opened.instance.secret_key, do)
    desk, stamps = witness_desk(opened, engine), stamp_desk(opened, engine)
    counted = inventories.InventoryDesk(engine, opened.log_signer, clock.read)
    post, watch = mail_desk(opened, engine), notice_desk(opened, engine)
    looked = ledger_heads.HeadDesk(engine, opened.log_signer, clock.read)
    return Jobs(
        bench,
        queue,
        Ticker(EVERY_SECONDS, lambda: keep(bench, queue)),
        Ticker(witnessing.EVERY_SECONDS, lambda: witnessing.keep_asking(desk)),
        Ticker(timestamping.EVERY_SECONDS, lambda: timestamping.keep_stamping(stamps)),
        Ticker(inventories.EVERY_SECONDS, lambda: inventories.keep_inventory(counted)),
        Ticker(ledger_heads.EVERY_SECONDS, lambda: ledger_heads.keep_head(looked)),
        Ticker(noticing.EVERY_SECONDS, lambda: noticing.keep_noticing(watch)),
        Ticker(mailing.EVERY_SECONDS, lambda: mailing.keep_mailing(post)),
    )


def witness_desk(opened: Runtime, engine: sa.Engine) -> witnessing.WitnessDesk:
    """With what the witnesses of an instance are asked."""
    return witnessing.WitnessDesk(engine, lambda: opened.witnesses, opened.log_signer, clock.read)


def mail_desk(opened: Runtime, engine: sa.Engine) -> mailing.MailDesk:
    """With what the mail of an instance is sent; no server while mail is off."""
    server = mail_server(opened.settings) if opened.sends_mail else None
    return mailing.MailDesk(engine, server, writer_of(opened), clock.read)


def mail_server(settings: Settings) -> Server:
    """The server that the operator named."""
    return Server(
        settings.mail_host,
        settings.mail_port,
        Security(settings.mail_security),
        settings.mail_user,
        Path(settings.mail_password_file) if settings.mail_password_file else None,
    )


def notice_desk(opened: Runtime, engine: sa.Engine) -> noticing.NoticeDesk:
    """With what is looked for that comes by itself, with the days."""
    settings = opened.settings
    limits = DayLimits(settings.custody_receiving_days, settings.custody_keeping_days)
    return noticing.NoticeDesk(engine, opened.trust, limits, clock.read)


def writer_of(opened: Runtime) -> Writer:
    """In whose name mails are written."""
    instance = opened.instance
    return Writer(
        instance.url,
        instance.system_name,
        instance.owner_name,
        instance.demo,
        opened.settings.mail_from,
        Tickets.of(instance.secret_key),
    )


def stamp_desk(opened: Runtime, engine: sa.Engine) -> timestamping.StampDesk:
    """With what the timestamp authorities of an instance are asked."""
    return timestamping.StampDesk(engine, lambda: opened.timestamps, clock.read, lambda: secrets.randbits(NONCE_BITS))


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


def stamp(imprint: bytes) -> Stamped | None:
    """A timestamp for a document of ours from the first authority that answers; None when none does.

    May take long: call outside of any transaction.
    """
    kept = held()
    found = timestamping.stamp_of_any(stamp_desk(kept.runtime, kept.engine), imprint)
    return None if found is None else Stamped(token(found[1]), found[0].trust)
