"""What the signatures of one record prove, and the record that they prove it of.

Each signature is verified on a view of the record's own bytes in which it is the first and only possible one
(`location="./"`) and later ones do not exist. Content, role and time are read from what the verifier returns as signed,
never from the document.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidDigest, InvalidSignature
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

from verify.anchors import Authorisation, TrustStore, authorised
from verify.cms.certificates import facts_of
from verify.cms.foreign import translated
from verify.cms.paths import examine_path
from verify.cms.times import claimed_time
from verify.containers.xmldsig import names
from verify.containers.xmldsig.names import FILE, RECORD, SIGNATURE, xades
from verify.containers.xmldsig.opening import Element, opened, parser
from verify.containers.xmldsig.packets import Packet, read_packet, record_and_signatures
from verify.containers.xmldsig.profile import (
    Defect,
    Properties,
    Shape,
    malformed,
    properties_of,
    require_certificate,
    shape_of,
)
from verify.containers.xmldsig.reading import Reading, derive
from verify.errors import MalformedRecord, Refusal, VerifyError
from verify.record import codec
from verify.record.findings import Finding, FindingCode, finding, has_errors
from verify.signing import Role
from verify.verdict import Check, Question, Reason, Status

_METHODS: Final = frozenset({SignatureMethod.RSA_SHA256, SignatureMethod.ECDSA_SHA256})
_DIGESTS: Final = frozenset({DigestAlgorithm.SHA256})
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
    signer_name: as people know it, or empty.
    """

    role: Role | None
    checks: tuple[Check, ...]
    certificate: bytes | None
    signer_name: str
    signing_time: datetime | None

    @property
    def holds(self) -> bool:
        """Whether every check passed."""
        return all(check.status is Status.PASSED for check in self.checks)


@dataclass(frozen=True, slots=True)
class ExaminedRecord:
    """One record of a packet with everything that was asked.

    root: the bytes that were examined. missing: needed roles in which nobody signed with effect. findings: about the
    content. canonical: the record as JCS bytes, only when all signatures hold, no role is missing and no finding is
    an error. pupil: the name for people; claimed, so not to be trusted beyond showing it.
    """

    root: bytes
    signatures: tuple[SignatureReport, ...]
    missing: tuple[Role, ...]
    findings: tuple[Finding, ...]
    canonical: bytes | None
    pupil: str | None

    @property
    def accepted(self) -> bool:
        return self.canonical is not None

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
    record, signatures = record_and_signatures(file)
    reports, signed = _chain(file, str(record.get("Id")), len(signatures), gate)
    missing = missing_roles(reports, gate.needed)
    reading = derive(signed) if signed is not None else claimed
    findings = () if reading is None else (*reading.findings, *_other_school(reading, gate.unit_code))
    findings = tuple(dict.fromkeys((*findings, *(claimed.findings if claimed is not None else ()))))
    whole = signed is not None and not missing and all(report.holds for report in reports)
    return ExaminedRecord(
        root=root,
        signatures=reports,
        missing=missing,
        findings=findings,
        canonical=_canonical(reading, findings) if whole else None,
        pupil=None if reading is None else reading.identity.full_name,
    )


def _other_school(reading: Reading, unit_code: str) -> tuple[Finding, ...]:
    if reading.school_code in (None, unit_code):
        return ()
    return (finding("school", FindingCode.NOT_AS_WRITTEN, value=reading.school_code, wanted=unit_code),)


def _canonical(reading: Reading | None, findings: tuple[Finding, ...]) -> bytes | None:
    if reading is None or reading.record is None or has_errors(findings):
        return None
    return codec.to_bytes(reading.record)


def _chain(file: Element, record_id: str, count: int, gate: Gate) -> tuple[tuple[SignatureReport, ...], bytes | None]:
    """A report for each signature, and the record's bytes as the last one signed them."""
    ids = [str(each.get("Id", "")) for each in file.findall(SIGNATURE)]
    reports: list[SignatureReport] = []
    signed: bytes | None = None
    for number in range(count):
        report, signed = _one(file, record_id, number, ids, reports, gate)
        reports.append(report)
    return tuple(reports), signed


def _one(
    file: Element, record_id: str, number: int, ids: Sequence[str], before: Sequence[SignatureReport], gate: Gate
) -> tuple[SignatureReport, bytes | None]:
    signature = file.findall(SIGNATURE)[number]
    shape: Shape | None = None
    try:
        shape = shape_of(signature, record_id, ids[:number], ids[number + 1 :])
        name = _name_of(shape.certificates[0])
        results = _verified(_view(file, number), shape)
        record = _result(results, shape, record_id, RECORD)
        properties = properties_of(_xml(_result(results, shape, shape.properties_id, xades("SignedProperties"))))
        require_certificate(properties, shape.certificates[0])
        _check_order(properties.role, before)
    except Defect as defect:
        return _defective(defect, shape), None
    return _report(shape, properties, name, gate), record.signed_data


def _name_of(certificate: bytes) -> str:
    try:
        return facts_of(certificate).subject
    except VerifyError as error:
        raise malformed() from error


def _view(file: Element, number: int) -> bytes:
    """The record in which signature `number` stands first and nothing stands that came after it."""
    view = deepcopy(file)
    signatures = view.findall(SIGNATURE)
    for later in signatures[number + 1 :]:
        view.remove(later)
    view.insert(1, signatures[number])
    return etree.tostring(view, encoding="utf-8")


def _verified(view: bytes, shape: Shape) -> list[VerifyResult]:
    try:
        with translated(Refusal.BAD_SIGNATURE_FILE):
            answer = _answer(view, shape)
    except VerifyError as error:
        raise malformed() from error
    if isinstance(answer, Defect):
        raise answer
    return answer


def _answer(view: bytes, shape: Shape) -> list[VerifyResult] | Defect:
    certificate = x509.load_der_x509_certificate(shape.certificates[0])
    configuration = _configuration(certificate, len(shape.references))
    try:
        found = XMLVerifier().verify(
            view, x509_cert=certificate, parser=parser(), id_attribute="Id", expect_config=configuration
        )
    except InvalidDigest:
        return Defect(Question.DIGEST_INTACT, Reason.DIGEST_DIFFERS)
    except InvalidSignature:
        return Defect(Question.SIGNATURE_VALUE, Reason.SIGNATURE_INVALID)
    return found if isinstance(found, list) else [found]


def _configuration(certificate: x509.Certificate, references: int) -> SignatureConfiguration:
    return SignatureConfiguration(
        location="./",
        require_x509=True,
        expect_references=references,
        signature_methods=_METHODS,
        digest_algorithms=_DIGESTS,
        # Life and path of the certificate are questions of their own, asked of our own authorities.
        verification_time=certificate.not_valid_before_utc,
    )


def _result(results: Sequence[VerifyResult], shape: Shape, wanted: str, tag: str) -> VerifyResult:
    """What was signed under an Id: it must be the element that stands for it."""
    found = results[shape.references.index(wanted)]
    element = found.signed_xml
    if len(results) != len(shape.references) or element is None or (element.tag, element.get("Id")) != (tag, wanted):
        raise Defect(Question.WHOLE_FILE_COVERED, Reason.OTHER_ELEMENT_SIGNED)
    return found


def _xml(result: VerifyResult) -> Element:
    if result.signed_xml is None:
        raise malformed()
    return result.signed_xml


def _check_order(role: Role, before: Sequence[SignatureReport]) -> None:
    """Teachers, homeroom teacher, head, seal; only subject teachers may be several."""
    for earlier in before:
        if earlier.role is None:
            continue
        several = earlier.role is role is Role.SUBJECT_TEACHER
        if not several and names.RANK[earlier.role] >= names.RANK[role]:
            raise Defect(Question.WHOLE_FILE_COVERED, Reason.SIGNATURES_OUT_OF_ORDER)


def _defective(defect: Defect, shape: Shape | None) -> SignatureReport:
    checks = [
        Check(question, Status.FAILED, defect.reason)
        if question is defect.question
        else Check(question, Status.UNKNOWN, Reason.NOT_ASKED)
        for question in (*_INTEGRITY, *_OF_THE_SIGNER)
    ]
    return SignatureReport(None, tuple(checks), shape.certificates[0] if shape is not None else None, "", None)


def _report(shape: Shape, properties: Properties, name: str, gate: Gate) -> SignatureReport:
    certificate, *others = shape.certificates
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
    return SignatureReport(properties.role, checks, certificate, name, properties.signing_time)
