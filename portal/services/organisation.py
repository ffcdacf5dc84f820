"""Units: finding them by their opaque code, adding them, and what a school prints on new records."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Problem, Refused
from portal.identity import Identity, StaffRole
from portal.models import Unit, UnitKind, UnitName, UnitParent
from verify.record.model import IssuingSchool

VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")


def day_of(now: datetime) -> date:
    """The day of the province at a moment: units begin and end on days (domain §8.14)."""
    return now.astimezone(VIETNAM).date()


def unit(session: Session, code: str) -> Unit:
    """The unit with this code; raises Refused(UNKNOWN_UNIT)."""
    found = session.scalar(sa.select(Unit).where(Unit.code == code))
    if found is None:
        raise Refused(Problem.UNKNOWN_UNIT, code=code)
    return found


def own_unit(session: Session, identity: Identity, *roles: StaffRole) -> Unit:
    """The unit in whose name somebody acts in one of these roles: the first by code where there are several."""
    return unit(session, min(identity.units_as(*roles)))


def alive_on(day: date) -> sa.ColumnElement[bool]:
    """A condition on units: they stand on a day."""
    return sa.and_(Unit.valid_from <= day, sa.or_(Unit.valid_to.is_(None), Unit.valid_to >= day))


def require_open(session: Session, school: Unit, now: datetime) -> None:
    """Refuse what a closed unit may no longer do, also when it is being closed at this moment.

    Raises Refused(UNIT_CLOSED). Whoever closes it holds its row; the share that is taken here makes one wait.
    """
    last_day = session.scalars(
        sa.select(Unit.valid_to).where(Unit.id == school.id).with_for_update(read=True, key_share=True)
    ).one()
    if last_day is not None and last_day < day_of(now):
        raise Refused(Problem.UNIT_CLOSED, name=school.name, day=f"{last_day:%d/%m/%Y}")


def add_unit(
    session: Session,
    code: str,
    kind: UnitKind,
    name: str,
    valid_from: date,
    parent: Unit | None,
    **printed: str | None,
) -> Unit:
    """A new unit of a new instance or at the command line: `begin_unit` without an act."""
    return begin_unit(session, code, kind, name, valid_from, parent, printed, act_id=None)


def begin_unit(
    session: Session,
    code: str,
    kind: UnitKind,
    name: str,
    valid_from: date,
    parent: Unit | None,
    printed: Mapping[str, str | None],
    *,
    act_id: int | None,
) -> Unit:
    """A new unit with its first name and parent. printed: commune, district, province, head_name, head_title,
    issue_place for its records. Nothing is judged here: acts of people go through `unit_acts.found`.
    """
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
    dated = {"unit_id": made.id, "valid_from": valid_from, "act_id": act_id}
    session.add(UnitName(name=name, **dated))
    session.add(UnitParent(parent_id=made.parent_id, **dated))
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
