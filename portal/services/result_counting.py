"""Counting results in step with the log: a lock adds what its record says, a supersession or revocation takes the old
version's away.

Reading 260,000 records for a page would take minutes, so each is read once, by the keeper, soon after its lock. The
cursor and the counts move in one transaction: killed anywhere, nothing is counted twice.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import (
    Blob,
    LogHead,
    RecordStanding,
    RecordVersion,
    ResultCount,
    ResultCursor,
    Unit,
    UnitKind,
    YearRecordRow,
)
from portal.services.counting_up import add_up
from verify.containers.roots import read_root
from verify.record.model import YearContent
from verify.standing import StandingState

AT_ONCE: Final = 500
_ENDED: Final = (StandingState.SUPERSEDED.value, StandingState.REVOKED.value)
_Key = tuple[str, int, int, str, str]


def count_some(session: Session) -> int:
    """Count the next leaves of the log, at most `AT_ONCE`; returns how many were left behind it then."""
    cursor = session.scalars(sa.select(ResultCursor).with_for_update()).one_or_none()
    head = session.scalar(sa.select(LogHead.size)) or 0
    if cursor is None or cursor.next_index >= head:
        return 0
    until = min(head, cursor.next_index + AT_ONCE)
    # A standing follows the lock whose version it ends, so no count ever falls below none.
    counts: Counter[_Key] = Counter()
    total = session.scalars(sa.select(Unit.id).where(Unit.kind == UnitKind.DEPARTMENT.value).order_by(Unit.id)).first()
    for sign, year, unit, content in _leaves(session, cursor.next_index, until):
        for item, value in items_of(content):
            for place in {unit, total or unit}:
                counts[year, place, content.grade, item, value] += sign
    add_up(session, ResultCount, counts)
    cursor.next_index = until
    session.flush()
    return head - until


def behind(session: Session) -> int:
    """How many leaves of the log have not been looked at."""
    cursor = session.scalar(sa.select(ResultCursor.next_index)) or 0
    return max(0, (session.scalar(sa.select(LogHead.size)) or 0) - cursor)


def items_of(content: YearContent) -> Iterator[tuple[str, str]]:
    """What of a record is counted: levels, marks and decisions, under the paths of the record."""
    for code, subject in content.subjects.items():
        yield f"subjects.{code}.level", subject.level.value
        if subject.score is not None:
            yield f"subjects.{code}.score", str(subject.score)
    for section, traits in (("qualities", content.qualities), ("competences", content.competences)):
        for code, trait in traits.items():
            if trait.label is None:  # a row beyond the catalogue is a school's own
                yield f"{section}.{code}.level", trait.level.value
    yield "overall_result", content.overall_result.value
    yield "programme_completed", "có" if content.programme_completed else "không"
    if content.promoted is not None:
        yield "promoted", "có" if content.promoted else "không"


def _leaves(session: Session, first: int, until: int) -> Iterator[tuple[int, str, int, YearContent]]:
    locked = RecordVersion.log_index.between(first, until - 1)
    for row in session.execute(_contents().where(locked)):
        yield 1, row[0], row[1], read_root(row[2]).content
    ended = _contents().join(RecordStanding, RecordStanding.version_id == RecordVersion.id)
    within = (RecordStanding.log_index.between(first, until - 1), RecordStanding.state.in_(_ENDED))
    for row in session.execute(ended.where(*within)):
        yield -1, row[0], row[1], read_root(row[2]).content


def _contents() -> sa.Select[str, int, bytes]:
    return (
        sa.select(YearRecordRow.school_year, RecordVersion.issuing_unit_id, Blob.data)
        .select_from(RecordVersion)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Blob, Blob.sha256 == RecordVersion.root_sha256)
    )
