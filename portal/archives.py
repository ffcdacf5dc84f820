"""A ZIP that somebody hands over, opened in a bounded child a part at a time: first its directory, then file by file.

The caller holds the archive on disk and hands in the bytes that each step asks for, so that neither it nor the child
ever holds more than one file. Names are labels for people and never paths; what a stranger declares is checked against
what comes out. Only `zipfile` reads the structure: the offsets that it finds here are bounded before they are used.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from verify import limits

MAGIC: Final = b"PK"
# A ZIP may end in a comment of 64 kB behind its last record.
TAIL_BYTES: Final = limits.ARCHIVE_DIRECTORY_BYTES + 70_000
# The record before a file's data repeats its name and may carry extra fields, 64 kB each.
HEAD_BYTES: Final = 30 + 2 * 65_535
_ENCRYPTED: Final = 0x1
# PKWARE APPNOTE §4.3.16: the end of central directory record.
_LAST_RECORD: Final = b"PK\x05\x06"
_LAST_RECORD_BYTES: Final = 22
_RATIO: Final = 200
_SMALL_BYTES: Final = 1024 * 1024
# Twins and thumbnails that operating systems add.
_JUNK: Final = frozenset({"thumbs.db", "desktop.ini", ".ds_store"})


class ArchiveProblem(StrEnum):
    """Closed list; each has a sentence in `portal.presenters.transfer_words`."""

    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    TOO_MANY = "too_many"
    UNSAFE_NAME = "unsafe_name"
    BOMB = "bomb"
    EMPTY = "empty"


class ArchiveRefused(Exception):
    """The archive as a whole is not taken. name: of the entry, where one is to blame."""

    def __init__(self, problem: ArchiveProblem, name: str = "") -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.name = name

    def __reduce__(self) -> tuple[type["ArchiveRefused"], tuple[ArchiveProblem, str]]:
        """Crosses the border of a child process."""
        return type(self), (self.problem, self.name)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in the archive. start: where its record begins; packed: bytes of its data there; size: unpacked."""

    name: str
    start: int
    packed: int
    size: int


def entries(size: int, tail: bytes) -> tuple[Entry, ...]:
    """The files of an archive in their order. tail: its last `TAIL_BYTES`. Raises ArchiveRefused and nothing else."""
    with _opened(size, tail, {}) as archive:
        members = [member for member in archive.infolist() if not _is_passed_over(member.filename)]
    if not members:
        raise ArchiveRefused(ArchiveProblem.EMPTY)
    for member in members:
        _require_plain(member)
    if len(members) > limits.BATCH_FILES:
        raise ArchiveRefused(ArchiveProblem.TOO_MANY)
    if sum(member.file_size for member in members) > limits.BATCH_BYTES or _overlap(members, size):
        raise ArchiveRefused(ArchiveProblem.BOMB)
    return tuple(Entry(each.filename, each.header_offset, each.compress_size, each.file_size) for each in members)


def unpacked(size: int, tail: bytes, entry: Entry, record: bytes) -> bytes:
    """One file of an archive. record: the bytes from `entry.start` on, as many as `span` says.

    Raises ArchiveRefused and nothing else.
    """
    with _opened(size, tail, {entry.start: record}) as archive:
        member = next((each for each in archive.infolist() if each.header_offset == entry.start), None)
        if member is None or member.filename != entry.name:
            raise ArchiveRefused(ArchiveProblem.DAMAGED, entry.name)
        with _translated(entry.name), archive.open(member) as part:
            data = part.read(entry.size + 1)
    if len(data) != entry.size:
        raise ArchiveRefused(ArchiveProblem.BOMB, entry.name)
    return data


def span(size: int, entry: Entry) -> int:
    """How many bytes from `entry.start` on hold the file."""
    return min(entry.packed + HEAD_BYTES, size - entry.start)


def _is_passed_over(name: str) -> bool:
    """A folder, or what systems add by themselves. (`ZipInfo.is_dir` fails on a file without a name.)"""
    path = PurePosixPath(name)
    return name.endswith("/") or "__MACOSX" in path.parts or path.name.lower() in _JUNK


def _require_plain(member: zipfile.ZipInfo) -> None:
    name = member.filename
    if not name:
        raise ArchiveRefused(ArchiveProblem.DAMAGED)
    if _is_unsafe(name) or _is_unsafe(member.orig_filename):
        raise ArchiveRefused(ArchiveProblem.UNSAFE_NAME, name)
    if member.flag_bits & _ENCRYPTED:
        raise ArchiveRefused(ArchiveProblem.ENCRYPTED, name)
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ArchiveRefused(ArchiveProblem.DAMAGED, name)
    inflated = member.file_size > max(_SMALL_BYTES, member.compress_size * _RATIO)
    if inflated or member.file_size > limits.DOCUMENT_BYTES or member.compress_size > limits.DOCUMENT_BYTES:
        raise ArchiveRefused(ArchiveProblem.BOMB, name)


def _is_unsafe(name: str) -> bool:
    """A name that an honest program does not write: it would lead out of the folder in which others unpack it."""
    parts = name.replace("\\", "/").split("/")
    return ".." in parts or parts[0] == "" or ":" in parts[0] or any(not character.isprintable() for character in name)


def _overlap(members: list[zipfile.ZipInfo], size: int) -> bool:
    """Whether two files share bytes (the bomb of D. Fifield), or one lies outside the archive."""
    end = 0
    for member in sorted(members, key=lambda each: each.header_offset):
        if member.header_offset < end:
            return True
        end = member.header_offset + 30 + len(member.orig_filename.encode()) + member.compress_size
    return end > size


class _Parts(io.RawIOBase):
    """A file of which only some parts are held; the others read as zeros."""

    def __init__(self, size: int, parts: Mapping[int, bytes]) -> None:
        self._size, self._parts, self._at = size, parts, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("before the beginning")
        self._at = base + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        wanted = max(0, self._size - self._at)
        wanted = wanted if size < 0 else min(size, wanted)
        if wanted > TAIL_BYTES + limits.DOCUMENT_BYTES + HEAD_BYTES:
            raise ArchiveRefused(ArchiveProblem.TOO_MANY)
        found = bytearray(wanted)
        for start, data in self._parts.items():
            low, high = max(start, self._at), min(start + len(data), self._at + wanted)
            if low < high:
                found[low - self._at : high - self._at] = data[low - start : high - start]
        self._at += wanted
        return bytes(found)


@contextmanager
def _translated(name: str = "") -> Iterator[None]:
    """Every error of `zipfile` as a refusal: BadZipFile, zlib.error, EOFError, struct.error, OverflowError and more."""
    try:
        yield
    except (ArchiveRefused, MemoryError):
        raise
    except Exception as error:
        raise ArchiveRefused(ArchiveProblem.DAMAGED, name) from error


def _opened(size: int, tail: bytes, parts: Mapping[int, bytes]) -> zipfile.ZipFile:
    _require_few(tail)
    with _translated():
        held = _Parts(size, {size - len(tail): tail, **parts})
        return zipfile.ZipFile(held)


def _require_few(tail: bytes) -> None:
    """Ask the last record how many entries there are, before `zipfile` builds an object for each."""
    at = tail.rfind(_LAST_RECORD)
    if at < 0 or len(tail) - at < _LAST_RECORD_BYTES:
        raise ArchiveRefused(ArchiveProblem.DAMAGED)
    count = int.from_bytes(tail[at + 10 : at + 12], "little")
    directory = int.from_bytes(tail[at + 12 : at + 16], "little")
    if count > limits.ARCHIVE_ENTRIES or directory > limits.ARCHIVE_DIRECTORY_BYTES:
        raise ArchiveRefused(ArchiveProblem.TOO_MANY)
