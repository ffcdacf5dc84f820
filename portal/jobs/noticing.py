"""Looking, once an hour, for what comes with the days; each is told once, whichever process looks first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from portal.database import reading
from portal.services import mail_outbox, notice_rounds, notices
from portal.services.custody_days import DayLimits
from verify.anchors import TrustStore

EVERY_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True)
class NoticeDesk:
    """With what one looks. trust: roots and revocation lists that hold at a moment. clock: UTC."""

    engine: sa.Engine
    trust: Callable[[datetime], TrustStore]
    limits: DayLimits
    clock: Callable[[], datetime]


def look(desk: NoticeDesk) -> None:
    """Tell whoever was not told yet, and forget what is long past."""
    now = desk.clock()
    trust = desk.trust(now)
    with Session(reading(desk.engine)) as session:
        due = notice_rounds.due(session, trust, desk.limits, now)
    with Session(desk.engine) as session, session.begin():
        notices.tell_each(session, due, now)
        mail_outbox.forget(session, now)


def keep_noticing(desk: NoticeDesk) -> None:
    """One round that never raises; the next one tells what this one did not."""
    try:
        look(desk)
    except Exception as error:  # noqa: BLE001 - the next round may find the database again
        structlog.get_logger().error("notices.not_looked", error=type(error).__name__)
