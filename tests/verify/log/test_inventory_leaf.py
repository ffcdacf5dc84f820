"""The leaf of an inventory: reads back, shows nothing of anybody, and nothing else reads as it."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from verify import canonical
from verify.errors import MalformedRecord
from verify.log import leaves
from verify.log.leaves import InventoryLeaf

LEAF = InventoryLeaf(date(2026, 7, 1), 300, 260, "ab" * 32, "cd" * 32, datetime(2026, 6, 30, 17, 5, tzinfo=UTC))


@pytest.mark.parametrize("leaf", [LEAF, replace(LEAF, size=0, count=0), replace(LEAF, count=300)])
def test_reads_back(leaf: InventoryLeaf) -> None:
    assert leaves.from_bytes(leaves.to_bytes(leaf)) == leaf


def test_it_is_as_documented() -> None:
    assert leaves.to_bytes(LEAF).decode() == (
        f'{{"count":260,"day":"2026-07-01","kind":"inventory","made_at":"2026-06-30T17:05:00Z","root":"{"ab" * 32}",'
        f'"schema":"hocba/log-leaf/1","size":300,"status_sha256":"{"cd" * 32}"}}'
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"count": 301},
        {"count": -1},
        {"size": True},
        {"size": "300"},
        {"day": "2026-7-1"},
        {"day": "2026-02-30"},
        {"day": "2026-07-01T00:00:00Z"},
        {"made_at": "2026-06-30"},
        {"root": "AB" * 32},
        {"status_sha256": None},
        {"unit": "MAU-SO"},
        {"kind": "inventori"},
    ],
)
def test_nothing_else_reads(changed: dict[str, canonical.Json]) -> None:
    value = {**canonical.parse_canonical(leaves.to_bytes(LEAF), 65535), **changed}
    with pytest.raises(MalformedRecord):
        leaves.from_bytes(canonical.canonicalise(value))
