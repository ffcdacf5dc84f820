"""`supersede`: another version of the same pupil's year takes the place of a locked one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from verify.canonical import Json
from verify.errors import MalformedRecord, Refusal
from verify.log import fields

KEYS: Final = frozenset({"unit", "school_year", "record_index", "by_index", "effective_at", "commitment"})


@dataclass(frozen=True, slots=True)
class SupersedeLeaf:
    """A record was superseded.

    unit: code of its issuing school. record_index: of the leaf that binds the old version; by_index: of the new one's
    lock, always a later leaf. effective_at: UTC, whole seconds. commitment: 64 hex, of `verify.log.decisions`.
    """

    unit: str
    school_year: str
    record_index: int
    by_index: int
    effective_at: datetime
    commitment: str


def to_json(leaf: SupersedeLeaf) -> dict[str, Json]:
    return {
        "unit": leaf.unit,
        "school_year": leaf.school_year,
        "record_index": leaf.record_index,
        "by_index": leaf.by_index,
        "effective_at": fields.time_text(leaf.effective_at),
        "commitment": leaf.commitment,
    }


def read(value: Mapping[str, Json]) -> SupersedeLeaf:
    fields.exactly(value, KEYS)
    leaf = SupersedeLeaf(
        unit=fields.unit(value["unit"]),
        school_year=fields.text(value["school_year"], fields.SCHOOL_YEAR, "school_year"),
        record_index=fields.index(value["record_index"], "record_index"),
        by_index=fields.index(value["by_index"], "by_index"),
        effective_at=fields.time(value["effective_at"], "effective_at"),
        commitment=fields.text(value["commitment"], fields.HASH, "commitment"),
    )
    if leaf.by_index <= leaf.record_index:
        raise MalformedRecord(Refusal.BAD_SHAPE, "by_index")
    return leaf
