"""A class that a school's software pushes, as a workbook or a signed XML packet.

No person confirms, so what is good is taken and the rest is told. The same reading, rules and storing as for a person's
upload (`services.intake`).
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import Identity
from portal.models import Unit
from portal.services import organisation
from portal.services.drafts import NewCode
from portal.services.intake import TakenPacket, known_packet, take_in
from portal.services.school_packets import packet_of
from portal.services.xml_packets import DatedPacket, take_examined
from portal.workbooks.judging import judge
from portal.workbooks.reading import ReadClass


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a pushed file. fresh: False for a file that the school had sent before."""

    taken: TakenPacket
    fresh: bool


@dataclass(frozen=True, slots=True)
class PushedFile:
    """A file that was read. grade: for a file that does not say. sha256: of the bytes as they came."""

    read: ReadClass
    school_year: str
    grade: int | None
    sha256: str


def take_pushed(
    session: Session,
    identity: Identity,
    school_code: str,
    file: PushedFile,
    *,
    sample: bool,
    new_code: NewCode,
    now: datetime,
) -> Pushed:
    """Judge a file that was read and store its good rows. Raises WorkbookRefused before anything is written."""
    school = _locked(session, organisation.unit(session, school_code))
    known = known_packet(session, school, file.school_year, file.sha256)
    if known is not None:
        return Pushed(known, fresh=False)
    judged = judge(
        file.read,
        school=organisation.issuing_school(school),
        school_year=file.school_year,
        grade=file.grade,
        homeroom_teacher=file.read.homeroom_teacher,
        issue_place=school.issue_place,
        issue_date=None,
        sample=sample,
    )
    return Pushed(take_in(session, identity, school, file.school_year, judged, file.sha256, new_code, now), fresh=True)


@dataclass(frozen=True, slots=True)
class PushedPacket:
    """An XML packet that was examined. sha256: of the bytes as they came."""

    dated: DatedPacket
    school_year: str
    sha256: str


def take_pushed_packet(
    session: Session,
    identity: Identity,
    school_code: str,
    pushed: PushedPacket,
    *,
    sample: bool,
    new_code: NewCode,
) -> Pushed:
    """Store the good records of an XML packet, at the moment for which it was examined."""
    school = _locked(session, organisation.unit(session, school_code))
    known = known_packet(session, school, pushed.school_year, pushed.sha256)
    if known is not None:
        return Pushed(known, fresh=False)
    taken = take_examined(
        session, identity, school, pushed.dated, pushed.school_year, pushed.sha256, new_code, sample=sample
    )
    return Pushed(taken, fresh=True)


def report_of(session: Session, identity: Identity, packet_id: int) -> TakenPacket:
    """What became of each row of the file of a packet; raises NotFound, unknown and forbidden alike."""
    packet = packet_of(session, identity, packet_id)
    school = session.get_one(Unit, packet.unit_id)
    taken = known_packet(session, school, packet.school_year, packet.file_sha256)
    return taken if taken is not None else TakenPacket(packet.id, (), ())


def _locked(session: Session, school: Unit) -> Unit:
    """Let the pushes of one school wait for each other: the second then sees the packet of the first."""
    session.execute(sa.select(Unit.id).where(Unit.id == school.id).with_for_update(key_share=True))
    return school
