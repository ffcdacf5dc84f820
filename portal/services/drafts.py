"""Writing the drafts of a packet: transcripts, years, versions, signed bytes and history, a batch for each table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.models import RecordVersion, State, Transcript, Unit, YearRecordRow
from portal.services import blobs
from portal.services.pupils import KnownYear
from portal.services.transitions import begin_life, change_state
from portal.vietnamese import fold, sort_key
from verify.canonical import sha256
from verify.record.codec import to_bytes
from verify.record.findings import Finding
from verify.record.model import YearContent, YearRecord

NewCode = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Draft:
    """A good row. found: the pupil's transcript, None for a new pupil. known: what is stored of the year."""

    row: int
    pupil: int
    findings: tuple[Finding, ...]
    content: YearContent
    found: Transcript | None
    known: KnownYear


@dataclass(frozen=True, slots=True)
class Writing:
    """What all drafts of one packet share. new_code: gives fresh lookup codes."""

    session: Session
    school: Unit
    school_year: str
    packet_id: int
    new_code: NewCode
    actor: str
    now: datetime


def says_the_same(known: KnownYear, lookup_code: str, content: YearContent) -> bool:
    """Whether the living version has exactly this content."""
    living = known.living
    if living is None:
        return False
    rebuilt = content.under(lookup_code, living.version, known.root_of(living.version - 1))
    return sha256(to_bytes(rebuilt)) == living.root_sha256


def write_drafts(writing: Writing, drafts: Sequence[Draft]) -> list[str]:
    """Write every draft that says something new; returns the lookup code of each, in order.

    An unchanged draft only moves to this packet, so that one packet holds what is signed next.
    """
    session = writing.session
    transcripts = [draft.found or _new_transcript(writing, draft.content) for draft in drafts]
    session.add_all(transcripts)
    session.flush()
    changed = [
        (draft, transcript)
        for draft, transcript in zip(drafts, transcripts, strict=True)
        if not _unchanged(writing, draft, transcript)
    ]
    years = [draft.known.row or _new_year(writing, transcript) for draft, transcript in changed]
    session.add_all(years)
    session.flush()
    records = [_record(draft, transcript) for draft, transcript in changed]
    roots = blobs.put_all(session, [to_bytes(record) for record in records])
    versions = [_version(writing, year, record, root) for year, record, root in zip(years, records, roots, strict=True)]
    _replace(writing, changed, records)
    session.add_all(versions)
    session.flush()
    for version in versions:
        begin_life(session, version, actor=writing.actor, reason="đưa vào từ tệp của trường", now=writing.now)
    session.flush()
    return [transcript.lookup_code for transcript in transcripts]


def _new_transcript(writing: Writing, content: YearContent) -> Transcript:
    return Transcript(
        lookup_code=writing.new_code(),
        personal_id=content.personal_id,
        moet_student_code=content.moet_student_code,
        full_name=content.full_name,
        birth_date=content.birth_date,
        managing_unit_id=writing.school.id,
        created_at=writing.now,
    )


def _new_year(writing: Writing, transcript: Transcript) -> YearRecordRow:
    return YearRecordRow(transcript_id=transcript.id, school_year=writing.school_year)


def _unchanged(writing: Writing, draft: Draft, transcript: Transcript) -> bool:
    living = draft.known.living
    if living is None or not says_the_same(draft.known, transcript.lookup_code, draft.content):
        return False
    if living.state == State.DRAFT.value:
        living.packet_id = writing.packet_id
    return True


def _record(draft: Draft, transcript: Transcript) -> YearRecord:
    newest = draft.known.newest
    number, replaces = (newest.version + 1, newest.root_sha256) if newest is not None else (1, None)
    return draft.content.under(transcript.lookup_code, number, replaces)


def _replace(writing: Writing, changed: Sequence[tuple[Draft, Transcript]], records: Sequence[YearRecord]) -> None:
    for (draft, _transcript), record in zip(changed, records, strict=True):
        if draft.known.living is not None:
            change_state(
                writing.session,
                draft.known.living,
                State.REPLACED,
                actor=writing.actor,
                reason=f"thay thế bằng phiên bản {record.version}",
                now=writing.now,
            )


def _version(writing: Writing, year: YearRecordRow, record: YearRecord, root_sha256: str) -> RecordVersion:
    return RecordVersion(
        year_record_id=year.id,
        version=record.version,
        state=State.DRAFT.value,
        packet_id=writing.packet_id,
        issuing_unit_id=writing.school.id,
        issuing_unit_name=record.issuing_school.name,
        grade=record.grade,
        class_name=record.class_name,
        full_name=record.full_name,
        search_name=fold(record.full_name),
        sort_name=sort_key(record.full_name),
        root_sha256=root_sha256,
        created_at=writing.now,
        effective_at=None,
        log_index=None,
    )
