"""Taking a class in: judged rows become drafts under transcripts, in one transaction (plan PL 2.1).

A pupil is found again by `personal_id`, else by `moet_student_code`; a conflict of name or birth date is an error;
none found makes a new code, with a warning (design §9.7). A faulty row never sinks the class. The same file for
the same school and year gives the same packet and changes nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Problem, Refused
from portal.identity import Identity
from portal.models import Packet, State, Unit
from portal.permissions import may_import_for
from portal.sandbox import Sandbox
from portal.services import organisation
from portal.services.drafts import Draft, NewCode, Writing, says_the_same, write_drafts
from portal.services.pupils import KnownYear, Pupils
from portal.workbooks.judging import JudgedClass, JudgedPupil, judge
from portal.workbooks.reading import read_class
from verify.canonical import sha256
from verify.record.findings import Finding, FindingCode, Severity, finding, has_errors
from verify.record.model import YearContent

_SCHOOL_YEAR = re.compile(r"(\d{4})-(\d{4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class TakenRow:
    """What became of one pupil's row. row: as the sheet counts. pupil: running number. lookup_code: None if refused."""

    row: int
    pupil: int
    lookup_code: str | None
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        return has_errors(self.findings)


@dataclass(frozen=True, slots=True)
class TakenPacket:
    """What became of a file. packet: its id, None when nothing was stored. findings: about the file as a whole."""

    packet: int | None
    rows: tuple[TakenRow, ...]
    findings: tuple[Finding, ...]

    @property
    def accepted(self) -> int:
        return sum(not row.refused for row in self.rows)

    @property
    def refused(self) -> int:
        return sum(row.refused for row in self.rows)


def known_packet(session: Session, school: Unit, school_year: str, file_sha256: str) -> TakenPacket | None:
    """The receipt of the same file sent before, or None."""
    found = session.scalar(
        sa.select(Packet).where(
            Packet.unit_id == school.id, Packet.school_year == school_year, Packet.file_sha256 == file_sha256
        )
    )
    return None if found is None else _taken_from(found)


def import_class(
    session: Session,
    identity: Identity,
    sandbox: Sandbox,
    data: bytes,
    *,
    school_code: str,
    school_year: str,
    grade: int | None,
    sample: bool,
    new_code: NewCode,
    now: datetime,
) -> TakenPacket:
    """Read a class workbook in a child, judge its rows, and store the good ones as drafts.

    grade: asked of the person where the file does not say. Raises Refused (UNKNOWN_UNIT, NOT_ALLOWED,
    BAD_SCHOOL_YEAR), WorkbookRefused, or Fault of the child; nothing is stored then.
    """
    require_school_year(school_year)
    digest = sha256(data)
    read = sandbox.run(read_class, data)
    school = organisation.unit(session, school_code)
    judged = judge(
        read,
        school=organisation.issuing_school(school),
        school_year=school_year,
        grade=grade,
        homeroom_teacher=read.homeroom_teacher,
        issue_place=school.issue_place,
        issue_date=None,
        sample=sample,
    )
    return take_in(session, identity, school, school_year, judged, digest, new_code, now)


def require_school_year(school_year: str) -> None:
    """Refuse what is not a year and the next: `2025-2026`."""
    match = _SCHOOL_YEAR.fullmatch(school_year)
    if match is None or int(match[2]) != int(match[1]) + 1:
        raise Refused(Problem.BAD_SCHOOL_YEAR, year=school_year[:20])


def take_in(
    session: Session,
    identity: Identity,
    school: Unit,
    school_year: str,
    judged: JudgedClass,
    file_sha256: str,
    new_code: NewCode,
    now: datetime,
) -> TakenPacket:
    """Store the good rows of a class as drafts. file_sha256: of the bytes as they came. new_code: gives fresh codes.

    Raises Refused(NOT_ALLOWED). Nothing is stored when no row is good.
    """
    if not may_import_for(identity, school.code):
        raise Refused(Problem.NOT_ALLOWED)
    known = known_packet(session, school, school_year, file_sha256)
    if known is not None:
        return known
    pupils = Pupils(session, school_year, [row.content for row in judged.rows if row.content is not None])
    decided = [decide(row, pupils, school) for row in judged.rows]
    drafts = [each for each in decided if isinstance(each, Draft)]
    if not drafts:
        return TakenPacket(None, tuple(each for each in decided if isinstance(each, TakenRow)), judged.findings)
    packet = _new_packet(session, school, school_year, judged, file_sha256, now)
    writing = Writing(session, school, school_year, packet.id, new_code, identity.display_name, now)
    codes = iter(write_drafts(writing, drafts))
    rows = tuple(_taken(each, next(codes)) if isinstance(each, Draft) else each for each in decided)
    packet.report = {
        "rows": [_row_json(row) for row in rows],
        "findings": [_finding_json(found) for found in judged.findings],
    }
    session.flush()
    return TakenPacket(packet.id, rows, judged.findings)


def _new_packet(
    session: Session, school: Unit, school_year: str, judged: JudgedClass, file_sha256: str, now: datetime
) -> Packet:
    packet = Packet(
        unit_id=school.id,
        school_year=school_year,
        class_name=judged.class_name,
        grade=judged.grade,
        file_sha256=file_sha256,
        report={},
        created_at=now,
    )
    session.add(packet)
    session.flush()
    return packet


def decide(judged: JudgedPupil, pupils: Pupils, school: Unit) -> TakenRow | Draft:
    """A row that is refused, or what is to be written for it. Also asked before a person confirms."""
    content = judged.content
    if content is None or has_errors(judged.findings):
        return TakenRow(judged.row, judged.pupil, None, judged.findings)
    found, problems = pupils.find(content)
    known = pupils.year(found)
    if not problems and found is not None:
        problems = _year_problems(known, school, found.lookup_code, content)
    if problems:
        return TakenRow(judged.row, judged.pupil, None, (*judged.findings, *problems))
    return Draft(judged.row, judged.pupil, judged.findings, content, found, known)


def _year_problems(known: KnownYear, school: Unit, lookup_code: str, content: YearContent) -> tuple[Finding, ...]:
    living = known.living
    if living is None:
        return ()
    if living.issuing_unit_id != school.id:
        return (finding("school_year", FindingCode.OTHER_SCHOOLS_YEAR),)
    if living.state == State.LOCKED.value and not says_the_same(known, lookup_code, content):
        return (finding("school_year", FindingCode.ALREADY_LOCKED),)
    return ()


def _taken(draft: Draft, lookup_code: str) -> TakenRow:
    new = (finding("lookup_code", FindingCode.NEW_PUPIL),) if draft.found is None else ()
    return TakenRow(draft.row, draft.pupil, lookup_code, (*draft.findings, *new))


def _row_json(row: TakenRow) -> dict[str, object]:
    return {
        "row": row.row,
        "pupil": row.pupil,
        "lookup_code": row.lookup_code,
        "findings": [_finding_json(found) for found in row.findings],
    }


def _finding_json(found: Finding) -> dict[str, str]:
    return {**found.as_json(), "severity": found.severity.value}


def _taken_from(packet: Packet) -> TakenPacket:
    rows = tuple(
        TakenRow(row["row"], row["pupil"], row["lookup_code"], _findings_from(row["findings"]))
        for row in packet.report["rows"]
    )
    return TakenPacket(packet.id, rows, _findings_from(packet.report["findings"]))


def _findings_from(held: Sequence[Mapping[str, str]]) -> tuple[Finding, ...]:
    return tuple(
        Finding(each["field"], FindingCode(each["code"]), Severity(each["severity"]), each["message"]) for each in held
    )
