"""Attacks on the ledger of looks by its owner, who can compute every digest anew: what the log holds against them."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import AccessEvent, LedgerHead, LedgerMonth
from portal.presenters.ledger import head_sentences
from portal.services import ledger, ledger_heads
from portal.services.access import FIRST, Action, digest_of, record_access
from portal.services.access import Outcome as Seen
from portal.services.audit import Defect
from tests.attacks.ground import Attack, Ground, Outcome, detected, problems_of
from tests.instances import NOW, DemoInstance
from tests.sabotage import silently

_ROWS, _LOGGED, _VICTIM = 6, 4, 3
Spoil = Callable[[Session], None]


def _looked(instance: DemoInstance) -> None:
    """Six looks; the head is logged after the fourth."""
    for number in range(_ROWS):
        with instance.transaction() as session:
            record_access(
                session, identity=None, action=Action.RECORD_READ, transcript_id=None, outcome=Seen.ALLOWED,
                network="192.0.2.0/24", now=NOW + timedelta(minutes=number),
            )  # fmt: skip
            if number + 1 == _LOGGED:
                assert ledger_heads.keep(session, instance.runtime.log_signer, lambda: b"s" * 32, NOW) is not None


def chain_again(session: Session) -> None:
    """Every digest of the ledger computed anew, as a careful forger does."""
    previous = FIRST
    for event in session.scalars(sa.select(AccessEvent).order_by(AccessEvent.id)):
        event.previous = previous
        event.digest = previous = digest_of(event)


def _rewrite(session: Session) -> None:
    session.get_one(AccessEvent, _VICTIM).network = "198.51.100.0/24"
    chain_again(session)


def _take_out(session: Session) -> None:
    session.execute(sa.delete(AccessEvent).where(AccessEvent.id == _VICTIM))
    chain_again(session)


def _cut(session: Session) -> None:
    session.execute(sa.delete(AccessEvent).where(AccessEvent.id >= _VICTIM))


def _forget_the_head(session: Session) -> None:
    _rewrite(session)
    session.execute(sa.delete(LedgerHead))


def _swap_the_head(session: Session) -> None:
    _rewrite(session)
    head = session.scalars(sa.select(LedgerHead)).one()
    head.digest = session.get_one(AccessEvent, head.last_id).digest


def _old_month(session: Session) -> None:
    """All looks gone as if a month of long ago had covered them."""
    first, last = session.get_one(AccessEvent, 1), session.get_one(AccessEvent, _ROWS)
    session.add(
        LedgerMonth(
            month=date(2023, 1, 1), first_id=1, last_id=_ROWS, count=_ROWS, previous=first.previous,
            digest=last.digest, closed_at=NOW,
        )
    )  # fmt: skip
    session.execute(sa.delete(AccessEvent))


def _seen(spoil: Spoil, ground: Ground) -> Outcome:
    """The chain alone must find nothing: this is what the head in the log is for."""
    with ground.instance(locked=False) as instance:
        _looked(instance)
        assert problems_of(instance) == ()
        with silently(instance.settings) as session:
            spoil(session)
        with instance.reading() as session:
            assert ledger.verify(session).first_broken is None
            told = head_sentences(ledger_heads.check(session))
        outcome = detected(problems_of(instance), Defect.ACCESS_HEAD_DIFFERS)
    return Outcome(outcome.end, outcome.seen, (*outcome.messages, told[0]))


ATTACKS = (
    Attack("ledger: a look rewritten, the chain computed anew", partial(_seen, _rewrite)),
    Attack("ledger: a look taken out, the chain computed anew", partial(_seen, _take_out)),
    Attack("ledger: the newest looks cut off", partial(_seen, _cut)),
    Attack("ledger: rewritten, and what opens the logged head deleted", partial(_seen, _forget_the_head)),
    Attack("ledger: rewritten, and the kept head with it", partial(_seen, _swap_the_head)),
    Attack("ledger: looks hidden behind a closed month of long ago", partial(_seen, _old_month)),
)
