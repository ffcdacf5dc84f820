"""The audit makes every inventory again: one altered value, in a leaf, a row, a list or a record, is found."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import LogInventory, RecordVersion, Transcript
from portal.presenters import defects
from portal.services import inventory, log
from portal.services.audit import Defect, audit
from portal.services.inventory import Kept
from tests.instances import NOW, DemoInstance
from tests.portal.services.test_inventory import DAY, made, pupils, revoked, said
from tests.sabotage import unguarded
from verify import status_list
from verify.log import leaves, notes
from verify.log.leaves import InventoryLeaf
from verify.status_list import LIFETIME, StatusList

Found = set[tuple[Defect, int | None]]


def found(instance: DemoInstance) -> Found:
    key, *beside = instance.runtime.log_signer.verifiers
    with instance.reading() as session:
        problems = audit(session, key, beside).problems
    assert all(defects.defect_sentence(problem) for problem in problems)
    return {(problem.defect, problem.log_index) for problem in problems if problem.defect is not Defect.GUARD_MISSING}


@pytest.fixture
def two_days(instance: DemoInstance) -> tuple[DemoInstance, Kept, Kept]:
    """An inventory, a revocation, and the inventory of the next day. The act has no row, which its own audit tells."""
    first = made(instance)
    index = pupils(instance)[0][1]
    assert index is not None
    said(instance, revoked(index))
    return instance, first, made(instance, NOW + DAY)


def test_untouched(instance: DemoInstance) -> None:
    made(instance)
    made(instance, NOW + DAY)
    assert found(instance) == set()


def test_acts_are_in_the_list_that_is_made_again(two_days: tuple[DemoInstance, Kept, Kept]) -> None:
    instance, first, second = two_days
    assert {index for _defect, index in found(instance)} & {first.log_index, second.log_index} == set()


def _change_root(session: Session) -> None:
    session.execute(sa.update(LogInventory).values(root="00" * 32))


def _delete_newest(session: Session) -> None:
    newest = sa.select(sa.func.max(LogInventory.log_index)).scalar_subquery()
    session.execute(sa.delete(LogInventory).where(LogInventory.log_index == newest))


def _flip_bit(session: Session) -> None:
    row = inventory.newest(session)
    assert row is not None
    changed = bytearray(row.status_list)
    changed[-1] ^= 1
    row.status_list = bytes(changed)


def _serve_the_day_before(session: Session) -> None:
    newest, first = (
        inventory.newest(session),
        session.scalars(sa.select(LogInventory).order_by(LogInventory.id)).first(),
    )
    assert newest is not None
    assert first is not None
    newest.status_list = first.status_list


def _other_version(session: Session) -> None:
    number = sa.select(sa.func.max(RecordVersion.id)).scalar_subquery()
    session.execute(sa.update(RecordVersion).where(RecordVersion.id == number).values(version=7))


def _other_code(session: Session) -> None:
    session.execute(sa.update(Transcript).values(lookup_code=sa.func.replace(Transcript.lookup_code, "a", "b")))


ATTACKS: dict[str, tuple[Callable[[Session], None], Defect]] = {
    "the root in the row": (_change_root, Defect.INVENTORY_DIFFERS),
    "the newest row deleted": (_delete_newest, Defect.INVENTORY_DIFFERS),
    "a bit of the list": (_flip_bit, Defect.STATUS_LIST_DIFFERS),
    "the list of the day before": (_serve_the_day_before, Defect.STATUS_LIST_DIFFERS),
    "the version of a record": (_other_version, Defect.INVENTORY_DIFFERS),
    "the code of a record": (_other_code, Defect.INVENTORY_DIFFERS),
}


@pytest.mark.parametrize(("attack", "defect"), ATTACKS.values(), ids=ATTACKS.keys())
def test_one_altered_value(
    two_days: tuple[DemoInstance, Kept, Kept], attack: Callable[[Session], None], defect: Defect
) -> None:
    instance, _first, second = two_days
    with unguarded(instance.settings) as session:
        attack(session)
    assert (defect, second.log_index) in found(instance)


def forged(instance: DemoInstance, signer: notes.Signer, second: Kept, **other: object) -> int:
    """An inventory that somebody with the log's key and the database invented: a clean list over a revoked record."""
    at = NOW + DAY + timedelta(hours=1)
    listed = StatusList(
        signer.verifier.name, second.day, second.size, at, at + LIFETIME, status_list.pack(second.size, {})
    )
    said_so = {"root": second.root, "status_sha256": listed.sha256} | other
    with instance.transaction() as session:
        leaf = InventoryLeaf(second.day, second.size, second.count, made_at=at, **said_so)  # type: ignore[arg-type]
        index = log.append(session, [leaves.to_bytes(leaf)], signer, at)
        row = {name: getattr(leaf, name) for name in ("day", "size", "count", "root", "status_sha256", "made_at")}
        session.add(LogInventory(**row, log_index=index, status_list=status_list.build(listed, signer)))
    return index


def test_a_false_list_under_the_stolen_key(two_days: tuple[DemoInstance, Kept, Kept]) -> None:
    instance, _first, second = two_days
    index = forged(instance, instance.runtime.log_signer, second)
    assert (Defect.STATUS_LIST_DIFFERS, index) in found(instance)


def test_a_false_map_under_the_stolen_key(two_days: tuple[DemoInstance, Kept, Kept]) -> None:
    instance, _first, second = two_days
    index = forged(instance, instance.runtime.log_signer, second, root="ab" * 32)
    assert (Defect.INVENTORY_DIFFERS, index) in found(instance)


def test_a_replayed_log_has_no_older_rows(two_days: tuple[DemoInstance, Kept, Kept]) -> None:
    """Rows are what is served; the leaves stay provable without them."""
    instance, first, second = two_days
    with unguarded(instance.settings) as session:
        session.execute(sa.delete(LogInventory).where(LogInventory.log_index == first.log_index))
    assert {index for _defect, index in found(instance)} & {first.log_index, second.log_index} == set()
