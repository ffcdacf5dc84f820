"""Judging a class that was read, for the school that sent it."""

from sqlalchemy.orm import Session

from portal.services import organisation
from portal.services.judged_store import JudgedUpload, names_of
from portal.services.uploads import ToRead
from portal.workbooks.judging import judge
from portal.workbooks.places import Places
from portal.workbooks.reading import ReadClass


def judge_for(session: Session, file: ToRead, read: ReadClass, places: Places, *, sample: bool) -> JudgedUpload:
    """Every row with its content or its faults. Only reads; raises WorkbookRefused."""
    school = organisation.unit(session, file.school_code)
    judged = judge(
        read,
        school=organisation.issuing_school(school),
        school_year=file.school_year,
        grade=file.grade,
        homeroom_teacher=read.homeroom_teacher,
        issue_place=school.issue_place,
        issue_date=None,
        sample=sample,
    )
    return JudgedUpload(judged, names_of(read), places)
