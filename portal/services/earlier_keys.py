"""Keys of the system before this one: proposed for a period that is over, confirmed by a second official, never more.

They authorise records of earlier years only; a new packet is judged by the registry, which they never enter.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import EarlierKey, EarlierYear, KeyProposal, ProposalKind, RecordSignature, RecordVersion, Unit
from portal.services import registry
from portal.services.certificate_files import read_certificate
from portal.services.certificates import roles_of
from portal.services.examinations import Examination
from portal.services.key_proposals import VIETNAM, end_of, keep_waiting, new_proposal, require_official, start_of
from portal.services.organisation import unit as unit_of
from verify.canonical import sha256
from verify.signing import Role

_ONE_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class EarlierKeyView:
    """A recognised key. valid_from, valid_to: first moment, and first moment after the period; the same: for none.

    proposal_id: through which two officials recognised it. records: of earlier years that this key signed.
    """

    id: int
    unit_name: str
    role: Role
    holder: str
    valid_from: datetime
    valid_to: datetime
    log_index: int
    proposal_id: int | None
    records: int

    @property
    def counts(self) -> bool:
        """Whether there is a day for which it counts."""
        return self.valid_from < self.valid_to


def period_of(first_day: date, last_day: date) -> tuple[datetime, datetime]:
    """The first and the last moment of days of the province."""
    return start_of(first_day), end_of(last_day) - _ONE_SECOND


def propose_earlier_key(
    session: Session,
    identity: Identity,
    unit_code: str,
    role: Role,
    examined: Examination,
    first_day: date,
    last_day: date,
    decision: str,
    now: datetime,
) -> int:
    """Propose that a certificate signed for a unit in a role in a period that is over; returns the proposal's number.

    Raises NotFound; Refused with CERTIFICATE_REFUSED, WRONG_ROLE, KEY_REGISTERED, PERIOD_NOT_PAST or PROPOSAL_WAITS.
    """
    require_official(identity)
    unit = unit_of(session, unit_code)
    if role not in roles_of(unit):
        raise Refused(Problem.WRONG_ROLE)
    if not (examined.past and examined.holds):
        raise Refused(Problem.CERTIFICATE_REFUSED)
    if last_day < first_day or end_of(last_day) > now:
        raise Refused(Problem.PERIOD_NOT_PAST)
    if registry.earlier_key(session, unit, role, sha256(examined.certificate)) is not None:
        raise Refused(Problem.KEY_REGISTERED)
    made = new_proposal(identity, unit, role, ProposalKind.EARLIER, examined.certificate, decision, now)
    made.first_day, made.last_day = first_day, last_day
    return keep_waiting(session, made, now)


def propose_earlier_end(
    session: Session, identity: Identity, key_id: int, last_day: date | None, decision: str, now: datetime
) -> int:
    """Propose that a recognised key counts up to a day only, or with None for no day: it was recognised by mistake.

    Raises NotFound; Refused with KEY_ENDED or PROPOSAL_WAITS.
    """
    require_official(identity)
    entry = session.get(EarlierKey, key_id)
    if entry is None:
        raise NotFound
    valid_to = end_of(last_day) if last_day is not None else entry.valid_from
    if not entry.valid_from <= valid_to < registry.earlier_end(session, entry):
        raise Refused(Problem.KEY_ENDED)
    unit = session.get_one(Unit, entry.unit_id)
    made = new_proposal(identity, unit, Role(entry.role), ProposalKind.END_EARLIER, entry.certificate, decision, now)
    made.first_day, made.last_day = entry.valid_from.astimezone(VIETNAM).date(), last_day
    return keep_waiting(session, made, now)


def earlier_key(session: Session, identity: Identity, key_id: int) -> EarlierKeyView:
    """One recognised key; raises NotFound, for who is no official too."""
    found = next((held for held in earlier_keys(session, identity) if held.id == key_id), None)
    if found is None:
        raise NotFound
    return found


def earlier_keys(session: Session, identity: Identity) -> tuple[EarlierKeyView, ...]:
    """Every recognised key, the newest first; raises NotFound for who is no official of the department."""
    require_official(identity)
    signed = (
        sa.select(sa.func.count())
        .select_from(RecordSignature)
        .join(EarlierYear, EarlierYear.version_id == RecordSignature.version_id)
        .join(RecordVersion, RecordVersion.id == RecordSignature.version_id)
        .where(
            RecordSignature.certificate_sha256 == EarlierKey.certificate_sha256,
            RecordSignature.role == EarlierKey.role,
            RecordVersion.issuing_unit_id == EarlierKey.unit_id,
        )
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(EarlierKey, Unit.name, KeyProposal.id, signed)
        .join(Unit, Unit.id == EarlierKey.unit_id)
        .outerjoin(
            KeyProposal,
            (KeyProposal.log_index == EarlierKey.log_index) & (KeyProposal.kind == ProposalKind.EARLIER.value),
        )
        .order_by(EarlierKey.id.desc())
    )
    return tuple(
        EarlierKeyView(
            id=entry.id,
            unit_name=name,
            role=Role(entry.role),
            holder=read_certificate(entry.certificate).facts.subject,
            valid_from=entry.valid_from,
            valid_to=registry.earlier_end(session, entry),
            log_index=entry.log_index,
            proposal_id=proposal,
            records=records,
        )
        for entry, name, proposal, records in rows
    )
