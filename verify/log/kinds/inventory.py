"""`inventory`: which version of each pupil's year was current when the log had so many leaves (decision 0022)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from verify.canonical import Json
from verify.errors import MalformedRecord, Refusal
from verify.log import fields

KEYS: Final = frozenset({"day", "size", "count", "root", "status_sha256", "made_at"})


@dataclass(frozen=True, slots=True)
class InventoryLeaf:
    """day: in the province. size: leaves of the log that are covered, all before this one. count: years of pupils.

    root: of the map (`verify.log.inventory`), 64 hex. status_sha256: of the status list (`verify.status_list`), 64 hex.
    made_at: UTC, whole seconds.
    """

    day: date
    size: int
    count: int
    root: str
    status_sha256: str
    made_at: datetime


def to_json(leaf: InventoryLeaf) -> dict[str, Json]:
    return {
        "day": leaf.day.isoformat(),
        "size": leaf.size,
        "count": leaf.count,
        "root": leaf.root,
        "status_sha256": leaf.status_sha256,
        "made_at": fields.time_text(leaf.made_at),
    }


def read(value: Mapping[str, Json]) -> InventoryLeaf:
    fields.exactly(value, KEYS)
    leaf = InventoryLeaf(
        day=fields.day(value["day"], "day"),
        size=fields.index(value["size"], "size"),
        count=fields.index(value["count"], "count"),
        root=fields.text(value["root"], fields.HASH, "root"),
        status_sha256=fields.text(value["status_sha256"], fields.HASH, "status_sha256"),
        made_at=fields.time(value["made_at"], "made_at"),
    )
    if leaf.count > leaf.size:
        raise MalformedRecord(Refusal.BAD_SHAPE, "count")
    return leaf
