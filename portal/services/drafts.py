"""Writing the records of a packet: transcripts, years, versions, signed bytes and history, a batch for each table.

A workbook's row becomes a draft. A record that came signed in an XML packet goes on from there at once: to `submitted`
while the head's signature or the seal is missing, to `accepted` with both (design §9.4).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.counting import count
from portal.models import RecordSignature, RecordVersion, State, Transcript, Unit, YearRecordRow
from portal.services import blobs
from portal.services.amendment_settling import settle
from portal.services.arrivals import Arrival, Chain, Roots
from portal.services.evidence import checks_to_json
from portal.services.life import Act
from portal.services.pupils import KnownYear
from portal.services.transitions import begin_lives, change_state
from portal.vietnamese import fold, sort_key
from verify.canonical import sha256
from verify.containers.roots import read_root, record_element, signature_count
from verify.record.codec import to_bytes
from verify.record.findings import Finding
from verify.record.model import YearContent, YearRecord
from verify.record.vocabulary import OverallResult

NewCode = Callable[[], str]
# A large file's rows and bytes are in memory a part at a time; the transaction is one.
_AT_ONCE: Final = 500
_UNSIGNED: Final = (State.DRAFT.value, State.SUBMITTED.value)


@dataclass(frozen=True, slots=True)
class Draft:
    """A good row. found: the pupil's transcript, None for a new pupil. known: what is stored of the year.

    arrival: what came with it in an XML packet.
    """

    row: int
    pupil: int
    findings: tuple[Finding, ...]
    content: YearContent
    found: Transcript | None
    known: KnownYear
    arrival: Arrival | None = None

    @property
    def chain(self) -> Chain | None:
        return self.arrival.chain if self.arrival is not None else None

    @property
    def signed(self) -> Arrival | None:
        """The arrival, if anybody has signed."""
        return self.arrival if self.arrival is not None and self.arrival.signed else None


class Step(StrEnum):
    """What a draft does to the stored year."""

    NEW = "new"
    REPLACE = "replace"
    SIGN = "sign"  # more signatures on the record that is there
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Writing:
    """What all drafts of one packet share. new_code: gives fresh lookup codes. roots: of signed rows, by row."""

    session: Session
    school: Unit
    school_year: str
    packet_id: int
    new_code: NewCode
    actor: str
    now: datetime
    roots: Roots = field(default_factory=dict)


def step_of(draft: Draft) -> Step:
    """A signed record replaces a draft of the same content, because it brings signatures with it."""
    living, found, signed = draft.known.living, draft.found, draft.signed
    if living is None or found is None:
        return Step.NEW
    if not says_the_same(draft.known, found.lookup_code, draft.content):
        return Step.REPLACE
    if signed is None or living.state not in _UNSIGNED:
        return Step.KEEP
    root = draft.known.xml.get(living.version)
    if root is None or sha256(record_element(root)) != signed.record_sha256:
        return Step.REPLACE
    more = signed.chain.complete or len(signed.chain.signatures) > signature_count(root)
    return Step.SIGN if more and signed.root_sha256 != living.root_sha256 else Step.KEEP


def says_the_same(known: KnownYear, lookup_code: str, content: YearContent) -> bool:
    """Whether the living version has exactly this content."""
    living = known.living
    if living is None:
        return False
    xml = known.xml.get(living.version)
    if xml is not None:
        return _bytes_of(read_root(xml).content, lookup_code) == _bytes_of(content, lookup_code)
    rebuilt = content.under(lookup_code, living.version, known.root_of(living.version - 1))
    return sha256(to_bytes(rebuilt)) == living.root_sha256


def _bytes_of(content: YearContent, lookup_code: str) -> bytes:
    return to_bytes(content.under(lookup_code))


def write_drafts(writing: Writing, drafts: Sequence[Draft]) -> list[str]:
    """Write every draft that says or signs something new; returns the lookup code of each, in order.

    An unchanged draft only moves to this packet, so that one packet holds what is signed next.
    """
    codes: list[str] = []
    for start in range(0, len(drafts), _AT_ONCE):
        codes += _write_part(writing, drafts[start : start + _AT_ONCE])
        count(len(codes), len(drafts))
    return codes


def _write_part(writing: Writing, drafts: Sequence[Draft]) -> list[str]:
    session = writing.session
    transcripts = [draft.found or _new_transcript(writing, draft.content) for draft in drafts]
    session.add_all(transcripts)
    session.flush()
    steps = [step_of(draft) for draft in drafts]
    _move_kept(writing, [draft for draft, step in zip(drafts, steps, strict=True) if step is Step.KEEP])
    _sign_on(writing, [draft for draft, step in zip(drafts, steps, strict=True) if step is Step.SIGN])
    changed = [
        (draft, transcript)
        for draft, transcript, step in zip(drafts, transcripts, steps, strict=True)
        if step in (Step.NEW, Step.REPLACE)
    ]
    years = [draft.known.row or _new_year(writing, transcript) for draft, transcript in changed]
    session.add_all(years)
    session.flush()
    records = [_record(draft, transcript) for draft, transcript in changed]
    pieces = [_root(writing, draft, record) for (draft, _transcript), record in zip(changed, records, strict=True)]
    roots = blobs.put_all(session, pieces)
    versions = [_version(writing, year, record, root) for year, record, root in zip(years, records, roots, strict=True)]
    _replace(writing, changed, records)
    session.add_all(versions)
    session.flush()
    begin_lives(session, versions, actor=writing.actor, reason="đưa vào từ tệp của trường", now=writing.now)
    _keep_signed(writing, [(draft, version) for (draft, _held), version in zip(changed, versions, strict=True)])
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


def _move_kept(writing: Writing, drafts: Sequence[Draft]) -> None:
    for draft in drafts:
        living = draft.known.living
        if living is not None and living.state == State.DRAFT.value:
            living.packet_id = writing.packet_id


def _root(writing: Writing, draft: Draft, record: YearRecord) -> bytes:
    """The bytes to keep: those that were signed, or those that are to be signed."""
    return writing.roots[draft.row].root if draft.signed is not None else to_bytes(record)


def _sign_on(writing: Writing, drafts: Sequence[Draft]) -> None:
    """Put a longer chain in the place of a shorter one over the same record; the shorter stays among the blobs."""
    if not drafts:
        return
    roots = blobs.put_all(writing.session, [writing.roots[draft.row].root for draft in drafts])
    living = [(draft, draft.known.living) for draft in drafts]
    signed = [(draft, version) for draft, version in living if version is not None]
    for (_draft, version), root in zip(signed, roots, strict=True):
        version.root_sha256, version.packet_id = root, writing.packet_id
    held = [version.id for _draft, version in signed]
    writing.session.execute(sa.delete(RecordSignature).where(RecordSignature.version_id.in_(held)))
    _keep_signed(writing, signed)


def _keep_signed(writing: Writing, signed: Sequence[tuple[Draft, RecordVersion]]) -> None:
    """Keep the signatures that a lock needs, and move each version to where they bring it."""
    arrived = [(draft.signed, version, writing.roots.get(draft.row)) for draft, version in signed]
    kept = [(version, each) for _held, version, root in arrived if root is not None for each in root.signatures]
    digests = blobs.put_all(writing.session, [each.element for _version, each in kept])
    writing.session.add_all(
        RecordSignature(
            version_id=version.id,
            role=each.role.value,
            cms_sha256=digest,
            certificate_sha256=each.certificate_sha256,
            signer_name=each.signer_name,
            signed_at=each.signed_at,
            received_at=writing.now,
            report=checks_to_json(each.report),
        )
        for (version, each), digest in zip(kept, digests, strict=True)
    )
    for held, version, _root in arrived:
        if held is not None:
            _go_on(writing, version, held.chain)
    accepted = [version.id for _held, version, _root in arrived if version.state == State.ACCEPTED.value]
    settle(writing.session, accepted, writing.now)


def _go_on(writing: Writing, version: RecordVersion, chain: Chain) -> None:
    session, now = writing.session, writing.now
    if version.state == State.DRAFT.value:
        reason = "trường gửi kèm chữ ký số trong gói XML"
        change_state(session, version, Act.SUBMIT, actor=writing.actor, reason=reason, now=now)
    if chain.complete:
        reason = "đủ chữ ký, đúng thẩm quyền"
        change_state(session, version, Act.ACCEPT, actor="hệ thống", reason=reason, now=now)


def _record(draft: Draft, transcript: Transcript) -> YearRecord:
    newest = draft.known.newest
    number, replaces = (newest.version + 1, newest.root_sha256) if newest is not None else (1, None)
    return draft.content.under(transcript.lookup_code, number, replaces)


def _replace(writing: Writing, changed: Sequence[tuple[Draft, Transcript]], records: Sequence[YearRecord]) -> None:
    for (draft, _transcript), record in zip(changed, records, strict=True):
        # A locked version keeps its state for ever; what takes its place says so by a leaf (decision 0021).
        if draft.known.living is not None and draft.known.living.state != State.LOCKED.value:
            change_state(
                writing.session,
                draft.known.living,
                Act.REPLACE,
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
        awaits_assessment=awaits_assessment(record),
    )


def awaits_assessment(record: YearRecord) -> bool:
    """Whether a pupil's additional assessment is still to come: not completed, and nobody has promoted the pupil.

    A head promotes after that assessment only (TT 27/2020 Đ.11.1c); grade 5 counts too (domain §4).
    """
    return record.overall_result is OverallResult.NOT_COMPLETED and record.promoted is not True
