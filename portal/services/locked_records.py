"""Every locked record with all that proves it, in the order of the log, a bounded number at a time.

The leaf says which records there are and when they took effect; no column is believed where the log speaks.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Fault, Problem
from portal.models import Blob, LogEntry, LogOpening, RecordSignature, RecordVersion
from verify.canonical import sha256
from verify.errors import VerifyError
from verify.log import leaves
from verify.log.commitments import read_opening
from verify.log.leaves import RecordLeaf
from verify.report.judging import in_force_since
from verify.report.lines import ReportedRecord

Asked = Callable[[RecordLeaf], bool]
_LEAVES_AT_ONCE: Final = 2000
_RECORDS_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Held:
    """A record, and the grade under which it is counted."""

    record: ReportedRecord
    grade: int


def bound_leaves(session: Session, asked: Asked) -> Iterator[tuple[int, RecordLeaf]]:
    """The leaves that bind a record and are asked for."""
    after = -1
    while True:
        rows = session.execute(
            sa.select(LogEntry.index, LogEntry.leaf)
            .where(LogEntry.index > after)
            .order_by(LogEntry.index)
            .limit(_LEAVES_AT_ONCE)
        ).all()
        if not rows:
            return
        for index, data in rows:
            leaf = _leaf(data)
            if isinstance(leaf, RecordLeaf) and asked(leaf):
                yield index, leaf
        after = rows[-1][0]


def records(session: Session, asked: Asked) -> Iterator[Held]:
    """The records behind those leaves. Raises Fault(STORE_DAMAGED) where one is gone or was changed."""
    batch: list[tuple[int, RecordLeaf]] = []
    for found in bound_leaves(session, asked):
        batch.append(found)
        if len(batch) == _RECORDS_AT_ONCE:
            yield from _batch(session, batch)
            batch = []
    if batch:
        yield from _batch(session, batch)


def at(session: Session, indexes: Sequence[int]) -> Iterator[Held]:
    """The records behind the leaves of a few indexes, in their order. Raises Fault(STORE_DAMAGED)."""
    found: list[tuple[int, RecordLeaf]] = []
    for index in sorted(indexes):
        leaf = _leaf(session.get_one(LogEntry, index).leaf)
        if isinstance(leaf, RecordLeaf):
            found.append((index, leaf))
    yield from _batch(session, found)


def _leaf(data: bytes) -> object:
    try:
        return leaves.from_bytes(data)
    except VerifyError as error:
        raise Fault(Problem.STORE_DAMAGED, what="log_entry") from error


def _batch(session: Session, batch: Sequence[tuple[int, RecordLeaf]]) -> Iterator[Held]:
    indexes = [index for index, _leaf in batch]
    rows = session.execute(
        sa.select(
            LogOpening.index,
            LogOpening.opening,
            RecordVersion.id,
            RecordVersion.grade,
            RecordVersion.root_sha256,
            Blob.data,
        )
        .join(RecordVersion, RecordVersion.id == LogOpening.version_id)
        .join(Blob, Blob.sha256 == RecordVersion.root_sha256)
        .where(LogOpening.index.in_(indexes))
    )
    found = {row[0]: row for row in rows}
    signatures = _signatures(session, [row[2] for row in found.values()])
    for index, leaf in batch:
        row = found.get(index)
        if row is None or sha256(row[5]) != row[4]:
            raise Fault(Problem.STORE_DAMAGED, what=f"log_index {index}")
        opened = read_opening(row[1])
        yield Held(
            ReportedRecord(
                log_index=index,
                lookup_code=opened.lookup_code,
                school_year=leaf.school_year,
                version=opened.version,
                unit=leaf.unit,
                effective_at=in_force_since(leaf),
                root=row[5],
                signatures=signatures[row[2]],
                salt=opened.salt,
            ),
            row[3],
        )


def _signatures(session: Session, versions: Sequence[int]) -> Mapping[int, dict[str, bytes]]:
    held: dict[int, dict[str, bytes]] = {version: {} for version in versions}
    rows = session.execute(
        sa.select(RecordSignature.version_id, RecordSignature.role, RecordSignature.cms_sha256, Blob.data)
        .join(Blob, Blob.sha256 == RecordSignature.cms_sha256)
        .where(RecordSignature.version_id.in_(versions))
        .order_by(RecordSignature.version_id, RecordSignature.role)
    )
    for version, role, digest, data in rows:
        if sha256(data) != digest:
            raise Fault(Problem.STORE_DAMAGED, what="signature")
        held[version][role] = data
    return held
