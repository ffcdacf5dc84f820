"""Which version of each pupil's year is current, made again from the records and held against the newest inventory."""

from verify.log import inventory
from verify.log.inventory import Current, Inventory
from verify.log.leaves import InventoryLeaf
from verify.report.differences import Difference, Found, Ledger
from verify.report.lines import ReportedRecord
from verify.report.log_reading import LogView
from verify.standing import StandingState
from verify.status_list import CODES


class Currents:
    """The newest version of each year below an inventory: some 200 bytes each. Nothing is kept where there is none."""

    def __init__(self, view: LogView) -> None:
        self._view = view
        self._held: dict[bytes, tuple[int, int]] = {}

    def take(self, record: ReportedRecord) -> None:
        """Take a record whose leaf binds it."""
        newest = self._view.newest
        if newest is None or record.log_index >= newest[1].size:
            return
        key = inventory.key_of(record.lookup_code, record.school_year)
        self._held[key] = max((record.version, record.log_index), self._held.get(key, (0, 0)))

    def close(self, ledger: Ledger) -> None:
        """Compare with what the newest leaf says; call after every record was taken."""
        if self._view.newest is None:
            return
        index, leaf = self._view.newest
        made = Inventory()
        for key, (version, bound) in self._held.items():
            state = self._view.states.get(bound, StandingState.IN_FORCE)
            made.add(key, Current(version, CODES[state], bound))
        if not _same(made, leaf):
            ledger.add(Found(Difference.INVENTORY_DIFFERS, index, detail=leaf.day.isoformat()))


def _same(made: Inventory, leaf: InventoryLeaf) -> bool:
    return (made.count, made.root().hex()) == (leaf.count, leaf.root)
