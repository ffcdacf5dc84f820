"""Requests to put a record right (plan PL 2.4): asked by the family or a school, answered, and done by the usual ways.

A request changes no record. Before the lock the issuing school answers, and its next upload says so or does not; after
the lock the department answers, by a correction (`portal.services.corrections`) or a refusal. Whose turn it is follows
from the lock alone, so a request that the school accepted and did not carry out in time is the department's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import SYSTEM, Identity
from portal.models import (
    Amendment,
    AmendmentCell,
    AmendmentState,
    AmendmentStep,
    Correction,
    RecordVersion,
    State,
    Transcript,
    Unit,
    YearRecordRow,
)
from portal.permissions import may_answer_amendment, may_ask_amendment, may_correct
from portal.services import blobs, telling
from portal.services.amendment_cells import Cell, cells_of
from portal.services.amendment_steps import LIVING, STEPS, Act, When, Who
from portal.services.corrections import LARGEST_ID
from portal.services.corrections import LIVING as LIVING_CASES
from portal.services.lookup import readable_versions
from portal.services.papers import FILE_BYTES
from verify.canonical import sha256
from verify.containers.roots import locked_record
from verify.record.model import YearRecord

AT_MOST: Final = 5
"""Living requests of one year: more belong into one that names all cells."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants. seen: number of the version whose cells were shown. cells: typed values by path.

    evidence: which paper, and where it is kept. file: a copy of it, of which only the SHA-256 is kept; or None.
    """

    school_year: str
    seen: int
    cells: Mapping[str, str]
    reason: str
    evidence: str
    file: bytes | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """The year that is shown to ask about. years: all that may be asked about, newest first."""

    code: str
    transcript_id: int
    full_name: str
    school_year: str
    years: tuple[str, ...]
    version: RecordVersion
    record: YearRecord


def subject(session: Session, identity: Identity, code: str, school_year: str | None) -> Subject:
    """A year as it stands, for who may ask about it. school_year: None for the newest. Raises NotFound."""
    found, versions = readable_versions(session, identity, code)
    if found is None:
        raise NotFound
    scope, managing = may_ask_amendment(identity), session.get_one(Unit, found.managing_unit_id).code
    years = {
        year: version
        for year, version in versions.items()
        if scope.covers(managing, session.get_one(Unit, version.issuing_unit_id).code, found.id)
    }
    wanted = school_year or next(iter(years), "")
    if wanted not in years:
        raise NotFound
    version = years[wanted]
    record = locked_record(blobs.get(session, version.root_sha256), code, version.version)
    return Subject(code, found.id, version.full_name, wanted, tuple(years), version, record)


def ask(session: Session, identity: Identity, code: str, asked: Asked, now: datetime) -> int:
    """Write a request down; returns its number.

    Raises NotFound; Refused with AMENDMENT_MOVED (the year has another version by now), AMENDMENT_CELLS,
    AMENDMENT_VALUE, AMENDMENT_SAME, AMENDMENT_TWICE, AMENDMENTS_MANY or AMENDMENT_FILE.
    """
    held = subject(session, identity, code, asked.school_year)
    if held.version.version != asked.seen:
        raise Refused(Problem.AMENDMENT_MOVED)
    if asked.file is not None and not 0 < len(asked.file) <= FILE_BYTES:
        raise Refused(Problem.AMENDMENT_FILE)
    cells = cells_of(held.record, asked.cells)
    # Whoever asks about the same pupil at once comes after: the bound and the cells are looked at under this lock.
    session.execute(sa.select(Transcript.id).where(Transcript.id == held.transcript_id).with_for_update())
    _require_room(session, held.version.year_record_id, cells)
    made = Amendment(
        transcript_id=held.transcript_id,
        year_record_id=held.version.year_record_id,
        version_id=held.version.id,
        school_id=held.version.issuing_unit_id,
        state=STEPS[Act.ASK].after.value,
        by_guardian=held.transcript_id in identity.children,
        reason=asked.reason,
        evidence=asked.evidence,
        file_sha256=sha256(asked.file) if asked.file is not None else None,
        asked_by=identity.account_id,
        asked_at=now,
    )
    session.add(made)
    session.flush()
    session.add_all(
        AmendmentCell(amendment_id=made.id, path=cell.path, before=cell.before, after=cell.after) for cell in cells
    )
    _note(session, made, Act.ASK, identity, asked.reason, now)
    return made.id


def take(
    session: Session, identity: Identity, amendment_id: int, act: Act, seen: str, reason: str, now: datetime
) -> None:
    """ACCEPT, REFUSE, DECLINE or WITHDRAW a request, by the table. seen: its state when the button was shown.

    Pressed twice, it happens once. Raises NotFound for whose business it is not; Refused with AMENDMENT_MOVED,
    AMENDMENT_CLOSED, AMENDMENT_LOCKED, AMENDMENT_NOT_LOCKED or AMENDMENT_CASE.
    """
    held = held_request(session, amendment_id)
    require_person(session, identity, held, act)
    if held.state == STEPS[act].after.value and _last_by(session, held) == (act.value, identity.account_id):
        return
    if held.state != seen and held.state in LIVING:
        raise Refused(Problem.AMENDMENT_MOVED)
    step(session, held, act, identity, reason, now)


def open_case(session: Session, identity: Identity, amendment_id: int, correction_id: int, now: datetime) -> None:
    """The department has begun a correction for a request. Raises as `take`, and Refused(AMENDMENT_CASE) for one of
    another year.
    """
    held = held_request(session, amendment_id)
    require_person(session, identity, held, Act.OPEN_CASE)
    case = session.get_one(Correction, correction_id)
    if session.get_one(RecordVersion, case.version_id).year_record_id != held.year_record_id:
        raise Refused(Problem.AMENDMENT_CASE)
    require_step(session, held, Act.OPEN_CASE)
    held.correction_id = correction_id
    _go(session, held, Act.OPEN_CASE, identity, f"{case.decision}", now)


def for_case(session: Session, identity: Identity, amendment_id: int) -> tuple[str, str, str]:
    """Lookup code, school year and reason with which the department's case for a request begins. Raises as `take`."""
    held = held_request(session, amendment_id)
    require_person(session, identity, held, Act.OPEN_CASE)
    require_step(session, held, Act.OPEN_CASE)
    code, school_year = year_of(session, held)
    return code, school_year, held.reason


def step(session: Session, held: Amendment, act: Act, identity: Identity, reason: str, now: datetime) -> None:
    """Take one step of the table with its history row; the caller has asked who may."""
    require_step(session, held, act)
    _go(session, held, act, identity, reason, now)


def require_step(session: Session, held: Amendment, act: Act) -> None:
    """Raises Refused for a step that the table does not allow now."""
    rule = STEPS[act]
    if AmendmentState(held.state) not in rule.before:
        raise Refused(Problem.AMENDMENT_MOVED if held.state in LIVING else Problem.AMENDMENT_CLOSED)
    locked = is_locked(session, held.year_record_id)
    if rule.when is When.BEFORE and locked:
        raise Refused(Problem.AMENDMENT_LOCKED)
    if rule.when is When.AFTER and not locked:
        raise Refused(Problem.AMENDMENT_NOT_LOCKED)
    if act in (Act.OPEN_CASE, Act.DECLINE) and case_lives(session, held):
        raise Refused(Problem.AMENDMENT_CASE)


def require_person(session: Session, identity: Identity, held: Amendment, act: Act) -> None:
    """Raises NotFound for who may not take this step, whatever the state."""
    if not may_take(session, identity, held, act):
        raise NotFound


def may_take(session: Session, identity: Identity, held: Amendment, act: Act) -> bool:
    """Whether a step is this person's business."""
    match STEPS[act].who:
        case Who.SCHOOL:
            return may_answer_amendment(identity, session.get_one(Unit, held.school_id).code)
        case Who.DEPARTMENT:
            return may_correct(identity)
        case Who.SAME:
            return identity != SYSTEM and identity.account_id == held.asked_by
        case Who.PORTAL:
            return identity == SYSTEM
        case Who.ASKER:
            return False  # asks by writing a new one


def is_locked(session: Session, year_record_id: int) -> bool:
    """Whether a version of the year is locked."""
    where = (RecordVersion.year_record_id == year_record_id, RecordVersion.state == State.LOCKED.value)
    return session.scalar(sa.select(RecordVersion.id).where(*where).limit(1)) is not None


def case_lives(session: Session, held: Amendment) -> bool:
    """Whether the department's case for a request goes on."""
    if held.correction_id is None:
        return False
    return session.get_one(Correction, held.correction_id).state in LIVING_CASES


def cells(session: Session, amendment_id: int) -> tuple[Cell, ...]:
    """What a request asks, in the order of the paths."""
    rows = session.scalars(
        sa.select(AmendmentCell).where(AmendmentCell.amendment_id == amendment_id).order_by(AmendmentCell.path)
    )
    return tuple(Cell(row.path, row.before, row.after) for row in rows)


def held_request(session: Session, amendment_id: int) -> Amendment:
    """A request, held until the end of the transaction; raises NotFound."""
    found = session.scalar(
        sa.select(Amendment)
        .where(Amendment.id == min(amendment_id, LARGEST_ID))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def year_of(session: Session, held: Amendment) -> tuple[str, str]:
    """Lookup code and school year of a request."""
    found = session.execute(
        sa.select(Transcript.lookup_code, YearRecordRow.school_year)
        .join(YearRecordRow, YearRecordRow.transcript_id == Transcript.id)
        .where(YearRecordRow.id == held.year_record_id)
    ).one()
    return found[0], found[1]


def _require_room(session: Session, year_record_id: int, wanted: tuple[Cell, ...]) -> None:
    living = session.scalars(
        sa.select(Amendment.id).where(Amendment.year_record_id == year_record_id, Amendment.state.in_(LIVING))
    ).all()
    if len(living) >= AT_MOST:
        raise Refused(Problem.AMENDMENTS_MANY, limit=str(AT_MOST))
    taken = set(session.scalars(sa.select(AmendmentCell.path).where(AmendmentCell.amendment_id.in_(living))))
    for cell in wanted:
        if cell.path in taken:
            raise Refused(Problem.AMENDMENT_TWICE, cell=cell.path)


def _go(session: Session, held: Amendment, act: Act, identity: Identity, reason: str, now: datetime) -> None:
    """The one place that changes the state of a request."""
    after = STEPS[act].after
    held.state = after.value
    if after.value not in LIVING:
        held.closed_at = now
    session.flush()
    _note(session, held, act, identity, reason, now)
    telling.amendment_answered(session, held.id, held.state, held.asked_by, _actor(identity), now)


def _actor(identity: Identity) -> int | None:
    return None if identity == SYSTEM else identity.account_id


def _note(session: Session, held: Amendment, act: Act, identity: Identity, reason: str, now: datetime) -> None:
    actor = _actor(identity)
    session.add(AmendmentStep(amendment_id=held.id, act=act.value, actor_id=actor, reason=reason, at=now))
    session.flush()


def _last_by(session: Session, held: Amendment) -> tuple[str, int | None]:
    newest = (
        sa.select(AmendmentStep.act, AmendmentStep.actor_id)
        .where(AmendmentStep.amendment_id == held.id)
        .order_by(AmendmentStep.id.desc())
        .limit(1)
    )
    act, actor = session.execute(newest).one()
    return act, actor
