"""Looking one transcript up by its code: the public card, and the whole record for who may read it.

Unknown, not yet locked, withdrawn and forbidden give the same answer (design §9.1).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.errors import NotFound
from portal.identity import Identity, StaffRole
from portal.models import (
    EarlierCode,
    EarlierYear,
    RecordSignature,
    RecordStanding,
    RecordVersion,
    State,
    Transcript,
    Unit,
    YearRecordRow,
)
from portal.permissions import RecordScope, may_read_whole_records
from portal.services import blobs, telling
from portal.services.access import Action, Outcome, record_access
from portal.services.changes import Change
from portal.services.evidence import checks_from_json
from portal.services.standing import (
    NoteView,
    changed_by,
    newest_of,
    notes_of,
    replacement_by,
    standing_from,
    standing_of,
)
from verify.containers.roots import locked_record
from verify.record.model import YearRecord
from verify.standing import IN_FORCE, Standing, StandingState
from verify.verdict import Check, Status


@dataclass(frozen=True, slots=True)
class CardYear:
    """A locked year on the public card. standing: of the newest locked version. effective_at: UTC.

    source, imported_at: of a year that the system before this one had locked, else None. since, decision: of a standing
    other than in force. older: standings of earlier locked versions, by number: prints of them circulate.
    """

    school_year: str
    version: int
    standing: StandingState
    school_name: str
    grade: int
    effective_at: datetime
    source: str | None = None
    imported_at: datetime | None = None
    since: datetime | None = None
    decision: str | None = None
    older: Mapping[int, Standing] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Card:
    """What a stranger with a code learns (domain §6): state, masked name, school, year, effective date.

    code: of the transcript, also where a code of the system before this one led here.
    """

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
class OriginView:
    """Of a year that the system before this one had locked. source: its name. signed_code: the code that it signed.

    unknown: what could not be known of its signatures when it was taken in.
    """

    source: str
    imported_at: datetime
    signed_code: str | None
    unknown: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class ReplacedView:
    """The version whose place this one took: its number, the decision, and what it said otherwise."""

    version: int
    decision: str
    since: datetime
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class YearView:
    """One year with the record read from its signed bytes."""

    record: YearRecord
    version: int
    state: str
    effective_at: datetime | None
    signatures: tuple[SignatureView, ...]
    log_index: int | None
    origin: OriginView | None = None
    standing: Standing = IN_FORCE
    notes: tuple[NoteView, ...] = ()
    replaced: ReplacedView | None = None


@dataclass(frozen=True, slots=True)
class TranscriptView:
    """A transcript for who may read it: newest year first."""

    transcript_id: int
    code: str
    managing_unit_name: str
    years: tuple[YearView, ...]


GUARDIAN = "guardian"
# A code of the system before this one is asked for only where no transcript has it as its own.
_OWN = aliased(Transcript)
_MEANT = sa.func.coalesce(
    sa.select(_OWN.id).where(_OWN.lookup_code == sa.bindparam("code")).scalar_subquery(),
    sa.select(EarlierCode.transcript_id).where(EarlierCode.code == sa.bindparam("code")).scalar_subquery(),
)
_CARD = (
    sa.select(
        YearRecordRow.school_year,
        RecordVersion.version,
        RecordVersion.issuing_unit_name,
        RecordVersion.grade,
        RecordVersion.effective_at,
        RecordVersion.full_name,
        Transcript.lookup_code,
        EarlierYear.source,
        EarlierYear.imported_at,
        RecordStanding.state,
        RecordStanding.since,
        RecordStanding.decision,
        RecordStanding.by_version,
    )
    .select_from(Transcript)
    .join(YearRecordRow, YearRecordRow.transcript_id == Transcript.id)
    .join(RecordVersion, RecordVersion.year_record_id == YearRecordRow.id)
    .outerjoin(EarlierYear, EarlierYear.version_id == RecordVersion.id)
    .outerjoin(RecordStanding, RecordStanding.id == newest_of(RecordVersion.id))
    .where(Transcript.id == _MEANT, RecordVersion.state == State.LOCKED.value, Transcript.restricted_at.is_(None))
    .order_by(YearRecordRow.school_year.desc(), RecordVersion.version.desc())
)


def card(connection: sa.Connection, code: str) -> Card | None:
    """The public card, or None. code: 32 lower-case hex. One indexed read; no ORM, for speed."""
    rows = connection.execute(_CARD, {"code": code}).all()
    if not rows:
        return None
    years: dict[str, CardYear] = {}
    older: dict[str, dict[int, Standing]] = {}
    for school_year, version, school_name, grade, effective_at, _name, _code, source, imported_at, *acted in rows:
        if effective_at is None:  # set by the lock, with the state
            continue
        now = standing_from(*acted)
        if school_year in years:
            older[school_year][version] = now
            continue
        held = (school_year, version, now.state, school_name, grade, effective_at, source, imported_at)
        years[school_year] = CardYear(*held, now.since, now.decision, older.setdefault(school_year, {}))
    return Card(rows[0].lookup_code, masked_name(rows[0].full_name), tuple(years.values()))


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


def readable_editions(
    session: Session, identity: Identity | None, code: str, school_year: str
) -> tuple[Transcript | None, tuple[RecordVersion, ...]]:
    """The transcript, and every living version of one year within the reader's scope: first the one that is shown."""
    found = _transcript(session, code)
    if found is None:
        return None, ()
    rows = _readable(session, found, may_read_whole_records(identity))
    return found, tuple(version for year, version in rows if year == school_year)


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
        basis=basis_of(identity, found),
        fields=", ".join(versions) or None,
    )
    if found is None or not allowed:
        raise NotFound
    if identity is not None and identity.units_as(StaffRole.DEPARTMENT_ADMIN):
        telling.child_inspected(session, found.id, now)
    return opened_view(session, found, versions.values())


def basis_of(identity: Identity | None, found: Transcript | None) -> str | None:
    """What the ledger keeps of a guardian's look; None: the person's roles."""
    return GUARDIAN if identity is not None and found is not None and found.id in identity.children else None


def locked_years(session: Session, found: Transcript, first: str | None, last: str | None) -> dict[str, RecordVersion]:
    """The locked version that stands of each year from `first` to `last` (None: no such end), newest first.

    The caller has asked who may see them.
    """
    return {
        year: version
        for year, version in _readable_years(session, found, RecordScope(everything=True)).items()
        if version.state == State.LOCKED.value and (first or year) <= year <= (last or year)
    }


def opened_view(session: Session, found: Transcript, versions: Iterable[RecordVersion]) -> TranscriptView:
    """These years of a record; the caller has asked who may see them and writes down that they did."""
    managing = session.get_one(Unit, found.managing_unit_id)
    code = found.lookup_code
    return TranscriptView(found.id, code, managing.name, tuple(_year_view(session, code, row) for row in versions))


def _transcript(session: Session, code: str) -> Transcript | None:
    return session.scalar(sa.select(Transcript).where(Transcript.lookup_code == code))


_SHOWN = (State.LOCKED.value, State.ACCEPTED.value, State.SUBMITTED.value, State.DRAFT.value)


def _readable_years(session: Session, found: Transcript, scope: RecordScope) -> dict[str, RecordVersion]:
    """The newest living version of each year within the scope, newest year first."""
    newest: dict[str, RecordVersion] = {}
    for school_year, version in _readable(session, found, scope):
        newest.setdefault(school_year, version)
    return newest


def _readable(session: Session, found: Transcript, scope: RecordScope) -> Iterator[tuple[str, RecordVersion]]:
    """Every living version within the scope, newest year first, and of each year first the one that is shown."""
    if scope.nothing:
        return
    issuer = sa.select(Unit.code).where(Unit.id == RecordVersion.issuing_unit_id).scalar_subquery()
    rows = session.execute(
        sa.select(YearRecordRow.school_year, RecordVersion, issuer)
        .join(RecordVersion, RecordVersion.year_record_id == YearRecordRow.id)
        .where(YearRecordRow.transcript_id == found.id, RecordVersion.state.in_(_SHOWN))
        # A locked version stands until another one has taken its place, whatever a school prepares beside it.
        .order_by(
            YearRecordRow.school_year.desc(),
            sa.case((RecordVersion.state == State.LOCKED.value, 0), else_=1),
            RecordVersion.version.desc(),
        )
    ).all()
    managing = session.get_one(Unit, found.managing_unit_id).code
    for school_year, version, issuing in rows:
        if scope.covers(managing, issuing, found.id):
            yield school_year, version


def _year_view(session: Session, code: str, row: RecordVersion) -> YearView:
    signatures = session.scalars(
        sa.select(RecordSignature).where(RecordSignature.version_id == row.id).order_by(RecordSignature.id)
    )
    return YearView(
        record=locked_record(blobs.get(session, row.root_sha256), code, row.version),
        version=row.version,
        state=row.state,
        effective_at=row.effective_at,
        signatures=tuple(
            SignatureView(held.role, held.signer_name, held.signed_at, held.received_at) for held in signatures
        ),
        log_index=row.log_index,
        origin=_origin(session, row),
        standing=standing_of(session, row.id),
        notes=notes_of(session, row.id),
        replaced=_replaced(session, row),
    )


def _replaced(session: Session, row: RecordVersion) -> ReplacedView | None:
    if row.version == 1:
        return None
    held = replacement_by(session, row, "")
    if held is None:
        return None
    return ReplacedView(held.version, held.decision, held.since, changed_by(session, row, held.version))


def _origin(session: Session, row: RecordVersion) -> OriginView | None:
    held = session.get(EarlierYear, row.id)
    if held is None:
        return None
    reports = session.scalars(sa.select(RecordSignature.report).where(RecordSignature.version_id == row.id))
    unknown = {
        (check.question, check.reason): check
        for report in reports
        for check in checks_from_json(report)
        if check.status is Status.UNKNOWN
    }
    return OriginView(held.source, held.imported_at, held.signed_code, tuple(unknown.values()))
