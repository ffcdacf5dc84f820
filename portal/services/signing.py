"""Signatures of a packet: made here by keys at hand (demo, command line) or brought in, checked once and fully, kept.

`submit` puts signatures on drafts. The system then accepts a version when every role that the lock needs has signed
and each signature passed the registry (design §9.4); otherwise the version stays a draft and the reason is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Fault, Problem, Refused
from portal.identity import Identity
from portal.models import Blob, RecordSignature, RecordVersion, State, Transcript, Unit, YearRecordRow
from portal.services import blobs, registry, telling
from portal.services.amendment_settling import settle
from portal.services.evidence import checks_to_json
from portal.services.life import Act, may_take
from portal.services.packets import packet
from portal.services.transitions import change_state
from verify.anchors import Authorisation, TrustStore
from verify.canonical import sha256
from verify.containers.jcs_cades import SignatureReport, examine, sign
from verify.signing import Role, Signer
from verify.verdict import Check, Status
from verify.verifier import NEEDED_ROLES

Signatures = Mapping[Role, bytes]
_UNSIGNED = (State.DRAFT.value, State.SUBMITTED.value)


@dataclass(frozen=True, slots=True)
class RefusedSignature:
    """A signature that does not count, and the checks that say why."""

    lookup_code: str
    role: Role
    failed: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class SignedPacket:
    """What signing a packet did. accepted: versions that may now be locked. waiting: that still lack a signature."""

    packet: int
    accepted: int
    waiting: int
    refused: tuple[RefusedSignature, ...]


@dataclass(frozen=True, slots=True)
class Gate:
    """By what signatures are judged."""

    trust: TrustStore
    registry: tuple[Authorisation, ...]
    now: datetime


def sign_packet(
    session: Session,
    identity: Identity,
    packet_id: int,
    signers: Mapping[Role, Signer],
    trust: TrustStore,
    now: datetime,
) -> SignedPacket:
    """Sign every draft of a packet in each given role, and submit. Raises Refused(NOTHING_TO_DO) without a draft."""
    waiting = _waiting(session, identity, packet_id)
    moment = now.replace(microsecond=0)
    made = {
        each.version.root_sha256: {role: sign(each.record, signer, moment) for role, signer in signers.items()}
        for each in waiting
    }
    return _submit(session, identity, packet_id, waiting, made, Gate(trust, registry.authorisations(session), now))


def submit_signatures(
    session: Session,
    identity: Identity,
    packet_id: int,
    brought: Mapping[str, Signatures],
    trust: TrustStore,
    now: datetime,
) -> SignedPacket:
    """Put signatures that were made elsewhere on the drafts of a packet. brought: by SHA-256 of the signed bytes."""
    waiting = _waiting(session, identity, packet_id)
    return _submit(session, identity, packet_id, waiting, brought, Gate(trust, registry.authorisations(session), now))


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A version that may still be signed. record: the bytes to sign. held: roles that have signed."""

    version: RecordVersion
    lookup_code: str
    unit_code: str
    record: bytes
    held: frozenset[Role]


def _waiting(session: Session, identity: Identity, packet_id: int) -> list[_Waiting]:
    """What waits for signatures in a packet, read in two queries whatever its size."""
    held = packet(session, packet_id)
    if not may_take(identity, Act.SUBMIT, session.get_one(Unit, held.unit_id).code):
        raise Refused(Problem.NOT_ALLOWED)
    rows = session.execute(
        sa.select(RecordVersion, Transcript.lookup_code, Unit.code, Blob.data)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .join(Unit, Unit.id == RecordVersion.issuing_unit_id)
        .join(Blob, Blob.sha256 == RecordVersion.root_sha256)
        .where(RecordVersion.packet_id == packet_id, RecordVersion.state.in_(_UNSIGNED))
        .order_by(RecordVersion.id)
    ).all()
    # A root in XML holds its signatures: the school's software adds them, and the packet comes again.
    rows = [row for row in rows if not blobs.is_xml_root(row[3])]
    if not rows:
        raise Refused(Problem.NOTHING_TO_DO, packet=str(packet_id))
    roles = _roles(session, packet_id)
    return [
        _Waiting(version, code, unit, _unchanged(version, data), frozenset(roles.get(version.id, ())))
        for version, code, unit, data in rows
    ]


def _unchanged(version: RecordVersion, data: bytes) -> bytes:
    if sha256(data) != version.root_sha256:
        raise Fault(Problem.STORE_DAMAGED, digest=version.root_sha256)
    return data


def _roles(session: Session, packet_id: int) -> dict[int, set[Role]]:
    """By version: the roles that have signed."""
    rows = session.execute(
        sa.select(RecordSignature.version_id, RecordSignature.role)
        .join(RecordVersion, RecordVersion.id == RecordSignature.version_id)
        .where(RecordVersion.packet_id == packet_id)
    )
    found: dict[int, set[Role]] = {}
    for version_id, role in rows:
        found.setdefault(version_id, set()).add(Role(role))
    return found


def _submit(
    session: Session,
    identity: Identity,
    packet_id: int,
    waiting: Sequence[_Waiting],
    brought: Mapping[str, Signatures],
    gate: Gate,
) -> SignedPacket:
    """Examine first, then write: signatures, then the versions that have all that the lock needs."""
    kept: list[tuple[_Waiting, bytes, SignatureReport]] = []
    refused: list[RefusedSignature] = []
    signed: dict[int, set[Role]] = {each.version.id: set(each.held) for each in waiting}
    for each in waiting:
        for role, cms in brought.get(each.version.root_sha256, {}).items():
            if role in each.held:  # signed already, and not signed again
                continue
            report = _examined(each, role, cms, gate)
            if report.holds:
                kept.append((each, cms, report))
                signed[each.version.id].add(role)
            else:
                failed = tuple(check for check in report.checks if check.status is not Status.PASSED)
                refused.append(RefusedSignature(each.lookup_code, role, failed))
    _keep(session, kept, gate.now)
    complete = [each.version for each in waiting if signed[each.version.id] >= set(NEEDED_ROLES)]
    for version in complete:
        _accept(session, identity, version, gate.now)
    session.flush()
    settle(session, [version.id for version in complete], gate.now)
    telling.packet_signed(
        session,
        packet(session, packet_id).unit_id,
        packet_id,
        waiting=len(waiting) - len(complete),
        refused=len(refused),
        by=identity.account_id,
        now=gate.now,
    )
    return SignedPacket(packet_id, len(complete), len(waiting) - len(complete), tuple(refused))


def _examined(each: _Waiting, role: Role, cms: bytes, gate: Gate) -> SignatureReport:
    return examine(
        each.record,
        cms,
        role=role,
        unit_code=each.unit_code,
        trust=gate.trust,
        registry=gate.registry,
        at=gate.now,
    )


def _keep(session: Session, kept: Sequence[tuple[_Waiting, bytes, SignatureReport]], now: datetime) -> None:
    digests = blobs.put_all(session, [cms for _each, cms, _report in kept])
    session.add_all(
        RecordSignature(
            version_id=each.version.id,
            role=report.role.value,
            cms_sha256=digest,
            certificate_sha256=sha256(report.certificate or b""),
            signer_name=report.signer_name,
            signed_at=report.signing_time or now,
            received_at=now,
            report=checks_to_json(report.checks),
        )
        for (each, _cms, report), digest in zip(kept, digests, strict=True)
    )
    session.flush()


def _accept(session: Session, identity: Identity, version: RecordVersion, now: datetime) -> None:
    actor = identity.display_name
    if version.state == State.DRAFT.value:
        change_state(session, version, Act.SUBMIT, actor=actor, reason="trường gửi kèm chữ ký số", now=now)
    change_state(session, version, Act.ACCEPT, actor="hệ thống", reason="đủ chữ ký, đúng thẩm quyền", now=now)
