"""The leaf that says which witnesses count: reads back, and nothing else reads as it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from verify import canonical
from verify.errors import MalformedRecord
from verify.log import leaves
from verify.log.leaves import WitnessPolicyLeaf

LEAF = WitnessPolicyLeaf("ab" * 32, 2, 3, datetime(2026, 6, 30, 17, 0, tzinfo=UTC))


@pytest.mark.parametrize("leaf", [LEAF, replace(LEAF, quorum=0, counted=0), replace(LEAF, quorum=3)])
def test_reads_back(leaf: WitnessPolicyLeaf) -> None:
    assert leaves.from_bytes(leaves.to_bytes(leaf)) == leaf


@pytest.mark.parametrize(
    "changed",
    [
        {"quorum": 4},
        {"quorum": -1},
        {"quorum": True},
        {"quorum": False},
        {"quorum": "2"},
        {"counted": None},
        {"policy_sha256": "AB" * 32},
        {"effective_at": "2026-06-30"},
        {"unit": "MAU-TH-01"},
        {"kind": "witness"},
    ],
)
def test_nothing_else_reads(changed: dict[str, canonical.Json]) -> None:
    value = {**canonical.parse_canonical(leaves.to_bytes(LEAF), 65535), **changed}
    with pytest.raises(MalformedRecord):
        leaves.from_bytes(canonical.canonicalise(value))
