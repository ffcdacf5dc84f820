"""Signatures of a packet: made here by keys at hand (demo, command line) or brought in, checked once and fully, kept.

`submit` puts signatures on drafts. The system then accepts a version when every role that the lock needs has signed
and each signature passed the registry (design §9.4); otherwise the version stays a draft and the reason is told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Problem, Refused
from portal.identity import Identity
from portal.models import RecordSignature, RecordVersion, State, Unit
from portal.permissions import may_import_for
from portal.services import blobs, registry
from portal.services.evidence import checks_to_json
from portal.services.packets import code_and_year, packet, versions_in
from portal.services.transitions import change_state
from verify.anchors import Authorisation, TrustStore
from verify.canonical import sha256
from verify.containers.jcs_cades import SignatureReport, examine, sign
from verify.signing import Role, Signer
from verify.verdict import Check, Status
from verify.verifier import NEEDED_ROLES

Signatures = Mapping[Role, bytes]


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
    drafts = _drafts(session, identity, packet_id)
    moment = now.replace(microsecond=0)
    made = {
        version.id: {
            role: sign(blobs.get(session, version.root_sha256), signer, moment) for role, signer in signers.items()
        }
        for version in drafts
    }
    return _submit(session, identity, packet_id, drafts, made, trust, now)


def submit_signatures(
    session: Session,
    identity: Identity,
    packet_id: int,
    brought: Mapping[str, Signatures],
    trust: TrustStore,
    now: datetime,
) -> SignedPacket:
    """Put signatures that were made elsewhere on the drafts of a packet. brought: by SHA-256 of the signed bytes."""
    drafts = _drafts(session, identity, packet_id)
    made = {version.id: brought.get(version.root_sha256, {}) for version in drafts}
    return _submit(session, identity, packet_id, drafts, made, trust, now)


def _drafts(session: Session, identity: Identity, packet_id: int) -> list[RecordVersion]:
    held = packet(session, packet_id)
    if not may_import_for(identity, session.get_one(Unit, held.unit_id).code):
        raise Refused(Problem.NOT_ALLOWED)
    drafts = [*versions_in(session, packet_id, State.DRAFT), *versions_in(session, packet_id, State.SUBMITTED)]
    if not drafts:
        raise Refused(Problem.NOTHING_TO_DO, packet=str(packet_id))
    return drafts


def _submit(
    session: Session,
    identity: Identity,
    packet_id: int,
    drafts: Sequence[RecordVersion],
    made: Mapping[int, Signatures],
    trust: TrustStore,
    now: datetime,
) -> SignedPacket:
    gate = Gate(trust, registry.authorisations(session), now)
    refused: list[RefusedSignature] = []
    accepted = 0
    for version in drafts:
        refused += _take(session, version, made[version.id], gate)
        if _complete(session, version):
            _accept(session, identity, version, now)
            accepted += 1
    session.flush()
    return SignedPacket(packet_id, accepted, len(drafts) - accepted, tuple(refused))


def _take(session: Session, version: RecordVersion, signatures: Signatures, gate: Gate) -> Iterable[RefusedSignature]:
    """Keep the signatures that hold; tell of the others. A role that has signed is not signed again."""
    record = blobs.get(session, version.root_sha256)
    code, _year = code_and_year(session, version)
    unit = session.get_one(Unit, version.issuing_unit_id)
    held = _roles(session, version)
    for role, cms in signatures.items():
        if role in held:
            continue
        report = examine(
            record, cms, role=role, unit_code=unit.code, trust=gate.trust, registry=gate.registry, at=gate.now
        )
        if report.holds:
            _keep(session, version, cms, report, gate.now)
        else:
            failed = tuple(check for check in report.checks if check.status is not Status.PASSED)
            yield RefusedSignature(code, role, failed)


def _keep(session: Session, version: RecordVersion, cms: bytes, report: SignatureReport, now: datetime) -> None:
    session.add(
        RecordSignature(
            version_id=version.id,
            role=report.role.value,
            cms_sha256=blobs.put(session, cms),
            certificate_sha256=sha256(report.certificate or b""),
            signer_name=report.signer_name,
            signed_at=report.signing_time or now,
            received_at=now,
            report=checks_to_json(report.checks),
        )
    )
    session.flush()


def _roles(session: Session, version: RecordVersion) -> frozenset[Role]:
    held = session.scalars(sa.select(RecordSignature.role).where(RecordSignature.version_id == version.id))
    return frozenset(Role(role) for role in held)


def _complete(session: Session, version: RecordVersion) -> bool:
    return _roles(session, version) >= frozenset(NEEDED_ROLES)


def _accept(session: Session, identity: Identity, version: RecordVersion, now: datetime) -> None:
    actor = identity.display_name
    if version.state == State.DRAFT.value:
        change_state(session, version, State.SUBMITTED, actor=actor, reason="trường gửi kèm chữ ký số", now=now)
    change_state(session, version, State.ACCEPTED, actor="hệ thống", reason="đủ chữ ký, đúng thẩm quyền", now=now)
