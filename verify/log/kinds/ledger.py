"""`ledger`: how far the ledger of looks went on a day, as a commitment, so that none of it can be written anew unseen.

Whoever holds row, digest and salt opens it; from the leaf alone nothing can be guessed, not even how many looks there
were (decision 0044).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from verify.canonical import Json
from verify.log import fields

KEYS: Final = frozenset({"day", "commitment", "made_at"})


@dataclass(frozen=True, slots=True)
class LedgerLeaf:
    """day: in the province. commitment: to the newest row and its digest (`commitments.ledger_commitment`), 64 hex.

    made_at: UTC, whole seconds.
    """

    day: date
    commitment: str
    made_at: datetime


def to_json(leaf: LedgerLeaf) -> dict[str, Json]:
    return {"day": leaf.day.isoformat(), "commitment": leaf.commitment, "made_at": fields.time_text(leaf.made_at)}


def read(value: Mapping[str, Json]) -> LedgerLeaf:
    fields.exactly(value, KEYS)
    return LedgerLeaf(
        day=fields.day(value["day"], "day"),
        commitment=fields.text(value["commitment"], fields.HASH, "commitment"),
        made_at=fields.time(value["made_at"], "made_at"),
    )
