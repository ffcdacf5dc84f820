"""System calls that no document needs, refused by the kernel for the rest of a child's life (seccomp, filter mode).

Reading is all that a child does: it begins no process and no program, opens no socket, makes, changes or removes no
file, and signals nobody but itself, even where a library was taken over by what it read. Threads stay: Typst draws
with them. Numbers are those of Linux on x86-64; on other machines nothing is refused, and `forbid` says so.
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable
from typing import Final

_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_MODE_FILTER: Final = 2
_ALLOW: Final = 0x7FFF0000
_ERRNO: Final = 0x00050000
_X86_64: Final = 0xC000003E
_X32_BIT: Final = 0x40000000
# Instructions of the classic packet filter: load a word, compare, return (linux/filter.h).
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
# Places in what the filter looks at (linux/seccomp.h): number, architecture, low words of the arguments.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_CLONE_THREAD: Final = 0x10000
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_REFUSED: Final = (
    *(57, 58, 59, 322),  # fork, vfork, execve, execveat
    *(41, 42, 49, 50),  # socket, connect, bind, listen
    *(101, 310, 311, 438, 424, 434),  # ptrace, process_vm_readv, …writev, pidfd_getfd, …send_signal, …open
    *(129, 297, 200),  # rt_sigqueueinfo, rt_tgsigqueueinfo, tkill
    *(76, 77, 82, 83, 84, 85, 86, 87, 88),  # truncate, ftruncate, rename, mkdir, rmdir, creat, link, unlink, symlink
    *(90, 91, 92, 93, 94, 133),  # chmod, fchmod, chown, fchown, lchown, mknod
    *(258, 259, 260, 263, 264, 265, 266, 268, 316, 452),  # the same by folder
    *(132, 235, 261, 280, 188, 189, 190, 197, 198, 199),  # times and extended attributes
    *(155, 161, 165, 166, 272, 308, 428, 429, 430, 442),  # pivot_root, chroot, mount, umount2, unshare, setns, mounts
    *(248, 249, 250, 298, 304, 321, 323, 175, 313, 169),  # keys, perf, handles, bpf, userfaultfd, modules, reboot
    *(425, 426, 427),  # io_uring opens and connects without a call of its own
)
# glibc begins threads with the older call when this one is unknown; its arguments lie where no filter sees them.
_UNKNOWN: Final = (435, 437)  # clone3, openat2
_CLONE: Final = 56
# Number and place of the flags.
_OPENS: Final = ((2, 1), (257, 2))  # open, openat
# First argument: who gets the signal.
_SIGNALS: Final = (62, 234)  # kill, tgkill


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def forbid() -> bool:
    """Refuse them from now on, for this process and its threads; whether the machine does so."""
    if platform.machine() != "x86_64":
        return False
    program = b"".join(_instructions(os.getpid()))
    held = _Program(len(program) // 8, program)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(held), 0, 0) == 0)


def _instructions(own: int) -> Iterable[bytes]:
    refuse, allow = _instruction(_RETURN, _ERRNO | errno.EPERM), _instruction(_RETURN, _ALLOW)
    yield _instruction(_LOAD, _ARCHITECTURE)
    yield _instruction(_EQUAL, _X86_64, then=1)
    yield refuse
    yield _instruction(_LOAD, _NUMBER)
    yield _instruction(_AT_LEAST, _X32_BIT, otherwise=1)
    yield refuse
    for number in _REFUSED:
        yield _instruction(_EQUAL, number, otherwise=1)
        yield refuse
    for number in _UNKNOWN:
        yield _instruction(_EQUAL, number, otherwise=1)
        yield _instruction(_RETURN, _ERRNO | errno.ENOSYS)
    for number, place in _OPENS:
        yield _instruction(_EQUAL, number, otherwise=4)
        yield _instruction(_LOAD, _ARGUMENTS + 8 * place)
        yield _instruction(_ANY_BIT, _WRITES, otherwise=1)
        yield refuse
        yield allow
    yield _instruction(_EQUAL, _CLONE, otherwise=4)
    yield _instruction(_LOAD, _ARGUMENTS)
    yield _instruction(_ANY_BIT, _CLONE_THREAD, then=1)
    yield refuse
    yield allow
    for number in _SIGNALS:
        yield _instruction(_EQUAL, number, otherwise=4)
        yield _instruction(_LOAD, _ARGUMENTS)
        yield _instruction(_EQUAL, own, then=1)
        yield refuse
        yield allow
    yield allow


def _instruction(code: int, value: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("<HBBI", code, then, otherwise, value)
