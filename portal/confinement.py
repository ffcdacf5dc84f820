"""What a child may do with a stranger's bytes: little memory, little time, no network, no process, no file.

Runs inside the child only. The network is cut with a network namespace of its own; where the machine does not allow
that, the child works on and says so (`hocba doctor` shows it).
"""

import ctypes
import os
import resource
import signal
from typing import Final

from portal.forbidden_calls import forbid
from verify import limits

_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
# Enough for libraries, fonts and pipes; a flood of descriptors is no honest document.
_OPEN_FILES: Final = 128
# Processes and threads of the user under whom all this runs. Holds threads down; begun processes are refused anyway.
_PROCESSES: Final = 512
_NICE: Final = 10
# Nothing is written; pipes are not files.
_FILE_BYTES: Final = 0


def confine() -> None:
    """Give up, for good, what reading a document does not need."""
    network_cut()
    # Whoever looks something up on the same cores goes first.
    os.nice(_NICE)
    _limit(resource.RLIMIT_AS, limits.CHILD_ADDRESS_SPACE_BYTES)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, _FILE_BYTES)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _limit(resource.RLIMIT_NPROC, _PROCESSES)
    # A write beyond RLIMIT_FSIZE is an error of that write, not the end of the child.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    forbid()


def grant_time() -> None:
    """Give the next task its processor time; a task that takes more is ended by the kernel."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (used + limits.CHILD_CPU_SECONDS, hard))


def network_cut() -> bool:
    """Leave the machine's network; whether it worked. A user namespace serves where root's right is missing."""
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.unshare(_CLONE_NEWNET) == 0 or libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0)


def has_network() -> bool:
    """Whether this process sees any interface beside a loopback that is down."""
    with open("/proc/self/net/dev", encoding="ascii") as table:  # noqa: PTH123 - /proc, read once
        names = [line.split(":")[0].strip() for line in table if ":" in line]
    return any(name != "lo" for name in names) and os.name == "posix"


def _limit(kind: int, value: int) -> None:
    _soft, hard = resource.getrlimit(kind)
    ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (ceiling, ceiling))
