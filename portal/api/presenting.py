"""Values of services as shapes."""

from collections.abc import Iterable

from portal.api.shapes import (
    FoundInRow,
    PacketState,
    PacketSummary,
    Reason,
    Receipt,
    RefusedSignature,
    Row,
    Signed,
)
from portal.presenters import reasons
from portal.services import school_packets, signing
from portal.services.intake import TakenPacket, TakenRow
from verify.record.findings import Finding, Severity


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
            errors=_found(each.findings, Severity.ERROR),
            warnings=_found(each.findings, Severity.WARNING),
        )
        for each in taken
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
