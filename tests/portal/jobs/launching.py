"""Starts `hocba` commands from a process that has imported everything once, so that a restart costs little.

    python -m tests.portal.jobs.launching

Each line of its input is one command: a JSON list, the log file first, then the arguments. Each command becomes a fork
that leads a session of its own, as a fresh `hocba` would; its number is printed, and it is reaped when it ends.
"""

import ctypes
import json
import os
import signal
import sys
from typing import Final

from portal.cli.main import main

_DIES_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG


def _launch(log: str, arguments: list[str]) -> int:
    child = os.fork()
    if child:
        return child
    os.setsid()
    # Where the test itself is killed, nothing of it lives on.
    ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for held, number in ((nothing, 0), (written, 1), (written, 2)):
        os.dup2(held, number)
    try:
        main(arguments)
    finally:
        os._exit(1)


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        log, *arguments = json.loads(line)
        sys.stdout.write(f"{_launch(log, arguments)}\n")
        sys.stdout.flush()
