"""The audit: everything derived again from the signed bytes and the log; each record that does not hold is named.

It trusts no column and no trigger: with the database's guards removed and a row changed, it says which record. What
it cannot see without outside witnesses is a log rewritten with the log's own key (issue of permanence).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.counting import EVERY
from portal.counting import count as tell
from portal.models import (
    Base,
    Blob,
    EarlierYear,
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
from portal.services import (
    counts_audit,
    earlier_audit,
    exchange_audit,
    identity_audit,
    inventory_audit,
    leaf_search,
    ledger_heads,
    log_audit,
    registry,
    standing_audit,
    timestamp_audit,
    witness_audit,
)
from portal.services.ledger import first_broken_event
from portal.services.log_audit import Flaw
from verify.anchors import Authorisation, EarlierRegistry
from verify.anchors import authorised as authorised_key
from verify.canonical import sha256
from verify.containers.roots import Root, certificate_in, integrity, read_root
from verify.errors import VerifyError
from verify.log import leaves, notes
from verify.log.commitments import Committed, read_opening
from verify.log.leaves import EarlierRecordLeaf, ForeignRecordLeaf, Kind, Leaf, RecordLeaf, RegisterKeyLeaf
from verify.signing import Role
from verify.verdict import Check, Status
from verify.verifier import NEEDED_ROLES


class Defect(StrEnum):
    """What does not hold. Closed: each has a sentence in `portal.presenters.defects`."""

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
    EARLIER_YEAR_DIFFERS = "earlier_year_differs"
    STANDING_DIFFERS = "standing_differs"
    POLICY_DIFFERS = "policy_differs"
    ACCESS_CHAIN_BROKEN = "access_chain_broken"
    ACCESS_HEAD_DIFFERS = "access_head_differs"
    GUARD_MISSING = "guard_missing"
    LOG_ROOT_DIFFERS = "log_root_differs"
    LOG_TILE_DIFFERS = "log_tile_differs"
    LOG_GAP = "log_gap"
    CHECKPOINT_INVALID = "checkpoint_invalid"
    COSIGNATURE_INVALID = "cosignature_invalid"
    QUORUM_INVALID = "quorum_invalid"
    QUORUM_MISSING = "quorum_missing"
    WITNESS_POLICY_DIFFERS = "witness_policy_differs"
    WITNESS_CONTRADICTS = "witness_contradicts"
    INVENTORY_DIFFERS = "inventory_differs"
    STATUS_LIST_DIFFERS = "status_list_differs"
    TIMESTAMP_DIFFERS = "timestamp_differs"
    MINUTES_CHANGED = "minutes_changed"
    COUNTS_DIFFER = "counts_differ"


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


def audit(session: Session, log_key: notes.Verifier, beside: Sequence[notes.Verifier] = ()) -> AuditReport:
    """Look at everything; one pass over the log, one over the records. beside: further keys of the log."""
    state, flaws = log_audit.rebuild(session, log_key)
    problems = [_of_log(flaw) for flaw in (*flaws, *witness_audit.flaws(session, (log_key, *beside)))]
    registered = _Registered(registry.authorisations(session), registry.earlier_registry(session))
    count, total = 0, _locked_count(session)
    for rows in _locked(session):
        beside_them = _beside(session, rows)
        for row in rows:
            if count % EVERY == 0:
                tell(count, total)
            count += 1
            problems += _Record(session, row, registered, beside_them).problems()
    problems += _orphans(session)
    problems += [
        AuditProblem(Defect.COLUMNS_DIFFER, code, detail=name) for code, name in identity_audit.broken(session)
    ]
    problems += _keys(session)
    problems += [
        _of_log(flaw) for flaw in earlier_audit.flaws(session, leaf_search.of_kinds(session, Kind.EARLIER_KEY))
    ]
    problems += [_of_log(flaw) for flaw in standing_audit.flaws(session, leaf_search.of_kinds(session, *_AFTER_LOCK))]
    problems += [_of_log(flaw) for flaw in inventory_audit.flaws(session, (log_key, *beside))]
    problems += [_of_log(flaw) for flaw in timestamp_audit.flaws(session)]
    problems += [_of_log(flaw) for flaw in counts_audit.flaws(session)]
    problems += [AuditProblem(Defect.GUARD_MISSING, detail=name) for name in log_audit.missing_guards(session)]
    broken = first_broken_event(session)
    if broken is not None:
        problems.append(AuditProblem(Defect.ACCESS_CHAIN_BROKEN, detail=str(broken)))
    problems += [_of_log(flaw) for flaw in ledger_heads.flaws(session)]
    return AuditReport(state.size, state.root.hex(), count, tuple(problems))


def _of_log(flaw: Flaw) -> AuditProblem:
    return AuditProblem(Defect(flaw.kind), log_index=flaw.index, detail=flaw.detail)


def _locked_count(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count()).where(RecordVersion.state == State.LOCKED.value)) or 0


_Locked = tuple[RecordVersion, str, str, str, EarlierYear | None]
_Key = tuple[str, str, str]
_AT_ONCE: Final = 200
_AFTER_LOCK: Final = (Kind.SUPERSEDE, Kind.REVOKE, Kind.ANNOTATE, Kind.POLICY)


def _locked(session: Session) -> Iterator[list[_Locked]]:
    """Every version that is locked, or of which any row still says that it was, with code, year, unit and origin.

    Some at a time.
    """
    statement = (
        sa.select(RecordVersion, Transcript.lookup_code, YearRecordRow.school_year, Unit.code, EarlierYear)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .join(Unit, Unit.id == RecordVersion.issuing_unit_id)
        .outerjoin(LogOpening, LogOpening.version_id == RecordVersion.id)
        .outerjoin(EarlierYear, EarlierYear.version_id == RecordVersion.id)
        .where(
            sa.or_(
                RecordVersion.state == State.LOCKED.value,
                RecordVersion.log_index.is_not(None),
                LogOpening.index.is_not(None),
            )
        )
        .order_by(RecordVersion.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    for part in session.execute(statement).partitions(_AT_ONCE):
        yield [(row[0], row[1], row[2], row[3], row[4]) for row in part]


@dataclass(frozen=True, slots=True)
class _Beside:
    """What belongs to some versions, read at once. kept: while they are here, the session gives them without asking."""

    signatures: Mapping[int, Sequence[RecordSignature]]
    kept: tuple[Sequence[Base], ...]


def _beside(session: Session, rows: Sequence[_Locked]) -> _Beside:
    versions = [row[0] for row in rows]
    # By their range: an index serves it, whatever the database knows about the table.
    found = session.scalars(
        sa.select(RecordSignature)
        .where(RecordSignature.version_id.between(versions[0].id, versions[-1].id))
        .order_by(RecordSignature.version_id, RecordSignature.id)
    ).all()
    signatures: dict[int, list[RecordSignature]] = {}
    for signature in found:
        signatures.setdefault(signature.version_id, []).append(signature)
    of_these = [signature for version in versions for signature in signatures.get(version.id, ())]
    digests = {version.root_sha256 for version in versions} | {signature.cms_sha256 for signature in of_these}
    indexes = [version.log_index for version in versions if version.log_index is not None]
    kept = (
        session.scalars(sa.select(Blob).where(Blob.sha256.in_(digests))).all(),
        session.scalars(sa.select(LogEntry).where(LogEntry.index.in_(indexes))).all(),
        session.scalars(sa.select(LogOpening).where(LogOpening.index.in_(indexes))).all(),
    )
    return _Beside(signatures, kept)


@dataclass(frozen=True, slots=True)
class _Registered:
    """Whose keys count: of today's registry for what was locked here, of the old system for what came from it."""

    today: tuple[Authorisation, ...]
    earlier: EarlierRegistry


class _Record:
    """One locked version under audit."""

    def __init__(self, session: Session, row: _Locked, registered: _Registered, beside: _Beside) -> None:
        self._session = session
        self._beside = beside
        self._version, self._code, self._year, self._unit, self._origin = row
        self._registered = registered
        self._logged = self._leaf_of(self._version.log_index)

    def _leaf_of(self, index: int | None) -> Leaf | None:
        entry = self._session.get(LogEntry, index) if index is not None else None
        try:
            return leaves.from_bytes(entry.leaf) if entry is not None else None
        except VerifyError:
            return None  # told by the record's own check of its leaf

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
        """What the columns say must be what the signed bytes say, where they say it."""
        try:
            root = read_root(data)
        except VerifyError:
            yield self._problem(Defect.BYTES_UNREADABLE)
            return
        for name, stored, signed in self._pairs(root):
            if stored != signed:
                yield self._problem(Defect.COLUMNS_DIFFER, name)
        if not earlier_audit.origin_holds(self._origin, self._logged, self._signed_code(root)):
            yield self._problem(Defect.EARLIER_YEAR_DIFFERS, "earlier_year")

    def _pairs(self, root: Root) -> Iterator[tuple[str, object, object]]:
        version, record = self._version, root.content
        if root.lookup_code is not None:
            # The system before this one had codes of its own; the leaf binds the one that counts here.
            earlier = isinstance(self._logged, EarlierRecordLeaf)
            yield "lookup_code", self._code, self._code if earlier else root.lookup_code
            yield "version", version.version, root.version
        yield "school_year", self._year, record.school_year
        yield "full_name", version.full_name, record.full_name
        yield "class_name", version.class_name, record.class_name
        yield "grade", version.grade, record.grade
        if not isinstance(self._logged, ForeignRecordLeaf):  # goes here by the installation that issued it
            yield "issuing_unit", self._unit, record.issuing_school.code
        yield "issuing_unit_name", version.issuing_unit_name, record.issuing_school.name
        yield "state", version.state, State.LOCKED.value

    def _signed_code(self, root: Root) -> str | None:
        """The code in the signed bytes; of another installation's record the code there, whatever bytes say it."""
        if root.lookup_code is None and self._origin is not None and isinstance(self._logged, ForeignRecordLeaf):
            return self._origin.signed_code
        return root.lookup_code

    def _signatures(self, data: bytes) -> tuple[dict[str, bytes], list[AuditProblem]]:
        rows = self._beside.signatures.get(self._version.id, ())
        held = {row.role: self._session.get(Blob, row.cms_sha256) for row in rows}
        checks = integrity(data, {role: blob.data for role, blob in held.items() if blob is not None})
        found: dict[str, bytes] = {}
        problems: list[AuditProblem] = []
        for row in rows:
            blob = held[row.role]
            if blob is None or sha256(blob.data) != row.cms_sha256 or not _all_passed(checks[row.role]):
                problems.append(self._problem(Defect.SIGNATURE_BROKEN, row.role))
                continue
            found[row.role] = blob.data
            if not self._authorised(blob.data, row):
                problems.append(self._problem(Defect.SIGNER_NOT_AUTHORISED, row.role))
        seen = set(found) | {problem.detail for problem in problems}
        problems += [
            self._problem(Defect.SIGNATURE_MISSING, role.value) for role in NEEDED_ROLES if role.value not in seen
        ]
        return found, problems

    def _authorised(self, signature: bytes, row: RecordSignature) -> bool:
        certificate = certificate_in(signature)
        if isinstance(self._logged, ForeignRecordLeaf):
            return self._proven_elsewhere(self._logged)
        if isinstance(self._logged, EarlierRecordLeaf):
            return earlier_audit.key_holds(certificate, self._logged, row.role, self._registered.earlier)
        role, registered = Role(row.role), self._registered.today
        return authorised_key(certificate, self._unit, role, row.received_at, registered).status is Status.PASSED

    def _proven_elsewhere(self, leaf: ForeignRecordLeaf) -> bool:
        """Whose keys count is said by the log of the other installation, as its bundle proves it."""
        held = self._session.get(Blob, self._version.root_sha256)
        return held is not None and exchange_audit.holds(self._session, self._origin, leaf, held.data)

    def _leaf(self, data: bytes, signatures: dict[str, bytes]) -> Iterator[AuditProblem]:
        """The leaf opens to these bytes, signatures and effective date."""
        version = self._version
        opening = self._session.get(LogOpening, version.log_index) if version.log_index is not None else None
        entry = self._session.get(LogEntry, version.log_index) if opening is not None else None
        if opening is None or entry is None or opening.version_id != version.id:
            yield self._problem(Defect.NOT_LOGGED)
            return
        try:
            leaf, opened = self._logged, read_opening(opening.opening)
        except VerifyError:
            yield self._problem(Defect.LEAF_DIFFERS)
            return
        if not isinstance(leaf, RecordLeaf) or not self._opens(leaf, opened.salt, data, signatures):
            yield self._problem(Defect.LEAF_DIFFERS)
        elif version.effective_at != _in_force_since(leaf):
            yield self._problem(Defect.EFFECTIVE_DATE_DIFFERS)

    def _opens(self, leaf: RecordLeaf, salt: bytes, data: bytes, signatures: dict[str, bytes]) -> bool:
        committed = Committed(data, self._code, self._year, self._version.version, signatures)
        opened = leaves.opens(leaf, committed, salt).status is Status.PASSED
        return opened and (leaf.unit, leaf.school_year) == (self._unit, self._year)


def _in_force_since(leaf: RecordLeaf) -> datetime:
    return leaf.original_effective_at if isinstance(leaf, EarlierRecordLeaf) else leaf.effective_at


def _all_passed(checks: Sequence[Check]) -> bool:
    return all(check.status is Status.PASSED for check in checks)


def _orphans(session: Session) -> Iterator[AuditProblem]:
    """Leaves of records that no version of a pupil answers for: a record was deleted, or what it hangs on."""
    answered = sa.exists().where(
        RecordVersion.log_index == LogEntry.index,
        YearRecordRow.id == RecordVersion.year_record_id,
        Transcript.id == YearRecordRow.transcript_id,
        Unit.id == RecordVersion.issuing_unit_id,
    )
    rows = session.execute(sa.select(LogEntry.index, LogEntry.leaf).where(~answered).order_by(LogEntry.index))
    for index, data in rows.yield_per(1000):
        try:
            leaf = leaves.from_bytes(data)
        except VerifyError:
            continue  # the rebuilt root already tells
        if isinstance(leaf, RecordLeaf):
            yield AuditProblem(Defect.RECORD_GONE, school_year=leaf.school_year, log_index=index, detail=leaf.unit)


def _keys(session: Session) -> Iterator[AuditProblem]:
    """The registry of keys says what the log says: the first leaf of a key opens it, the newest holds."""
    logged: dict[_Key, list[tuple[int, RegisterKeyLeaf]]] = {}
    for index, leaf in leaf_search.of_kinds(session, Kind.REGISTER_KEY):
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
