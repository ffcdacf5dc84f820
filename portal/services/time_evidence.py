"""The stamp that proves since when a leaf of the log exists, as the trust core wants it."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import LogCheckpoint, LogTimestamp
from portal.services import log
from verify.existence import TimeEvidence
from verify.log import merkle, receipt, tiles
from verify.timestamps import Kept


def time_evidence(session: Session, index: int) -> TimeEvidence | None:
    """The earliest stamp on a checkpoint that covers a leaf, with every renewal; None while there is none."""
    found = session.execute(
        sa.select(LogTimestamp, LogCheckpoint.size, LogCheckpoint.note)
        .join(LogCheckpoint, LogCheckpoint.size == LogTimestamp.size)
        .where(LogTimestamp.size > index)
        .order_by(LogTimestamp.stamped_at, LogTimestamp.id)
        .limit(1)
    ).one_or_none()
    if found is None:
        return None
    row, size, note = found
    proof = merkle.inclusion_proof(index, size, tiles.TileHashes(log.StoredTiles(session), size))
    renewals = session.scalars(
        sa.select(LogTimestamp)
        .where(LogTimestamp.renewed.is_not(None), LogTimestamp.id > row.id)
        .order_by(LogTimestamp.id)
    )
    return TimeEvidence(
        receipt=receipt.build(receipt.Receipt(index, proof, note)),
        stamp=Kept(row.id, note, row.reply, row.authority),
        renewals=tuple(Kept(each.id, each.renewed or b"", each.reply, each.authority) for each in renewals),
    )
