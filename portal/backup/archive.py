"""What is inside the encryption: a plain tar, so that `age -d … | tar -x` and a text editor can read a backup in 2060.

about.json                      what this is: format, moment, schema revision, columns of each table
files/…                         files of the instance, without keys
tables/NAME/000001.jsonl.gz     rows, each a JSON array in the order of about.json
manifest.json                   last: SHA-256 of each part before it, rows of each table, the log's checkpoint
"""

import gzip
import hashlib
import json
import re
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from portal.backup.refusals import BackupProblem, BackupRefused

FORMAT: Final = "hocba/backup/1"
ABOUT: Final = "about.json"
MANIFEST: Final = "manifest.json"
_BLOCK: Final = 512
# A part is cut once it has this many bytes of rows; one row more may stand in it: an upload of 10 MB, read and judged.
PART_BYTES: Final = 2 * 1024 * 1024
_LARGEST_PART: Final = 96 * 1024 * 1024
_LARGEST_FILE: Final = 32 * 1024 * 1024
_PART = re.compile(r"tables/([a-z_]+)/(\d{6})\.jsonl\.gz")


@dataclass(slots=True)
class Parts:
    """What was written or read so far. digests: SHA-256 by name. rows: by table."""

    digests: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def member(self, name: str, data: bytes) -> Iterator[bytes]:
        """A file of the tar, header first."""
        self.digests[name] = digest(data)
        yield from _member(name, data)

    def table(self, name: str, lines: Iterator[bytes]) -> Iterator[bytes]:
        """The rows of a table, cut into parts."""
        number, count = 0, 0
        for part, rows in _cut(lines):
            number, count = number + 1, count + rows
            yield from self.member(f"tables/{name}/{number:06}.jsonl.gz", gzip.compress(part, 6, mtime=0))
        self.rows[name] = count

    def end(self, manifest: dict[str, Any]) -> Iterator[bytes]:
        """The manifest and the end of the tar."""
        held = {"parts": self.digests, "rows": self.rows, **manifest}
        yield from _member(MANIFEST, json.dumps(held, ensure_ascii=False, indent=1).encode())
        yield bytes(2 * _BLOCK)


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the tar. table: whose rows it holds, or None."""

    name: str
    data: bytes
    table: str | None

    def json(self) -> dict[str, Any]:
        """Raises BackupRefused(DAMAGED)."""
        return as_object(self.data, self.name)

    def lines(self) -> list[bytes]:
        """The rows of a part; raises BackupRefused(DAMAGED) for one that unpacks to more than a part has."""
        unpacking = zlib.decompressobj(wbits=31)
        try:
            data = unpacking.decompress(self.data, _LARGEST_PART)
        except zlib.error as error:
            raise damaged(self.name) from error
        if not unpacking.eof or unpacking.unused_data:
            raise damaged(self.name)
        return data.splitlines()


def members(stream: BinaryIO) -> Iterator[Member]:
    """Read a tar in order; raises BackupRefused(DAMAGED) for anything that `Parts` does not write."""
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for info in tar:
                limit = _LARGEST_PART if info.name.startswith("tables/") else _LARGEST_FILE
                file = tar.extractfile(info) if info.isreg() and info.size <= limit else None
                if file is None:
                    raise damaged(info.name)
                part = _PART.fullmatch(info.name)
                yield Member(info.name, file.read(), part[1] if part else None)
    except (tarfile.TarError, EOFError) as error:
        raise damaged("tar") from error


def as_object(data: bytes, name: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError as error:
        raise damaged(name) from error
    if not isinstance(value, dict):
        raise damaged(name)
    return value


def digest(data: bytes) -> str:
    """SHA-256, hex, as it stands in the manifest."""
    return hashlib.sha256(data).hexdigest()


def damaged(detail: str) -> BackupRefused:
    return BackupRefused(BackupProblem.DAMAGED, detail=detail[:80])


def _member(name: str, data: bytes) -> Iterator[bytes]:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o600
    yield info.tobuf(tarfile.USTAR_FORMAT)
    yield data
    yield bytes(-len(data) % _BLOCK)


def _cut(lines: Iterator[bytes]) -> Iterator[tuple[bytes, int]]:
    held: list[bytes] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line) + 1
        if size >= PART_BYTES:
            yield b"\n".join(held) + b"\n", len(held)
            held, size = [], 0
    if held:
        yield b"\n".join(held) + b"\n", len(held)
