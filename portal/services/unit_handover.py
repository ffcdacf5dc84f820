"""What becomes of a unit's open business when it ends, done and counted in the act's transaction.

The rules stand in docs/decisions/0034. In short: records keep the issuer and the name of their day; what was accepted
locks as it is; what was not accepted is withdrawn, for nobody could sign it any more; custody of every pupil goes to
the one unit that keeps the records; people, keys and files of the unit end with it.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import (
    ApiKey,
    AppointmentRow,
    KeyAuthorisation,
    RecordVersion,
    State,
    Transcript,
    Unit,
)
from portal.services import registry, uploads
from portal.services.key_proposals import END_LEEWAY
from portal.services.life import Act, states_of
from portal.services.transitions import change_state
from verify.log import notes

UNFINISHED: Final = states_of(Act.END_WITH_UNIT)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Consequences:
    """What the end of units moves, in numbers.

    pupils: transcripts whose custody moves. withdrawn: records that were not accepted. accepted: records that lock as
    they are. people: appointments. keys: certificates that sign no more. api_keys: of school software. uploads: files
    that nobody confirmed. children: units below that get another parent.
    """

    pupils: int = 0
    withdrawn: int = 0
    accepted: int = 0
    people: int = 0
    keys: int = 0
    api_keys: int = 0
    uploads: int = 0
    children: int = 0

    def __add__(self, other: "Consequences") -> "Consequences":
        mine, theirs = self.as_json(), other.as_json()
        return Consequences(**{name: mine[name] + theirs[name] for name in mine})

    def as_json(self) -> dict[str, int]:
        return asdict(self)


def hand_over(
    session: Session,
    ending: Unit,
    custodian: Unit,
    effective_on: date,
    *,
    reason: str,
    actor: str,
    log_signer: notes.Signer,
    now: datetime,
) -> Consequences:
    """End a unit's open business and give its records into another's custody; its row is held by the caller.

    reason: stands in the history of every record that is withdrawn. Children are the caller's: they move by the act.
    """
    moved = session.execute(
        sa.update(Transcript)
        .where(Transcript.managing_unit_id == ending.id)
        .values(managing_unit_id=custodian.id)
        .returning(Transcript.id)
    ).all()
    accepted = sa.select(sa.func.count()).where(
        RecordVersion.issuing_unit_id == ending.id, RecordVersion.state == State.ACCEPTED.value
    )
    return Consequences(
        pupils=len(moved),
        withdrawn=_withdraw(session, ending, reason, actor, now),
        accepted=session.scalars(accepted).one(),
        people=_end_appointments(session, ending, effective_on),
        keys=_end_keys(session, ending, log_signer, now),
        api_keys=_revoke(session, ending, now),
        uploads=uploads.forget_of(session, ending.id, now),
    )


def _withdraw(session: Session, ending: Unit, reason: str, actor: str, now: datetime) -> int:
    held = session.scalars(
        sa.select(RecordVersion)
        .where(RecordVersion.issuing_unit_id == ending.id, RecordVersion.state.in_(UNFINISHED))
        .order_by(RecordVersion.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for version in held:
        change_state(session, version, Act.END_WITH_UNIT, actor=actor, reason=reason, now=now)
    return len(held)


def _end_appointments(session: Session, ending: Unit, effective_on: date) -> int:
    held = session.scalars(_appointments(ending, effective_on)).all()
    for row in held:
        row.valid_to = effective_on - _DAY
    return len(held)


def _end_keys(session: Session, ending: Unit, log_signer: notes.Signer, now: datetime) -> int:
    """A key never ends before it is said so in the log, nor before it begins (decision 0011)."""
    held = session.scalars(_keys(ending, now).order_by(KeyAuthorisation.id).with_for_update()).all()
    last = now.replace(microsecond=0) + END_LEEWAY
    for entry in held:
        registry.end_key(session, entry, max(last, entry.valid_from), log_signer, now)
    return len(held)


def _revoke(session: Session, ending: Unit, now: datetime) -> int:
    held = session.scalars(_api_keys(ending, now)).all()
    for key in held:
        key.revoked_at = now
    return len(held)


def _appointments(ending: Unit, effective_on: date) -> sa.Select[AppointmentRow]:
    return sa.select(AppointmentRow).where(
        AppointmentRow.unit_id == ending.id,
        sa.or_(AppointmentRow.valid_to.is_(None), AppointmentRow.valid_to >= effective_on),
    )


def _keys(ending: Unit, now: datetime) -> sa.Select[KeyAuthorisation]:
    last = now.replace(microsecond=0) + END_LEEWAY
    return sa.select(KeyAuthorisation).where(
        KeyAuthorisation.unit_id == ending.id,
        sa.or_(KeyAuthorisation.valid_to.is_(None), KeyAuthorisation.valid_to > last),
    )


def _api_keys(ending: Unit, now: datetime) -> sa.Select[ApiKey]:
    return sa.select(ApiKey).where(ApiKey.unit_id == ending.id, ApiKey.revoked_at.is_(None), ApiKey.expires_at > now)
