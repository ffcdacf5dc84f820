"""Signatures of a packet: accepted only when head and school seal pass the registry; every refusal has its reason."""

import base64
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.errors import Problem, Refused
from portal.identity import SYSTEM
from portal.models import Blob, RecordSignature, RecordVersion, State
from portal.runtime import demo_signer
from portal.services.evidence import checks_from_json
from portal.services.packet_file import packet_file, read_packet_file, require_unchanged
from portal.services.signing import SignedPacket, sign_packet, submit_signatures
from tests.instances import NOW, SCHOOL, WORKBOOKS, DemoInstance
from verify.canonical import canonicalise, parse, sha256
from verify.containers.jcs_cades import sign
from verify.signing import Role, Signer
from verify.verdict import Reason, Status

CLASS = WORKBOOKS / "lop-1B.xlsx"


def taken(instance: DemoInstance) -> int:
    packet = instance.take_in(CLASS).packet
    assert packet is not None
    return packet


def key(instance: DemoInstance, unit: str, role: Role) -> Signer:
    assert instance.runtime.authority is not None
    return demo_signer(instance.runtime.authority, unit, role, NOW)


def sign_with(instance: DemoInstance, packet: int, signers: Mapping[Role, Signer]) -> SignedPacket:
    with instance.transaction() as session:
        return sign_packet(session, SYSTEM, packet, signers, instance.runtime.trust(NOW), NOW)


def states(instance: DemoInstance) -> dict[str, int]:
    with instance.reading() as session:
        rows = session.execute(sa.select(RecordVersion.state, sa.func.count()).group_by(RecordVersion.state))
        return dict(rows.all())


def test_head_and_seal_make_a_packet_accepted(empty_instance: DemoInstance) -> None:
    done = empty_instance.sign(taken(empty_instance))
    assert (done.accepted, done.waiting, done.refused) == (31, 0, ())
    assert states(empty_instance) == {State.ACCEPTED.value: 31}
    with empty_instance.reading() as session:
        rows = session.scalars(sa.select(RecordSignature)).all()
        assert {row.role for row in rows} == {"head", "school_seal"}
        for row in rows:
            checks = checks_from_json(row.report)
            assert all(check.status is Status.PASSED for check in checks)
            assert row.received_at == NOW


def test_a_head_alone_is_not_enough(empty_instance: DemoInstance) -> None:
    packet = taken(empty_instance)
    done = sign_with(empty_instance, packet, {Role.HEAD: key(empty_instance, SCHOOL, Role.HEAD)})
    assert (done.accepted, done.waiting) == (0, 31)
    # the seal may come later, by itself
    done = sign_with(empty_instance, packet, {Role.SCHOOL_SEAL: key(empty_instance, SCHOOL, Role.SCHOOL_SEAL)})
    assert (done.accepted, done.waiting) == (31, 0)


def test_another_schools_certificate_is_refused(empty_instance: DemoInstance) -> None:
    packet = taken(empty_instance)
    signers = {role: key(empty_instance, "MAU-TH-02", role) for role in (Role.HEAD, Role.SCHOOL_SEAL)}
    done = sign_with(empty_instance, packet, signers)
    assert done.accepted == 0
    reasons = {check.reason for refused in done.refused for check in refused.failed}
    assert reasons == {Reason.OTHER_SCHOOL}
    assert states(empty_instance) == {State.DRAFT.value: 31}


def test_the_seal_does_not_sign_as_head(empty_instance: DemoInstance) -> None:
    packet = taken(empty_instance)
    seal = key(empty_instance, SCHOOL, Role.SCHOOL_SEAL)
    done = sign_with(empty_instance, packet, {Role.HEAD: seal, Role.SCHOOL_SEAL: seal})
    assert done.accepted == 0
    assert {check.reason for refused in done.refused for check in refused.failed} == {Reason.OTHER_ROLE}


def test_a_revoked_certificate_is_refused(empty_instance: DemoInstance) -> None:
    packet = taken(empty_instance)
    head = key(empty_instance, SCHOOL, Role.HEAD)
    assert empty_instance.runtime.authority is not None
    empty_instance.runtime.authority.revoke_demo(head.certificate, NOW - timedelta(hours=1))
    done = empty_instance.sign(packet)
    assert done.accepted == 0
    assert {check.reason for refused in done.refused for check in refused.failed} == {Reason.REVOKED}


def test_signatures_made_elsewhere_come_in_by_file(empty_instance: DemoInstance) -> None:
    packet = taken(empty_instance)
    with empty_instance.reading() as session:
        value = dict(parse(packet_file(session, packet), 1 << 24))
    signed = sign_file(empty_instance, value)
    brought = read_packet_file(canonicalise(signed))
    with empty_instance.transaction() as session:
        require_unchanged(session, brought)
        done = submit_signatures(
            session, SYSTEM, brought.packet, brought.signatures, empty_instance.runtime.trust(NOW), NOW
        )
    assert (done.accepted, done.waiting) == (31, 0)


def sign_file(instance: DemoInstance, value: Mapping[str, Any]) -> dict[str, Any]:
    """What a school's tool does with a packet file."""
    records = []
    for item in value["records"]:
        data = base64.b64decode(item["record"])
        made = {
            role.value: base64.b64encode(sign(data, key(instance, SCHOOL, role), NOW)).decode()
            for role in (Role.HEAD, Role.SCHOOL_SEAL)
        }
        records.append({**item, "signatures": made})
    return {**value, "records": records}


def test_a_packet_file_with_one_byte_changed_is_refused(empty_instance: DemoInstance) -> None:
    packet = taken(empty_instance)
    with empty_instance.reading() as session:
        data = packet_file(session, packet)
    start = data.index(b'"record":"') + len(b'"record":"')
    changed = data[: start + 8] + (b"A" if data[start + 8 : start + 9] != b"A" else b"B") + data[start + 9 :]
    with pytest.raises(Refused) as refused:
        read_packet_file(changed)
    assert refused.value.problem is Problem.PACKET_CHANGED


def test_a_packet_file_with_a_foreign_record_is_refused(empty_instance: DemoInstance) -> None:
    packet = taken(empty_instance)
    with empty_instance.reading() as session:
        value = dict(parse(packet_file(session, packet), 1 << 24))
    other = b'{"another":"record"}'
    value["records"] = [{"sha256": sha256(other), "record": base64.b64encode(other).decode(), "signatures": {}}]
    brought = read_packet_file(canonicalise(value))
    with pytest.raises(Refused) as refused, empty_instance.reading() as session:
        require_unchanged(session, brought)
    assert refused.value.problem is Problem.PACKET_CHANGED


def test_the_signed_bytes_are_stored_as_they_are(empty_instance: DemoInstance) -> None:
    empty_instance.sign(taken(empty_instance))
    with empty_instance.reading() as session:
        for blob in session.scalars(sa.select(Blob)):
            assert sha256(blob.data) == blob.sha256


@pytest.mark.parametrize("packet", [0, 999])
def test_an_unknown_packet_is_said_so(empty_instance: DemoInstance, packet: int) -> None:
    with pytest.raises(Refused) as refused:
        empty_instance.sign(packet)
    assert refused.value.problem is Problem.UNKNOWN_PACKET
