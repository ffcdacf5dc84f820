"""What the audit asks of inventories: made again from the leaves and the records, each must come out as it was logged.

Every status list comes from the leaves alone. The roots of the newest day come from the records, which the rest of the
audit holds to the log one by one.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import LogInventory
from portal.services import inventory, leaf_search
from portal.services.log_audit import Flaw
from verify import status_list
from verify.errors import VerifyError
from verify.log import notes
from verify.log.leaves import InventoryLeaf, Kind
from verify.standing import StandingState

_DIFFERS = "inventory_differs"
_LIST = "status_list_differs"


def flaws(session: Session, log_keys: Sequence[notes.Verifier]) -> Iterator[Flaw]:
    """Everything about inventories that does not hold. log_keys: of this log, all of them."""
    acts = list(leaf_search.of_kinds(session, Kind.SUPERSEDE, Kind.REVOKE, Kind.ANNOTATE))
    logged = {
        index: leaf for index, leaf in leaf_search.of_kinds(session, Kind.INVENTORY) if isinstance(leaf, InventoryLeaf)
    }
    last = max(logged, default=None)
    for index, leaf in logged.items():
        states = status_list.states_of((at, act) for at, act in acts if at < leaf.size)
        yield from _leaf(index, leaf, states)
        if last is not None and leaf.day == logged[last].day:
            yield from _map(session, index, leaf, states)
    yield from _rows(session, logged, last, log_keys)


def _leaf(index: int, leaf: InventoryLeaf, states: Mapping[int, StandingState]) -> Iterator[Flaw]:
    if leaf.size > index or leaf.day != inventory.today(leaf.made_at):
        yield Flaw(_DIFFERS, index, leaf.day.isoformat())
        return
    try:
        packed = status_list.pack(leaf.size, states)
    except VerifyError:  # an act upon a leaf that was not there yet
        packed = b"?"
    if hashlib.sha256(packed).hexdigest() != leaf.status_sha256:
        yield Flaw(_LIST, index, leaf.day.isoformat())


def _map(session: Session, index: int, leaf: InventoryLeaf, states: Mapping[int, StandingState]) -> Iterator[Flaw]:
    made = inventory.current_below(session, leaf.size, states)
    if (made.count, made.root().hex()) != (leaf.count, leaf.root):
        yield Flaw(_DIFFERS, index, leaf.day.isoformat())


def _rows(
    session: Session, logged: Mapping[int, InventoryLeaf], last: int | None, log_keys: Sequence[notes.Verifier]
) -> Iterator[Flaw]:
    """What is served is what was logged. Only the newest row must be there: a replayed log has no older ones."""
    seen = set()
    for row in session.scalars(sa.select(LogInventory).order_by(LogInventory.log_index)).yield_per(100):
        leaf = logged.get(row.log_index)
        seen.add(row.log_index)
        if leaf is None or leaf != _as_leaf(row):
            yield Flaw(_DIFFERS, row.log_index, row.day.isoformat())
        elif not _served(row, log_keys):
            yield Flaw(_LIST, row.log_index, row.day.isoformat())
    if last is not None and last not in seen:
        yield Flaw(_DIFFERS, last, logged[last].day.isoformat())


def _as_leaf(row: LogInventory) -> InventoryLeaf:
    return InventoryLeaf(row.day, row.size, row.count, row.root, row.status_sha256, row.made_at)


def _served(row: LogInventory, log_keys: Sequence[notes.Verifier]) -> bool:
    """Whether the stored file is the log's own list of that inventory."""
    try:
        held = status_list.open_list(row.status_list, log_keys)
    except VerifyError:
        return False
    said = (held.day, held.size, held.sha256, held.made_at, held.valid_until)
    return said == (row.day, row.size, row.status_sha256, row.made_at, row.made_at + status_list.LIFETIME)
