"""Extracts for procedures (plan PL 2.3d): chosen years printed under a number of their own, recorded as issued.

The holder issues one: the family, or the school that keeps the record. It holds the chosen sections, or is the whole
official form; sealed like every print. Its foot bears the number, under which anybody reads what it covers and whether
it still holds.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import Account, Extract, Print, RecordVersion, State, Transcript, Unit
from portal.permissions import RecordScope, may_issue_extracts
from portal.services.access import Action, Outcome, record_access
from portal.services.lookup import basis_of, masked_name, readable_versions
from portal.services.organisation import day_of
from portal.services.papers import VIETNAM
from portal.services.prints import Press, Printed, frame_of, locked_versions, print_of, sections_of
from portal.services.standing import standing_of
from portal.services.verdicts import new_number, read_number
from verify.form.render import EXCERPT_OF, PrintContext
from verify.form.sections import Section, in_order, printable_alone
from verify.standing import Standing

PREFIX: Final = "TL"
LONGEST: Final = timedelta(days=5 * 366)
PAGE_ROWS: Final = 50
SECTIONS: Final = "sections="
"""How the ledger begins to say which sections of a record an extract holds."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """years: school years to print. sections: which parts of them; None for the whole form with the signed bytes.

    destination: the procedure, and who receives it. expires_on: last day, or None.
    """

    years: tuple[str, ...]
    sections: tuple[Section, ...] | None
    destination: str
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Holder:
    """A record of which this person may issue extracts. years: locked ones, newest first."""

    found: Transcript
    full_name: str
    years: dict[str, RecordVersion]


@dataclass(frozen=True, slots=True)
class ExtractLine:
    """An issued extract for who may issue them. sections: as of `Wanted`. holds: neither expired nor ended."""

    id: int
    number: str
    full_name: str
    code: str
    years: tuple[str, ...]
    sections: tuple[Section, ...] | None
    destination: str
    issuer: str
    by_guardian: bool
    issued_at: datetime
    expires_on: date | None
    ended_at: datetime | None
    holds: bool


@dataclass(frozen=True, slots=True)
class CoveredYear:
    """A year of an extract. standing: of the printed version today."""

    school_year: str
    version: int
    grade: int
    class_name: str
    school_name: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class ToldExtract:
    """What a number tells anybody: what the public card tells too, and what was issued.

    sections: as of `Wanted`. holds: as of `ExtractLine`.
    """

    number: str
    masked_name: str
    years: tuple[CoveredYear, ...]
    sections: tuple[Section, ...] | None
    by_guardian: bool
    issued_at: datetime
    expires_on: date | None
    ended_at: datetime | None
    holds: bool


@dataclass(frozen=True, slots=True)
class ExtractPage:
    """page: from 1."""

    rows: tuple[ExtractLine, ...]
    page: int
    pages: int


def holder(session: Session, identity: Identity, code: str) -> Holder:
    """The record and its locked years, for who may issue extracts of it. Raises NotFound."""
    found, versions = readable_versions(session, identity, code)
    if found is None or not _covers(session, may_issue_extracts(identity), found):
        raise NotFound
    locked = {year: version for year, version in versions.items() if version.state == State.LOCKED.value}
    newest = next(iter(versions.values()), None)
    if newest is None:
        raise NotFound
    return Holder(found, newest.full_name, locked)


def issue(
    session: Session, press: Press, identity: Identity, code: str, wanted: Wanted, now: datetime, network: str
) -> str:
    """Issue an extract; returns its number. Raises NotFound; Refused with EXTRACT_YEARS, EXTRACT_SECTIONS or
    EXTRACT_DAY, and as `print_of`.
    """
    held = holder(session, identity, code)
    if not wanted.years or not set(wanted.years) <= set(held.years):
        raise Refused(Problem.EXTRACT_YEARS)
    if wanted.sections is not None and not printable_alone(wanted.sections):
        raise Refused(Problem.EXTRACT_SECTIONS)
    if wanted.expires_on is not None and not day_of(now) <= wanted.expires_on <= day_of(now + LONGEST):
        raise Refused(Problem.EXTRACT_DAY)
    number = new_number(PREFIX)
    chosen = {year: held.years[year] for year in sorted(wanted.years)}
    frame = _frame(press.context, number, wanted.sections)
    _note(session, identity, held.found, tuple(chosen), frame, wanted.destination, network, now)
    print_of(session, replace(press, context=frame), held.found, chosen, now, _until(wanted.expires_on))
    session.add(
        Extract(
            number=number,
            transcript_id=held.found.id,
            print_id=session.scalars(sa.select(Print.id).where(Print.extract == number)).one(),
            destination=wanted.destination,
            by_guardian=held.found.id in identity.children,
            issued_by=identity.account_id,
            issued_at=now,
            expires_on=wanted.expires_on,
        )
    )
    session.flush()
    return number


def pdf_of(session: Session, press: Press, identity: Identity, number: str, now: datetime, network: str) -> Printed:
    """The file of an extract, for who may issue them. Raises NotFound; Refused(EXTRACT_ENDED), and as `print_of`."""
    row, found, printed = _held(session, identity, number)
    if not _holds(row, now):
        raise Refused(Problem.EXTRACT_ENDED)
    locked = locked_versions(session, found.id)
    chosen = {str(year): locked[str(year), int(version)] for year, version in printed.years}
    frame = frame_of(printed)
    _note(session, identity, found, tuple(chosen), frame, row.destination, network, now)
    made = print_of(session, replace(press, context=frame), found, chosen, now, _until(row.expires_on))
    return Printed(made.pdf, f"trich-luc_{row.number}.pdf")


def end(session: Session, identity: Identity, number: str, now: datetime) -> str:
    """The extract is not to be used any more, and its code opens nothing; returns the lookup code. Raises NotFound."""
    row, found, printed = _held(session, identity, number)
    if row.ended_at is None:
        row.ended_by, row.ended_at = identity.account_id, now
        printed.closed_at = printed.closed_at or now
        session.flush()
    return found.lookup_code


def told(session: Session, text: str, now: datetime) -> ToldExtract:
    """What a number in any spelling tells anybody; raises NotFound."""
    number = read_number(text, PREFIX)
    row = session.scalar(sa.select(Extract).where(Extract.number == number)) if number is not None else None
    if row is None or session.get_one(Transcript, row.transcript_id).restricted_at is not None:
        raise NotFound
    locked = locked_versions(session, row.transcript_id)
    printed = session.get_one(Print, row.print_id)
    years = [locked[str(year), int(version)] for year, version in printed.years]
    names = [str(year) for year, _version in printed.years]
    return ToldExtract(
        number=row.number,
        masked_name=masked_name(years[-1].full_name),
        years=tuple(
            CoveredYear(
                name,
                version.version,
                version.grade,
                version.class_name,
                version.issuing_unit_name,
                standing_of(session, version.id),
            )
            for name, version in zip(names, years, strict=True)
        ),
        sections=sections_of(printed),
        by_guardian=row.by_guardian,
        issued_at=row.issued_at,
        expires_on=row.expires_on,
        ended_at=row.ended_at,
        holds=_holds(row, now),
    )


def named(session: Session, number: str | None, transcript_id: int | None, now: datetime) -> ToldExtract | None:
    """The extract that a checked document names, if it was issued of the record with which it was compared."""
    own = sa.select(Extract.id).where(Extract.number == number, Extract.transcript_id == transcript_id)
    if number is None or transcript_id is None or session.scalar(own) is None:
        return None
    return told(session, number, now)


def of_record(session: Session, found: Transcript, now: datetime) -> tuple[ExtractLine, ...]:
    """Extracts of one record, newest first; the caller has asked who may see them."""
    rows = session.execute(_lines().where(Extract.transcript_id == found.id).order_by(Extract.id.desc()))
    return tuple(_line(row, now) for row in rows.all())


def extracts(session: Session, identity: Identity, page: int, now: datetime) -> ExtractPage:
    """A page of the extracts of records that this person holds, newest first; raises NotFound for who holds none."""
    scope = may_issue_extracts(identity)
    if scope.nothing:
        raise NotFound
    where = sa.or_(Unit.code.in_(scope.managed_by), Transcript.id.in_(scope.children))
    total = session.scalar(sa.select(sa.func.count()).select_from(_lines().where(where).subquery())) or 0
    pages = max(1, -(-total // PAGE_ROWS))
    page = min(max(page, 1), pages)
    rows = session.execute(
        _lines().where(where).order_by(Extract.id.desc()).limit(PAGE_ROWS).offset((page - 1) * PAGE_ROWS)
    )
    return ExtractPage(tuple(_line(row, now) for row in rows.all()), page, pages)


def _lines() -> sa.Select[Extract, str, str, Print, str]:
    return (
        sa.select(Extract, Transcript.full_name, Transcript.lookup_code, Print, Account.display_name)
        .join(Transcript, Transcript.id == Extract.transcript_id)
        .join(Unit, Unit.id == Transcript.managing_unit_id)
        .join(Print, Print.id == Extract.print_id)
        .join(Account, Account.id == Extract.issued_by)
    )


def _line(row: sa.Row[Extract, str, str, Print, str], now: datetime) -> ExtractLine:
    held, full_name, code, printed, issuer = row
    return ExtractLine(
        id=held.id,
        number=held.number,
        full_name=full_name,
        code=code,
        years=tuple(str(year) for year, _version in printed.years),
        sections=sections_of(printed),
        destination=held.destination,
        issuer=issuer,
        by_guardian=held.by_guardian,
        issued_at=held.issued_at,
        expires_on=held.expires_on,
        ended_at=held.ended_at,
        holds=_holds(held, now),
    )


def _held(session: Session, identity: Identity, number: str) -> tuple[Extract, Transcript, Print]:
    row = session.scalar(sa.select(Extract).where(Extract.number == read_number(number, PREFIX)))
    found = session.get_one(Transcript, row.transcript_id) if row is not None else None
    if row is None or found is None or not _covers(session, may_issue_extracts(identity), found):
        raise NotFound
    return row, found, session.get_one(Print, row.print_id)


def _covers(session: Session, scope: RecordScope, found: Transcript) -> bool:
    return scope.covers(session.get_one(Unit, found.managing_unit_id).code, "", found.id)


def _holds(row: Extract, now: datetime) -> bool:
    return row.ended_at is None and (row.expires_on is None or day_of(now) <= row.expires_on)


def _until(day: date | None) -> datetime | None:
    """The end of a day of the province."""
    return datetime.combine(day + timedelta(days=1), time(), VIETNAM) if day is not None else None


def _frame(context: PrintContext, number: str, sections: tuple[Section, ...] | None) -> PrintContext:
    """Of an extract of chosen sections with the template that prints no others."""
    if sections is None:
        return replace(context, extract=number)
    template = EXCERPT_OF[context.template]
    return replace(context, extract=number, sections=in_order(sections), template=template)


def _note(
    session: Session,
    identity: Identity,
    found: Transcript,
    years: tuple[str, ...],
    frame: PrintContext,
    destination: str,
    network: str,
    now: datetime,
) -> None:
    """In the ledger: which years and sections were printed, under which number, for what."""
    sections = f"{SECTIONS}{','.join(frame.sections)}: " if frame.sections is not None else ""
    record_access(
        session,
        identity=identity,
        action=Action.RECORD_PRINT,
        transcript_id=found.id,
        outcome=Outcome.ALLOWED,
        network=network,
        now=now,
        basis=basis_of(identity, found),
        fields=f"{sections}{', '.join(years)}",
        purpose=f"{frame.extract}: {destination}",
    )
