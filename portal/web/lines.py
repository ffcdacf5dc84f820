"""Log lines on standard error, written in batches: at once when something failed, else twice a second.

Writing each line by itself makes every request give up the interpreter once more; under load that costs as much as
the query (measured). What is lost when the machine dies is half a second of "request" lines.
"""

import atexit
import sys
import threading
from collections import deque
from typing import Final, TextIO

_SECONDS: Final = 0.5
# More than this is never kept back.
_LINES: Final = 200


class Lines:
    """Lines of all threads of this process, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[str] = deque()
        self._writer: threading.Thread | None = None

    def later(self, line: str) -> None:
        """Write soon."""
        self._kept.append(line)  # threads may: no lock is needed
        if self._writer is None:
            self._start()
        if len(self._kept) >= _LINES:
            self.flush()

    def now(self, line: str) -> None:
        """Write at once, after what waits."""
        self._kept.append(line)
        self.flush()

    def flush(self) -> None:
        """Write what waits, to standard error as it is now: whoever redirects it gets the lines."""
        with self._lock:
            kept = [self._kept.popleft() for _ in range(len(self._kept))]
            if kept:
                stream: TextIO = sys.stderr
                stream.write("\n".join(kept) + "\n")
                stream.flush()

    def _start(self) -> None:
        with self._lock:
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_on, name="log-lines", daemon=True)
                self._writer.start()
                atexit.register(self.flush)

    def _write_on(self) -> None:
        pause = threading.Event()
        while not pause.wait(_SECONDS):
            self.flush()


LINES: Final = Lines()
