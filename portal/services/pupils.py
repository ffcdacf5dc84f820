"""The pupils of a class among those that are stored, read in a few queries whatever the size of the class.

A pupil is found again by `personal_id`, else by `moet_student_code`; a conflict of name, birth date or number is an
error; none found is a new pupil (design §9.7).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.models import Blob, Correction, CorrectionState, RecordVersion, State, Transcript, YearRecordRow
from portal.services import unit_tree
from portal.services.blobs import is_xml_root
from portal.vietnamese import fold
from verify.record.findings import Finding, FindingCode, finding
from verify.record.model import YearContent

_T = TypeVar("_T")

LIVING = frozenset({State.DRAFT.value, State.SUBMITTED.value, State.ACCEPTED.value, State.LOCKED.value})
# Databases bound how many parameters one statement takes.
_AT_ONCE = 500


@dataclass(slots=True)
class KnownYear:
    """One school year of a transcript as it is stored. versions: by number, oldest first.

    xml: the signed bytes of living versions that came in XML packets, by number. opened_for: id of the school that may
    bring a corrected version in, though the year is locked; None: nobody may. heir_id: of the unit that keeps the
    records of the school that issued the living version, where that one is closed; it may replace what is not locked.
    """

    row: YearRecordRow | None = None
    versions: dict[int, RecordVersion] = field(default_factory=dict)
    xml: dict[int, bytes] = field(default_factory=dict)
    opened_for: int | None = None
    heir_id: int | None = None

    @property
    def newest(self) -> RecordVersion | None:
        return self.versions[max(self.versions)] if self.versions else None

    @property
    def living(self) -> RecordVersion | None:
        """The newest version that was not rejected, replaced or withdrawn."""
        living = [number for number, version in self.versions.items() if version.state in LIVING]
        return self.versions[max(living)] if living else None

    @property
    def locked(self) -> RecordVersion | None:
        """The newest version that is locked."""
        locked = [number for number, version in self.versions.items() if version.state == State.LOCKED.value]
        return self.versions[max(locked)] if locked else None

    def root_of(self, number: int) -> str | None:
        """SHA-256 of the signed bytes of a version, or None."""
        return self.versions[number].root_sha256 if number in self.versions else None


class Pupils:
    """Who of a class is stored already, and what of the school year."""

    def __init__(
        self, session: Session, school_year: str, contents: Sequence[YearContent], lookup_codes: Iterable[str] = ()
    ) -> None:
        ids = {content.personal_id for content in contents if content.personal_id is not None}
        codes = {content.moet_student_code for content in contents if content.moet_student_code is not None}
        self._by_id = {held.personal_id: held for held in _with(session, Transcript.personal_id_index, ids)}
        self._by_code = {
            held.moet_student_code: held for held in _with(session, Transcript.moet_student_code_index, codes)
        }
        self._by_lookup_code = {
            held.lookup_code: held for held in _with(session, Transcript.lookup_code, set(lookup_codes))
        }
        found = {held.id for held in (*self._by_id.values(), *self._by_code.values(), *self._by_lookup_code.values())}
        self._years = _years(session, school_year, found)
        self._taken: set[int] = set()

    def find(
        self, content: YearContent, lookup_code: str | None = None
    ) -> tuple[Transcript | None, tuple[Finding, ...]]:
        """The pupil's transcript, or None for a new pupil; findings where the numbers point to somebody else.

        lookup_code: as the record itself says; it must be the pupil's. Each pupil is found once: a second row that
        leads to the same transcript is a conflict.
        """
        found, problems = self._named(content, lookup_code)
        if not problems and lookup_code is not None and (found is None or found.lookup_code != lookup_code):
            return None, (finding("lookup_code", FindingCode.CODE_OF_NOBODY),)
        if found is not None and not problems:
            self._taken.add(found.id)
        return found, problems

    def _named(self, content: YearContent, lookup_code: str | None) -> tuple[Transcript | None, tuple[Finding, ...]]:
        by_id = self._by_id.get(content.personal_id) if content.personal_id is not None else None
        by_code = self._by_code.get(content.moet_student_code) if content.moet_student_code is not None else None
        found = by_id if by_id is not None else by_code
        if found is None and lookup_code is not None:
            held = self._by_lookup_code.get(lookup_code)
            found = held if held is not None and _same_person(held, content) else None
        if found is None:
            return None, ()
        where = "personal_id" if by_id is not None else "moet_student_code" if by_code is not None else "lookup_code"
        if by_id is not None and by_code is not None and by_id.id != by_code.id:
            return None, (finding("moet_student_code", FindingCode.PUPIL_CONFLICT),)
        if not _same_person(found, content) or found.id in self._taken:
            return None, (finding(where, FindingCode.PUPIL_CONFLICT),)
        return found, ()

    def year(self, found: Transcript | None) -> KnownYear:
        """The school year of a transcript; empty for a new pupil."""
        return self._years.get(found.id, KnownYear()) if found is not None else KnownYear()


def _same_person(found: Transcript, content: YearContent) -> bool:
    same_id = not (found.personal_id and content.personal_id) or found.personal_id == content.personal_id
    return same_id and fold(found.full_name) == fold(content.full_name) and found.birth_date == content.birth_date


def _with(session: Session, column: InstrumentedAttribute[str | None], values: Iterable[str]) -> Iterator[Transcript]:
    for part in _parts(sorted(values)):
        yield from session.scalars(sa.select(Transcript).where(column.in_(part)))


def _years(session: Session, school_year: str, transcripts: Iterable[int]) -> dict[int, KnownYear]:
    years: dict[int, KnownYear] = {}
    for part in _parts(sorted(transcripts)):
        rows = session.execute(
            sa.select(YearRecordRow, RecordVersion)
            .outerjoin(RecordVersion, RecordVersion.year_record_id == YearRecordRow.id)
            .where(YearRecordRow.school_year == school_year, YearRecordRow.transcript_id.in_(part))
        )
        for row, version in rows:
            known = years.setdefault(row.transcript_id, KnownYear(row))
            if version is not None:
                known.versions[version.version] = version
        for transcript, number, data in session.execute(_living_roots(school_year, part)):
            if is_xml_root(data):
                years[transcript].xml[number] = data
        for transcript, school in session.execute(_opened_cases(school_year, part)):
            years[transcript].opened_for = school
    _name_heirs(session, years.values())
    return years


def _name_heirs(session: Session, years: Collection[KnownYear]) -> None:
    issuers = {living.issuing_unit_id for each in years if (living := each.living) is not None}
    heirs = unit_tree.custodians(session, issuers)
    for each in years:
        if each.living is not None:
            each.heir_id = heirs.get(each.living.issuing_unit_id)


def _living_roots(school_year: str, transcripts: Sequence[int]) -> sa.Select[int, int, bytes]:
    """Of JCS the digest alone tells whether a row says something new; of XML the content must be read."""
    return (
        sa.select(YearRecordRow.transcript_id, RecordVersion.version, Blob.data)
        .join(RecordVersion, RecordVersion.year_record_id == YearRecordRow.id)
        .join(Blob, Blob.sha256 == RecordVersion.root_sha256)
        .where(
            YearRecordRow.school_year == school_year,
            YearRecordRow.transcript_id.in_(transcripts),
            RecordVersion.state.in_(sorted(LIVING)),
        )
    )


def _opened_cases(school_year: str, transcripts: Sequence[int]) -> sa.Select[int, int]:
    """Locked years for which the department has opened the case of a supersession."""
    return (
        sa.select(YearRecordRow.transcript_id, Correction.school_id)
        .join(RecordVersion, RecordVersion.year_record_id == YearRecordRow.id)
        .join(Correction, Correction.version_id == RecordVersion.id)
        .where(
            YearRecordRow.school_year == school_year,
            YearRecordRow.transcript_id.in_(transcripts),
            Correction.state == CorrectionState.OPEN.value,
        )
    )


def _parts(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
