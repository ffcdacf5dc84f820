"""Serving a training: when the trainer asks, the server ends, the data goes, and the command starts anew."""

import os
import signal
import sys
import threading
from typing import Final

from portal.cli.output import say
from portal.cli.service import Server
from portal.instance import wipe_training
from portal.services import training
from portal.settings import Settings

_LOOK_SECONDS: Final = 1.0


def serve_training(settings: Settings, server: Server) -> None:
    """Serve until somebody ends it; a request to begin again ends it too, and this program takes its own place."""
    training.offer(settings.data)
    master, ended = os.getpid(), threading.Event()
    watch = threading.Thread(target=_watch, args=(settings, ended), name="training", daemon=True)
    watch.start()
    try:
        server.run()
    finally:
        if os.getpid() == master:  # workers are forked below this frame, and leave through it, too
            ended.set()
            watch.join()
            _begin_again(settings)


def _begin_again(settings: Settings) -> None:
    if training.is_asked(settings.data):
        say("Bắt đầu lại bản tập huấn…")
        wipe_training(settings)
        # A new process: nothing of the old data is left in any memory.
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606 # nosec B606


def _watch(settings: Settings, ended: threading.Event) -> None:
    while not ended.wait(_LOOK_SECONDS):
        if training.is_asked(settings.data):
            os.kill(os.getpid(), signal.SIGTERM)
            return
