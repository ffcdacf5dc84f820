"""A packet as a file: what a school takes to its key, and brings back with signatures.

One canonical JSON object `hocba/packet/1`: number, school, year, class, and for each draft the exact bytes to sign, in
base64, under their SHA-256; a signed file carries the signatures by role beside them. Only bytes that are stored
under the same SHA-256 count: a file in which anything was changed is refused.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Problem, Refused
from portal.models import RecordVersion, State, Unit
from portal.services import blobs
from portal.services.packets import packet, versions_in
from verify.canonical import Json, canonicalise, parse, sha256
from verify.errors import VerifyError
from verify.signing import Role

SCHEMA: Final = "hocba/packet/1"
# 600 records of 8 kB with two signatures, in base64.
LARGEST_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PacketFile:
    """A packet file as it reads. records: SHA-256 of the bytes to sign. signatures: by that, then by role."""

    packet: int
    records: tuple[str, ...]
    signatures: Mapping[str, Mapping[Role, bytes]]


def packet_file(session: Session, packet_id: int) -> bytes:
    """The drafts of a packet as a file; raises Refused(UNKNOWN_PACKET) or Refused(NOTHING_TO_DO)."""
    held = packet(session, packet_id)
    drafts = versions_in(session, packet_id, State.DRAFT)
    if not drafts:
        raise Refused(Problem.NOTHING_TO_DO, packet=str(packet_id))
    records: list[Json] = [
        {"sha256": version.root_sha256, "record": _encoded(blobs.get(session, version.root_sha256)), "signatures": {}}
        for version in drafts
    ]
    return canonicalise(
        {
            "schema": SCHEMA,
            "packet": packet_id,
            "school": session.get_one(Unit, held.unit_id).code,
            "school_year": held.school_year,
            "class_name": held.class_name,
            "records": records,
        }
    )


def read_packet_file(data: bytes) -> PacketFile:
    """Read a packet file strictly; raises Refused(PACKET_CHANGED) for anything that was altered."""
    try:
        value = parse(data, LARGEST_BYTES)
        records = [_object(item) for item in _list(value.get("records"))]
        number = value.get("packet")
        if value.get("schema") != SCHEMA or not isinstance(number, int) or not records:
            raise _changed()
        return PacketFile(
            packet=number,
            records=tuple(_digest(item) for item in records),
            signatures={_digest(item): _signatures(item) for item in records if item.get("signatures")},
        )
    except (VerifyError, ValueError) as error:
        raise _changed() from error


def require_unchanged(session: Session, brought: PacketFile) -> None:
    """Refuse a file with a record that is not one of its packet's, byte for byte."""
    packet(session, brought.packet)
    stored = session.scalars(sa.select(RecordVersion.root_sha256).where(RecordVersion.packet_id == brought.packet))
    if not set(brought.records) <= set(stored):
        raise _changed()


def _digest(item: Mapping[str, Json]) -> str:
    """The name of a record, if its bytes still have it."""
    digest = item.get("sha256")
    if not isinstance(digest, str) or sha256(_decoded(item.get("record"))) != digest:
        raise _changed()
    return digest


def _signatures(item: Mapping[str, Json]) -> dict[Role, bytes]:
    return {Role(role): _decoded(cms) for role, cms in _object(item["signatures"]).items()}


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decoded(value: Json) -> bytes:
    if not isinstance(value, str):
        raise _changed()
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise _changed() from error


def _object(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise _changed()
    return value


def _list(value: Json) -> Sequence[Json]:
    if not isinstance(value, list):
        raise _changed()
    return value


def _changed() -> Refused:
    return Refused(Problem.PACKET_CHANGED)
