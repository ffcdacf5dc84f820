"""The ledger's head in the log: once a day when somebody looked, opened by nothing but its row, and true for months."""

from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from portal.jobs.ledger_heads import HeadDesk, keep_head, log_head
from portal.models import LedgerHead, Restoration
from portal.services import ledger, ledger_heads, log
from portal.services.access import Action, Outcome, record_access
from portal.services.ledger_heads import Contradiction, HeadsChecked
from tests.instances import NOW, DemoInstance
from tests.sabotage import silently
from verify.log import leaves
from verify.log.commitments import ledger_commitment
from verify.log.leaves import LedgerLeaf

DAY = timedelta(days=1)


def look(instance: DemoInstance, at: datetime = NOW) -> None:
    with instance.transaction() as session:
        record_access(
            session, identity=None, action=Action.RECORD_READ, transcript_id=None, outcome=Outcome.ALLOWED,
            network="192.0.2.0/24", now=at,
        )  # fmt: skip


def logged(instance: DemoInstance, now: datetime = NOW) -> int | None:
    return log_head(HeadDesk(instance.engine, instance.runtime.log_signer, lambda: now))


def checked(instance: DemoInstance) -> HeadsChecked:
    with instance.reading() as session:
        return ledger_heads.check(session)


def test_once_a_day_and_only_when_somebody_looked(empty_instance: DemoInstance) -> None:
    """NOW is 09:00 in the province; at 17:00 UTC the next day begins."""
    assert logged(empty_instance) is None
    look(empty_instance)
    index = logged(empty_instance)
    assert index is not None
    look(empty_instance)
    assert logged(empty_instance, NOW.replace(hour=16, minute=59)) is None
    assert checked(empty_instance) == HeadsChecked(heads=1, lost=0, covered=1, open_rows=1, flaws=())
    assert logged(empty_instance, NOW.replace(hour=17)) == index + 1
    assert logged(empty_instance, NOW + 3 * DAY) is None, "nobody has looked since"
    assert checked(empty_instance) == HeadsChecked(heads=2, lost=0, covered=2, open_rows=0, flaws=())


def test_the_leaf_shows_a_day_and_a_commitment(empty_instance: DemoInstance) -> None:
    look(empty_instance)
    index = logged(empty_instance)
    assert index is not None
    with empty_instance.reading() as session:
        data = log.leaf(session, index)
        head = session.scalars(sa.select(LedgerHead)).one()
        assert leaves.from_bytes(data) == LedgerLeaf(
            date(2026, 6, 20), ledger_commitment(1, head.digest, head.salt), NOW
        )
        assert head.digest.encode() not in data
        assert len(head.salt) == 32


def test_months_that_went_by_the_rules_answer_for_their_heads(empty_instance: DemoInstance) -> None:
    first = datetime(2026, 5, 10, 2, tzinfo=UTC)
    for at in (first, first + DAY, first + 2 * DAY):
        look(empty_instance, at)
        assert logged(empty_instance, at) is not None
    look(empty_instance, first + 31 * DAY)
    look(empty_instance, first + 62 * DAY)
    with empty_instance.transaction() as session:
        assert ledger.close_months(session, first + 93 * DAY) == 3
        assert ledger.forget_months(session, first + 93 * DAY, kept_months=1) == 4
    assert checked(empty_instance).flaws == ()
    with silently(empty_instance.settings) as session:
        session.execute(sa.text("UPDATE ledger_month SET digest = previous WHERE first_id = 1"))
    assert [flaw.kind for flaw in checked(empty_instance).flaws] == [Contradiction.MONTH]


def test_heads_of_days_that_a_restore_lost_are_counted_and_no_others(empty_instance: DemoInstance) -> None:
    look(empty_instance)
    index = logged(empty_instance)
    assert index is not None
    with silently(empty_instance.settings) as session:
        session.execute(sa.delete(LedgerHead))
    assert [flaw.kind for flaw in checked(empty_instance).flaws] == [Contradiction.OPENING_GONE]
    with empty_instance.transaction() as session:
        session.add(
            Restoration(
                restored_at=NOW, taken_at=NOW - DAY, log_size=index, log_root="00" * 32, settled_at=NOW,
                outcome="replayed", seen_size=index + 1,
            )
        )  # fmt: skip
    assert (checked(empty_instance).lost, checked(empty_instance).flaws) == (1, ())


def test_a_held_log_is_asked_again_in_the_next_round(empty_instance: DemoInstance) -> None:
    look(empty_instance)
    with empty_instance.transaction() as session:
        session.add(Restoration(restored_at=NOW, taken_at=NOW, log_size=0, log_root="00" * 32))
    keep_head(HeadDesk(empty_instance.engine, empty_instance.runtime.log_signer, lambda: NOW))
    assert checked(empty_instance).heads == 0
