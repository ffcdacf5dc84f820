"""The log made again from its entries: root, tiles and every checkpoint must come out the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.counting import count
from portal.models import LogCheckpoint, LogEntry, LogHead, LogTile
from portal.services.log import HEAD_ID
from verify.errors import VerifyError
from verify.log import checkpoint, merkle, notes, tiles

# Tables with a guard, as the migration makes them: table -> what is guarded.
GUARDS: Final = {
    "record_version": ("insert", "update", "delete", "freeze", "correct", "second"),
    "record_signature": ("insert", "update", "delete"),
    "year_record": ("update", "delete"),
    "transcript": ("delete", "code"),
    "blob": ("update", "delete"),
    "data_key": ("update", "delete"),
    "log_entry": ("update", "delete"),
    "log_opening": ("update", "delete"),
    "log_tile": ("update", "delete"),
    "log_checkpoint": ("update", "delete"),
    "state_change": ("update", "delete"),
    "access_event": ("update", "delete"),
    "ledger_month": ("insert", "update", "delete"),
    "ledger_head": ("update", "delete"),
    "alarm": ("update", "delete"),
    "subject_request": ("update", "delete"),
    "key_authorisation": ("update", "delete"),
    "key_proposal": ("insert", "update", "delete"),
    "earlier_key": ("update", "delete"),
    "earlier_year": ("insert", "update", "delete"),
    "earlier_code": ("update", "delete"),
    "earlier_import": ("insert", "update", "delete"),
    "restoration": ("update", "delete"),
    "correction_policy": ("insert", "update", "delete"),
    "correction": ("insert", "update", "delete"),
    "record_standing": ("insert", "update", "delete"),
    "round": ("insert", "update", "delete"),
    "lock_proposal": ("insert", "update", "delete"),
    "lock_item": ("insert", "update", "delete"),
    "log_policy": ("update", "delete"),
    "log_cosignature": ("update", "delete"),
    "log_witnessed": ("update", "delete"),
    "log_contradiction": ("update", "delete"),
    "log_inventory": ("update", "delete"),
    "log_timestamp": ("update", "delete"),
    "lock_minutes": ("update", "delete"),
    "exchange_peer": ("insert", "update", "delete"),
    "exchange_departure": ("update", "delete"),
    "exchange_arrival": ("insert", "update", "delete"),
}
_BATCH: Final = 4096


@dataclass(frozen=True, slots=True)
class LogState:
    """The tree as its entries give it."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Flaw:
    """kind: value of `portal.services.audit.Defect`. index: entry or size, where it is about one."""

    kind: str
    index: int | None = None
    detail: str = ""


class _Memory:
    """The tiles made again."""

    def __init__(self) -> None:
        self.held: dict[tuple[int, int], bytes] = {}

    def read(self, level: int, index: int, width: int) -> bytes:
        return self.held.get((level, index), b"")[: width * merkle.HASH_BYTES]


def rebuild(session: Session, log_key: notes.Verifier) -> tuple[LogState, list[Flaw]]:
    """Read every entry in order, make the tree again, and compare it with what is stored."""
    memory, state = _Memory(), LogState(0, merkle.root_of([]))
    flaws: list[Flaw] = []
    for batch in _batches(session, flaws):
        appended = tiles.append(state.size, [merkle.leaf_hash(leaf) for leaf in batch], memory)
        memory.held.update({(tile.level, tile.index): tile.data for tile in appended.tiles})
        state = LogState(appended.size, appended.root)
        count(state.size)
    flaws += _head(session, state)
    flaws += _tiles(session, memory)
    flaws += _checkpoints(session, log_key, memory, state)
    return state, flaws


def _batches(session: Session, flaws: list[Flaw]) -> Iterator[list[bytes]]:
    rows = session.execute(sa.select(LogEntry.index, LogEntry.leaf).order_by(LogEntry.index)).yield_per(_BATCH)
    expected, batch = 0, []
    for index, leaf in rows:
        if index != expected:
            flaws.append(Flaw("log_gap", expected))
            expected = index
        batch.append(leaf)
        expected += 1
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _head(session: Session, state: LogState) -> Iterator[Flaw]:
    head = session.get(LogHead, HEAD_ID)
    if head is None or (head.size, head.root) != (state.size, state.root.hex()):
        yield Flaw("log_root_differs", head.size if head is not None else None, "head")


def _tiles(session: Session, memory: _Memory) -> Iterator[Flaw]:
    rows = session.execute(sa.select(LogTile.level, LogTile.index, LogTile.width, LogTile.hashes))
    for level, index, width, hashes in rows.yield_per(256):
        if memory.read(level, index, width) != hashes or len(hashes) != width * merkle.HASH_BYTES:
            yield Flaw("log_tile_differs", detail=tiles.tile_path(level, index, width))


def _checkpoints(session: Session, log_key: notes.Verifier, memory: _Memory, state: LogState) -> Iterator[Flaw]:
    """Each checkpoint was signed by the log, and is the root of the entries below its size."""
    newest = 0
    for row in session.scalars(sa.select(LogCheckpoint).order_by(LogCheckpoint.size)).yield_per(256):
        newest = row.size
        try:
            signed = checkpoint.open_signed(row.note, (log_key,)).checkpoint
            root = merkle.root(row.size, tiles.TileHashes(memory, row.size))
        except VerifyError:
            yield Flaw("checkpoint_invalid", row.size)
            continue
        if (signed.size, signed.root) != (row.size, root) or row.root != root.hex():
            yield Flaw("log_root_differs", row.size, "checkpoint")
    if newest != state.size:
        yield Flaw("checkpoint_invalid", state.size, "newest")


def missing_guards(session: Session) -> list[str]:
    """Guards of the database that should stand and do not."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if sqlite
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    standing = set(session.scalars(sa.text(query)))
    wanted = {f"guard_{table}_{event}" for table, events in GUARDS.items() for event in events}
    return sorted(wanted - standing)
