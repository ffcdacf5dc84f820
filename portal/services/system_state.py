"""How the system itself is doing, for the department's home: a handful of counts, none of them over records."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import Alarm, BackupTaken, CardCount, KeyAuthorisation, Notice, NoticeKind
from portal.permissions import may_see_system
from portal.services import jobs, mail_outbox
from portal.services.mail_outbox import Backlog
from portal.services.organisation import day_of
from portal.services.timestamp_overview import TimeOverview, time_overview
from portal.services.witness_overview import LogOverview, overview
from verify.log.policy import WitnessPolicy
from verify.timestamps import StampPolicy

_MISSED = "not_found"


@dataclass(frozen=True, slots=True)
class SystemState:
    """queue_minutes: how long the oldest job has waited. backup_at: None before the first. missed: lookups of today
    that found nothing. alarms: that nobody has looked into. keys: that end within 60 days, as the person was told.
    """

    queue: int
    queue_minutes: int
    backup_at: datetime | None
    missed: int
    alarms: int
    witnesses: LogOverview
    stamps: TimeOverview
    keys: int
    mail: Backlog


def is_shown(identity: Identity | None) -> bool:
    """Whether a person looks after the system."""
    return may_see_system(identity)


def state(
    session: Session, identity: Identity, witnesses: WitnessPolicy, origin: str, stamps: StampPolicy, now: datetime
) -> SystemState:
    """The state at this moment. Raises NotFound for who does not look after it."""
    if not may_see_system(identity):
        raise NotFound
    queue, minutes = jobs.waiting(session, now)
    missed = sa.select(CardCount.count).where(CardCount.day == day_of(now), CardCount.outcome == _MISSED)
    unseen = sa.select(sa.func.count()).select_from(Alarm).where(Alarm.seen_at.is_(None))
    return SystemState(
        queue=queue,
        queue_minutes=minutes,
        backup_at=session.scalar(sa.select(sa.func.max(BackupTaken.taken_at))),
        missed=session.scalar(missed) or 0,
        alarms=session.execute(unseen).scalar_one(),
        witnesses=overview(session, witnesses, origin),
        stamps=time_overview(session, stamps, now),
        keys=_keys(session, identity, now),
        mail=mail_outbox.backlog(session, now),
    )


def _keys(session: Session, identity: Identity, now: datetime) -> int:
    """From the notices that the rounds have written: reading two thousand certificates is not for every look home."""
    told = (
        sa.select(sa.func.count(sa.distinct(Notice.subject)))
        .join(KeyAuthorisation, KeyAuthorisation.id == Notice.subject)
        .where(
            Notice.account_id == identity.account_id,
            Notice.kind == NoticeKind.KEY_ENDS.value,
            Notice.detail >= day_of(now).isoformat(),
            sa.or_(KeyAuthorisation.valid_to.is_(None), KeyAuthorisation.valid_to > now),
        )
    )
    return session.execute(told).scalar_one()
