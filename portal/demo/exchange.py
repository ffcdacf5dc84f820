"""A bundle taken in for two people of the demo: where every person is invented."""

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import Appointment, Identity, StaffRole
from portal.models import Account, AppointmentRow, Unit
from portal.runtime import Runtime
from portal.services import exchange_arrival_pages, exchange_arrivals
from portal.services.earlier_imports import Desk
from verify.exchange.judging import Examined


def take_bundle(
    session: Session,
    runtime: Runtime,
    school: str,
    data: bytes,
    seen: Examined,
    new_code: Callable[[], str],
    new_salt: Callable[[], bytes],
    now: datetime,
) -> bytes:
    """The school's clerk brings it, its head takes the pupil in; returns the answer that goes back."""
    clerk, head = (_person(session, school, role) for role in (StaffRole.CLERK, StaffRole.HEAD))
    number = exchange_arrivals.bring(session, clerk, school, data, seen, now, demo=True)
    desk = Desk(runtime.trust(now), runtime.log_signer, new_salt, new_code, demo=True)
    exchange_arrivals.confirm(session, head, number, seen, desk, now, "")
    return exchange_arrival_pages.answer_of(session, head, number, runtime.policy)[1]


def _person(session: Session, school: str, role: StaffRole) -> Identity:
    account = session.scalars(
        sa.select(Account)
        .join(AppointmentRow, AppointmentRow.account_id == Account.id)
        .join(Unit, Unit.id == AppointmentRow.unit_id)
        .where(AppointmentRow.role == role.value, Unit.code == school)
        .order_by(Account.id)
        .limit(1)
    ).one()
    return Identity(account.id, account.display_name, (Appointment(school, role),))
