"""Values of services as shapes."""

from base64 import b64encode
from collections.abc import Iterable

from portal.api.shapes import (
    Evidence,
    FoundInRow,
    Intake,
    IntakePupil,
    IntakeResult,
    IntakeResults,
    Note,
    PacketState,
    PacketSummary,
    Reason,
    Receipt,
    RecordState,
    RefusedSignature,
    Row,
    Signed,
    SubjectMark,
    VersionState,
)
from portal.presenters import reasons, signatures
from portal.presenters.admissions import TOLD
from portal.presenters.language import say
from portal.services import receipts, school_packets, signing
from portal.services.admissions import Admitted
from portal.services.intake import TakenPacket, TakenRow
from verify.evidence import StoredYear
from verify.record.findings import Finding, Severity
from verify.record.model import YearContent
from verify.record.vocabulary import SUBJECTS


def receipt(packet_id: int, taken: TakenPacket) -> Receipt:
    return Receipt(
        packet=packet_id,
        accepted=taken.accepted,
        refused=taken.refused,
        warnings=_found(taken.findings, Severity.WARNING),
        rows=rows(taken.rows),
    )


def rows(taken: Iterable[TakenRow]) -> tuple[Row, ...]:
    return tuple(
        Row(
            row=each.row,
            pupil=each.pupil,
            accepted=not each.refused,
            lookup_code=each.lookup_code,
            errors=(*_found(each.findings, Severity.ERROR), *_of_signatures(each, refusing=True)),
            warnings=(*_found(each.findings, Severity.WARNING), *_of_signatures(each, refusing=False)),
        )
        for each in taken
    )


def _of_signatures(row: TakenRow, *, refusing: bool) -> tuple[FoundInRow, ...]:
    """What is wrong with the signatures of a record of an XML packet, or missing among them."""
    return tuple(
        FoundInRow(field=signatures.FIELD, code=fault.code, message=fault.message)
        for fault in signatures.faults_of(row.chain)
        if fault.refuses is refusing
    )


def summary(held: school_packets.PacketSummary) -> PacketSummary:
    return PacketSummary(
        packet=held.packet_id,
        school_year=held.school_year,
        class_name=held.class_name,
        grade=held.grade,
        created_at=held.created_at,
        states=dict(held.counts),
    )


def state(view: school_packets.PacketView) -> PacketState:
    return PacketState(
        **summary(view.summary).model_dump(),
        file_sha256=view.file_sha256,
        accepted=view.taken.accepted,
        refused=view.taken.refused,
    )


def evidence(held: StoredYear) -> Evidence:
    return Evidence(
        lookup_code=held.lookup_code,
        school_year=held.school_year,
        version=held.version,
        record=b64encode(held.record).decode(),
        leaf=held.leaf.decode(),
        opening=held.opening.decode(),
        receipt=held.receipt.decode(),
        signatures={role: b64encode(data).decode() for role, data in held.signatures.items()},
    )


def record_state(code: str, school_year: str, held: Iterable[receipts.VersionState]) -> RecordState:
    return RecordState(lookup_code=code, school_year=school_year, versions=tuple(_version(each) for each in held))


def _version(held: receipts.VersionState) -> VersionState:
    standing = held.standing
    return VersionState(
        version=held.version,
        state=held.state.value,
        effective_at=held.effective_at,
        log_index=held.log_index,
        standing=standing.state.value if standing else None,
        since=standing.since if standing else None,
        decision=standing.decision if standing else None,
        by_version=standing.by_version if standing else None,
        notes=tuple(Note(note=each.text, since=each.since, decision=each.decision) for each in held.notes),
    )


def intake(listed: Iterable[Admitted]) -> Intake:
    return Intake(pupils=tuple(_pupil(each) for each in listed))


def intake_results(found: Iterable[tuple[Admitted, YearContent | None]]) -> IntakeResults:
    """Only what the data file holds as well: levels, marks, overall result (decision 0040)."""
    return IntakeResults(pupils=tuple(_result(each, content) for each, content in found))


def _pupil(held: Admitted) -> IntakePupil:
    words, _tone = TOLD[held.told]
    return IntakePupil(
        lookup_code=held.code,
        full_name=held.full_name,
        birth_date=held.birth_date,
        state=held.told.value,
        message=say(words),
        school_year=held.school_year,
        grade=held.grade,
        school=held.school,
    )


def _result(held: Admitted, content: YearContent | None) -> IntakeResult:
    said = _pupil(held).model_dump()
    if content is None:
        return IntakeResult(**said, subjects=None, overall_result=None, programme_completed=None, awards=None)
    marks = tuple(
        SubjectMark(subject=each.code, name=each.label, level=result.level.value, score=result.score)
        for each in SUBJECTS
        if (result := content.subjects.get(each.code)) is not None
    )
    return IntakeResult(
        **said,
        subjects=marks,
        overall_result=content.overall_result.value,
        programme_completed=content.programme_completed,
        awards=content.awards,
    )


def signed(done: signing.SignedPacket) -> Signed:
    return Signed(
        packet=done.packet,
        accepted=done.accepted,
        waiting=done.waiting,
        refused=tuple(_refused(each) for each in done.refused),
    )


def _refused(held: signing.RefusedSignature) -> RefusedSignature:
    return RefusedSignature(
        lookup_code=held.lookup_code,
        role=held.role.value,
        reasons=tuple(Reason(code=check.reason.value, message=reasons.sentence(check)) for check in held.failed),
    )


def _found(findings: Iterable[Finding], severity: Severity) -> tuple[FoundInRow, ...]:
    return tuple(
        FoundInRow(field=each.field, code=each.code.value, message=each.message)
        for each in findings
        if each.severity is severity
    )
