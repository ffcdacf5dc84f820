"""The department reminds schools that owe something in a round: chosen ones, with one of its texts, once a day each."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity, StaffRole
from portal.models import NoticeKind, Reminder, ReminderText
from portal.permissions import may_remind
from portal.services import notices, progress, rounds
from portal.services.notice_rounds import SILENT, missing_words
from portal.services.notices import News
from portal.services.organisation import day_of
from portal.services.rounds import RoundView
from portal.vietnamese import fold

_READERS: Final = (StaffRole.CLERK, StaffRole.HEAD)


@dataclass(frozen=True, slots=True)
class Owing:
    """A school that owes something. missing: records that are not signed; None: it has sent nothing at all.

    readers: accounts that a reminder reaches. reminded: today already.
    """

    key: int
    code: str
    name: str
    commune: str
    missing: int | None
    readers: int
    reminded: bool

    @property
    def reachable(self) -> bool:
        return self.readers > 0 and not self.reminded


@dataclass(frozen=True, slots=True)
class OwingSchools:
    """round: as it holds. rows: by commune and name."""

    round: RoundView
    rows: tuple[Owing, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be sent. codes: of the schools that were chosen, None for every one that owes something."""

    school_year: str
    number: int
    text: ReminderText
    codes: frozenset[str] | None


def is_official(identity: Identity) -> bool:
    """Whether a person sends reminders."""
    return may_remind(identity)


def text_of(value: str) -> ReminderText:
    """A text by its name."""
    return ReminderText(value)


def owing(session: Session, identity: Identity, school_year: str, number: int, now: datetime) -> OwingSchools:
    """Every school that owes something in a round. Raises NotFound for who sends no reminders."""
    if not may_remind(identity):
        raise NotFound
    held = rounds.rounds_of(session, school_year).of(number)
    found = {
        school: words
        for school in progress.every_school(session, school_year, now)
        if (words := missing_words(school.counts, number)) is not None
    }
    staff = notices.staff_by_unit(session, [school.key for school in found], _READERS, now)
    reminded = set(session.scalars(sa.select(Reminder.unit_id).where(*_today(school_year, number, now))))
    rows = (
        Owing(
            school.key,
            school.code,
            school.name,
            school.parent_name,
            None if words == SILENT else int(words),
            len(staff.get(school.key, ())),
            school.key in reminded,
        )
        for school, words in found.items()
    )
    return OwingSchools(held, tuple(sorted(rows, key=lambda row: (fold(row.commune), fold(row.name), row.code))))


def chosen(session: Session, identity: Identity, wanted: Wanted, now: datetime) -> tuple[Owing, ...]:
    """The schools that would be reminded now. Raises NotFound; Refused(REMIND_NOBODY) when there is none."""
    held = owing(session, identity, wanted.school_year, wanted.number, now)
    rows = tuple(row for row in held.rows if row.reachable and (wanted.codes is None or row.code in wanted.codes))
    if not rows:
        raise Refused(Problem.REMIND_NOBODY)
    return rows


def remind(session: Session, identity: Identity, wanted: Wanted, now: datetime) -> int:
    """Remind the chosen schools that still owe something; returns how many. Sent twice, each is reminded once.

    Raises as `chosen`.
    """
    rows = chosen(session, identity, wanted, now)
    _write(session, identity, wanted, rows, now)
    written = {
        unit: key
        for key, unit in session.execute(
            sa.select(Reminder.id, Reminder.unit_id).where(
                *_today(wanted.school_year, wanted.number, now), Reminder.unit_id.in_([row.key for row in rows])
            )
        )
    }
    last_day = rounds.rounds_of(session, wanted.school_year).of(wanted.number).last_day
    detail = f"{wanted.text.value} {wanted.school_year} {wanted.number} {last_day.isoformat()}"
    staff = notices.staff_by_unit(session, written, _READERS, now)
    notices.tell_each(
        session,
        [
            (account, News(NoticeKind.ROUND_REMINDER, written[unit], detail=detail))
            for unit, people in staff.items()
            for account in people
        ],
        now,
    )
    return len(rows)


def _write(session: Session, identity: Identity, wanted: Wanted, rows: Collection[Owing], now: datetime) -> None:
    """Two officials may press at once: a row that is there stays as it is."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(
        insert(Reminder).on_conflict_do_nothing(),
        [
            {
                "unit_id": row.key,
                "school_year": wanted.school_year,
                "number": wanted.number,
                "day": day_of(now),
                "text": wanted.text.value,
                "sent_by": identity.account_id,
                "sent_at": now,
            }
            for row in rows
        ],
    )


def _today(school_year: str, number: int, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (Reminder.school_year == school_year, Reminder.number == number, Reminder.day == day_of(now))
