"""Dated roles: what a person does in which unit, from when to when. Given and ended here; never prolonged or deleted.

Who may is asked by the callers (`portal.services.people`); what holds for everybody stands here: a role fits the kind
of its unit, two of the same do not overlap, and an administrator without an end always remains.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Problem, Refused
from portal.identity import Appointment, StaffRole
from portal.models import SCHOOL_KINDS, Account, AppointmentRow, Unit, UnitKind
from portal.services.organisation import day_of, require_open

_SCHOOL: Final = (StaffRole.CLERK, StaffRole.HEAD)
ROLES_OF: Final[Mapping[UnitKind, tuple[StaffRole, ...]]] = {
    UnitKind.MINISTRY: (StaffRole.MINISTRY,),
    UnitKind.DEPARTMENT: (StaffRole.DEPARTMENT_ADMIN, StaffRole.AUDITOR, StaffRole.HEAD),
    UnitKind.OFFICE: (StaffRole.MONITOR,),
    UnitKind.COMMUNE: (StaffRole.MONITOR,),
    **{UnitKind(kind): _SCHOOL for kind in SCHOOL_KINDS},
}
"""Which roles there are in a unit of each kind (plan PL 3)."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the province, both included; until: None while no end is said."""

    since: date
    until: date | None

    def from_today(self, today: date) -> "Period":
        """The same for what was said before and begins now; raises Refused(ROLE_DAYS) when nothing is left of it."""
        since = max(self.since, today)
        if self.until is not None and self.until < since:
            raise Refused(Problem.ROLE_DAYS)
        return Period(since, self.until)


def require_role_of(unit: Unit, role: StaffRole) -> None:
    """Raise Refused(ROLE_NOT_HERE) for a role that there is not in units of this kind."""
    if role not in ROLES_OF[UnitKind(unit.kind)]:
        raise Refused(Problem.ROLE_NOT_HERE)


def require_free(session: Session, account_id: int, unit: Unit, role: StaffRole, period: Period) -> None:
    """Raise Refused(ROLE_HELD) when the person holds this very role there on one of these days."""
    overlaps = sa.select(AppointmentRow.id).where(
        AppointmentRow.account_id == account_id,
        AppointmentRow.unit_id == unit.id,
        AppointmentRow.role == role.value,
        sa.or_(AppointmentRow.valid_to.is_(None), AppointmentRow.valid_to >= period.since),
        sa.true() if period.until is None else AppointmentRow.valid_from <= period.until,
    )
    if session.scalars(overlaps.limit(1)).first() is not None:
        raise Refused(Problem.ROLE_HELD, unit=unit.name)


def give(session: Session, account_id: int, unit: Unit, role: StaffRole, period: Period, now: datetime) -> None:
    """Give a role, from today at the earliest.

    Raises Refused: ROLE_NOT_HERE, ROLE_DAYS, ROLE_HELD, UNIT_CLOSED.
    """
    require_open(session, unit, now)
    require_role_of(unit, role)
    held = period.from_today(day_of(now))
    require_free(session, account_id, unit, role, held)
    row = AppointmentRow(
        account_id=account_id, unit_id=unit.id, role=role.value, valid_from=held.since, valid_to=held.until
    )
    session.add(row)
    session.flush()


def end(session: Session, row: AppointmentRow, last_day: date | None, now: datetime) -> None:
    """Let a role end after a day, or with None at once: its last day is then yesterday. Ended before, nothing happens.

    Raises Refused: ROLE_DAYS for a day that is over or would prolong it, LAST_ADMINISTRATOR.
    """
    today = day_of(now)
    last = today - _DAY if last_day is None else last_day
    if row.valid_to is not None and row.valid_to < today:
        return
    if last < today - _DAY or (row.valid_to is not None and last > row.valid_to):
        raise Refused(Problem.ROLE_DAYS)
    administers = row.role == StaffRole.DEPARTMENT_ADMIN.value
    if administers:
        hold_administrators(session)
    row.valid_to = last
    session.flush()
    if administers:
        require_an_administrator(session, today)


def end_all(session: Session, account_id: int, now: datetime) -> None:
    """Let every role of a person end today. The caller asks whether an administrator remains."""
    today = day_of(now)
    for row in session.scalars(
        sa.select(AppointmentRow).where(
            AppointmentRow.account_id == account_id,
            sa.or_(AppointmentRow.valid_to.is_(None), AppointmentRow.valid_to > today),
        )
    ):
        row.valid_to = today
    session.flush()


def hold_administrators(session: Session) -> None:
    """Hold every administrator's role before one is changed: two who end each other come one after the other."""
    session.scalars(
        sa.select(AppointmentRow)
        .where(AppointmentRow.role == StaffRole.DEPARTMENT_ADMIN.value)
        .order_by(AppointmentRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def require_an_administrator(session: Session, today: date) -> None:
    """Raise Refused(LAST_ADMINISTRATOR) unless some open account administers from today on, without an end."""
    remaining = (
        sa.select(Account.id)
        .join(AppointmentRow, AppointmentRow.account_id == Account.id)
        .where(
            Account.active,
            AppointmentRow.role == StaffRole.DEPARTMENT_ADMIN.value,
            AppointmentRow.valid_from <= today,
            AppointmentRow.valid_to.is_(None),
        )
        .limit(1)
    )
    if session.scalars(remaining).first() is None:
        raise Refused(Problem.LAST_ADMINISTRATOR)


def going_on(session: Session, account_id: int, today: date) -> tuple[Appointment, ...]:
    """The roles that a person holds today or will hold, by unit."""
    rows = session.execute(
        sa.select(Unit.code, AppointmentRow.role)
        .join(Unit, Unit.id == AppointmentRow.unit_id)
        .where(
            AppointmentRow.account_id == account_id,
            sa.or_(AppointmentRow.valid_to.is_(None), AppointmentRow.valid_to >= today),
        )
        .order_by(Unit.code, AppointmentRow.role)
    )
    return tuple(Appointment(code, StaffRole(role)) for code, role in rows)
