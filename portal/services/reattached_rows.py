"""The rows of a record that is put back under its leaf: as if it had gone its way, with a history that says how."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import LogOpening, Packet, RecordSignature, RecordVersion, State, Transcript, Unit, YearRecordRow
from portal.services import blobs
from portal.services.drafts import awaits_assessment
from portal.services.evidence import checks_to_json
from portal.services.life import Act, way_to_lock
from portal.services.transitions import begin_lives, change_state
from portal.vietnamese import fold, sort_key
from verify.canonical import sha256
from verify.containers.roots import record_of
from verify.log.commitments import opening_bytes
from verify.record.model import YearContent
from verify.report.lines import ReportedRecord
from verify.signing import Role
from verify.verdict import Check

_ACTOR = "khôi phục"


@dataclass(frozen=True, slots=True)
class Place:
    """What the database has of a record. version: the same number, with the same bytes. open_: others not locked."""

    transcript: Transcript | None
    year: YearRecordRow | None
    version: RecordVersion | None
    open_: tuple[RecordVersion, ...]


@dataclass(frozen=True, slots=True)
class Received:
    """A signature of the record. at: for when its checks were asked."""

    role: Role
    data: bytes
    certificate: bytes
    signer_name: str
    signed_at: datetime
    at: datetime
    checks: tuple[Check, ...]


def attach(
    session: Session,
    record: ReportedRecord,
    place: Place,
    unit: Unit,
    content: YearContent,
    received: Sequence[Received],
    decision: str,
    now: datetime,
) -> None:
    """Bring a record to where its leaf says that it is: locked, dated, opened. The caller has judged it."""
    reason = f"đưa lại sau khôi phục theo {decision}, dòng {record.log_index} của sổ minh bạch"
    for other in place.open_:
        change_state(session, other, Act.REPLACE, actor=_ACTOR, reason=reason, now=now)
    version = place.version
    if version is None:
        version = _version(session, record, place, unit, content, now)
        begin_lives(session, [version], actor=_ACTOR, reason=reason, now=now)
    _signatures(session, version, received)
    ahead = way_to_lock(State(version.state))
    for act in ahead[:-1]:
        change_state(session, version, act, actor=_ACTOR, reason=reason, now=now)
    opening = opening_bytes(record.committed, record.salt)
    session.add(LogOpening(index=record.log_index, version_id=version.id, opening=opening))
    session.flush()
    version.effective_at, version.log_index = record.effective_at, record.log_index
    change_state(session, version, ahead[-1], actor=_ACTOR, reason=reason, now=now)
    session.flush()


def _version(
    session: Session, record: ReportedRecord, place: Place, unit: Unit, content: YearContent, now: datetime
) -> RecordVersion:
    transcript = place.transcript or Transcript(
        lookup_code=record.lookup_code,
        personal_id=content.personal_id,
        moet_student_code=content.moet_student_code,
        full_name=content.full_name,
        birth_date=content.birth_date,
        managing_unit_id=unit.id,
        created_at=now,
    )
    session.add(transcript)
    session.flush()
    year = place.year or YearRecordRow(transcript_id=transcript.id, school_year=record.school_year)
    session.add(year)
    packet = _packet(session, unit, content, now)
    session.flush()
    (root,) = blobs.put_all(session, [record.root])
    made = RecordVersion(
        year_record_id=year.id,
        version=record.version,
        state=State.DRAFT.value,
        packet_id=packet.id,
        issuing_unit_id=unit.id,
        issuing_unit_name=content.issuing_school.name,
        grade=content.grade,
        class_name=content.class_name,
        full_name=content.full_name,
        search_name=fold(content.full_name),
        sort_name=sort_key(content.full_name),
        root_sha256=root,
        created_at=now,
        effective_at=None,
        log_index=None,
        awaits_assessment=awaits_assessment(record_of(record.root, record.lookup_code, record.version)),
    )
    session.add(made)
    session.flush()
    return made


def _packet(session: Session, unit: Unit, content: YearContent, now: datetime) -> Packet:
    """One for each class and year, so that the school's lists find it as any other class."""
    digest = sha256(f"reattached {content.class_name}".encode())
    held = session.scalar(
        sa.select(Packet).where(
            Packet.unit_id == unit.id, Packet.school_year == content.school_year, Packet.file_sha256 == digest
        )
    )
    if held is None:
        held = Packet(
            unit_id=unit.id,
            school_year=content.school_year,
            class_name=content.class_name,
            grade=content.grade,
            file_sha256=digest,
            report={"rows": [], "findings": []},
            created_at=now,
        )
        session.add(held)
    return held


def _signatures(session: Session, version: RecordVersion, received: Sequence[Received]) -> None:
    """Exactly those that the leaf commits to; one that is there already keeps its own report."""
    digests = blobs.put_all(session, [each.data for each in received])
    wanted = {each.role.value: digest for each, digest in zip(received, digests, strict=True)}
    held = session.scalars(sa.select(RecordSignature).where(RecordSignature.version_id == version.id)).all()
    kept = {row.role for row in held if wanted.get(row.role) == row.cms_sha256}
    for row in held:
        if row.role not in kept:
            session.delete(row)
    session.flush()
    session.add_all(
        RecordSignature(
            version_id=version.id,
            role=each.role.value,
            cms_sha256=wanted[each.role.value],
            certificate_sha256=sha256(each.certificate),
            signer_name=each.signer_name,
            signed_at=each.signed_at,
            received_at=each.at,
            report=checks_to_json(each.checks),
        )
        for each in received
        if each.role.value not in kept
    )
    session.flush()
