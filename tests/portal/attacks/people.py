"""Who knocks: each role in the own and in other units, guardians, somebody without any role, and nobody at all.

Everything in the world of `tests.portal.attacks.things` belongs to the first school or to the second one; "own" and
"other" are told from there.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import StaffRole
from portal.models import Account, AppointmentRow, GuardianLink, Unit
from portal.services import accounts
from portal.web import clock

OWN, OTHER, SECONDARY = "MAU-TH-01", "MAU-TH-02", "MAU-THCS-01"
EAST, WEST, DEPARTMENT, MINISTRY = "MAU-XA-DONG", "MAU-XA-TAY", "MAU-SO", "MAU-BO"
OFFICIAL: Final = "department_admin@MAU-SO"
STAFF: Final = (
    (StaffRole.CLERK, OWN),
    (StaffRole.HEAD, OWN),
    (StaffRole.CLERK, OTHER),
    (StaffRole.HEAD, OTHER),
    (StaffRole.CLERK, SECONDARY),
    (StaffRole.HEAD, SECONDARY),
    (StaffRole.MONITOR, EAST),
    (StaffRole.MONITOR, WEST),
    (StaffRole.DEPARTMENT_ADMIN, DEPARTMENT),
    (StaffRole.CLERK, DEPARTMENT),
    (StaffRole.HEAD, DEPARTMENT),
    (StaffRole.AUDITOR, DEPARTMENT),
    (StaffRole.MINISTRY, MINISTRY),
)
SINCE: Final = date(2025, 7, 1)
ROW_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Person:
    """One who asks. token: of the session, None for nobody. account_id: 0 for nobody."""

    name: str
    account_id: int
    token: str | None


def appointed(session: Session, role: StaffRole, unit: str, name: str) -> Account:
    """Somebody with this role there."""
    account = _account(session, name)
    found = session.scalars(sa.select(Unit).where(Unit.code == unit)).one()
    accounts.appoint(session, account, found, role, SINCE)
    return account


def guardian(session: Session, name: str, transcript_id: int, checked_by: int) -> Account:
    """A guardian of one pupil."""
    account, now = _account(session, name), clock.read()
    session.add(
        GuardianLink(
            transcript_id=transcript_id,
            display_name=account.display_name,
            kinship="mother",
            papers="birth",
            checked_by=checked_by,
            checked_at=now,
            invite_sha256=name,
            invite_until=now + ROW_DAY,
            account_id=account.id,
            accepted_at=now,
        )
    )
    session.flush()
    return account


def retired(session: Session, unit: str) -> Account:
    """Who was a department's administrator until yesterday, and nothing since."""
    account = appointed(session, StaffRole.DEPARTMENT_ADMIN, unit, "retired")
    rows = sa.update(AppointmentRow).where(AppointmentRow.account_id == account.id)
    session.execute(rows.values(valid_to=clock.read().date() - ROW_DAY))
    return account


def signed_in(session: Session, account: Account) -> Person:
    """A session of theirs that outlives the test."""
    return Person(account.username, account.id, accounts.open_session(session, account, clock.read(), ROW_DAY))


def _account(session: Session, name: str) -> Account:
    return accounts.create_account(session, name, f"{name} <i id=xss> (mẫu)", "một câu dài dễ nhớ", clock.read())


def everyone(session: Session) -> dict[str, Account]:
    """All of the cast but the guardians, by name."""
    cast = {f"{role.value}@{unit}": appointed(session, role, unit, f"{role.value}@{unit}") for role, unit in STAFF}
    second = appointed(session, StaffRole.DEPARTMENT_ADMIN, DEPARTMENT, "second official")
    return {**cast, "second official": second, "retired": retired(session, DEPARTMENT)}
