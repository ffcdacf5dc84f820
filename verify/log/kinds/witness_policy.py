"""`witness_policy`: from here on these witnesses count and so many of them are needed; the file itself is public."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from verify.canonical import Json
from verify.errors import MalformedRecord, Refusal
from verify.log import fields

KEYS: Final = frozenset({"policy_sha256", "quorum", "counted", "effective_at"})


@dataclass(frozen=True, slots=True)
class WitnessPolicyLeaf:
    """policy_sha256: of the file of witnesses (c2sp.org/tlog-policy, without the log's own keys). quorum of counted.

    effective_at: UTC, whole seconds.
    """

    policy_sha256: str
    quorum: int
    counted: int
    effective_at: datetime


def to_json(leaf: WitnessPolicyLeaf) -> dict[str, Json]:
    return {
        "policy_sha256": leaf.policy_sha256,
        "quorum": leaf.quorum,
        "counted": leaf.counted,
        "effective_at": fields.time_text(leaf.effective_at),
    }


def read(value: Mapping[str, Json]) -> WitnessPolicyLeaf:
    fields.exactly(value, KEYS)
    leaf = WitnessPolicyLeaf(
        policy_sha256=fields.text(value["policy_sha256"], fields.HASH, "policy_sha256"),
        quorum=_count(value["quorum"]),
        counted=_count(value["counted"]),
        effective_at=fields.time(value["effective_at"], "effective_at"),
    )
    if leaf.quorum > leaf.counted:
        raise MalformedRecord(Refusal.BAD_SHAPE, "quorum")
    return leaf


def _count(value: object) -> int:
    return 0 if type(value) is int and value == 0 else fields.positive(value, "count")
