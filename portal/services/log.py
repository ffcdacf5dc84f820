"""The transparency log in the database: one sequencer, tiles, checkpoints, receipts.

Appending takes the one row of `log_head` first, so that several processes queue there: no gaps, no forks. The
entries, tiles, head and checkpoint of a batch are written in the caller's transaction, beside what they attest.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Fault, Problem
from portal.models import LogCheckpoint, LogCosignature, LogEntry, LogHead, LogTile, LogWitnessed
from portal.services import restoration
from verify.log import checkpoint, merkle, notes, receipt, tiles

HEAD_ID = 1
EMPTY_ROOT = merkle.root_of([]).hex()


class StoredTiles:
    """Tiles of the database as a `TileReader`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self, level: int, index: int, width: int) -> bytes:
        """The first `width` hashes of a tile, 32 bytes each; empty where none is stored."""
        return tile(self._session, level, index, width) or b""


def create(session: Session) -> None:
    """Make the empty log of a new instance."""
    session.add(LogHead(id=HEAD_ID, size=0, root=EMPTY_ROOT))
    session.flush()


def exists(session: Session) -> bool:
    """Whether the log was made."""
    return session.get(LogHead, HEAD_ID) is not None


def append(session: Session, leaves: Sequence[bytes], signer: notes.Signer, now: datetime) -> int:
    """Add leaves in one batch and sign the new head; returns the index of the first.

    leaves: canonical bytes (`verify.log.leaves.to_bytes`). The caller's transaction commits all or nothing. Raises
    Refused(LOG_HELD) while a restored log was not compared with what outsiders saw.
    """
    head = locked_head(session)
    restoration.require_settled(session)
    first = head.size
    appended = tiles.append(first, [merkle.leaf_hash(leaf) for leaf in leaves], StoredTiles(session))
    session.execute(
        sa.insert(LogEntry), [{"index": first + offset, "leaf": leaf} for offset, leaf in enumerate(leaves)]
    )
    session.execute(
        sa.insert(LogTile),
        [{"level": t.level, "index": t.index, "width": t.width, "hashes": t.data} for t in appended.tiles],
    )
    head.size, head.root = appended.size, appended.root.hex()
    signed = checkpoint.Checkpoint(signer.verifier.name, appended.size, appended.root)
    note = checkpoint.sign(signed, signer, int(now.timestamp()))
    session.add(LogCheckpoint(size=appended.size, root=head.root, note=note, created_at=now))
    session.flush()
    return first


def newest_checkpoint(session: Session) -> bytes | None:
    """The newest signed checkpoint with what witnesses put under it so far, or None for an empty log."""
    newest = session.execute(
        sa.select(LogCheckpoint.size, LogCheckpoint.note).order_by(LogCheckpoint.size.desc()).limit(1)
    ).one_or_none()
    if newest is None:
        return None
    size, note = newest
    lines = session.scalars(
        sa.select(LogCosignature.line).where(LogCosignature.size == size).order_by(LogCosignature.id)
    )
    return b"".join((note, *lines))


def newest_at(session: Session) -> datetime | None:
    """When the newest checkpoint was made, by our clock of that moment."""
    return session.scalar(sa.select(LogCheckpoint.created_at).order_by(LogCheckpoint.size.desc()).limit(1))


def newest_witnessed(session: Session) -> bytes | None:
    """The newest checkpoint that reached the quorum, with the lines that made it so; None when none did."""
    return session.scalar(
        sa.select(LogWitnessed.note).order_by(LogWitnessed.policy_id.desc(), LogWitnessed.size.desc()).limit(1)
    )


def receipt_of(session: Session, index: int) -> bytes:
    """The receipt of a leaf (decision 0015).

    Under the first checkpoint that covers it and reached the quorum of the newest policy, for which one did: the same
    bytes from then on. Before that, and where no witness is asked, under the first that covers it.
    """
    covering = witnessed_cover(session, index) or _first_cover(session, index)
    if covering is None:
        raise Fault(Problem.NOT_FOUND, what="checkpoint")
    size, note = covering
    proof = merkle.inclusion_proof(index, size, tiles.TileHashes(StoredTiles(session), size))
    return receipt.build(receipt.Receipt(index, proof, note))


def witnessed_cover(session: Session, index: int) -> tuple[int, bytes] | None:
    """Size and note of the witnessed checkpoint under which a leaf's receipt stands; None while there is none."""
    row = session.execute(
        sa.select(LogWitnessed.size, LogWitnessed.note)
        .where(LogWitnessed.size > index)
        .order_by(LogWitnessed.policy_id.desc(), LogWitnessed.size)
        .limit(1)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def _first_cover(session: Session, index: int) -> tuple[int, bytes] | None:
    row = session.execute(
        sa.select(LogCheckpoint.size, LogCheckpoint.note)
        .where(LogCheckpoint.size > index)
        .order_by(LogCheckpoint.size)
        .limit(1)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def leaf(session: Session, index: int) -> bytes:
    """The bytes of an entry."""
    return session.get_one(LogEntry, index).leaf


def tile(session: Session, level: int, index: int, width: int) -> bytes | None:
    """The first `width` hashes of a tile, cut from the narrowest stored one that has them; None if there is none."""
    hashes = session.scalar(
        sa.select(LogTile.hashes)
        .where(LogTile.level == level, LogTile.index == index, LogTile.width >= width)
        .order_by(LogTile.width)
        .limit(1)
    )
    return None if hashes is None else hashes[: width * merkle.HASH_BYTES]


def entries(session: Session, index: int, width: int) -> bytes | None:
    """A bundle of entries (C2SP tlog-tiles); None when the log is shorter."""
    first = index * tiles.WIDTH
    rows = session.scalars(
        sa.select(LogEntry.leaf).where(LogEntry.index >= first, LogEntry.index < first + width).order_by(LogEntry.index)
    ).all()
    return tiles.bundle(rows) if len(rows) == width else None


def locked_head(session: Session) -> LogHead:
    """The head, held until the transaction ends: whoever appends waits here."""
    head = session.scalar(sa.select(LogHead).where(LogHead.id == HEAD_ID).with_for_update())
    if head is None:
        raise Fault(Problem.NOT_INITIALISED, what="log")
    return head
