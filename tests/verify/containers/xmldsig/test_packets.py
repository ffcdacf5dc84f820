"""Good packets: the whole chain, who is still to sign, values and their findings, and the format as published."""

import re
import subprocess
from collections.abc import Callable
from dataclasses import fields as fields_of
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from portal.signers.file import FileSigner
from tests import factories
from tests.pki import NOW, OTHER_SCHOOL, pki
from tests.verify.containers.xmldsig.making import (
    CANONICAL,
    FOUR,
    GATE,
    NEEDED,
    RECORDS,
    TEACHER,
    changed,
    examined,
    failed,
    first,
    four,
    record_of,
    signatures,
    signed,
)
from verify.containers.xmldsig import fields, names, packets, reading, signing, verification, writing
from verify.containers.xmldsig.names import NAMESPACE
from verify.containers.xmldsig.opening import Element, canonical, opened
from verify.errors import MalformedRecord, Refusal, VerifyError
from verify.record import codec
from verify.record.findings import FindingCode, Severity
from verify.record.model import TraitResult, YearContent, YearRecord
from verify.record.vocabulary import OverallResult, TraitLevel
from verify.signing import Role
from verify.verdict import Reason, Status

ROOT: Final = Path(__file__).parents[4]
PUBLISHED: Final = ROOT / "docs/formats/year-record-1.xsd"


# --- the chain ----------------------------------------------------------------------------------------------------


def test_a_chain_of_four_signatures_is_accepted() -> None:
    found = examined(four())
    assert [record.canonical for record in found.records] == list(CANONICAL)
    for record in found.records:
        assert [report.role for report in record.signatures] == [role for _signer, role in FOUR]
        assert [report.certificate for report in record.signatures] == [signer.certificate for signer, _role in FOUR]
        assert {report.signing_time for report in record.signatures} == {NOW}
        assert (record.missing, record.failed, record.accepted) == ((), (), True)
    assert found.records[0].signatures[2].signer_name == "Lê Quốc Đĩnh"
    assert found.records[0].signatures[2].checks[-1].reason is Reason.CLAIMED_TIME_ONLY


def test_a_kept_record_stands_without_its_packet() -> None:
    for entry, expected in zip(packets.read_packet(four()).entries, CANONICAL, strict=True):
        alone = verification.examine(entry.root, GATE)
        assert (alone.root, alone.canonical) == (entry.root, expected)
        assert packets.read_packet(four()).entries[entry.position - 1].root == entry.root


@pytest.mark.parametrize("signer", [pki().head, pki().head_rsa], ids=["EC", "RSA"])
def test_another_implementation_accepts_each_signature(
    signer: FileSigner, tmp_path: Path, need_command: Callable[[str], str]
) -> None:
    command = need_command("xmlsec1")
    packet = signed([FOUR[0], FOUR[1], (signer, Role.HEAD), FOUR[3]])
    (tmp_path / "record.xml").write_bytes(packets.read_packet(packet).entries[0].root)
    (tmp_path / "root.pem").write_bytes(pki().root.pem)
    ids = [f"{NAMESPACE}:HocBaNam", f"{names.DS}:Signature", f"{names.XADES}:SignedProperties"]
    for number in (1, 2, 3, 4):
        arguments = [command, "--verify", *(part for each in ids for part in ("--id-attr:Id", each))]
        arguments += ["--trusted-pem", "root.pem", "--verification-time", f"{NOW:%Y-%m-%d %H:%M:%S}"]
        arguments += ["--node-xpath", f"(//*[local-name()='Signature'])[{number}]", "record.xml"]
        answer = subprocess.run(arguments, cwd=tmp_path, capture_output=True, check=False)
        assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize(
    "chain",
    [
        [(pki().head, Role.HEAD), (pki().school_seal, Role.SCHOOL_SEAL)],
        [(pki().head_rsa, Role.HEAD), (pki().school_seal, Role.SCHOOL_SEAL)],
        [FOUR[0], (pki().homeroom_teacher, Role.SUBJECT_TEACHER), *FOUR[1:]],
        FOUR[1:],
    ],
    ids=["head and seal", "RSA head", "two subject teachers", "no subject teacher"],
)
def test_teachers_are_optional(chain: list[tuple[FileSigner, Role]]) -> None:
    record = first(signed(chain))
    assert failed(record) == ""
    assert record.canonical == CANONICAL[0]


def test_what_is_needed_is_asked() -> None:
    chain = FOUR[2:]
    assert first(signed(chain), needed=(Role.HOMEROOM_TEACHER, *NEEDED)).missing == (Role.HOMEROOM_TEACHER,)
    assert first(four(), needed=(Role.SUBJECT_TEACHER, Role.HOMEROOM_TEACHER, *NEEDED)).accepted


def test_layout_and_prefixes_of_other_software() -> None:
    """Line breaks between elements, and a prefix in place of the default name space."""
    made = writing.packet(RECORDS).decode()
    made = made.replace("><", ">\n  <").replace("</", "</h:").replace(f'xmlns="{NAMESPACE}"', f'xmlns:h="{NAMESPACE}"')
    made = re.sub(r"<(?=[A-Z])", "<h:", made)
    assert [record.canonical for record in examined(signed(packet=made.encode())).records] == list(CANONICAL)


def test_the_claimed_time() -> None:
    late = signing.sign_packet(writing.packet(RECORDS), pki().head, Role.HEAD, NOW + timedelta(minutes=6))
    assert "signing_time signed_in_future" in failed(first(late))
    with pytest.raises(MalformedRecord):
        signing.sign_packet(late, pki().head, Role.HEAD, NOW.replace(tzinfo=None))


def test_the_department_does_not_sign_packets() -> None:
    with pytest.raises(MalformedRecord):
        signing.sign_packet(four(), pki().department_seal, Role.DEPARTMENT_SEAL, NOW)


# --- who has not signed yet ---------------------------------------------------------------------------------------


def test_who_has_not_signed_yet() -> None:
    def partly(root: Element) -> None:
        for signature in signatures(root, 1)[2:]:
            above = signature.getparent()
            assert above is not None
            above.remove(signature)

    everybody = tuple(role for _signer, role in FOUR)
    assert verification.waiting(examined(four()).records, everybody) == ()
    (left,) = verification.waiting(examined(changed(four(), partly)).records, everybody)
    assert (left.position, left.pupil, left.missing) == (2, "Trần Văn Bảy", (Role.HEAD, Role.SCHOOL_SEAL))
    unsigned = verification.waiting(examined(writing.packet(RECORDS)).records, NEEDED)
    assert [(each.position, each.missing) for each in unsigned] == [(1, NEEDED), (2, NEEDED)]


def test_a_signature_without_effect_does_not_count() -> None:
    records = examined(signed([(pki().revoked, Role.HEAD)])).records
    assert [each.missing for each in verification.waiting(records, (Role.HEAD,))] == [(Role.HEAD,)] * 2


def test_without_any_signature_the_reason_says_so() -> None:
    record = first(writing.packet(RECORDS))
    assert {(check.status, check.reason) for check in record.failed} == {(Status.FAILED, Reason.NO_SIGNATURE)}
    assert first(signed(FOUR[:1])).failed[0].reason is Reason.ROLE_MISSING


# --- values -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("grade", [1, 2, 3, 4, 5])
def test_every_field_comes_back(grade: int) -> None:
    full = factories.year_record(
        grade,
        issuing_school=factories.issuing_school(district="Huyện Cũ"),
        personal_id=None,
        personal_id_absent_reason="Đang làm giấy khai sinh",
        lifelong_record_code="VN-1",
        guardian="Đỗ Văn Chín",
        version=2,
        replaces="a" * 64,
        promoted=True,
        promoted_text=f"Được lên lớp {grade + 1}",
        awards=("Học sinh tiêu biểu", "Vẽ tranh đẹp"),
        qualities={
            **factories.year_record(grade).qualities,
            "ham_doc": TraitResult(TraitLevel.REACHED, "Đọc nhiều sách.", "Ham đọc"),
        },
        sample=False,
    )
    given_texts = reading.texts_of(full)
    every = {entry.name for entry in fields_of(YearRecord)} - {"personal_id"}
    assert {path.split(".")[0] for path in given_texts} == every
    element = record_of(opened(writing.packet([full])))
    found = reading.derive(canonical(element))
    assert [each for each in found.findings if each.severity is Severity.ERROR] == []
    assert found.record == full
    assert reading.canonical_bytes(canonical(element)) == codec.to_bytes(full)


def test_a_pupil_without_a_lookup_code() -> None:
    """The store gives the code, and the leaf of the lock binds it (design §9.2)."""
    content = {entry.name: getattr(RECORDS[0], entry.name) for entry in fields_of(YearContent)}
    packet = writing.packet([YearContent(**content)])
    (entry,) = packets.read_packet(packet).entries
    assert entry.claimed.record is None
    assert entry.claimed.content == YearContent(**content)
    assert first(packet).content == YearContent(**content)
    assert not first(packet).accepted
    record = first(signed(packet=packet))
    assert (record.accepted, record.content, record.canonical) == (True, YearContent(**content), None)


WRITTEN: Final = FindingCode.NOT_AS_WRITTEN
VALUES: Final[dict[str, tuple[str, str, str, FindingCode]]] = {
    "level of a quality in a subject": (
        "<Toan><Muc>T",
        "<Toan><Muc>Đ",
        "subjects.toan.level",
        FindingCode.LEVEL_NOT_ALLOWED,
    ),
    "level in words": ("<Toan><Muc>T", "<Toan><Muc>Hoàn thành tốt", "subjects.toan.level", WRITTEN),
    "mark of 11": ("<DiemKTDK>10<", "<DiemKTDK>11<", "subjects.toan.score", FindingCode.MARK_OUT_OF_RANGE),
    "mark with a comma": ("<DiemKTDK>10<", "<DiemKTDK>8,5<", "subjects.toan.score", FindingCode.MARK_NOT_WHOLE),
    "mark of a spreadsheet": ("<DiemKTDK>10<", "<DiemKTDK>10.0<", "subjects.toan.score", WRITTEN),
    "no mark": ("<DiemKTDK>10</DiemKTDK>", "", "subjects.toan.score", FindingCode.MARK_MISSING),
    "no result": ("<KetQuaGiaoDuc>Hoàn thành tốt</KetQuaGiaoDuc>", "", "overall_result", FindingCode.RESULT_MISSING),
    "result in short": (">Hoàn thành tốt<", ">HTT<", "overall_result", WRITTEN),
    "day first": ("2015-02-08", "08/02/2015", "birth_date", WRITTEN),
    "a day that does not exist": ("2015-02-08", "2015-02-30", "birth_date", FindingCode.BIRTH_DATE_IMPOSSIBLE),
    "a number for a date": ("2015-02-08", "42043", "birth_date", FindingCode.BIRTH_DATE_IMPOSSIBLE),
    "11 digits": ("087315001234", "87315001234", "personal_id", FindingCode.PERSONAL_ID_WRONG_LENGTH),
    "gender in English": (">Nữ<", ">female<", "gender", WRITTEN),
    "no name": ("<HoTen>Nguyễn Thị Ngọc Uyên</HoTen>", "", "full_name", FindingCode.NAME_MISSING),
    "empty name": ("Nguyễn Thị Ngọc Uyên", " ", "full_name", FindingCode.NAME_MISSING),
    "long comment": ("Khéo tay", "x" * 2001, "subjects.cong_nghe.comment", FindingCode.TEXT_TOO_LONG),
    "measure with its unit": (">132.5<", ">132.5 cm<", "height_cm", WRITTEN),
    "yes in words": ("<KetQua>true<", "<KetQua>x<", "programme_completed", WRITTEN),
    "yes and its words disagree": ("<KetQua>true<", "<KetQua>false<", "programme_completed", WRITTEN),
    "sixth grade": ("<Khoi>4<", "<Khoi>6<", "grade", WRITTEN),
    "another grade than the packet": ("<Khoi>4<", "<Khoi>5<", "grade", WRITTEN),
    "another year": ("<NamHoc>2024-2025<", "<NamHoc>2024-2026<", "school_year", WRITTEN),
    "another class than the packet": ("<Lop>4A1<", "<Lop>4A2<", "class_name", WRITTEN),
    "another school than the packet": ("<MaTruong>MAU-TH-01<", "<MaTruong>MAU-TH-02<", "school", WRITTEN),
    "no code of the school": ("<MaTruong>MAU-TH-01</MaTruong>", "", "school", WRITTEN),
    "lookup code in capitals": (
        f"<MaSoTraCuu>{factories.LOOKUP_CODE}",
        f"<MaSoTraCuu>{factories.LOOKUP_CODE.upper()}",
        "lookup_code",
        WRITTEN,
    ),
    "version 0": ("<PhienBan>1<", "<PhienBan>0<", "version", WRITTEN),
    "version 2 of nothing": ("<PhienBan>1<", "<PhienBan>2<", "replaces", WRITTEN),
    "unknown element": ("<SucKhoe>", "<ChieuRong/><SucKhoe>", "", WRITTEN),
    "element in another place": ("<HoTen>", "<Khoi>4</Khoi><HoTen>", "", WRITTEN),
    "elements in another order": (
        "<GioiTinh>Nữ</GioiTinh><NgaySinh>2015-02-08</NgaySinh>",
        "<NgaySinh>2015-02-08</NgaySinh><GioiTinh>Nữ</GioiTinh>",
        "",
        WRITTEN,
    ),
    "element twice": ("<GioiTinh>", "<GioiTinh>Nam</GioiTinh><GioiTinh>", "", WRITTEN),
    "group twice": ("<SucKhoe>", "<SucKhoe/><SucKhoe>", "", WRITTEN),
    "element inside a value": ("<HoTen>", "<HoTen><Cha/>", "", WRITTEN),
    "text between elements": ("<SucKhoe>", "chen<SucKhoe>", "", WRITTEN),
    "a quality of the catalogue as another": (
        "</PhamChat>",
        "<PhamChatKhac><Ma>nhan_ai</Ma><Ten>a</Ten><Muc>T</Muc></PhamChatKhac></PhamChat>",
        "",
        WRITTEN,
    ),
    "award with a semicolon": ("<DanhHieu>", "<DanhHieu>a;", "awards.0", WRITTEN),
    "same pupil twice": (
        RECORDS[1].personal_id or "",
        RECORDS[0].personal_id or "",
        "personal_id",
        FindingCode.DUPLICATE_PERSONAL_ID,
    ),
    "same lookup code twice": (
        f"<MaSoTraCuu>{factories.OTHER_LOOKUP_CODE}",
        f"<MaSoTraCuu>{factories.LOOKUP_CODE}",
        "lookup_code",
        WRITTEN,
    ),
}


@pytest.mark.parametrize("name", VALUES)
def test_each_fault_is_a_finding_at_its_field_and_the_other_record_stays(name: str) -> None:
    old, new, path, code = VALUES[name]
    header, body = writing.packet(RECORDS).decode().split("<HoSo>", 1)
    assert old in body
    packet = signed(packet=f"{header}<HoSo>{body.replace(old, new, 1)}".encode())
    one, other = examined(packet).records
    errors = [(each.field, each.code) for each in one.findings if each.severity is Severity.ERROR]
    assert (path, code) in errors
    assert not one.accepted
    assert one.failed == ()
    assert other.accepted is (name not in ("same pupil twice", "same lookup code twice"))
    for each in one.findings:
        assert each.message[-1] == "."


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Nguyễn Thị Ngọc Uyên", normalize("NFD", "Nguyễn Thị Ngọc Uyên")),
        ("Nguyễn Thị Ngọc Uyên", "  Nguyễn Thị\n Ngọc\u200b Uyên\u00a0"),
        ("Nguyễn Thị Ngọc Uyên", "<![CDATA[Nguyễn Thị]]> Ngọc Uyên"),
        ("Nguyễn Thị Ngọc Uyên", "Nguyễn Thị Ngọc &#85;yên"),
        ("<SucKhoe>", "<SucKhoe >"),
    ],
    ids=["NFD", "spaces", "CDATA", "numbered character", "space in a tag"],
)
def test_what_means_the_same_gives_the_same_record(old: str, new: str) -> None:
    packet = writing.packet(RECORDS).decode()
    assert old in packet
    assert first(signed(packet=packet.replace(old, new, 1).encode())).canonical == CANONICAL[0]


def test_a_packet_of_another_school() -> None:
    """Signed by the other school's own head and registered for it: still not what this school may hand in."""
    records = [replace(each, issuing_school=factories.issuing_school(code=OTHER_SCHOOL)) for each in RECORDS]
    packet = signed([(pki().other_school_head, Role.HEAD)], records=records)
    own = first(packet, unit_code=OTHER_SCHOOL, needed=(Role.HEAD,))
    assert own.accepted
    handed_in = first(packet, needed=(Role.HEAD,))
    assert failed(handed_in) == "1 signer_authorised other_school, without head"
    assert ("school", FindingCode.NOT_AS_WRITTEN) in {(each.field, each.code) for each in handed_in.findings}


def test_another_schools_record_signed_by_our_head() -> None:
    records = [replace(each, issuing_school=factories.issuing_school(code=OTHER_SCHOOL)) for each in RECORDS]
    record = first(signed(records=records))
    assert (failed(record), record.accepted) == ("", False)
    assert [(each.field, each.code) for each in record.findings] == [("school", FindingCode.NOT_AS_WRITTEN)]


def test_derivation_refuses_what_has_errors() -> None:
    with pytest.raises(MalformedRecord):
        reading.canonical_bytes(canonical(record_of(opened(four()))).replace(b"<Khoi>4<", b"<Khoi>6<"))
    with pytest.raises(MalformedRecord):
        reading.canonical_bytes(b"<a/>")


letters = st.text(st.characters(codec="utf-8", categories=("L", "M", "N", "P", "Zs")), min_size=1, max_size=40)


@given(comment=letters, name=letters, result=st.sampled_from(OverallResult))
@settings(max_examples=60, deadline=None)
def test_what_is_read_is_written_the_same_again(comment: str, name: str, result: OverallResult) -> None:
    subjects = {**RECORDS[0].subjects, "toan": replace(RECORDS[0].subjects["toan"], comment=comment)}
    record = replace(RECORDS[0], full_name=name, overall_result=result, subjects=subjects)
    try:
        found = reading.read(writing.record_element(record, "hb-1")).record
    except VerifyError:
        return
    if found is not None:
        assert reading.read(writing.record_element(found, "hb-1")).record == found


# --- writing, and the format as published -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "records",
    [
        [],
        [RECORDS[0], factories.year_record(5)],
        [replace(RECORDS[0], full_name="a\x00b")],
        [replace(RECORDS[0], qualities={"nhan_ai": TraitResult(TraitLevel.GOOD, None, "tên khác")})],
    ],
    ids=["none", "two classes", "no text of XML", "label on a known quality"],
)
def test_what_the_format_cannot_hold_is_not_written(records: list[YearRecord]) -> None:
    with pytest.raises(MalformedRecord) as refused:
        writing.packet(records)
    assert refused.value.refusal is Refusal.BAD_SHAPE


def test_the_published_schema_is_the_one_in_use() -> None:
    assert PUBLISHED.read_bytes() == packets.SCHEMA.read_bytes()


def test_the_schema_has_exactly_the_elements_of_the_reader() -> None:
    tree = etree.parse(packets.SCHEMA)
    named = {
        str(each.get("name")) for each in tree.iter("{http://www.w3.org/2001/XMLSchema}element") if each.get("name")
    }
    known = {part for place in fields.PATH_OF for part in place.split("/")}
    known |= {fields.HISTORY, fields.HISTORY_ROW, fields.AWARDS, fields.AWARD, fields.EXTRA_CODE}
    known |= {*fields.PART_OF_HISTORY, *fields.PART_OF_EXTRA, *(extra for _s, _p, extra in fields.TRAITS)}
    assert named == known | {"GoiHocBa", "DauGoi", "HoSo", "HocBaNam"}


@pytest.mark.parametrize("grade", [1, 2, 3, 4, 5])
def test_what_is_written_and_signed_follows_the_schema(grade: int) -> None:
    schema = etree.XMLSchema(etree.parse(packets.SCHEMA))
    packet = etree.fromstring(signed(records=[factories.year_record(grade)]))
    assert schema.validate(packet), schema.error_log


def test_the_example_for_vendors_is_read_without_an_error() -> None:
    text = (ROOT / "docs/formats/README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```xml\n(<\?xml.*?)```", text, re.DOTALL)
    (entry,) = packets.read_packet(example.encode()).entries
    assert entry.claimed.record is not None
    assert entry.claimed.record.sample
    assert entry.claimed.findings == ()


def test_the_guide_names_every_algorithm_and_role() -> None:
    text = (ROOT / "docs/formats/README.md").read_text(encoding="utf-8")
    for each in (*names.ROLES.values(), NAMESPACE, names.EXCLUSIVE_C14N, names.RSA_SHA256):
        assert each in text


def test_nobody_is_registered_by_accident() -> None:
    assert failed(first(four(), registry=())).count("not_registered") == 4
    assert TEACHER.certificate != pki().head.certificate
