"""Where a log can be read: an address, a database, a mirror's folder; and what outsiders show that they saw of it."""

from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.backup.refusals import BackupProblem, BackupRefused
from portal.database import reading
from portal.services import log
from verify import limits
from verify.errors import VerifyError
from verify.log import receipt, tiles

_SECONDS: Final = 60
# 256 entries, each with its length before it.
_BUNDLE_BYTES: Final = tiles.WIDTH * (limits.LEAF_BYTES + 2)


class Source(Protocol):
    """A log as its readers see it. place: for messages."""

    @property
    def place(self) -> str: ...

    def checkpoint(self) -> bytes | None:
        """The newest signed checkpoint; None where there is none."""

    def bundle(self, index: int, width: int) -> bytes | None:
        """The first `width` entries of a bundle; None where it is not whole."""


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A mirror's folder, or any copy of /log as plain files."""

    folder: Path

    @property
    def place(self) -> str:
        return str(self.folder)

    def checkpoint(self) -> bytes | None:
        return self._read("checkpoint", limits.NOTE_BYTES)

    def bundle(self, index: int, width: int) -> bytes | None:
        return self._read(tiles.bundle_path(index, width), _BUNDLE_BYTES)

    def _read(self, name: str, limit: int) -> bytes | None:
        try:
            with (self.folder / name).open("rb") as file:
                data = file.read(limit + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreachable(self.place, type(error).__name__) from error
        return data if len(data) <= limit else None


@dataclass(frozen=True, slots=True)
class DatabaseSource:
    """The log of an instance on this machine."""

    engine: sa.Engine

    @property
    def place(self) -> str:
        return "cơ sở dữ liệu của bản cài"

    def checkpoint(self) -> bytes | None:
        with Session(reading(self.engine)) as session, session.begin():
            return log.newest_checkpoint(session)

    def bundle(self, index: int, width: int) -> bytes | None:
        with Session(reading(self.engine)) as session, session.begin():
            return log.entries(session, index, width)


class HttpSource:
    """A portal's /log, or a mirror behind a web server. What it says is signed, so plain HTTP will do."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname is None:
            raise _unreachable(url, "URL")
        self._url = url.rstrip("/")
        self._path = parts.path.rstrip("/")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=_SECONDS)

    @property
    def place(self) -> str:
        return self._url

    def checkpoint(self) -> bytes | None:
        return self.get("checkpoint", limits.NOTE_BYTES)

    def bundle(self, index: int, width: int) -> bytes | None:
        return self.get(tiles.bundle_path(index, width), _BUNDLE_BYTES)

    def get(self, name: str, limit: int) -> bytes | None:
        """A file below the address, None for 404; redirects are not followed."""
        try:
            self._connection.request("GET", f"{self._path}/{name}" if name else self._path)
            answer = self._connection.getresponse()
            data = answer.read(limit + 1)
        except (OSError, HTTPException) as error:
            self._connection.close()
            raise _unreachable(self.place, type(error).__name__) from error
        if len(data) > limit or answer.status not in (200, 404):
            self._connection.close()
            raise _unreachable(self.place, f"HTTP {answer.status}")
        return data if answer.status == 200 else None


def source_at(place: str) -> FolderSource | HttpSource:
    """A folder, or an address of a log (`https://…/log`)."""
    return HttpSource(place) if "://" in place else FolderSource(Path(place))


def note_at(place: str) -> bytes:
    """A signed checkpoint that an outsider holds: as such, or inside a receipt; a file or an address."""
    if "://" in place:
        data = HttpSource(place).get("", limits.NOTE_BYTES)
    else:
        try:
            data = Path(place).read_bytes()[: limits.NOTE_BYTES + 1]
        except OSError as error:
            raise _unreachable(place, type(error).__name__) from error
    if not data:
        raise BackupRefused(BackupProblem.SOURCE_EMPTY, place=place)
    try:
        return receipt.parse(data).note
    except VerifyError:
        return data


def _unreachable(place: str, detail: str) -> BackupRefused:
    return BackupRefused(BackupProblem.SOURCE_UNREACHABLE, place=place, detail=detail)
