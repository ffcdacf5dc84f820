"""The log read once: its root from the right edge alone, its keys by the rule of decision 0011, its bits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from verify.log import checkpoint, leaves, merkle, notes, tiles
from verify.log.leaves import EarlierKeyLeaf, InventoryLeaf, Leaf, LockLeaf, RegisterKeyLeaf, RevokeLeaf, SupersedeLeaf
from verify.log.receipt import Policy
from verify.report.differences import Difference, Ledger
from verify.report.log_reading import Bits, LogView, Root, read_log

SIGNER = notes.parse_skey(notes.format_skey("log.example", bytes(32), notes.Kind.ED25519))
START = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Written:
    """A log of these leaves, as an outsider reads it. told: the leaves over which the checkpoint was signed."""

    held: Sequence[bytes]
    told: Sequence[bytes]

    def checkpoint(self) -> bytes:
        root = merkle.root_of([merkle.leaf_hash(entry) for entry in self.told])
        return checkpoint.sign(checkpoint.Checkpoint("log.example", len(self.told), root), SIGNER)

    def bundle(self, index: int, width: int) -> bytes | None:
        part = self.held[index * tiles.WIDTH : index * tiles.WIDTH + width]
        return tiles.bundle(part) if len(part) == width else None


def read(*written: Leaf | bytes, told: Sequence[bytes] | None = None) -> tuple[LogView, dict[Difference, int]]:
    entries = [each if isinstance(each, bytes) else leaves.to_bytes(each) for each in written]
    ledger = Ledger()
    policy = Policy((SIGNER.verifier,), (), 0)
    view = read_log(Written(entries, told or entries), policy, lambda _leaf: True, ledger, lambda _a, _b: None)
    assert view is not None
    return view, dict(ledger.counts)


def lock(unit: str = "TH-1", year: str = "2025-2026") -> LockLeaf:
    return LockLeaf(unit, year, START, "0" * 64, "1" * 64, 1)


def key(start: int = 0, end: int | None = None) -> RegisterKeyLeaf:
    """A registration from one day of June to another."""
    until = None if end is None else START + timedelta(days=end)
    return RegisterKeyLeaf("TH-1", "head", "a" * 64, START + timedelta(days=start), until, START)


@given(st.integers(0, 700))
def test_the_edge_gives_the_root_of_the_whole_tree(size: int) -> None:
    entries = [number.to_bytes(2, "big") for number in range(size)]
    root = Root()
    for entry in entries:
        root.add(entry)
    assert root.value() == merkle.root_of([merkle.leaf_hash(entry) for entry in entries])


@given(st.sets(st.integers(0, 999)), st.sets(st.integers(0, 999)))
def test_bits_are_a_set(added: set[int], removed: set[int]) -> None:
    bits = Bits(1000)
    for number in added:
        bits.add(number)
    for number in removed:
        bits.discard(number)
    assert list(bits) == sorted(added - removed)
    assert all((number in bits) is (number in added - removed) for number in range(-1, 1001))


def test_a_key_is_opened_once_and_only_ended_afterwards() -> None:
    view, found = read(key(), key(end=20), key(end=10))
    assert not found
    assert [(each.valid_from, each.valid_to) for each in view.registry] == [(START, START + timedelta(days=10))]
    for later in (key(end=30), key(), key(start=1, end=9)):
        view, found = read(key(end=10), later)
        assert found == {Difference.KEY_PROLONGED: 1}
        assert view.registry[0].valid_to == START + timedelta(days=10)


def earlier_key(start: int, end: int) -> EarlierKeyLeaf:
    """A recognition of a key of the system before this one, for days of the June before."""
    begins, ends = (START - timedelta(days=365 - day) for day in (start, end))
    return EarlierKeyLeaf("TH-1", "head", "a" * 64, begins, ends, START)


def test_a_recognition_is_only_taken_back() -> None:
    view, found = read(earlier_key(0, 20), key(), earlier_key(0, 10))
    assert not found
    assert [(each.valid_from, each.valid_to) for each in view.earlier.entries] == [
        (START - timedelta(days=365), START - timedelta(days=355))
    ]
    (withdrawn,) = read(earlier_key(0, 20), earlier_key(0, 0))[0].earlier.entries
    assert withdrawn.valid_from == withdrawn.valid_to, "for no day at all"
    for later in (earlier_key(0, 21), earlier_key(1, 9)):
        view, found = read(earlier_key(0, 10), later)
        assert found == {Difference.KEY_PROLONGED: 1}
        assert view.earlier.entries[0].valid_to == START - timedelta(days=355)


def test_decisions_name_a_record_of_their_own_year_before_them() -> None:
    revoke = RevokeLeaf("TH-1", "2025-2026", 0, START, "0" * 64)
    assert read(lock(), revoke)[1] == {}
    assert read(key(), revoke)[1] == {Difference.STANDING_UNFOUNDED: 1}
    assert read(lock(year="2024-2025"), revoke)[1] == {Difference.STANDING_UNFOUNDED: 1}
    assert read(revoke, lock())[1] == {Difference.STANDING_UNFOUNDED: 1}
    supersede = SupersedeLeaf("TH-1", "2025-2026", 0, 1, START, "0" * 64)
    assert read(lock(), lock(), supersede)[1] == {}
    assert read(lock(), key(), supersede)[1] == {Difference.STANDING_UNFOUNDED: 1}


def test_a_status_list_must_be_the_one_that_the_leaves_make() -> None:
    told = InventoryLeaf(START.date(), 2, 1, "0" * 64, "0" * 64, START)
    assert read(lock(), lock(), told)[1] == {Difference.INVENTORY_DIFFERS: 1}


def test_what_is_not_read_is_named_and_the_root_tells_a_changed_leaf() -> None:
    assert read(b"{}", lock())[1] == {Difference.LEAF_UNREADABLE: 1}
    honest = [leaves.to_bytes(lock())]
    assert read(lock("TH-2"), told=honest)[1] == {Difference.LOG_ROOT_DIFFERS: 1}
    assert read(lock(), told=[*honest, *honest])[1] == {Difference.LOG_SHORT: 1, Difference.LOG_ROOT_DIFFERS: 1}
