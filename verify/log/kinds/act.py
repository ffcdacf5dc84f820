"""What `annotate` and `revoke` have in common: an act upon one locked record, by a decision."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from verify.canonical import Json
from verify.log import fields

KEYS: Final = frozenset({"unit", "school_year", "record_index", "effective_at", "commitment"})


@dataclass(frozen=True, slots=True)
class ActLeaf:
    """A record was acted upon.

    unit: code of its issuing school. record_index: of the leaf that binds the record. effective_at: UTC, whole seconds.
    commitment: 64 hex, of `verify.log.decisions`.
    """

    unit: str
    school_year: str
    record_index: int
    effective_at: datetime
    commitment: str


Acted = TypeVar("Acted", bound=ActLeaf)


def to_json(leaf: ActLeaf) -> dict[str, Json]:
    return {
        "unit": leaf.unit,
        "school_year": leaf.school_year,
        "record_index": leaf.record_index,
        "effective_at": fields.time_text(leaf.effective_at),
        "commitment": leaf.commitment,
    }


def read(value: Mapping[str, Json], kind: type[Acted]) -> Acted:
    fields.exactly(value, KEYS)
    return kind(
        unit=fields.unit(value["unit"]),
        school_year=fields.text(value["school_year"], fields.SCHOOL_YEAR, "school_year"),
        record_index=fields.index(value["record_index"], "record_index"),
        effective_at=fields.time(value["effective_at"], "effective_at"),
        commitment=fields.text(value["commitment"], fields.HASH, "commitment"),
    )
