"""The audit of what happened after the lock: every standing and every regulation is what its leaf says, and the other
way round.

A standing that was invented, changed or removed in the database is found, and a version that took another's place
without a leaf. What a leaf binds is asked of its opening, never of a column.
"""

from collections.abc import Iterable, Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import (
    Blob,
    Correction,
    CorrectionPolicy,
    PolicyState,
    RecordStanding,
    RecordVersion,
    State,
    Transcript,
    Unit,
    YearRecordRow,
)
from portal.services.correction_effect import STATES
from portal.services.correction_policy import POLICY
from portal.services.log_audit import Flaw
from verify.canonical import sha256
from verify.errors import VerifyError
from verify.log import decisions
from verify.log.decisions import Decided
from verify.log.leaves import Kind, Leaf, PolicyLeaf, StandingLeaf, SupersedeLeaf
from verify.log.leaves import kind_of as kind_of_leaf
from verify.standing import StandingState

_Row = tuple[RecordStanding, Correction, RecordVersion, str, str, str]


def flaws(session: Session, entries: Iterable[tuple[int, Leaf]]) -> Iterator[Flaw]:
    """What does not hold. entries: of the log, by index."""
    logged: dict[int, StandingLeaf] = {}
    regulations: dict[int, PolicyLeaf] = {}
    for index, leaf in entries:
        if isinstance(leaf, StandingLeaf):
            logged[index] = leaf
        elif isinstance(leaf, PolicyLeaf) and leaf.policy == POLICY:
            regulations[index] = leaf
    yield from _standings(session, logged)
    yield from _second_versions(session)
    yield from _policies(session, regulations)


def _standings(session: Session, logged: dict[int, StandingLeaf]) -> Iterator[Flaw]:
    for row in _rows(session):
        held = row[0]
        leaf = logged.pop(held.log_index, None)
        if leaf is None:
            yield Flaw("standing_differs", held.log_index, f"{row[5]} {row[4]}")
            continue
        what = _differing(session, row, leaf)
        if what:
            yield Flaw("standing_differs", held.log_index, what)
    for index, leaf in logged.items():
        yield Flaw("standing_differs", index, f"{leaf.unit} {leaf.school_year}")


def _rows(session: Session) -> Iterator[_Row]:
    statement = (
        sa.select(
            RecordStanding, Correction, RecordVersion, Transcript.lookup_code, YearRecordRow.school_year, Unit.code
        )
        .outerjoin(Correction, Correction.id == RecordStanding.correction_id)
        .join(RecordVersion, RecordVersion.id == RecordStanding.version_id)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .join(Unit, Unit.id == RecordVersion.issuing_unit_id)
        .order_by(RecordStanding.id)
        .execution_options(yield_per=500)
    )
    for row in session.execute(statement):
        yield (row[0], row[1], row[2], row[3], row[4], row[5])


def _differing(session: Session, row: _Row, leaf: StandingLeaf) -> str:
    """What of a standing is not what its leaf says; empty where all is."""
    held, act, version, code, school_year, unit = row
    try:
        decided, salt = decisions.read_opening(_bytes(held.opening))
        bound = decisions.commitment(decided, salt)
    except VerifyError:
        return "opening"
    new = _taker(session, version, held.by_version)
    kind = kind_of_leaf(leaf)
    found = {
        "commitment": bound == leaf.commitment,
        "record": (decided.lookup_code, decided.school_year, decided.version, decided.record_sha256)
        == (code, school_year, version.version, version.root_sha256),
        "leaf": (leaf.unit, leaf.school_year, leaf.record_index) == (unit, school_year, version.log_index),
        "state": decided.act == kind.value and held.state == _state(kind),
        "since": held.since == leaf.effective_at,
        "decision": held.decision == decided.decision,
        "by_version": (decided.by_version, decided.by_record_sha256)
        == ((new.version, new.root_sha256) if new is not None else (None, None))
        and held.by_version == decided.by_version,
        "by_index": not isinstance(leaf, SupersedeLeaf) or (new is not None and new.log_index == leaf.by_index),
        "correction": _act_holds(act, held, decided),
        "file": _file_holds(session, decided.file_sha256),
    }
    return next((name for name, holds in found.items() if not holds), "")


def _state(kind: Kind) -> str:
    return next(state.value for act, state in STATES.items() if act.value == kind.value)


def _taker(session: Session, version: RecordVersion, number: int | None) -> RecordVersion | None:
    return session.scalar(
        sa.select(RecordVersion).where(
            RecordVersion.year_record_id == version.year_record_id,
            RecordVersion.version == number,
            RecordVersion.state == State.LOCKED.value,
        )
    )


def _act_holds(act: Correction | None, held: RecordStanding, decided: Decided) -> bool:
    """The act of two officials says what was bound, and did not take effect before its delay was over."""
    return (
        act is not None
        and (act.kind, act.decision, act.decided_on, act.file_sha256, act.note or "")
        == (decided.act, decided.decision, decided.decided_on, decided.file_sha256, decided.note)
        and act.version_id == held.version_id
        and act.state == "effective"
        and act.decided_by is not None
        and act.decided_by != act.proposed_by
        and act.due_at is not None
        and held.since >= act.due_at.replace(microsecond=0)
    )


def _file_holds(session: Session, digest: str) -> bool:
    kept = session.get(Blob, digest)
    return kept is not None and sha256(_bytes(kept.data)) == digest


def _bytes(value: object) -> bytes:
    """SQLite keeps text in a column of bytes if somebody puts it there: that too must be told, not stumbled over."""
    return value if isinstance(value, bytes) else b"\0"


def _second_versions(session: Session) -> Iterator[Flaw]:
    """Where several versions of a year are locked, each but the newest was superseded."""
    several = (
        sa.select(RecordVersion.year_record_id)
        .where(RecordVersion.state == State.LOCKED.value)
        .group_by(RecordVersion.year_record_id)
        .having(sa.func.count() > 1)
    )
    superseded = sa.exists().where(
        RecordStanding.version_id == RecordVersion.id, RecordStanding.state == StandingState.SUPERSEDED.value
    )
    rows = session.execute(
        sa.select(RecordVersion.year_record_id, RecordVersion.log_index, superseded)
        .where(RecordVersion.year_record_id.in_(several), RecordVersion.state == State.LOCKED.value)
        .order_by(RecordVersion.year_record_id, RecordVersion.version.desc())
    )
    newest: set[int] = set()
    for year, index, replaced in rows:
        if year in newest and not replaced:
            yield Flaw("standing_differs", index, "two versions in force")
        newest.add(year)


def _policies(session: Session, logged: dict[int, PolicyLeaf]) -> Iterator[Flaw]:
    rows = session.scalars(
        sa.select(CorrectionPolicy).where(CorrectionPolicy.state == PolicyState.CONFIRMED.value)
    ).all()
    for row in rows:
        leaf = logged.pop(row.log_index, None) if row.log_index is not None else None
        settings = {"allowed": int(row.allowed), "delay_days": row.delay_days}
        holds = (
            leaf is not None
            and row.decided_at is not None
            and (dict(leaf.settings), leaf.file_sha256) == (settings, row.file_sha256)
            and leaf.effective_at == row.decided_at.replace(microsecond=0)
        )
        if not holds or not _file_holds(session, row.file_sha256):
            yield Flaw("policy_differs", row.log_index, POLICY)
    for index in logged:
        yield Flaw("policy_differs", index, POLICY)
