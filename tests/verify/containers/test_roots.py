"""Root objects of both containers: read by one function, told apart by their first byte, never half believed."""

import hashlib
from dataclasses import replace

import pytest

from tests.factories import content_of, year_record
from tests.pki import NOW, pki
from tests.verify.containers.xmldsig.making import CANONICAL, FOUR, RECORDS, four, of_other_content, signed
from verify.containers import roots
from verify.containers.jcs_cades import sign
from verify.containers.roots import Container, certificate_in, integrity, read_root, record_of
from verify.containers.xmldsig import writing
from verify.containers.xmldsig.opening import canonical, opened
from verify.containers.xmldsig.packets import read_packet
from verify.errors import MalformedRecord, Refusal
from verify.record.codec import to_bytes
from verify.verdict import Status

CODE = "0f8fad5bd9cb469fa16570867728950e"


def root_of(packet: bytes, number: int = 0) -> bytes:
    return read_packet(packet).entries[number].root


def elements(root: bytes) -> list[bytes]:
    return [canonical(each) for each in list(opened(root))[1:]]


def holds(root: bytes, signatures: dict[str, bytes]) -> dict[str, bool]:
    return {
        role: all(check.status is Status.PASSED for check in checks)
        for role, checks in integrity(root, signatures).items()
    }


def test_both_containers_give_the_same_record() -> None:
    for root in (CANONICAL[0], root_of(four())):
        assert record_of(root, CODE, 7) == RECORDS[0], "what the bytes say of code and version counts"
    assert read_root(CANONICAL[0]).container is Container.JCS_CADES
    found = read_root(root_of(four()))
    assert (found.container, found.lookup_code, found.version) == (Container.XMLDSIG, RECORDS[0].lookup_code, 1)


def test_what_the_bytes_leave_open_the_store_tells() -> None:
    content = content_of(RECORDS[0])
    root = root_of(signed(packet=writing.packet([content])))
    found = read_root(root)
    assert (found.content, found.lookup_code, found.version, found.replaces) == (content, None, None, None)
    assert record_of(root, CODE, 3) == content.under(CODE, 3)


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", Refusal.BAD_SHAPE),
        (b"\xef\xbb\xbf{}", Refusal.BAD_SHAPE),
        (b"PK", Refusal.BAD_SHAPE),
        (four(), Refusal.BAD_SHAPE),
        (root_of(four()).replace(b"><ds:Signature ", b"><ds:Signature  ", 1), Refusal.NOT_CANONICAL),
        (b'<?xml version="1.0"?>' + root_of(four()), Refusal.NOT_CANONICAL),
        (root_of(four()).replace(b"<Khoi>4<", b"<Khoi>6<"), Refusal.BAD_SHAPE),
        (root_of(four())[:-1], Refusal.NOT_XML),
    ],
)
def test_only_canonical_bytes_are_a_root(data: bytes, refusal: Refusal) -> None:
    with pytest.raises(MalformedRecord) as refused:
        read_root(data)
    assert refused.value.refusal is refusal


def test_detached_signatures() -> None:
    head = sign(CANONICAL[0], pki().head, NOW)
    assert holds(CANONICAL[0], {"head": head}) == {"head": True}
    assert holds(CANONICAL[1], {"head": head}) == {"head": False}
    assert certificate_in(head) == pki().head.certificate


def test_signatures_within() -> None:
    root = root_of(four())
    _teacher, _homeroom, head, seal = elements(root)
    assert holds(root, {"head": head, "school_seal": seal}) == {"head": True, "school_seal": True}
    assert certificate_in(head) == FOUR[2][0].certificate
    assert roots.signature_count(root) == 4


def test_a_signature_of_another_role_record_or_container_does_not_hold() -> None:
    root, other = root_of(four()), root_of(four(), 1)
    _teacher, _homeroom, head, seal = elements(root)
    assert holds(root, {"head": seal, "school_seal": head}) == {"head": False, "school_seal": False}
    assert holds(other, {"head": head}) == {"head": False}
    assert holds(root, {"head": elements(root_of(of_other_content()))[2]}) == {"head": False}
    assert holds(root, {"head": sign(root, pki().head, NOW)}) == {"head": False}, "one beside the root is none of it"
    assert holds(CANONICAL[0], {"head": head}) == {"head": False}


@pytest.mark.parametrize("place", ["content", "value", "signature left out"])
def test_any_change_breaks_every_signature(place: str) -> None:
    root = root_of(four())
    held = dict(zip(("homeroom_teacher", "head", "school_seal"), elements(root)[1:], strict=True))
    if place == "content":
        changed = root.replace(b"<DiemKTDK>9<", b"<DiemKTDK>8<", 1)
    elif place == "value":
        at = root.index(b"<ds:SignatureValue>") + 30
        changed = root[:at] + (b"A" if root[at : at + 1] != b"A" else b"B") + root[at + 1 :]
    else:
        changed = root.replace(elements(root)[0], b"", 1)
    assert changed != root
    assert set(holds(changed, held).values()) == {False}


def test_what_grows_with_the_signatures_and_what_does_not() -> None:
    short, long = root_of(signed(FOUR[:2])), root_of(four())
    assert roots.record_element(short) == roots.record_element(long)
    changed = root_of(signed(records=[replace(each, father="Khác") for each in RECORDS]))
    assert roots.record_element(changed) != roots.record_element(long)


def test_certificates_of_no_signature() -> None:
    for data in (b"<a/>", b"<", b"", root_of(four())):
        with pytest.raises(MalformedRecord):
            certificate_in(data)


def test_an_earlier_form_of_a_record_stays_the_same_bytes() -> None:
    """The JCS of an XML record is derived, never stored: it must come out the same for ever."""
    record = record_of(root_of(four()), CODE, 1)
    assert hashlib.sha256(to_bytes(record)).hexdigest() == hashlib.sha256(to_bytes(year_record(4))).hexdigest()
