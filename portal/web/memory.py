"""Counts of one process in its own memory, for Flask-Limiter.

The memory storage that comes with `limits` starts a thread for cleaning up a hundred times a second under load, and
every start waits for that thread: measured, it costs a lookup more than the count itself. Here the one who counts
sweeps, seldom.
"""

import threading
import time
from typing import Final

from limits.storage import Storage

SCHEME: Final = "process-memory"
# Whoever adds so many keys looks through all of them once; a key is about 200 bytes.
_SWEEP_EVERY: Final = 10_000


class ProcessMemory(Storage):
    """A fixed-window counter for each key."""

    STORAGE_SCHEME = [SCHEME]

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: float | str | bool) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions, **options)
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, float]] = {}
        self._sweep_at = _SWEEP_EVERY

    @property
    def base_exceptions(self) -> type[Exception]:
        return MemoryError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count; expiry: seconds that a new window lasts. Returns the count of the window."""
        now = time.time()
        with self._lock:
            count, ends = self._counts.get(key, (0, 0.0))
            if ends <= now:
                count, ends = 0, now + expiry
            self._counts[key] = (count + amount, ends)
            if len(self._counts) >= self._sweep_at:
                self._sweep(now)
            return count + amount

    def get(self, key: str) -> int:
        """The count of the running window."""
        count, ends = self._counts.get(key, (0, 0.0))
        return count if ends > time.time() else 0

    def get_expiry(self, key: str) -> float:
        """When the window ends (POSIX time); now when there is none."""
        now = time.time()
        return max(now, self._counts.get(key, (0, now))[1])

    def check(self) -> bool:
        """Memory always answers."""
        return True

    def reset(self) -> int:
        """Forget everything."""
        with self._lock:
            held = len(self._counts)
            self._counts.clear()
            return held

    def clear(self, key: str) -> None:
        """Forget one key."""
        with self._lock:
            self._counts.pop(key, None)

    def _sweep(self, now: float) -> None:
        self._counts = {key: held for key, held in self._counts.items() if held[1] > now}
        self._sweep_at = len(self._counts) + _SWEEP_EVERY
