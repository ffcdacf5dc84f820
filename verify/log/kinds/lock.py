"""`lock`: a record of a school and school year took effect."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from verify.canonical import Json
from verify.log import fields

KEYS: Final = frozenset({"unit", "school_year", "round", "effective_at", "commitment", "signatures_commitment"})


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


def to_json(leaf: LockLeaf) -> dict[str, Json]:
    return {
        "unit": leaf.unit,
        "school_year": leaf.school_year,
        "round": leaf.round,
        "effective_at": fields.time_text(leaf.effective_at),
        "commitment": leaf.commitment,
        "signatures_commitment": leaf.signatures_commitment,
    }


def read(value: Mapping[str, Json]) -> LockLeaf:
    fields.exactly(value, KEYS)
    return LockLeaf(
        unit=fields.unit(value["unit"]),
        school_year=fields.text(value["school_year"], fields.SCHOOL_YEAR, "school_year"),
        effective_at=fields.time(value["effective_at"], "effective_at"),
        commitment=fields.text(value["commitment"], fields.HASH, "commitment"),
        signatures_commitment=fields.text(value["signatures_commitment"], fields.HASH, "signatures_commitment"),
        round=None if value["round"] is None else fields.positive(value["round"], "round"),
    )
