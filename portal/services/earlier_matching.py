"""What taking a bundle of earlier years in would do, record by record. Only reads.

A pupil is found by `personal_id`, `moet_student_code` and the code that the old system signed; what leads to two
transcripts, or to one of another name or birth date, is a conflict (design §9.7). A school year that is there already
is a conflict too, unless it is this very record.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.models import PRIMARY_KINDS, EarlierCode, EarlierYear, RecordVersion, Transcript, Unit, YearRecordRow
from portal.services.earlier_bundle import EntryFault, ExaminedBundle, ExaminedEntry
from portal.vietnamese import fold
from verify.canonical import sha256
from verify.containers.earlier import EarlierSignature
from verify.record.model import YearContent
from verify.verdict import Check, Status

# Databases bound how many parameters one statement takes.
_AT_ONCE = 500


class Outcome(StrEnum):
    """What becomes of a record. Closed: each has a sentence in `portal.presenters.earlier_words`; stored."""

    TAKEN = "taken"
    UNCHANGED = "unchanged"
    BYTES_DIFFER = "bytes_differ"
    UNREADABLE = "unreadable"
    UNKNOWN_SCHOOL = "unknown_school"
    BAD_DATE = "bad_date"
    SAMPLE_DIFFERS = "sample_differs"
    SIGNATURE_REFUSED = "signature_refused"
    PUPIL_CONFLICT = "pupil_conflict"
    YEAR_PRESENT = "year_present"
    DUPLICATE = "duplicate"

    @property
    def refused(self) -> bool:
        return self not in (Outcome.TAKEN, Outcome.UNCHANGED)


@dataclass(slots=True, eq=False)
class Pupil:
    """A pupil of the bundle. transcript: None for one who is not stored yet. years: SHA-256 of root by school year."""

    full_name: str
    birth_date: date
    personal_id: str | None
    moet_student_code: str | None
    code: str | None
    transcript: Transcript | None = None
    years: dict[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decided:
    """A record and what becomes of it. school, pupil: None where nothing is to be taken.

    check, signature: the answer for which a signature is refused, and whose it is.
    """

    entry: ExaminedEntry
    outcome: Outcome
    school: Unit | None = None
    pupil: Pupil | None = None
    check: Check | None = None
    signature: EarlierSignature | None = None

    @property
    def unknown(self) -> tuple[Check, ...]:
        """What could not be known of the signatures that were taken."""
        return tuple(
            check
            for signature in self.entry.signatures
            for check in signature.checks
            if check.status is Status.UNKNOWN and self.outcome is Outcome.TAKEN
        )


def decide(session: Session, bundle: ExaminedBundle, now: datetime, *, demo: bool) -> tuple[Decided, ...]:
    """Every record of the bundle, in its order. demo: whether this instance holds invented pupils."""
    schools = {unit.code: unit for unit in session.scalars(sa.select(Unit).where(Unit.kind.in_(PRIMARY_KINDS)))}
    alone = [_alone(entry, schools, now, demo=demo) for entry in bundle.entries]
    matcher = _Matcher(session, [each.entry.content for each in alone if each.entry.content is not None], bundle)
    matched = [_matched(each, matcher) if each.outcome is Outcome.TAKEN else each for each in alone]
    return tuple(_without_duplicates(matched))


def decide_foreign(session: Session, bundle: ExaminedBundle, issuer: Unit) -> tuple[Decided, ...]:
    """The same for a pupil of another installation, whose records were examined against its log. issuer: its unit."""
    contents = [entry.content for entry in bundle.entries if entry.content is not None]
    matcher = _Matcher(session, contents, bundle)
    return tuple(_matched(Decided(entry, Outcome.TAKEN, issuer), matcher) for entry in bundle.entries)


def _alone(entry: ExaminedEntry, schools: dict[str, Unit], now: datetime, *, demo: bool) -> Decided:
    """What the record says of itself, before anybody is looked for."""
    content = entry.content
    if entry.fault is not None or content is None:
        return Decided(entry, _FAULTS[entry.fault or EntryFault.UNREADABLE])
    school = schools.get(content.issuing_school.code)
    if school is None:
        return Decided(entry, Outcome.UNKNOWN_SCHOOL)
    if not _possible(content.school_year, entry.effective_at, now):
        return Decided(entry, Outcome.BAD_DATE)
    if content.sample is not demo:
        return Decided(entry, Outcome.SAMPLE_DIFFERS)
    refused = next((signature for signature in entry.signatures if signature.refused is not None), None)
    if refused is not None:
        return Decided(entry, Outcome.SIGNATURE_REFUSED, check=refused.refused, signature=refused)
    return Decided(entry, Outcome.TAKEN, school)


_FAULTS = {EntryFault.BYTES_DIFFER: Outcome.BYTES_DIFFER, EntryFault.UNREADABLE: Outcome.UNREADABLE}


def _possible(school_year: str, effective_at: datetime, now: datetime) -> bool:
    """A year is locked in its second calendar year or later, and an earlier one before it comes here."""
    first, last = school_year[:4], school_year[5:]
    if not (first.isdecimal() and last.isdecimal() and int(last) == int(first) + 1):
        return False
    return datetime(int(last), 1, 1, tzinfo=UTC) <= effective_at < now.replace(microsecond=0)


def _matched(each: Decided, matcher: "_Matcher") -> Decided:
    content = each.entry.content
    pupil = matcher.find(content, each.entry.code) if content is not None else None
    if content is None or pupil is None:
        return Decided(each.entry, Outcome.PUPIL_CONFLICT)
    stored = pupil.years.get(content.school_year)
    if stored is None:
        return Decided(each.entry, Outcome.TAKEN, each.school, pupil)
    same = sha256(each.entry.root) in stored
    return Decided(each.entry, Outcome.UNCHANGED if same else Outcome.YEAR_PRESENT, each.school, pupil)


def _without_duplicates(matched: Sequence[Decided]) -> Iterator[Decided]:
    """Two records of one pupil and year in a bundle: neither is taken."""
    seen: dict[tuple[int, str], int] = {}
    for each in matched:
        if each.pupil is not None and each.entry.content is not None:
            key = (id(each.pupil), each.entry.content.school_year)
            seen[key] = seen.get(key, 0) + 1
    for each in matched:
        content = each.entry.content
        twice = each.pupil is not None and content is not None and seen[id(each.pupil), content.school_year] > 1
        yield Decided(each.entry, Outcome.DUPLICATE) if twice else each


class _Matcher:
    """The pupils of a bundle, found in a few queries; a pupil not stored is one pupil for all years of the bundle."""

    def __init__(self, session: Session, contents: Sequence[YearContent], bundle: ExaminedBundle) -> None:
        self._by_id: dict[str, Pupil] = {}
        self._by_moet: dict[str, Pupil] = {}
        self._by_code: dict[str, Pupil] = {}
        codes = {entry.code for entry in bundle.entries if entry.code is not None}
        aliases = dict(_pairs(session, codes))
        found: dict[int, Transcript] = {}
        for column, values in (
            (Transcript.personal_id_index, {content.personal_id for content in contents}),
            (Transcript.moet_student_code_index, {content.moet_student_code for content in contents}),
            (Transcript.lookup_code, codes),
            (Transcript.id, set(aliases.values())),
        ):
            found |= {held.id: held for held in _with(session, column, values)}
        years = _years(session, found)
        pupils = {number: self._stored(held, years.get(number, {})) for number, held in found.items()}
        self._by_code |= {code: pupils[number] for code, number in aliases.items()}

    def _stored(self, held: Transcript, years: dict[str, frozenset[str]]) -> Pupil:
        pupil = Pupil(
            held.full_name,
            held.birth_date,
            held.personal_id,
            held.moet_student_code,
            held.lookup_code,
            held,
            years,
        )
        self._index(pupil)
        return pupil

    def _index(self, pupil: Pupil) -> None:
        for held, value in (
            (self._by_id, pupil.personal_id),
            (self._by_moet, pupil.moet_student_code),
            (self._by_code, pupil.code),
        ):
            if value is not None:
                held.setdefault(value, pupil)

    def find(self, content: YearContent, code: str | None) -> Pupil | None:
        """The pupil of a record, perhaps a new one; None for a conflict."""
        hits = {
            id(hit): hit
            for hit in (
                self._by_id.get(content.personal_id or ""),
                self._by_moet.get(content.moet_student_code or ""),
                self._by_code.get(code or ""),
            )
            if hit is not None
        }
        if len(hits) > 1:
            return None
        for hit in hits.values():
            return self._known(hit, content, code)
        made = Pupil(content.full_name, content.birth_date, content.personal_id, content.moet_student_code, code)
        self._index(made)
        return made

    def _known(self, hit: Pupil, content: YearContent, code: str | None) -> Pupil | None:
        same_id = not (hit.personal_id and content.personal_id) or hit.personal_id == content.personal_id
        if not same_id or fold(hit.full_name) != fold(content.full_name) or hit.birth_date != content.birth_date:
            return None
        if code is not None:
            self._by_code.setdefault(code, hit)
        return hit


def _with(session: Session, column: InstrumentedAttribute[Any], values: Iterable[object]) -> Iterator[Transcript]:
    wanted = sorted({value for value in values if value is not None}, key=str)
    for start in range(0, len(wanted), _AT_ONCE):
        yield from session.scalars(sa.select(Transcript).where(column.in_(wanted[start : start + _AT_ONCE])))


def _pairs(session: Session, codes: Iterable[str]) -> Iterator[tuple[str, int]]:
    wanted = sorted(codes)
    for start in range(0, len(wanted), _AT_ONCE):
        rows = session.execute(
            sa.select(EarlierCode.code, EarlierCode.transcript_id).where(
                EarlierCode.code.in_(wanted[start : start + _AT_ONCE])
            )
        )
        yield from ((code, transcript) for code, transcript in rows)


def _years(session: Session, transcripts: Iterable[int]) -> dict[int, dict[str, frozenset[str]]]:
    """By transcript and school year: the roots of earlier records; an empty set where the year came another way."""
    found: dict[int, dict[str, frozenset[str]]] = {}
    wanted = sorted(transcripts)
    for start in range(0, len(wanted), _AT_ONCE):
        rows = session.execute(
            sa.select(
                YearRecordRow.transcript_id,
                YearRecordRow.school_year,
                RecordVersion.root_sha256,
                EarlierYear.version_id,
            )
            .outerjoin(RecordVersion, RecordVersion.year_record_id == YearRecordRow.id)
            .outerjoin(EarlierYear, EarlierYear.version_id == RecordVersion.id)
            .where(YearRecordRow.transcript_id.in_(wanted[start : start + _AT_ONCE]))
        )
        for transcript, year, root, earlier in rows:
            years = found.setdefault(transcript, {})
            years[year] = years.get(year, frozenset()) | ({root} if earlier is not None else set())
    return found
