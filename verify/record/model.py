"""The year record of Thông tư 27/2020/TT-BGDĐT (Phụ lục 1), frozen and typed: what a school signs.

Text is NFC and stands as the school wrote it; names of places are those of the day of issue and are never
re-rendered (domain §3). An empty value is None, never an empty string.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date

from verify.record.vocabulary import Gender, OverallResult, SubjectLevel, TraitLevel

SCHEMA = "hocba/year-record/1"


@dataclass(frozen=True, slots=True)
class IssuingSchool:
    """The school that taught the year and signs. code: opaque text. district: None after 30/06/2025."""

    code: str
    name: str
    commune: str | None = None
    district: str | None = None
    province: str | None = None
    head_name: str | None = None
    head_title: str | None = None


@dataclass(frozen=True, slots=True)
class StudyHistoryRow:
    """A row of "Quá trình học tập". More than five rows are normal."""

    school_year: str
    class_name: str
    school: str
    register_number: str | None = None
    entry_date: date | None = None


@dataclass(frozen=True, slots=True)
class SubjectResult:
    """A row of section 1. score: whole number 1-10 of the end-of-year test or the last re-test, or None."""

    level: SubjectLevel
    score: int | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class TraitResult:
    """A row of section 2 or 3. label: only for a row beyond the catalogue."""

    level: TraitLevel
    comment: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class YearContent:
    """What a school says of one pupil and one school year, before it stands under a lookup code.

    personal_id: 12 digits, or None with a reason. moet_student_code: 10 digits of the ministry's database.
    height_cm, weight_kg: decimal text such as "132.5" (sensitive, as is ethnicity). days_absent_*: whole days.
    subjects, qualities, competences: by code, in the order of the catalogue.
    programme_completed: completed the class or primary programme; promoted: independent of it (Đ.11.1c);
    None where the form has nothing to say (promotion after grade 5).
    """

    school_year: str
    grade: int
    class_name: str
    full_name: str
    gender: Gender
    birth_date: date
    issuing_school: IssuingSchool
    subjects: Mapping[str, SubjectResult]
    qualities: Mapping[str, TraitResult]
    competences: Mapping[str, TraitResult]
    overall_result: OverallResult
    programme_completed: bool
    personal_id: str | None = None
    personal_id_absent_reason: str | None = None
    moet_student_code: str | None = None
    lifelong_record_code: str | None = None
    ethnicity: str | None = None
    nationality: str | None = None
    birth_place: str | None = None
    home_town: str | None = None
    address: str | None = None
    father: str | None = None
    mother: str | None = None
    guardian: str | None = None
    study_history: tuple[StudyHistoryRow, ...] = ()
    height_cm: str | None = None
    weight_kg: str | None = None
    days_absent_with_leave: int | None = None
    days_absent_without_leave: int | None = None
    awards: tuple[str, ...] = ()
    programme_completed_text: str | None = None
    promoted: bool | None = None
    promoted_text: str | None = None
    homeroom_teacher: str | None = None
    issue_place: str | None = None
    issue_date: date | None = None
    sample: bool = False  # "dữ liệu mẫu": invented people, demo signatures

    def under(self, lookup_code: str, version: int = 1, replaces: str | None = None) -> "YearRecord":
        """The record that a school signs: this content as a version of the transcript with that code."""
        content = {entry.name: getattr(self, entry.name) for entry in fields(YearContent)}
        return YearRecord(lookup_code=lookup_code, version=version, replaces=replaces, **content)


@dataclass(frozen=True, slots=True, kw_only=True)
class YearRecord(YearContent):
    """One pupil, one school year, one version.

    lookup_code: of the transcript, 32 hex. version: 1, 2, …; replaces: SHA-256 of the signed bytes of the version
    before, in whichever container.
    """

    lookup_code: str
    version: int = 1
    replaces: str | None = None
