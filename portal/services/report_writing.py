"""The report of a round as a file: the same records under the same checkpoint, the same bytes but for the signature.

The checkpoint is that of the receipts (docs/decisions/0015): the first that covers the round's last leaf and was
witnessed. Records are read twice, once for each format, so that nothing is held.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.counting import count
from portal.errors import Fault, Problem, Refused
from portal.models import LockKind, LockProposal, LockState
from portal.services import locked_records, log
from portal.services.locked_records import Asked
from verify.containers.jcs_cades import sign
from verify.errors import VerifyError
from verify.log import checkpoint, notes, receipt, tiles
from verify.log.checkpoint import Checkpoint
from verify.log.leaves import RecordLeaf
from verify.report import archive, lines, manifest, xml
from verify.report.archive import Writer
from verify.report.judging import of_round
from verify.report.lines import ReportedRecord
from verify.report.manifest import HeldFile, LogHead, Manifest
from verify.signing import Signer

_EVERY: Final = 100


@dataclass(frozen=True, slots=True)
class RoundWanted:
    """What is reported. number: 1 or 2, None for records locked late."""

    school_year: str
    number: int | None

    def asked(self, leaf: RecordLeaf) -> bool:
        return of_round(leaf, self.school_year, self.number)


@dataclass(frozen=True, slots=True)
class Desk:
    """With what reports are made. department: code of the unit. sample: "dữ liệu mẫu". seal: the department's key."""

    department: str
    sample: bool
    seal: Signer | None


@dataclass(frozen=True, slots=True)
class Made:
    """A finished file. size: bytes. sha256: 64 hex."""

    records: int
    size: int
    sha256: str


def write_report(session: Session, wanted: RoundWanted, desk: Desk, file: BinaryIO, now: datetime) -> Manifest:
    """Write the whole ZIP into an empty file; says how far it is through `portal.counting`.

    Raises Refused(NOTHING_TO_REPORT, KEY_MISSING), Fault(STORE_DAMAGED).
    """
    if desk.seal is None:
        raise Refused(Problem.KEY_MISSING, what="department_seal")
    number, last = _extent(session, wanted.asked)
    note = receipt.parse(log.receipt_of(session, last)).note
    head = checkpoint.parse(notes.read_unverified(note))
    with Writer(file) as writer:
        counts: Counter[tuple[str, int]] = Counter()
        files = {archive.RECORDS: writer.put(archive.RECORDS, _jsonl(session, wanted.asked, counts, number))}
        files[archive.XML] = writer.put(archive.XML, _xml(session, wanted, number))
        files[archive.CHECKPOINT] = writer.put(archive.CHECKPOINT, [note])
        files |= _bundles(session, writer, head)
        made = Manifest(
            department=desk.department,
            sample=desk.sample,
            school_year=wanted.school_year,
            round=wanted.number,
            decisions=_decisions(session, wanted),
            head=LogHead(head.origin, head.size, head.root.hex()),
            counts=dict(sorted(counts.items())),
            files=files,
        )
        data = manifest.to_bytes(made)
        writer.put(archive.MANIFEST, [data])
        writer.put(archive.SIGNATURE, [sign(data, desk.seal, now)])
    return made


def write_file(session: Session, wanted: RoundWanted, desk: Desk, path: Path, now: datetime) -> Made:
    """Write the report to a new file that its owner alone may read; raises as `write_report`, and then leaves none."""
    try:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as file:
            held = write_report(session, wanted, desk, file, now)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return Made(held.records, path.stat().st_size, digest)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _extent(session: Session, asked: Asked) -> tuple[int, int]:
    """How many records there are, and the last leaf of one."""
    number, last = 0, -1
    for index, _leaf in locked_records.bound_leaves(session, asked):
        number, last = number + 1, index
    if not number:
        raise Refused(Problem.NOTHING_TO_REPORT)
    return number, last


def _jsonl(session: Session, asked: Asked, counts: Counter[tuple[str, int]], total: int) -> Iterator[bytes]:
    for done, held in enumerate(locked_records.records(session, asked)):
        counts[held.record.unit, held.grade] += 1
        yield _line(lines.to_line, held.record)
        if done % _EVERY == 0:
            count(done, 2 * total)


def _xml(session: Session, wanted: RoundWanted, total: int) -> Iterator[bytes]:
    yield xml.opening(wanted.school_year, wanted.number)
    for done, held in enumerate(locked_records.records(session, wanted.asked)):
        yield _line(xml.line_of, held.record)
        if done % _EVERY == 0:
            count(total + done, 2 * total)
    yield xml.CLOSING


def _line(write: Callable[[ReportedRecord], bytes], record: ReportedRecord) -> bytes:
    try:
        return write(record)
    except VerifyError as error:
        raise Fault(Problem.STORE_DAMAGED, what=f"log_index {record.log_index}") from error


def _bundles(session: Session, writer: Writer, head: Checkpoint) -> dict[str, HeldFile]:
    """The entries below the checkpoint, names in order: a partial bundle sorts behind the full ones."""
    full, rest = divmod(head.size, tiles.WIDTH)
    wanted = [(index, tiles.WIDTH) for index in range(full)] + ([(full, rest)] if rest else [])
    named = sorted((archive.bundle_name(index, width), index, width) for index, width in wanted)
    found = {}
    for name, index, width in named:
        data = log.entries(session, index, width)
        if data is None:
            raise Fault(Problem.STORE_DAMAGED, what=name)
        found[name] = writer.put(name, [data])
    return found


def _decisions(session: Session, wanted: RoundWanted) -> tuple[str, ...]:
    """Numbers of the decisions under which two officials locked the round."""
    kind = LockKind.LATE if wanted.number is None else LockKind.ROUND
    statement = sa.select(LockProposal.decision).where(
        LockProposal.kind == kind.value,
        LockProposal.state == LockState.CONFIRMED.value,
        LockProposal.school_year == wanted.school_year,
        LockProposal.number == wanted.number if wanted.number is not None else LockProposal.number.is_(None),
    )
    return tuple(sorted(set(session.scalars(statement))))
