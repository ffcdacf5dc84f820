"""Watching for guessing and forging beside the requests: a lookup only leaves a note, whatever was asked for.

So a decoy, a code of many networks and an unknown one cost a visitor the same time, and none waits for a disk. A
thread of each process takes the notes every few seconds and writes what they come to (`portal.services.alarms`).
"""

import atexit
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import sqlalchemy as sa
import structlog
from flask import Flask, current_app, request
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import Identity
from portal.services import alarms
from portal.services.alarms import Asked, Hashing
from portal.web import clock, limits, network, pace
from portal.web.limits import Limits, TooMany
from portal.web.runtime import Held, held, write_counts

_NAME: Final = "hocba.watch"
_EVERY_SECONDS: Final = 5.0
# Notes of a flood that no thread keeps up with push the oldest out: the flood is told by its count all the same.
_MOST_NOTES: Final = 20_000
_FORGET_EVERY: Final = 720
# What the department sees of today's lookups is a minute old at most.
_WRITE_EVERY: Final = 12
_ALL: Final = "all"


@dataclass(slots=True)
class Watch:
    """Notes of what was asked for since the last round: code, whether it was found, address."""

    notes: deque[tuple[str, bool, str]] = field(default_factory=lambda: deque(maxlen=_MOST_NOTES))

    def take(self) -> list[Asked]:
        """The notes so far; requests go on writing."""
        taken = []
        while self.notes:
            code, found, peer = self.notes.popleft()
            taken.append(Asked(code, found, network.counted_of(peer), network.kept_of(peer)))
        return taken


def register(app: Flask) -> None:
    """Give the application its notes."""
    app.extensions[_NAME] = Watch()


def note(code: str, *, found: bool) -> None:
    """Leave a note of a code that was asked for."""
    watch: Watch = current_app.extensions[_NAME]
    watch.notes.append((code, found, request.remote_addr or ""))


@contextmanager
def counting_misses(identity: Identity, code: str) -> Iterator[None]:
    """Whoever is refused a record inside has missed: counted for the person and the school, not for its address."""
    missed = False
    try:
        yield
    except NotFound:
        # Another one is raised below: this one's frames hold what was found, and freeing that takes time as well.
        missed = True
    if missed:
        note(code, found=False)
        pace.wait_out(pace.INSIDE_SECONDS)
        limits.spend_inside_miss(identity)
        raise NotFound


def hashing() -> Hashing:
    """The keyed hashes of this instance."""
    return Hashing.of(held().runtime.instance.secret_key)


def round_of(app: Flask, now: datetime) -> None:
    """Look at what was noted since the last round. Raises what the database raises; the notes are gone then."""
    kept: Held = app.extensions["hocba"]
    counted: Limits = app.extensions["hocba.limits"]
    watch: Watch = app.extensions[_NAME]
    asked = watch.take()
    guessing = _too_many(counted, sum(not each.found for each in asked))
    if not asked and not counted.counters.lost:
        return
    with Session(kept.engine) as session, session.begin():
        alarms.note_asked(session, Hashing.of(kept.runtime.instance.secret_key), asked, now)
        if guessing:
            newest = next(each for each in reversed(asked) if not each.found)
            alarms.note_guessing(session, newest.kept, now)
        if counted.counters.lost:
            alarms.note_limits_lost(session, now)


def _too_many(counted: Limits, misses: int) -> bool:
    """Whether all networks together have missed too often; every miss is counted."""
    over = False
    for _ in range(misses):
        try:
            counted.counters.spend(counted.guessing, _ALL)
        except TooMany:
            over = True
    return over


def run_beside(app: Flask) -> None:
    """Watch in a thread of this process, as long as it lives."""
    ended = threading.Event()
    thread = threading.Thread(target=_watch, args=(app, ended), name="watch", daemon=True)
    thread.start()
    atexit.register(ended.set)


def _watch(app: Flask, ended: threading.Event) -> None:
    rounds = 0
    while not ended.wait(_EVERY_SECONDS):
        rounds += 1
        try:
            round_of(app, clock.read())
            if rounds % _WRITE_EVERY == 0:
                write_counts(app.extensions["hocba"])
            if rounds % _FORGET_EVERY == 0:
                _forget(app)
        except sa.exc.SQLAlchemyError as error:  # the next round may find the database again
            structlog.get_logger().error("watch.not_written", error=type(error).__name__)


def _forget(app: Flask) -> None:
    kept: Held = app.extensions["hocba"]
    with Session(kept.engine) as session, session.begin():
        alarms.forget(session, clock.read())
