"""Writing records of earlier years: transcripts, signed bytes, signatures, leaves, all in the caller's transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.models import (
    EarlierCode,
    EarlierImport,
    EarlierYear,
    LogOpening,
    Packet,
    RecordSignature,
    RecordVersion,
    State,
    Transcript,
    Unit,
    YearRecordRow,
)
from portal.services import blobs, log
from portal.services.earlier_matching import Decided, Outcome, Pupil
from portal.services.evidence import checks_to_json
from portal.services.life import Act
from portal.services.transitions import begin_lives, change_state
from portal.vietnamese import fold, sort_key
from verify.canonical import sha256
from verify.log import leaves, notes
from verify.log.commitments import Committed, opening_bytes
from verify.record.model import YearContent

NewCode = Callable[[], str]
Salt = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Of a pupil from another installation. log: name of its log. leaves: index and bytes there, by number here.

    keeper_id: the school here that looks after the pupil now.
    """

    log: str
    leaves: Mapping[int, tuple[int, bytes]]
    keeper_id: int


@dataclass(frozen=True, slots=True)
class Taking:
    """What all records of one import share. salt: gives 32 fresh random bytes; new_code: fresh lookup codes.

    elsewhere: None for years of the system before this one.
    """

    session: Session
    held: EarlierImport
    actor: str
    log_signer: notes.Signer
    salt: Salt
    new_code: NewCode
    now: datetime
    elsewhere: Elsewhere | None = None


@dataclass(frozen=True, slots=True)
class _Written:
    each: Decided
    version: RecordVersion
    code: str


def take(taking: Taking, decided: Sequence[Decided]) -> dict[int, str]:
    """Write every record that is to be taken; returns lookup codes by number in the bundle."""
    wanted = [each for each in decided if each.outcome is Outcome.TAKEN]
    if not wanted:
        return {}
    _transcripts(taking, wanted)
    packets = _packets(taking, wanted)
    written = [_version(taking, each, packets) for each in wanted]
    taking.session.flush()
    for each in written:
        _signatures(taking, each)
    taking.session.flush()
    _log(taking, written)
    return {each.each.entry.number: each.code for each in written}


def _transcripts(taking: Taking, wanted: Sequence[Decided]) -> None:
    """A transcript for each new pupil, managed by the school of the newest year; codes of the old system lead here."""
    session = taking.session
    for each in sorted(wanted, key=lambda held: _content(held).school_year, reverse=True):
        pupil = _pupil(each)
        if pupil.transcript is None and each.school is not None:
            pupil.transcript = Transcript(
                lookup_code=pupil.code or taking.new_code(),
                personal_id=pupil.personal_id,
                moet_student_code=pupil.moet_student_code,
                full_name=pupil.full_name,
                birth_date=pupil.birth_date,
                managing_unit_id=taking.elsewhere.keeper_id if taking.elsewhere is not None else each.school.id,
                created_at=taking.now,
            )
            session.add(pupil.transcript)
    session.flush()
    for each in wanted:
        transcript, code = _transcript(each), each.entry.code
        if code is not None and code != transcript.lookup_code and session.get(EarlierCode, code) is None:
            session.add(EarlierCode(code=code, transcript_id=transcript.id))


def _packets(taking: Taking, wanted: Sequence[Decided]) -> dict[tuple[int, str, str], Packet]:
    """One for each class and year of a school, so that its lists find them as they find any other class."""
    found: dict[tuple[int, str, str], Packet] = {}
    for each in wanted:
        key, content = _class(each), _content(each)
        if key not in found:
            found[key] = Packet(
                unit_id=key[0],
                school_year=content.school_year,
                class_name=content.class_name,
                grade=content.grade,
                file_sha256=sha256(f"{taking.held.bundle_sha256} {content.class_name}".encode()),
                report={"rows": [], "findings": []},
                created_at=taking.now,
            )
    taking.session.add_all(found.values())
    taking.session.flush()
    return found


def _version(taking: Taking, each: Decided, packets: dict[tuple[int, str, str], Packet]) -> _Written:
    content, transcript = _content(each), _transcript(each)
    year = YearRecordRow(transcript_id=transcript.id, school_year=content.school_year)
    taking.session.add(year)
    taking.session.flush()
    (root,) = blobs.put_all(taking.session, [each.entry.root])
    version = RecordVersion(
        year_record_id=year.id,
        version=each.entry.version or 1,
        state=State.DRAFT.value,
        packet_id=packets[_class(each)].id,
        issuing_unit_id=_class(each)[0],
        issuing_unit_name=content.issuing_school.name,
        grade=content.grade,
        class_name=content.class_name,
        full_name=content.full_name,
        search_name=fold(content.full_name),
        sort_name=sort_key(content.full_name),
        root_sha256=root,
        created_at=taking.now,
        effective_at=None,
        log_index=None,
    )
    taking.session.add(version)
    return _Written(each, version, transcript.lookup_code)


def _signatures(taking: Taking, written: _Written) -> None:
    """The signatures with their report, and where the record came from: all before the lock, which ends writing."""
    session, entry = taking.session, written.each.entry
    digests = blobs.put_all(session, [signature.signature for signature in entry.signatures])
    for signature, digest in zip(entry.signatures, digests, strict=True):
        session.add(
            RecordSignature(
                version_id=written.version.id,
                role=signature.role.value,
                cms_sha256=digest,
                certificate_sha256=sha256(signature.certificate or b""),
                signer_name=signature.signer_name,
                signed_at=signature.signing_time or entry.effective_at,
                received_at=taking.now,
                report=checks_to_json(signature.checks),
            )
        )
    session.add(
        EarlierYear(
            version_id=written.version.id,
            import_id=taking.held.id,
            source=taking.held.source,
            imported_at=taking.now.replace(microsecond=0),
            signed_code=entry.code,
        )
    )


def _log(taking: Taking, written: Sequence[_Written]) -> None:
    """One batch of leaves; each version is locked under its old effective date."""
    session = taking.session
    prepared = [_leaf(taking, each) for each in written]
    first = log.append(session, [leaf for leaf, _opening in prepared], taking.log_signer, taking.now)
    origin = "trước" if taking.elsewhere is None else "khác"
    reason = f"nhập từ hệ thống {origin} ({taking.held.source}) theo {taking.held.decision}"
    begin_lives(session, [each.version for each in written], actor=taking.actor, reason=reason, now=taking.now)
    for offset, (each, (_bytes, opening)) in enumerate(zip(written, prepared, strict=True)):
        version = each.version
        session.add(LogOpening(index=first + offset, version_id=version.id, opening=opening))
        for act in (Act.SUBMIT, Act.ACCEPT):
            change_state(session, version, act, actor=taking.actor, reason=reason, now=taking.now)
        version.effective_at, version.log_index = each.each.entry.effective_at, first + offset
        change_state(session, version, Act.LOCK, actor=taking.actor, reason=reason, now=taking.now)
    session.flush()


def _leaf(taking: Taking, written: _Written) -> tuple[bytes, bytes]:
    entry, content, salt = written.each.entry, _content(written.each), taking.salt()
    committed = Committed(
        record=entry.root,
        lookup_code=written.code,
        school_year=content.school_year,
        version=written.version.version,
        signatures={signature.role.value: signature.signature for signature in entry.signatures},
    )
    away = taking.elsewhere
    unit = content.issuing_school.code if away is None else _school(written.each).code
    now = taking.now.replace(microsecond=0)
    leaf = leaves.earlier_record_leaf(committed, salt, unit, taking.held.source, entry.effective_at, now)
    if away is not None:
        index, there = away.leaves[entry.number]
        leaf = leaves.foreign_record_leaf(leaf, away.log, index, there)
    return leaves.to_bytes(leaf), opening_bytes(committed, salt)


def _school(each: Decided) -> Unit:
    if each.school is None:
        raise ValueError("a record without a school is never taken")
    return each.school


def _class(each: Decided) -> tuple[int, str, str]:
    return _school(each).id, _content(each).school_year, _content(each).class_name


def _content(each: Decided) -> YearContent:
    if each.entry.content is None:
        raise ValueError("a record without content is never taken")
    return each.entry.content


def _pupil(each: Decided) -> Pupil:
    if each.pupil is None:
        raise ValueError("a record without a pupil is never taken")
    return each.pupil


def _transcript(each: Decided) -> Transcript:
    held = _pupil(each).transcript
    if held is None:
        raise ValueError("a transcript is made before its years")
    return held
