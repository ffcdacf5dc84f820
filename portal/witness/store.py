"""What a witness has signed, in a file of SQLite: read, decided and written in one transaction, on the disk before it
answers. Two requests at once, or a crash between, never sign two histories.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from verify.log.witness import EVIDENCE, NOTHING, Decline, Declined, Seen, Signed

_BUSY_SECONDS: Final = 10
# What a log tried under its own signature is kept, each thing once; the first proves as much as the thousandth.
REFUSALS: Final = 1000
_SCHEMA: Final = """
CREATE TABLE seen (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, time INTEGER NOT NULL, note BLOB NOT NULL
) STRICT;
CREATE TABLE refused (
    id INTEGER PRIMARY KEY, origin TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL,
    seen_size INTEGER NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL,
    UNIQUE (origin, reason, size, root)
) STRICT;
"""

Decide = Callable[[Seen], Signed | Declined]


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that a log signed and this witness did not. at: seconds since 1970. note: the checkpoint verbatim.

    seen_size: what had been signed then. size, root: of the checkpoint that was offered.
    """

    origin: str
    reason: Decline
    at: int
    seen_size: int
    size: int
    root: bytes
    note: bytes


class Store:
    """The state of a witness; every call opens the file anew, so that threads and processes share nothing else."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def create(cls, path: Path) -> "Store":
        """Make the empty state, once."""
        path.touch(mode=0o600, exist_ok=False)
        connection = sqlite3.connect(path)
        try:
            connection.executescript(_SCHEMA)
        finally:
            connection.close()
        return cls(path)

    def advance(self, origin: str, note: bytes, now: int, decide: Decide) -> Signed | Declined:
        """Decide on a checkpoint against what was seen, and keep the outcome before anybody hears of it."""
        with self._writing() as connection:
            seen = self._seen(connection, origin)
            decision = decide(seen)
            if isinstance(decision, Signed):
                new = decision.seen
                connection.execute(
                    "INSERT INTO seen (origin, size, root, time, note) VALUES (?, ?, ?, ?, ?) ON CONFLICT (origin)"
                    " DO UPDATE SET size = excluded.size, root = excluded.root, time = excluded.time,"
                    " note = excluded.note",
                    (origin, new.size, new.root, new.time, note),
                )
            elif _worth_keeping(decision, seen):
                self._keep(connection, origin, decision, seen, note, now)
        return decision

    def logs(self) -> list[tuple[str, Seen]]:
        """Every log with a checkpoint that was signed."""
        with self._reading() as connection:
            rows = connection.execute("SELECT origin, size, root, time FROM seen ORDER BY origin").fetchall()
        return [(origin, Seen(size, root, time)) for origin, size, root, time in rows]

    def refused(self) -> list[Refused]:
        """What was refused although the log had signed it, newest first."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT origin, reason, at, seen_size, size, root, note FROM refused ORDER BY id DESC"
            ).fetchall()
        return [Refused(row[0], Decline(row[1]), *row[2:]) for row in rows]

    @staticmethod
    def _seen(connection: sqlite3.Connection, origin: str) -> Seen:
        row = connection.execute("SELECT size, root, time FROM seen WHERE origin = ?", (origin,)).fetchone()
        return NOTHING if row is None else Seen(*row)

    @staticmethod
    def _keep(
        connection: sqlite3.Connection, origin: str, declined: Declined, seen: Seen, note: bytes, now: int
    ) -> None:
        claimed = declined.claimed
        full = connection.execute("SELECT COUNT(*) FROM refused").fetchone()[0] >= REFUSALS
        if claimed is not None and not full:
            connection.execute(
                "INSERT OR IGNORE INTO refused (origin, reason, at, seen_size, size, root, note)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (origin, declined.reason.value, now, seen.size, claimed.size, claimed.root, note),
            )

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        connection = self._open("rw")
        try:
            connection.execute("PRAGMA synchronous=EXTRA")
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        finally:
            connection.close()  # what was not committed is rolled back

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        connection = self._open("ro")
        try:
            yield connection
        finally:
            connection.close()

    def _open(self, mode: str) -> sqlite3.Connection:
        """Never makes a file: a witness without its state must not begin from nothing."""
        address = f"{self._path.absolute().as_uri()}?mode={mode}"
        return sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)


def _worth_keeping(declined: Declined, seen: Seen) -> bool:
    """A fork, or a checkpoint of fewer leaves; of the latter anybody may repeat an old one, so it proves less."""
    older = declined.claimed is not None and declined.claimed.size < seen.size
    return declined.reason in EVIDENCE or (declined.reason is Decline.OTHER_SIZE and older)
