"""For the home page: what the schools of a person do, and which proposals wait for them as the second official."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.identity import Identity
from portal.models import (
    PRIMARY_KINDS,
    Correction,
    CorrectionState,
    KeyProposal,
    LockProposal,
    LockState,
    PeopleProposal,
    ProposalState,
    Unit,
    UnitKind,
)
from portal.permissions import (
    may_close_accounts,
    may_correct,
    may_import_for_schools,
    may_propose_keys,
    may_propose_locks,
)
from portal.services.people_proposals import waits

_SECONDARY = (UnitKind.LOWER_SECONDARY.value, UnitKind.COMBINED.value)


@dataclass(frozen=True, slots=True)
class Schools:
    """What the schools of a clerk or head do: bring in primary classes, receive pupils into grade 6."""

    primary: bool
    receiving: bool


@dataclass(frozen=True, slots=True)
class Confirmations:
    """How many proposals of others this person may confirm now."""

    locks: int
    keys: int
    people: int
    corrections: int


def schools_of(session: Session, identity: Identity) -> Schools:
    """By the kind of each unit for which a person brings in records."""
    codes = may_import_for_schools(identity)
    kinds = set(session.scalars(sa.select(Unit.kind).where(Unit.code.in_(codes)))) if codes else set()
    return Schools(not kinds.isdisjoint(PRIMARY_KINDS), not kinds.isdisjoint(_SECONDARY))


def confirmations(session: Session, identity: Identity, now: datetime) -> Confirmations:
    """Never what the person proposed, nor what is about them; none for who confirms nothing."""

    def count(
        condition: sa.ColumnElement[bool], proposer: InstrumentedAttribute[int] | InstrumentedAttribute[int | None]
    ) -> int:
        wanted = sa.select(sa.func.count()).where(condition, proposer != identity.account_id)
        return session.execute(wanted).scalar_one()

    lock = sa.and_(LockProposal.state == LockState.WAITING.value, LockProposal.expires_at > now)
    key = sa.and_(KeyProposal.state == ProposalState.WAITING.value, KeyProposal.expires_at > now)
    person = sa.and_(waits(now), PeopleProposal.account_id != identity.account_id)
    correction = sa.and_(Correction.state == CorrectionState.WAITING.value, Correction.expires_at > now)
    return Confirmations(
        locks=count(lock, LockProposal.proposed_by) if may_propose_locks(identity) else 0,
        keys=count(key, KeyProposal.proposed_by) if may_propose_keys(identity) else 0,
        people=count(person, PeopleProposal.proposed_by) if may_close_accounts(identity) else 0,
        corrections=count(correction, Correction.proposed_by) if may_correct(identity) else 0,
    )
