"""What is noticed of guessing and forging, and the alarms that come of it (decision 0038). No personal data is kept.

What was seen is counted under keyed hashes: the same forged cell on two files, one code from many networks. An alarm
is one row for each kind and subject, so that a machine that goes on for hours does not bury the others.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import Account, Alarm, AlarmKind, Decoy, Sighting, Transcript
from portal.permissions import may_lay_decoys, may_see_alarms
from verify.verdict import Conclusion, Verdict

VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
# A class shows its parents the same code from home, work and phone; a code that is passed around does better.
NETWORKS: Final = 40
FORGED_FILES: Final = 2
# A scan of a mistaken page differs in everything and says nothing of a forger.
_MOST_CELLS: Final = 10
_KEPT: Final = {AlarmKind.NETWORKS: timedelta(days=2), AlarmKind.FORGED_CELL: timedelta(days=730)}
_MOST_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A code that somebody asked for. network: as limits count it; kept: shortened, as the ledger keeps it."""

    code: str
    found: bool
    network: str
    kept: str


@dataclass(frozen=True, slots=True)
class AlarmView:
    """An alarm. code: of the record, None where none is meant."""

    id: int
    kind: AlarmKind
    at: datetime
    code: str | None
    count: int
    network: str
    seen_by: str | None
    seen_at: datetime | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class DecoyView:
    """A code that nobody holds. note: where it was laid out."""

    code: str
    note: str
    made_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Hashing:
    """Hashes that only this instance can make. key: derived from its secret."""

    key: bytes

    @classmethod
    def of(cls, secret: str) -> "Hashing":
        """The hashing of an instance."""
        return cls(hmac.digest(secret.encode(), b"hocba alarms", "sha256"))

    def of_parts(self, *parts: str) -> str:
        """64 hex over the parts, each with its length, so that no two lists give one text."""
        data = b"".join(b"%d:%s" % (len(part.encode()), part.encode()) for part in parts)
        return hmac.new(self.key, data, hashlib.sha256).hexdigest()


def note_asked(session: Session, hashing: Hashing, asked: Sequence[Asked], now: datetime) -> None:
    """Look at codes that were asked for: decoys among those not found, many networks among those found."""
    _decoys(session, hashing, {each.code: each for each in asked if not each.found}, now)
    _networks(session, hashing, {(each.code, each.network): each for each in asked if each.found}, now)


def note_forged(
    session: Session, hashing: Hashing, transcript_id: int, conclusion: Conclusion, file_sha256: str, now: datetime
) -> None:
    """Remember the cells in which a document differs from its record; the same cell on a second file is an alarm."""
    if conclusion.verdict is not Verdict.MISMATCH or len(conclusion.differences) > _MOST_CELLS:
        return
    kind, seen = AlarmKind.FORGED_CELL, hashing.of_parts("file", file_sha256)
    cells = {hashing.of_parts(kind, str(transcript_id), cell.field, cell.found) for cell in conclusion.differences}
    _see(session, kind, [(cell, seen) for cell in sorted(cells)], now)
    files = _seen(session, kind, cells)
    for cell, count in files.items():
        if count >= FORGED_FILES:
            _raise(session, kind, cell, now, count=count, transcript_id=transcript_id)


def note_guessing(session: Session, network: str, now: datetime) -> None:
    """All visitors together miss too often. network: shortened, of the newest miss."""
    _raise(session, AlarmKind.GUESSING, _hour_of(now), now, network=network)


def note_limits_lost(session: Session, now: datetime) -> None:
    """The storage of the limits does not answer; each process counts for itself."""
    _raise(session, AlarmKind.LIMITS_LOST, _hour_of(now), now)


def note_mail_lost(session: Session, now: datetime) -> None:
    """A mail was given up: one alarm a day, whatever their number; the log names each."""
    day = now.astimezone(VIETNAM).date().isoformat()
    _raise(session, AlarmKind.MAIL_LOST, day, now)


def forget(session: Session, now: datetime) -> int:
    """Delete what was seen too long ago to count; returns how many rows."""
    today = now.astimezone(VIETNAM).date()
    return sum(
        session.connection()
        .execute(sa.delete(Sighting).where(Sighting.kind == kind.value, Sighting.day < today - kept))
        .rowcount
        for kind, kept in _KEPT.items()
    )


def _decoys(session: Session, hashing: Hashing, missed: dict[str, Asked], now: datetime) -> None:
    if not missed:
        return
    laid = sa.select(Decoy.code).where(Decoy.ended_at.is_(None), Decoy.code.in_(missed))
    day = now.astimezone(VIETNAM).date().isoformat()
    for code in session.scalars(laid).all():
        subject = f"{hashing.of_parts('decoy', code)} {day}"
        _raise(session, AlarmKind.DECOY, subject, now, network=missed[code].kept)


def _networks(session: Session, hashing: Hashing, found: dict[tuple[str, str], Asked], now: datetime) -> None:
    if not found:
        return
    kind, day = AlarmKind.NETWORKS, now.astimezone(VIETNAM).date().isoformat()
    subjects = {f"{hashing.of_parts('code', code)} {day}": asked for (code, _network), asked in found.items()}
    pairs = [
        (f"{hashing.of_parts('code', code)} {day}", hashing.of_parts("network", network, day))
        for code, network in found
    ]
    _see(session, kind, pairs, now)
    for subject, count in _seen(session, kind, subjects).items():
        if count >= NETWORKS:
            asked = subjects[subject]
            record = session.scalar(sa.select(Transcript.id).where(Transcript.lookup_code == asked.code))
            _raise(session, kind, subject, now, count=count, transcript_id=record, network=asked.kept)


def _raise(
    session: Session,
    kind: AlarmKind,
    subject: str,
    now: datetime,
    *,
    count: int = 1,
    transcript_id: int | None = None,
    network: str = "",
) -> None:
    """Write an alarm, unless there is one of this kind and subject."""
    row: dict[str, object] = {
        "kind": kind.value,
        "subject": subject,
        "at": now,
        "transcript_id": transcript_id,
        "count": count,
        "network": network,
    }
    _insert_new(session, Alarm, [row])


def _hour_of(now: datetime) -> str:
    """The subject of alarms that are about the whole portal: one an hour."""
    return now.strftime("%Y-%m-%dT%H")


def _see(session: Session, kind: AlarmKind, pairs: Iterable[tuple[str, str]], now: datetime) -> None:
    day = now.astimezone(VIETNAM).date()
    _insert_new(
        session, Sighting, [{"kind": kind.value, "subject": one, "seen": other, "day": day} for one, other in pairs]
    )


def _seen(session: Session, kind: AlarmKind, subjects: Iterable[str]) -> dict[str, int]:
    """How many different things were seen of each subject."""
    rows = session.execute(
        sa.select(Sighting.subject, sa.func.count(sa.distinct(Sighting.seen)).label("times"))
        .where(Sighting.kind == kind.value, Sighting.subject.in_(list(subjects)))
        .group_by(Sighting.subject)
    )
    return {row.subject: row.times for row in rows}


def _insert_new(session: Session, table: type[Alarm | Sighting], rows: Sequence[dict[str, object]]) -> None:
    """Insert rows that are not there yet; two processes may see the same at once."""
    if not rows:
        return
    if session.get_bind().dialect.name == "sqlite":
        session.execute(sqlite.insert(table).on_conflict_do_nothing(), rows)
    else:
        session.execute(postgresql.insert(table).on_conflict_do_nothing(), rows)


def alarms(session: Session, identity: Identity) -> tuple[AlarmView, ...]:
    """The newest alarms, those that nobody has looked into first. Raises NotFound for whoever may not."""
    if not may_see_alarms(identity):
        raise NotFound
    rows = session.execute(
        sa.select(Alarm, Transcript.lookup_code, Account.display_name)
        .outerjoin(Transcript, Transcript.id == Alarm.transcript_id)
        .outerjoin(Account, Account.id == Alarm.seen_by)
        .order_by(Alarm.seen_at.is_not(None), Alarm.at.desc(), Alarm.id.desc())
        .limit(_MOST_SHOWN)
    )
    return tuple(
        AlarmView(row.id, AlarmKind(row.kind), row.at, code, row.count, row.network, who, row.seen_at, row.outcome)
        for row, code, who in rows
    )


def is_official(identity: Identity) -> bool:
    """Whether this person looks into alarms and lays decoys."""
    return may_lay_decoys(identity)


def decoys(session: Session, identity: Identity) -> tuple[DecoyView, ...]:
    """The codes that were laid out, for who may lay them: for others there are none."""
    if not may_lay_decoys(identity):
        return ()
    rows = session.scalars(sa.select(Decoy).order_by(Decoy.made_at.desc(), Decoy.code))
    return tuple(DecoyView(row.code, row.note, row.made_at, row.ended_at) for row in rows)


def lay_decoy(session: Session, identity: Identity, code: str, note: str, now: datetime) -> None:
    """Lay out a fresh code. Raises NotFound for whoever may not."""
    _require(identity)
    session.add(Decoy(code=code, note=note, made_by=identity.account_id, made_at=now))
    session.flush()


def end_decoy(session: Session, identity: Identity, code: str, now: datetime) -> None:
    """Stop watching a code. Raises NotFound for whoever may not and for a code that is none."""
    _require(identity)
    held = session.get(Decoy, code)
    if held is None:
        raise NotFound
    held.ended_at = held.ended_at or now
    session.flush()


def look_into(session: Session, identity: Identity, alarm_id: int, outcome: str, now: datetime) -> None:
    """Write down what came of an alarm, once. Raises NotFound for whoever may not and for an alarm that is none."""
    _require(identity)
    held = session.get(Alarm, alarm_id, with_for_update=True)
    if held is None:
        raise NotFound
    if held.seen_at is None:
        held.seen_by, held.seen_at, held.outcome = identity.account_id, now, outcome
    session.flush()


def _require(identity: Identity) -> None:
    if not may_lay_decoys(identity):
        raise NotFound
