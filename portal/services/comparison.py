"""What taking a file in would do, told before it is done: new, replaced (field by field), unchanged, refused, absent.

Asks the same functions as the import itself, so that what a person confirms and what happens cannot disagree; the
digest over the answer is confirmed with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import RecordVersion, Transcript, Unit, YearRecordRow
from portal.services import blobs
from portal.services.arrivals import Arrival, Arrivals, Chain
from portal.services.changes import Change, changes_between
from portal.services.drafts import Draft, Step, step_of
from portal.services.intake import TakenRow, decide, pupils_of
from portal.services.judged_store import JudgedUpload
from portal.services.pupils import LIVING
from portal.vietnamese import fold
from verify.canonical import Json, canonicalise, sha256
from verify.containers.roots import read_root
from verify.record.findings import Finding, FindingCode, finding
from verify.record.model import YearContent


class Kind(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    REPLACED = "replaced"
    SIGNED = "signed"
    UNCHANGED = "unchanged"
    FAULTY = "faulty"


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """A row of the file against what is stored. findings: of the file and of the comparison.

    content: None where faulty. transcript_id, code: of the pupil found. state, version: of what it replaces.
    chain: its signatures, of an XML packet.
    """

    row: int
    pupil: int
    name: str
    kind: Kind
    findings: tuple[Finding, ...]
    content: YearContent | None = None
    transcript_id: int | None = None
    code: str | None = None
    state: str | None = None
    version: int | None = None
    changes: tuple[Change, ...] = ()
    chain: Chain | None = None


@dataclass(frozen=True, slots=True)
class AbsentPupil:
    """A pupil of the class who has a living record of the year and stands in no row of the file."""

    code: str
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """rows: in the order of the file. digest: over what would happen; confirmed by a person, checked by the import."""

    class_name: str
    grade: int
    rows: tuple[ComparedRow, ...]
    absent: tuple[AbsentPupil, ...]
    findings: tuple[Finding, ...]
    digest: str

    def of(self, kind: Kind) -> tuple[ComparedRow, ...]:
        return tuple(row for row in self.rows if row.kind is kind)

    @property
    def good(self) -> int:
        return sum(row.kind is not Kind.FAULTY for row in self.rows)

    @property
    def faulty(self) -> int:
        return len(self.rows) - self.good


_KINDS: Final = {
    Step.NEW: Kind.NEW,
    Step.REPLACE: Kind.REPLACED,
    Step.SIGN: Kind.SIGNED,
    Step.KEEP: Kind.UNCHANGED,
}


def compare(session: Session, school: Unit, school_year: str, held: JudgedUpload) -> Comparison:
    """Only reads."""
    judged = held.judged
    pupils = pupils_of(session, school_year, judged, held.arrivals)
    decided = [decide(row, pupils, school, held.arrivals.get(row.row)) for row in judged.rows]
    rows = tuple(
        _refused(each, held.names) if isinstance(each, TakenRow) else _compared(session, each) for each in decided
    )
    absent = _absent(session, school, school_year, judged.class_name, rows)
    return Comparison(judged.class_name, judged.grade, rows, absent, judged.findings, _digest(rows, held.arrivals))


def _refused(row: TakenRow, names: Mapping[int, str]) -> ComparedRow:
    return ComparedRow(row.row, row.pupil, names.get(row.row, ""), Kind.FAULTY, row.findings, chain=row.chain)


def _compared(session: Session, draft: Draft) -> ComparedRow:
    living, found = draft.known.living, draft.found
    new = (finding("lookup_code", FindingCode.NEW_PUPIL),) if found is None else ()
    kind = _KINDS[step_of(draft)]
    changes: tuple[Change, ...] = ()
    if living is not None and kind is Kind.REPLACED:
        changes = tuple(changes_between(read_root(blobs.get(session, living.root_sha256)).content, draft.content))
    return ComparedRow(
        row=draft.row,
        pupil=draft.pupil,
        name=draft.content.full_name,
        kind=kind,
        findings=(*draft.findings, *new),
        content=draft.content,
        transcript_id=found.id if found is not None else None,
        code=found.lookup_code if found is not None else None,
        state=living.state if living is not None else None,
        version=living.version if living is not None else None,
        changes=changes,
        chain=draft.chain,
    )


def _absent(
    session: Session, school: Unit, school_year: str, class_name: str, rows: tuple[ComparedRow, ...]
) -> tuple[AbsentPupil, ...]:
    """A faulty row stands for the stored pupil of the same name: that pupil is in the file."""
    there = {row.transcript_id for row in rows}
    named = {fold(row.name) for row in rows if row.kind is Kind.FAULTY}
    stored = session.execute(
        sa.select(Transcript.id, Transcript.lookup_code, RecordVersion.full_name, RecordVersion.state)
        .join(YearRecordRow, YearRecordRow.transcript_id == Transcript.id)
        .join(RecordVersion, RecordVersion.year_record_id == YearRecordRow.id)
        .where(
            YearRecordRow.school_year == school_year,
            RecordVersion.issuing_unit_id == school.id,
            RecordVersion.class_name == class_name,
            RecordVersion.state.in_(sorted(LIVING)),
        )
        .order_by(RecordVersion.sort_name, RecordVersion.id)
    )
    return tuple(
        AbsentPupil(code, name, state)
        for transcript, code, name, state in stored
        if transcript not in there and fold(name) not in named
    )


def _digest(rows: tuple[ComparedRow, ...], arrivals: Arrivals) -> str:
    told: list[Json] = [
        [row.row, row.kind.value, row.code, row.version, *_signed(arrivals.get(row.row))] for row in rows
    ]
    return sha256(canonicalise(told))


def _signed(arrival: Arrival | None) -> list[Json]:
    """That a record would be accepted, or still lacks a signature, is part of what a person confirms."""
    return [] if arrival is None else [arrival.root_sha256, arrival.chain.complete]
