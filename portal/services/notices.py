"""Notices: written in the transaction of what happened, each person told once of each happening (decision 0047).

What is rolled back was told to nobody. Mail follows from the rows (`portal.services.mail_outbox`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.identity import StaffRole
from portal.models import Account, AppointmentRow, GuardianLink, Notice, NoticeKind, Unit
from portal.services.organisation import alive_on, day_of

# Databases bound how many parameters one statement takes.
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class News:
    """What is told. subject: number of what it is about. happening: tells two of the same kind and subject apart.

    detail: as in `Notice`.
    """

    kind: NoticeKind
    subject: int
    happening: str = ""
    detail: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.subject}:{self.happening}"


def tell(session: Session, news: News, people: Iterable[int], now: datetime, *, but: int | None = None) -> None:
    """Tell some accounts, each once. but: who did it, and knows."""
    tell_each(session, [(account, news) for account in people if account != but], now)


def tell_each(session: Session, told: Iterable[tuple[int, News]], now: datetime) -> None:
    """Tell each account its own news. In the order of the accounts: two transactions that tell the same people do not
    wait for each other crosswise.
    """
    rows = [
        {
            "account_id": account,
            "kind": news.kind.value,
            "subject": news.subject,
            "key": news.key,
            "detail": news.detail,
            "at": now,
        }
        for account, news in sorted(set(told), key=lambda each: (each[0], each[1].key))
    ]
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    once = insert(Notice).on_conflict_do_nothing(index_elements=["account_id", "key"])
    for start in range(0, len(rows), _AT_ONCE):
        session.execute(once, rows[start : start + _AT_ONCE])


def settle(session: Session, kind: NoticeKind, subject: int, now: datetime) -> None:
    """It is done: whoever was asked to act need not read about it any more."""
    session.execute(
        sa.update(Notice)
        .where(Notice.kind == kind.value, Notice.subject == subject, Notice.read_at.is_(None))
        .values(read_at=now),
        execution_options={"synchronize_session": False},
    )


def staff_by_unit(
    session: Session, unit_ids: Collection[int], roles: Sequence[StaffRole], now: datetime
) -> Mapping[int, frozenset[int]]:
    """The open accounts that hold one of the roles today, by unit."""
    found: dict[int, set[int]] = {}
    for unit, account in session.execute(_serving(roles, now).where(AppointmentRow.unit_id.in_(list(unit_ids)))):
        found.setdefault(unit, set()).add(account)
    return {unit: frozenset(accounts) for unit, accounts in found.items()}


def staff_of(session: Session, unit_ids: Collection[int], now: datetime, *roles: StaffRole) -> frozenset[int]:
    """The same of some units together."""
    return frozenset[int]().union(*staff_by_unit(session, unit_ids, roles, now).values())


def officials(session: Session, now: datetime) -> frozenset[int]:
    """The department's administrators."""
    return frozenset(account for _unit, account in session.execute(_serving((StaffRole.DEPARTMENT_ADMIN,), now)))


def guardians_of(session: Session, transcript_id: int) -> frozenset[int]:
    """Who is linked to a pupil as guardian now."""
    held = sa.select(GuardianLink.account_id).where(
        GuardianLink.transcript_id == transcript_id, GuardianLink.ended_at.is_(None)
    )
    return frozenset(account for account in session.scalars(held) if account is not None)


def _serving(roles: Sequence[StaffRole], now: datetime) -> sa.Select[int, int]:
    today = day_of(now)
    return (
        sa.select(AppointmentRow.unit_id, AppointmentRow.account_id)
        .join(Account, Account.id == AppointmentRow.account_id)
        .join(Unit, Unit.id == AppointmentRow.unit_id)
        .where(
            AppointmentRow.role.in_([role.value for role in roles]),
            AppointmentRow.valid_from <= today,
            sa.or_(AppointmentRow.valid_to.is_(None), AppointmentRow.valid_to >= today),
            Account.active,
            alive_on(today),
        )
    )
