"""The round that makes the inventory when one is due: beside the keeper of jobs, in whichever process comes first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from portal.database import reading
from portal.services import inventory
from portal.services.inventory import Kept
from verify.log import notes

EVERY_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class InventoryDesk:
    """With what inventories are made. signer: of the log. clock: UTC."""

    engine: sa.Engine
    signer: notes.Signer
    clock: Callable[[], datetime]


def keep_inventory(desk: InventoryDesk) -> None:
    """One round that never raises; what could not be done is tried again in the next."""
    try:
        made = make_inventory(desk)
    except Exception as error:  # noqa: BLE001 - the next round may find the database again, or the log released
        structlog.get_logger().error("inventory.not_made", error=type(error).__name__)
        return
    if made is not None:
        structlog.get_logger().info("inventory.made", day=made.day.isoformat(), size=made.size, count=made.count)


def make_inventory(desk: InventoryDesk, *, again: bool = False) -> Kept | None:
    """Make an inventory when one is due; None when none is. again: also when none is due.

    No writing transaction is open while the records are read.
    """
    with Session(reading(desk.engine)) as session, session.begin():
        if not again and not inventory.due(session, desk.clock()):
            return None
        seen = inventory.survey(session)
    with Session(desk.engine) as session, session.begin():
        return inventory.keep(session, seen, desk.signer, desk.clock(), again=again)
