"""Units: finding them by their opaque code, adding them, and what a school prints on new records."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Problem, Refused
from portal.models import Unit, UnitKind
from verify.record.model import IssuingSchool


def unit(session: Session, code: str) -> Unit:
    """The unit with this code; raises Refused(UNKNOWN_UNIT)."""
    found = session.scalar(sa.select(Unit).where(Unit.code == code))
    if found is None:
        raise Refused(Problem.UNKNOWN_UNIT, code=code)
    return found


def add_unit(
    session: Session,
    code: str,
    kind: UnitKind,
    name: str,
    valid_from: date,
    parent: Unit | None,
    **printed: str | None,
) -> Unit:
    """A new unit. printed: commune, district, province, head_name, head_title, issue_place for its records."""
    made = Unit(
        code=code,
        kind=kind.value,
        name=name,
        parent_id=parent.id if parent is not None else None,
        valid_from=valid_from,
        valid_to=None,
        **printed,
    )
    session.add(made)
    session.flush()
    return made


def issuing_school(school: Unit) -> IssuingSchool:
    """The school as its records print it today; a record keeps these words for ever."""
    return IssuingSchool(
        code=school.code,
        name=school.name,
        commune=school.commune,
        district=school.district,
        province=school.province,
        head_name=school.head_name,
        head_title=school.head_title,
    )
