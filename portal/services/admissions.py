"""Grade 6: a lower-secondary school claims whom it takes in, by code and birth date, and takes their results as data.

Code and birth date come from the parent, with the paper. A claim lets the school read the results of the newest year,
nothing else of the record, and for half a year; what has not been locked is told plainly and shows no results.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import (
    AdmissionClaim,
    RecordVersion,
    State,
    Transcript,
    Unit,
    UnitKind,
    YearRecordRow,
)
from portal.permissions import may_admit
from portal.sandbox import Sandbox
from portal.services import blobs, checking
from portal.services.access import Action, Outcome, record_access
from portal.services.organisation import alive_on, day_of
from portal.services.standing import standings_of
from portal.vietnamese import sort_key
from portal.workbooks.code_list import CodeLine, code_lines, read_code_list
from portal.workbooks.refusals import WorkbookRefused
from verify.containers.roots import read_root
from verify.record.model import YearContent
from verify.standing import IN_FORCE, StandingState

__all__ = [
    "Admitted",
    "LineOutcome",
    "WorkbookRefused",
    "YearTold",
    "claim",
    "drop",
    "intake_list",
    "read_list",
    "results",
    "schools_of",
]

KEPT: Final = timedelta(days=180)
# So many wrong lines of one list are slips; more are guesses, and the rest is not looked at.
MISSES: Final = 20
LARGEST_ID: Final = 2**31 - 1
_ADMITTING: Final = (UnitKind.LOWER_SECONDARY.value, UnitKind.COMBINED.value)
_STANDS: Final = (StandingState.IN_FORCE, StandingState.ANNOTATED)
_LIVING: Final = (State.DRAFT.value, State.SUBMITTED.value, State.ACCEPTED.value, State.LOCKED.value)


class LineOutcome(StrEnum):
    """What became of a line of a list."""

    CLAIMED = "claimed"
    ALREADY = "already"
    BAD_CODE = "bad_code"
    NO_BIRTH_DATE = "no_birth_date"
    UNKNOWN = "unknown"  # no such code, or another birth date
    USED_UP = "used_up"  # the record's guesses of the day
    NOT_ASKED = "not_asked"  # after too many lines that led nowhere


class YearTold(StrEnum):
    """What holds of a claimed pupil's newest year."""

    LOCKED = "locked"
    NOT_LOCKED = "not_locked"
    NOT_IN_FORCE = "not_in_force"


@dataclass(frozen=True, slots=True)
class Admitted:
    """A claimed pupil. school_year, grade, school: of the newest year, None where there is none yet."""

    claim_id: int
    transcript_id: int
    code: str
    full_name: str
    birth_date: date
    told: YearTold
    school_year: str | None
    grade: int | None
    school: str | None
    root_sha256: str | None


def schools_of(session: Session, identity: Identity, now: datetime) -> dict[str, str]:
    """Schools with a grade 6 for which this person works, by code, with names; empty for who may not."""
    rows = session.execute(
        sa.select(Unit.code, Unit.name)
        .where(Unit.code.in_(may_admit(identity)), Unit.kind.in_(_ADMITTING), alive_on(day_of(now)))
        .order_by(Unit.code)
    )
    return {row.code: row.name for row in rows}


def read_list(sandbox: Sandbox, typed: str, data: bytes | None) -> tuple[CodeLine, ...]:
    """The lines of a list: of a file, which is opened in a child, else of what was typed. Raises WorkbookRefused."""
    return code_lines(typed) if data is None else sandbox.run(read_code_list, data)


def claim(
    session: Session, identity: Identity, unit_code: str, lines: Sequence[CodeLine], now: datetime, network: str
) -> tuple[LineOutcome, ...]:
    """Put on the intake list whom the lines name; one outcome a line. Raises NotFound for who works for no such school.

    Each line is a look that is written down; a birth date that a record does not have spends that record's guesses.
    """
    school = _school(session, identity, unit_code, now)
    found: list[LineOutcome] = []
    misses = 0
    for line in lines:
        outcome = LineOutcome.NOT_ASKED if misses >= MISSES else _claim(session, identity, school, line, now, network)
        misses += outcome in (LineOutcome.UNKNOWN, LineOutcome.USED_UP)
        found.append(outcome)
    session.flush()
    return tuple(found)


def _claim(
    session: Session, identity: Identity, school: Unit, line: CodeLine, now: datetime, network: str
) -> LineOutcome:
    if line.code is None:
        return LineOutcome.BAD_CODE
    if line.birth_date is None:
        return LineOutcome.NO_BIRTH_DATE
    pupil = session.scalar(sa.select(Transcript).where(Transcript.lookup_code == line.code))
    if pupil is None or pupil.restricted_at is not None:
        return LineOutcome.UNKNOWN
    tried = line.birth_date.isoformat()
    if not checking.record_guess(session, identity, line.code, pupil.id, tried, now, network):
        return LineOutcome.USED_UP
    return _put(session, identity, school, pupil, now) if pupil.birth_date == line.birth_date else LineOutcome.UNKNOWN


def _put(session: Session, identity: Identity, school: Unit, pupil: Transcript, now: datetime) -> LineOutcome:
    held = session.scalar(
        sa.select(AdmissionClaim).where(
            AdmissionClaim.unit_id == school.id,
            AdmissionClaim.transcript_id == pupil.id,
            AdmissionClaim.ended_at.is_(None),
        )
    )
    if held is not None and held.claimed_at + KEPT > now:
        return LineOutcome.ALREADY
    if held is not None:
        held.ended_at = now
        session.flush()
    who = identity.account_id
    session.add(
        AdmissionClaim(unit_id=school.id, transcript_id=pupil.id, claimed_by=who, claimed_at=now, ended_at=None)
    )
    session.flush()
    return LineOutcome.CLAIMED


def drop(session: Session, identity: Identity, claim_id: int, now: datetime) -> None:
    """Take a pupil off the list; done before: nothing happens. Raises NotFound."""
    held = session.get(AdmissionClaim, min(claim_id, LARGEST_ID))
    if held is None:
        raise NotFound
    _school(session, identity, session.get_one(Unit, held.unit_id).code, now)
    if held.ended_at is None:
        held.ended_at = now
        session.flush()


def intake_list(session: Session, identity: Identity, unit_code: str, now: datetime) -> tuple[Admitted, ...]:
    """The school's intake list in Vietnamese order of names, without records that families had closed; NotFound."""
    school = _school(session, identity, unit_code, now)
    claims = session.execute(
        sa.select(AdmissionClaim.id, Transcript)
        .join(Transcript, Transcript.id == AdmissionClaim.transcript_id)
        .where(
            AdmissionClaim.unit_id == school.id,
            AdmissionClaim.ended_at.is_(None),
            AdmissionClaim.claimed_at > now - KEPT,
            Transcript.restricted_at.is_(None),
        )
    ).all()
    newest = _newest_years(session, [pupil.id for _claim_id, pupil in claims])
    listed = [_admitted(claim_id, pupil, newest.get(pupil.id)) for claim_id, pupil in claims]
    return tuple(sorted(listed, key=lambda each: (sort_key(each.full_name), each.claim_id)))


def results(
    session: Session, identity: Identity, unit_code: str, now: datetime, network: str
) -> tuple[tuple[Admitted, YearContent | None], ...]:
    """The list with what each pupil's locked newest year says; each look is written down. Raises NotFound."""
    found: list[tuple[Admitted, YearContent | None]] = []
    for each in intake_list(session, identity, unit_code, now):
        shown = each.told is YearTold.LOCKED and each.root_sha256 is not None
        content = read_root(blobs.get(session, each.root_sha256)).content if shown and each.root_sha256 else None
        record_access(
            session,
            identity=identity,
            action=Action.RECORDS_EXPORT,
            transcript_id=each.transcript_id,
            outcome=Outcome.ALLOWED,
            network=network,
            now=now,
        )
        found.append((each, content))
    return tuple(found)


def _school(session: Session, identity: Identity, unit_code: str, now: datetime) -> Unit:
    if unit_code not in schools_of(session, identity, now):
        raise NotFound
    return session.scalars(sa.select(Unit).where(Unit.code == unit_code)).one()


@dataclass(frozen=True, slots=True)
class _Year:
    school_year: str
    version: RecordVersion
    told: YearTold


def _newest_years(session: Session, transcripts: Sequence[int]) -> Mapping[int, _Year]:
    """By transcript the newest year, and of it the version that stands."""
    rows = session.execute(
        sa.select(YearRecordRow.transcript_id, YearRecordRow.school_year, RecordVersion)
        .join(RecordVersion, RecordVersion.year_record_id == YearRecordRow.id)
        .where(YearRecordRow.transcript_id.in_(transcripts), RecordVersion.state.in_(_LIVING))
        .order_by(YearRecordRow.school_year.desc(), RecordVersion.version.desc())
    ).all()
    held = standings_of(session, [row[2].id for row in rows if row[2].state == State.LOCKED.value])
    ranks = {YearTold.LOCKED: 0, YearTold.NOT_IN_FORCE: 1, YearTold.NOT_LOCKED: 2}
    found: dict[int, _Year] = {}
    for transcript_id, school_year, version in rows:
        if version.state != State.LOCKED.value:
            told = YearTold.NOT_LOCKED
        else:
            told = YearTold.LOCKED if held.get(version.id, IN_FORCE).state in _STANDS else YearTold.NOT_IN_FORCE
        best = found.get(transcript_id)
        if best is None or (best.school_year == school_year and ranks[told] < ranks[best.told]):
            found[transcript_id] = _Year(school_year, version, told)
    return found


def _admitted(claim_id: int, pupil: Transcript, year: _Year | None) -> Admitted:
    return Admitted(
        claim_id,
        pupil.id,
        pupil.lookup_code,
        pupil.full_name,
        pupil.birth_date,
        year.told if year is not None else YearTold.NOT_LOCKED,
        year.school_year if year is not None else None,
        year.version.grade if year is not None else None,
        year.version.issuing_unit_name if year is not None else None,
        year.version.root_sha256 if year is not None else None,
    )
