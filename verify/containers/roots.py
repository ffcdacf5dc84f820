"""Root objects of either container, told apart by their first byte: the one place where stored bytes become a record.

`{` opens the canonical JSON of `jcs_cades`, with detached signatures; `<` the exclusive C14N of one `HoSo`, which holds
its signatures. What the bytes say of code and version counts; where they say nothing the store tells both, and the
leaf of the lock binds them (design §9.2).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from verify.cms import reading as cms
from verify.containers.xmldsig import chain, profile
from verify.containers.xmldsig.names import FILE, SIGNATURE
from verify.containers.xmldsig.opening import Element, canonical, opened
from verify.containers.xmldsig.packets import record_and_signatures
from verify.containers.xmldsig.reading import read
from verify.errors import MalformedRecord, Refusal, VerifyError
from verify.record.codec import from_bytes
from verify.record.model import YearContent, YearRecord
from verify.verdict import Check, Question, Reason, Status


class Container(StrEnum):
    """How signatures stand beside the bytes of a record."""

    JCS_CADES = "jcs+cades"
    XMLDSIG = "xmldsig"


_BY_FIRST_BYTE = {b"{": Container.JCS_CADES, b"<": Container.XMLDSIG}


@dataclass(frozen=True, slots=True)
class Root:
    """What root bytes say. lookup_code, version, replaces: None where they leave it to the store."""

    container: Container
    content: YearContent

    @property
    def lookup_code(self) -> str | None:
        return self.content.lookup_code if isinstance(self.content, YearRecord) else None

    @property
    def version(self) -> int | None:
        return self.content.version if isinstance(self.content, YearRecord) else None

    @property
    def replaces(self) -> str | None:
        return self.content.replaces if isinstance(self.content, YearRecord) else None


def container_of(root: bytes) -> Container:
    """By the first byte; raises MalformedRecord(BAD_SHAPE)."""
    found = _BY_FIRST_BYTE.get(root[:1])
    if found is None:
        raise MalformedRecord(Refusal.BAD_SHAPE, "root of no container")
    return found


def read_root(root: bytes) -> Root:
    """Read root bytes strictly: they must be their own canonical form. No signature is asked.

    Raises MalformedRecord or LimitExceeded.
    """
    if container_of(root) is Container.JCS_CADES:
        return Root(Container.JCS_CADES, from_bytes(root))
    found = read(record_and_signatures(_file(root))[0])
    content = found.record or found.content
    if content is None:
        raise MalformedRecord(Refusal.BAD_SHAPE, "record has errors")
    return Root(Container.XMLDSIG, content)


def record_of(root: bytes, lookup_code: str, version: int) -> YearRecord:
    """The record of root bytes. lookup_code, version: under which the store holds it, for bytes that say neither.

    Raises MalformedRecord or LimitExceeded.
    """
    content = read_root(root).content
    return content if isinstance(content, YearRecord) else content.under(lookup_code, version)


def locked_record(root: bytes, lookup_code: str, version: int) -> YearRecord:
    """The record of root bytes as its leaf binds it: under the code of the store, whatever code the bytes say.

    Only bytes of the system before this one say another (docs/decisions/0013). Raises as `record_of`.
    """
    record = record_of(root, lookup_code, version)
    return record if record.lookup_code == lookup_code else replace(record, lookup_code=lookup_code)


def record_element(root: bytes) -> bytes:
    """The part of an XML root that does not grow with its signatures: exclusive C14N of its `HocBaNam`.

    Raises MalformedRecord or LimitExceeded.
    """
    return canonical(record_and_signatures(_file(root))[0])


def signature_count(root: bytes) -> int:
    """How many signatures stand inside an XML root; raises MalformedRecord or LimitExceeded."""
    return len(record_and_signatures(_file(root))[1])


def inner_signatures(root: bytes) -> tuple[bytes, ...]:
    """Exclusive C14N of each signature inside an XML root, as it is logged; raises MalformedRecord or LimitExceeded."""
    return tuple(canonical(each) for each in record_and_signatures(_file(root))[1])


def integrity(root: bytes, signatures: Mapping[str, bytes]) -> dict[str, tuple[Check, ...]]:
    """By role: whether the signature stands over exactly these root bytes, in that role. Never raises for bad bytes.

    signatures: by role, DER of the CMS or exclusive C14N of the `ds:Signature` inside the root.
    """
    if root[:1] != b"<":
        return {role: _detached(root, signature) for role, signature in signatures.items()}
    try:
        held = chain.links(_file(root))
    except VerifyError:
        return dict.fromkeys(signatures, cms.malformed())
    broken = tuple(_failed(link.defect) for link in held if link.defect is not None)
    return {role: broken or _inside(held, role, signature) for role, signature in signatures.items()}


def certificate_in(signature: bytes) -> bytes:
    """The signer's certificate (DER) of a signature of either container; raises MalformedRecord or LimitExceeded."""
    if signature[:1] != b"<":
        return cms.read(signature).certificate
    element = opened(signature)
    if element.tag != SIGNATURE:
        raise MalformedRecord(Refusal.BAD_SIGNATURE_FILE, "no signature")
    return profile.signer_certificate(element)


def _file(root: bytes) -> Element:
    file = opened(root)
    if file.tag != FILE:
        raise MalformedRecord(Refusal.BAD_SHAPE, "HoSo")
    if canonical(file) != root:
        raise MalformedRecord(Refusal.NOT_CANONICAL, "xml")
    return file


def _detached(root: bytes, signature: bytes) -> tuple[Check, ...]:
    try:
        message = cms.read(signature)
    except VerifyError:
        return cms.malformed()
    return cms.integrity(message, message.digest(root))


def _inside(held: tuple[chain.Link, ...], role: str, signature: bytes) -> tuple[Check, ...]:
    """The chain verifies as a whole; is this signature a link of it, in this role?"""
    if any(link.element == signature and link.role is not None and link.role.value == role for link in held):
        return Check(Question.DIGEST_INTACT, Status.PASSED), Check(Question.SIGNATURE_VALUE, Status.PASSED)
    return (Check(Question.DIGEST_INTACT, Status.FAILED, Reason.DIGEST_DIFFERS),)


def _failed(defect: profile.Defect) -> Check:
    return Check(defect.question, Status.FAILED, defect.reason)
