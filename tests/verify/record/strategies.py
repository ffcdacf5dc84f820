"""Invented year records for property tests: any text that may be signed, every closed word."""

from datetime import date
from unicodedata import normalize

from hypothesis import strategies as st

from verify.record.model import IssuingSchool, StudyHistoryRow, SubjectResult, TraitResult, YearRecord
from verify.record.vocabulary import (
    COMPETENCE_BY_CODE,
    QUALITY_BY_CODE,
    SUBJECT_BY_CODE,
    Gender,
    OverallResult,
    SubjectLevel,
    TraitLevel,
)

texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).map(lambda text: normalize("NFC", text))
maybe = st.none() | texts
days = st.dates(date(1900, 1, 1), date(2100, 1, 1))
counts = st.none() | st.integers(0, 366)

schools = st.builds(
    IssuingSchool, texts, texts, commune=maybe, district=maybe, province=maybe, head_name=maybe, head_title=maybe
)
history = st.builds(StudyHistoryRow, texts, texts, texts, register_number=maybe, entry_date=st.none() | days)
subjects = st.builds(
    SubjectResult, st.sampled_from(SubjectLevel), score=st.none() | st.integers(1, 10), comment=maybe
)  # fmt: skip
traits = st.builds(TraitResult, st.sampled_from(TraitLevel), comment=maybe, label=maybe)

year_records = st.builds(
    YearRecord,
    lookup_code=texts,
    version=st.integers(1, 99),
    replaces=maybe,
    school_year=texts,
    grade=st.integers(1, 5),
    class_name=texts,
    full_name=texts,
    gender=st.sampled_from(Gender),
    birth_date=days,
    issuing_school=schools,
    subjects=st.dictionaries(st.sampled_from(sorted(SUBJECT_BY_CODE)), subjects, max_size=5),
    qualities=st.dictionaries(st.sampled_from(sorted(QUALITY_BY_CODE)), traits, max_size=3),
    competences=st.dictionaries(st.sampled_from(sorted(COMPETENCE_BY_CODE)), traits, max_size=3),
    overall_result=st.sampled_from(OverallResult),
    programme_completed=st.booleans(),
    personal_id=maybe,
    personal_id_absent_reason=maybe,
    moet_student_code=maybe,
    ethnicity=maybe,
    address=maybe,
    study_history=st.lists(history, max_size=7).map(tuple),
    height_cm=maybe,
    days_absent_with_leave=counts,
    awards=st.lists(texts, max_size=3).map(tuple),
    programme_completed_text=maybe,
    promoted=st.none() | st.booleans(),
    homeroom_teacher=maybe,
    issue_date=st.none() | days,
    sample=st.booleans(),
)
