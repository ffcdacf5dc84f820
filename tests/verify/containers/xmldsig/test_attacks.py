"""Forged packets, each named by its defect and refused with its own reason; and no change brings other content in."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from copy import deepcopy
from typing import Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from portal.signers.file import FileSigner
from tests.pki import pki
from tests.verify.containers.xmldsig.making import (
    CANONICAL,
    FOUR,
    RECORDS,
    changed,
    examined,
    failed,
    files,
    first,
    forged,
    four,
    of_other_content,
    part,
    record_of,
    rename,
    signatures,
    signed,
    signed_again,
)
from verify.containers.xmldsig import names, writing
from verify.containers.xmldsig.names import ds, own, xades
from verify.containers.xmldsig.opening import Element, canonical
from verify.errors import LimitExceeded, MalformedRecord, Refusal, VerifyError
from verify.signing import Role
from verify.verdict import Status

MISSING: Final = "without head, without school_seal"
ALL_OTHER: Final = ", ".join(f"{number} whole_file_covered other_element_signed" for number in (1, 2, 3, 4))
ALL_DIFFER: Final = ", ".join(f"{number} digest_intact digest_differs" for number in (1, 2, 3, 4))
ALL_MALFORMED: Final = ", ".join(f"{number} signature_value signature_malformed" for number in (1, 2, 3, 4))


# --- signature wrapping -------------------------------------------------------------------------------------------


def moved_to_another_file(root: Element) -> None:
    """The signed record goes on living, unsigned, where nobody looks; the forged one stands beside the signatures."""
    record = record_of(root)
    files(root)[0].insert(0, forged(record, "hb-gia"))
    etree.SubElement(root, names.FILE).append(record)


def nested_in_the_forged_record(root: Element) -> None:
    record = record_of(root)
    copy = forged(record, "hb-gia")
    files(root)[0].insert(0, copy)
    copy.append(record)


def wrapped_in_an_object(root: Element) -> None:
    record = record_of(root)
    files(root)[0].insert(0, forged(record, "hb-gia"))
    for signature in signatures(root):
        etree.SubElement(signature, ds("Object")).append(deepcopy(record))
        record.set("Id", record.get("Id", "") + "x")
    files(root)[0].remove(record)


def wrapped_in_unsigned_properties(root: Element) -> None:
    record = record_of(root)
    files(root)[0].insert(0, forged(record, "hb-gia"))
    qualifying = part(signatures(root)[0], "Object")[0]
    etree.SubElement(qualifying, xades("UnsignedProperties")).append(record)


# --- elements and signatures in other places ----------------------------------------------------------------------


def swapped_records(root: Element) -> None:
    one, other = record_of(root, 0), record_of(root, 1)
    files(root)[0].insert(0, other)
    files(root)[1].insert(0, one)


def swapped_records_with_their_ids_exchanged(root: Element) -> None:
    one, other = record_of(root, 0), record_of(root, 1)
    one_id, other_id = str(one.get("Id")), str(other.get("Id"))
    swapped_records(root)
    one.set("Id", other_id)
    other.set("Id", one_id)


def without_signature(number: int) -> Callable[[Element], None]:
    def strip(root: Element) -> None:
        files(root)[0].remove(signatures(root)[number])

    return strip


def without_signatures(root: Element) -> None:
    for signature in signatures(root):
        files(root)[0].remove(signature)


def reordered(root: Element) -> None:
    files(root)[0].append(signatures(root)[2])


def signatures_of_another_packet(root: Element) -> None:
    without_signatures(root)
    for signature in signatures(etree.fromstring(of_other_content())):
        files(root)[0].append(signature)


def signature_repeated(root: Element) -> None:
    copy = deepcopy(signatures(root)[3])
    for element in copy.iter():
        if "Id" in element.attrib:
            element.set("Id", f"{element.get('Id')}-lai")
    files(root)[0].append(copy)


# --- values -------------------------------------------------------------------------------------------------------


def renamed(root: Element) -> None:
    rename(record_of(root))


def certificate_exchanged(root: Element) -> None:
    seal = signatures(root)[3]
    other = base64.b64encode(pki().other_school_head.certificate).decode()
    part(seal, "KeyInfo", "X509Data", "X509Certificate").text = other


def certificate_hung_beside(root: Element) -> None:
    data = part(signatures(root)[3], "KeyInfo", "X509Data")
    etree.SubElement(data, ds("X509Certificate")).text = base64.b64encode(pki().foreign_root.der).decode()


def key_beside_the_certificate(root: Element) -> None:
    etree.SubElement(part(signatures(root)[3], "KeyInfo"), ds("KeyName")).text = "khóa khác"


def signed_role_changed(root: Element) -> None:
    role = signatures(root)[3].find(f".//{xades('ClaimedRole')}")
    assert role is not None
    role.text = names.ROLES[Role.HEAD]


def signature_value_changed(root: Element) -> None:
    value = part(signatures(root)[3], "SignatureValue")
    value.text = base64.b64encode(bytes(64)).decode()


def text_inside_an_object(root: Element) -> None:
    part(signatures(root)[3], "Object").text = "học sinh này được miễn"


FORGED: Final[dict[str, tuple[Callable[[Element], None], str]]] = {
    "moved to another file": (moved_to_another_file, f"{ALL_OTHER}, {MISSING}"),
    "nested in the forged record": (nested_in_the_forged_record, f"{ALL_OTHER}, {MISSING}"),
    "wrapped in an object": (wrapped_in_an_object, f"{ALL_MALFORMED}, {MISSING}"),
    "wrapped in unsigned properties": (
        wrapped_in_unsigned_properties,
        "1 signature_value signature_malformed, "
        + ALL_OTHER.removeprefix("1 whole_file_covered other_element_signed, ")
        + f", {MISSING}",
    ),
    "swapped records": (swapped_records, f"{ALL_OTHER}, {MISSING}"),
    "swapped records with their ids exchanged": (
        swapped_records_with_their_ids_exchanged,
        f"{ALL_DIFFER}, {MISSING}",
    ),
    "the teacher's signature stripped": (
        without_signature(0),
        "1 whole_file_covered earlier_signature_missing, 2 whole_file_covered earlier_signature_missing, "
        f"3 whole_file_covered earlier_signature_missing, {MISSING}",
    ),
    "the head's signature stripped": (
        without_signature(2),
        f"3 whole_file_covered earlier_signature_missing, {MISSING}",
    ),
    "the seal stripped": (without_signature(3), "without school_seal"),
    "all signatures stripped": (without_signatures, MISSING),
    "re-ordered signatures": (
        reordered,
        f"3 whole_file_covered signatures_out_of_order, 4 whole_file_covered bytes_not_covered, {MISSING}",
    ),
    "signatures of another packet": (signatures_of_another_packet, f"{ALL_DIFFER}, {MISSING}"),
    "signature repeated": (signature_repeated, "5 signature_value signature_malformed"),
    "another name": (renamed, f"{ALL_DIFFER}, {MISSING}"),
    "another certificate": (certificate_exchanged, "4 signature_value signature_invalid, without school_seal"),
    "a certificate hung beside": (
        certificate_hung_beside,
        "4 signature_value signature_malformed, without school_seal",
    ),
    "a key beside the certificate": (
        key_beside_the_certificate,
        "4 signature_value signature_malformed, without school_seal",
    ),
    "another role": (signed_role_changed, "4 digest_intact digest_differs, without school_seal"),
    "another signature value": (signature_value_changed, "4 signature_value signature_invalid, without school_seal"),
    "text inside an object": (text_inside_an_object, "4 signature_value signature_malformed, without school_seal"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_record_is_refused_with_its_reason(name: str) -> None:
    change, reason = FORGED[name]
    record = first(changed(four(), change))
    assert failed(record) == reason
    assert not record.accepted
    assert any(check.status is Status.FAILED for check in record.failed)


def test_a_forgery_beside_leaves_the_other_record_alone() -> None:
    one, other = examined(changed(four(), renamed)).records
    assert (one.accepted, other.accepted) == (False, True)
    assert other.canonical == CANONICAL[1]


# --- algorithms and references, each truly signed by the head -----------------------------------------------------


def references(signature: Element) -> list[Element]:
    return part(signature, "SignedInfo").findall(ds("Reference"))


def sha1_digest(signature: Element) -> None:
    reference = references(signature)[0]
    record = signature.getparent()
    assert record is not None
    part(reference, "DigestMethod").set("Algorithm", "http://www.w3.org/2000/09/xmldsig#sha1")
    digest = hashlib.sha1(canonical(record[0]), usedforsecurity=False).digest()
    part(reference, "DigestValue").text = base64.b64encode(digest).decode()


def method(algorithm: str) -> Callable[[Element], None]:
    def choose(signature: Element) -> None:
        part(signature, "SignedInfo", "SignatureMethod").set("Algorithm", algorithm)

    return choose


def transform(algorithm: str, content: str = "") -> Callable[[Element], None]:
    def add(signature: Element) -> None:
        held = part(references(signature)[0], "Transforms")
        element = etree.Element(ds("Transform"), {"Algorithm": algorithm})
        if content:
            etree.SubElement(element, ds("XPath")).text = content
        held.insert(0, element)

    return add


def without_transform(signature: Element) -> None:
    reference = references(signature)[0]
    reference.remove(part(reference, "Transforms"))


def address(uri: str | None) -> Callable[[Element], None]:
    def point(signature: Element) -> None:
        reference = references(signature)[0]
        if uri is None:
            del reference.attrib["URI"]
        else:
            reference.set("URI", uri)

    return point


def no_references(signature: Element) -> None:
    for reference in references(signature):
        part(signature, "SignedInfo").remove(reference)


def only_its_own_properties(signature: Element) -> None:
    part(signature, "SignedInfo").remove(references(signature)[0])


def not_its_own_properties(signature: Element) -> None:
    part(signature, "SignedInfo").remove(references(signature)[1])


def reference_twice(signature: Element) -> None:
    part(signature, "SignedInfo").append(deepcopy(references(signature)[0]))


def unknown_role(signature: Element) -> None:
    change_properties(signature, "ClaimedRole", "phu_huynh")


def time_without_zone(signature: Element) -> None:
    change_properties(signature, "SigningTime", "2026-06-01T03:00:00")


def change_properties(signature: Element, name: str, text: str) -> None:
    """Change a signed property and its digest with it."""
    properties = signature.find(f".//{xades('SignedProperties')}")
    assert properties is not None
    found = properties.find(f".//{xades(name)}")
    assert found is not None
    found.text = text
    digest = hashlib.sha256(canonical(properties)).digest()
    part(references(signature)[1], "DigestValue").text = base64.b64encode(digest).decode()


ODD: Final[dict[str, tuple[Callable[[Element], None], str]]] = {
    "SHA-1 digest": (sha1_digest, "signature_value algorithm_not_allowed"),
    "SHA-1 signature": (
        method("http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        "signature_value algorithm_not_allowed",
    ),
    "algorithm of another kind of key": (method(names.ECDSA_SHA256), "signature_value signature_malformed"),
    "XSLT transform": (
        transform("http://www.w3.org/TR/1999/REC-xslt-19991116"),
        "signature_value transform_not_allowed",
    ),
    "XPath transform": (
        transform("http://www.w3.org/TR/1999/REC-xpath-19991116", "not(self::*)"),
        "signature_value transform_not_allowed",
    ),
    "enveloped transform": (
        transform("http://www.w3.org/2000/09/xmldsig#enveloped-signature"),
        "signature_value transform_not_allowed",
    ),
    "no transform": (without_transform, "signature_value transform_not_allowed"),
    "empty reference": (address(""), "whole_file_covered reference_not_allowed"),
    "no reference address": (address(None), "whole_file_covered reference_not_allowed"),
    "reference to a file": (address("file:///etc/hostname"), "whole_file_covered reference_not_allowed"),
    "reference by xpointer": (address("#xpointer(/)"), "whole_file_covered reference_not_allowed"),
    "no references": (no_references, "whole_file_covered reference_not_allowed"),
    "reference twice": (reference_twice, "whole_file_covered reference_not_allowed"),
    "only its own properties": (only_its_own_properties, "whole_file_covered other_element_signed"),
    "not its own properties": (not_its_own_properties, "whole_file_covered bytes_not_covered"),
    "unknown role": (unknown_role, "signature_value signature_malformed"),
    "time without zone": (time_without_zone, "signature_value signature_malformed"),
}


@pytest.mark.parametrize("name", ODD)
def test_a_truly_signed_oddity_is_refused_with_its_reason(name: str) -> None:
    change, reason = ODD[name]
    record = first(signed_again(writing.packet(RECORDS), change))
    assert failed(record) == f"1 {reason}, {MISSING}"


def test_signing_again_without_a_change_holds() -> None:
    """Or the table above would pass for another reason."""
    record = first(signed_again(writing.packet(RECORDS), lambda _signature: None))
    assert failed(record) == "without school_seal"


def test_hmac_with_the_public_key_as_secret() -> None:
    public = x509.load_der_x509_certificate(pki().head_rsa.certificate).public_key()
    secret = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def forge(root: Element) -> None:
        signature = signatures(root)[0]
        method("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")(signature)
        value = hmac.digest(secret, canonical(part(signature, "SignedInfo")), "sha256")
        part(signature, "SignatureValue").text = base64.b64encode(value).decode()

    record = first(changed(signed([(pki().head_rsa, Role.HEAD)]), forge))
    assert failed(record) == f"1 signature_value algorithm_not_allowed, {MISSING}"


# --- signers ------------------------------------------------------------------------------------------------------

SIGNERS: Final = {
    "other_school_head": "signer_authorised other_school",
    "school_seal": "signer_authorised other_role",
    "department_seal": "signer_authorised other_school",
    "department_seal_rsa": "signer_authorised other_school",
    "expired": "trusted_path certificate_expired, 3 signing_time certificate_expired",
    "not_yet_valid": "trusted_path certificate_not_yet_valid, 3 signing_time certificate_not_yet_valid",
    "revoked": "not_revoked revoked",
    "revoked_without_list_address": "not_revoked revoked",
    "key_for_encryption_only": "trusted_path certificate_unsuitable",
    "without_key_usage": "trusted_path certificate_unsuitable",
    "weak_hash": "trusted_path certificate_unsuitable",
    "other_authority": "trusted_path unknown_authority",
}


@pytest.mark.parametrize("name", SIGNERS)
def test_each_signer_in_the_place_of_the_head_has_its_reason(name: str) -> None:
    signer: FileSigner = getattr(pki(), name)
    record = first(signed([*FOUR[:2], (signer, Role.HEAD), FOUR[3]]))
    told = failed(record).replace(", 3 not_revoked revocation_unknown", "")
    assert told == f"3 {SIGNERS[name]}, without head"
    assert not record.accepted


def test_lists_that_are_too_old_do_not_suffice() -> None:
    record = first(four(), trust=pki().trust_with_stale_lists)
    assert not record.accepted
    assert {check.reason.value for check in record.failed} == {"revocation_unknown", "role_missing"}


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ([3, 2], "2 whole_file_covered signatures_out_of_order, without head"),
        ([2, 2, 3], "2 whole_file_covered signatures_out_of_order"),
        ([2, 3, 1], "3 whole_file_covered signatures_out_of_order"),
        ([2, 3, 0], "3 whole_file_covered signatures_out_of_order"),
    ],
    ids=["seal before head", "head twice", "homeroom teacher last", "subject teacher last"],
)
def test_signers_keep_their_order(order: list[int], reason: str) -> None:
    record = first(signed([FOUR[each] for each in order]))
    assert failed(record) == reason
    assert not record.accepted


# --- packets refused as a whole -----------------------------------------------------------------------------------


def bytes_changed(old: bytes, new: bytes) -> Callable[[], bytes]:
    def change() -> bytes:
        assert old in four()
        return four().replace(old, new, 1)

    return change


def with_dtd(dtd: bytes, use: bytes = b"") -> Callable[[], bytes]:
    def change() -> bytes:
        head, root = four().split(b"\n", 1)
        return head + dtd + root.replace(b"<HoTen>", b"<HoTen>" + use, 1)

    return change


def with_tree(change: Callable[[Element], None]) -> Callable[[], bytes]:
    return lambda: changed(four(), change)


def decoy_beside(root: Element) -> None:
    files(root)[0].insert(0, forged(record_of(root), "hb-gia"))


def decoy_with_the_same_id(root: Element) -> None:
    record = record_of(root)
    files(root)[0].insert(0, forged(record))
    etree.SubElement(root, names.FILE).append(record)


def without_files(root: Element) -> None:
    for file in files(root):
        root.remove(file)


def signature_around_the_record(root: Element) -> None:
    etree.SubElement(signatures(root)[3], ds("Object")).append(record_of(root))


def deep(root: Element) -> None:
    element = record_of(root)
    for _ in range(40):
        element = etree.SubElement(element, own("HocSinh"))


LAUGHS: Final = b"<!DOCTYPE a [<!ENTITY b 'ha'>%s]>" % b"".join(
    b"<!ENTITY b%d '%s'>" % (n, b"&b%d;" % (n - 1) * 10 if n else b"&b;" * 10) for n in range(9)
)
HOLLOW: Final = b"<GoiHocBa xmlns='urn:hocba:goi-hoc-ba:1'>%s</GoiHocBa>"
HEADER: Final = b"<DauGoi><MaTruong>a</MaTruong><NamHoc>2025-2026</NamHoc><Khoi>4</Khoi><Lop>4A</Lop></DauGoi>"
MANY_SIGNED: Final = b"".join(
    b"<HoSo><HocBaNam Id='a%d'/>%s</HoSo>" % (n, b"<Signature xmlns='%s'/>" % names.DS.encode() * 20) for n in range(70)
)
REFUSED: Final[dict[str, tuple[Callable[[], bytes], Refusal]]] = {
    "DTD": (with_dtd(b"<!DOCTYPE GoiHocBa>"), Refusal.XML_DTD),
    "DTD of a file": (with_dtd(b"<!DOCTYPE GoiHocBa SYSTEM 'file:///etc/passwd'>"), Refusal.XML_DTD),
    "external entity": (with_dtd(b"<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>", b"&e;"), Refusal.XML_DTD),
    "parameter entity": (with_dtd(b"<!DOCTYPE a [<!ENTITY % e SYSTEM 'http://thu.invalid/'> %e;]>"), Refusal.XML_DTD),
    "billion laughs": (with_dtd(LAUGHS, b"&b8;"), Refusal.XML_DTD),
    "quadratic entity": (
        with_dtd(b"<!DOCTYPE a [<!ENTITY e '" + b"x" * 50_000 + b"'>]>", b"&e;" * 2000),
        Refusal.XML_DTD,
    ),
    "undeclared entity": (bytes_changed(b"<HoTen>", b"<HoTen>&e;"), Refusal.NOT_XML),
    "comment inside text": (bytes_changed("Nguyễn ".encode(), "Nguyễn <!-- -->".encode()), Refusal.XML_COMMENT),
    "comment beside": (bytes_changed(b"<HoSo>", b"<!-- x --><HoSo>"), Refusal.XML_COMMENT),
    "processing instruction": (bytes_changed(b"<HoSo>", b"<?xml-stylesheet href='a'?><HoSo>"), Refusal.XML_COMMENT),
    "XInclude": (
        bytes_changed(
            b"<HoSo>",
            b"<HoSo><xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='file:///etc/passwd' parse='text'/>",
        ),
        Refusal.XML_FOREIGN,
    ),
    "address of a schema": (
        bytes_changed(
            b"<GoiHocBa ",
            b"<GoiHocBa xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:schemaLocation='a file:///a' ",
        ),
        Refusal.XML_FOREIGN,
    ),
    "xml:base": (bytes_changed(b"<HoSo>", b"<HoSo xml:base='http://thu.invalid/'>"), Refusal.XML_FOREIGN),
    "attribute": (bytes_changed(b"<HoTen>", b"<HoTen an='x'>"), Refusal.XML_FOREIGN),
    "decoy beside": (with_tree(decoy_beside), Refusal.BAD_SHAPE),
    "decoy with the same id": (with_tree(decoy_with_the_same_id), Refusal.DUPLICATE_ID),
    "signature around the record": (with_tree(signature_around_the_record), Refusal.BAD_SHAPE),
    "id in other letters": (bytes_changed(b"HocBaNam Id=", b"HocBaNam ID="), Refusal.XML_FOREIGN),
    "deep nesting": (with_tree(deep), Refusal.TOO_DEEP),
    "deeper nesting": (lambda: HOLLOW % (b"<a>" * 5_000 + b"</a>" * 5_000), Refusal.TOO_DEEP),
    "many elements": (lambda: HOLLOW % (b"<a/>" * 250_000), Refusal.TOO_MUCH_WORK),
    "many name spaces": (
        lambda: HOLLOW % (b"<a %s/>" % b" ".join(b"xmlns:n%d='urn:hocba:goi-hoc-ba:1'" % n for n in range(100))),
        Refusal.TOO_MUCH_WORK,
    ),
    "many attributes": (
        lambda: HOLLOW % (b"<a %s/>" % b" ".join(b"a%d=''" % n for n in range(100_000))),
        Refusal.XML_FOREIGN,
    ),
    "relative name space": (bytes_changed(b"<HoSo>", b"<HoSo xmlns:a='u'>"), Refusal.XML_FOREIGN),
    "name space of no use": (
        bytes_changed(b"<HoSo>", b"<HoSo xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>"),
        Refusal.XML_FOREIGN,
    ),
    "many records": (lambda: HOLLOW % (b"<DauGoi/>" + b"<HoSo/>" * 301), Refusal.TOO_LARGE),
    "many bytes": (lambda: HOLLOW % (b" " * 16 * 1024 * 1024), Refusal.TOO_LARGE),
    "many signatures": (
        bytes_changed(b"</HocBaNam>", b"</HocBaNam>" + b"<Signature xmlns='%s'/>" % names.DS.encode() * 21),
        Refusal.TOO_MUCH_WORK,
    ),
    "many references": (lambda: HOLLOW % (HEADER + MANY_SIGNED), Refusal.TOO_MUCH_WORK),
    "later version": (bytes_changed(b"goi-hoc-ba:1", b"goi-hoc-ba:2"), Refusal.UNKNOWN_FORMAT_VERSION),
    "no version": (bytes_changed(b' xmlns="urn:hocba:goi-hoc-ba:1"', b""), Refusal.XML_FOREIGN),
    "UTF-16": (lambda: four().split(b"\n", 1)[1].decode().encode("utf-16"), Refusal.NOT_XML),
    "declared as UTF-7": (bytes_changed(b"UTF-8", b"UTF-7"), Refusal.NOT_XML),
    "not UTF-8": (bytes_changed(b"<HoTen>", b"<HoTen>\xff"), Refusal.NOT_XML),
    "zero byte": (bytes_changed(b"<HoTen>", b"<HoTen>\x00"), Refusal.NOT_XML),
    "cut off": (lambda: four()[:-20], Refusal.NOT_XML),
    "two roots": (lambda: four() + b"<a/>", Refusal.NOT_XML),
    "nothing": (lambda: b"", Refusal.NOT_XML),
    "no header": (
        with_tree(lambda root: root.remove(root[0])),
        Refusal.BAD_SHAPE,
    ),
    "no records": (
        with_tree(without_files),
        Refusal.BAD_SHAPE,
    ),
    "text between": (bytes_changed(b"<HoSo>", b"chen<HoSo>"), Refusal.BAD_SHAPE),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_packet_is_refused_as_a_whole(name: str) -> None:
    make, refusal = REFUSED[name]
    with pytest.raises((MalformedRecord, LimitExceeded)) as refused:
        examined(make())
    assert refused.value.refusal is refusal
    assert isinstance(refused.value, LimitExceeded) is refusal.value.startswith("too_")


# --- any change ---------------------------------------------------------------------------------------------------


def assert_nothing_else_is_accepted(packet: bytes) -> None:
    try:
        records = examined(packet).records
    except VerifyError:
        return
    assert {record.canonical for record in records if record.accepted} <= set(CANONICAL)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_no_changed_byte_brings_other_content_in(data: st.DataObject) -> None:
    packet = bytearray(four())
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(packet) - 1))
        length = data.draw(st.integers(0, 40))
        packet[start : start + length] = data.draw(st.binary(max_size=8) | st.just(bytes(packet[:length])))
    assert_nothing_else_is_accepted(bytes(packet))


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_no_changed_tree_brings_other_content_in(data: st.DataObject) -> None:
    root = etree.fromstring(four())
    for _ in range(data.draw(st.integers(1, 4))):
        elements = [each for each in root.iter() if each is not root]
        chosen, target = (data.draw(st.sampled_from(elements)) for _ in range(2))
        how = data.draw(st.sampled_from(["text", "remove", "move", "copy", "id", "swap"]))
        if how == "text":
            chosen.text = data.draw(st.sampled_from(["T", "10", "1", "Nam", "true", "Kẻ Mạo Danh", ""]))
        elif how == "id":
            chosen.set("Id", data.draw(st.sampled_from([f"hb-{4}", str(record_of(root).get("Id") or "a")])))
        elif how == "swap":
            chosen.text, target.text = target.text, chosen.text
        elif how == "remove":
            above = chosen.getparent()
            assert above is not None
            above.remove(chosen)
        elif chosen not in target.iterancestors() and chosen is not target:
            target.insert(data.draw(st.integers(0, 3)), deepcopy(chosen) if how == "copy" else chosen)
        if root.find(names.FILE) is None or root.find(f"{names.FILE}/{names.RECORD}") is None:
            break
    assert_nothing_else_is_accepted(etree.tostring(root))


@given(st.binary(max_size=300))
def test_any_bytes_raise_only_our_errors(data: bytes) -> None:
    with pytest.raises(VerifyError):
        examined(data)
