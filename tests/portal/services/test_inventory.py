"""The inventory on both databases: what it says, when it is made, what proves it, and that it can be made again."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from portal.errors import Problem, Refused
from portal.jobs.inventories import InventoryDesk, keep_inventory, make_inventory
from portal.models import LogEntry, LogInventory, RecordVersion, Transcript
from portal.services import inventory, log
from portal.services.inventory import Kept
from tests.instances import NOW, DemoInstance
from verify import status_list
from verify.errors import MalformedRecord
from verify.log import currency, leaves
from verify.log.inventory import Current
from verify.log.leaves import AnnotateLeaf, InventoryLeaf, Leaf, RevokeLeaf
from verify.standing import StandingState
from verify.verdict import Reason, Status

YEAR = "2025-2026"
DAY = timedelta(days=1)


def make(instance: DemoInstance, now: datetime = NOW, *, again: bool = False) -> Kept | None:
    return make_inventory(InventoryDesk(instance.engine, instance.runtime.log_signer, lambda: now), again=again)


def made(instance: DemoInstance, now: datetime = NOW, *, again: bool = False) -> Kept:
    kept = make(instance, now, again=again)
    assert kept is not None
    return kept


def said(instance: DemoInstance, *acts: Leaf) -> None:
    """Put leaves into the log, as the acts after the lock do."""
    with instance.transaction() as session:
        log.append(session, [leaves.to_bytes(act) for act in acts], instance.runtime.log_signer, NOW)


def pupils(instance: DemoInstance) -> Sequence[sa.Row[str, int | None]]:
    with instance.reading() as session:
        return session.execute(
            sa.select(Transcript.lookup_code, RecordVersion.log_index)
            .join_from(Transcript, RecordVersion, Transcript.full_name == RecordVersion.full_name)
            .where(RecordVersion.log_index.is_not(None))
            .order_by(RecordVersion.log_index)
        ).all()


def revoked(index: int) -> RevokeLeaf:
    return RevokeLeaf("MAU-TH-01", YEAR, index, NOW, secrets.token_hex(32))


def proven(instance: DemoInstance, code: str, year: str = YEAR) -> currency.Proven:
    with instance.reading() as session:
        data = inventory.prove(session, code, year)
    assert code.encode() not in data
    return currency.verify(data, code, year, instance.runtime.policy)


def test_once_a_day_in_the_province(instance: DemoInstance) -> None:
    """NOW is 09:00 there; at 17:00 UTC the next day begins."""
    first = made(instance)
    assert (first.day, first.count) == (date(2026, 6, 20), len(pupils(instance)))
    assert make(instance) is None
    assert make(instance, NOW.replace(hour=16, minute=59)) is None
    second = made(instance, NOW.replace(hour=17))
    assert (second.day, second.size, second.root) == (date(2026, 6, 21), first.log_index + 1, first.root)
    assert make(instance, NOW) is None, "a clock set back makes nothing"
    assert made(instance, NOW.replace(hour=18), again=True).day == second.day


def test_the_leaf_says_what_was_kept(instance: DemoInstance) -> None:
    kept = made(instance)
    with instance.reading() as session:
        row = inventory.newest(session)
        assert row is not None
        leaf = leaves.from_bytes(log.leaf(session, kept.log_index))
        assert leaf == InventoryLeaf(kept.day, kept.size, kept.count, kept.root, row.status_sha256, kept.made_at)
        held = status_list.open_list(row.status_list, instance.runtime.log_signer.verifiers)
    assert (held.sha256, held.day, held.size) == (leaf.status_sha256, kept.day, kept.size)
    assert kept.size == kept.log_index


def test_nothing_locked_nothing_to_say(empty_instance: DemoInstance) -> None:
    assert make(empty_instance) is None
    with empty_instance.reading() as session, pytest.raises(Refused) as refused:
        inventory.prove(session, secrets.token_hex(16), YEAR)
    assert refused.value.problem is Problem.NOTHING_TO_DO


def test_each_pupil_is_proven_and_nobody_else(instance: DemoInstance) -> None:
    kept = made(instance)
    (code, index), (other, _), *_rest = pupils(instance)
    assert index is not None
    shown = proven(instance, code)
    assert (shown.current, shown.inventory.root) == (Current(1, 0, index), kept.root)
    assert (shown.logged.status, shown.witnessed.reason) == (Status.PASSED, Reason.NO_WITNESS_REQUIRED)
    assert proven(instance, code, "2024-2025").current is None
    assert proven(instance, secrets.token_hex(16)).current is None
    with instance.reading() as session:
        data = inventory.prove(session, code, YEAR)
    with pytest.raises(MalformedRecord):
        currency.verify(data, other, YEAR, instance.runtime.policy)


def test_an_act_is_seen_by_the_next_one_and_the_day_before_stays_provable(instance: DemoInstance) -> None:
    first = made(instance)
    (code, index), (noted, beside), *_rest = pupils(instance)
    assert index is not None
    assert beside is not None
    said(instance, revoked(index), AnnotateLeaf("MAU-TH-01", YEAR, beside, NOW, secrets.token_hex(32)))
    assert proven(instance, code).current == Current(1, 0, index), "as of the first inventory it was in force"
    second = made(instance, NOW + DAY)
    assert proven(instance, code).current == Current(1, status_list.CODES[StandingState.REVOKED], index)
    assert proven(instance, noted).current == Current(1, status_list.CODES[StandingState.ANNOTATED], beside)
    assert (second.root != first.root, second.count) == (True, first.count)
    with instance.reading() as session:
        newest, before = inventory.newest(session), inventory.first_of(session, first.day)
        assert newest is not None
        assert before is not None
        now, then = (
            status_list.open_list(row.status_list, instance.runtime.log_signer.verifiers) for row in (newest, before)
        )
        again = inventory.current_below(session, first.size, inventory.states_below(session, first.size))
    assert again.root().hex() == first.root
    assert (now.state(index), then.state(index)) == (StandingState.REVOKED, StandingState.IN_FORCE)
    old = status_list.check(then, index, NOW + 4 * DAY)
    assert old.reason is Reason.STANDING_TOO_OLD, "an old list replayed does not say that it stands"


def test_two_processes_make_one(instance: DemoInstance) -> None:
    with instance.reading() as session:
        seen = inventory.survey(session)
    made(instance)
    with instance.transaction() as session:
        assert inventory.keep(session, seen, instance.runtime.log_signer, NOW) is None
        assert inventory.keep(session, seen, instance.runtime.log_signer, NOW + DAY, again=True) is None, "older"
        assert session.scalar(sa.select(sa.func.count()).select_from(LogInventory)) == 1


def test_a_proof_is_not_made_of_a_damaged_store(instance: DemoInstance) -> None:
    """The map made again must have the logged root; otherwise nothing is handed out."""
    kept = made(instance)
    with instance.transaction() as session:
        row = inventory.newest(session)
        assert row is not None
        false = {
            name: getattr(row, name) for name in ("day", "size", "count", "made_at", "status_sha256", "status_list")
        }
        leaf = InventoryLeaf(kept.day, kept.size, kept.count, "00" * 32, row.status_sha256, kept.made_at)
        index = log.append(session, [leaves.to_bytes(leaf)], instance.runtime.log_signer, NOW)
        session.add(LogInventory(**false, root="00" * 32, log_index=index))
    with instance.reading() as session, pytest.raises(Exception, match="store_damaged"):
        inventory.prove(session, pupils(instance)[0][0], YEAR)


def test_a_round_never_raises(instance: DemoInstance) -> None:
    def broken() -> datetime:
        raise OSError

    keep_inventory(InventoryDesk(instance.engine, instance.runtime.log_signer, broken))
    keep_inventory(InventoryDesk(instance.engine, instance.runtime.log_signer, lambda: NOW))
    with instance.reading() as session:
        kept = inventory.newest_kept(session)
        assert kept is not None
        assert kept.log_index == session.scalar(sa.select(sa.func.max(LogEntry.index)))


def test_a_proof_file_reads_back_and_nothing_else_does(instance: DemoInstance) -> None:
    made(instance)
    code = pupils(instance)[0][0]
    with instance.reading() as session:
        data = inventory.prove(session, code, YEAR)
    held = currency.parse(data)
    assert currency.build(held) == data
    policy = instance.runtime.policy
    other = replace(held, leaf=held.leaf.replace(b"T02:00:00Z", b"T02:00:01Z"))
    assert currency.verify(currency.build(other), code, YEAR, policy).logged.status is Status.FAILED
    for broken in (
        data[:-1],
        data.replace(b'"siblings":["', b'"siblings":["A'),
        data.replace(b"hocba/inventory-proof/1", b"hocba/inventory-proof/2"),
        data.replace(b'"entry":{', b'"entry":{"more":1,'),
    ):
        with pytest.raises(MalformedRecord):
            currency.verify(broken, code, YEAR, policy)
