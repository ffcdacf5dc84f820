"""Acts after the lock: annotate, supersede, revoke; by a numbered decision, two officials and a delay (domain §4).

A supersession begins as an open case: the school brings the corrected version in as it brings every record in, and only
then one official proposes it. Until an act takes effect, either official or the head of the department stops it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import (
    PRIMARY_KINDS,
    Correction,
    CorrectionKind,
    CorrectionState,
    NoticeKind,
    RecordVersion,
    State,
    Transcript,
    Unit,
    UnitKind,
    YearRecordRow,
)
from portal.permissions import may_confirm_correction, may_correct, may_stop_correction
from portal.services import telling
from portal.services.changes import Change
from portal.services.correction_policy import require_allowed, require_official
from portal.services.life import Act
from portal.services.organisation import alive_on, day_of
from portal.services.papers import VIETNAM, Paper, keep_file, require_paper
from portal.services.standing import changes_of, standing_of
from portal.services.transitions import change_state
from verify.canonical import canonicalise, sha256
from verify.standing import StandingState

LIFE: Final = timedelta(days=14)
# A school mends its software's data, exports, signs: more than a fortnight in summer.
LIFE_OPEN: Final = timedelta(days=60)
LARGEST_ID: Final = 2**31 - 1
LIVING: Final = (CorrectionState.OPEN.value, CorrectionState.WAITING.value, CorrectionState.CONFIRMED.value)
_FINAL: Final = (StandingState.SUPERSEDED, StandingState.REVOKED)
_UNLOCKED: Final = (State.DRAFT.value, State.SUBMITTED.value, State.ACCEPTED.value)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an official asks for. code, school_year: of the record. note: words of an annotation, else None.

    school_code: of who brings the corrected version in, where the school that issued the record is closed; else None.
    """

    kind: CorrectionKind
    code: str
    school_year: str
    paper: Paper
    reason: str
    note: str | None = None
    school_code: str | None = None


@dataclass(frozen=True, slots=True)
class Second:
    """What both officials see. changes: field by field of a supersession. digest: over all that takes effect."""

    changes: tuple[Change, ...]
    digest: str


def is_official(identity: Identity) -> bool:
    """Whether a person proposes and confirms acts after the lock."""
    return may_correct(identity)


def kind_of(value: str) -> CorrectionKind:
    """The kind by its name."""
    return CorrectionKind(value)


def begin(session: Session, identity: Identity, wanted: Wanted, now: datetime) -> int:
    """Propose an act, or open the case of a supersession; returns its number.

    Raises NotFound for who is no official and for a record that never locked; Refused with CORRECTIONS_OFF,
    BAD_DECISION, DECISION_DAY, DECISION_FILE, STANDING_FINAL, CORRECTION_LIVES or SCHOOL_STILL_OPEN.
    """
    require_official(identity)
    require_allowed(session)
    require_paper(wanted.paper, now)
    version = _newest_locked(session, wanted.code, wanted.school_year)
    expire(session, now)
    if standing_of(session, version.id).state in _FINAL:
        raise Refused(Problem.STANDING_FINAL)
    alive = sa.select(Correction.id).where(Correction.version_id == version.id, Correction.state.in_(LIVING))
    if session.scalar(alive) is not None:
        raise Refused(Problem.CORRECTION_LIVES)
    digest, name = keep_file(session, wanted.paper)
    supersedes = wanted.kind is CorrectionKind.SUPERSEDE
    made = Correction(
        kind=wanted.kind.value,
        state=(CorrectionState.OPEN if supersedes else CorrectionState.WAITING).value,
        version_id=version.id,
        school_id=_school(session, version, wanted.school_code, now),
        decision=wanted.paper.decision,
        decided_on=wanted.paper.decided_on,
        file_sha256=digest,
        file_name=name,
        reason=wanted.reason,
        note=wanted.note if wanted.kind is CorrectionKind.ANNOTATE else None,
        opened_by=identity.account_id,
        opened_at=now,
        expires_at=now + (LIFE_OPEN if supersedes else LIFE),
        proposed_by=None if supersedes else identity.account_id,
        proposed_at=None if supersedes else now,
    )
    session.add(made)
    session.flush()
    if supersedes:
        telling.correction_told(session, made, identity.account_id, now)
    else:
        telling.second_official_needed(session, NoticeKind.CORRECTION_WAITS, made.id, identity.account_id, now)
    return made.id


def propose(session: Session, identity: Identity, correction_id: int, seen: str, now: datetime) -> None:
    """Propose that the corrected version, as it was seen, takes the old one's place.

    seen: digest of `second_look`. Raises NotFound; Refused with CORRECTIONS_OFF, CORRECTION_CLOSED,
    CORRECTION_NOT_READY or CORRECTION_CHANGED.
    """
    require_official(identity)
    require_allowed(session)
    held = held_correction(session, correction_id)
    if held.state != CorrectionState.OPEN.value or held.expires_at <= now:
        raise Refused(Problem.CORRECTION_CLOSED)
    new = brought(session, held, hold=True)
    if new is None or new.state != State.ACCEPTED.value:
        raise Refused(Problem.CORRECTION_NOT_READY)
    if second_look(session, held).digest != seen:
        raise Refused(Problem.CORRECTION_CHANGED)
    held.state, held.new_version_id = CorrectionState.WAITING.value, new.id
    held.proposed_by, held.proposed_at = identity.account_id, now
    session.flush()
    telling.second_official_needed(session, NoticeKind.CORRECTION_WAITS, held.id, identity.account_id, now)


def confirm(session: Session, identity: Identity, correction_id: int, seen: str, now: datetime) -> None:
    """Confirm as the second official: the act takes effect when the delay is over. Confirmed before: nothing happens.

    The caller has asked for the password. Raises NotFound also for who proposed; Refused with CORRECTIONS_OFF,
    CORRECTION_CLOSED or CORRECTION_CHANGED.
    """
    require_official(identity)
    policy = require_allowed(session)
    held = held_correction(session, correction_id)
    if held.proposed_by is None or not may_confirm_correction(identity, held.proposed_by):
        raise NotFound
    if held.state == CorrectionState.CONFIRMED.value:
        return
    if held.state != CorrectionState.WAITING.value or held.expires_at <= now:
        raise Refused(Problem.CORRECTION_CLOSED)
    new = brought(session, held, hold=True)
    if held.new_version_id is not None:
        same = new is not None and (new.id, new.state) == (held.new_version_id, State.ACCEPTED.value)
        if not same:
            raise Refused(Problem.CORRECTION_CHANGED)
    if second_look(session, held).digest != seen:
        raise Refused(Problem.CORRECTION_CHANGED)
    held.state, held.decided_by, held.decided_at = CorrectionState.CONFIRMED.value, identity.account_id, now
    held.due_at = now + timedelta(days=policy.delay_days)
    session.flush()
    telling.correction_told(session, held, identity.account_id, now)


def close(session: Session, identity: Identity, correction_id: int, reason: str, now: datetime) -> None:
    """Withdraw, reject or stop an act before it takes effect; a corrected version that was brought in is withdrawn.

    Raises NotFound for who may not; Refused(CORRECTION_CLOSED) for one that took effect or was closed.
    """
    held = held_correction(session, correction_id)
    state = closing_state(session, identity, held)
    if state is None:
        require_official(identity)
        raise Refused(Problem.CORRECTION_CLOSED) if held.state not in LIVING else NotFound
    held.closed_by, held.closed_at, held.closing = identity.account_id, now, reason
    told = held.state != CorrectionState.WAITING.value
    held.state = state.value
    session.flush()
    if told:
        telling.correction_told(session, held, identity.account_id, now)
    else:
        telling.correction_over(session, held.id, now)
    _withdraw_brought(session, held, identity.display_name, now)


def closing_state(session: Session, identity: Identity, held: Correction) -> CorrectionState | None:
    """What closing an act would make of it by this person; None: this person cannot."""
    if held.state == CorrectionState.CONFIRMED.value:
        officials = (held.proposed_by, held.decided_by)
        may = may_stop_correction(identity, officials, department_code(session))
        return CorrectionState.STOPPED if may else None
    if held.state not in LIVING:
        return None
    beginner = held.opened_by if held.proposed_by is None else held.proposed_by
    if not may_stop_correction(identity, (identity.account_id,), department_code(session)):
        return None
    rejects = held.state == CorrectionState.WAITING.value and identity.account_id != beginner
    return CorrectionState.REJECTED if rejects else CorrectionState.WITHDRAWN


def second_look(session: Session, held: Correction) -> Second:
    """What would take effect now, the same for both officials."""
    old = session.get_one(RecordVersion, held.version_id)
    new = brought(session, held, hold=False) if held.kind == CorrectionKind.SUPERSEDE.value else None
    changes = changes_of(session, old, new) if new is not None else ()
    seen = [held.kind, old.root_sha256, new.root_sha256 if new is not None else "", held.decision, held.file_sha256]
    return Second(changes, sha256(canonicalise([*seen, held.decided_on.isoformat(), held.note or ""])))


def brought(session: Session, held: Correction, *, hold: bool) -> RecordVersion | None:
    """The corrected version of a case: the newest of its year that is later than the old one and was not given up."""
    if held.kind != CorrectionKind.SUPERSEDE.value:
        return None
    old = session.get_one(RecordVersion, held.version_id)
    if held.state == CorrectionState.EFFECTIVE.value:
        return session.get_one(RecordVersion, held.new_version_id)
    statement = (
        sa.select(RecordVersion)
        .where(
            RecordVersion.year_record_id == old.year_record_id,
            RecordVersion.version > old.version,
            RecordVersion.state.in_(_UNLOCKED),
        )
        .order_by(RecordVersion.version.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return session.scalar(statement.with_for_update() if hold else statement)


def held_correction(session: Session, correction_id: int) -> Correction:
    """The row, held until the transaction ends: of two decisions at once the second sees the first. Raises NotFound."""
    held = (
        session.scalar(
            sa.select(Correction)
            .where(Correction.id == correction_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if 0 < correction_id <= LARGEST_ID
        else None
    )
    if held is None:
        raise NotFound
    return held


def department_code(session: Session) -> str:
    """Code of the department; there is one."""
    return session.scalars(
        sa.select(Unit.code).where(Unit.kind == UnitKind.DEPARTMENT.value).order_by(Unit.id).limit(1)
    ).one()


def _newest_locked(session: Session, code: str, school_year: str) -> RecordVersion:
    """Held until the transaction ends: who begins a second act on it waits here."""
    found = session.scalar(
        sa.select(RecordVersion)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .where(
            Transcript.lookup_code == code,
            YearRecordRow.school_year == school_year,
            RecordVersion.state == State.LOCKED.value,
        )
        .order_by(RecordVersion.version.desc())
        .limit(1)
        .with_for_update(of=RecordVersion)
    )
    if found is None:
        raise NotFound
    return found


def _school(session: Session, version: RecordVersion, code: str | None, now: datetime) -> int:
    """Who brings the corrected version in: who issued it, or if that school is closed the one that the case names."""
    issuer = session.get_one(Unit, version.issuing_unit_id)
    if code is None or code == issuer.code:
        return issuer.id
    if issuer.valid_to is None or issuer.valid_to >= now.astimezone(VIETNAM).date():
        raise Refused(Problem.SCHOOL_STILL_OPEN, school=issuer.name)
    found = session.scalar(
        sa.select(Unit.id).where(Unit.code == code, Unit.kind.in_(PRIMARY_KINDS), alive_on(day_of(now)))
    )
    if found is None:
        raise NotFound
    return found


def _withdraw_brought(session: Session, held: Correction, actor: str, now: datetime) -> None:
    while (version := brought(session, held, hold=True)) is not None:
        reason = f"hồ sơ thay thế theo {held.decision} đã khép lại"
        change_state(session, version, Act.CLOSE_CORRECTION, actor=actor, reason=reason, now=now)
        session.flush()


def expire(session: Session, now: datetime) -> None:
    """Close what nobody decided in its days."""
    old = session.scalars(
        sa.select(Correction)
        .where(
            Correction.state.in_((CorrectionState.OPEN.value, CorrectionState.WAITING.value)),
            Correction.expires_at <= now,
        )
        .with_for_update()
    ).all()
    for held in old:
        held.state = CorrectionState.EXPIRED.value
        session.flush()
        _withdraw_brought(session, held, "hệ thống", now)
