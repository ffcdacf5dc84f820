"""The inventory: once a day, and after each act on a locked record, which version of every pupil's year is current.

Made in a reading transaction, because a province takes seconds; kept in a short writing one. It covers the leaves that
the log had when it was read, so it can be made again from the database for any day (decision 0022).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Fault, Problem, Refused
from portal.models import LogHead, LogInventory, RecordStanding, RecordVersion, Transcript, YearRecordRow
from portal.services import leaf_search, log
from verify import status_list
from verify.log import currency, leaves, notes
from verify.log.currency import CurrencyProof
from verify.log.inventory import Current, Inventory, key_of
from verify.log.leaves import InventoryLeaf, Kind
from verify.standing import StandingState
from verify.status_list import CODES, LIFETIME, StatusList

VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_BATCH: Final = 5000
States = Mapping[int, StandingState]


@dataclass(frozen=True, slots=True)
class Survey:
    """What an inventory is to say. size: leaves that it covers. packed: the status list."""

    size: int
    count: int
    root: bytes
    packed: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """An inventory that was logged. log_index: of its leaf. root: 64 hex. status_bytes: of the status list's file."""

    day: date
    size: int
    count: int
    root: str
    made_at: datetime
    log_index: int
    status_bytes: int


def due(session: Session, now: datetime) -> bool:
    """Whether an inventory is wanted: none yet today, or a record's standing has changed since the newest.

    A log without any locked record has nothing to say.
    """
    held = newest(session)
    if held is None:
        return (
            session.scalar(sa.select(RecordVersion.id).where(RecordVersion.log_index.is_not(None)).limit(1)) is not None
        )
    if held.day < today(now):
        return True
    acted = sa.select(RecordStanding.id).where(RecordStanding.log_index >= held.size).limit(1)
    return session.scalar(acted) is not None


def survey(session: Session) -> Survey:
    """Look at everything that the log holds now; only reads."""
    size = session.scalar(sa.select(LogHead.size).where(LogHead.id == log.HEAD_ID)) or 0
    states = states_below(session, size)
    made = current_below(session, size, states)
    return Survey(size, made.count, made.root(), status_list.pack(size, states))


def keep(session: Session, seen: Survey, signer: notes.Signer, now: datetime, *, again: bool = False) -> Kept | None:
    """Log an inventory, sign its status list; None when another process was first. again: also when none is due.

    Raises Refused(LOG_HELD) as `log.append`.
    """
    log.locked_head(session)
    held = newest(session)
    if (held is not None and held.size >= seen.size) or not (again or due(session, now)):
        return None
    at, day = now.replace(microsecond=0), today(now)
    listed = StatusList(signer.verifier.name, day, seen.size, at, at + LIFETIME, seen.packed)
    leaf = InventoryLeaf(day, seen.size, seen.count, seen.root.hex(), listed.sha256, at)
    row = LogInventory(
        day=day,
        size=seen.size,
        count=seen.count,
        root=leaf.root,
        status_sha256=leaf.status_sha256,
        made_at=at,
        log_index=log.append(session, [leaves.to_bytes(leaf)], signer, now),
        status_list=status_list.build(listed, signer),
    )
    session.add(row)
    session.flush()
    return _kept(row)


def newest_kept(session: Session) -> Kept | None:
    """The inventory that holds, in short."""
    held = newest(session)
    return None if held is None else _kept(held)


def newest(session: Session) -> LogInventory | None:
    """The inventory that holds."""
    return session.scalar(sa.select(LogInventory).order_by(LogInventory.log_index.desc()).limit(1))


def newest_list(session: Session) -> bytes | None:
    """The signed status list of the newest inventory."""
    held = newest(session)
    return None if held is None else held.status_list


def list_of(session: Session, day: date) -> bytes | None:
    """The signed status list of a day: of its first inventory, which never changes."""
    held = first_of(session, day)
    return None if held is None else held.status_list


def first_of(session: Session, day: date) -> LogInventory | None:
    """The first inventory of a day."""
    of_day = sa.select(LogInventory).where(LogInventory.day == day)
    return session.scalar(of_day.order_by(LogInventory.log_index).limit(1))


def prove(session: Session, lookup_code: str, school_year: str) -> bytes:
    """The file that proves, under the newest inventory, which version of a pupil's year is current, or that none is.

    Makes the map again: seconds for a province. Raises Refused(NOTHING_TO_DO) before the first inventory.
    """
    return prove_all(session, [(lookup_code, school_year)])[0]


def prove_all(session: Session, years: Sequence[tuple[str, str]]) -> tuple[bytes, ...]:
    """The same for several years, with one map. years: lookup code and school year of each."""
    held = newest(session)
    if held is None:
        raise Refused(Problem.NOTHING_TO_DO, what="inventory")
    made = current_below(session, held.size, states_below(session, held.size))
    if made.root().hex() != held.root:
        raise Fault(Problem.STORE_DAMAGED, what="inventory")
    leaf, receipt = log.leaf(session, held.log_index), log.receipt_of(session, held.log_index)
    return tuple(currency.build(CurrencyProof(leaf, receipt, made.prove(key_of(*each)))) for each in years)


def states_below(session: Session, size: int) -> dict[int, StandingState]:
    """What the first `size` leaves say of the records that they name."""
    acts = leaf_search.of_kinds(session, Kind.SUPERSEDE, Kind.REVOKE, Kind.ANNOTATE, below=size)
    return status_list.states_of(acts)


def current_below(session: Session, size: int, states: States) -> Inventory:
    """The map over the newest version of each pupil's year that the first `size` leaves lock."""
    statement = (
        sa.select(
            RecordVersion.year_record_id,
            Transcript.lookup_code,
            YearRecordRow.school_year,
            RecordVersion.version,
            RecordVersion.log_index,
        )
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .where(RecordVersion.log_index < size)
        .order_by(RecordVersion.year_record_id, RecordVersion.version)
    )
    made, last = Inventory(), None
    for row in session.execute(statement).yield_per(_BATCH):
        if last is not None and row[0] != last[0]:
            _add(made, last, states)
        last = row
    if last is not None:
        _add(made, last, states)
    return made


def _add(made: Inventory, row: sa.Row[int, str, str, int, int | None], states: States) -> None:
    _year_record, code, school_year, version, index = row
    if index is not None:
        standing = CODES[states.get(index, StandingState.IN_FORCE)]
        made.add(key_of(code, school_year), Current(version, standing, index))


def _kept(row: LogInventory) -> Kept:
    return Kept(row.day, row.size, row.count, row.root, row.made_at, row.log_index, len(row.status_list))


def today(now: datetime) -> date:
    """The day in the province."""
    return now.astimezone(VIETNAM).date()
