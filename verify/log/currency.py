"""A proof of currency: which version of a pupil's year was current at an inventory, as one file that verifies offline.

    {"schema": "hocba/inventory-proof/1", "leaf": the bytes of the inventory's leaf as text, "receipt": of that leaf
    (c2sp.org/tlog-proof), "siblings": [64 hex, from the root down], "entry": {"key": 64 hex, "value": 26 hex} or null}

The file holds no lookup code: whoever checks it brings the code, and learns nothing without it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from verify import canonical, limits
from verify.canonical import Json
from verify.errors import MalformedRecord, Refusal
from verify.log import inventory, leaves, receipt
from verify.log.inventory import Current, MapProof
from verify.log.leaves import InventoryLeaf
from verify.log.receipt import Policy
from verify.verdict import Check

SCHEMA: Final = "hocba/inventory-proof/1"
_KEYS: Final = frozenset({"schema", "leaf", "receipt", "siblings", "entry"})


@dataclass(frozen=True, slots=True)
class CurrencyProof:
    """leaf: bytes of the inventory's leaf; receipt: its receipt; proof: of the map under its root."""

    leaf: bytes
    receipt: bytes
    proof: MapProof


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof shows. current: None where no version was locked. logged, witnessed: of the inventory's leaf."""

    inventory: InventoryLeaf
    current: Current | None
    logged: Check
    witnessed: Check


def build(held: CurrencyProof) -> bytes:
    """The file, canonical; raises MalformedRecord for what `parse` would not give back."""
    entry = held.proof.entry
    value: dict[str, Json] = {
        "schema": SCHEMA,
        "leaf": held.leaf.decode(),
        "receipt": held.receipt.decode(),
        "siblings": [each.hex() for each in held.proof.siblings],
        "entry": None if entry is None else {"key": entry[0].hex(), "value": entry[1].hex()},
    }
    data = canonical.canonicalise(value)
    if parse(data) != held:
        raise MalformedRecord(Refusal.BAD_SHAPE, "proof")
    return data


def parse(data: bytes) -> CurrencyProof:
    """Read a proof, nothing of it verified; raises MalformedRecord or LimitExceeded."""
    value = canonical.parse_canonical(data, limits.CURRENCY_PROOF_BYTES)
    siblings, entry = value.get("siblings"), value.get("entry")
    if (
        set(value) != _KEYS
        or value["schema"] != SCHEMA
        or isinstance(siblings, str)
        or not isinstance(siblings, Sequence)
    ):
        raise MalformedRecord(Refusal.BAD_SHAPE, "proof")
    if entry is not None and (not isinstance(entry, Mapping) or set(entry) != {"key", "value"}):
        raise MalformedRecord(Refusal.BAD_SHAPE, "entry")
    return CurrencyProof(
        leaf=_text(value["leaf"]),
        receipt=_text(value["receipt"]),
        proof=MapProof(
            siblings=tuple(map(_hex, siblings)),
            entry=None if entry is None else (_hex(entry["key"]), _hex(entry["value"])),
        ),
    )


def verify(data: bytes, lookup_code: str, school_year: str, policy: Policy) -> Proven:
    """What a file proves of a pupil's year; raises MalformedRecord or LimitExceeded for one that proves nothing.

    Whether the log holds that inventory is told by two checks, as for a record; how old it is, by its leaf.
    """
    held = parse(data)
    leaf = leaves.from_bytes(held.leaf)
    if not isinstance(leaf, InventoryLeaf):
        raise MalformedRecord(Refusal.BAD_PROOF, "not an inventory")
    key = inventory.key_of(lookup_code, school_year)
    current = inventory.find(held.proof, key, bytes.fromhex(leaf.root))
    logged, witnessed = receipt.verify(held.receipt, held.leaf, policy)
    return Proven(leaf, current, logged, witnessed)


def _text(value: Json) -> bytes:
    if not isinstance(value, str):
        raise MalformedRecord(Refusal.BAD_SHAPE, "text")
    return value.encode()


def _hex(value: Json) -> bytes:
    try:
        data = bytes.fromhex(value if isinstance(value, str) else "?")
    except ValueError as error:
        raise MalformedRecord(Refusal.BAD_SHAPE, "hex") from error
    if data.hex() != value:
        raise MalformedRecord(Refusal.BAD_SHAPE, "hex")
    return data
