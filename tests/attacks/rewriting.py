"""What a thief with the database and the log's own key can do: another history, whole in itself, no guard missing."""

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import (
    LogCheckpoint,
    LogContradiction,
    LogCosignature,
    LogEntry,
    LogHead,
    LogTile,
    LogWitnessed,
    RecordVersion,
)
from tests.instances import DemoInstance
from tests.sabotage import silently
from tests.verify.log.memory import MemoryTiles
from verify.log import checkpoint, leaves, merkle, notes, tiles

YEAR_BEFORE = b'"effective_at":"2025-'


def backdate(instance: DemoInstance) -> int:
    """Put the newest locked record in force a year earlier, in table and log; returns the index of its entry.

    The school's signatures stay true, the commitment still opens: nothing within the database contradicts it.
    """
    with silently(instance.settings) as session:
        version = session.scalars(
            sa.select(RecordVersion).where(RecordVersion.state == "locked").order_by(RecordVersion.id.desc()).limit(1)
        ).one()
        assert version.log_index is not None
        assert version.effective_at is not None
        index, earlier = version.log_index, version.effective_at.replace(year=version.effective_at.year - 1)
        session.execute(sa.update(RecordVersion).where(RecordVersion.id == version.id).values(effective_at=earlier))
        rewrite(session, index, _backdated, instance.runtime.log_signer)
    return index


def _backdated(leaf: bytes) -> bytes:
    changed = leaf.replace(b'"effective_at":"2026-', YEAR_BEFORE)
    assert changed != leaf
    leaves.from_bytes(changed)
    return changed


def rewrite(session: Session, index: int, change: Callable[[bytes], bytes], signer: notes.Signer) -> None:
    """Replace an entry, then make every tile, checkpoint and the head again, signed with the true key.

    What witnesses had signed no longer fits, so it goes.
    """
    entry = session.get_one(LogEntry, index)
    session.execute(sa.update(LogEntry).where(LogEntry.index == index).values(leaf=change(entry.leaf)))
    for model in (LogCosignature, LogWitnessed, LogContradiction, LogTile):
        session.execute(sa.delete(model))
    hashes = [merkle.leaf_hash(leaf) for leaf in session.scalars(sa.select(LogEntry.leaf).order_by(LogEntry.index))]
    store, size, root = MemoryTiles(), 0, merkle.EMPTY_ROOT
    for held in session.scalars(sa.select(LogCheckpoint).order_by(LogCheckpoint.size)).all():
        made = tiles.append(size, hashes[size : held.size], store)
        store.store(made.tiles)
        size, root = made.size, made.root
        session.add_all(
            LogTile(level=tile.level, index=tile.index, width=tile.width, hashes=tile.data) for tile in made.tiles
        )
        signed = checkpoint.Checkpoint(signer.verifier.name, size, root)
        note = checkpoint.sign(signed, signer, int(held.created_at.timestamp()))
        session.execute(sa.update(LogCheckpoint).where(LogCheckpoint.size == size).values(root=root.hex(), note=note))
    session.execute(sa.update(LogHead).values(root=root.hex()))
