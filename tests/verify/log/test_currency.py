"""The file of a proof: reads back, and rubbish is refused without any other error."""

import contextlib
import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verify.log import samples
from verify import canonical
from verify.errors import LimitExceeded, MalformedRecord, VerifyError
from verify.limits import CURRENCY_PROOF_BYTES
from verify.log import currency, leaves
from verify.log.currency import CurrencyProof
from verify.log.inventory import Current, Inventory, key_of
from verify.log.leaves import InventoryLeaf
from verify.verdict import Status

CODE, YEAR = samples.COMMITTED.lookup_code, "2025-2026"
HELD = Inventory()
HELD.add(key_of(CODE, YEAR), Current(2, 0, samples.INDEX))
LEAF = InventoryLeaf(date(2026, 7, 1), 300, 1, HELD.root().hex(), "ab" * 32, datetime(2026, 6, 30, 17, 5, tzinfo=UTC))
PROOF = CurrencyProof(leaves.to_bytes(LEAF), samples.made_receipt(), HELD.prove(key_of(CODE, YEAR)))
FILE = currency.build(PROOF)


def test_it_reads_back() -> None:
    assert currency.parse(FILE) == PROOF
    absent = HELD.prove(key_of(CODE, "2024-2025"))
    alone = CurrencyProof(PROOF.leaf, PROOF.receipt, absent)
    assert currency.verify(currency.build(alone), CODE, "2024-2025", samples.policy()).current is None


def test_a_receipt_of_another_leaf_is_told_by_its_check() -> None:
    """The map may be right; whether the log holds that inventory is a question of its own."""
    shown = currency.verify(FILE, CODE, YEAR, samples.policy())
    assert shown.current == Current(2, 0, samples.INDEX)
    assert shown.logged.status is Status.FAILED


def test_the_leaf_of_a_lock_is_no_inventory() -> None:
    other = CurrencyProof(samples.LEAF_BYTES, PROOF.receipt, PROOF.proof)
    with pytest.raises(MalformedRecord):
        currency.verify(currency.build(other), CODE, YEAR, samples.policy())


@pytest.mark.parametrize(
    "changed",
    [
        {"schema": "hocba/inventory-proof/2"},
        {"siblings": "ab"},
        {"siblings": [1]},
        {"siblings": ["AB" * 32]},
        {"siblings": None},
        {"entry": {"key": "ab"}},
        {"entry": []},
        {"entry": {"key": 1, "value": "ab"}},
        {"leaf": 1},
        {"receipt": None},
        {"more": 1},
    ],
)
def test_other_shapes_are_refused(changed: dict[str, canonical.Json]) -> None:
    data = canonical.canonicalise({**json.loads(FILE), **changed})
    with pytest.raises(MalformedRecord):
        currency.verify(data, CODE, YEAR, samples.policy())


@given(st.binary(max_size=200), st.integers(0, len(FILE)))
def test_rubbish_is_refused_and_nothing_else_is_raised(rubbish: bytes, place: int) -> None:
    for data in (rubbish, FILE[:place] + rubbish, FILE[:place] + rubbish + FILE[place + len(rubbish) :]):
        with contextlib.suppress(VerifyError):
            currency.verify(data, CODE, YEAR, samples.policy())


def test_too_long() -> None:
    with pytest.raises(LimitExceeded):
        currency.parse(bytes(CURRENCY_PROOF_BYTES + 1))
