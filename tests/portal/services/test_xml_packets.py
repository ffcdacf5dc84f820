"""Signed XML packets are taken in, locked, found, printed, checked and audited like any record."""

import base64
from collections.abc import Sequence
from dataclasses import replace

import pytest
import sqlalchemy as sa

from portal.demo.units import SCHOOL
from portal.errors import Problem, Refused
from portal.identity import SYSTEM
from portal.models import Blob, Packet, RecordSignature, RecordVersion, StateChange
from portal.services import lookup
from portal.services.audit import AuditProblem, Defect, audit
from portal.services.checking import check_document
from portal.services.intake import TakenPacket
from portal.services.packet_file import packet_file
from portal.services.prints import printed_pdf
from portal.services.xml_packets import gate_of, import_packet, is_packet
from tests.instances import NOW, DemoInstance, fresh_code
from tests.portal.xml_packets import CHAIN, YEAR, contents, register_teachers, signed, with_changed_marks
from tests.sabotage import ATTACKS, Attack, without_guards
from verify.canonical import sha256
from verify.containers.roots import Container, read_root
from verify.containers.xmldsig.packets import read_packet
from verify.record.findings import FindingCode
from verify.record.model import YearContent
from verify.signing import Role
from verify.verdict import Reason, Verdict

OF_A_RECORD = [
    each for each in ATTACKS if each.statement in ("bytes", "swap", "gone") or "DELETE FROM" in each.statement
]
HEAD_AND_SEAL = (Role.HEAD, Role.SCHOOL_SEAL)


@pytest.fixture
def school(empty_instance: DemoInstance) -> DemoInstance:
    with empty_instance.transaction() as session:
        register_teachers(session, empty_instance.runtime, NOW)
    return empty_instance


def taken(held: DemoInstance, data: bytes, year: str = YEAR, *, sample: bool = True) -> TakenPacket:
    with held.reading() as session:
        gate = gate_of(session, SCHOOL, held.runtime.trust(NOW), NOW)
    with held.transaction() as session:
        return import_packet(
            session, SYSTEM, held.runtime.sandbox, data, gate=gate, school_year=year, sample=sample, new_code=fresh_code
        )


def packet(held: DemoInstance, records: Sequence[YearContent] | bytes, roles: Sequence[Role] = CHAIN) -> bytes:
    return signed(held.runtime, NOW, records, roles)


def versions(held: DemoInstance) -> list[tuple[int, str]]:
    with held.reading() as session:
        rows = session.execute(sa.select(RecordVersion.version, RecordVersion.state).order_by(RecordVersion.id))
        return [(version, state) for version, state in rows]


def codes(result: TakenPacket) -> list[str]:
    return [row.lookup_code for row in result.rows if row.lookup_code is not None]


def faults(result: TakenPacket) -> set[tuple[str, FindingCode]]:
    return {(found.field, found.code) for row in result.rows for found in row.findings}


def why(result: TakenPacket) -> set[Reason]:
    return {
        check.reason
        for row in result.rows
        if row.chain is not None
        for each in row.chain.signatures
        for check in each.failed
        if check.reason is not Reason.NOT_ASKED
    }


def test_a_chain_of_four_is_accepted_at_once(school: DemoInstance) -> None:
    result = taken(school, packet(school, contents()))
    assert (result.accepted, result.refused) == (2, 0)
    assert versions(school) == [(1, "accepted")] * 2
    with school.reading() as session:
        rows = session.scalars(sa.select(RecordSignature).order_by(RecordSignature.id)).all()
        assert [row.role for row in rows] == ["head", "school_seal"] * 2
        assert {row.signer_name for row in rows if row.role == "head"} != {""}
        roots = session.scalars(sa.select(Blob.data).join(RecordVersion, RecordVersion.root_sha256 == Blob.sha256))
        assert {read_root(root).container for root in roots} == {Container.XMLDSIG}
        steps = session.scalars(sa.select(StateChange.to_state).order_by(StateChange.id)).all()
        assert sorted(steps) == ["accepted"] * 2 + ["draft"] * 2 + ["submitted"] * 2
    chain = result.rows[0].chain
    assert chain is not None
    assert [each.role for each in chain.signatures] == list(CHAIN)


def test_the_same_file_twice_has_the_same_receipt_and_changes_nothing(school: DemoInstance) -> None:
    data = packet(school, contents())
    first = taken(school, data)
    assert taken(school, data) == first
    assert versions(school) == [(1, "accepted")] * 2


def test_who_has_not_signed_yet_waits_and_goes_on_as_the_same_version(school: DemoInstance) -> None:
    begun = packet(school, contents(), CHAIN[:2])
    result = taken(school, begun)
    assert [row.chain.missing for row in result.rows if row.chain is not None] == [HEAD_AND_SEAL] * 2
    assert versions(school) == [(1, "submitted")] * 2
    with school.reading() as session, pytest.raises(Refused) as refused:
        packet_file(session, result.packet or 0)
    assert refused.value.problem is Problem.NOTHING_TO_DO, "a root in XML is not signed a second way"
    further = packet(school, begun, CHAIN[2:3])
    taken(school, further)
    assert versions(school) == [(1, "submitted")] * 2
    whole = taken(school, packet(school, further, CHAIN[3:]))
    assert versions(school) == [(1, "accepted")] * 2
    assert codes(whole) == codes(result)
    taken(school, begun + b"\n")
    assert versions(school) == [(1, "accepted")] * 2, "an older file takes no signature away"


def test_a_longer_chain_on_the_same_record_keeps_only_its_own_signatures(school: DemoInstance) -> None:
    begun = packet(school, contents(), CHAIN[2:3])
    taken(school, begun)
    taken(school, packet(school, begun, CHAIN[3:]))
    with school.reading() as session:
        roles = session.scalars(sa.select(RecordSignature.role)).all()
    assert sorted(roles) == ["head", "head", "school_seal", "school_seal"]


def test_what_nobody_signed_is_a_draft_like_a_workbooks_row(school: DemoInstance) -> None:
    result = taken(school, packet(school, contents(), ()))
    assert versions(school) == [(1, "draft")] * 2
    with school.reading() as session:
        assert packet_file(session, result.packet or 0)
    taken(school, packet(school, contents()))
    assert versions(school) == [(1, "replaced")] * 2 + [(2, "accepted")] * 2, "the signatures replace the draft"


def test_another_content_replaces_and_the_same_content_does_not(school: DemoInstance) -> None:
    taken(school, packet(school, contents()))
    taken(school, packet(school, contents(), HEAD_AND_SEAL))
    assert versions(school) == [(1, "accepted")] * 2
    taken(school, packet(school, with_changed_marks(contents())))
    assert versions(school) == [(1, "replaced")] * 2 + [(2, "accepted")] * 2


def test_a_code_must_be_the_pupils_and_the_version_the_next(school: DemoInstance) -> None:
    first, second = contents()
    invented = taken(school, packet(school, [first.under(fresh_code())]))
    assert faults(invented) == {("lookup_code", FindingCode.CODE_OF_NOBODY)}
    code, other = codes(taken(school, packet(school, [first, second])))
    changed = with_changed_marks([first])[0]
    with school.reading() as session:
        newest = session.scalars(
            sa.select(RecordVersion.root_sha256).where(RecordVersion.full_name == first.full_name)
        ).one()
    of_another = taken(school, packet(school, [changed.under(other, 2, newest)]))
    assert faults(of_another) == {("lookup_code", FindingCode.CODE_OF_NOBODY)}
    wrong = taken(school, packet(school, [changed.under(code, 2, "0" * 64)]))
    assert faults(wrong) == {("version", FindingCode.VERSION_NOT_NEXT)}
    right = taken(school, packet(school, [changed.under(code, 2, newest)]))
    assert codes(right) == [code]


def test_refusals_of_a_packet_that_is_not_for_here(school: DemoInstance) -> None:
    other_year = taken(school, packet(school, contents()), "2025-2026")
    assert faults(other_year) == {("school_year", FindingCode.SCHOOL_YEAR_DISAGREES)}
    real = taken(school, packet(school, contents(sample=False)))
    assert faults(real) == {("sample", FindingCode.NOT_AS_WRITTEN)}
    school_of_others = replace(contents()[0].issuing_school, code="MAU-TH-02", name="Trường Tiểu học Mẫu số 2")
    others = taken(school, packet(school, contents(issuing_school=school_of_others)))
    assert ("school", FindingCode.NOT_AS_WRITTEN) in faults(others)
    twins = taken(school, packet(school, [contents()[0], contents()[0]]))
    assert ("personal_id", FindingCode.DUPLICATE_PERSONAL_ID) in faults(twins)
    conflict = [replace(contents()[0], full_name="Người Khác")]
    taken(school, packet(school, contents()[:1]))
    assert ("personal_id", FindingCode.PUPIL_CONFLICT) in faults(taken(school, packet(school, conflict)))
    assert versions(school) == [(1, "accepted")]


def test_a_key_of_another_school_or_a_revoked_one(school: DemoInstance) -> None:
    stranger = signed(school.runtime, NOW, contents(), HEAD_AND_SEAL, "MAU-TH-02")
    assert why(taken(school, stranger)) == {Reason.OTHER_SCHOOL}
    data = packet(school, contents())
    assert school.runtime.authority is not None
    from_now = signed(school.runtime, NOW, contents(), HEAD_AND_SEAL)
    school.runtime.authority.revoke_demo(_certificate(data), NOW)
    assert Reason.REVOKED in why(taken(school, from_now))
    with school.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Packet)) == 0


def _certificate(data: bytes) -> bytes:
    """Of the last signer."""
    *_others, own, _issuer = data.split(b"<ds:X509Certificate>")
    return base64.b64decode(own.split(b"<")[0])


# --- after it ---


@pytest.fixture
def locked(school: DemoInstance) -> tuple[DemoInstance, str]:
    """An XML packet that is locked, and the lookup code of its first pupil."""
    result = taken(school, packet(school, contents()))
    assert result.packet is not None
    school.lock(result.packet)
    return school, codes(result)[0]


def test_locked_looked_up_printed_and_checked(locked: tuple[DemoInstance, str]) -> None:
    held, code = locked
    with held.transaction() as session:
        shown = lookup.transcript(session, SYSTEM, code, NOW, "127.0.0.1")
        made = printed_pdf(session, held.runtime.press, SYSTEM, code, None, whole=False, now=NOW, network="127.0.0.1")
    (year,) = shown.years
    assert (year.record.lookup_code, year.record.full_name, year.state) == (code, "Hồ Thị Ngọc Diễm", "locked")
    assert [each.role for each in year.signatures] == ["head", "school_seal"]
    checked = check_document(held.runtime.desk(NOW), held.reading, made.pdf, NOW)
    assert checked.conclusion.verdict is Verdict.AUTHENTIC, checked.conclusion
    assert checked.code == code


def test_audit_finds_nothing(locked: tuple[DemoInstance, str]) -> None:
    held, _code = locked
    assert problems(held) == []


@pytest.mark.parametrize("attack", OF_A_RECORD, ids=lambda attack: attack.name)
def test_audit_names_an_xml_record_that_was_changed(locked: tuple[DemoInstance, str], attack: Attack) -> None:
    held, _code = locked
    code = without_guards(held.settings, attack)
    found = problems(held)
    assert (attack.defect, code) in {(problem.defect, problem.lookup_code) for problem in found}, found
    assert {problem.lookup_code for problem in found} <= {code, None}, "only the one that was changed"


def test_audit_finds_signed_bytes_that_were_exchanged(locked: tuple[DemoInstance, str]) -> None:
    """Truly signed bytes of the same pupil, put in the place of the locked ones: signatures and leaf tell."""
    held, _code = locked
    other = read_packet(packet(held, with_changed_marks(contents()))).entries[0].root
    with held.transaction() as session:
        session.add(Blob(sha256=sha256(other), data=other))
    # The record locked last is the second pupil; the first pupil's bytes lie about more than the signatures.
    attack = Attack(
        "truly signed bytes are swapped in",
        Defect.LEAF_DIFFERS,
        f"UPDATE record_version SET root_sha256 = '{sha256(other)}' WHERE id = :id",  # noqa: S608
    )
    code = without_guards(held.settings, attack)
    found = {(problem.defect, problem.lookup_code) for problem in problems(held)}
    assert {(Defect.LEAF_DIFFERS, code), (Defect.SIGNATURE_BROKEN, code), (Defect.COLUMNS_DIFFER, code)} <= found


def problems(held: DemoInstance) -> list[AuditProblem]:
    with held.reading() as session:
        return list(audit(session, held.runtime.log_signer.verifier).problems)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"PK\x03\x04", False),
        (b"", False),
        (b"<html><table>", False),
        (b"\xef\xbb\xbf <?xml version='1.0'?>\n<!DOCTYPE HTML><x/>", True),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', False),
        (b"\n<GoiHocBa/>", True),
    ],
)
def test_which_files_are_read_as_packets(data: bytes, expected: bool) -> None:
    assert is_packet(data) is expected
