"""`earlier_record`: a record that was locked in the system before this one was taken in, under its own old date."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from verify.canonical import Json
from verify.errors import MalformedRecord, Refusal
from verify.log import fields

KEYS: Final = frozenset(
    {"unit", "school_year", "source", "original_effective_at", "effective_at", "commitment", "signatures_commitment"}
)


@dataclass(frozen=True, slots=True)
class EarlierRecordLeaf:
    """A record of an earlier year was taken in.

    unit: code of the issuing school. source: name of the system that locked it, as its operator states it.
    original_effective_at: since when it is in force, as that system states it; effective_at: when it was taken in here,
    never sooner. Both UTC, whole seconds. commitment, signatures_commitment: 64 hex, as of a lock.
    """

    unit: str
    school_year: str
    source: str
    original_effective_at: datetime
    effective_at: datetime
    commitment: str
    signatures_commitment: str


def to_json(leaf: EarlierRecordLeaf) -> dict[str, Json]:
    return {
        "unit": leaf.unit,
        "school_year": leaf.school_year,
        "source": leaf.source,
        "original_effective_at": fields.time_text(leaf.original_effective_at),
        "effective_at": fields.time_text(leaf.effective_at),
        "commitment": leaf.commitment,
        "signatures_commitment": leaf.signatures_commitment,
    }


def read(value: Mapping[str, Json]) -> EarlierRecordLeaf:
    fields.exactly(value, KEYS)
    leaf = EarlierRecordLeaf(
        unit=fields.unit(value["unit"]),
        school_year=fields.text(value["school_year"], fields.SCHOOL_YEAR, "school_year"),
        source=fields.name(value["source"], "source"),
        original_effective_at=fields.time(value["original_effective_at"], "original_effective_at"),
        effective_at=fields.time(value["effective_at"], "effective_at"),
        commitment=fields.text(value["commitment"], fields.HASH, "commitment"),
        signatures_commitment=fields.text(value["signatures_commitment"], fields.HASH, "signatures_commitment"),
    )
    if leaf.original_effective_at > leaf.effective_at:
        raise MalformedRecord(Refusal.BAD_SHAPE, "original_effective_at")
    return leaf
