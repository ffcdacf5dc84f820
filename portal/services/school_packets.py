"""A school's packets: the list with what is next, one packet with who has signed, and every version of one record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import Packet, RecordSignature, RecordVersion, StateChange, Transcript, Unit, YearRecordRow
from portal.permissions import may_import_for, may_import_for_schools
from portal.services.intake import TakenPacket, known_packet
from portal.services.uploads import LARGEST_ID


@dataclass(frozen=True, slots=True)
class PacketSummary:
    """A packet in the list. counts: its versions by state."""

    packet_id: int
    school_name: str
    school_year: str
    class_name: str
    grade: int
    created_at: datetime
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PacketRecord:
    """A record of a packet. roles: who has signed."""

    version_id: int
    code: str
    full_name: str
    state: str
    version: int
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class PacketView:
    """A packet. taken: what became of each row of its file."""

    summary: PacketSummary
    file_sha256: str
    records: tuple[PacketRecord, ...]
    taken: TakenPacket


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One change of state. before: None at the beginning."""

    before: str | None
    after: str
    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HistoryVersion:
    """One version, for ever: replaced and withdrawn ones too. packet_id: through which it came, or was last sent."""

    version: int
    state: str
    packet_id: int
    class_name: str
    steps: tuple[HistoryStep, ...]
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class History:
    """Every version of a pupil's year that a school issued, newest first."""

    code: str
    full_name: str
    school_year: str
    versions: tuple[HistoryVersion, ...]


def school_packets(
    session: Session,
    identity: Identity,
    *,
    school_year: str | None = None,
    before: int | None = None,
    at_most: int | None = None,
) -> tuple[PacketSummary, ...]:
    """The packets of a person's schools, newest first.

    before: only those with a smaller number; the last number of a page asks for the next. at_most: how many.
    """
    wanted = (
        sa.select(Packet.id)
        .join(Unit, Unit.id == Packet.unit_id)
        .where(Unit.code.in_(may_import_for_schools(identity)))
        .order_by(Packet.id.desc())
        .limit(at_most)
    )
    if school_year is not None:
        wanted = wanted.where(Packet.school_year == school_year)
    if before is not None:
        wanted = wanted.where(Packet.id < before)
    counts = _counts(session, wanted)
    rows = session.execute(
        sa.select(Packet, Unit.name)
        .join(Unit, Unit.id == Packet.unit_id)
        .where(Packet.id.in_(wanted))
        .order_by(Packet.id.desc())
        .options(sa.orm.defer(Packet.report))
    )
    return tuple(_summary(packet, name, counts.get(packet.id, {})) for packet, name in rows)


def _counts(session: Session, packets: sa.Select[int]) -> dict[int, dict[str, int]]:
    """Versions of each packet by state."""
    found: dict[int, dict[str, int]] = {}
    for packet_id, state, count in session.execute(
        sa.select(RecordVersion.packet_id, RecordVersion.state, sa.func.count())
        .where(RecordVersion.packet_id.in_(packets))
        .group_by(RecordVersion.packet_id, RecordVersion.state)
    ):
        found.setdefault(packet_id, {})[state] = count
    return found


def packet_of(session: Session, identity: Identity | None, packet_id: int) -> Packet:
    """The packet, for staff of its school; raises NotFound, unknown and forbidden alike."""
    found = session.get(Packet, packet_id) if 0 < packet_id <= LARGEST_ID else None
    if found is None or not may_import_for(identity, session.get_one(Unit, found.unit_id).code):
        raise NotFound
    return found


def packet_view(session: Session, identity: Identity, packet_id: int) -> PacketView:
    """One packet with the state and the signers of each record; raises NotFound."""
    packet = packet_of(session, identity, packet_id)
    school = session.get_one(Unit, packet.unit_id)
    records = _records(session, packet_id)
    counts: dict[str, int] = {}
    for record in records:
        counts[record.state] = counts.get(record.state, 0) + 1
    taken = known_packet(session, school, packet.school_year, packet.file_sha256)
    return PacketView(
        _summary(packet, school.name, counts),
        packet.file_sha256,
        records,
        taken if taken is not None else TakenPacket(packet.id, (), ()),
    )


def history(session: Session, identity: Identity, packet_id: int, version_id: int) -> History:
    """Every version of the record that a version of the packet belongs to; raises NotFound."""
    packet = packet_of(session, identity, packet_id)
    chosen = session.get(RecordVersion, version_id) if version_id <= LARGEST_ID else None
    if chosen is None or chosen.packet_id != packet.id:
        raise NotFound
    code, school_year = session.execute(
        sa.select(Transcript.lookup_code, YearRecordRow.school_year)
        .join(YearRecordRow, YearRecordRow.transcript_id == Transcript.id)
        .where(YearRecordRow.id == chosen.year_record_id)
    ).one()
    versions = session.scalars(
        sa.select(RecordVersion)
        .where(
            RecordVersion.year_record_id == chosen.year_record_id,
            RecordVersion.issuing_unit_id == packet.unit_id,
        )
        .order_by(RecordVersion.version.desc())
    ).all()
    ids = [version.id for version in versions]
    roles, steps = _roles(session, ids), _steps(session, ids)
    return History(
        code,
        chosen.full_name,
        school_year,
        tuple(
            HistoryVersion(
                each.version,
                each.state,
                each.packet_id,
                each.class_name,
                tuple(steps.get(each.id, ())),
                roles.get(each.id, frozenset()),
            )
            for each in versions
        ),
    )


def _summary(packet: Packet, school_name: str, counts: Mapping[str, int]) -> PacketSummary:
    return PacketSummary(
        packet.id, school_name, packet.school_year, packet.class_name, packet.grade, packet.created_at, counts
    )


def _records(session: Session, packet_id: int) -> tuple[PacketRecord, ...]:
    rows = session.execute(
        sa.select(RecordVersion, Transcript.lookup_code)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .where(RecordVersion.packet_id == packet_id)
        .order_by(RecordVersion.sort_name, RecordVersion.id)
    ).all()
    roles: dict[int, set[str]] = {}
    signed = sa.select(RecordSignature.version_id, RecordSignature.role).join(
        RecordVersion, RecordVersion.id == RecordSignature.version_id
    )
    for version_id, role in session.execute(signed.where(RecordVersion.packet_id == packet_id)):
        roles.setdefault(version_id, set()).add(role)
    return tuple(
        PacketRecord(each.id, code, each.full_name, each.state, each.version, frozenset(roles.get(each.id, ())))
        for each, code in rows
    )


def _roles(session: Session, versions: Sequence[int]) -> dict[int, frozenset[str]]:
    found: dict[int, frozenset[str]] = {}
    for version_id, role in session.execute(
        sa.select(RecordSignature.version_id, RecordSignature.role).where(RecordSignature.version_id.in_(versions))
    ):
        found[version_id] = found.get(version_id, frozenset()) | {role}
    return found


def _steps(session: Session, versions: Sequence[int]) -> dict[int, list[HistoryStep]]:
    found: dict[int, list[HistoryStep]] = {}
    for change in session.scalars(
        sa.select(StateChange).where(StateChange.version_id.in_(versions)).order_by(StateChange.id)
    ):
        step = HistoryStep(change.from_state, change.to_state, change.actor, change.reason, change.at)
        found.setdefault(change.version_id, []).append(step)
    return found
