"""`judge`: a class as read -> each pupil as typed content, or the findings that refuse the row. Pure."""

from dataclasses import dataclass
from datetime import date

from portal.counting import counted
from portal.workbooks.reading import PupilRow, ReadClass
from portal.workbooks.refusals import WorkbookProblem, WorkbookRefused
from verify.record.findings import Finding, FindingCode, finding, has_errors
from verify.record.model import IssuingSchool, YearContent
from verify.record.reading import RowOutcome, read_row
from verify.record.row import RowContext
from verify.record.row_person import same_school
from verify.record.rules import check_packet
from verify.record.vocabulary import GRADES


@dataclass(frozen=True, slots=True)
class JudgedPupil:
    """content: None when a finding is an error."""

    row: int
    pupil: int
    content: YearContent | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class JudgedClass:
    """findings: about the file as a whole, warnings only. software: that wrote it, None: it does not say."""

    class_name: str
    grade: int
    rows: tuple[JudgedPupil, ...]
    findings: tuple[Finding, ...]
    software: str | None = None


def judge(
    read: ReadClass,
    *,
    school: IssuingSchool,
    school_year: str,
    grade: int | None,
    homeroom_teacher: str | None,
    issue_place: str | None,
    issue_date: date | None,
    sample: bool,
) -> JudgedClass:
    """Apply the record's rules to every row, then the rules between rows.

    grade: as chosen by the person, needed only where the file names none. homeroom_teacher: before the one in the
    file's title. Raises WorkbookRefused for a file of another year or grade, or without class or grade.
    """
    if read.school_year is not None and read.school_year != school_year:
        raise WorkbookRefused(WorkbookProblem.OTHER_SCHOOL_YEAR, found=read.school_year, wanted=school_year)
    if read.class_name is None:
        raise WorkbookRefused(WorkbookProblem.NO_CLASS)
    context = RowContext(
        school_year=school_year,
        grade=_grade(read.grade, grade),
        class_name=read.class_name,
        school=school,
        homeroom_teacher=homeroom_teacher or read.homeroom_teacher,
        issue_place=issue_place,
        issue_date=issue_date,
        sample=sample,
    )
    outcomes = [read_row(row.cells, context) for row in counted(read.rows)]
    between = check_packet([(row.row, outcome.identity) for row, outcome in zip(read.rows, outcomes, strict=True)])
    rows = tuple(_judged(*each) for each in zip(read.rows, outcomes, between, strict=True))
    findings = (*read.findings, *_other_school(read, school))
    return JudgedClass(read.class_name, context.grade, rows, findings, read.software)


def _grade(found: int | None, chosen: int | None) -> int:
    """The file's grade, else the chosen one (design §9.11)."""
    grade = found if found is not None else chosen
    if grade is None:
        raise WorkbookRefused(WorkbookProblem.NO_GRADE)
    if grade not in GRADES or (chosen is not None and chosen != grade):
        wanted = f"cho khối {chosen}" if chosen is not None else "vào học bạ tiểu học"
        raise WorkbookRefused(WorkbookProblem.WRONG_GRADE, found=str(grade), wanted=wanted)
    return grade


def _judged(row: PupilRow, outcome: RowOutcome, between: tuple[Finding, ...]) -> JudgedPupil:
    findings = (*row.findings, *outcome.findings, *between)
    content = None if has_errors(findings) else outcome.content
    return JudgedPupil(row.row, row.pupil, content, findings)


def _other_school(read: ReadClass, school: IssuingSchool) -> tuple[Finding, ...]:
    if read.school_name is None or same_school(read.school_name, school.name):
        return ()
    return (finding("", FindingCode.SCHOOL_NAME_DIFFERS, value=read.school_name, other=school.name),)
