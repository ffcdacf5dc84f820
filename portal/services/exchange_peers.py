"""Other installations: two officials write down whose log and which witnesses are believed, as for keys (0011).

The file is what the other portal publishes at `/log/policy`; it has to come on paper as well, because whoever serves
another file there would speak for the whole province (docs/decisions/0045).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import Account, ExchangePeer, PeerState, UnitKind
from portal.permissions import may_confirm_peers, may_propose_peers
from portal.services.organisation import begin_unit, day_of
from verify.exchange.judging import Peer
from verify.log import notes, policy
from verify.log.receipt import Policy

LARGEST_ID: Final = 2**31 - 1
# Name and log stand together in the foot of a printed page (`earlier_bundle.SOURCE_CHARACTERS`).
SOURCE_CHARACTERS: Final = 80


@dataclass(frozen=True, slots=True)
class PeerView:
    """log: name of its log. fingerprint: vkey of the log's first key. quorum: of so many witnesses.

    may_confirm, may_end: this person, now.
    """

    id: int
    state: PeerState
    name: str
    log: str
    fingerprint: str
    quorum: int
    witnesses: int
    decision: str
    proposer: str
    proposed_at: datetime
    decider: str | None
    decided_at: datetime | None
    ended_at: datetime | None
    closing: str | None
    may_confirm: bool
    may_end: bool


def propose(
    session: Session,
    identity: Identity,
    name: str,
    text: str,
    decision: str,
    own: tuple[notes.Verifier, ...],
    now: datetime,
) -> int:
    """Propose another installation; returns its number. text: its policy file. own: keys of our log.

    Raises NotFound for who is no official, MalformedRecord or LimitExceeded for what is no policy, Refused with
    PEER_NO_LOG, PEER_OWN, PEER_NAME_LONG or PEER_KNOWN.
    """
    if not may_propose_peers(identity):
        raise NotFound
    read = policy.parse(text)
    if not read.logs:
        raise Refused(Problem.PEER_NO_LOG)
    if {key.public for key in read.logs} & {key.public for key in own}:
        raise Refused(Problem.PEER_OWN)
    if len(source_of(name, read.logs[0].name)) > SOURCE_CHARACTERS:
        raise Refused(Problem.PEER_NAME_LONG)
    made = ExchangePeer(
        state=PeerState.WAITING.value,
        name=name,
        log=notes.format_vkey(read.logs[0]),
        policy=policy.render(read),
        decision=decision,
        proposed_by=identity.account_id,
        proposed_at=now,
    )
    attempt = session.begin_nested()
    try:
        session.add(made)
        session.flush()
    except IntegrityError as error:
        attempt.rollback()
        raise Refused(Problem.PEER_KNOWN) from error
    attempt.commit()
    return made.id


def confirm(session: Session, identity: Identity, peer_id: int, now: datetime) -> None:
    """Another official agrees: from now on pupils come and go. Confirmed before: nothing happens.

    Raises NotFound also for who proposed, Refused(PEER_CLOSED).
    """
    held = _held(session, identity, peer_id)
    if not may_confirm_peers(identity, held.proposed_by):
        raise NotFound
    if held.state == PeerState.CONFIRMED.value:
        return
    if held.state != PeerState.WAITING.value:
        raise Refused(Problem.PEER_CLOSED)
    unit = begin_unit(session, f"HE-THONG-{held.id}", UnitKind.OUTSIDE, held.name, day_of(now), None, {}, act_id=None)
    held.state, held.unit_id = PeerState.CONFIRMED.value, unit.id
    held.decided_by, held.decided_at = identity.account_id, now
    session.flush()


def end(session: Session, identity: Identity, peer_id: int, reason: str, now: datetime) -> None:
    """Refuse or withdraw what waits; end what was confirmed: nothing comes or goes any more. One official suffices.

    Raises NotFound or Refused(PEER_CLOSED).
    """
    held = _held(session, identity, peer_id)
    if held.state == PeerState.WAITING.value:
        held.state = PeerState.REFUSED.value
        held.decided_by, held.decided_at = identity.account_id, now
    elif held.state == PeerState.CONFIRMED.value:
        held.state, held.ended_by, held.ended_at = PeerState.ENDED.value, identity.account_id, now
    else:
        raise Refused(Problem.PEER_CLOSED)
    held.closing = reason
    session.flush()


def is_official(identity: Identity) -> bool:
    """Whether the person may propose and look at other installations."""
    return may_propose_peers(identity)


def views(session: Session, identity: Identity) -> tuple[PeerView, ...]:
    """Every installation that was ever proposed, the newest first; raises NotFound for who is no official."""
    if not may_propose_peers(identity):
        raise NotFound
    proposer, decider = aliased(Account), aliased(Account)
    rows = session.execute(
        sa.select(ExchangePeer, proposer.display_name, decider.display_name)
        .join(proposer, proposer.id == ExchangePeer.proposed_by)
        .outerjoin(decider, decider.id == ExchangePeer.decided_by)
        .order_by(ExchangePeer.id.desc())
    )
    return tuple(_view(held, by, decided, identity) for held, by, decided in rows)


def standing(session: Session) -> tuple[ExchangePeer, ...]:
    """Those with which pupils are exchanged today, by name."""
    return tuple(
        session.scalars(
            sa.select(ExchangePeer)
            .where(ExchangePeer.state == PeerState.CONFIRMED.value)
            .order_by(ExchangePeer.name, ExchangePeer.id)
        )
    )


def known(session: Session) -> tuple[Peer, ...]:
    """The same, as the trust core takes them."""
    return tuple(Peer(held.id, policy_of(held)) for held in standing(session))


def policy_of(held: ExchangePeer) -> Policy:
    """By what receipts of its log are judged."""
    read = policy.parse(held.policy)
    return read.for_log(read.logs)


def source_of(name: str, log: str) -> str:
    """How years that came from there name where they come from: whose log vouches stands in it."""
    return f"{name}, theo sổ minh bạch {log}"


def _held(session: Session, identity: Identity, peer_id: int) -> ExchangePeer:
    held = session.scalar(
        sa.select(ExchangePeer)
        .where(ExchangePeer.id == min(peer_id, LARGEST_ID))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if held is None or not may_propose_peers(identity):
        raise NotFound
    return held


def _view(held: ExchangePeer, by: str, decided: str | None, identity: Identity) -> PeerView:
    read, state = policy.parse(held.policy), PeerState(held.state)
    return PeerView(
        id=held.id,
        state=state,
        name=held.name,
        log=read.logs[0].name,
        fingerprint=held.log,
        quorum=read.quorum,
        witnesses=len(read.counted),
        decision=held.decision,
        proposer=by,
        proposed_at=held.proposed_at,
        decider=decided,
        decided_at=held.decided_at,
        ended_at=held.ended_at,
        closing=held.closing,
        may_confirm=state is PeerState.WAITING and may_confirm_peers(identity, held.proposed_by),
        may_end=state in (PeerState.WAITING, PeerState.CONFIRMED),
    )
