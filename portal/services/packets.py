"""Packets: a class as it was taken in, found by its id; its living versions with their signed bytes."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Problem, Refused
from portal.models import Packet, RecordVersion, State, Transcript, YearRecordRow


def packet(session: Session, packet_id: int) -> Packet:
    """The packet; raises Refused(UNKNOWN_PACKET)."""
    found = session.get(Packet, packet_id)
    if found is None:
        raise Refused(Problem.UNKNOWN_PACKET, packet=str(packet_id))
    return found


def versions_in(session: Session, packet_id: int, state: State) -> list[RecordVersion]:
    """The packet's versions in one state, in the order in which they came."""
    return list(
        session.scalars(
            sa.select(RecordVersion)
            .where(RecordVersion.packet_id == packet_id, RecordVersion.state == state.value)
            .order_by(RecordVersion.id)
        )
    )


def counts(session: Session, packet_id: int) -> dict[str, int]:
    """How many versions of the packet stand in each state."""
    rows = session.execute(
        sa.select(RecordVersion.state, sa.func.count())
        .where(RecordVersion.packet_id == packet_id)
        .group_by(RecordVersion.state)
    )
    return dict(rows.all())


def code_and_year(session: Session, version: RecordVersion) -> tuple[str, str]:
    """Lookup code and school year of a version."""
    code, school_year = session.execute(
        sa.select(Transcript.lookup_code, YearRecordRow.school_year)
        .join(YearRecordRow, YearRecordRow.transcript_id == Transcript.id)
        .where(YearRecordRow.id == version.year_record_id)
    ).one()
    return code, school_year
