"""Restoring a backup into an empty place: all or nothing, and then the log waits.

Schema, rows and the hold on the log are one transaction; it commits after the last byte was decrypted, authenticated
and compared with the manifest. `hocba.toml` is written last: as long as it is missing, nothing serves.
"""

import os
import re
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

import sqlalchemy as sa
from pyrage import x25519
from sqlalchemy.orm import Session

from portal.backup import archive, envelope, tables
from portal.backup.archive import Member, damaged
from portal.backup.refusals import BackupProblem, BackupRefused
from portal.migrations import is_known, revision_of, sweep, upgrade_within
from portal.models import LogHead
from portal.services import log, restoration
from portal.settings import INSTANCE_FILE

_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_REVISION = re.compile(r"[0-9]{4}")
# Trust roots and revocation lists of all authorities of the country are a few MB.
_ALL_FILES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back. rows: of all tables. log_key: the log's public key as the backup names it."""

    taken_at: datetime
    rows: int
    log_size: int
    log_root: str
    log_key: str


@dataclass(slots=True)
class _Reading:
    """What was read so far."""

    about: dict[str, Any]
    columns: dict[str, tables.Columns]
    digests: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    manifest: dict[str, Any] | None = None


def restore(engine: sa.Engine, data: Path, file: Path, keys: Sequence[x25519.Identity], now: datetime) -> Restored:
    """Fill an empty database and an empty folder from a backup.

    Raises BackupRefused: INSTANCE_EXISTS, DATABASE_NOT_EMPTY, WRONG_KEY, NOT_A_BACKUP, DAMAGED, SCHEMA_UNKNOWN; then
    nothing was changed.
    """
    if (data / INSTANCE_FILE).exists():
        raise BackupRefused(BackupProblem.INSTANCE_EXISTS, path=str(data))
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with engine.begin() as connection:
            if sa.inspect(connection).get_table_names():
                raise BackupRefused(BackupProblem.DATABASE_NOT_EMPTY)
            with file.open("rb") as source, envelope.decrypted(source, keys) as plain:
                read = _fill(connection, archive.members(plain))
            restored = _settled(connection, read, now)
            former = read.about["schema"] != revision_of(connection)
    except sa.exc.IntegrityError as error:  # SQLite looks at rows that refer to nothing when it commits
        raise damaged("IntegrityError") from error
    if former:
        sweep(engine)
    _write_files(data, read.files)
    return restored


def _fill(connection: sa.Connection, members: Iterable[Member]) -> _Reading:
    found = iter(members)
    read = _begin(next(found, None))
    upgrade_within(connection, str(read.about["schema"]))
    made = set(sa.inspect(connection).get_table_names())
    if not made >= set(read.columns):
        raise damaged("tables")
    guards = tables.guards_off(connection)
    for name in made - {"alembic_version"}:  # a migration may have put first rows there
        connection.execute(sa.delete(sa.table(name)))
    for member in found:
        if read.manifest is not None:
            raise damaged(member.name)
        _take(connection, read, member)
    tables.guards_on(connection, guards)
    return read


def _begin(first: Member | None) -> _Reading:
    if first is None or first.name != archive.ABOUT:
        raise BackupRefused(BackupProblem.NOT_A_BACKUP)
    about = first.json()
    if about.get("format") != archive.FORMAT:
        raise BackupRefused(BackupProblem.NOT_A_BACKUP)
    revision = str(about.get("schema"))
    if not _REVISION.fullmatch(revision) or not is_known(revision):
        raise BackupRefused(BackupProblem.SCHEMA_UNKNOWN, revision=revision[:20])
    read = _Reading(about, _columns(about.get("tables")))
    read.digests[first.name] = archive.digest(first.data)
    read.rows = dict.fromkeys(read.columns, 0)
    return read


def _columns(value: object) -> dict[str, tables.Columns]:
    """Names are checked here, because they come to stand in SQL."""
    try:
        if not isinstance(value, dict):
            raise TypeError
        found: dict[str, tables.Columns] = {
            str(table): [(str(name), str(kind)) for name, kind in columns] for table, columns in value.items()
        }
    except (TypeError, ValueError) as error:
        raise damaged("tables") from error
    names = [*found, *(name for columns in found.values() for name, _kind in columns)]
    kinds = {kind for columns in found.values() for _name, kind in columns}
    if not all(_NAME.fullmatch(name) for name in names) or not kinds <= tables.KINDS:
        raise damaged("tables")
    return found


def _take(connection: sa.Connection, read: _Reading, member: Member) -> None:
    if member.name == archive.MANIFEST:
        read.manifest = member.json()
        return
    read.digests[member.name] = archive.digest(member.data)
    if member.table is not None:
        if member.table not in read.columns:
            raise damaged(member.name)
        lines = member.lines()
        try:
            tables.load(connection, member.table, read.columns[member.table], lines)
        except Exception as error:
            # Two drivers, each with its own errors: what an empty database does not take is the backup's fault.
            if isinstance(error, BackupRefused | OSError | MemoryError):
                raise
            raise damaged(f"{member.name}, {type(error).__name__}") from error
        read.rows[member.table] += len(lines)
    elif member.name.startswith("files/"):
        read.files[_safe(member.name.removeprefix("files/"))] = member.data
        if sum(map(len, read.files.values())) > _ALL_FILES:
            raise damaged(member.name)
    else:
        raise damaged(member.name)


def _safe(name: str) -> str:
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or parts[0] == "keys":
        raise damaged(name)
    return name


def _settled(connection: sa.Connection, read: _Reading, now: datetime) -> Restored:
    """Compare with the manifest, bring the schema to this version, and hold the log."""
    manifest = read.manifest or {}
    head = manifest.get("log")
    if manifest.get("parts") != read.digests or manifest.get("rows") != read.rows or not isinstance(head, dict):
        raise damaged(archive.MANIFEST)
    if INSTANCE_FILE not in read.files:
        raise damaged(INSTANCE_FILE)
    for table, rows in read.rows.items():
        if tables.count(connection, table) != rows:
            raise damaged(table)
    upgrade_within(connection)
    try:
        taken_at = datetime.fromisoformat(str(read.about.get("taken_at")))
    except ValueError as error:
        raise damaged(archive.ABOUT) from error
    with Session(connection) as session:
        held = session.get(LogHead, log.HEAD_ID)
        if held is None or (held.size, held.root) != (head.get("size"), head.get("root")):
            raise damaged("log")
        restoration.hold(session, held, taken_at, now)
        session.flush()
        return Restored(taken_at, sum(read.rows.values()), held.size, held.root, str(manifest.get("log_key")))


def _write_files(data: Path, files: dict[str, bytes]) -> None:
    """The instance file last, with a fresh secret for cookies: who was signed in signs in again."""
    for name, content in files.items():
        if name != INSTANCE_FILE:
            path = data / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_private(path, content)
    for name in ("roots", "intermediates", "crls"):
        (data / "trust" / name).mkdir(parents=True, exist_ok=True)
    secret = f'secret_key = "{secrets.token_hex(32)}"\n'
    write_private(data / INSTANCE_FILE, files[INSTANCE_FILE].rstrip(b"\n") + b"\n" + secret.encode())


def write_private(path: Path, content: bytes) -> None:
    """Write a file whole, for its owner only."""
    draft = path.with_name(path.name + ".part")
    with suppress(FileNotFoundError):
        draft.unlink()
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
