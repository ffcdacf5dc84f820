"""What the log holds: one RFC 8785 object for each act, without personal data, lookup code or record hash.

A `lock` leaf says in public that a record of this school and school year took effect at this moment;
`commitments` binds it to one record without showing which. A `register_key` leaf says in public which
certificate may sign for which unit, so that an authorisation cannot be invented afterwards.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from verify import canonical, limits
from verify.canonical import Json
from verify.errors import LimitExceeded, MalformedRecord, Refusal
from verify.log import commitments, fields
from verify.log.commitments import Committed
from verify.verdict import Check, Question, Reason, Status

SCHEMA: Final = "hocba/log-leaf/1"


class Kind(StrEnum):
    """The acts that are logged. Closed; a leaf of a kind without a reader here is refused, never guessed."""

    LOCK = "lock"
    SUPERSEDE = "supersede"
    REVOKE = "revoke"
    ANNOTATE = "annotate"
    REGISTER_KEY = "register_key"


@dataclass(frozen=True, slots=True)
class LockLeaf:
    """A record took effect.

    unit: code of the issuing school. effective_at: UTC, whole seconds. commitment, signatures_commitment: 64
    hex. round: cut-off of the year, 1 or 2, None for a late lock by decision.
    """

    unit: str
    school_year: str
    effective_at: datetime
    commitment: str
    signatures_commitment: str
    round: int | None = None


@dataclass(frozen=True, slots=True)
class RegisterKeyLeaf:
    """A certificate may sign for a unit in a role. valid_to: None while open. Times: UTC, whole seconds."""

    unit: str
    role: str
    certificate_sha256: str
    valid_from: datetime
    valid_to: datetime | None
    effective_at: datetime


Leaf = LockLeaf | RegisterKeyLeaf

_COMMON_KEYS = frozenset({"schema", "kind", "unit", "effective_at"})
_LOCK_KEYS = _COMMON_KEYS | {"school_year", "round", "commitment", "signatures_commitment"}
_KEY_KEYS = _COMMON_KEYS | {"role", "certificate_sha256", "valid_from", "valid_to"}


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


def opens(leaf: LockLeaf, committed: Committed, salt: bytes) -> Check:
    """Whether a leaf stands for this record, code, version and signatures (question LOGGED)."""
    try:
        expected = lock_leaf(committed, salt, leaf.unit, leaf.effective_at, leaf.round)
        same = hmac.compare_digest(_lock_bytes(expected), _lock_bytes(leaf))
    except MalformedRecord:
        same = False
    if same:
        return Check(Question.LOGGED, Status.PASSED)
    return Check(Question.LOGGED, Status.FAILED, Reason.NOT_IN_LOG)


def to_bytes(leaf: Leaf) -> bytes:
    """The log entry, canonical; raises MalformedRecord for a value that `from_bytes` would refuse."""
    data = _lock_bytes(leaf) if isinstance(leaf, LockLeaf) else _key_bytes(leaf)
    if len(data) > limits.LEAF_BYTES:
        raise LimitExceeded(Refusal.TOO_LARGE, "leaf")
    if from_bytes(data) != leaf:
        raise MalformedRecord(Refusal.BAD_SHAPE, "leaf")
    return data


def from_bytes(data: bytes) -> Leaf:
    """Read a log entry strictly; raises MalformedRecord or LimitExceeded."""
    value = canonical.parse_canonical(data, limits.LEAF_BYTES)
    kind = value.get("kind")
    if value.get("schema") == SCHEMA and kind == Kind.LOCK:
        return _read_lock(value)
    if value.get("schema") == SCHEMA and kind == Kind.REGISTER_KEY:
        return _read_key(value)
    raise MalformedRecord(Refusal.BAD_SHAPE, "kind")


def _lock_bytes(leaf: LockLeaf) -> bytes:
    return canonical.canonicalise(
        {
            "schema": SCHEMA,
            "kind": Kind.LOCK.value,
            "unit": leaf.unit,
            "school_year": leaf.school_year,
            "round": leaf.round,
            "effective_at": fields.time_text(leaf.effective_at),
            "commitment": leaf.commitment,
            "signatures_commitment": leaf.signatures_commitment,
        }
    )


def _read_lock(value: Mapping[str, Json]) -> LockLeaf:
    fields.exactly(value, _LOCK_KEYS)
    return LockLeaf(
        unit=fields.unit(value["unit"]),
        school_year=fields.text(value["school_year"], fields.SCHOOL_YEAR, "school_year"),
        effective_at=fields.time(value["effective_at"], "effective_at"),
        commitment=fields.text(value["commitment"], fields.HASH, "commitment"),
        signatures_commitment=fields.text(value["signatures_commitment"], fields.HASH, "signatures_commitment"),
        round=None if value["round"] is None else fields.positive(value["round"], "round"),
    )


def _key_bytes(leaf: RegisterKeyLeaf) -> bytes:
    return canonical.canonicalise(
        {
            "schema": SCHEMA,
            "kind": Kind.REGISTER_KEY.value,
            "unit": leaf.unit,
            "role": leaf.role,
            "certificate_sha256": leaf.certificate_sha256,
            "valid_from": fields.time_text(leaf.valid_from),
            "valid_to": None if leaf.valid_to is None else fields.time_text(leaf.valid_to),
            "effective_at": fields.time_text(leaf.effective_at),
        }
    )


def _read_key(value: Mapping[str, Json]) -> RegisterKeyLeaf:
    fields.exactly(value, _KEY_KEYS)
    return RegisterKeyLeaf(
        unit=fields.unit(value["unit"]),
        role=fields.text(value["role"], fields.ROLE, "role"),
        certificate_sha256=fields.text(value["certificate_sha256"], fields.HASH, "certificate_sha256"),
        valid_from=fields.time(value["valid_from"], "valid_from"),
        valid_to=None if value["valid_to"] is None else fields.time(value["valid_to"], "valid_to"),
        effective_at=fields.time(value["effective_at"], "effective_at"),
    )
