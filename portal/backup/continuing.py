"""After a restore: is the log behind what outsiders saw of it? What it lacks comes back from a mirror, leaf by leaf.

Nothing is signed here. The entries that are replayed lead to a root that the log's own key signed before the disaster;
so the log goes on where it was, and no second history begins.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.backup.mirror import fresh_entries, open_seen, read_checkpoint
from portal.backup.refusals import BackupProblem, BackupRefused
from portal.backup.sources import Source
from portal.models import KeyAuthorisation, LogCheckpoint, LogEntry, LogHead, LogTile, RestoreOutcome, Unit
from portal.services import leaf_search, log, restoration
from verify import canonical, limits
from verify.errors import VerifyError
from verify.log import merkle, notes, tiles
from verify.log.checkpoint import Checkpoint
from verify.log.leaves import Kind, RegisterKeyLeaf


@dataclass(frozen=True, slots=True)
class Seen:
    """What an outsider saw. source: where the entries behind it can be read, None for a bare checkpoint."""

    place: str
    note: bytes
    checkpoint: Checkpoint
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """Leaves that came back without what they stand for. kind: as the leaf says; both "" for one that does not read."""

    unit: str
    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Continued:
    """How the log may go on. before, after: its leaves. gone: what the backup lacks, by unit and kind."""

    before: int
    after: int
    outcome: RestoreOutcome
    gone: tuple[Gone, ...]


def seen_by_mirror(source: Source, log_keys: Sequence[notes.Verifier]) -> Seen:
    """What a mirror holds; raises BackupRefused(SOURCE_EMPTY, SOURCE_UNREACHABLE, CHECKPOINT_REFUSED)."""
    note, checkpoint = read_checkpoint(source, log_keys)
    return Seen(source.place, note, checkpoint, source)


def seen_alone(place: str, note: bytes, log_keys: Sequence[notes.Verifier]) -> Seen:
    """A checkpoint of a witness, a receipt or a colleague; raises BackupRefused(CHECKPOINT_REFUSED)."""
    return Seen(place, note, open_seen(place, note, log_keys))


def resume(session: Session, seen: Sequence[Seen], now: datetime) -> Continued:
    """Compare, replay what is missing, and let the log grow again; all in the caller's one transaction.

    Raises BackupRefused: NOTHING_SEEN; FORKED when this log and what was seen are not one history; MIRROR_BEHIND when
    somebody saw more than any mirror gives. Refused(LOG_NOT_HELD) when nothing waits.
    """
    if not seen:
        raise BackupRefused(BackupProblem.NOTHING_SEEN)
    head = log.locked_head(session)
    before = head.size
    furthest = max(seen, key=lambda each: each.checkpoint.size)
    gone: Counter[tuple[str, str]] = Counter()
    if furthest.checkpoint.size > before:
        gone = _replay(session, head, _fullest(seen, furthest), now)
        _end_keys(session, before)
    for each in seen:
        _same_history(session, head, each)
    outcome = RestoreOutcome.REPLAYED if head.size > before else RestoreOutcome.LEVEL
    restoration.settle(session, outcome, furthest.checkpoint.size, [_evidence(each) for each in seen], None, now)
    return Continued(before, head.size, outcome, tuple(Gone(*key, count) for key, count in sorted(gone.items())))


def resume_unseen(session: Session, decision: str, now: datetime) -> int:
    """Let the log grow without asking anybody, by a numbered decision; returns its size.

    It may fork: the caller says so.
    """
    head = log.locked_head(session)
    restoration.settle(session, RestoreOutcome.FORCED, None, [], decision, now)
    return head.size


def _fullest(seen: Sequence[Seen], furthest: Seen) -> Seen:
    """The mirror to replay from: one that has everything that anybody saw."""
    mirrors = [each for each in seen if each.source is not None]
    fullest = max(mirrors, key=lambda each: each.checkpoint.size, default=None)
    if fullest is None or fullest.checkpoint.size < furthest.checkpoint.size:
        raise BackupRefused(
            BackupProblem.MIRROR_BEHIND,
            seen=str(furthest.checkpoint.size),
            place=furthest.place,
            held=str(fullest.checkpoint.size if fullest is not None else 0),
        )
    return fullest


def _replay(session: Session, head: LogHead, mirror: Seen, now: datetime) -> Counter[tuple[str, str]]:
    """Append the mirror's entries to ours; only when that gives the root that was signed, they are ours."""
    if mirror.source is None:
        raise ValueError("a bare checkpoint has no entries")
    wanted, started = mirror.checkpoint, head.size
    gone: Counter[tuple[str, str]] = Counter()
    for fresh, first in fresh_entries(mirror.source, started, wanted.size):
        hashes = [merkle.leaf_hash(entry) for entry in fresh]
        appended = tiles.append(first, hashes, log.StoredTiles(session))
        session.execute(sa.insert(LogEntry), [{"index": first + n, "leaf": entry} for n, entry in enumerate(fresh)])
        session.execute(
            sa.insert(LogTile),
            [{"level": t.level, "index": t.index, "width": t.width, "hashes": t.data} for t in appended.tiles],
        )
        head.size, head.root = appended.size, appended.root.hex()
        gone.update(_named(entry) for entry in fresh)
    if head.root != wanted.root.hex():
        raise _forked(mirror, started)
    session.add(LogCheckpoint(size=wanted.size, root=head.root, note=mirror.note, created_at=now))
    session.flush()
    return gone


def _end_keys(session: Session, first: int) -> None:
    """A key that was ended after the backup signs nothing again, not even until somebody looks (decision 0011)."""
    for _index, leaf in leaf_search.of_kinds(session, Kind.REGISTER_KEY, first=first):
        if not isinstance(leaf, RegisterKeyLeaf) or leaf.valid_to is None:
            continue
        entry = session.scalar(
            sa.select(KeyAuthorisation)
            .join(Unit, Unit.id == KeyAuthorisation.unit_id)
            .where(
                Unit.code == leaf.unit,
                KeyAuthorisation.role == leaf.role,
                KeyAuthorisation.certificate_sha256 == leaf.certificate_sha256,
            )
        )
        if entry is not None and (entry.valid_to is None or leaf.valid_to < entry.valid_to):
            entry.valid_to = leaf.valid_to


def _named(entry: bytes) -> tuple[str, str]:
    """Unit and kind as they stand in the leaf, also of kinds that this version does not know."""
    try:
        value = canonical.parse_canonical(entry, limits.LEAF_BYTES)
    except VerifyError:
        return "", ""
    return str(value.get("unit", "")), str(value.get("kind", ""))


def _same_history(session: Session, head: LogHead, seen: Seen) -> None:
    """What was seen is this log as it was at that size."""
    size = seen.checkpoint.size
    try:
        ours = merkle.root(size, tiles.TileHashes(log.StoredTiles(session), size)) if size else merkle.root_of([])
    except VerifyError as error:
        raise _forked(seen, head.size) from error
    if ours != seen.checkpoint.root:
        raise _forked(seen, head.size)


def _forked(seen: Seen, held: int) -> BackupRefused:
    return BackupRefused(BackupProblem.FORKED, place=seen.place, size=str(seen.checkpoint.size), held=str(held))


def _evidence(seen: Seen) -> dict[str, Any]:
    return {"place": seen.place, "size": seen.checkpoint.size, "root": seen.checkpoint.root.hex()}
