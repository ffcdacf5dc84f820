"""What a print in somebody's hand opens: with its code and the birth date, the results of the year that it shows.

Each print is a row with its years. It opens them for a year after it was made, unless the family ends that before;
the status card behind the code never ends (decision 0037).
"""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import Print, RecordVersion, Scope, State, Transcript, YearRecordRow
from portal.services.opened import Look, Opened, refuse, show


@dataclass(frozen=True, slots=True)
class PrintView:
    """A print for the family. years: it shows. open: it opens them today."""

    id: int
    years: tuple[str, ...]
    issued_at: datetime
    opens_until: datetime | None
    open: bool


def open_print(session: Session, code: str, year: str, version: int, born: date, network: str, now: datetime) -> Opened:
    """The results of the year and version that a print shows. Raises NotFound, whatever is wrong; writes either."""
    found = session.scalar(sa.select(Transcript).where(Transcript.lookup_code == code))
    look = Look(None, "print", None, network, now)
    if found is None or found.birth_date != born or not _is_open(session, found, year, version, now):
        refuse(session, found.id if found is not None else None, look)
        raise NotFound
    row = session.scalar(
        sa.select(RecordVersion)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .where(
            YearRecordRow.transcript_id == found.id,
            YearRecordRow.school_year == year,
            RecordVersion.version == version,
            RecordVersion.state == State.LOCKED.value,
        )
    )
    if row is None:
        refuse(session, found.id, look)
        raise NotFound
    return show(session, found, {year: row}, Scope.MARKS, look)


def prints_of(session: Session, found: Transcript, now: datetime) -> tuple[PrintView, ...]:
    """Prints of a record, newest first; the caller has asked whose child it is."""
    rows = session.scalars(
        sa.select(Print).where(Print.transcript_id == found.id).order_by(Print.issued_at.desc(), Print.id.desc())
    )
    return tuple(
        PrintView(
            row.id, tuple(str(year) for year, _version in row.years), row.issued_at, row.opens_until, _open(row, now)
        )
        for row in rows
    )


def close(session: Session, identity: Identity, print_id: int, now: datetime) -> str:
    """A print opens nothing any more; returns the child's code. Raises NotFound for who is no guardian."""
    row = session.get(Print, print_id)
    if row is None or row.transcript_id not in identity.children:
        raise NotFound
    if row.closed_at is None:
        row.closed_at = now
        session.flush()
    return session.get_one(Transcript, row.transcript_id).lookup_code


def _is_open(session: Session, found: Transcript, year: str, version: int, now: datetime) -> bool:
    rows = session.scalars(sa.select(Print).where(Print.transcript_id == found.id))
    made = any(_open(row, now) and [year, version] in row.years for row in rows)
    return made and found.restricted_at is None


def _open(row: Print, now: datetime) -> bool:
    return row.closed_at is None and row.opens_until is not None and row.opens_until > now
