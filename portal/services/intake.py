"""Taking a class in: judged rows become drafts under transcripts, in one transaction (plan PL 2.1).

A pupil is found again by `personal_id`, else by `moet_student_code`; a conflict of name or birth date is an error;
none found makes a new code, with a warning (design §9.7). A faulty row never sinks the class. The same file for
the same school and year gives the same packet and changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.errors import Problem, Refused
from portal.identity import Identity
from portal.models import Packet, RecordVersion, State, Transcript, Unit, YearRecordRow
from portal.permissions import may_import_for
from portal.services import blobs
from portal.services.transitions import begin_life, change_state
from portal.vietnamese import fold, sort_key
from verify.canonical import sha256
from verify.record.codec import to_bytes
from verify.record.findings import Finding, FindingCode, Severity, finding, has_errors
from verify.record.model import YearContent

NewCode = Callable[[], str]
_LIVING = (State.DRAFT.value, State.SUBMITTED.value, State.ACCEPTED.value, State.LOCKED.value)


@dataclass(frozen=True, slots=True)
class TakenRow:
    """What became of one pupil's row. row: as the sheet counts. pupil: running number. lookup_code: None if refused."""

    row: int
    pupil: int
    lookup_code: str | None
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        return has_errors(self.findings)


@dataclass(frozen=True, slots=True)
class TakenPacket:
    """What became of a file. packet: its id, None when nothing was stored."""

    packet: int | None
    rows: tuple[TakenRow, ...]

    @property
    def accepted(self) -> int:
        return sum(not row.refused for row in self.rows)

    @property
    def refused(self) -> int:
        return sum(row.refused for row in self.rows)


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A pupil's row after the record's rules. content: None when it has errors."""

    row: int
    pupil: int
    content: YearContent | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ClassFile:
    """A judged file. file_sha256: of the bytes as they came."""

    file_sha256: str
    class_name: str
    grade: int
    rows: Sequence[JudgedRow]


def known_packet(session: Session, school: Unit, school_year: str, file_sha256: str) -> TakenPacket | None:
    """The receipt of the same file sent before, or None."""
    found = session.scalar(
        sa.select(Packet).where(
            Packet.unit_id == school.id, Packet.school_year == school_year, Packet.file_sha256 == file_sha256
        )
    )
    return None if found is None else TakenPacket(found.id, _rows_from(found.report))


def take_in(
    session: Session,
    identity: Identity,
    school: Unit,
    school_year: str,
    file: ClassFile,
    new_code: NewCode,
    now: datetime,
) -> TakenPacket:
    """Store the good rows of a class as drafts. new_code: gives fresh lookup codes.

    Raises Refused(NOT_ALLOWED). Nothing is stored when no row is good.
    """
    if not may_import_for(identity, school.code):
        raise Refused(Problem.NOT_ALLOWED)
    known = known_packet(session, school, school_year, file.file_sha256)
    if known is not None:
        return known
    packet = _new_packet(session, school, school_year, file, now)
    taking = _Taking(session, school, school_year, packet.id, new_code, identity.display_name, now)
    rows = tuple(_take_row(taking, judged) for judged in file.rows)
    if not any(not row.refused for row in rows):
        session.delete(packet)
        session.flush()
        return TakenPacket(None, rows)
    packet.report = {"rows": [_row_json(row) for row in rows]}
    session.flush()
    return TakenPacket(packet.id, rows)


@dataclass(frozen=True, slots=True)
class _Taking:
    """What every row of one packet shares."""

    session: Session
    school: Unit
    school_year: str
    packet_id: int
    new_code: NewCode
    actor: str
    now: datetime


def _new_packet(session: Session, school: Unit, school_year: str, file: ClassFile, now: datetime) -> Packet:
    packet = Packet(
        unit_id=school.id,
        school_year=school_year,
        class_name=file.class_name,
        grade=file.grade,
        file_sha256=file.file_sha256,
        report={},
        created_at=now,
    )
    session.add(packet)
    session.flush()
    return packet


def _take_row(taking: _Taking, judged: JudgedRow) -> TakenRow:
    if judged.content is None or has_errors(judged.findings):
        return TakenRow(judged.row, judged.pupil, None, judged.findings)
    fields = judged.content
    found, problems = _find_pupil(taking, fields)
    if not problems and found is not None:
        problems = _year_problems(taking, found, fields)
    if problems:
        return TakenRow(judged.row, judged.pupil, None, (*judged.findings, *problems))
    new: tuple[Finding, ...] = ()
    if found is None:
        found = _new_transcript(taking, fields)
        new = (finding("lookup_code", FindingCode.NEW_PUPIL),)
    _draft(taking, found, fields)
    return TakenRow(judged.row, judged.pupil, found.lookup_code, (*judged.findings, *new))


def _find_pupil(taking: _Taking, fields: YearContent) -> tuple[Transcript | None, tuple[Finding, ...]]:
    by_id = _transcript_with(taking, Transcript.personal_id, fields.personal_id)
    by_code = _transcript_with(taking, Transcript.moet_student_code, fields.moet_student_code)
    if by_id is not None and by_code is not None and by_id.id != by_code.id:
        return None, (finding("moet_student_code", FindingCode.PUPIL_CONFLICT),)
    found = by_id if by_id is not None else by_code
    if found is None:
        return None, ()
    where = "personal_id" if by_id is not None else "moet_student_code"
    if fold(found.full_name) != fold(fields.full_name) or found.birth_date != fields.birth_date:
        return None, (finding(where, FindingCode.PUPIL_CONFLICT),)
    if found.personal_id and fields.personal_id and found.personal_id != fields.personal_id:
        return None, (finding("personal_id", FindingCode.PUPIL_CONFLICT),)
    return found, ()


def _transcript_with(
    taking: _Taking, column: InstrumentedAttribute[str | None], value: str | None
) -> Transcript | None:
    if value is None:
        return None
    return taking.session.scalar(sa.select(Transcript).where(column == value))


def _year_problems(taking: _Taking, found: Transcript, fields: YearContent) -> tuple[Finding, ...]:
    living = _living_version(taking, found)
    if living is None:
        return ()
    if living.issuing_unit_id != taking.school.id:
        return (finding("school_year", FindingCode.OTHER_SCHOOLS_YEAR),)
    if living.state == State.LOCKED.value and _same(taking, living, found, fields) is False:
        return (finding("school_year", FindingCode.ALREADY_LOCKED),)
    return ()


def _living_version(taking: _Taking, found: Transcript) -> RecordVersion | None:
    return taking.session.scalar(
        sa.select(RecordVersion)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .where(
            YearRecordRow.transcript_id == found.id,
            YearRecordRow.school_year == taking.school_year,
            RecordVersion.state.in_(_LIVING),
        )
        .order_by(RecordVersion.version.desc())
        .limit(1)
    )


def _same(taking: _Taking, living: RecordVersion, found: Transcript, fields: YearContent) -> bool:
    replaced = _replaced_digest(taking, living)
    rebuilt = fields.under(found.lookup_code, living.version, replaced)
    return sha256(to_bytes(rebuilt)) == living.root_sha256


def _replaced_digest(taking: _Taking, living: RecordVersion) -> str | None:
    return taking.session.scalar(
        sa.select(RecordVersion.root_sha256).where(
            RecordVersion.year_record_id == living.year_record_id, RecordVersion.version == living.version - 1
        )
    )


def _new_transcript(taking: _Taking, fields: YearContent) -> Transcript:
    made = Transcript(
        lookup_code=taking.new_code(),
        personal_id=fields.personal_id,
        moet_student_code=fields.moet_student_code,
        full_name=fields.full_name,
        birth_date=fields.birth_date,
        managing_unit_id=taking.school.id,
        created_at=taking.now,
    )
    taking.session.add(made)
    taking.session.flush()
    return made


def _draft(taking: _Taking, found: Transcript, fields: YearContent) -> None:
    living = _living_version(taking, found)
    if living is not None and _same(taking, living, found, fields):
        if living.state == State.DRAFT.value:
            # A corrected file takes its unchanged rows along, so that one packet holds what is signed next.
            living.packet_id = taking.packet_id
        return
    year = _year_record(taking, found)
    newest = taking.session.execute(
        sa.select(RecordVersion.version, RecordVersion.root_sha256)
        .where(RecordVersion.year_record_id == year.id)
        .order_by(RecordVersion.version.desc())
        .limit(1)
    ).one_or_none()
    number, replaces = (newest.version + 1, newest.root_sha256) if newest is not None else (1, None)
    record = fields.under(found.lookup_code, number, replaces)
    if living is not None:
        change_state(
            taking.session,
            living,
            State.REPLACED,
            actor=taking.actor,
            reason=f"thay thế bằng phiên bản {number}",
            now=taking.now,
        )
    version = RecordVersion(
        year_record_id=year.id,
        version=number,
        state=State.DRAFT.value,
        packet_id=taking.packet_id,
        issuing_unit_id=taking.school.id,
        issuing_unit_name=record.issuing_school.name,
        grade=record.grade,
        class_name=record.class_name,
        full_name=record.full_name,
        search_name=fold(record.full_name),
        sort_name=sort_key(record.full_name),
        root_sha256=blobs.put(taking.session, to_bytes(record)),
        created_at=taking.now,
    )
    taking.session.add(version)
    begin_life(taking.session, version, actor=taking.actor, reason="đưa vào từ tệp của trường", now=taking.now)


def _year_record(taking: _Taking, found: Transcript) -> YearRecordRow:
    held = taking.session.scalar(
        sa.select(YearRecordRow).where(
            YearRecordRow.transcript_id == found.id, YearRecordRow.school_year == taking.school_year
        )
    )
    if held is None:
        held = YearRecordRow(transcript_id=found.id, school_year=taking.school_year)
        taking.session.add(held)
        taking.session.flush()
    return held


def _row_json(row: TakenRow) -> dict[str, object]:
    return {
        "row": row.row,
        "pupil": row.pupil,
        "lookup_code": row.lookup_code,
        "findings": [{**found.as_json(), "severity": found.severity.value} for found in row.findings],
    }


def _rows_from(report: Mapping[str, Any]) -> tuple[TakenRow, ...]:
    return tuple(
        TakenRow(row["row"], row["pupil"], row["lookup_code"], tuple(_finding(held) for held in row["findings"]))
        for row in report["rows"]
    )


def _finding(held: Mapping[str, str]) -> Finding:
    return Finding(held["field"], FindingCode(held["code"]), Severity(held["severity"]), held["message"])
