"""What the audit asks of stamps and minutes: each is still over what it was made for, and says what its row says.

Without the roots of the authorities: whether they are to be believed is asked by `hocba timestamps check`.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import Blob, LockMinutes, LogCheckpoint, LogTimestamp
from portal.services.log_audit import Flaw
from verify.canonical import sha256
from verify.timestamps import imprint_of, stated


def flaws(session: Session) -> Iterator[Flaw]:
    """Everything about stamps and minutes that does not hold."""
    rows = session.execute(
        sa.select(LogTimestamp, LogCheckpoint.note)
        .outerjoin(LogCheckpoint, LogCheckpoint.size == LogTimestamp.size)
        .order_by(LogTimestamp.id)
    )
    for row, note in rows.yield_per(256):
        subject = note if row.renewed is None else row.renewed
        if subject is None or stated(row.reply, imprint_of(subject)) != row.stamped_at:
            yield Flaw("timestamp_differs", detail=str(row.id))
    files = session.execute(
        sa.select(LockMinutes.id, LockMinutes.pdf_sha256, Blob.data).outerjoin(
            Blob, Blob.sha256 == LockMinutes.pdf_sha256
        )
    )
    for number, digest, data in files.yield_per(8):
        if data is None or sha256(data) != digest:
            yield Flaw("minutes_changed", detail=str(number))
