"""`earlier_key`: a certificate signed for a unit in a role in a period that is over; good for earlier records only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from verify.canonical import Json
from verify.errors import MalformedRecord, Refusal
from verify.log import fields

KEYS: Final = frozenset({"unit", "role", "certificate_sha256", "valid_from", "valid_to", "effective_at"})


@dataclass(frozen=True, slots=True)
class EarlierKeyLeaf:
    """A certificate was authorised in the system before this one.

    A later leaf of the same unit, role, certificate and valid_from brings the end nearer; one that ends where it begins
    takes the recognition back whole.

    valid_from: first moment; valid_to: first moment after the period, never later than effective_at, when two officials
    recognised it. Times: UTC, whole seconds.
    """

    unit: str
    role: str
    certificate_sha256: str
    valid_from: datetime
    valid_to: datetime
    effective_at: datetime


def to_json(leaf: EarlierKeyLeaf) -> dict[str, Json]:
    return {
        "unit": leaf.unit,
        "role": leaf.role,
        "certificate_sha256": leaf.certificate_sha256,
        "valid_from": fields.time_text(leaf.valid_from),
        "valid_to": fields.time_text(leaf.valid_to),
        "effective_at": fields.time_text(leaf.effective_at),
    }


def read(value: Mapping[str, Json]) -> EarlierKeyLeaf:
    fields.exactly(value, KEYS)
    leaf = EarlierKeyLeaf(
        unit=fields.unit(value["unit"]),
        role=fields.text(value["role"], fields.ROLE, "role"),
        certificate_sha256=fields.text(value["certificate_sha256"], fields.HASH, "certificate_sha256"),
        valid_from=fields.time(value["valid_from"], "valid_from"),
        valid_to=fields.time(value["valid_to"], "valid_to"),
        effective_at=fields.time(value["effective_at"], "effective_at"),
    )
    if not leaf.valid_from <= leaf.valid_to <= leaf.effective_at:
        raise MalformedRecord(Refusal.BAD_SHAPE, "valid_to")
    return leaf
