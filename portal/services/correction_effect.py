"""An act takes effect when it is due: leaf, standing and, of a supersession, the lock of the new version, in one go.

Killed anywhere, all of it happened or nothing did; whoever looks next finds it due and does it, once.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Fault, Problem
from portal.identity import SYSTEM
from portal.models import (
    Account,
    Correction,
    CorrectionKind,
    CorrectionState,
    LogOpening,
    RecordStanding,
    RecordVersion,
    Transcript,
    Unit,
    YearRecordRow,
)
from portal.services import log, telling
from portal.services.amendment_settling import settle_case
from portal.services.correction_policy import in_force
from portal.services.corrections import held_correction
from portal.services.life import Act
from portal.services.locking import Salt, prepare_one
from portal.services.transitions import lock_accepted
from verify.log import decisions, leaves, notes
from verify.log.decisions import Decided
from verify.log.leaves import AnnotateLeaf, Kind, RevokeLeaf, StandingLeaf, SupersedeLeaf
from verify.standing import StandingState

STATES = {
    CorrectionKind.ANNOTATE: StandingState.ANNOTATED,
    CorrectionKind.SUPERSEDE: StandingState.SUPERSEDED,
    CorrectionKind.REVOKE: StandingState.REVOKED,
}


@dataclass(frozen=True, slots=True)
class _Subject:
    """The version that is acted upon, with all that its leaf says. unit: code of the issuing school."""

    version: RecordVersion
    code: str
    school_year: str
    unit: str
    index: int


def due(session: Session, now: datetime) -> list[int]:
    """Acts whose time has come, the oldest first; none while the regulation is off."""
    policy = in_force(session)
    if policy is None or not policy.allowed:
        return []
    return list(
        session.scalars(
            sa.select(Correction.id)
            .where(Correction.state == CorrectionState.CONFIRMED.value, Correction.due_at <= now)
            .order_by(Correction.due_at, Correction.id)
        )
    )


def take_effect(session: Session, correction_id: int, log_signer: notes.Signer, salt: Salt, now: datetime) -> bool:
    """Let one act take effect, in the caller's transaction; False when it is not due (any more).

    salt: gives 32 fresh random bytes. Raises Fault(STORE_DAMAGED) when a version is not what two officials saw.
    """
    held = held_correction(session, correction_id)
    if held.state != CorrectionState.CONFIRMED.value or held.due_at is None or held.due_at > now:
        return False
    effective_at = now.replace(microsecond=0)
    subject = _subject(session, held)
    held.state = CorrectionState.EFFECTIVE.value
    session.flush()
    new, first = _lock_new(session, held, salt, effective_at)
    entries = [leaf for leaf, _opening in first]
    index = log.locked_head(session).size + len(entries)
    decided = _decided(held, subject, new)
    own_salt = salt()
    entries.append(leaves.to_bytes(_leaf(decided, subject, own_salt, effective_at, index - 1)))
    log.append(session, entries, log_signer, now)
    if new is not None:
        _locked(session, held, new, index - 1, first[0][1], effective_at, now)
    session.add(
        RecordStanding(
            version_id=held.version_id,
            correction_id=held.id,
            state=STATES[CorrectionKind(held.kind)].value,
            since=effective_at,
            decision=held.decision,
            by_version=new.version if new is not None else None,
            log_index=index,
            opening=decisions.opening_bytes(decided, own_salt),
        )
    )
    session.flush()
    settle_case(session, held.id, new, now)
    telling.correction_told(session, held, SYSTEM.account_id, now)
    return True


def _subject(session: Session, held: Correction) -> _Subject:
    version, code, school_year, unit = session.execute(
        sa.select(RecordVersion, Transcript.lookup_code, YearRecordRow.school_year, Unit.code)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .join(Unit, Unit.id == RecordVersion.issuing_unit_id)
        .where(RecordVersion.id == held.version_id)
        .with_for_update(of=RecordVersion)
    ).one()
    if version.log_index is None:
        raise Fault(Problem.STORE_DAMAGED, what="log_index")
    return _Subject(version, code, school_year, unit, version.log_index)


def _lock_new(
    session: Session, held: Correction, salt: Salt, effective_at: datetime
) -> tuple[RecordVersion | None, list[tuple[bytes, bytes]]]:
    """The version that takes the old one's place, with the leaf and the opening of its lock; nothing but for that."""
    if held.new_version_id is None:
        return None, []
    prepared = prepare_one(session, held.new_version_id, salt(), effective_at)
    return session.get_one(RecordVersion, held.new_version_id), [prepared]


def _decided(held: Correction, subject: _Subject, new: RecordVersion | None) -> Decided:
    return Decided(
        act=held.kind,
        lookup_code=subject.code,
        school_year=subject.school_year,
        version=subject.version.version,
        record_sha256=subject.version.root_sha256,
        decision=held.decision,
        decided_on=held.decided_on,
        file_sha256=held.file_sha256,
        note=held.note or "",
        by_version=new.version if new is not None else None,
        by_record_sha256=new.root_sha256 if new is not None else None,
    )


def _leaf(decided: Decided, subject: _Subject, salt: bytes, effective_at: datetime, by_index: int) -> StandingLeaf:
    bound = decisions.commitment(decided, salt)
    match Kind(decided.act):
        case Kind.SUPERSEDE:
            return SupersedeLeaf(subject.unit, subject.school_year, subject.index, by_index, effective_at, bound)
        case Kind.REVOKE:
            return RevokeLeaf(subject.unit, subject.school_year, subject.index, effective_at, bound)
        case _:
            return AnnotateLeaf(subject.unit, subject.school_year, subject.index, effective_at, bound)


def _locked(
    session: Session,
    held: Correction,
    new: RecordVersion,
    index: int,
    opening: bytes,
    effective_at: datetime,
    now: datetime,
) -> None:
    session.add(LogOpening(index=index, version_id=new.id, opening=opening))
    actor = session.get_one(Account, held.decided_by).display_name
    reason = f"thay thế theo {held.decision}"
    lock_accepted(session, {new.id: index}, effective_at, Act.SUPERSEDE, actor=actor, reason=reason, now=now)
