"""The one shape of a signature in a packet: XAdES-BES with few algorithms, and references that name all they must.

Asked before any cryptography, so that each defect has its own reason and the verifier behind it meets nothing odd:
no transform but exclusive canonicalisation, no reference but to this record, to each signature before, and to the own
signed properties.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from verify.canonical import sha256
from verify.containers.xmldsig import names
from verify.containers.xmldsig.names import ds, xades
from verify.containers.xmldsig.opening import Element, children, text_of
from verify.errors import MalformedRecord, Refusal, VerifyError
from verify.signing import Role
from verify.verdict import Question, Reason

_SIGNATURE_METHODS: Final = frozenset({names.RSA_SHA256, names.ECDSA_SHA256})
_CERTIFICATES: Final = 4
_ATTRIBUTES: Final = {
    ds("Reference"): {"Id", "URI", "Type"},
    ds("CanonicalizationMethod"): {"Algorithm"},
    ds("SignatureMethod"): {"Algorithm"},
    ds("DigestMethod"): {"Algorithm"},
    ds("Transform"): {"Algorithm"},
    xades("QualifyingProperties"): {"Id", "Target"},
}
_ELSEWHERE: Final = frozenset({"Id"})
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)")
_ROLE_PATHS: Final = ("SignerRoleV2", "SignerRole")


class Defect(Exception):
    """Why a signature does not count: the question that it fails. Stays inside the container."""

    def __init__(self, question: Question, reason: Reason) -> None:
        super().__init__(reason.value)
        self.question = question
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Shape:
    """certificates: DER, the signer's first. references: Ids in order. properties_id: of its own properties."""

    certificates: tuple[bytes, ...]
    references: tuple[str, ...]
    properties_id: str


@dataclass(frozen=True, slots=True)
class Properties:
    """What the signer signed about the signature itself. certificate_sha256: hexadecimal."""

    role: Role
    signing_time: datetime
    certificate_sha256: str


def malformed() -> Defect:
    return Defect(Question.SIGNATURE_VALUE, Reason.SIGNATURE_MALFORMED)


def shape_of(signature: Element, record_id: str, before: Sequence[str], after: Sequence[str]) -> Shape:
    """Check the shape of a signature; raises Defect. before, after: Ids of the signatures around it."""
    try:
        info, _value, key_info, held = _exactly(signature, "SignedInfo", "SignatureValue", "KeyInfo", "Object")
        _check_attributes(signature)
        certificates = _certificates(key_info)
        properties = _properties_element(held, signature)
        references = _signed_info(info)
    except VerifyError as error:
        raise malformed() from error
    properties_id = properties.get("Id") or ""
    _check_coverage(references, record_id, before, after, properties_id)
    return Shape(certificates, tuple(references), properties_id)


def signer_certificate(signature: Element) -> bytes:
    """DER of the certificate that a signature names first; raises MalformedRecord(BAD_SIGNATURE_FILE)."""
    try:
        return _certificates(_exactly(signature, "SignedInfo", "SignatureValue", "KeyInfo", "Object")[2])[0]
    except (Defect, VerifyError) as error:
        raise MalformedRecord(Refusal.BAD_SIGNATURE_FILE, "certificate") from error


def _exactly(element: Element, *wanted: str) -> list[Element]:
    held = list(children(element))
    if [child.tag for child in held] != [ds(name) for name in wanted]:
        raise malformed()
    return held


def _check_attributes(signature: Element) -> None:
    if not signature.get("Id"):
        raise malformed()
    for element in signature.iter():
        allowed = _ATTRIBUTES.get(str(element.tag), _ELSEWHERE)
        # What stands inside the signed properties is signed; the verifier reads little of it.
        if str(element.tag).startswith(ds("")) and not set(map(str, element.attrib)) <= allowed:
            raise malformed()


def _certificates(key_info: Element) -> tuple[bytes, ...]:
    (data,) = _exactly(key_info, "X509Data")
    held = list(children(data))
    if not 1 <= len(held) <= _CERTIFICATES or any(each.tag != ds("X509Certificate") for each in held):
        raise malformed()
    return tuple(_decoded(text_of(each)) for each in held)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise malformed() from error


def _properties_element(held: Element, signature: Element) -> Element:
    qualifying = list(children(held))
    if [each.tag for each in qualifying] != [xades("QualifyingProperties")]:
        raise malformed()
    if qualifying[0].get("Target") != f"#{signature.get('Id')}":
        raise malformed()
    signed = list(children(qualifying[0]))
    if [each.tag for each in signed] != [xades("SignedProperties")] or not signed[0].get("Id"):
        raise malformed()
    return signed[0]


def _signed_info(info: Element) -> list[str]:
    canonicalisation, method, *references = children(info)
    if canonicalisation.tag != ds("CanonicalizationMethod") or method.tag != ds("SignatureMethod"):
        raise malformed()
    if any(each.tag != ds("Reference") for each in references) or len(method):
        raise malformed()
    _require_algorithm(canonicalisation, names.EXCLUSIVE_C14N)
    if method.get("Algorithm") not in _SIGNATURE_METHODS:
        raise Defect(Question.SIGNATURE_VALUE, Reason.ALGORITHM_NOT_ALLOWED)
    if not references:
        raise Defect(Question.WHOLE_FILE_COVERED, Reason.REFERENCE_NOT_ALLOWED)
    return [_reference(each) for each in references]


def _require_algorithm(element: Element, algorithm: str) -> None:
    if element.get("Algorithm") != algorithm or len(element):
        raise Defect(Question.SIGNATURE_VALUE, Reason.ALGORITHM_NOT_ALLOWED)


def _reference(reference: Element) -> str:
    held = list(children(reference))
    if [each.tag for each in held] == [ds("DigestMethod"), ds("DigestValue")]:
        raise Defect(Question.SIGNATURE_VALUE, Reason.TRANSFORM_NOT_ALLOWED)
    transforms, digest, _value = _exactly(reference, "Transforms", "DigestMethod", "DigestValue")
    steps = list(children(transforms))
    if len(steps) != 1 or steps[0].get("Algorithm") != names.EXCLUSIVE_C14N or len(steps[0]):
        raise Defect(Question.SIGNATURE_VALUE, Reason.TRANSFORM_NOT_ALLOWED)
    _require_algorithm(digest, names.SHA256)
    address = reference.get("URI")
    if address is None or not address.startswith("#") or not address[1:] or "(" in address:
        raise Defect(Question.WHOLE_FILE_COVERED, Reason.REFERENCE_NOT_ALLOWED)
    return address[1:]


def _check_coverage(
    references: Sequence[str], record_id: str, before: Sequence[str], after: Sequence[str], properties_id: str
) -> None:
    named = set(references)
    faults = (
        (Reason.REFERENCE_NOT_ALLOWED, len(named) != len(references)),
        (Reason.OTHER_ELEMENT_SIGNED, record_id not in named),
        (Reason.SIGNATURES_OUT_OF_ORDER, bool(named.intersection(after))),
        (Reason.EARLIER_SIGNATURE_MISSING, bool(named - {record_id, properties_id, *before, *after})),
        (Reason.BYTES_NOT_COVERED, named != {record_id, properties_id, *before}),
    )
    for reason, holds in faults:
        if holds:
            raise Defect(Question.WHOLE_FILE_COVERED, reason)


def properties_of(signed: Element) -> Properties:
    """Read signed properties that the verifier returned; raises Defect."""
    try:
        (own,) = (each for each in children(signed) if each.tag == xades("SignedSignatureProperties"))
        (time,) = own.findall(xades("SigningTime"))
        (certificate,) = own.findall(xades("SigningCertificateV2"))
        digest = certificate[0].find(xades("CertDigest"))
        roles = [each for name in _ROLE_PATHS for each in own.findall(f"{xades(name)}/{xades('ClaimedRoles')}/*")]
        (role,) = roles
        if digest is None:
            raise malformed()
        method, value = children(digest)
        _require_algorithm(method, names.SHA256)
        return Properties(
            role=names.ROLE_OF[text_of(role).strip()],
            signing_time=_moment(text_of(time).strip()),
            certificate_sha256=_decoded(text_of(value)).hex(),
        )
    except (ValueError, KeyError, IndexError, MalformedRecord) as error:
        raise malformed() from error


def _moment(text: str) -> datetime:
    if not _TIME.fullmatch(text):
        raise malformed()
    return datetime.fromisoformat(text)


def require_certificate(properties: Properties, certificate: bytes) -> None:
    """The certificate beside the signature is the one that the signer signed for (XAdES: against substitution)."""
    if properties.certificate_sha256 != sha256(certificate):
        raise malformed()
