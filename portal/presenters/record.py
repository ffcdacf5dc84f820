"""The whole record for who may read it: every section of TT 27/2020 for each year, who signed, and the prints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from portal.models import State
from portal.presenters import reasons
from portal.presenters.card import decided_words
from portal.presenters.corrections import ChangeRow, change_rows
from portal.presenters.earlier_words import origin_words
from portal.presenters.language import mark, say
from portal.presenters.states import role_words, standing_words, state_tone, state_words
from portal.presenters.tones import Tone
from portal.services.lookup import TranscriptView, YearView
from verify.form import words
from verify.record.labels import FIELD_LABELS
from verify.record.model import SubjectResult, TraitResult, YearRecord
from verify.record.vocabulary import (
    GENERAL_COMPETENCES,
    QUALITIES,
    SPECIFIC_COMPETENCES,
    SUBJECT_BY_CODE,
    SUBJECTS,
    SubjectLevel,
    Trait,
    TraitLevel,
)
from verify.standing import StandingState

_SUBJECT_LEVELS: Final = {
    SubjectLevel.VERY_GOOD: mark("Hoàn thành tốt"),
    SubjectLevel.COMPLETED: mark("Hoàn thành"),
    SubjectLevel.NOT_COMPLETED: mark("Chưa hoàn thành"),
}
_TRAIT_LEVELS: Final = {
    TraitLevel.GOOD: mark("Tốt"),
    TraitLevel.REACHED: mark("Đạt"),
    TraitLevel.NEEDS_EFFORT: mark("Cần cố gắng"),
}
_GENERAL: Final = frozenset(trait.code for trait in GENERAL_COMPETENCES)


@dataclass(frozen=True, slots=True)
class Entry:
    """A label with its value; an empty value shows as a dash."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A row of sections 1 to 3. level: the letter; level_words: what it means there (domain §8.1)."""

    label: str
    level: str
    level_words: str
    score: str
    comment: str


@dataclass(frozen=True, slots=True)
class HistoryRow:
    school_year: str
    class_name: str
    school: str
    register_number: str
    entry_date: str


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """role: in words. signed_at: as claimed in the signature; received_at: when it was validated here. Both UTC."""

    role: str
    signer_name: str
    signed_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class OriginBlock:
    """Of a year that the system before this one had locked. unknown: what could not be known of its signatures.

    signed_code: the code that it was signed under, where it is another one.
    """

    text: str
    signed_code: str | None
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class YearPage:
    """One school year. locked: its print is official; before, there is a preview only.

    summary_pdf: where the print with the signed summary is; empty where there is none.
    """

    school_year: str
    class_name: str
    grade: int
    school_name: str
    state: str
    tone: Tone
    locked: bool
    version: int
    effective_at: datetime | None
    log_index: int | None
    general: tuple[Entry, ...]
    subjects: tuple[ResultRow, ...]
    qualities: tuple[ResultRow, ...]
    general_competences: tuple[ResultRow, ...]
    specific_competences: tuple[ResultRow, ...]
    overall_result: str
    awards: tuple[str, ...]
    programme: str
    promotion: str | None
    issued: str
    homeroom_teacher: str
    head_title: tuple[str, ...]
    head_name: str
    signatures: tuple[SignatureRow, ...]
    pdf: str
    summary_pdf: str
    origin: OriginBlock | None
    standing: str
    notes: tuple[Entry, ...]
    replaced: "ReplacedBlock | None"
    correct: str


@dataclass(frozen=True, slots=True)
class ReplacedBlock:
    """text: which version this one took the place of, when and by which decision. changes: what it says otherwise."""

    text: str
    changes: tuple[ChangeRow, ...]


@dataclass(frozen=True, slots=True)
class RecordPage:
    """A transcript. booklet: address of the whole one, None before the first lock. years: newest first."""

    code: str
    full_name: str
    managing_school: str
    civil: tuple[Entry, ...]
    family: tuple[Entry, ...]
    history: tuple[HistoryRow, ...]
    years: tuple[YearPage, ...]
    booklet: str | None
    sample: bool


def present_record(view: TranscriptView) -> RecordPage:
    """Civil data and study history stand once, as the newest year says them."""
    newest = view.years[0].record
    locked = any(year.state == State.LOCKED.value for year in view.years)
    return RecordPage(
        code=view.code,
        full_name=newest.full_name,
        managing_school=view.managing_unit_name,
        civil=_civil(newest),
        family=_entries(newest, ("father", "mother", "guardian")),
        history=_history(newest),
        years=tuple(_year(view.code, year) for year in view.years),
        booklet=f"/hoc-ba/{view.code}/ca-cuon.pdf" if locked else None,
        sample=any(year.record.sample for year in view.years),
    )


def _entries(record: YearRecord, names: Sequence[str]) -> tuple[Entry, ...]:
    return tuple(Entry(say(FIELD_LABELS[name]), getattr(record, name) or "") for name in names)


def _civil(record: YearRecord) -> tuple[Entry, ...]:
    entries = [
        Entry(say(FIELD_LABELS["full_name"]), record.full_name),
        Entry(say(FIELD_LABELS["gender"]), record.gender.value),
        Entry(say(FIELD_LABELS["birth_date"]), words.short_date(record.birth_date)),
        *_entries(record, ("ethnicity", "nationality", "birth_place", "home_town", "address")),
        Entry(say(FIELD_LABELS["personal_id"]), words.identifier(record)),
        *_entries(record, ("moet_student_code",)),
    ]
    if record.lifelong_record_code:
        entries += _entries(record, ("lifelong_record_code",))
    return tuple(entries)


def _history(record: YearRecord) -> tuple[HistoryRow, ...]:
    return tuple(
        HistoryRow(
            row.school_year, row.class_name, row.school, row.register_number or "", words.short_date(row.entry_date)
        )
        for row in record.study_history
    )


def _year(code: str, year: YearView) -> YearPage:
    record = year.record
    specific = {key: result for key, result in record.competences.items() if key not in _GENERAL}
    return YearPage(
        school_year=record.school_year,
        class_name=record.class_name,
        grade=record.grade,
        school_name=record.issuing_school.name,
        state=state_words(year.state),
        tone=state_tone(year.state),
        locked=year.state == State.LOCKED.value,
        version=year.version,
        effective_at=year.effective_at,
        log_index=year.log_index,
        general=_general(record),
        subjects=_subjects(record.subjects),
        qualities=_traits(QUALITIES, record.qualities),
        general_competences=_traits(
            GENERAL_COMPETENCES, {key: record.competences[key] for key in record.competences if key in _GENERAL}
        ),
        specific_competences=_traits(SPECIFIC_COMPETENCES, specific),
        overall_result=record.overall_result.value,
        awards=record.awards,
        programme=words.programme(record),
        promotion=words.promotion(record),
        issued=_issued(record.issue_place, record.issue_date),
        homeroom_teacher=record.homeroom_teacher or "",
        head_title=tuple(words.title_lines(record.issuing_school.head_title)),
        head_name=record.issuing_school.head_name or "",
        signatures=tuple(
            SignatureRow(role_words(held.role), held.signer_name, held.signed_at, held.received_at)
            for held in year.signatures
        ),
        pdf=f"/hoc-ba/{code}/{record.school_year}.pdf",
        summary_pdf=f"/hoc-ba/{code}/{record.school_year}/tom-tat.pdf" if _can_be_summarised(year) else "",
        origin=_origin(code, year),
        standing=_standing(year),
        notes=tuple(
            Entry(say(mark("Ghi chú %(when)s"), {"when": decided_words(note.since, note.decision)}), note.text)
            for note in year.notes
        ),
        replaced=_replaced(year),
        correct=f"/sau-khi-chot/moi?ma={code}&nam={record.school_year}",
    )


def _can_be_summarised(year: YearView) -> bool:
    stands = year.standing.state in (StandingState.IN_FORCE, StandingState.ANNOTATED)
    return year.state == State.LOCKED.value and stands


def _standing(year: YearView) -> str:
    held = year.standing
    if held.state is StandingState.IN_FORCE:
        return ""
    return f"{standing_words(held.state)} {decided_words(held.since, held.decision)}".strip()


def _replaced(year: YearView) -> ReplacedBlock | None:
    held = year.replaced
    if held is None:
        return None
    values = {"version": str(held.version), "when": decided_words(held.since, held.decision)}
    return ReplacedBlock(say(mark("Thay bản số %(version)s %(when)s."), values), change_rows(held.changes))


def _origin(code: str, year: YearView) -> OriginBlock | None:
    held = year.origin
    if held is None:
        return None
    other = held.signed_code if held.signed_code != code else None
    text = origin_words(held.source, held.imported_at) or ""
    return OriginBlock(text, other, tuple(reasons.what(check) for check in held.unknown))


def _general(record: YearRecord) -> tuple[Entry, ...]:
    school = record.issuing_school
    places = [place for place in (school.commune, school.district, school.province) if place]
    return (
        Entry(say(FIELD_LABELS["school"]), ", ".join([school.name, *places])),
        Entry(say(FIELD_LABELS["class_name"]), record.class_name),
        Entry(say(FIELD_LABELS["height_cm"]), words.measure(record.height_cm, "cm")),
        Entry(say(FIELD_LABELS["weight_kg"]), words.measure(record.weight_kg, "kg")),
        Entry(say(FIELD_LABELS["days_absent_with_leave"]), words.count(record.days_absent_with_leave)),
        Entry(say(FIELD_LABELS["days_absent_without_leave"]), words.count(record.days_absent_without_leave)),
    )


def _subjects(results: Mapping[str, SubjectResult]) -> tuple[ResultRow, ...]:
    """What the pupil was taught, in the order of the form."""
    known = [subject.code for subject in SUBJECTS if subject.code in results]
    return tuple(
        ResultRow(
            label=SUBJECT_BY_CODE[code].label if code in SUBJECT_BY_CODE else code,
            level=results[code].level.value,
            level_words=say(_SUBJECT_LEVELS[results[code].level]),
            score=words.count(results[code].score),
            comment=results[code].comment or "",
        )
        for code in [*known, *(code for code in results if code not in SUBJECT_BY_CODE)]
    )


def _traits(catalogue: Sequence[Trait], results: Mapping[str, TraitResult]) -> tuple[ResultRow, ...]:
    labels = {trait.code: trait.label for trait in catalogue if trait.code in results}
    labels |= {code: result.label or code for code, result in results.items() if code not in labels}
    return tuple(
        ResultRow(
            label=label,
            level=results[code].level.value,
            level_words=say(_TRAIT_LEVELS[results[code].level]),
            score="",
            comment=results[code].comment or "",
        )
        for code, label in labels.items()
    )


def _issued(place: str | None, day: date | None) -> str:
    dated = words.long_date(day) if day is not None else ""
    return ", ".join(part for part in (place, dated) if part)
