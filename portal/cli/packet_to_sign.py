"""A packet file beside the key: read with nothing believed, shown to whoever signs, written back with signatures.

The same file as `portal.services.packet_file`, here without a database: that the bytes are a school's drafts is asked
when the file comes back; here it is asked that each record is one, and says of itself what the head of the file says.
"""

import base64
import binascii
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from portal.errors import Problem, Refused
from portal.services.packet_file import LARGEST_BYTES, SCHEMA
from verify.canonical import Json, canonicalise, parse, sha256
from verify.errors import VerifyError
from verify.record.codec import from_bytes
from verify.record.model import YearRecord
from verify.signing import Role

_HEAD: Final = {"school": str, "school_year": str, "class_name": str, "packet": int}


@dataclass(frozen=True, slots=True)
class RecordToSign:
    """data: the exact bytes to sign. content: what they say. signatures: already there, base64 by role."""

    data: bytes
    content: YearRecord
    signatures: Mapping[Role, str]


@dataclass(frozen=True, slots=True)
class PacketToSign:
    """A packet file that may be signed. digest: SHA-256 of the file without any signature, as the portal shows it."""

    packet: int
    school: str
    school_year: str
    class_name: str
    records: tuple[RecordToSign, ...]
    digest: str
    _value: Mapping[str, Json]

    def signed_in(self, role: Role) -> int:
        """How many records are signed in a role."""
        return sum(role in record.signatures for record in self.records)

    def with_signatures(self, made: Mapping[Role, Sequence[bytes]]) -> bytes:
        """The file with signatures put in, in the order of the records; those of other roles stay."""
        held: list[dict[str, Json]] = [
            {
                **{role.value: cms for role, cms in record.signatures.items()},
                **{role.value: _encoded(signatures[index]) for role, signatures in made.items()},
            }
            for index, record in enumerate(self.records)
        ]
        return canonicalise(_with(self._value, held))


def read_packet(data: bytes) -> PacketToSign:
    """Read strictly. Raises Refused(PACKET_CHANGED) for a damaged file, PACKET_MIXED for a record that is not of its
    school, year and class, and VerifyError for a record that is none.
    """
    value, records = _parts(data)
    head = {name: value.get(name) for name in _HEAD}
    # Not isinstance: true is an int too, and no number of a packet.
    if not all(type(head[name]) is kind and head[name] != "" for name, kind in _HEAD.items()):
        raise _changed()
    made = PacketToSign(
        packet=int(str(head["packet"])),
        school=str(head["school"]),
        school_year=str(head["school_year"]),
        class_name=str(head["class_name"]),
        records=tuple(_record(item) for item in records),
        digest=sha256(canonicalise(_with(value, [{} for _ in records]))),
        _value=value,
    )
    _require_of_one_kind(made)
    return made


def read_packet_at(path: Path) -> PacketToSign:
    """Read a file without taking in more than a packet can have."""
    with path.open("rb") as opened:
        return read_packet(opened.read(LARGEST_BYTES + 1))


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, readable by its owner only."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _parts(data: bytes) -> tuple[Mapping[str, Json], list[Mapping[str, Json]]]:
    try:
        value = parse(data, LARGEST_BYTES)
    except VerifyError as error:
        raise _changed() from error
    listed = value.get("records")
    if value.get("schema") != SCHEMA or not isinstance(listed, list) or not listed:
        raise _changed()
    return value, [_object(item) for item in listed]


def _record(item: Mapping[str, Json]) -> RecordToSign:
    data = _decoded(item.get("record"))
    if sha256(data) != item.get("sha256"):
        raise _changed()
    return RecordToSign(data, from_bytes(data), dict(map(_signature, _object(item.get("signatures", {})).items())))


def _signature(held: tuple[str, Json]) -> tuple[Role, str]:
    role, cms = held
    if role not in frozenset(Role) or not _decoded(cms):
        raise _changed()
    return Role(role), str(cms)


def _require_of_one_kind(packet: PacketToSign) -> None:
    expected = (packet.school, packet.school_year, packet.class_name)
    for number, record in enumerate(packet.records, start=1):
        content = record.content
        if (content.issuing_school.code, content.school_year, content.class_name) != expected:
            raise Refused(Problem.PACKET_MIXED, number=str(number))
    if len({record.data for record in packet.records}) != len(packet.records):
        raise _changed()


def _with(value: Mapping[str, Json], signatures: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    listed = value["records"]
    items = [_object(item) for item in listed] if isinstance(listed, list) else []
    return {
        **value,
        "records": [{**item, "signatures": held} for item, held in zip(items, signatures, strict=True)],
    }


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decoded(value: Json) -> bytes:
    if not isinstance(value, str):
        raise _changed()
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _changed() from error


def _object(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise _changed()
    return value


def _changed() -> Refused:
    return Refused(Problem.PACKET_CHANGED)
