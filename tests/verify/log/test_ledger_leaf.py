"""The leaf of the ledger's head: reads back, shows nothing, and nothing else reads as it."""

from datetime import UTC, date, datetime

import pytest

from verify import canonical
from verify.errors import MalformedRecord
from verify.log import leaves
from verify.log.commitments import ledger_commitment
from verify.log.leaves import LedgerLeaf

SALT = b"s" * 32
LEAF = LedgerLeaf(date(2026, 7, 1), ledger_commitment(12, "ab" * 32, SALT), datetime(2026, 6, 30, 17, 1, tzinfo=UTC))


def test_it_is_as_documented() -> None:
    data = leaves.to_bytes(LEAF)
    assert leaves.from_bytes(data) == LEAF
    assert data.decode() == (
        f'{{"commitment":"{LEAF.commitment}","day":"2026-07-01","kind":"ledger","made_at":"2026-06-30T17:01:00Z",'
        '"schema":"hocba/log-leaf/1"}'
    )


def test_the_commitment_binds_row_digest_and_salt() -> None:
    made = {
        ledger_commitment(row, digest, salt)
        for row in (12, 13)
        for digest in ("ab" * 32, "cd" * 32)
        for salt in (SALT, b"t" * 32)
    }
    assert len(made) == 8


@pytest.mark.parametrize(
    ("row", "digest", "salt"),
    [(0, "ab" * 32, SALT), (True, "ab" * 32, SALT), (1, "AB" * 32, SALT), (1, "ab" * 32, b"s")],
)
def test_nothing_else_is_committed_to(row: int, digest: str, salt: bytes) -> None:
    with pytest.raises(MalformedRecord):
        ledger_commitment(row, digest, salt)


@pytest.mark.parametrize("changed", [{"commitment": "x"}, {"day": "2026-7-1"}, {"made_at": None}, {"rows": 12}])
def test_nothing_else_reads(changed: dict[str, canonical.Json]) -> None:
    value = {**canonical.parse_canonical(leaves.to_bytes(LEAF), 65535), **changed}
    with pytest.raises(MalformedRecord):
        leaves.from_bytes(canonical.canonicalise(value))
