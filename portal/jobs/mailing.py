"""A round of mail: make what is due from notices, hand it to the server, say what came of it.

Runs beside the keeper of jobs in every serving process; a mail is sent by whoever claimed it, outside of any
transaction. Without a server nothing is made, and notices wait in the portal alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from portal.jobs.smtp import Handed, Post, Server
from portal.services import mail_outbox
from portal.services.mail_outbox import Outgoing
from portal.services.mail_texts import Writer, message

EVERY_SECONDS: Final = 30.0
# A round ends, so that a stop of the process need not wait for a long queue.
_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class MailDesk:
    """With what mail is sent. server: None while mail is off. clock: UTC."""

    engine: sa.Engine
    server: Server | None
    writer: Writer
    clock: Callable[[], datetime]


def keep_mailing(desk: MailDesk) -> None:
    """One round that never raises; what it did not reach is reached in the next."""
    try:
        send_due(desk)
    except Exception as error:  # noqa: BLE001 - the next round may find the database again
        structlog.get_logger().error("mail.not_kept", error=type(error).__name__)


def send_due(desk: MailDesk) -> int:
    """Make and send what is due; returns how many the server took."""
    if desk.server is None:
        return 0
    with Session(desk.engine) as session, session.begin():
        mail_outbox.gather(session, desk.writer.domain, desk.clock())
    taken = 0
    with Post(desk.server) as post:
        for _ in range(_MOST):
            with Session(desk.engine) as session, session.begin():
                held = mail_outbox.claim(session, desk.clock())
            if held is None:
                break
            came = post.hand(message(desk.writer, held))
            _keep(desk, held, came)
            taken += came is Handed.TAKEN
            if came is Handed.UNREACHED:
                break
    return taken


def _keep(desk: MailDesk, held: Outgoing, came: Handed) -> None:
    with Session(desk.engine) as session, session.begin():
        if came is Handed.TAKEN:
            mail_outbox.sent(session, held, desk.clock())
            return
        waits = False
        if came in (Handed.NEVER, Handed.NOBODY):
            mail_outbox.refused(session, held, nobody=came is Handed.NOBODY, now=desk.clock())
        else:
            waits = mail_outbox.put_back(session, held, desk.clock())
    level = structlog.get_logger().warning if waits else structlog.get_logger().error
    level("mail.failed", mail=held.id, attempt=held.attempt, came=came.value, gave_up=not waits)
