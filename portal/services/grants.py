"""Grants: leave for a unit, a person or a procedure to open some records for one purpose, dated and counted.

The department gives them to organisations, a guardian for the own child; staff ask, and an administrator who did not
ask decides. Ended at once. The rule is `portal.permissions.may_use_grants`; `usable` is the same rule as a filter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import (
    AccessGrant,
    Account,
    GrantKind,
    GrantRecord,
    GrantState,
    RecordVersion,
    Scope,
    State,
    Transcript,
    Unit,
    YearRecordRow,
)
from portal.permissions import (
    GrantReach,
    GrantTerms,
    may_ask_for_grants,
    may_decide_grant,
    may_give_for_child,
    may_give_grants,
    may_use_grants,
)
from portal.services import telling
from portal.services.lookup import locked_years
from portal.services.opened import Look, Opened, refuse, show
from portal.services.organisation import day_of

MOST_RECORDS: Final = 1000
CASE_CHARACTERS: Final = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for or given. kind, scope: values of `GrantKind` and `Scope`.

    to: code of a unit, or username of a person. codes: lookup codes, each once.
    """

    kind: str
    to: str
    procedure: str | None
    scope: str
    first_year: str | None
    last_year: str | None
    purpose: str
    reference: str
    valid_from: date
    valid_to: date
    views: int | None
    codes: tuple[str, ...]


def write(session: Session, identity: Identity, wanted: Wanted, now: datetime) -> int:
    """Give it, where the person may give; else ask for it. Returns the grant's id.

    Raises NotFound for who may neither, Refused with GRANT_TO for a unit or person that is not there (staff ask for
    their own unit and themselves), GRANT_CODES for codes without a locked year, SUBJECT_RESTRICTED for a family that
    had the record closed.
    """
    records = _records(session, wanted.codes)
    for_child = bool(records) and all(may_give_for_child(identity, each) for each in records)
    gives = may_give_grants(identity) or for_child
    if not gives and not may_ask_for_grants(identity):
        raise NotFound
    unit_id, account_id = _to_whom(session, identity, wanted, gives=gives)
    if for_child and any(session.get_one(Transcript, each).restricted_at is not None for each in records):
        raise Refused(Problem.SUBJECT_RESTRICTED)
    if len(records) != len(wanted.codes):
        raise Refused(Problem.GRANT_CODES, found=str(len(records)), given=str(len(wanted.codes)))
    row = AccessGrant(
        kind=GrantKind(wanted.kind).value,
        unit_id=unit_id,
        account_id=account_id,
        procedure=wanted.procedure if wanted.kind == GrantKind.PROCEDURE.value else None,
        scope=Scope(wanted.scope).value,
        first_year=wanted.first_year,
        last_year=wanted.last_year,
        purpose=wanted.purpose,
        reference=wanted.reference,
        valid_from=wanted.valid_from,
        valid_to=wanted.valid_to,
        views_allowed=wanted.views,
        state=(GrantState.GIVEN if gives else GrantState.REQUESTED).value,
        by_guardian=for_child and not may_give_grants(identity),
        asked_by=identity.account_id,
        asked_at=now,
        decided_by=identity.account_id if gives else None,
        decided_at=now if gives else None,
    )
    session.add(row)
    session.flush()
    session.execute(sa.insert(GrantRecord), [{"grant_id": row.id, "transcript_id": each} for each in records])
    if not gives:
        telling.grant_asked(session, row.id, identity.account_id, now)
    return row.id


def decide(session: Session, identity: Identity, grant_id: int, *, give: bool, now: datetime) -> None:
    """Give or refuse what was asked for. Raises NotFound; decided twice, the first counts."""
    row = session.get(AccessGrant, grant_id)
    if row is None or not may_decide_grant(identity, row.asked_by):
        raise NotFound
    if row.state == GrantState.REQUESTED.value:
        row.state = (GrantState.GIVEN if give else GrantState.REFUSED).value
        row.decided_by, row.decided_at = identity.account_id, now
        session.flush()
        telling.grant_decided(session, row.id, row.state, row.asked_by, now)


def end(session: Session, identity: Identity, grant_id: int, now: datetime) -> None:
    """End a grant at once: an administrator any, a guardian those for the own child. Raises NotFound."""
    row = session.get(AccessGrant, grant_id)
    if row is None or not may_end(session, identity, row):
        raise NotFound
    if row.state == GrantState.GIVEN.value:
        row.state, row.ended_by, row.ended_at = GrantState.ENDED.value, identity.account_id, now
        session.flush()


def may_end(session: Session, identity: Identity, row: AccessGrant) -> bool:
    """Whether a person may end a grant."""
    if may_give_grants(identity):
        return True
    records = session.scalars(sa.select(GrantRecord.transcript_id).where(GrantRecord.grant_id == row.id))
    return row.by_guardian and all(may_give_for_child(identity, each) for each in records)


def open_record(
    session: Session, identity: Identity, grant_id: int, code: str, case: str, network: str, now: datetime
) -> Opened:
    """A record under a grant: counts the look and writes it with its purpose.

    case: of a procedure, the file for which the record is opened. Raises NotFound for whatever the grant does not open
    (ended, spent, of others, another record), Refused(GRANT_CASE) for a procedure without a case.
    """
    row, found = session.get(AccessGrant, grant_id), _on_list(session, grant_id, code)
    purpose = " ".join(part for part in (row.purpose, row.reference, case) if part) if row is not None else None
    look = Look(identity, f"grant:{grant_id}", purpose, network, now)
    reach = may_use_grants(identity, day_of(now))
    if row is None or found is None or found.restricted_at is not None or not _covered(session, row, reach):
        refuse(session, found.id if found is not None else None, look)
        raise NotFound
    if row.kind == GrantKind.PROCEDURE.value and len(case) < CASE_CHARACTERS:
        raise Refused(Problem.GRANT_CASE)
    versions = locked_years(session, found, row.first_year, row.last_year)
    if not versions or not _spend(session, row):
        refuse(session, found.id, look)
        raise NotFound
    telling.child_seen(session, found.id, row.id, now)
    return show(session, found, versions, Scope(row.scope), look)


def usable(reach: GrantReach) -> sa.ColumnElement[bool]:
    """The rule of `GrantReach.covers` as a condition on `AccessGrant`."""
    units = sa.select(Unit.id).where(Unit.code.in_(reach.units))
    return sa.and_(
        sa.or_(AccessGrant.account_id == reach.account_id, AccessGrant.unit_id.in_(units)),
        AccessGrant.state == GrantState.GIVEN.value,
        AccessGrant.valid_from <= reach.day,
        AccessGrant.valid_to >= reach.day,
        sa.or_(AccessGrant.views_allowed.is_(None), AccessGrant.views_used < AccessGrant.views_allowed),
    )


def terms_of(session: Session, row: AccessGrant) -> GrantTerms:
    """A grant as far as the rule asks."""
    unit = session.get_one(Unit, row.unit_id).code if row.unit_id is not None else None
    return GrantTerms(
        given=row.state == GrantState.GIVEN.value,
        unit_code=unit,
        account_id=row.account_id,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        spent=row.views_allowed is not None and row.views_used >= row.views_allowed,
    )


def _covered(session: Session, row: AccessGrant, reach: GrantReach) -> bool:
    return reach.covers(terms_of(session, row))


def _spend(session: Session, row: AccessGrant) -> bool:
    """Take one look; False when none is left or it was ended, also for two who come at once."""
    left = sa.or_(AccessGrant.views_allowed.is_(None), AccessGrant.views_used < AccessGrant.views_allowed)
    taken = (
        sa.update(AccessGrant)
        .where(AccessGrant.id == row.id, AccessGrant.state == GrantState.GIVEN.value, left)
        .values(views_used=AccessGrant.views_used + 1)
    )
    return session.connection().execute(taken).rowcount == 1


def _on_list(session: Session, grant_id: int, code: str) -> Transcript | None:
    return session.scalar(
        sa.select(Transcript)
        .join(GrantRecord, GrantRecord.transcript_id == Transcript.id)
        .where(GrantRecord.grant_id == grant_id, Transcript.lookup_code == code)
    )


def _records(session: Session, codes: Sequence[str]) -> tuple[int, ...]:
    """Ids of the transcripts with a locked year: of others nobody learns here that they are there (design §9.1)."""
    locked = (
        sa.exists()
        .where(YearRecordRow.transcript_id == Transcript.id)
        .where(RecordVersion.year_record_id == YearRecordRow.id, RecordVersion.state == State.LOCKED.value)
    )
    return tuple(session.scalars(sa.select(Transcript.id).where(Transcript.lookup_code.in_(codes), locked)))


def _to_whom(session: Session, identity: Identity, wanted: Wanted, *, gives: bool) -> tuple[int | None, int | None]:
    if wanted.kind == GrantKind.PERSON.value:
        account = session.scalar(sa.select(Account).where(Account.username == wanted.to.lower(), Account.active))
        if account is None or not (gives or account.id == identity.account_id):
            raise Refused(Problem.GRANT_TO)
        return None, account.id
    unit = session.scalar(sa.select(Unit).where(Unit.code == wanted.to, Unit.valid_to.is_(None)))
    if unit is None or not (gives or unit.code in may_ask_for_grants(identity)):
        raise Refused(Problem.GRANT_TO)
    return unit.id, None
