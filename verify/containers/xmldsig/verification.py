"""What the signatures of one record prove, and the record that they prove it of.

Cryptography first (`chain`); then who may sign, at the moment of receipt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from verify.anchors import Authorisation, TrustStore, authorised
from verify.canonical import sha256
from verify.cms.paths import examine_path
from verify.cms.times import claimed_time
from verify.containers.xmldsig.chain import Link, links
from verify.containers.xmldsig.names import FILE
from verify.containers.xmldsig.opening import canonical, opened
from verify.containers.xmldsig.packets import Packet, read_packet, record_and_signatures
from verify.containers.xmldsig.profile import Defect, malformed
from verify.containers.xmldsig.reading import Reading, derive
from verify.errors import MalformedRecord, Refusal
from verify.record import codec
from verify.record.findings import Finding, FindingCode, finding, has_errors
from verify.record.model import YearContent, YearRecord
from verify.signing import Role
from verify.verdict import Check, Question, Reason, Status

_INTEGRITY: Final = (Question.DIGEST_INTACT, Question.SIGNATURE_VALUE, Question.WHOLE_FILE_COVERED)
_OF_THE_SIGNER: Final = (
    Question.TRUSTED_PATH,
    Question.SIGNER_AUTHORISED,
    Question.NOT_REVOKED,
    Question.SIGNING_TIME,
)


@dataclass(frozen=True, slots=True)
class Gate:
    """By what signatures are judged.

    unit_code: the school that must stand in the record and for which its signers must be registered. needed: roles
    without which a record is not accepted. at: moment of receipt, with zone.
    """

    unit_code: str
    trust: TrustStore
    registry: Sequence[Authorisation]
    needed: Sequence[Role]
    at: datetime


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """What one signature of a chain proves.

    role, signing_time: as signed, None while the signature does not verify. certificate: DER, None if unreadable;
    signer_name: as people know it, or empty. element: its exclusive C14N, as it stands in the root.
    """

    role: Role | None
    checks: tuple[Check, ...]
    certificate: bytes | None
    signer_name: str
    signing_time: datetime | None
    element: bytes

    @property
    def holds(self) -> bool:
        """Whether every check passed."""
        return all(check.status is Status.PASSED for check in self.checks)


@dataclass(frozen=True, slots=True)
class ExaminedRecord:
    """One record of a packet with everything that was asked.

    root: the bytes that were examined. record_sha256: of its record alone, without signatures. missing: needed roles
    in which nobody signed with effect. findings: about the content. content: what was signed (a `YearRecord` under its
    own code, if it has one), only when every signature holds and no finding is an error; what is claimed, where nobody
    signed. pupil: the name for people; claimed, so not to be trusted beyond showing it.
    """

    root: bytes
    record_sha256: str
    signatures: tuple[SignatureReport, ...]
    missing: tuple[Role, ...]
    findings: tuple[Finding, ...]
    content: YearContent | None
    pupil: str | None

    @property
    def accepted(self) -> bool:
        """Whether it may be locked: nobody is missing, nothing is wrong."""
        return self.content is not None and not self.missing

    @property
    def canonical(self) -> bytes | None:
        """The accepted record as JCS bytes; None while it has no lookup code of its own."""
        record = self.content
        return codec.to_bytes(record) if self.accepted and isinstance(record, YearRecord) else None

    @property
    def failed(self) -> tuple[Check, ...]:
        """Why the signatures do not suffice: what did not pass, then a check for each missing role."""
        broken = tuple(
            check for report in self.signatures for check in report.checks if check.status is not Status.PASSED
        )
        lacking = Reason.ROLE_MISSING if self.signatures else Reason.NO_SIGNATURE
        return broken + tuple(
            Check(Question.SIGNATURE_FOUND, Status.FAILED, lacking, {"role": role.value}) for role in self.missing
        )


@dataclass(frozen=True, slots=True)
class ExaminedPacket:
    packet: Packet
    records: tuple[ExaminedRecord, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record that somebody has still to sign. position: in the packet, from 1."""

    position: int
    pupil: str | None
    missing: tuple[Role, ...]


def examine_packet(data: bytes, gate: Gate) -> ExaminedPacket:
    """Open a packet and examine each record; raises MalformedRecord or LimitExceeded for the packet as a whole."""
    packet = read_packet(data)
    return ExaminedPacket(packet, tuple(_examined(entry.root, gate, entry.claimed) for entry in packet.entries))


def examine(root: bytes, gate: Gate) -> ExaminedRecord:
    """Examine one record by its kept bytes (`Entry.root`); raises MalformedRecord or LimitExceeded if it is none."""
    return _examined(root, gate, None)


def waiting(records: Sequence[ExaminedRecord], roles: Sequence[Role]) -> tuple[Waiting, ...]:
    """Who has not signed yet: each record that lacks a signature with effect in one of these roles."""
    lacking = ((number, record, missing_roles(record.signatures, roles)) for number, record in enumerate(records, 1))
    return tuple(Waiting(number, record.pupil, missing) for number, record, missing in lacking if missing)


def missing_roles(signatures: Sequence[SignatureReport], roles: Sequence[Role]) -> tuple[Role, ...]:
    """Those of the roles in which no signature holds, in their order."""
    signed = {report.role for report in signatures if report.holds}
    return tuple(role for role in roles if role not in signed)


def _examined(root: bytes, gate: Gate, claimed: Reading | None) -> ExaminedRecord:
    file = opened(root)
    if file.tag != FILE:
        raise MalformedRecord(Refusal.BAD_SHAPE, "HoSo")
    record, _signatures = record_and_signatures(file)
    chain = links(file)
    reports = tuple(_report(link, gate) for link in chain)
    last = chain[-1].proof if chain else None
    signed = last.record if last is not None else None
    missing = missing_roles(reports, gate.needed)
    reading = derive(signed) if signed is not None else claimed
    findings = () if reading is None else (*reading.findings, *_other_school(reading, gate.unit_code))
    findings = tuple(dict.fromkeys((*findings, *(claimed.findings if claimed is not None else ()))))
    whole = all(report.holds for report in reports)
    return ExaminedRecord(
        root=root,
        record_sha256=sha256(canonical(record)),
        signatures=reports,
        missing=missing,
        findings=findings,
        content=_content(reading, findings) if whole else None,
        pupil=None if reading is None else reading.identity.full_name,
    )


def _other_school(reading: Reading, unit_code: str) -> tuple[Finding, ...]:
    if reading.school_code in (None, unit_code):
        return ()
    return (finding("school", FindingCode.NOT_AS_WRITTEN, value=reading.school_code, wanted=unit_code),)


def _content(reading: Reading | None, findings: tuple[Finding, ...]) -> YearContent | None:
    if reading is None or has_errors(findings):
        return None
    return reading.record or reading.content


def _defective(link: Link, defect: Defect) -> SignatureReport:
    checks = [
        Check(question, Status.FAILED, defect.reason)
        if question is defect.question
        else Check(question, Status.UNKNOWN, Reason.NOT_ASKED)
        for question in (*_INTEGRITY, *_OF_THE_SIGNER)
    ]
    certificate = link.shape.certificates[0] if link.shape is not None else None
    return SignatureReport(None, tuple(checks), certificate, "", None, link.element)


def _report(link: Link, gate: Gate) -> SignatureReport:
    if link.proof is None:
        return _defective(link, link.defect or malformed())
    properties = link.proof.properties
    certificate, *others = link.proof.shape.certificates
    path = examine_path(certificate, tuple(others), gate.trust, gate.at)
    # Nobody may hang certificates beside a signature that stands in the log.
    beside = path.certificates and not path.certificates.issuperset(others)
    value = (
        Check(Question.SIGNATURE_VALUE, Status.FAILED, Reason.SIGNATURE_MALFORMED)
        if beside
        else Check(Question.SIGNATURE_VALUE, Status.PASSED)
    )
    checks = (
        Check(Question.DIGEST_INTACT, Status.PASSED),
        value,
        Check(Question.WHOLE_FILE_COVERED, Status.PASSED),
        path.trusted,
        authorised(certificate, gate.unit_code, properties.role, gate.at, gate.registry),
        path.not_revoked,
        claimed_time(certificate, properties.signing_time, gate.at),
    )
    return SignatureReport(
        properties.role, checks, certificate, link.proof.signer_name, properties.signing_time, link.element
    )
