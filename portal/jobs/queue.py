"""The queue: numbers of jobs on their way to a runner, through huey; in a file of the instance, or in Redis.

Only numbers travel, signed with a key of the instance, so that whoever can write to the queue can at most repeat one.
"""

import hashlib
import hmac
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import structlog
from huey import Huey, RedisHuey, SqliteHuey  # type: ignore[import-untyped]
from huey.consumer import Consumer  # type: ignore[import-untyped]
from huey.serializer import SignedSerializer  # type: ignore[import-untyped]

FILE: Final = "queue.sqlite3"
_NAME: Final = "hocba"
_SALT: Final = "hocba/queue/1"
# Asked so often while nothing comes; a person who waits notices no more.
_POLL_SECONDS: Final = 0.2


class Sends(Protocol):
    """What a view needs of a queue."""

    def send(self, job_id: int) -> None: ...


class Queue:
    """One process's end of the queue. perform: does a job by its number, and never raises."""

    def __init__(self, url: str, folder: Path, secret: str, perform: Callable[[int], None]) -> None:
        # huey says at each start what it is; our own lines say what happens.
        logging.getLogger("huey").setLevel(logging.ERROR)
        self._huey = _open(url, folder, secret)
        self._task = self._huey.task(name="job")(perform)
        self._consumer: Consumer | None = None

    def send(self, job_id: int) -> None:
        """Hand a number over; call after the commit. A queue that is down loses it, and the keeper finds it again."""
        try:
            self._task(job_id)
        except Exception as error:  # noqa: BLE001 - sqlite3 and redis raise errors of their own
            structlog.get_logger().error("queue.lost", job=job_id, error=type(error).__name__)

    def start(self, threads: int) -> None:
        """Run jobs in threads of this process until `stop`."""
        consumer = _Embedded(
            self._huey,
            workers=threads,
            periodic=False,
            initial_delay=_POLL_SECONDS,
            backoff=1.0,
            max_delay=_POLL_SECONDS,
            check_worker_health=False,
        )
        consumer.start()
        self._consumer = consumer

    def stop(self) -> None:
        """Let running jobs end, begin no other."""
        if self._consumer is not None:
            self._consumer.stop(graceful=True)
            self._consumer = None
        self._huey.storage.close()


class _Embedded(Consumer):  # type: ignore[misc] # huey has no types
    """A consumer beside a server, whose signals are not ours to take."""

    def _set_signal_handlers(self) -> None:
        pass


def _open(url: str, folder: Path, secret: str) -> Huey:
    key = hmac.new(secret.encode(), _SALT.encode(), hashlib.sha256).hexdigest()
    serializer = SignedSerializer(secret=key, salt=_SALT)
    if url:
        # Whoever takes a number that is signed with another key loses it: instances that share a Redis share no queue.
        name = f"{_NAME}-{hmac.new(key.encode(), _NAME.encode(), hashlib.sha256).hexdigest()[:16]}"
        return RedisHuey(name, url=url, serializer=serializer, results=False)
    return SqliteHuey(_NAME, filename=str(folder / FILE), serializer=serializer, results=False)


class Ticker:
    """A thread that does something at once and then every so many seconds."""

    def __init__(self, seconds: float, action: Callable[[], None]) -> None:
        self._seconds = seconds
        self._action = action
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; may begin again after it was stopped."""
        self._ended.clear()
        self._thread = threading.Thread(target=self._run, name="job-keeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while True:
            self._action()
            if self._ended.wait(self._seconds):
                return
