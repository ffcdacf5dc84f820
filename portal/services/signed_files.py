"""A packet file that comes back from the key: opened in a child, matched byte for byte, its signatures examined."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import SignedFile
from portal.sandbox import Sandbox
from portal.services.evidence import checks_from_json, checks_to_json
from portal.services.packet_file import PacketFile, packet_file, read_packet_file, require_unchanged
from portal.services.school_packets import packet_of
from portal.services.signing import RefusedSignature, SignedPacket, submit_signatures
from portal.services.uploads import LARGEST_ID
from verify.anchors import TrustStore
from verify.signing import Role


def file_to_sign(session: Session, identity: Identity, packet_id: int) -> bytes:
    """The drafts of a packet as a file; raises NotFound or Refused(NOTHING_TO_DO)."""
    packet_of(session, identity, packet_id)
    return packet_file(session, packet_id)


def open_signed(sandbox: Sandbox, data: bytes) -> PacketFile:
    """The file as it reads; raises Refused(PACKET_CHANGED), LimitExceeded or Fault. Call without a transaction."""
    opened = sandbox.run(_opened, data)
    if opened is None:
        raise Refused(Problem.PACKET_CHANGED)
    return opened


def submit_file(
    session: Session, identity: Identity, packet_id: int, brought: PacketFile, trust: TrustStore, now: datetime
) -> SignedPacket:
    """Put the signatures that a file brings on the records of its packet, for staff of the school.

    Raises NotFound; Refused(PACKET_CHANGED) for a file of another packet or with other records; Refused(NOT_SIGNED)
    for a file without any signature; Refused(NOTHING_TO_DO) when nothing waits for a signature.
    """
    packet_of(session, identity, packet_id)
    if brought.packet != packet_id:
        raise Refused(Problem.PACKET_CHANGED)
    require_unchanged(session, brought)
    if not brought.signatures:
        raise Refused(Problem.NOT_SIGNED)
    return submit_signatures(session, identity, packet_id, brought.signatures, trust, now)


def hand_in(
    session: Session, identity: Identity, packet_id: int, brought: PacketFile, trust: TrustStore, now: datetime
) -> int:
    """As `submit_file`, kept to be read again; returns the number of what is kept."""
    done = submit_file(session, identity, packet_id, brought, trust, now)
    refused = [
        {"code": each.lookup_code, "role": each.role.value, "failed": checks_to_json(each.failed)}
        for each in done.refused
    ]
    kept = SignedFile(
        packet_id=packet_id,
        handed_in_by=identity.account_id,
        handed_in_at=now,
        accepted=done.accepted,
        waiting=done.waiting,
        refused=refused,
    )
    session.add(kept)
    session.flush()
    return kept.id


def handed_in(session: Session, identity: Identity, packet_id: int, number: int) -> SignedPacket:
    """What became of a file that was handed in, for staff of the school. Raises NotFound, also for another packet's."""
    packet_of(session, identity, packet_id)
    kept = session.get(SignedFile, number) if 0 < number <= LARGEST_ID else None
    if kept is None or kept.packet_id != packet_id:
        raise NotFound
    refused = tuple(
        RefusedSignature(str(each["code"]), Role(each["role"]), checks_from_json(each["failed"]))
        for each in kept.refused
    )
    return SignedPacket(packet_id, kept.accepted, kept.waiting, refused)


def _opened(data: bytes) -> PacketFile | None:
    """In the child. A refusal with keyword detail does not cross its border."""
    try:
        return read_packet_file(data)
    except Refused:
        return None
