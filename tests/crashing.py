"""A task that ends its child, as a fault in a library does. Small, because the child imports it."""

import os
import signal


def crash(*_asked: object, **_more: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
