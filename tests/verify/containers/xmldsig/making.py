"""Packets for tests: two pupils of one class, signed by four people in turn; and tools to break them."""

import base64
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import Any, Final

from lxml import etree

from portal.signers.file import FileSigner
from tests import factories
from tests.pki import NOW, SCHOOL, authorisation, pki
from verify.containers.xmldsig import signing, writing
from verify.containers.xmldsig.names import FILE, RECORD, SIGNATURE, ds, own
from verify.containers.xmldsig.opening import Element, canonical
from verify.containers.xmldsig.verification import ExaminedPacket, ExaminedRecord, Gate, examine_packet
from verify.record import codec
from verify.record.model import YearRecord
from verify.record.vocabulary import OverallResult
from verify.signing import Role, Signer
from verify.verdict import Status

RECORDS: Final = (
    factories.year_record(4),
    factories.year_record(
        4,
        lookup_code=factories.OTHER_LOOKUP_CODE,
        full_name="Trần Văn Bảy",
        personal_id="087315000017",
        moet_student_code="8712345679",
    ),
)
CANONICAL: Final = tuple(codec.to_bytes(record) for record in RECORDS)
NEEDED: Final = (Role.HEAD, Role.SCHOOL_SEAL)
# Registered here as a subject teacher.
TEACHER: Final = pki().unregistered
FOUR: Final = (
    (TEACHER, Role.SUBJECT_TEACHER),
    (pki().homeroom_teacher, Role.HOMEROOM_TEACHER),
    (pki().head, Role.HEAD),
    (pki().school_seal, Role.SCHOOL_SEAL),
)
GATE: Final = Gate(
    unit_code=SCHOOL,
    trust=pki().trust,
    registry=(
        *pki().registry,
        authorisation(TEACHER, SCHOOL, Role.SUBJECT_TEACHER),
        authorisation(pki().homeroom_teacher, SCHOOL, Role.SUBJECT_TEACHER),
    ),
    needed=NEEDED,
    at=NOW,
)

Change = Callable[[Element], None]


def signed(
    chain: Sequence[tuple[Signer, Role]] = FOUR, records: Sequence[YearRecord] = RECORDS, packet: bytes | None = None
) -> bytes:
    made = writing.packet(records) if packet is None else packet
    for signer, role in chain:
        made = signing.sign_packet(made, signer, role, NOW)
    return made


@cache
def four() -> bytes:
    """The good packet."""
    return signed()


@cache
def of_other_content() -> bytes:
    """A packet of the same pupils with other marks, properly signed: its signatures are true, but not of ours."""
    return signed(records=[replace(each, overall_result=OverallResult.COMPLETED) for each in RECORDS])


def examined(packet: bytes, **changes: Any) -> ExaminedPacket:
    return examine_packet(packet, replace(GATE, **changes))


def first(packet: bytes, **changes: Any) -> ExaminedRecord:
    return examined(packet, **changes).records[0]


def failed(record: ExaminedRecord) -> str:
    """What did not hold, signature by signature, then the missing roles: `3 digest_intact digest_differs`."""
    told = [
        f"{number} {check.question.value} {check.reason.value}"
        for number, report in enumerate(record.signatures, start=1)
        for check in report.checks
        if check.status is Status.FAILED or (check.status is Status.UNKNOWN and check.reason.value != "not_asked")
    ]
    return ", ".join([*told, *(f"without {role.value}" for role in record.missing)])


def changed(packet: bytes, change: Change) -> bytes:
    """The packet after a change to its tree."""
    root = etree.fromstring(packet)
    change(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def files(root: Element) -> list[Element]:
    return root.findall(FILE)


def record_of(root: Element, number: int = 0) -> Element:
    found = files(root)[number].find(RECORD)
    assert found is not None
    return found


def signatures(root: Element, number: int = 0) -> list[Element]:
    return files(root)[number].findall(SIGNATURE)


def rename(record: Element, name: str = "Kẻ Mạo Danh") -> Element:
    """Another pupil's name on a record."""
    found = record.find(f"{own('HocSinh')}/{own('HoTen')}")
    assert found is not None
    found.text = name
    return record


def forged(record: Element, identifier: str | None = None) -> Element:
    """A copy with another name, and another Id if one is given."""
    copy = rename(deepcopy(record))
    if identifier is not None:
        copy.set("Id", identifier)
    return copy


def part(signature: Element, *tags: str) -> Element:
    """An element of XML Signature inside a signature."""
    found = signature.find("/".join(ds(tag) for tag in tags))
    assert found is not None
    return found


def signed_again(packet: bytes, change: Change, signer: FileSigner | None = None) -> bytes:
    """The packet signed by the head alone, whose SignedInfo is changed and then truly signed (with an RSA key)."""
    held = signer or pki().head_rsa

    def forge(root: Element) -> None:
        for number in range(len(files(root))):
            signature = signatures(root, number)[-1]
            change(signature)
            value = held.sign(canonical(part(signature, "SignedInfo")))
            part(signature, "SignatureValue").text = base64.b64encode(value).decode()

    return changed(signed([(held, Role.HEAD)], packet=packet), forge)
