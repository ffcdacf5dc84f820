"""Everything that is asked of a bundle by whoever receives it. Nothing in it chooses whom to believe.

1 the sender's log is one that we know, the receiver is ours, the days are right; 2 the leaves of keys stand in that
log, seen by its witnesses; 3 the seal over the content is the department's, by those leaves; 4 each record opens its
leaf, the leaf stands in the log, the version was current at a fresh inventory, and every signature holds as of the
lock.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from verify.anchors import Authorisation, TrustStore
from verify.canonical import sha256
from verify.cms.certificates import facts_of
from verify.cms.past import trusted_lists
from verify.cms.times import LEEWAY, claimed_time
from verify.containers.earlier import EarlierSignature
from verify.containers.jcs_cades import examine
from verify.containers.roots import integrity, read_root
from verify.errors import VerifyError
from verify.exchange.bundle import LIFE, Bundle, Content, Entry, Header, LoggedLeaf, read
from verify.log import currency, leaves, notes, receipt
from verify.log.leaves import EarlierKeyLeaf, EarlierRecordLeaf, ForeignRecordLeaf, RecordLeaf, RegisterKeyLeaf
from verify.log.receipt import Policy
from verify.record.model import YearContent
from verify.report.judging import in_force_since
from verify.report.lines import ReportedRecord
from verify.report.signers import authorised_between, signer_of, trusted
from verify.signing import Role
from verify.standing import StandingState
from verify.status_list import CODES
from verify.verdict import Check, Question, Reason, Status
from verify.verifier import NEEDED_ROLES

# An inventory is made each day; one that is older may hide what was decided since.
INVENTORY_AGE: Final = timedelta(days=3)
_STANDS: Final = frozenset({CODES[StandingState.IN_FORCE], CODES[StandingState.ANNOTATED]})


class Fault(StrEnum):
    """Why a bundle is not taken. Closed: each has a sentence in `portal.presenters.exchange_words`."""

    UNKNOWN_SENDER = "unknown_sender"
    WRONG_ADDRESSEE = "wrong_addressee"
    OUT_OF_TIME = "out_of_time"
    KEY_NOT_LOGGED = "key_not_logged"
    SEAL_BROKEN = "seal_broken"
    NOT_LOGGED = "not_logged"
    NO_QUORUM = "no_quorum"
    LEAF_DIFFERS = "leaf_differs"
    THIRD_LOG = "third_log"
    NOT_CURRENT = "not_current"
    INVENTORY_OLD = "inventory_old"
    SIGNATURE_REFUSED = "signature_refused"
    NOT_ONE_PUPIL = "not_one_pupil"


@dataclass(frozen=True, slots=True)
class Peer:
    """Another installation, as officials here wrote it down. id: of the caller. policy: its log, its witnesses."""

    id: int
    policy: Policy


@dataclass(frozen=True, slots=True)
class Border:
    """Whom the receiver believes. own: keys of its own log. trust: roots, and lists if there are any. now: UTC."""

    own: tuple[notes.Verifier, ...]
    peers: tuple[Peer, ...]
    trust: TrustStore
    now: datetime


@dataclass(frozen=True, slots=True)
class ProvenRecord:
    """A record that holds. leaf: bytes of its leaf in the sender's log. signatures: what may stay unknown, may.

    code: in the signed bytes; where they hold none, the one under which it stood there.
    """

    record: ReportedRecord
    code: str
    content: YearContent
    leaf: bytes
    signatures: tuple[EarlierSignature, ...]


@dataclass(frozen=True, slots=True)
class Examined:
    """fault: None where everything holds; detail: school year, role or reason. peer: id of the sender, if it is known.

    witnessed: whether witnesses were asked of the sender's log. lists: those that an authority of ours signed.
    """

    sha256: str
    header: Header
    fault: Fault | None
    detail: str
    peer: int | None
    log: str
    witnessed: bool
    lists: tuple[bytes, ...]
    records: tuple[ProvenRecord, ...]


class _No(Exception):
    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(fault.value)
        self.fault, self.detail = fault, detail


def examine_bundle(data: bytes, border: Border) -> Examined:
    """Open a file and ask everything; runs in a child. Raises MalformedRecord or LimitExceeded."""
    bundle = read(data)
    header = bundle.content.header
    peer = next((each for each in border.peers if header.sender_log in _vkeys(each.policy.log_keys)), None)
    lists = trusted_lists(bundle.content.lists, border.trust)
    trust = TrustStore(border.trust.roots, border.trust.intermediates, (*border.trust.crls, *lists))
    fault, detail, records = None, "", tuple[ProvenRecord, ...]()
    try:
        if peer is None:
            raise _No(Fault.UNKNOWN_SENDER)
        if header.recipient_log not in _vkeys(border.own):
            raise _No(Fault.WRONG_ADDRESSEE)
        _in_time(header, border.now)
        records = _Judge(bundle, peer.policy, trust, border.now).records()
    except _No as no:
        fault, detail = no.fault, no.detail
    return Examined(
        sha256=sha256(data),
        header=header,
        fault=fault,
        detail=detail,
        peer=peer.id if peer is not None else None,
        log=peer.policy.log_keys[0].name if peer is not None else "",
        witnessed=peer is not None and peer.policy.quorum > 0,
        lists=lists,
        records=records,
    )


def still_proven(data: bytes, index: int, leaf: ForeignRecordLeaf, root: bytes, policy: Policy) -> bool:
    """Whether the sender's log vouches for a record that was taken in: asked again by audits, offline and at any time.

    data: the bundle as it was kept. index: of the leaf there. leaf: ours. root: the signed bytes as they are stored.
    """
    try:
        content = read(data).content
        entry = next(each for each in content.entries if each.record.log_index == index)
        registry = _registry(content.keys, policy)
        logged = _leaf_of(entry, policy)
        signers = [
            (Role(role), signer_of(entry.record.root, signature)) for role, signature in entry.record.signatures.items()
        ]
    except (_No, VerifyError, StopIteration, ValueError):
        return False
    until = in_force_since(logged)
    same = (sha256(entry.logged.leaf), entry.record.root, logged.school_year, until)
    return same == (leaf.origin_leaf, root, leaf.school_year, leaf.original_effective_at) and all(
        authorised_between(signer, logged.unit, role, until, _keys_for(registry, logged)) for role, signer in signers
    )


@dataclass(frozen=True, slots=True)
class _Registry:
    """Keys as the sender's leaves authorise them: of its schools, and of the system before its own."""

    today: tuple[Authorisation, ...]
    earlier: tuple[Authorisation, ...]


class _Judge:
    def __init__(self, bundle: Bundle, policy: Policy, trust: TrustStore, now: datetime) -> None:
        self._bundle, self._policy, self._trust, self._now = bundle, policy, trust, now
        self._registry = _registry(bundle.content.keys, policy)

    def records(self) -> tuple[ProvenRecord, ...]:
        """Every record, the oldest first; raises _No for the first thing that does not hold."""
        self._seal()
        content = self._bundle.content
        found = tuple(self._record(each) for each in content.entries)
        _one_pupil(content, found)
        return tuple(sorted(found, key=lambda each: each.record.school_year))

    def _seal(self) -> None:
        header = self._bundle.content.header
        report = examine(
            self._bundle.signed,
            self._bundle.signature,
            role=Role.DEPARTMENT_SEAL,
            unit_code=header.sender_unit,
            trust=self._trust,
            registry=self._registry.today,
            at=header.made_at,
        )
        # Lists of today begin after the seal was made: unknown then is not a refusal, revoked is.
        for check in report.checks:
            unknown = check.question is Question.NOT_REVOKED and check.status is Status.UNKNOWN
            if check.status is not Status.PASSED and not unknown:
                raise _No(Fault.SEAL_BROKEN, check.reason.value)

    def _record(self, entry: Entry) -> ProvenRecord:
        record = entry.record
        leaf = _leaf_of(entry, self._policy)
        if isinstance(leaf, ForeignRecordLeaf):
            raise _No(Fault.THIRD_LOG, record.school_year)
        try:
            root = read_root(record.root)
        except VerifyError as error:
            raise _No(Fault.LEAF_DIFFERS, record.school_year) from error
        said = (root.content.issuing_school.code, root.content.school_year)
        late = in_force_since(leaf) > self._bundle.content.header.made_at
        if said != (leaf.unit, leaf.school_year) or late:
            raise _No(Fault.LEAF_DIFFERS, record.school_year)
        self._current(entry)
        signatures = tuple(self._signatures(record, leaf))
        for role in NEEDED_ROLES:
            if role not in {each.role for each in signatures}:
                raise _No(Fault.SIGNATURE_REFUSED, f"{record.school_year}: {role.value}")
        return ProvenRecord(record, root.lookup_code or record.lookup_code, root.content, entry.logged.leaf, signatures)

    def _current(self, entry: Entry) -> None:
        """The newest inventory of the sender names this version, and it stands."""
        record = entry.record
        try:
            proven = currency.verify(entry.current, record.lookup_code, record.school_year, self._policy)
        except VerifyError as error:
            raise _No(Fault.NOT_CURRENT, record.school_year) from error
        _logged(proven.logged, proven.witnessed, Fault.NOT_CURRENT, record.school_year)
        held = proven.current
        if held is None or (held.version, held.index) != (record.version, record.log_index):
            raise _No(Fault.NOT_CURRENT, record.school_year)
        if held.standing not in _STANDS:
            raise _No(Fault.NOT_CURRENT, record.school_year)
        made = self._bundle.content.header.made_at
        if not made - INVENTORY_AGE <= proven.inventory.made_at <= made + LEEWAY:
            raise _No(Fault.INVENTORY_OLD, record.school_year)

    def _signatures(self, record: ReportedRecord, leaf: RecordLeaf) -> Iterator[EarlierSignature]:
        until, held = in_force_since(leaf), integrity(record.root, record.signatures)
        for role, data in record.signatures.items():
            place = f"{record.school_year}: {role}"
            try:
                signer = signer_of(record.root, data)
                name = facts_of(signer.certificate).subject
                moment = until if isinstance(leaf, EarlierRecordLeaf) else signer.time
                path = trusted(signer, self._trust, moment, self._now)
                time = claimed_time(signer.certificate, signer.time, until)
                made = Role(role)
            except (VerifyError, ValueError) as error:
                raise _No(Fault.SIGNATURE_REFUSED, place) from error
            allowed = authorised_between(signer, leaf.unit, made, until, _keys_for(self._registry, leaf))
            authorised = Check(
                Question.SIGNER_AUTHORISED,
                Status.PASSED if allowed else Status.FAILED,
                Reason.OK if allowed else Reason.NOT_REGISTERED,
            )
            checks = (*held[role], path.trusted, authorised, path.not_revoked, time)
            found = EarlierSignature(made, data, checks, signer.certificate, name, signer.time)
            if found.refused is not None:
                raise _No(Fault.SIGNATURE_REFUSED, f"{place}: {found.refused.reason.value}")
            yield found


def _keys_for(registry: _Registry, leaf: RecordLeaf) -> tuple[Authorisation, ...]:
    return registry.earlier if isinstance(leaf, EarlierRecordLeaf) else registry.today


def _leaf_of(entry: Entry, policy: Policy) -> RecordLeaf:
    """The leaf of a record: it stands in the log at the index that the record names, and opens to it."""
    record = entry.record
    _logged(*receipt.verify(entry.logged.receipt, entry.logged.leaf, policy), Fault.NOT_LOGGED, record.school_year)
    try:
        leaf, index = leaves.from_bytes(entry.logged.leaf), receipt.parse(entry.logged.receipt).index
    except VerifyError as error:
        raise _No(Fault.NOT_LOGGED, record.school_year) from error
    if not isinstance(leaf, RecordLeaf) or index != record.log_index:
        raise _No(Fault.NOT_LOGGED, record.school_year)
    opened = leaves.opens(leaf, record.committed, record.salt).status is Status.PASSED
    said = (record.unit, record.school_year, record.effective_at)
    if not opened or said != (leaf.unit, leaf.school_year, in_force_since(leaf)):
        raise _No(Fault.LEAF_DIFFERS, record.school_year)
    return leaf


def _logged(logged: Check, witnessed: Check, fault: Fault, detail: str) -> None:
    if logged.status is not Status.PASSED:
        raise _No(fault, detail)
    # Without a quorum in the policy nobody is asked: two officials wrote that down, and pages say it.
    if witnessed.status not in (Status.PASSED, Status.NOT_APPLICABLE):
        raise _No(Fault.NO_QUORUM, detail)


def _registry(keys: Sequence[LoggedLeaf], policy: Policy) -> _Registry:
    """A second leaf of a key ends it, as in the log itself (decision 0011)."""
    today: dict[tuple[str, str, str], Authorisation] = {}
    earlier: dict[tuple[str, str, str], Authorisation] = {}
    for held in keys:
        _logged(*receipt.verify(held.receipt, held.leaf, policy), Fault.KEY_NOT_LOGGED, "")
        try:
            leaf = leaves.from_bytes(held.leaf)
            if not isinstance(leaf, RegisterKeyLeaf | EarlierKeyLeaf):
                raise _No(Fault.KEY_NOT_LOGGED)
            entry = Authorisation(leaf.certificate_sha256, leaf.unit, Role(leaf.role), leaf.valid_from, leaf.valid_to)
        except (VerifyError, ValueError) as error:
            raise _No(Fault.KEY_NOT_LOGGED) from error
        known = earlier if isinstance(leaf, EarlierKeyLeaf) else today
        known[leaf.unit, leaf.role, leaf.certificate_sha256] = entry
    return _Registry(tuple(today.values()), tuple(earlier.values()))


def _in_time(header: Header, now: datetime) -> None:
    whole = timedelta(0) < header.expires_at - header.made_at <= LIFE
    if not whole or not header.made_at - LEEWAY <= now < header.expires_at:
        raise _No(Fault.OUT_OF_TIME, header.expires_at.date().isoformat())


def _one_pupil(content: Content, found: Sequence[ProvenRecord]) -> None:
    """One code, one birth date, each school year once, all invented or none."""
    years = {each.record.school_year for each in found}
    same = {(each.record.lookup_code, each.content.birth_date, each.content.sample) for each in found}
    samples = {sample for _code, _born, sample in same}
    if len(same) != 1 or len(years) != len(found) or samples != {content.header.sample}:
        raise _No(Fault.NOT_ONE_PUPIL)


def _vkeys(keys: Sequence[notes.Verifier]) -> frozenset[str]:
    return frozenset(notes.format_vkey(key) for key in keys)
