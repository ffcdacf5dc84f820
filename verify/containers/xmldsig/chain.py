"""The signatures of one record as cryptography alone leaves them: which hold, in which role, over which record.

Each signature is verified on a view of the record's own bytes in which it is the first and only possible one
(`location="./"`) and later ones do not exist. Content, role and time are read from what the verifier returns as signed,
never from the document. Who may sign is asked elsewhere (`verification`).
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidDigest, InvalidSignature
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

from verify.cms.certificates import facts_of
from verify.cms.foreign import translated
from verify.containers.xmldsig import names
from verify.containers.xmldsig.names import RECORD, SIGNATURE, xades
from verify.containers.xmldsig.opening import Element, canonical, parser
from verify.containers.xmldsig.profile import (
    Defect,
    Properties,
    Shape,
    malformed,
    properties_of,
    require_certificate,
    shape_of,
)
from verify.errors import Refusal, VerifyError
from verify.signing import Role
from verify.verdict import Question, Reason

_METHODS: Final = frozenset({SignatureMethod.RSA_SHA256, SignatureMethod.ECDSA_SHA256})
_DIGESTS: Final = frozenset({DigestAlgorithm.SHA256})


@dataclass(frozen=True, slots=True)
class Proof:
    """What a signature that verifies says. record: the bytes of the record as it was signed."""

    shape: Shape
    properties: Properties
    signer_name: str
    record: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """One signature of a chain. element: its exclusive C14N. shape: None if it has none. proof: None for a defect."""

    element: bytes
    shape: Shape | None
    proof: Proof | None
    defect: Defect | None

    @property
    def role(self) -> Role | None:
        """As signed; None while the signature does not verify."""
        return self.proof.properties.role if self.proof is not None else None


def links(file: Element) -> tuple[Link, ...]:
    """Every signature of a `HoSo`, in order. file: from `opening.opened`, its parts as `packets` has found them."""
    signatures = file.findall(SIGNATURE)
    ids = [str(each.get("Id", "")) for each in signatures]
    found: list[Link] = []
    for number in range(len(signatures)):
        found.append(_link(file, number, ids, found))
    return tuple(found)


def _link(file: Element, number: int, ids: Sequence[str], before: Sequence[Link]) -> Link:
    signature = file.findall(SIGNATURE)[number]
    record_id = str(file[0].get("Id"))
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
        return Link(canonical(signature), shape, None, defect)
    return Link(canonical(signature), shape, Proof(shape, properties, name, record.signed_data or b""), None)


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


def _check_order(role: Role, before: Sequence[Link]) -> None:
    """Teachers, homeroom teacher, head, seal; only subject teachers may be several."""
    for earlier in before:
        if earlier.role is None:
            continue
        several = earlier.role is role is Role.SUBJECT_TEACHER
        if not several and names.RANK[earlier.role] >= names.RANK[role]:
            raise Defect(Question.WHOLE_FILE_COVERED, Reason.SIGNATURES_OUT_OF_ORDER)
