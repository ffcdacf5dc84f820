"""XML packets of school software: opened and verified in a child, judged like the rows of a workbook, and taken in.

Who signed and who has not is told for each record; signatures are validated at the moment at which a record is taken
in, so a packet that waited for a person is examined again then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from portal.identity import Identity
from portal.models import Unit
from portal.sandbox import Sandbox
from portal.services import organisation, registry
from portal.services.arrivals import Arrival, Chain, NeededSignature, Roots, SignedBy, SignedRoot
from portal.services.drafts import NewCode
from portal.services.intake import TakenPacket, known_packet, require_school_year, take_in
from portal.services.judged_store import JudgedUpload
from portal.vietnamese import fold
from portal.workbooks.judging import JudgedClass, JudgedPupil
from verify.anchors import TrustStore
from verify.canonical import sha256
from verify.containers.xmldsig.verification import (
    ExaminedPacket,
    ExaminedRecord,
    Gate,
    SignatureReport,
    examine_packet,
)
from verify.record.findings import Finding, FindingCode, finding, has_errors
from verify.record.model import YearContent, YearRecord
from verify.verdict import Status
from verify.verifier import NEEDED_ROLES

# Spreadsheet programs save web pages and XML of their own; both are told in the words for workbooks.
_OTHER_MARKUP: Final = (b"<html", b"<!doctype html", b"<table", b"<meta", b"<head", b"<body")
_SPREADSHEET: Final = b"urn:schemas-microsoft-com:office"
_HEAD_BYTES: Final = 2_000
_NAME_CHARACTERS: Final = 120


@dataclass(frozen=True, slots=True)
class DatedPacket:
    """A packet as it was examined. at: the moment for which its signatures were judged."""

    packet: ExaminedPacket
    at: datetime


@dataclass(frozen=True, slots=True)
class JudgedPacket:
    """held: what is shown and confirmed. roots: the signed bytes of the same rows, to be kept."""

    held: JudgedUpload
    roots: Roots


def is_packet(data: bytes) -> bool:
    """Whether a file that came where workbooks come is to be read as an XML packet."""
    head = data[:_HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith(b"<") and not head.lower().startswith(_OTHER_MARKUP) and _SPREADSHEET not in head


def gate_of(session: Session, school_code: str, trust: TrustStore, now: datetime) -> Gate:
    """By what the signatures of a school's packet are judged; raises Refused(UNKNOWN_UNIT)."""
    school = organisation.unit(session, school_code)
    return Gate(school.code, trust, registry.authorisations(session), NEEDED_ROLES, now)


def examined(sandbox: Sandbox, data: bytes, gate: Gate) -> DatedPacket:
    """Open and verify a packet in a child; call without a transaction. Raises VerifyError for no packet, or Fault."""
    return DatedPacket(sandbox.run(examine_packet, data, gate), gate.at)


def examine_xml(
    session: Session, sandbox: Sandbox, data: bytes, school_code: str, trust: TrustStore, now: datetime
) -> ExaminedPacket:
    """Examine a packet for a school, to tell whether it would be taken; nothing is stored.

    Raises Refused(UNKNOWN_UNIT), VerifyError for what is no packet, or Fault.
    """
    return examined(sandbox, data, gate_of(session, school_code, trust, now)).packet


XML: Final = "gói XML"
"""What counts of findings call the software of a packet, which does not name it."""


def judge_packet(
    session: Session, dated: DatedPacket, *, school_code: str, school_year: str, sample: bool
) -> JudgedPacket:
    """Every record with its content or what is wrong with it. Only reads. Raises Refused(UNKNOWN_UNIT)."""
    school = organisation.unit(session, school_code)
    packet = dated.packet
    numbered = list(enumerate(packet.records, start=1))
    rows = tuple(_row(number, record, school_year, sample=sample) for number, record in numbered)
    header = packet.packet.header
    findings = tuple(_other_name(packet.records, school))
    judged = JudgedClass(header.class_name, header.grade, rows, findings, XML)
    names = {number: (record.pupil or "")[:_NAME_CHARACTERS] for number, record in numbered}
    arrivals = {number: _arrival(record) for number, record in numbered}
    roots = {number: SignedRoot(record.root, tuple(_needed(record, dated.at))) for number, record in numbered}
    return JudgedPacket(JudgedUpload(judged, names, (), arrivals), roots)


def import_packet(
    session: Session,
    identity: Identity,
    sandbox: Sandbox,
    data: bytes,
    *,
    gate: Gate,
    school_year: str,
    sample: bool,
    new_code: NewCode,
) -> TakenPacket:
    """Examine a packet and take its good records in at once, for an operator at the command line.

    gate: found before, in a transaction of its own, so that nobody waits for the child.

    Raises Refused (UNKNOWN_UNIT, NOT_ALLOWED, BAD_SCHOOL_YEAR), VerifyError for what is no packet, or Fault.
    """
    require_school_year(school_year)
    dated = examined(sandbox, data, gate)
    school = organisation.unit(session, gate.unit_code)
    return take_examined(session, identity, school, dated, school_year, sha256(data), new_code, sample=sample)


def take_examined(
    session: Session,
    identity: Identity,
    school: Unit,
    dated: DatedPacket,
    school_year: str,
    file_sha256: str,
    new_code: NewCode,
    *,
    sample: bool,
) -> TakenPacket:
    """Take the good records of a packet in, at the moment for which it was examined. Raises Refused(NOT_ALLOWED)."""
    known = known_packet(session, school, school_year, file_sha256)
    if known is not None:
        return known
    judged = judge_packet(session, dated, school_code=school.code, school_year=school_year, sample=sample)
    rows, arrivals = judged.held.judged, judged.held.arrivals
    return take_in(
        session, identity, school, school_year, rows, file_sha256, new_code, dated.at, arrivals, judged.roots
    )


def _row(number: int, record: ExaminedRecord, school_year: str, *, sample: bool) -> JudgedPupil:
    content = record.content
    findings = (*record.findings, *(_against_upload(content, school_year, sample=sample) if content else ()))
    return JudgedPupil(number, number, None if has_errors(findings) else content, findings)


def _against_upload(content: YearContent, school_year: str, *, sample: bool) -> list[Finding]:
    """What was signed cannot be put right here: another year, or invented people among real ones, is refused."""
    found = []
    if content.school_year != school_year:
        disagrees = FindingCode.SCHOOL_YEAR_DISAGREES
        found.append(finding("school_year", disagrees, value=content.school_year, year=school_year))
    if content.sample is not sample:
        told = {True: "true (dữ liệu mẫu)", False: "false (dữ liệu thật)"}
        wanted = f"{told[sample]}, như hệ thống này"
        found.append(finding("sample", FindingCode.NOT_AS_WRITTEN, value=told[content.sample], wanted=wanted))
    return found


def _other_name(records: Sequence[ExaminedRecord], school: Unit) -> list[Finding]:
    """The signed name of the school is printed as it stands; once for the packet, a person is asked to look."""
    names = {each.content.issuing_school.name for each in records if each.content is not None}
    others = sorted(name for name in names if fold(name) != fold(school.name))
    return [finding("", FindingCode.SCHOOL_NAME_DIFFERS, value=name, other=school.name) for name in others[:1]]


def _arrival(record: ExaminedRecord) -> Arrival:
    own = record.content if isinstance(record.content, YearRecord) else None
    return Arrival(
        root_sha256=sha256(record.root),
        record_sha256=record.record_sha256,
        lookup_code=own.lookup_code if own is not None else None,
        version=own.version if own is not None else None,
        replaces=own.replaces if own is not None else None,
        chain=Chain(tuple(_signed_by(report) for report in record.signatures), record.missing),
    )


def _signed_by(report: SignatureReport) -> SignedBy:
    failed = tuple(check for check in report.checks if check.status is not Status.PASSED)
    return SignedBy(report.role, report.signer_name, report.signing_time, failed)


def _needed(record: ExaminedRecord, at: datetime) -> list[NeededSignature]:
    return [
        NeededSignature(
            role=report.role,
            element=report.element,
            certificate_sha256=sha256(report.certificate or b""),
            signer_name=report.signer_name,
            signed_at=report.signing_time or at,
            report=report.checks,
        )
        for report in record.signatures
        if report.holds and report.role in NEEDED_ROLES
    ]
