"""`foreign_record`: a record that another installation locked was taken in; it names the line of that log."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from verify.canonical import Json
from verify.log import fields
from verify.log.kinds import earlier_record
from verify.log.kinds.earlier_record import EarlierRecordLeaf

_OWN: Final = frozenset({"origin", "origin_index", "origin_leaf"})


@dataclass(frozen=True, slots=True)
class ForeignRecordLeaf(EarlierRecordLeaf):
    """As an earlier year, of which another log holds the lock. unit: by which the other installation goes here.

    origin: name of that log. origin_index: of its leaf. origin_leaf: SHA-256 of the leaf's bytes, 64 hex.
    """

    origin: str
    origin_index: int
    origin_leaf: str


def to_json(leaf: ForeignRecordLeaf) -> dict[str, Json]:
    own: dict[str, Json] = {
        "origin": leaf.origin,
        "origin_index": leaf.origin_index,
        "origin_leaf": leaf.origin_leaf,
    }
    return earlier_record.to_json(leaf) | own


def read(value: Mapping[str, Json]) -> ForeignRecordLeaf:
    fields.exactly(value, earlier_record.KEYS | _OWN)
    held = earlier_record.read({key: item for key, item in value.items() if key not in _OWN})
    return ForeignRecordLeaf(
        unit=held.unit,
        school_year=held.school_year,
        source=held.source,
        original_effective_at=held.original_effective_at,
        effective_at=held.effective_at,
        commitment=held.commitment,
        signatures_commitment=held.signatures_commitment,
        origin=fields.name(value["origin"], "origin"),
        origin_index=fields.index(value["origin_index"], "origin_index"),
        origin_leaf=fields.text(value["origin_leaf"], fields.HASH, "origin_leaf"),
    )
