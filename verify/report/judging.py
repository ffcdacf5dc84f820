"""Records against the log: each leaf opens to the signed bytes, every signature holds, nobody is missing."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from verify.anchors import Authorisation, TrustStore
from verify.containers.roots import Root, integrity, read_root
from verify.errors import MalformedRecord, VerifyError
from verify.log import leaves, tiles
from verify.log.leaves import EarlierRecordLeaf, ForeignRecordLeaf, LockLeaf, RecordLeaf
from verify.log.receipt import Policy
from verify.report.currents import Currents
from verify.report.differences import Difference, Found, Ledger
from verify.report.lines import ReportedRecord
from verify.report.log_reading import Log, LogView, Tell, bundle_of
from verify.report.signers import Signer, authorised_between, in_time, signer_of, trusted
from verify.signing import Role
from verify.verdict import Status
from verify.verifier import NEEDED_ROLES

_EVERY: Final = 50


@dataclass(frozen=True, slots=True)
class Believed:
    """Whom an outsider believes. policy: keys of the log, witnesses, quorum. trust: roots, and lists if there are any.

    now: UTC.
    """

    policy: Policy
    trust: TrustStore
    now: datetime


@dataclass(slots=True)
class Tally:
    """What was looked at. revocation_unknown: signatures of whose certificate no list speaks any more.

    counts: records by school and grade.
    """

    records: int = 0
    signatures: int = 0
    revocation_unknown: int = 0
    counts: Counter[tuple[str, int]] = field(default_factory=Counter)


class Judge:
    """Takes records in the order of their leaves; `close` says which were not shown.

    currents: where every record of the log is shown, so that the newest inventory can be made again.
    """

    def __init__(
        self, log: Log, view: LogView, believed: Believed, ledger: Ledger, currents: Currents | None = None
    ) -> None:
        self._currents = currents
        self._log, self._view, self._believed, self._ledger = log, view, believed, ledger
        self._bundle: tuple[int, tuple[bytes, ...] | None] = (-1, None)
        self._last = -1
        self.tally = Tally()

    def take(self, record: ReportedRecord) -> None:
        """Judge one record."""
        self.tally.records += 1
        if record.log_index <= self._last:
            self._add(Difference.RECORD_OUT_OF_ORDER, record)
            return
        self._last = record.log_index
        if record.log_index not in self._view.asked:
            self._add(Difference.RECORD_NOT_ASKED, record)
            return
        self._view.asked.discard(record.log_index)
        leaf = self._leaf(record.log_index)
        if leaf is None:
            self._add(Difference.LEAF_DIFFERS, record)
            return
        if self._currents is not None:
            self._currents.take(record)
        self._bound(record, leaf)
        root = self._read(record)
        if root is None:
            return
        self.tally.counts[record.unit, root.content.grade] += 1
        self._said(record, leaf, root)
        self._signatures(record, leaf)

    def take_all(self, records: Iterable[ReportedRecord | Found], within: range, tell: Tell) -> None:
        """Judge the records whose leaves lie in a range; what could not be read is told."""
        for number, record in enumerate(records):
            if isinstance(record, Found):
                self._ledger.add(record)
            elif record.log_index in within:
                self.take(record)
            if number % _EVERY == 0:
                tell(number, 0)

    def close(self, within: range) -> None:
        """Name the leaves of a range whose record was not shown."""
        for index in self._view.asked:
            if index in within:
                leaf = self._leaf(index)
                self._ledger.add(Found(Difference.RECORD_MISSING, index, unit=leaf.unit if leaf is not None else None))
        if self._currents is not None:
            self._currents.close(self._ledger)

    def _add(self, difference: Difference, record: ReportedRecord, detail: str = "") -> None:
        self._ledger.add(Found(difference, record.log_index, record.lookup_code, record.unit, detail))

    def _leaf(self, index: int) -> RecordLeaf | None:
        place, offset = divmod(index, tiles.WIDTH)
        if self._bundle[0] != place:
            width = min(tiles.WIDTH, self._view.size - place * tiles.WIDTH)
            self._bundle = (place, bundle_of(self._log, place, width))
        held = self._bundle[1]
        try:
            leaf = None if held is None else leaves.from_bytes(held[offset])
        except VerifyError:
            return None
        return leaf if isinstance(leaf, RecordLeaf) else None

    def _bound(self, record: ReportedRecord, leaf: RecordLeaf) -> None:
        opened = leaves.opens(leaf, record.committed, record.salt).status is Status.PASSED
        said = (record.unit, record.school_year, record.effective_at)
        if not opened or said != (leaf.unit, leaf.school_year, in_force_since(leaf)):
            self._add(Difference.LEAF_DIFFERS, record)

    def _read(self, record: ReportedRecord) -> Root | None:
        """The canonical record, derived anew from the signed bytes."""
        try:
            return read_root(record.root)
        except VerifyError as error:
            self._add(Difference.RECORD_UNREADABLE, record, error.refusal.value)
            return None

    def _said(self, record: ReportedRecord, leaf: RecordLeaf, root: Root) -> None:
        """Where the signed bytes say what stands beside them, they must say the same."""
        pairs: list[tuple[str, object, object]] = [("school_year", record.school_year, root.content.school_year)]
        if not isinstance(leaf, ForeignRecordLeaf):  # goes here by the installation that issued it
            pairs.append(("unit", record.unit, root.content.issuing_school.code))
        if root.lookup_code is not None:
            # The system before this one had codes of its own (docs/decisions/0013).
            code = record.lookup_code if isinstance(leaf, EarlierRecordLeaf) else root.lookup_code
            pairs += [("lookup_code", record.lookup_code, code), ("version", record.version, root.version)]
        for name, told, signed in pairs:
            if told != signed:
                self._add(Difference.RECORD_DIFFERS, record, name)

    def _signatures(self, record: ReportedRecord, leaf: RecordLeaf) -> None:
        for role in NEEDED_ROLES:
            if role.value not in record.signatures:
                self._add(Difference.SIGNATURE_MISSING, record, role.value)
        held = integrity(record.root, record.signatures)
        for role_name, signature in record.signatures.items():
            self.tally.signatures += 1
            try:
                role, signer = Role(role_name), signer_of(record.root, signature)
            except (ValueError, VerifyError):
                self._add(Difference.SIGNATURE_BROKEN, record, role_name)
                continue
            if any(check.status is not Status.PASSED for check in held[role_name]):
                self._add(Difference.SIGNATURE_BROKEN, record, role_name)
                continue
            self._signer(record, leaf, role, signer)

    def _signer(self, record: ReportedRecord, leaf: RecordLeaf, role: Role, signer: Signer) -> None:
        earlier = isinstance(leaf, EarlierRecordLeaf)
        until = in_force_since(leaf)
        registry: tuple[Authorisation, ...] = self._view.earlier.entries if earlier else self._view.registry
        if not in_time(signer, until):
            self._add(Difference.SIGNED_AFTER_LOCK, record, role.value)
        # Of another installation's record the keys stand in that one's log, which is not at hand here.
        elsewhere = isinstance(leaf, ForeignRecordLeaf)
        if not elsewhere and not authorised_between(signer, leaf.unit, role, until, registry):
            self._add(Difference.SIGNER_NOT_AUTHORISED, record, role.value)
        path = trusted(signer, self._believed.trust, until if earlier else signer.time, self._believed.now)
        if path.trusted.status is not Status.PASSED:
            self._add(Difference.SIGNER_NOT_TRUSTED, record, f"{role.value}: {path.trusted.reason.value}")
        elif path.not_revoked.status is Status.FAILED:
            self._add(Difference.SIGNER_REVOKED, record, role.value)
        elif path.not_revoked.status is not Status.PASSED:
            self.tally.revocation_unknown += 1


def in_force_since(leaf: RecordLeaf) -> datetime:
    """The effective date of a record, by its leaf."""
    return leaf.original_effective_at if isinstance(leaf, EarlierRecordLeaf) else leaf.effective_at


def of_round(leaf: RecordLeaf, school_year: str, number: int | None) -> bool:
    """Whether a leaf locks a record of a round; None: late, by a decision of its own."""
    return isinstance(leaf, LockLeaf) and leaf.school_year == school_year and leaf.round == number


def counts_differ(found: Mapping[tuple[str, int], int], told: Mapping[tuple[str, int], int]) -> Iterable[Found]:
    """Schools and grades of which another number was told than was found."""
    for unit, grade in sorted(found.keys() | told.keys()):
        seen, said = found.get((unit, grade), 0), told.get((unit, grade), 0)
        if seen != said:
            yield Found(Difference.COUNT_DIFFERS, unit=unit, detail=f"{grade}: {said} ≠ {seen}")


def unreadable(number: int, error: VerifyError | None = None) -> Found:
    """A line that is no record. number: from 1."""
    reason = error.refusal.value if error is not None else MalformedRecord.__name__
    return Found(Difference.RECORD_UNREADABLE, detail=f"{number}: {reason}")
