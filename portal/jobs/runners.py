"""Who runs a job: a name from which the same machine can tell at once that its process is gone.

Without it a job waits for its lease to end; so it does on another machine, or where another process got the number.
"""

import os
import secrets
import socket
from typing import Final

# A container gives a process the number that its predecessor had.
_TOKEN: Final = secrets.token_hex(4)


def own_name() -> str:
    """`host:pid:token` of this process."""
    return f"{socket.gethostname()}:{os.getpid()}:{_TOKEN}"


def is_dead(name: str) -> bool:
    """Whether that process surely runs no more."""
    host, number, token = name.rsplit(":", 2)
    if host != socket.gethostname():
        return False
    if int(number) == os.getpid():
        return token != _TOKEN
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
