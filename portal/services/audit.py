"""The audit: everything derived again from the signed bytes and the log; each record that does not hold is named.

It trusts no column and no trigger: with the database's guards removed and a row changed, it says which record. What
it cannot see without outside witnesses is a log rewritten with the log's own key (issue of permanence).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import (
    Blob,
    KeyAuthorisation,
    LogEntry,
    LogOpening,
    RecordSignature,
    RecordVersion,
    State,
    Transcript,
    Unit,
    YearRecordRow,
)
from portal.services import log_audit, registry
from portal.services.access import first_broken_event
from portal.services.log_audit import Flaw
from verify.anchors import Authorisation
from verify.anchors import authorised as authorised_key
from verify.canonical import sha256
from verify.cms import reading
from verify.errors import VerifyError
from verify.log import leaves, notes
from verify.log.commitments import Committed, read_opening
from verify.log.leaves import LockLeaf, RegisterKeyLeaf
from verify.record.codec import from_bytes, to_bytes
from verify.record.model import YearRecord
from verify.signing import Role
from verify.verdict import Status
from verify.verifier import NEEDED_ROLES


class Defect(StrEnum):
    """What does not hold. Closed: each has a sentence in `portal.presenters.problems`."""

    BYTES_GONE = "bytes_gone"
    BYTES_CHANGED = "bytes_changed"
    BYTES_UNREADABLE = "bytes_unreadable"
    COLUMNS_DIFFER = "columns_differ"
    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_BROKEN = "signature_broken"
    SIGNER_NOT_AUTHORISED = "signer_not_authorised"
    NOT_LOGGED = "not_logged"
    LEAF_DIFFERS = "leaf_differs"
    EFFECTIVE_DATE_DIFFERS = "effective_date_differs"
    RECORD_GONE = "record_gone"
    KEY_DIFFERS = "key_differs"
    ACCESS_CHAIN_BROKEN = "access_chain_broken"
    GUARD_MISSING = "guard_missing"
    LOG_ROOT_DIFFERS = "log_root_differs"
    LOG_TILE_DIFFERS = "log_tile_differs"
    LOG_GAP = "log_gap"
    CHECKPOINT_INVALID = "checkpoint_invalid"


@dataclass(frozen=True, slots=True)
class AuditProblem:
    """One thing that does not hold. lookup_code, school_year, version: of the record, where it is about one.

    log_index: of the entry, where it is about one. detail: a column, role, tile or guard.
    """

    defect: Defect
    lookup_code: str | None = None
    school_year: str | None = None
    version: int | None = None
    log_index: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AuditReport:
    """entries: leaves of the log. root: of the tree made again, hex. records: locked versions looked at."""

    entries: int
    root: str
    records: int
    problems: tuple[AuditProblem, ...]


def audit(session: Session, log_key: notes.Verifier) -> AuditReport:
    """Look at everything; one pass over the log, one over the records."""
    state, flaws = log_audit.rebuild(session, log_key)
    problems = [_of_log(flaw) for flaw in flaws]
    registered = registry.authorisations(session)
    count = 0
    for row in _locked(session):
        count += 1
        problems += _Record(session, row, registered).problems()
    problems += _orphans(session)
    problems += _keys(session)
    problems += [AuditProblem(Defect.GUARD_MISSING, detail=name) for name in log_audit.missing_guards(session)]
    broken = first_broken_event(session)
    if broken is not None:
        problems.append(AuditProblem(Defect.ACCESS_CHAIN_BROKEN, detail=str(broken)))
    return AuditReport(state.size, state.root.hex(), count, tuple(problems))


def _of_log(flaw: Flaw) -> AuditProblem:
    return AuditProblem(Defect(flaw.kind), log_index=flaw.index, detail=flaw.detail)


_Locked = tuple[RecordVersion, str, str, str, str]
_Key = tuple[str, str, str]


def _locked(session: Session) -> Iterator[_Locked]:
    """Every version that is locked, or that the log says was locked, with code, year, unit and pupil."""
    statement = (
        sa.select(RecordVersion, Transcript.lookup_code, YearRecordRow.school_year, Unit.code, Transcript.full_name)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .join(Unit, Unit.id == RecordVersion.issuing_unit_id)
        .outerjoin(LogOpening, LogOpening.version_id == RecordVersion.id)
        .where(sa.or_(RecordVersion.state == State.LOCKED.value, LogOpening.index.is_not(None)))
        .order_by(RecordVersion.id)
        .execution_options(yield_per=500)
    )
    for row in session.execute(statement):
        yield (row[0], row[1], row[2], row[3], row[4])


class _Record:
    """One locked version under audit."""

    def __init__(self, session: Session, row: _Locked, registered: tuple[Authorisation, ...]) -> None:
        self._session = session
        self._version, self._code, self._year, self._unit, _name = row
        self._registered = registered

    def problems(self) -> Iterator[AuditProblem]:
        version = self._version
        held = self._session.get(Blob, version.root_sha256)
        if held is None:
            yield self._problem(Defect.BYTES_GONE)
            return
        if sha256(held.data) != version.root_sha256:
            yield self._problem(Defect.BYTES_CHANGED)
        yield from self._columns(held.data)
        signatures, broken = self._signatures(held.data)
        yield from broken
        yield from self._leaf(held.data, signatures)

    def _problem(self, defect: Defect, detail: str = "") -> AuditProblem:
        version = self._version
        return AuditProblem(defect, self._code, self._year, version.version, version.log_index, detail)

    def _columns(self, data: bytes) -> Iterator[AuditProblem]:
        """What the columns say must be what the signed bytes say."""
        try:
            record = from_bytes(data)
        except VerifyError:
            yield self._problem(Defect.BYTES_UNREADABLE)
            return
        if to_bytes(record) != data:
            yield self._problem(Defect.BYTES_UNREADABLE)
        for name, stored, signed in self._pairs(record):
            if stored != signed:
                yield self._problem(Defect.COLUMNS_DIFFER, name)

    def _pairs(self, record: YearRecord) -> Iterator[tuple[str, object, object]]:
        version = self._version
        yield "lookup_code", self._code, record.lookup_code
        yield "school_year", self._year, record.school_year
        yield "version", version.version, record.version
        yield "full_name", version.full_name, record.full_name
        yield "class_name", version.class_name, record.class_name
        yield "grade", version.grade, record.grade
        yield "issuing_unit", self._unit, record.issuing_school.code
        yield "issuing_unit_name", version.issuing_unit_name, record.issuing_school.name
        yield "state", version.state, State.LOCKED.value

    def _signatures(self, data: bytes) -> tuple[dict[str, bytes], list[AuditProblem]]:
        rows = self._session.scalars(sa.select(RecordSignature).where(RecordSignature.version_id == self._version.id))
        found: dict[str, bytes] = {}
        problems: list[AuditProblem] = []
        for row in rows:
            cms = self._session.get(Blob, row.cms_sha256)
            if cms is None or sha256(cms.data) != row.cms_sha256 or not _holds(data, cms.data):
                problems.append(self._problem(Defect.SIGNATURE_BROKEN, row.role))
                continue
            found[row.role] = cms.data
            if not self._authorised(cms.data, row):
                problems.append(self._problem(Defect.SIGNER_NOT_AUTHORISED, row.role))
        seen = set(found) | {problem.detail for problem in problems}
        problems += [
            self._problem(Defect.SIGNATURE_MISSING, role.value) for role in NEEDED_ROLES if role.value not in seen
        ]
        return found, problems

    def _authorised(self, cms: bytes, row: RecordSignature) -> bool:
        certificate = reading.read(cms).certificate
        check = authorised_key(certificate, self._unit, Role(row.role), row.received_at, self._registered)
        return check.status is Status.PASSED

    def _leaf(self, data: bytes, signatures: dict[str, bytes]) -> Iterator[AuditProblem]:
        """The leaf opens to these bytes, signatures and effective date."""
        version = self._version
        opening = self._session.get(LogOpening, version.log_index) if version.log_index is not None else None
        entry = self._session.get(LogEntry, version.log_index) if opening is not None else None
        if opening is None or entry is None or opening.version_id != version.id:
            yield self._problem(Defect.NOT_LOGGED)
            return
        try:
            leaf, opened = leaves.from_bytes(entry.leaf), read_opening(opening.opening)
        except VerifyError:
            yield self._problem(Defect.LEAF_DIFFERS)
            return
        if not isinstance(leaf, LockLeaf) or not self._opens(leaf, opened.salt, data, signatures):
            yield self._problem(Defect.LEAF_DIFFERS)
        elif version.effective_at != leaf.effective_at:
            yield self._problem(Defect.EFFECTIVE_DATE_DIFFERS)

    def _opens(self, leaf: LockLeaf, salt: bytes, data: bytes, signatures: dict[str, bytes]) -> bool:
        committed = Committed(data, self._code, self._year, self._version.version, signatures)
        opened = leaves.opens(leaf, committed, salt).status is Status.PASSED
        return opened and (leaf.unit, leaf.school_year) == (self._unit, self._year)


def _holds(data: bytes, cms: bytes) -> bool:
    try:
        message = reading.read(cms)
        return all(check.status is Status.PASSED for check in reading.integrity(message, message.digest(data)))
    except VerifyError:
        return False


def _orphans(session: Session) -> Iterator[AuditProblem]:
    """Lock leaves that no version answers for: a record was deleted."""
    answered = set(session.scalars(sa.select(RecordVersion.log_index).where(RecordVersion.log_index.is_not(None))))
    for index, leaf in _entries(session):
        if isinstance(leaf, LockLeaf) and index not in answered:
            yield AuditProblem(Defect.RECORD_GONE, school_year=leaf.school_year, log_index=index, detail=leaf.unit)


def _keys(session: Session) -> Iterator[AuditProblem]:
    """The registry of keys says what the log says: the first leaf of a key opens it, the newest holds."""
    logged: dict[_Key, list[tuple[int, RegisterKeyLeaf]]] = {}
    for index, leaf in _entries(session):
        if isinstance(leaf, RegisterKeyLeaf):
            logged.setdefault((leaf.unit, leaf.role, leaf.certificate_sha256), []).append((index, leaf))
    rows = session.execute(sa.select(KeyAuthorisation, Unit.code).join(Unit, Unit.id == KeyAuthorisation.unit_id))
    for row, unit in rows:
        history = logged.pop((unit, row.role, row.certificate_sha256), [])
        if not history or not _as_logged(row, history):
            yield AuditProblem(Defect.KEY_DIFFERS, log_index=row.log_index, detail=unit)
    for history in logged.values():
        index, leaf = history[0]
        yield AuditProblem(Defect.KEY_DIFFERS, log_index=index, detail=leaf.unit)


def _as_logged(row: KeyAuthorisation, history: list[tuple[int, RegisterKeyLeaf]]) -> bool:
    """An entry opens with its first leaf; each later one only ends it, and never later than before."""
    ends = [leaf.valid_to for _index, leaf in history]
    only_nearer = all(later is not None and (earlier is None or later <= earlier) for earlier, later in pairwise(ends))
    return (
        only_nearer
        and row.log_index == history[0][0]
        and sha256(row.certificate) == row.certificate_sha256
        and {leaf.valid_from for _index, leaf in history} == {row.valid_from}
        and row.valid_to == ends[-1]
    )


def _entries(session: Session) -> Iterator[tuple[int, leaves.Leaf]]:
    rows = session.execute(sa.select(LogEntry.index, LogEntry.leaf).order_by(LogEntry.index))
    for index, data in rows.yield_per(1000):
        try:
            yield index, leaves.from_bytes(data)
        except VerifyError:
            continue  # the rebuilt root already tells
