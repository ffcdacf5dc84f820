"""Acts after the lock as people see them: the department all, a school those on records that it issued or manages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import (
    Account,
    Correction,
    CorrectionKind,
    CorrectionState,
    RecordStanding,
    RecordVersion,
    State,
    Transcript,
    Unit,
    YearRecordRow,
)
from portal.permissions import UnitScope, may_confirm_correction, may_correct, may_see_corrections
from portal.services import blobs
from portal.services.corrections import LARGEST_ID, Second, brought, closing_state, department_code, second_look

# How long the home page of a school tells what has happened to one of its records.
NEWS: Final = timedelta(days=30)
PAGE_ROWS: Final = 50
_SHOWN_TO_SCHOOLS: Final = frozenset(
    state.value for state in (CorrectionState.OPEN, CorrectionState.CONFIRMED, CorrectionState.EFFECTIVE)
)


@dataclass(frozen=True, slots=True)
class CaseView:
    """An act with the names of who acted. state: as it is now, so one past its days has expired.

    version: that is acted upon; new_version, new_state: of the corrected one, as far as the school has come. closes_as:
    what closing it would make of it by the asking person, None: cannot. official: the asking person may decide.
    """

    id: int
    kind: CorrectionKind
    state: CorrectionState
    code: str
    full_name: str
    class_name: str
    school_year: str
    version: int
    issuer: str
    school: str
    decision: str
    decided_on: date
    file_name: str
    file_sha256: str
    reason: str
    note: str | None
    opener: str
    opened_at: datetime
    expires_at: datetime
    proposer: str | None
    proposed_at: datetime | None
    decider: str | None
    decided_at: datetime | None
    due_at: datetime | None
    closer: str | None
    closed_at: datetime | None
    closing: str | None
    effective_at: datetime | None
    log_index: int | None
    new_version: int | None
    new_state: State | None
    mine: bool
    may_confirm: bool
    official: bool
    closes_as: CorrectionState | None

    @property
    def ready(self) -> bool:
        """Whether the corrected version may be proposed."""
        return self.state is CorrectionState.OPEN and self.new_state is State.ACCEPTED


@dataclass(frozen=True, slots=True)
class CasePage:
    """A page of the list. page: from 1."""

    rows: tuple[CaseView, ...]
    total: int
    page: int
    pages: int


def cases(session: Session, identity: Identity, page: int, now: datetime) -> CasePage:
    """Acts within reach, the newest first. Raises NotFound for who sees none ever."""
    where = _within(session, identity)
    total = session.execute(sa.select(sa.func.count()).select_from(_joined().where(where).subquery())).scalar_one()
    pages = max(1, -(-total // PAGE_ROWS))
    page = min(max(page, 1), pages)
    chosen = _statement().where(where).order_by(Correction.id.desc()).limit(PAGE_ROWS).offset((page - 1) * PAGE_ROWS)
    return CasePage(_views(session, identity, chosen, now), total, page, pages)


def case(session: Session, identity: Identity, correction_id: int, now: datetime) -> CaseView:
    """One act. Raises NotFound for who may not see it."""
    if not 0 < correction_id <= LARGEST_ID:
        raise NotFound
    where = _within(session, identity)
    found = _views(session, identity, _statement().where(where, Correction.id == correction_id), now)
    if not found:
        raise NotFound
    return found[0]


def look(session: Session, identity: Identity, correction_id: int, now: datetime) -> Second:
    """What would take effect, or did: for whoever may see the act. Raises NotFound."""
    case(session, identity, correction_id, now)
    return second_look(session, session.get_one(Correction, correction_id))


def paper_of(session: Session, identity: Identity, correction_id: int, now: datetime) -> tuple[bytes, str]:
    """The decision's file and its name, for whoever may see the act. Raises NotFound."""
    seen = case(session, identity, correction_id, now)
    return blobs.get(session, seen.file_sha256), seen.file_name


def news(session: Session, identity: Identity | None, now: datetime) -> int:
    """How many acts a school should look at: cases that wait for it, and what was decided lately."""
    scope = may_see_corrections(identity)
    if scope.nothing or scope.everything:
        return 0
    recent = sa.or_(
        Correction.state == CorrectionState.OPEN.value,
        sa.and_(
            Correction.state.in_((CorrectionState.CONFIRMED.value, CorrectionState.EFFECTIVE.value)),
            Correction.decided_at > now - NEWS,
        ),
    )
    chosen = _joined().where(_of_units(scope), recent).subquery()
    return session.execute(sa.select(sa.func.count()).select_from(chosen)).scalar_one()


def subject(session: Session, code: str, school_year: str) -> tuple[str, int] | None:
    """Name on a locked record, and the number of its newest locked version; None where there is none."""
    row = session.execute(
        sa.select(RecordVersion.full_name, RecordVersion.version)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .where(
            Transcript.lookup_code == code,
            YearRecordRow.school_year == school_year,
            RecordVersion.state == State.LOCKED.value,
        )
        .order_by(RecordVersion.version.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else (row.full_name, row.version)


_Issuer, _Managing, _School = aliased(Unit), aliased(Unit), aliased(Unit)
_People = {name: aliased(Account) for name in ("opened_by", "proposed_by", "decided_by", "closed_by")}


def _within(session: Session, identity: Identity) -> sa.ColumnElement[bool]:
    scope = may_see_corrections(identity)
    if scope.nothing:
        raise NotFound
    if scope.everything or department_code(session) in scope.units:
        return sa.true()
    return _of_units(scope)


def _of_units(scope: UnitScope) -> sa.ColumnElement[bool]:
    """What a school is told: cases that wait for it, and what two officials have decided."""
    near = sa.or_(_Issuer.code.in_(scope.units), _Managing.code.in_(scope.units), _School.code.in_(scope.units))
    told = sa.or_(
        Correction.state.in_(_SHOWN_TO_SCHOOLS),
        Correction.kind == CorrectionKind.SUPERSEDE.value,
        Correction.state == CorrectionState.STOPPED.value,
    )
    return sa.and_(near, told)


def _joined() -> sa.Select[int]:
    return (
        sa.select(Correction.id)
        .join(RecordVersion, RecordVersion.id == Correction.version_id)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .join(_Issuer, _Issuer.id == RecordVersion.issuing_unit_id)
        .join(_Managing, _Managing.id == Transcript.managing_unit_id)
        .join(_School, _School.id == Correction.school_id)
    )


def _statement() -> sa.Select[*tuple[Any, ...]]:
    statement: sa.Select[*tuple[Any, ...]] = _joined().with_only_columns(
        Correction,
        Transcript.lookup_code,
        YearRecordRow.school_year,
        RecordVersion.full_name,
        RecordVersion.class_name,
        RecordVersion.version,
        _Issuer.name,
        _School.name,
        RecordStanding.since,
        RecordStanding.log_index,
        *(person.display_name for person in _People.values()),
    )
    statement = statement.outerjoin(RecordStanding, RecordStanding.correction_id == Correction.id)
    for column, person in _People.items():
        statement = statement.outerjoin(person, person.id == getattr(Correction, column))
    return statement


def _views(
    session: Session, identity: Identity, chosen: sa.Select[*tuple[Any, ...]], now: datetime
) -> tuple[CaseView, ...]:
    return tuple(_view(session, identity, row[0], row[1:], now) for row in session.execute(chosen).all())


def _view(session: Session, identity: Identity, held: Correction, beside: Sequence[Any], now: datetime) -> CaseView:
    """beside: the other columns of `_statement`, in their order."""
    code, school_year, full_name, class_name, version, issuer, school, since, log_index, *people = beside
    opener, proposer, decider, closer = people
    state = CorrectionState(held.state)
    if state in (CorrectionState.OPEN, CorrectionState.WAITING) and held.expires_at <= now:
        state = CorrectionState.EXPIRED
    new = brought(session, held, hold=False)
    confirms = held.proposed_by is not None and may_confirm_correction(identity, held.proposed_by)
    return CaseView(
        id=held.id,
        kind=CorrectionKind(held.kind),
        state=state,
        code=code,
        full_name=full_name,
        class_name=class_name,
        school_year=school_year,
        version=version,
        issuer=issuer,
        school=school,
        decision=held.decision,
        decided_on=held.decided_on,
        file_name=held.file_name,
        file_sha256=held.file_sha256,
        reason=held.reason,
        note=held.note,
        opener=opener,
        opened_at=held.opened_at,
        expires_at=held.expires_at,
        proposer=proposer,
        proposed_at=held.proposed_at,
        decider=decider,
        decided_at=held.decided_at,
        due_at=held.due_at,
        closer=closer,
        closed_at=held.closed_at,
        closing=held.closing,
        effective_at=since,
        log_index=log_index,
        new_version=new.version if new is not None else None,
        new_state=State(new.state) if new is not None else None,
        mine=held.proposed_by == identity.account_id,
        may_confirm=state is CorrectionState.WAITING and confirms,
        official=may_correct(identity),
        closes_as=None if state is CorrectionState.EXPIRED else closing_state(session, identity, held),
    )
