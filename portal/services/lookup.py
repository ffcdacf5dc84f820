"""Looking one transcript up by its code: the public card, and the whole record for who may read it.

Unknown, not yet locked, withdrawn and forbidden give the same answer (design §9.1).
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import (
    RecordSignature,
    RecordVersion,
    State,
    Transcript,
    Unit,
    YearRecordRow,
)
from portal.permissions import RecordScope, may_read_whole_records
from portal.services import blobs
from portal.services.access import Action, Outcome, record_access
from verify.record.codec import from_bytes
from verify.record.model import YearRecord
from verify.standing import StandingState


@dataclass(frozen=True, slots=True)
class CardYear:
    """A locked year on the public card. standing: of the newest locked version. effective_at: UTC."""

    school_year: str
    version: int
    standing: StandingState
    school_name: str
    grade: int
    effective_at: datetime


@dataclass(frozen=True, slots=True)
class Card:
    """What a stranger with a code learns (domain §6): state, masked name, school, year, effective date."""

    code: str
    masked_name: str
    years: tuple[CardYear, ...]


@dataclass(frozen=True, slots=True)
class SignatureView:
    """Who signed, in which role, when, and when we received and validated it."""

    role: str
    signer_name: str
    signed_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class YearView:
    """One year with the record read from its signed bytes."""

    record: YearRecord
    version: int
    state: str
    effective_at: datetime | None
    signatures: tuple[SignatureView, ...]
    log_index: int | None


@dataclass(frozen=True, slots=True)
class TranscriptView:
    """A transcript for who may read it: newest year first."""

    transcript_id: int
    code: str
    managing_unit_name: str
    years: tuple[YearView, ...]


_CARD = (
    sa.select(
        YearRecordRow.school_year,
        RecordVersion.version,
        RecordVersion.issuing_unit_name,
        RecordVersion.grade,
        RecordVersion.effective_at,
        RecordVersion.full_name,
    )
    .select_from(Transcript)
    .join(YearRecordRow, YearRecordRow.transcript_id == Transcript.id)
    .join(RecordVersion, RecordVersion.year_record_id == YearRecordRow.id)
    .where(Transcript.lookup_code == sa.bindparam("code"), RecordVersion.state == State.LOCKED.value)
    .order_by(YearRecordRow.school_year.desc(), RecordVersion.version.desc())
)


def card(connection: sa.Connection, code: str) -> Card | None:
    """The public card, or None. code: 32 lower-case hex. One indexed read; no ORM, for speed."""
    rows = connection.execute(_CARD, {"code": code}).all()
    if not rows:
        return None
    years: dict[str, CardYear] = {}
    for school_year, version, school_name, grade, effective_at, _name in rows:
        if effective_at is not None:  # set by the lock, with the state
            year = CardYear(school_year, version, StandingState.IN_FORCE, school_name, grade, effective_at)
            years.setdefault(school_year, year)
    return Card(code, masked_name(rows[0].full_name), tuple(years.values()))


def masked_name(full_name: str) -> str:
    """First letter of each word: enough for a holder to recognise the name, too little for a stranger to learn it."""
    return " ".join(f"{word[0]}***" for word in full_name.split())


def can_read(session: Session, identity: Identity | None, code: str) -> bool:
    """Whether this person may read at least one year of the transcript."""
    _found, versions = readable_versions(session, identity, code)
    return bool(versions)


def readable_versions(
    session: Session, identity: Identity | None, code: str
) -> tuple[Transcript | None, dict[str, RecordVersion]]:
    """The transcript, and by school year the newest living version within the reader's scope, newest year first."""
    found = _transcript(session, code)
    if found is None:
        return None, {}
    return found, _readable_years(session, found, may_read_whole_records(identity))


def transcript(session: Session, identity: Identity | None, code: str, now: datetime, network: str) -> TranscriptView:
    """The whole record within the reader's scope; writes who looked. Raises NotFound, unknown and forbidden alike."""
    found, versions = readable_versions(session, identity, code)
    allowed = bool(versions)
    record_access(
        session,
        identity=identity,
        action=Action.RECORD_READ,
        transcript_id=found.id if found is not None else None,
        outcome=Outcome.ALLOWED if allowed else Outcome.REFUSED,
        network=network,
        now=now,
    )
    if found is None or not allowed:
        raise NotFound
    managing = session.get_one(Unit, found.managing_unit_id)
    return TranscriptView(found.id, code, managing.name, tuple(_year_view(session, row) for row in versions.values()))


def _transcript(session: Session, code: str) -> Transcript | None:
    return session.scalar(sa.select(Transcript).where(Transcript.lookup_code == code))


_SHOWN = (State.LOCKED.value, State.ACCEPTED.value, State.SUBMITTED.value, State.DRAFT.value)


def _readable_years(session: Session, found: Transcript, scope: RecordScope) -> dict[str, RecordVersion]:
    """The newest living version of each year within the scope, newest year first."""
    if scope.nothing:
        return {}
    issuer = sa.select(Unit.code).where(Unit.id == RecordVersion.issuing_unit_id).scalar_subquery()
    rows = session.execute(
        sa.select(YearRecordRow.school_year, RecordVersion, issuer)
        .join(RecordVersion, RecordVersion.year_record_id == YearRecordRow.id)
        .where(YearRecordRow.transcript_id == found.id, RecordVersion.state.in_(_SHOWN))
        .order_by(YearRecordRow.school_year.desc(), RecordVersion.version.desc())
    ).all()
    managing = session.get_one(Unit, found.managing_unit_id).code
    newest: dict[str, RecordVersion] = {}
    for school_year, version, issuing in rows:
        if scope.covers(managing, issuing):
            newest.setdefault(school_year, version)
    return newest


def _year_view(session: Session, row: RecordVersion) -> YearView:
    signatures = session.scalars(
        sa.select(RecordSignature).where(RecordSignature.version_id == row.id).order_by(RecordSignature.id)
    )
    return YearView(
        record=from_bytes(blobs.get(session, row.root_sha256)),
        version=row.version,
        state=row.state,
        effective_at=row.effective_at,
        signatures=tuple(
            SignatureView(held.role, held.signer_name, held.signed_at, held.received_at) for held in signatures
        ),
        log_index=row.log_index,
    )
