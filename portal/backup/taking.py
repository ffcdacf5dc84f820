"""Taking a backup: one snapshot of the database and the instance's files, streamed through encryption into one file."""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import sqlalchemy as sa
from pyrage import x25519
from sqlalchemy.orm import Session

from portal.backup import archive, envelope, tables
from portal.backup.refusals import BackupProblem, BackupRefused
from portal.database import reading
from portal.migrations import revision_of
from portal.models import BackupTaken, LogHead
from portal.services import log
from portal.settings import INSTANCE_FILE

RECIPIENTS: Final = "backup-recipients.txt"
# What an instance keeps beside its database and is no key. Prints are made again, the queue only carries numbers.
_FILES: Final = ("*.toml", RECIPIENTS, "trust/**/*")
_SECRET_LINE = re.compile(r"^secret_key\s*=.*\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup as written. size: bytes of the file; sha256: of the file. rows: of all tables. log_size: leaves."""

    path: Path
    size: int
    sha256: str
    rows: int
    log_size: int


def take(
    engine: sa.Engine, data: Path, to: Sequence[x25519.Recipient], out: Path, log_key: str, now: datetime
) -> Taken:
    """Write a backup while the portal serves; other writers neither wait nor are seen half.

    to: who can open it. out: the file, or a folder in which it gets a name of its moment. log_key: the log's public
    key, for the manifest. Raises BackupRefused(FILE_EXISTS). The file appears whole or not at all.
    """
    path = out / f"hocba-{now:%Y%m%dT%H%M%SZ}.age" if out.is_dir() else out
    if path.exists():
        raise BackupRefused(BackupProblem.FILE_EXISTS, path=str(path))
    parts = archive.Parts()
    with snapshot(engine) as connection, _new_file(path) as written:
        head = _head(connection)
        envelope.encrypt(_pieces(connection, data, parts, head, log_key, now), written, to)
    taken = Taken(path, written.size, written.digest.hexdigest(), sum(parts.rows.values()), head["size"])
    with Session(engine) as session, session.begin():
        session.add(BackupTaken(taken_at=now, log_size=taken.log_size, size=taken.size, sha256=taken.sha256))
    return taken


@contextmanager
def snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that sees one moment of the whole database and holds nobody up."""
    held = reading(engine)
    if engine.dialect.name != "sqlite":
        held = held.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with held.connect() as connection, connection.begin():
        yield connection


class _Written:
    """The file as it grows."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = 0
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self._file.write(data)
        self.digest.update(data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        self._file.flush()


@contextmanager
def _new_file(path: Path) -> Iterator["_Written"]:
    draft = path.with_name(path.name + ".part")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield _Written(file)
            file.flush()
            os.fsync(file.fileno())
        # A link refuses to take the place of a file that came meanwhile; a rename would not.
        os.link(draft, path)
    except FileExistsError as error:
        raise BackupRefused(BackupProblem.FILE_EXISTS, path=str(path)) from error
    finally:
        draft.unlink(missing_ok=True)


def _pieces(
    connection: sa.Connection, data: Path, parts: archive.Parts, head: dict[str, Any], log_key: str, now: datetime
) -> Iterator[bytes]:
    columns = {table.name: tables.columns_of(table) for table in tables.tables()}
    about = {
        "format": archive.FORMAT,
        "taken_at": now.isoformat(),
        "database": connection.dialect.name,
        "schema": revision_of(connection),
        "tables": columns,
    }
    yield from parts.member(archive.ABOUT, json.dumps(about, ensure_ascii=False, indent=1).encode())
    for name, content in _files(data):
        yield from parts.member(f"files/{name}", content)
    for table in tables.tables():
        yield from parts.table(table.name, tables.rows_of(connection, table))
    yield from parts.end({"log": head, "log_key": log_key})


def _files(data: Path) -> Iterator[tuple[str, bytes]]:
    for pattern in _FILES:
        for path in sorted(data.glob(pattern)):
            if not path.is_file() or path.is_symlink():
                continue
            content = path.read_bytes()
            if path.name == INSTANCE_FILE:
                content = _SECRET_LINE.sub("", content.decode()).encode()
            yield path.relative_to(data).as_posix(), content


def _head(connection: sa.Connection) -> dict[str, Any]:
    with Session(connection) as session:
        head = session.get_one(LogHead, log.HEAD_ID)
        note = log.newest_checkpoint(session)
        return {"size": head.size, "root": head.root, "checkpoint": note.decode() if note is not None else None}
