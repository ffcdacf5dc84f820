"""Requests to put a record right as people see them: whose turn it is, how old they are, each step, what is ready.

Whoever may read the year sees its requests: the family all of the child's, a school those of what it issued or keeps.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.errors import NotFound, Refused
from portal.identity import Identity
from portal.models import (
    Account,
    Amendment,
    AmendmentState,
    AmendmentStep,
    Correction,
    CorrectionState,
    RecordVersion,
    State,
    Transcript,
    Unit,
    YearRecordRow,
)
from portal.permissions import RecordScope, may_answer_amendment, may_correct, may_read_whole_records
from portal.services import blobs
from portal.services.access import Action, Outcome, record_access
from portal.services.amendment_cells import Cell, carries
from portal.services.amendment_steps import LIVING, Act
from portal.services.amendments import cells, may_take, require_step
from portal.services.corrections import LARGEST_ID
from portal.services.custody_days import Due, after, between
from portal.services.lookup import basis_of
from portal.services.organisation import day_of
from verify.containers.roots import locked_record

_Row = TypeVarTuple("_Row")

PAGE_ROWS: Final = 50
# What a class's page lists: more than these are told as a number.
OF_CLASS: Final = 20
_UNLOCKED: Final = (State.DRAFT.value, State.SUBMITTED.value, State.ACCEPTED.value)
_Managing = aliased(Unit)


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request in a list. locked: the year is, so the department answers. mine: it waits for this person.

    due: until when the answer is due; None where none is awaited. age: working days since it was asked.
    """

    id: int
    full_name: str
    school_year: str
    class_name: str
    state: AmendmentState
    school: str
    by_guardian: bool
    locked: bool
    mine: bool
    asked_at: datetime
    due: Due | None
    age: int


@dataclass(frozen=True, slots=True)
class StepLine:
    """actor: None is the portal itself."""

    act: Act
    actor: str | None
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RequestView:
    """One request. ready: a version beside says what was asked, in this state, and waits; None: there is none.

    case: number and state of the department's correction. done_version: whose signed bytes say what was asked. acts:
    what this person may do now.
    """

    line: RequestLine
    code: str
    reason: str
    evidence: str
    file_sha256: str | None
    asker: str
    cells: tuple[Cell, ...]
    steps: tuple[StepLine, ...]
    ready: State | None
    case: tuple[int, CorrectionState] | None
    done_version: int | None
    acts: frozenset[Act]


@dataclass(frozen=True, slots=True)
class RequestPage:
    """Living requests first, the oldest before; then those that ended, the newest before. page: from 1."""

    rows: tuple[RequestLine, ...]
    page: int
    pages: int


def requests(session: Session, identity: Identity, page: int, days: int, now: datetime) -> RequestPage:
    """A page of the requests within reach; raises NotFound for who reads no record. days: to answer in."""
    scope = may_read_whole_records(identity)
    if scope.nothing:
        raise NotFound
    where = _within(scope)
    total = session.scalars(_joined(sa.select(sa.func.count(Amendment.id))).where(where)).one()
    pages = max(1, -(-total // PAGE_ROWS))
    page = min(max(page, 1), pages)
    lives = Amendment.state.in_(LIVING)
    rows = session.execute(
        _lines()
        .where(where)
        .order_by(sa.case((lives, 0), else_=1), sa.case((lives, Amendment.id)), Amendment.id.desc())
        .limit(PAGE_ROWS)
        .offset((page - 1) * PAGE_ROWS)
    ).all()
    return RequestPage(tuple(_line(session, identity, row, days, now) for row in rows), page, pages)


def request(
    session: Session, identity: Identity, amendment_id: int, days: int, now: datetime, network: str
) -> RequestView:
    """One request; the look is written down. Raises NotFound, after which the caller commits."""
    row = session.execute(_lines().where(Amendment.id == min(amendment_id, LARGEST_ID))).one_or_none()
    if row is None:
        raise NotFound
    held, issuing, managing = row[0], row[4], row[5]
    seen = may_read_whole_records(identity).covers(managing, issuing.code, held.transcript_id)
    pupil = session.get_one(Transcript, held.transcript_id)
    record_access(
        session,
        identity=identity,
        action=Action.AMENDMENT_READ,
        transcript_id=pupil.id,
        outcome=Outcome.ALLOWED if seen else Outcome.REFUSED,
        network=network,
        now=now,
        basis=basis_of(identity, pupil),
        fields=row[1],
    )
    if not seen:
        raise NotFound
    line, asked = _line(session, identity, row, days, now), cells(session, held.id)
    return RequestView(
        line=line,
        code=pupil.lookup_code,
        reason=held.reason,
        evidence=held.evidence,
        file_sha256=held.file_sha256,
        asker=session.get_one(Account, held.asked_by).display_name,
        cells=asked,
        steps=_steps(session, held.id),
        ready=_ready(session, held, pupil.lookup_code, asked) if held.state in LIVING else None,
        case=_case(session, held),
        done_version=session.get_one(RecordVersion, held.done_version_id).version if held.done_version_id else None,
        acts=_acts(session, identity, held),
    )


def of_child(session: Session, identity: Identity, transcript_id: int, days: int, now: datetime) -> list[RequestLine]:
    """Every request about a pupil, newest first; the caller has asked whose child it is."""
    rows = session.execute(_lines().where(Amendment.transcript_id == transcript_id).order_by(Amendment.id.desc()))
    return [_line(session, identity, row, days, now) for row in rows.all()]


def of_packet(session: Session, identity: Identity, packet_id: int, days: int, now: datetime) -> list[RequestLine]:
    """Living requests about records of a class's packet, oldest first; the caller has asked whose packet it is."""
    years = sa.select(RecordVersion.year_record_id).where(RecordVersion.packet_id == packet_id)
    where = (Amendment.year_record_id.in_(years), Amendment.state.in_(LIVING))
    rows = session.execute(_lines().where(*where).order_by(Amendment.id).limit(OF_CLASS))
    return [_line(session, identity, row, days, now) for row in rows.all()]


def waiting(session: Session, identity: Identity | None) -> int:
    """How many requests wait for an answer of this person's unit."""
    scope = may_read_whole_records(identity)
    if identity is None or scope.nothing or not identity.appointments:
        return 0
    locked = _locked_year()
    statement = _joined(sa.select(sa.func.count(Amendment.id)))
    if scope.everything:
        return session.scalars(statement.where(Amendment.state.in_(("asked", "accepted")), locked)).one()
    own = Unit.code.in_(scope.issued_by)
    return session.scalars(statement.where(Amendment.state == AmendmentState.ASKED.value, ~locked, own)).one()


def _locked_year() -> sa.ColumnElement[bool]:
    version = aliased(RecordVersion)
    return sa.exists().where(version.year_record_id == Amendment.year_record_id, version.state == State.LOCKED.value)


def _joined(statement: sa.Select[*_Row]) -> sa.Select[*_Row]:
    return (
        statement.select_from(Amendment)
        .join(YearRecordRow, YearRecordRow.id == Amendment.year_record_id)
        .join(RecordVersion, RecordVersion.id == Amendment.version_id)
        .join(Unit, Unit.id == Amendment.school_id)
        .join(Transcript, Transcript.id == Amendment.transcript_id)
        .join(_Managing, _Managing.id == Transcript.managing_unit_id)
    )


def _lines() -> sa.Select[Amendment, str, str, str, Unit, str]:
    record = (YearRecordRow.school_year, RecordVersion.full_name, RecordVersion.class_name)
    return _joined(sa.select(Amendment, *record, Unit, _Managing.code))


def _within(scope: RecordScope) -> sa.ColumnElement[bool]:
    if scope.everything:
        return sa.true()
    return sa.or_(
        Unit.code.in_(scope.issued_by),
        _Managing.code.in_(scope.managed_by),
        Amendment.transcript_id.in_(scope.children),
    )


def _line(session: Session, identity: Identity, row: Any, days: int, now: datetime) -> RequestLine:
    held, school_year, full_name, class_name, school, _managing = row
    since = _locked_since(session, held.year_record_id)
    locked = since is not None
    state = AmendmentState(held.state)
    awaited = state is AmendmentState.ASKED or (locked and state is AmendmentState.ACCEPTED)
    due = None
    if awaited:
        last = after(day_of(max(held.asked_at, since) if since is not None else held.asked_at), days)
        due = Due(last, between(last, day_of(now)))
    answers = may_correct(identity) if locked else may_answer_amendment(identity, school.code)
    return RequestLine(
        id=held.id,
        full_name=full_name,
        school_year=school_year,
        class_name=class_name,
        state=state,
        school=school.name,
        by_guardian=held.by_guardian,
        locked=locked,
        mine=awaited and answers,
        asked_at=held.asked_at,
        due=due,
        age=between(day_of(held.asked_at), day_of(held.closed_at or now)),
    )


def _locked_since(session: Session, year_record_id: int) -> datetime | None:
    where = (RecordVersion.year_record_id == year_record_id, RecordVersion.state == State.LOCKED.value)
    return session.scalar(sa.select(RecordVersion.effective_at).where(*where).order_by(RecordVersion.version).limit(1))


def _steps(session: Session, amendment_id: int) -> tuple[StepLine, ...]:
    rows = session.execute(
        sa.select(AmendmentStep.act, Account.display_name, AmendmentStep.reason, AmendmentStep.at)
        .outerjoin(Account, Account.id == AmendmentStep.actor_id)
        .where(AmendmentStep.amendment_id == amendment_id)
        .order_by(AmendmentStep.id)
    )
    return tuple(StepLine(Act(act), actor, reason, at) for act, actor, reason, at in rows)


def _ready(session: Session, held: Amendment, code: str, asked: tuple[Cell, ...]) -> State | None:
    newest = session.scalar(
        sa.select(RecordVersion)
        .where(RecordVersion.year_record_id == held.year_record_id, RecordVersion.state.in_(_UNLOCKED))
        .order_by(RecordVersion.version.desc())
        .limit(1)
    )
    if newest is None:
        return None
    record = locked_record(blobs.get(session, newest.root_sha256), code, newest.version)
    return State(newest.state) if carries(record, asked) else None


def _case(session: Session, held: Amendment) -> tuple[int, CorrectionState] | None:
    if held.correction_id is None:
        return None
    return held.correction_id, CorrectionState(session.get_one(Correction, held.correction_id).state)


def _acts(session: Session, identity: Identity, held: Amendment) -> frozenset[Act]:
    """What the table and the person's place allow now; the service asks again when a button is pressed."""
    offered = (Act.ACCEPT, Act.REFUSE, Act.OPEN_CASE, Act.DECLINE, Act.WITHDRAW)
    return frozenset(
        act for act in offered if may_take(session, identity, held, act) and _is_possible(session, held, act)
    )


def _is_possible(session: Session, held: Amendment, act: Act) -> bool:
    try:
        require_step(session, held, act)
    except Refused:
        return False
    return True
