"""Putting records back under their leaves, after a restore whose backup was older than the log (decision 0033).

The leaf is the judge: it commits to the bytes, the code, the version and the signatures, so whoever brings them cannot
bring anything else. Nothing is appended to the log and nothing is signed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import KeyAuthorisation, LogEntry, RecordVersion, State, Transcript, Unit, YearRecordRow
from portal.services import blobs, leaf_search, registry
from portal.services.reattached_rows import Place, Received, attach
from portal.services.transitions import frozen
from verify.anchors import Authorisation, TrustStore, authorised
from verify.canonical import sha256
from verify.cms.certificates import facts_of
from verify.cms.times import claimed_time
from verify.containers.roots import Root, integrity, read_root
from verify.errors import VerifyError
from verify.log import leaves
from verify.log.leaves import EarlierRecordLeaf, Kind, LockLeaf, RegisterKeyLeaf
from verify.report.lines import ReportedRecord
from verify.report.signers import Signer, signer_of, trusted
from verify.signing import Role
from verify.verdict import Check, Question, Status
from verify.verifier import NEEDED_ROLES


class Why(StrEnum):
    """Why a record was not put back. Closed list; each has a sentence."""

    NO_LEAF = "no_leaf"
    EARLIER = "earlier"
    LEAF_DIFFERS = "leaf_differs"
    UNREADABLE = "unreadable"
    UNKNOWN_UNIT = "unknown_unit"
    SIGNATURE = "signature"
    OTHER_PUPIL = "other_pupil"
    OTHER_VERSION = "other_version"
    BESIDE_LOCKED = "beside_locked"


class _No(Exception):
    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(why.value)
        self.why, self.detail = why, detail


@dataclass(frozen=True, slots=True)
class Left:
    """A record that was not put back. detail: a role and what its check said; never personal."""

    log_index: int
    unit: str
    why: Why
    detail: str


@dataclass(frozen=True, slots=True)
class Reattached:
    """attached: records put back. held: that stood there whole. keys: entries of the registry that came back."""

    attached: int
    held: int
    keys: int
    left: tuple[Left, ...]


@dataclass(frozen=True, slots=True)
class _LostKey:
    """A registration that is in the log and not in the table. index: of the leaf that opened it."""

    index: int
    entry: Authorisation


class _Desk:
    """What all records of one run share."""

    def __init__(self, session: Session, trust: TrustStore, decision: str, now: datetime) -> None:
        self.session, self.trust, self.decision, self.now = session, trust, decision, now
        self.lost = _lost_keys(session)
        self.registry = (*registry.authorisations(session), *(key.entry for key in self.lost.values()))
        self.units = {unit.code: unit for unit in session.scalars(sa.select(Unit))}
        self.attached = self.held = self.keys = 0

    def take(self, record: ReportedRecord) -> None:
        leaf = _leaf(self.session, record)
        root = _read(record, leaf)
        unit = self.units.get(leaf.unit)
        if unit is None:
            raise _No(Why.UNKNOWN_UNIT)
        known = _place(self.session, record, root)
        received = self._received(record, leaf)
        if known.version is not None and known.version.state == State.LOCKED.value:
            blobs.put_all(self.session, [record.root, *record.signatures.values()])
            self.held += 1
            return
        for signature in received:
            self._bring_key_back(unit, signature)
        attach(self.session, record, known, unit, root.content, received, self.decision, self.now)
        self.attached += 1

    def _received(self, record: ReportedRecord, leaf: LockLeaf) -> list[Received]:
        """The signatures, each as of when it must have been received: at the latest when the record took effect."""
        intact = integrity(record.root, record.signatures)
        return [
            self._signed(record, leaf, role, data, intact[role]) for role, data in sorted(record.signatures.items())
        ]

    def _signed(
        self, record: ReportedRecord, leaf: LockLeaf, role_name: str, data: bytes, intact: tuple[Check, ...]
    ) -> Received:
        role, signer = _signer(record, role_name, data)
        at = self._moment(signer, leaf, role)
        path = trusted(signer, self.trust, at, self.now)
        checks = (
            *intact,
            path.trusted,
            authorised(signer.certificate, leaf.unit, role, at, self.registry),
            path.not_revoked,
            claimed_time(signer.certificate, signer.time, at),
        )
        for check in checks:
            # What lists say of then may be gone by now: kept as unknown, as with earlier years (0013).
            unknown = check.status is Status.UNKNOWN and check.question is Question.NOT_REVOKED
            if check.status is not Status.PASSED and not unknown:
                raise _No(Why.SIGNATURE, f"{role_name}: {check.reason.value}")
        return Received(role, data, signer.certificate, facts_of(signer.certificate).subject, signer.time, at, checks)

    def _moment(self, signer: Signer, leaf: LockLeaf, role: Role) -> datetime:
        for at in (leaf.effective_at, signer.time):
            if authorised(signer.certificate, leaf.unit, role, at, self.registry).status is Status.PASSED:
                return at
        return leaf.effective_at

    def _bring_key_back(self, unit: Unit, signature: Received) -> None:
        """An entry of the registry that the log has and the backup had not: its certificate is in the signature."""
        lost = self.lost.pop((unit.code, signature.role.value, sha256(signature.certificate)), None)
        if lost is None:
            return
        self.session.add(
            KeyAuthorisation(
                certificate_sha256=lost.entry.certificate_sha256,
                certificate=signature.certificate,
                unit_id=unit.id,
                role=lost.entry.role.value,
                valid_from=lost.entry.valid_from,
                valid_to=lost.entry.valid_to,
                added_at=self.now,
                log_index=lost.index,
            )
        )
        self.keys += 1


def reattach(
    session: Session, records: Iterable[ReportedRecord], trust: TrustStore, decision: str, now: datetime
) -> Reattached:
    """Put back every record whose leaf commits to it, in the caller's one transaction; what is there stays as it is.

    decision: number of the decision under which it is done, for the history of each version. trust: roots and lists
    that are trusted now.
    """
    desk = _Desk(session, trust, decision, now)
    left: list[Left] = []
    for record in sorted(records, key=lambda each: each.log_index):
        try:
            desk.take(record)
        except _No as no:
            left.append(Left(record.log_index, record.unit, no.why, no.detail))
    session.flush()
    return Reattached(desk.attached, desk.held, desk.keys, tuple(left))


def _leaf(session: Session, record: ReportedRecord) -> LockLeaf:
    """The leaf of a lock that opens to exactly what was brought."""
    entry = session.get(LogEntry, record.log_index)
    try:
        leaf = leaves.from_bytes(entry.leaf) if entry is not None else None
    except VerifyError:
        leaf = None
    if isinstance(leaf, EarlierRecordLeaf):
        raise _No(Why.EARLIER)
    if not isinstance(leaf, LockLeaf):
        raise _No(Why.NO_LEAF)
    opened = leaves.opens(leaf, record.committed, record.salt).status is Status.PASSED
    if not opened or (leaf.unit, leaf.school_year) != (record.unit, record.school_year):
        raise _No(Why.LEAF_DIFFERS)
    return leaf


def _read(record: ReportedRecord, leaf: LockLeaf) -> Root:
    """The canonical record; what the bytes say of themselves, the leaf says too, and both needed roles have signed."""
    try:
        root = read_root(record.root)
    except VerifyError as error:
        raise _No(Why.UNREADABLE, error.refusal.value) from error
    said = (root.content.issuing_school.code, root.content.school_year)
    if said != (leaf.unit, leaf.school_year) or root.lookup_code not in (None, record.lookup_code):
        raise _No(Why.LEAF_DIFFERS)
    lacking = next((role for role in NEEDED_ROLES if role.value not in record.signatures), None)
    if lacking is not None:
        raise _No(Why.SIGNATURE, lacking.value)
    return root


def _signer(record: ReportedRecord, role: str, data: bytes) -> tuple[Role, Signer]:
    try:
        return Role(role), signer_of(record.root, data)
    except (ValueError, VerifyError) as error:
        raise _No(Why.SIGNATURE, role) from error


def _place(session: Session, record: ReportedRecord, root: Root) -> Place:
    """Where the record belongs among what the backup had; raises where something else stands there."""
    transcript = session.scalar(sa.select(Transcript).where(Transcript.lookup_code == record.lookup_code))
    if transcript is None:
        _require_nobody(session, root)
        return Place(None, None, None, ())
    year = session.scalar(
        sa.select(YearRecordRow).where(
            YearRecordRow.transcript_id == transcript.id, YearRecordRow.school_year == record.school_year
        )
    )
    if year is None:
        return Place(transcript, None, None, ())
    versions = session.scalars(sa.select(RecordVersion).where(RecordVersion.year_record_id == year.id)).all()
    same = next((each for each in versions if each.version == record.version), None)
    others = [each for each in versions if each is not same]
    _require_free(session, record, same, others)
    open_ = tuple(each for each in others if each.state in _OPEN)
    return Place(transcript, year, same, open_)


_OPEN = (State.DRAFT.value, State.SUBMITTED.value, State.ACCEPTED.value)


def _require_nobody(session: Session, root: Root) -> None:
    """The pupil was brought in anew under another code, which is for ever: a person must look."""
    content = root.content
    numbers = (
        (Transcript.personal_id_index, content.personal_id),
        (Transcript.moet_student_code_index, content.moet_student_code),
    )
    for column, value in numbers:
        if value is not None and session.scalar(sa.select(Transcript.id).where(column == value)) is not None:
            raise _No(Why.OTHER_PUPIL)


def _require_free(
    session: Session, record: ReportedRecord, same: RecordVersion | None, others: Sequence[RecordVersion]
) -> None:
    if same is not None:
        as_logged = (sha256(record.root), State.LOCKED.value, record.log_index)
        waits = same.state in _OPEN and same.root_sha256 == as_logged[0]
        if not waits and (same.root_sha256, same.state, same.log_index) != as_logged:
            raise _No(Why.OTHER_VERSION)
        if same.state == State.LOCKED.value:
            return
    if any(each.state == State.LOCKED.value for each in others):
        # What took a locked version's place did so by an act, whose rows the backup has not either.
        raise _No(Why.BESIDE_LOCKED)
    newer = any(each.version > record.version for each in others)
    if newer or any(session.scalar(sa.select(frozen(each.id))) for each in others if each.state in _OPEN):
        raise _No(Why.OTHER_VERSION)


def _lost_keys(session: Session) -> dict[tuple[str, str, str], _LostKey]:
    """Registrations of the log without an entry of the table: the first leaf opens one, the newest holds (0011)."""
    there = set(session.scalars(sa.select(KeyAuthorisation.log_index)))
    found: dict[tuple[str, str, str], _LostKey] = {}
    for index, leaf in leaf_search.of_kinds(session, Kind.REGISTER_KEY):
        if isinstance(leaf, RegisterKeyLeaf):
            key = (leaf.unit, leaf.role, leaf.certificate_sha256)
            first = found[key].index if key in found else index
            found[key] = _LostKey(first, _authorisation(leaf))
    return {key: held for key, held in found.items() if held.index not in there}


def _authorisation(leaf: RegisterKeyLeaf) -> Authorisation:
    return Authorisation(leaf.certificate_sha256, leaf.unit, Role(leaf.role), leaf.valid_from, leaf.valid_to)
