"""The ZIP of a report: names in order, no times, one way to pack, so that the same content gives the same bytes.

    data/records.jsonl  data/records.xml  log/checkpoint  log/tile/entries/…  manifest.json  manifest.p7s

`log/` is the log below the checkpoint in the layout of c2sp.org/tlog-tiles: the entries alone, because every hash
follows from them, and because they show also that no record of the round is missing. Written and read as a stream.
"""

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final, Self

from verify import limits
from verify.errors import LimitExceeded, MalformedRecord, Refusal
from verify.log import tiles
from verify.report.manifest import HeldFile

RECORDS: Final = "data/records.jsonl"
XML: Final = "data/records.xml"
LOG: Final = "log/"
CHECKPOINT: Final = f"{LOG}checkpoint"
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.p7s"
_FIRST_TIME: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
_MODE: Final = 0o100600 << 16
_LEVEL: Final = 6
_CHUNK: Final = 1024 * 1024
_SAFE = re.compile(r"[a-z0-9]{1,20}(?:[./][a-z0-9]{1,20}){0,10}")
_BUNDLE_BYTES: Final = tiles.WIDTH * (limits.LEAF_BYTES + 2)
_UNREADABLE: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


def bundle_name(index: int, width: int) -> str:
    """The name of a bundle of entries, such as `log/tile/entries/067`."""
    return LOG + tiles.bundle_path(index, width)


class Writer:
    """Writes a report from its first name to its last. file: opened for writing, empty."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        self._last = ""

    def put(self, name: str, pieces: Iterable[bytes]) -> HeldFile:
        """Write a file; raises MalformedRecord(BAD_SHAPE) when its name does not follow the last one."""
        if name <= self._last:
            raise MalformedRecord(Refusal.BAD_SHAPE, "names out of order")
        self._last = name
        info = zipfile.ZipInfo(name, _FIRST_TIME)
        info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, _UNIX, _MODE
        size, digest = 0, hashlib.sha256()
        with self._zip.open(info, "w", force_zip64=True) as out:
            for piece in pieces:
                out.write(piece)
                digest.update(piece)
                size += len(piece)
        return HeldFile(size, digest.hexdigest())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Write the list of the files; what an error left unfinished is then whole as a ZIP, and no report."""
        self._zip.close()


class Reader:
    """Reads a stranger's report within limits; every function raises MalformedRecord or LimitExceeded.

    Also the log that is inside: `checkpoint` and `bundle`.
    """

    def __init__(self, file: BinaryIO) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
            held = self._zip.infolist()
        except _UNREADABLE as error:
            raise MalformedRecord(Refusal.BAD_SHAPE, "zip") from error
        if len(held) > limits.REPORT_FILES:
            raise LimitExceeded(Refusal.TOO_LARGE, "files")
        self._held = {info.filename: info for info in held}
        if len(self._held) != len(held) or not all(_SAFE.fullmatch(name) for name in self._held):
            raise MalformedRecord(Refusal.BAD_SHAPE, "names")

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._held)

    def size(self, name: str) -> int:
        """Bytes that a file claims to have unpacked; it never gives more."""
        return self._held[name].file_size

    def read(self, name: str, limit: int) -> bytes | None:
        """A whole small file; None where there is none."""
        if name not in self._held:
            return None
        if self.size(name) > limit:
            raise LimitExceeded(Refusal.TOO_LARGE, name)
        return b"".join(self._pieces(name))

    def digest(self, name: str) -> str:
        """SHA-256 of a file, 64 hex."""
        found = hashlib.sha256()
        for piece in self._pieces(name):
            found.update(piece)
        return found.hexdigest()

    def lines(self, name: str) -> Iterator[bytes]:
        """Lines with their newlines; one that is too long ends it."""
        try:
            with self._zip.open(self._held[name]) as file:
                while line := file.readline(limits.REPORT_LINE_BYTES + 1):
                    if len(line) > limits.REPORT_LINE_BYTES:
                        raise LimitExceeded(Refusal.TOO_LARGE, "line")
                    yield line
        except _UNREADABLE as error:
            raise MalformedRecord(Refusal.BAD_SHAPE, name) from error

    def checkpoint(self) -> bytes | None:
        return self.read(CHECKPOINT, limits.NOTE_BYTES)

    def bundle(self, index: int, width: int) -> bytes | None:
        return self.read(bundle_name(index, width), _BUNDLE_BYTES)

    def _pieces(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(self._held[name]) as file:
                while piece := file.read(_CHUNK):
                    yield piece
        except _UNREADABLE as error:
            raise MalformedRecord(Refusal.BAD_SHAPE, name) from error
