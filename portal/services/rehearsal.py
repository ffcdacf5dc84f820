"""What would lock now, what would not, and why: every pupil's year of the province has exactly one fate.

The fate is one SQL expression, so that the counts, the lists behind them and the set that is locked cannot disagree.
Only the newest version of a year counts: what was replaced has a successor, and the successor's fate is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import (
    PRIMARY_KINDS,
    KeyAuthorisation,
    RecordSignature,
    RecordVersion,
    State,
    Transcript,
    Unit,
    YearRecordRow,
)
from portal.permissions import UnitScope, may_list_round_records, may_watch_rounds
from portal.services.organisation import alive_on, day_of
from portal.services.rounds import YearRounds
from portal.services.transitions import beside_a_locked, frozen
from portal.vietnamese import fold
from verify.signing import Role

PAGE_ROWS: Final = 50


class Fate(StrEnum):
    """What becomes of a pupil's year when its round is locked. Closed: each has words in `portal.presenters.rounds`."""

    LOCKED = "locked"
    LOCKING = "locking"  # confirmed by two officials, the work is under way
    FIRST = "first"  # would lock with the first round
    SECOND = "second"  # would lock with the second round: additional assessment
    LATE = "late"  # accepted after its cut-off: needs a decision of its own
    SUBMITTED = "submitted"  # signed, not accepted
    UNSIGNED = "unsigned"
    NO_HEAD = "no_head"
    NO_SEAL = "no_seal"
    NO_KEY = "no_key"  # unsigned, and the school has no key in force for what is missing
    DAMAGED = "damaged"  # accepted, but the stored signatures are gone: the audit must look
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


WOULD_LOCK: Final = {1: Fate.FIRST, 2: Fate.SECOND}


@dataclass(frozen=True, slots=True)
class SchoolFates:
    """One school. counts: pupils' years by fate; empty for a school that has sent nothing."""

    unit_id: int
    code: str
    name: str
    commune: str
    counts: Mapping[Fate, int]

    def count(self, *fates: Fate) -> int:
        return sum(self.counts.get(fate, 0) for fate in fates)

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class FateRow:
    """A record in a list: never ethnicity, height or weight (domain §6). accepted_at: None before."""

    code: str
    full_name: str
    class_name: str
    unit_name: str
    packet_id: int
    accepted_at: datetime | None


@dataclass(frozen=True, slots=True)
class FatePage:
    """A page of a list. page: from 1."""

    rows: tuple[FateRow, ...]
    total: int
    page: int
    pages: int


def rehearse(session: Session, identity: Identity, rounds: YearRounds, now: datetime) -> tuple[SchoolFates, ...]:
    """Counts of each school within reach, by commune and name: two queries whatever the size of the province.

    Raises NotFound for who watches nothing.
    """
    scope = may_watch_rounds(identity)
    if scope.nothing:
        raise NotFound
    plainly(session)
    held = fates(rounds, now, _within(scope))
    counted = session.execute(
        sa.select(held.c.unit_id, held.c.fate, sa.func.count()).group_by(held.c.unit_id, held.c.fate)
    )
    counts: dict[int, dict[Fate, int]] = {}
    for unit_id, name, count in counted:
        counts.setdefault(unit_id, {})[Fate(name)] = count
    units = session.execute(
        sa.select(Unit.id, Unit.code, Unit.name, Unit.commune).where(
            sa.or_(sa.and_(Unit.kind.in_(PRIMARY_KINDS), alive_on(day_of(now))), Unit.id.in_(list(counts))),
            _unit_within(scope),
        )
    )
    found = [SchoolFates(key, code, name, commune or "", counts.get(key, {})) for key, code, name, commune in units]
    return tuple(sorted(found, key=lambda each: (fold(each.commune), fold(each.name))))


def may_list(identity: Identity) -> bool:
    """Whether a person sees the pupils behind the counts of some school; a committee does not."""
    return not may_list_round_records(identity).nothing


def records_with(
    session: Session,
    identity: Identity,
    rounds: YearRounds,
    wanted: Sequence[Fate],
    unit_code: str | None,
    page: int,
    now: datetime,
) -> FatePage:
    """The records behind a count, by name. Raises NotFound for who may not watch that school."""
    scope = may_list_round_records(identity)
    if scope.nothing or (unit_code is not None and not scope.covers(unit_code)):
        raise NotFound
    plainly(session)
    within = _within(scope if unit_code is None else UnitScope(units=frozenset({unit_code})))
    held = fates(rounds, now, within)
    chosen = held.c.fate.in_([fate.value for fate in wanted])
    total = session.execute(sa.select(sa.func.count()).select_from(held).where(chosen)).scalar_one()
    pages = max(1, -(-total // PAGE_ROWS))
    page = min(max(page, 1), pages)
    rows = session.execute(
        sa.select(
            Transcript.lookup_code,
            RecordVersion.full_name,
            RecordVersion.class_name,
            Unit.name,
            RecordVersion.packet_id,
            RecordVersion.accepted_at,
        )
        .select_from(held)
        .join(RecordVersion, RecordVersion.id == held.c.version_id)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .join(Unit, Unit.id == RecordVersion.issuing_unit_id)
        .where(chosen)
        .order_by(RecordVersion.sort_name, RecordVersion.id)
        .limit(PAGE_ROWS)
        .offset((page - 1) * PAGE_ROWS)
    )
    return FatePage(tuple(FateRow(*row) for row in rows), total, page, pages)


def plainly(session: Session) -> None:
    """Let PostgreSQL run what asks for a fate as it is: compiling it takes 1.5 s, counting 5,000 records 30 ms."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SET LOCAL jit = off"))


def fates(rounds: YearRounds, now: datetime, *where: sa.ColumnElement[bool]) -> sa.CTE:
    """version_id, unit_id and fate of the newest version of every pupil's year, where a condition on it holds.

    A year that is locked stays so whatever a school brings in beside it to supersede it.
    Materialised: a planner that filters by a fate, of which it knows nothing, expects a handful of rows and loops.
    """
    later = aliased(RecordVersion)
    newer = sa.exists().where(
        later.year_record_id == RecordVersion.year_record_id,
        later.version > RecordVersion.version,
        sa.or_(RecordVersion.state != State.LOCKED.value, later.state == State.LOCKED.value),
    )
    counts = sa.or_(RecordVersion.state == State.LOCKED.value, ~beside_a_locked(RecordVersion))
    statement = (
        sa.select(
            RecordVersion.id.label("version_id"),
            RecordVersion.issuing_unit_id.label("unit_id"),
            _fate(rounds, now).label("fate"),
        )
        .select_from(YearRecordRow)
        .join(RecordVersion, RecordVersion.year_record_id == YearRecordRow.id)
        .where(YearRecordRow.school_year == rounds.school_year, ~newer, counts, *where)
    )
    return statement.cte("fates").prefix_with("MATERIALIZED", dialect="postgresql")


def _fate(rounds: YearRounds, now: datetime) -> sa.Case[str]:
    """The fate of a version in SQL. now: which keys are in force."""
    state, accepted_at = RecordVersion.state, RecordVersion.accepted_at
    accepted, head, seal = state == State.ACCEPTED.value, _signed(Role.HEAD), _signed(Role.SCHOOL_SEAL)
    on_the_way = state.in_((State.DRAFT.value, State.SUBMITTED.value))
    lacks_key = sa.or_(
        sa.and_(~head, ~_key_in_force(Role.HEAD, now)), sa.and_(~seal, ~_key_in_force(Role.SCHOOL_SEAL, now))
    )
    return sa.case(
        (state == State.LOCKED.value, Fate.LOCKED.value),
        (sa.and_(accepted, frozen(RecordVersion.id)), Fate.LOCKING.value),
        (sa.and_(accepted, ~sa.and_(head, seal)), Fate.DAMAGED.value),
        (
            sa.and_(accepted, sa.not_(RecordVersion.awaits_assessment), accepted_at < rounds.first.deadline),
            Fate.FIRST.value,
        ),
        (sa.and_(accepted, accepted_at < rounds.second.deadline, _awaited()), Fate.SECOND.value),
        (accepted, Fate.LATE.value),
        (state == State.WITHDRAWN.value, Fate.WITHDRAWN.value),
        (state == State.REJECTED.value, Fate.REJECTED.value),
        (sa.and_(on_the_way, lacks_key), Fate.NO_KEY.value),
        (sa.and_(on_the_way, ~head, ~seal), Fate.UNSIGNED.value),
        (sa.and_(on_the_way, ~head), Fate.NO_HEAD.value),
        (sa.and_(on_the_way, ~seal), Fate.NO_SEAL.value),
        else_=Fate.SUBMITTED.value,
    )


def _awaited() -> sa.Exists:
    """This version or an earlier one of the year awaited additional assessment: it belongs to the second round."""
    earlier = aliased(RecordVersion)
    return sa.exists().where(earlier.year_record_id == RecordVersion.year_record_id, earlier.awaits_assessment)


def _signed(role: Role) -> sa.Exists:
    return sa.exists().where(RecordSignature.version_id == RecordVersion.id, RecordSignature.role == role.value)


def _key_in_force(role: Role, now: datetime) -> sa.Exists:
    return sa.exists().where(
        KeyAuthorisation.unit_id == RecordVersion.issuing_unit_id,
        KeyAuthorisation.role == role.value,
        KeyAuthorisation.valid_from <= now,
        sa.or_(KeyAuthorisation.valid_to.is_(None), KeyAuthorisation.valid_to > now),
    )


def _within(scope: UnitScope) -> sa.ColumnElement[bool]:
    if scope.everything:
        return sa.true()
    return RecordVersion.issuing_unit_id.in_(sa.select(Unit.id).where(Unit.code.in_(scope.units)))


def _unit_within(scope: UnitScope) -> sa.ColumnElement[bool]:
    return sa.true() if scope.everything else Unit.code.in_(scope.units)
