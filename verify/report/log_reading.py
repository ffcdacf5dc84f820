"""The whole log read once, as any outsider can: its root made again, its keys, and which leaves bind records.

Memory: one bit for each leaf, the hashes on the right edge, and the keys.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from verify import status_list
from verify.anchors import Authorisation, EarlierRegistry
from verify.canonical import sha256
from verify.errors import VerifyError
from verify.log import checkpoint, leaves, merkle, tiles
from verify.log.checkpoint import SignedCheckpoint
from verify.log.leaves import (
    EarlierKeyLeaf,
    InventoryLeaf,
    Leaf,
    RecordLeaf,
    RegisterKeyLeaf,
    StandingLeaf,
    SupersedeLeaf,
)
from verify.log.receipt import Policy, quorum_of
from verify.report.differences import Difference, Found, Ledger
from verify.signing import Role
from verify.standing import StandingState
from verify.verdict import Status

Tell = Callable[[int, int], None]


class Log(Protocol):
    """A log as its readers see it (c2sp.org/tlog-tiles): a folder, an address, a report."""

    def checkpoint(self) -> bytes | None:
        """The newest signed checkpoint; None where there is none."""

    def bundle(self, index: int, width: int) -> bytes | None:
        """The first `width` entries of a bundle; None where it is not whole."""


class Bits:
    """A set of small whole numbers, one bit each."""

    def __init__(self, size: int) -> None:
        self._held = bytearray((size + 7) // 8)
        self._size = size

    def add(self, number: int) -> None:
        self._held[number >> 3] |= 1 << (number & 7)

    def discard(self, number: int) -> None:
        self._held[number >> 3] &= ~(1 << (number & 7))

    def __contains__(self, number: int) -> bool:
        return 0 <= number < self._size and bool(self._held[number >> 3] & (1 << (number & 7)))

    def __iter__(self) -> Iterator[int]:
        for place, byte in enumerate(self._held):
            for bit in range(8):
                if byte & (1 << bit):
                    yield place * 8 + bit


class Root:
    """The root of a growing tree, from the hashes on its right edge alone (RFC 6962 §2.1)."""

    def __init__(self) -> None:
        self._edge: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        """leaf: the bytes of an entry."""
        level, value = 0, merkle.leaf_hash(leaf)
        while self._edge and self._edge[-1][0] == level:
            value = merkle.node_hash(self._edge.pop()[1], value)
            level += 1
        self._edge.append((level, value))

    def value(self) -> bytes:
        if not self._edge:
            return merkle.EMPTY_ROOT
        *others, (_level, value) = self._edge
        for _level, left in reversed(others):
            value = merkle.node_hash(left, value)
        return value


@dataclass(frozen=True, slots=True)
class LogView:
    """What the log says. root: made from its entries. registry, earlier: keys as its leaves authorise them.

    asked: indexes of the leaves that bind a record which must be shown. newest: index and value of the last inventory,
    None before the first; states: of the records below it, but for those in force.
    """

    size: int
    root: bytes
    registry: tuple[Authorisation, ...]
    earlier: EarlierRegistry
    asked: Bits
    newest: tuple[int, InventoryLeaf] | None
    states: Mapping[int, StandingState]


@dataclass(slots=True)
class _Keys:
    today: dict[tuple[str, str, str], Authorisation] = field(default_factory=dict)
    earlier: dict[tuple[str, str, str], Authorisation] = field(default_factory=dict)

    def take(self, index: int, leaf: Leaf, ledger: Ledger) -> None:
        """The first leaf of a key opens it; a later one may only end it, or bring its end nearer (decision 0011)."""
        if not isinstance(leaf, RegisterKeyLeaf | EarlierKeyLeaf):
            return
        known = self.earlier if isinstance(leaf, EarlierKeyLeaf) else self.today
        key = (leaf.unit, leaf.role, leaf.certificate_sha256)
        held = known.get(key)
        if held is not None and not _only_ends(held, leaf.valid_from, leaf.valid_to):
            ledger.add(Found(Difference.KEY_PROLONGED, index, unit=leaf.unit, detail=leaf.role))
            return
        known[key] = _authorisation(leaf, leaf.valid_to)


def _authorisation(leaf: RegisterKeyLeaf | EarlierKeyLeaf, valid_to: datetime | None) -> Authorisation:
    return Authorisation(leaf.certificate_sha256, leaf.unit, Role(leaf.role), leaf.valid_from, valid_to)


def _only_ends(held: Authorisation, valid_from: datetime, valid_to: datetime | None) -> bool:
    nearer = valid_to is not None and (held.valid_to is None or valid_to <= held.valid_to)
    return nearer and valid_from == held.valid_from


def read_log(
    log: Log, policy: Policy, asked: Callable[[RecordLeaf], bool], ledger: Ledger, tell: Tell
) -> LogView | None:
    """Read every entry below the newest checkpoint; None when there is none that the log signed.

    asked: which leaves bind a record that must be shown.
    """
    signed = _checkpoint(log, policy, ledger)
    if signed is None:
        return None
    size = signed.checkpoint.size
    held = _Reading(size, asked, ledger)
    for index, entry in entries(log, size, ledger):
        if index % tiles.WIDTH == 0:
            tell(index, size)
        held.take(index, entry)
    _require_founded(log, size, held.bound, held.standing, ledger)
    if held.root.value() != signed.checkpoint.root:
        ledger.add(Found(Difference.LOG_ROOT_DIFFERS, size))
    return held.view()


class _Reading:
    """What was seen of the log so far."""

    def __init__(self, size: int, asked: Callable[[RecordLeaf], bool], ledger: Ledger) -> None:
        self._size, self._asked, self._ledger = size, asked, ledger
        self._keys, self._wanted = _Keys(), Bits(size)
        self._newest: tuple[int, InventoryLeaf] | None = None
        self._states: Mapping[int, StandingState] = {}
        self.root, self.bound = Root(), Bits(size)
        self.standing: list[tuple[int, Leaf]] = []

    def take(self, index: int, entry: bytes) -> None:
        self.root.add(entry)
        try:
            leaf = leaves.from_bytes(entry)
            self._keys.take(index, leaf, self._ledger)
        except (VerifyError, ValueError):
            self._ledger.add(Found(Difference.LEAF_UNREADABLE, index))
            return
        if isinstance(leaf, RecordLeaf):
            self.bound.add(index)
            if self._asked(leaf):
                self._wanted.add(index)
        elif isinstance(leaf, StandingLeaf):
            self.standing.append((index, leaf))
        elif isinstance(leaf, InventoryLeaf):
            self._counted(index, leaf)

    def _counted(self, index: int, leaf: InventoryLeaf) -> None:
        self._newest, self._states = (index, leaf), _states(leaf, self.standing)
        if not _lists(leaf, index, self._states):
            self._ledger.add(Found(Difference.INVENTORY_DIFFERS, index, detail=leaf.day.isoformat()))

    def view(self) -> LogView:
        return LogView(
            size=self._size,
            root=self.root.value(),
            registry=tuple(self._keys.today.values()),
            earlier=EarlierRegistry(tuple(self._keys.earlier.values())),
            asked=self._wanted,
            newest=self._newest,
            states=self._states,
        )


def _states(leaf: InventoryLeaf, standing: Sequence[tuple[int, Leaf]]) -> dict[int, StandingState]:
    return status_list.states_of(each for each in standing if each[0] < leaf.size)


def _lists(leaf: InventoryLeaf, index: int, states: Mapping[int, StandingState]) -> bool:
    """Whether a day's status list is the one that the leaves before it make."""
    try:
        return leaf.size <= index and sha256(status_list.pack(leaf.size, states)) == leaf.status_sha256
    except VerifyError:
        return False


def _checkpoint(log: Log, policy: Policy, ledger: Ledger) -> SignedCheckpoint | None:
    note = log.checkpoint()
    try:
        signed = None if note is None else checkpoint.open_signed(note, policy.log_keys, policy.witnesses)
    except VerifyError:
        signed = None
    if signed is None:
        ledger.add(Found(Difference.CHECKPOINT_INVALID))
        return None
    if quorum_of(signed.note, policy).status not in (Status.PASSED, Status.NOT_APPLICABLE):
        ledger.add(Found(Difference.NO_QUORUM, signed.checkpoint.size, detail=str(policy.quorum)))
    return signed


def entries(log: Log, size: int, ledger: Ledger) -> Iterator[tuple[int, bytes]]:
    """Every entry with its index; ends at the first bundle that is not whole."""
    for index in range(-(-size // tiles.WIDTH)):
        width = min(tiles.WIDTH, size - index * tiles.WIDTH)
        held = bundle_of(log, index, width)
        if held is None:
            ledger.add(Found(Difference.LOG_SHORT, index * tiles.WIDTH, detail=tiles.bundle_path(index, width)))
            return
        for offset, entry in enumerate(held):
            yield index * tiles.WIDTH + offset, entry


def bundle_of(log: Log, index: int, width: int) -> tuple[bytes, ...] | None:
    """The entries of a bundle; None where it is not whole."""
    try:
        data = log.bundle(index, width)
        return None if data is None else tiles.read_bundle(data, width)
    except VerifyError:
        return None


def _require_founded(log: Log, size: int, bound: Bits, standing: Sequence[tuple[int, Leaf]], ledger: Ledger) -> None:
    """A decision about a record names an earlier leaf of the same school and year; its successor likewise."""
    for index, leaf in standing:
        if not isinstance(leaf, StandingLeaf):
            continue
        named = [leaf.record_index, *([leaf.by_index] if isinstance(leaf, SupersedeLeaf) else [])]
        if not leaf.record_index < index or not all(_is_of(log, size, bound, each, leaf) for each in named):
            ledger.add(Found(Difference.STANDING_UNFOUNDED, index, unit=leaf.unit))


def _is_of(log: Log, size: int, bound: Bits, index: int, leaf: StandingLeaf) -> bool:
    if index not in bound:
        return False
    found = leaf_at(log, size, index)
    return isinstance(found, RecordLeaf) and found.school_year == leaf.school_year


def leaf_at(log: Log, size: int, index: int) -> Leaf | None:
    """One leaf; None where it cannot be read."""
    place, offset = divmod(index, tiles.WIDTH)
    held = bundle_of(log, place, min(tiles.WIDTH, size - place * tiles.WIDTH))
    try:
        return None if held is None else leaves.from_bytes(held[offset])
    except VerifyError:
        return None
