"""Taking a class in: judged rows become drafts under transcripts, in one transaction (plan PL 2.1).

A pupil is found again by `personal_id`, else by `moet_student_code`; a conflict of name or birth date is an error;
none found makes a new code, with a warning (design §9.7). A faulty row never sinks the class. The same file for
the same school and year gives the same packet and changes nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Problem, Refused
from portal.identity import Identity
from portal.models import Packet, State, Unit
from portal.sandbox import Sandbox
from portal.services import finding_counts, organisation, telling
from portal.services.arrivals import Arrival, Arrivals, Chain, Roots, chain_from_json, chain_to_json
from portal.services.drafts import Draft, NewCode, Step, Writing, says_the_same, step_of, write_drafts
from portal.services.life import Act, may_take
from portal.services.packets import counts
from portal.services.pupils import KnownYear, Pupils
from portal.workbooks.judging import JudgedClass, JudgedPupil, judge
from portal.workbooks.lessons import Lessons
from portal.workbooks.reading import read_class
from verify.canonical import sha256
from verify.record.findings import Finding, FindingCode, Severity, finding, has_errors
from verify.record.model import YearContent

_SCHOOL_YEAR = re.compile(r"(\d{4})-(\d{4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class TakenRow:
    """What became of one pupil's row. row: as the sheet counts. pupil: running number. lookup_code: None if refused.

    chain: its signatures, for a record of an XML packet.
    """

    row: int
    pupil: int
    lookup_code: str | None
    findings: tuple[Finding, ...]
    chain: Chain | None = None

    @property
    def refused(self) -> bool:
        return has_errors(self.findings) or (self.chain is not None and not self.chain.holds)


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
    lessons: Lessons,
    sample: bool,
    new_code: NewCode,
    now: datetime,
) -> TakenPacket:
    """Read a class workbook in a child, judge its rows, and store the good ones as drafts.

    grade: asked of the person where the file does not say. lessons: found before, in a transaction of its own, so that
    nobody waits for the child. Raises Refused (UNKNOWN_UNIT, NOT_ALLOWED,
    BAD_SCHOOL_YEAR), WorkbookRefused, or Fault of the child; nothing is stored then.
    """
    require_school_year(school_year)
    digest = sha256(data)
    read = sandbox.run(read_class, data, lessons)
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
    del read  # the cells of a large file weigh more than its records
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
    arrivals: Arrivals = MappingProxyType({}),
    roots: Roots = MappingProxyType({}),
) -> TakenPacket:
    """Store the good rows of a class as drafts. file_sha256: of the bytes as they came. new_code: gives fresh codes.

    arrivals, roots: by row, of an XML packet that was examined at `now`; its signed records go on from draft at once.

    Raises Refused (NOT_ALLOWED, UNIT_CLOSED). Nothing is stored when no row is good.
    """
    if not may_take(identity, Act.BRING_IN, school.code):
        raise Refused(Problem.NOT_ALLOWED)
    known = known_packet(session, school, school_year, file_sha256)
    if known is not None:
        return known
    organisation.require_open(session, school, now)
    pupils = pupils_of(session, school_year, judged, arrivals)
    decided = [decide(row, pupils, school, arrivals.get(row.row)) for row in judged.rows]
    drafts = [each for each in decided if isinstance(each, Draft)]
    if not drafts:
        return TakenPacket(None, tuple(each for each in decided if isinstance(each, TakenRow)), judged.findings)
    packet = _new_packet(session, school, school_year, judged, file_sha256, now)
    writing = Writing(session, school, school_year, packet.id, new_code, identity.display_name, now, roots)
    codes = iter(write_drafts(writing, drafts))
    rows = tuple(_taken(each, next(codes)) if isinstance(each, Draft) else each for each in decided)
    packet.report = {
        "rows": [_row_json(row) for row in rows],
        "findings": [_finding_json(found) for found in judged.findings],
    }
    session.flush()
    finding_counts.add(session, school_year, school.id, judged.software, _all_findings(rows, judged))
    taken = TakenPacket(packet.id, rows, judged.findings)
    telling.packet_taken(
        session,
        school.id,
        packet.id,
        drafts=State.DRAFT.value in counts(session, packet.id),
        faulty=taken.refused,
        by=identity.account_id,
        now=now,
    )
    return taken


def _all_findings(rows: Sequence[TakenRow], judged: JudgedClass) -> list[Finding]:
    return [*judged.findings, *(found for row in rows for found in row.findings)]


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


def pupils_of(session: Session, school_year: str, judged: JudgedClass, arrivals: Arrivals) -> Pupils:
    """The pupils of a class among those that are stored."""
    contents = [row.content for row in judged.rows if row.content is not None]
    codes = [arrival.lookup_code for arrival in arrivals.values() if arrival.lookup_code is not None]
    return Pupils(session, school_year, contents, codes)


def decide(judged: JudgedPupil, pupils: Pupils, school: Unit, arrival: Arrival | None = None) -> TakenRow | Draft:
    """A row that is refused, or what is to be written for it. Also asked before a person confirms."""
    content, chain = judged.content, arrival.chain if arrival is not None else None
    if content is None or has_errors(judged.findings):
        return TakenRow(judged.row, judged.pupil, None, judged.findings, chain)
    found, problems = pupils.find(content, arrival.lookup_code if arrival is not None else None)
    known = pupils.year(found)
    if not problems and found is not None:
        problems = _year_problems(known, school, found.lookup_code, content)
    draft = Draft(judged.row, judged.pupil, judged.findings, content, found, known, arrival)
    problems = problems or _version_problems(draft)
    if problems:
        return TakenRow(judged.row, judged.pupil, None, (*judged.findings, *problems), chain)
    return draft


def _version_problems(draft: Draft) -> tuple[Finding, ...]:
    """A signed record that says which version it is must be the next one: nobody can correct it after the signature."""
    says, newest = draft.signed, draft.known.newest
    if says is None or says.version is None or step_of(draft) not in (Step.NEW, Step.REPLACE):
        return ()
    number, replaced = (newest.version + 1, newest.root_sha256) if newest is not None else (1, None)
    if (says.version, says.replaces) == (number, replaced):
        return ()
    words = {"version": says.version, "replaces": says.replaces or "", "next": number, "newest": replaced or ""}
    return (finding("version", FindingCode.VERSION_NOT_NEXT, **words),)


def _year_problems(known: KnownYear, school: Unit, lookup_code: str, content: YearContent) -> tuple[Finding, ...]:
    living = known.living
    if living is None:
        return ()
    if known.locked is not None and known.opened_for == school.id:
        return ()
    if school.id not in (living.issuing_unit_id, known.heir_id):
        return (finding("school_year", FindingCode.OTHER_SCHOOLS_YEAR),)
    if known.locked is not None and not says_the_same(known, lookup_code, content):
        return (finding("school_year", FindingCode.ALREADY_LOCKED),)
    return ()


def _taken(draft: Draft, lookup_code: str) -> TakenRow:
    new = (finding("lookup_code", FindingCode.NEW_PUPIL),) if draft.found is None else ()
    return TakenRow(draft.row, draft.pupil, lookup_code, (*draft.findings, *new), draft.chain)


def _row_json(row: TakenRow) -> dict[str, object]:
    return {
        "row": row.row,
        "pupil": row.pupil,
        "lookup_code": row.lookup_code,
        "findings": [_finding_json(found) for found in row.findings],
        **({"chain": chain_to_json(row.chain)} if row.chain is not None else {}),
    }


def _finding_json(found: Finding) -> dict[str, str]:
    return {**found.as_json(), "severity": found.severity.value}


def _taken_from(packet: Packet) -> TakenPacket:
    rows = tuple(
        TakenRow(row["row"], row["pupil"], row["lookup_code"], _findings_from(row["findings"]), _chain_from(row))
        for row in packet.report["rows"]
    )
    return TakenPacket(packet.id, rows, _findings_from(packet.report["findings"]))


def _chain_from(row: Mapping[str, Any]) -> Chain | None:
    return chain_from_json(row["chain"]) if "chain" in row else None


def _findings_from(held: Sequence[Mapping[str, str]]) -> tuple[Finding, ...]:
    return tuple(
        Finding(each["field"], FindingCode(each["code"]), Severity(each["severity"]), each["message"]) for each in held
    )
