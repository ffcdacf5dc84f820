"""One pupil's raw cells, by field path -> typed content of a year record, or the findings that refuse it.

Nothing is guessed: a value that cannot be read is an error at its field. What a teacher decides stays as written and
is only warned about (`verify.record.rules`). No cell makes `read_row` raise.

Paths: names of `YearContent`; `subjects.toan.level|score|comment`; `qualities.nhan_ai.level|comment|label`;
`competences.…` alike; `study_history.0.school_year|class_name|school|register_number|entry_date`; and `grade`,
`school_year`, `school`, which are only compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from verify.record import row_person, row_results, rules
from verify.record.findings import Finding, FindingCode, has_errors
from verify.record.model import SubjectResult, YearContent
from verify.record.row import Row, RowContext
from verify.record.row_rest import read_rest
from verify.record.values import Cell
from verify.record.vocabulary import COMPETENCES, QUALITIES

# Every comment at its full length is 60,000 characters; more than this would not fit into limits.RECORD_BYTES.
ROW_CHARACTERS: Final = 50_000


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """content: None when a finding is an error. identity: what the row says of who it is, refused or not."""

    content: YearContent | None
    identity: rules.PupilIdentity
    findings: tuple[Finding, ...]


def read_row(cells: Mapping[str, Cell], context: RowContext) -> RowOutcome:
    """Read one pupil; on errors `content` is None and each fault is named, with warnings of what was read."""
    row = Row(cells, context)
    name, born, gender = row_person.full_name(row), row_person.birth_date(row), row_person.gender(row)
    personal_id, absent_reason = row_person.personal_id(row)
    code = row_person.student_code(row)
    identity = rules.PupilIdentity(personal_id, code, name, born)
    class_name = row_person.class_name(row)
    row_person.check_headings(row)
    entries = row_results.subjects(row)
    qualities = row_results.traits(row, "qualities", QUALITIES)
    competences = row_results.traits(row, "competences", COMPETENCES)
    result = row_results.overall_result(row)
    row.findings += rules.check_subjects(context.grade, entries, row.faulted)
    rest = read_rest(row, result)
    _note_rest(row)
    completed = rest.programme_completed
    if has_errors(row.findings) or not (name and born and gender and class_name and result) or completed is None:
        return RowOutcome(None, identity, tuple(row.findings))
    content = YearContent(
        school_year=context.school_year,
        grade=context.grade,
        class_name=class_name,
        full_name=name,
        gender=gender,
        birth_date=born,
        issuing_school=context.school,
        subjects={each: SubjectResult(e.level, e.score, e.comment) for each, e in entries.items() if e.level},
        qualities=qualities,
        competences=competences,
        overall_result=result,
        programme_completed=completed,
        personal_id=personal_id,
        personal_id_absent_reason=absent_reason,
        moet_student_code=code,
        study_history=rest.study_history,
        days_absent_with_leave=rest.days_absent_with_leave,
        days_absent_without_leave=rest.days_absent_without_leave,
        awards=rest.awards,
        programme_completed_text=rest.programme_completed_text,
        promoted=rest.promoted,
        promoted_text=rest.promoted_text,
        issue_date=rest.issue_date,
        sample=context.sample,
        **rest.texts,
    )
    return RowOutcome(content, identity, (*row.findings, *rules.check_person(content), *rules.check_results(content)))


def _note_rest(row: Row) -> None:
    """Cells that nothing reads, and a row too long to be signed."""
    for path in row.untaken():
        row.fault(path, FindingCode.FIELD_UNKNOWN, path=path)
    length = sum(len(cell) for cell in row.cells.values() if isinstance(cell, str))
    if length > ROW_CHARACTERS:
        row.fault("", FindingCode.TEXT_TOO_LONG, length=length, limit=ROW_CHARACTERS)
