"""What the log holds: one RFC 8785 object for each act, without personal data, lookup code or record hash.

A `lock` leaf says in public that a record of this school and school year took effect at this moment; an
`earlier_record` leaf says the same of one that the system before this one had locked, a `foreign_record` leaf of one
that another installation locked. Their `commitments` bind each to one record without showing which. A `register_key`
leaf says in public which certificate may sign for which unit, so that an authorisation cannot be invented afterwards;
an `earlier_key` leaf says which one did, in a period that is over.
`supersede`, `revoke` and `annotate` leaves say what was decided about a locked record afterwards, and an `inventory`
leaf which version of each year was current. A `ledger` leaf commits to how far the ledger of looks had gone.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from verify import canonical, limits
from verify.canonical import Json
from verify.errors import LimitExceeded, MalformedRecord, Refusal
from verify.log import commitments
from verify.log.commitments import Committed
from verify.log.kinds import (
    annotate,
    earlier_key,
    earlier_record,
    foreign_record,
    inventory,
    ledger,
    lock,
    policy,
    register_key,
    revoke,
    supersede,
    witness_policy,
)
from verify.log.kinds.annotate import AnnotateLeaf
from verify.log.kinds.earlier_key import EarlierKeyLeaf
from verify.log.kinds.earlier_record import EarlierRecordLeaf
from verify.log.kinds.foreign_record import ForeignRecordLeaf
from verify.log.kinds.inventory import InventoryLeaf
from verify.log.kinds.ledger import LedgerLeaf
from verify.log.kinds.lock import LockLeaf
from verify.log.kinds.policy import PolicyLeaf
from verify.log.kinds.register_key import RegisterKeyLeaf
from verify.log.kinds.revoke import RevokeLeaf
from verify.log.kinds.supersede import SupersedeLeaf
from verify.log.kinds.witness_policy import WitnessPolicyLeaf
from verify.verdict import Check, Question, Reason, Status

__all__ = [
    "SCHEMA",
    "AnnotateLeaf",
    "EarlierKeyLeaf",
    "EarlierRecordLeaf",
    "ForeignRecordLeaf",
    "InventoryLeaf",
    "Kind",
    "Leaf",
    "LedgerLeaf",
    "LockLeaf",
    "PolicyLeaf",
    "RecordLeaf",
    "RegisterKeyLeaf",
    "RevokeLeaf",
    "StandingLeaf",
    "SupersedeLeaf",
    "WitnessPolicyLeaf",
    "earlier_record_leaf",
    "foreign_record_leaf",
    "from_bytes",
    "kind_of",
    "lock_leaf",
    "opens",
    "to_bytes",
]

SCHEMA: Final = "hocba/log-leaf/1"


class Kind(StrEnum):
    """The acts that are logged. Closed; a leaf of a kind without a reader here is refused, never guessed."""

    LOCK = "lock"
    SUPERSEDE = "supersede"
    REVOKE = "revoke"
    ANNOTATE = "annotate"
    REGISTER_KEY = "register_key"
    EARLIER_RECORD = "earlier_record"
    EARLIER_KEY = "earlier_key"
    WITNESS_POLICY = "witness_policy"
    POLICY = "policy"
    INVENTORY = "inventory"
    LEDGER = "ledger"
    FOREIGN_RECORD = "foreign_record"


# A leaf that binds one record by commitments; one of another installation is an earlier one, too.
RecordLeaf = LockLeaf | EarlierRecordLeaf
# A leaf that says what was decided about a record after its lock.
StandingLeaf = SupersedeLeaf | RevokeLeaf | AnnotateLeaf
Leaf = (
    RecordLeaf
    | StandingLeaf
    | RegisterKeyLeaf
    | EarlierKeyLeaf
    | WitnessPolicyLeaf
    | PolicyLeaf
    | InventoryLeaf
    | LedgerLeaf
)


@dataclass(frozen=True, slots=True)
class _Row:
    """How a kind is written and read; schema and kind are common to all and handled here."""

    type: type[Leaf]
    to_json: Callable[[Any], dict[str, Json]]
    read: Callable[[Mapping[str, Json]], Leaf]


_KINDS: Final[Mapping[str, _Row]] = {
    Kind.LOCK: _Row(LockLeaf, lock.to_json, lock.read),
    Kind.REGISTER_KEY: _Row(RegisterKeyLeaf, register_key.to_json, register_key.read),
    Kind.EARLIER_RECORD: _Row(EarlierRecordLeaf, earlier_record.to_json, earlier_record.read),
    Kind.FOREIGN_RECORD: _Row(ForeignRecordLeaf, foreign_record.to_json, foreign_record.read),
    Kind.EARLIER_KEY: _Row(EarlierKeyLeaf, earlier_key.to_json, earlier_key.read),
    Kind.WITNESS_POLICY: _Row(WitnessPolicyLeaf, witness_policy.to_json, witness_policy.read),
    Kind.SUPERSEDE: _Row(SupersedeLeaf, supersede.to_json, supersede.read),
    Kind.REVOKE: _Row(RevokeLeaf, revoke.to_json, revoke.read),
    Kind.ANNOTATE: _Row(AnnotateLeaf, annotate.to_json, annotate.read),
    Kind.POLICY: _Row(PolicyLeaf, policy.to_json, policy.read),
    Kind.INVENTORY: _Row(InventoryLeaf, inventory.to_json, inventory.read),
    Kind.LEDGER: _Row(LedgerLeaf, ledger.to_json, ledger.read),
}
_KIND_OF: Final = {row.type: (Kind(kind), row) for kind, row in _KINDS.items()}


def lock_leaf(
    committed: Committed, salt: bytes, unit: str, effective_at: datetime, lock_round: int | None = None
) -> LockLeaf:
    """The leaf of a lock. salt: 32 random bytes, fresh for each leaf. Raises MalformedRecord."""
    return LockLeaf(
        unit=unit,
        school_year=committed.school_year,
        effective_at=effective_at,
        commitment=commitments.record_commitment(committed, salt),
        signatures_commitment=commitments.signatures_commitment(committed, salt),
        round=lock_round,
    )


def earlier_record_leaf(
    committed: Committed, salt: bytes, unit: str, source: str, original_effective_at: datetime, effective_at: datetime
) -> EarlierRecordLeaf:
    """The leaf of a record of an earlier year. salt as of a lock. Raises MalformedRecord."""
    return EarlierRecordLeaf(
        unit=unit,
        school_year=committed.school_year,
        source=source,
        original_effective_at=original_effective_at,
        effective_at=effective_at,
        commitment=commitments.record_commitment(committed, salt),
        signatures_commitment=commitments.signatures_commitment(committed, salt),
    )


def foreign_record_leaf(held: EarlierRecordLeaf, origin: str, index: int, leaf: bytes) -> ForeignRecordLeaf:
    """The same for a record that another installation locked. origin: its log; index, leaf: of the lock there."""
    return ForeignRecordLeaf(
        unit=held.unit,
        school_year=held.school_year,
        source=held.source,
        original_effective_at=held.original_effective_at,
        effective_at=held.effective_at,
        commitment=held.commitment,
        signatures_commitment=held.signatures_commitment,
        origin=origin,
        origin_index=index,
        origin_leaf=canonical.sha256(leaf),
    )


def opens(leaf: RecordLeaf, committed: Committed, salt: bytes) -> Check:
    """Whether a leaf stands for this record, code, version and signatures (question LOGGED)."""
    try:
        expected = replace(
            leaf,
            school_year=committed.school_year,
            commitment=commitments.record_commitment(committed, salt),
            signatures_commitment=commitments.signatures_commitment(committed, salt),
        )
        same = hmac.compare_digest(_encoded(expected), _encoded(leaf))
    except MalformedRecord:
        same = False
    if same:
        return Check(Question.LOGGED, Status.PASSED)
    return Check(Question.LOGGED, Status.FAILED, Reason.NOT_IN_LOG)


def kind_of(leaf: Leaf) -> Kind:
    """The act that a leaf says."""
    return _KIND_OF[type(leaf)][0]


def to_bytes(leaf: Leaf) -> bytes:
    """The log entry, canonical; raises MalformedRecord for a value that `from_bytes` would refuse."""
    data = _encoded(leaf)
    if len(data) > limits.LEAF_BYTES:
        raise LimitExceeded(Refusal.TOO_LARGE, "leaf")
    if from_bytes(data) != leaf:
        raise MalformedRecord(Refusal.BAD_SHAPE, "leaf")
    return data


def from_bytes(data: bytes) -> Leaf:
    """Read a log entry strictly; raises MalformedRecord or LimitExceeded."""
    value = dict(canonical.parse_canonical(data, limits.LEAF_BYTES))
    kind = value.pop("kind", None)
    row = _KINDS.get(kind) if isinstance(kind, str) else None
    if value.pop("schema", None) != SCHEMA or row is None:
        raise MalformedRecord(Refusal.BAD_SHAPE, "kind")
    return row.read(value)


def _encoded(leaf: Leaf) -> bytes:
    kind, row = _KIND_OF[type(leaf)]
    return canonical.canonicalise({"schema": SCHEMA, "kind": kind.value, **row.to_json(leaf)})
