"""The round that logs the ledger's head once a day: beside the inventory, in whichever process comes first."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from portal.database import reading
from portal.services import ledger_heads
from verify.log import notes
from verify.log.commitments import SALT_BYTES

EVERY_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class HeadDesk:
    """With what heads are logged. signer: of the log. clock: UTC."""

    engine: sa.Engine
    signer: notes.Signer
    clock: Callable[[], datetime]


def keep_head(desk: HeadDesk) -> None:
    """One round that never raises; what could not be done is tried again in the next."""
    try:
        made = log_head(desk)
    except Exception as error:  # noqa: BLE001 - the next round may find the database again, or the log released
        structlog.get_logger().error("ledger.head_not_logged", error=type(error).__name__)
        return
    if made is not None:
        structlog.get_logger().info("ledger.head_logged", log_index=made)


def log_head(desk: HeadDesk) -> int | None:
    """Log the head when one is due; the index of its leaf, None when none is."""
    with Session(reading(desk.engine)) as session, session.begin():
        if not ledger_heads.due(session, desk.clock()):
            return None
    with Session(desk.engine) as session, session.begin():
        kept = ledger_heads.keep(session, desk.signer, lambda: secrets.token_bytes(SALT_BYTES), desk.clock())
        return None if kept is None else kept.log_index
