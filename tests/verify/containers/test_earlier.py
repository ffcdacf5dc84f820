"""Signatures of the system before this one: any layout of CMS, whole chains of XML, by the keys of that time alone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from asn1crypto import cms as asn1

from tests.pki import DAY, NOW, OTHER_SCHOOL, SCHOOL, authorisation, pki
from tests.verify.containers.test_roots import elements, root_of
from tests.verify.containers.xmldsig.making import CANONICAL, FOUR, RECORDS, four, of_other_content, signed
from verify.anchors import EarlierRegistry
from verify.cms import reading
from verify.containers.earlier import EarlierGate, EarlierSignature, examine_earlier
from verify.containers.jcs_cades import sign
from verify.containers.roots import record_of
from verify.signing import Role, Signer
from verify.verdict import Question, Reason, Status
from verify.verifier import NEEDED_ROLES

RECORD = CANONICAL[0]
KEYS: dict[Role, Signer] = {Role.HEAD: pki().head, Role.SCHOOL_SEAL: pki().school_seal}


def gate(unit: str = SCHOOL) -> EarlierGate:
    cast = pki()
    entries = (authorisation(cast.head, unit, Role.HEAD), authorisation(cast.school_seal, unit, Role.SCHOOL_SEAL))
    return EarlierGate(cast.trust, EarlierRegistry(entries), NEEDED_ROLES, NOW + DAY)


def detached(record: bytes = RECORD) -> dict[Role, bytes]:
    return {role: sign(record, key, NOW - timedelta(hours=1)) for role, key in KEYS.items()}


def examined(
    root: bytes, signatures: dict[Role, bytes] | None = None, **changes: object
) -> tuple[EarlierSignature, ...]:
    judged_by = replace(gate(), **changes)  # type: ignore[arg-type]
    return examine_earlier(root, signatures or {}, SCHOOL, NOW, judged_by)


def reasons(found: tuple[EarlierSignature, ...]) -> dict[Role, Reason | None]:
    return {each.role: each.refused.reason if each.refused is not None else None for each in found}


GOOD: dict[Role, Reason | None] = dict.fromkeys(NEEDED_ROLES)


def test_detached_signatures_are_taken() -> None:
    found = examined(RECORD, detached())
    assert reasons(found) == GOOD
    for each in found:
        assert {check.status for check in each.checks} == {Status.PASSED}
        assert each.signing_time == NOW - timedelta(hours=1)
    assert [each.signer_name for each in found] == ["Lê Quốc Đĩnh", "Trường Tiểu học Mẫu số 1"]


def test_signatures_within_xml_are_taken_head_and_seal_alone() -> None:
    root = root_of(four())
    found = examined(root)
    assert reasons(found) == GOOD, "teachers of that time need no registration"
    assert {each.signature for each in found} <= set(elements(root))
    assert record_of(root, "", 1) == RECORDS[0]


def test_a_broken_link_of_an_xml_chain_refuses_all() -> None:
    root = root_of(four())
    score = b">10<"
    assert score in root
    assert set(reasons(examined(root.replace(score, b">9<", 1))).values()) == {Reason.DIGEST_DIFFERS}


def test_an_xml_root_without_the_seal_is_refused() -> None:
    found = reasons(examined(root_of(signed(FOUR[:3]))))
    assert found == {Role.HEAD: None, Role.SCHOOL_SEAL: Reason.ROLE_MISSING}


def test_a_missing_role_is_said() -> None:
    held = detached()
    assert reasons(examined(RECORD, {Role.HEAD: held[Role.HEAD]})) == {
        Role.HEAD: None,
        Role.SCHOOL_SEAL: Reason.ROLE_MISSING,
    }
    assert set(reasons(examined(RECORD)).values()) == {Reason.ROLE_MISSING}


def test_signatures_over_another_record_are_refused() -> None:
    assert set(reasons(examined(RECORD, detached(CANONICAL[1]))).values()) == {Reason.DIGEST_DIFFERS}
    assert root_of(of_other_content()) != root_of(four())


def test_keys_of_today_do_not_count() -> None:
    """The same certificates, registered for new packets, and for another school."""
    nobody = EarlierRegistry(())
    assert set(reasons(examined(RECORD, detached(), registry=nobody)).values()) == {Reason.NOT_REGISTERED}
    elsewhere = gate(unit=OTHER_SCHOOL).registry
    assert set(reasons(examined(RECORD, detached(), registry=elsewhere)).values()) == {Reason.OTHER_SCHOOL}


def test_a_signature_after_the_old_date_is_refused() -> None:
    late = {role: sign(RECORD, key, NOW + timedelta(hours=1)) for role, key in KEYS.items()}
    assert set(reasons(examined(RECORD, late)).values()) == {Reason.SIGNED_IN_FUTURE}


def test_what_stays_unknown_is_no_refusal_and_no_pass() -> None:
    found = examined(RECORD, detached(), trust=pki().trust_without_lists)
    assert reasons(found) == GOOD
    for each in found:
        answers = {check.question: check.status for check in each.checks}
        assert answers.pop(Question.NOT_REVOKED) is Status.UNKNOWN
        assert set(answers.values()) == {Status.PASSED}


def test_another_layout_of_cms_is_taken() -> None:
    """An authority's certificate beside the signer's: true, but not how we write."""
    cms = other_layout(detached()[Role.HEAD])
    message = reading.read(cms)
    assert not message.is_ours(frozenset({message.certificate}))
    assert reasons(examined(RECORD, {**detached(), Role.HEAD: cms})) == GOOD


def other_layout(cms: bytes) -> bytes:
    info = asn1.ContentInfo.load(cms)
    held = info["content"]
    held["certificates"].append(asn1.CertificateChoices.load(pki().foreign_root.der))
    return bytes(info.dump(force=True))


@pytest.mark.parametrize("data", [b"", b"0", b"\x30\x80", RECORD])
def test_bytes_that_are_no_signature_are_refused(data: bytes) -> None:
    found = reasons(examined(RECORD, {**detached(), Role.HEAD: data}))
    assert found[Role.HEAD] is Reason.SIGNATURE_MALFORMED
    assert found[Role.SCHOOL_SEAL] is None
