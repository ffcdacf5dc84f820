"""The lock: freezes accepted versions, sets their effective date and logs them, in one transaction (plan PL 2.1)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Problem, Refused
from portal.identity import Identity
from portal.models import LogOpening, RecordSignature, RecordVersion, State, Unit
from portal.permissions import may_lock
from portal.services import blobs, log
from portal.services.packets import code_and_year, counts, packet, versions_in
from portal.services.transitions import change_state
from verify.log import commitments, leaves, notes

Salt = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Locked:
    """What a lock did. left: versions of the packet that did not lock, by state. effective_at: UTC."""

    packet: int
    locked: int
    left: dict[str, int]
    effective_at: datetime
    log_size: int


def lock_packet(
    session: Session,
    identity: Identity,
    packet_id: int,
    *,
    decision: str,
    log_signer: notes.Signer,
    salt: Salt,
    now: datetime,
) -> Locked:
    """Lock every accepted version of a packet; a record never accepted never locks (domain §4).

    decision: number of the decision under which it is done. salt: gives 32 fresh random bytes. Raises
    Refused(NOTHING_TO_DO) when nothing is accepted.
    """
    if not may_lock(identity):
        raise Refused(Problem.NOT_ALLOWED)
    packet(session, packet_id)
    accepted = versions_in(session, packet_id, State.ACCEPTED)
    if not accepted:
        raise Refused(Problem.NOTHING_TO_DO, packet=str(packet_id))
    effective_at = now.replace(microsecond=0)
    prepared = [_leaf(session, version, salt(), effective_at) for version in accepted]
    first = log.append(session, [leaf for leaf, _opening in prepared], log_signer, now)
    for offset, (version, (_leaf_bytes, opening)) in enumerate(zip(accepted, prepared, strict=True)):
        session.add(LogOpening(index=first + offset, version_id=version.id, opening=opening))
        version.effective_at, version.log_index = effective_at, first + offset
        change_state(
            session,
            version,
            State.LOCKED,
            actor=identity.display_name,
            reason=f"chốt theo {decision}",
            now=now,
        )
    session.flush()
    left = {state: n for state, n in counts(session, packet_id).items() if state != State.LOCKED.value}
    return Locked(packet_id, len(accepted), left, effective_at, first + len(accepted))


def committed(session: Session, version: RecordVersion) -> commitments.Committed:
    """What the leaf of a version commits to, from the stored bytes."""
    code, school_year = code_and_year(session, version)
    signatures = session.execute(
        sa.select(RecordSignature.role, RecordSignature.cms_sha256).where(RecordSignature.version_id == version.id)
    )
    return commitments.Committed(
        record=blobs.get(session, version.root_sha256),
        lookup_code=code,
        school_year=school_year,
        version=version.version,
        signatures={role: blobs.get(session, digest) for role, digest in signatures},
    )


def _leaf(session: Session, version: RecordVersion, salt: bytes, effective_at: datetime) -> tuple[bytes, bytes]:
    bound = committed(session, version)
    unit = session.get_one(Unit, version.issuing_unit_id)
    leaf = leaves.lock_leaf(bound, salt, unit.code, effective_at)
    return leaves.to_bytes(leaf), commitments.opening_bytes(bound, salt)
