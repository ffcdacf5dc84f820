"""What stands on the pages of arrivals: who came, what became of it, and the answer that goes back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import (
    Account,
    ArrivalState,
    ExchangeArrival,
    ExchangePeer,
    RecordVersion,
    State,
    Transcript,
    Unit,
    YearRecordRow,
)
from portal.permissions import UnitScope, may_see_custody, may_take_in
from portal.services import log
from portal.services.exchange_arrivals import LARGEST_ID
from verify.exchange import answer
from verify.exchange.answer import Answer
from verify.exchange.bundle import LoggedLeaf
from verify.log import leaves, notes, receipt
from verify.log.leaves import ForeignRecordLeaf
from verify.log.receipt import Policy
from verify.verdict import Status


@dataclass(frozen=True, slots=True)
class ArrivalView:
    """A bundle that was brought. may_decide: this person, now. brought_at, decided_at: with zone."""

    id: int
    state: ArrivalState
    full_name: str
    peer: str
    log: str
    school: str
    brought_by: str
    brought_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    closing: str | None
    code: str | None
    may_decide: bool


def listed(session: Session, identity: Identity) -> tuple[ArrivalView, ...]:
    """Arrivals within reach, the newest first; raises NotFound for who has no school."""
    scope = may_see_custody(identity)
    if scope.nothing:
        raise NotFound
    rows = session.scalars(
        sa.select(ExchangeArrival)
        .join(Unit, Unit.id == ExchangeArrival.unit_id)
        .where(_within(scope))
        .order_by(ExchangeArrival.id.desc())
        .limit(100)
    )
    return tuple(_view(session, identity, each) for each in rows)


def arrival(session: Session, identity: Identity, arrival_id: int) -> tuple[ArrivalView, bytes]:
    """One arrival with its bundle; raises NotFound, unknown and forbidden alike."""
    held = session.get(ExchangeArrival, min(arrival_id, LARGEST_ID))
    school = session.get_one(Unit, held.unit_id) if held is not None else None
    if held is None or school is None or not may_see_custody(identity).covers(school.code):
        raise NotFound
    return _view(session, identity, held), held.bundle


def answer_of(session: Session, identity: Identity, arrival_id: int, policy: Policy) -> tuple[str, bytes]:
    """Case and file that goes back. policy: of our own log.

    Raises NotFound; Refused with EXCHANGE_NO_FILE, or EXCHANGE_NOT_YET while witnesses have not seen it.
    """
    view, _bundle = arrival(session, identity, arrival_id)
    held = session.get_one(ExchangeArrival, view.id)
    if held.import_id is None or view.code is None:
        raise Refused(Problem.EXCHANGE_NO_FILE)
    records = tuple(_taken_in(session, view.code, notes.parse_vkey(session.get_one(ExchangePeer, held.peer_id).log)))
    for each in records:
        _included, witnessed = receipt.verify(each.receipt, each.leaf, policy)
        if witnessed.status not in (Status.PASSED, Status.NOT_APPLICABLE):
            raise Refused(Problem.EXCHANGE_NOT_YET)
    return held.case_id, answer.build(Answer(held.case_id, records))


def _taken_in(session: Session, code: str, there: notes.Verifier) -> Iterator[LoggedLeaf]:
    """What our log says of the pupil's years that came from there."""
    indexes = session.scalars(
        sa.select(RecordVersion.log_index)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .where(Transcript.lookup_code == code, RecordVersion.state == State.LOCKED.value)
        .order_by(RecordVersion.log_index)
    )
    for index in indexes:
        data = log.leaf(session, index) if index is not None else b""
        leaf = leaves.from_bytes(data) if data else None
        if index is not None and isinstance(leaf, ForeignRecordLeaf) and leaf.origin == there.name:
            yield LoggedLeaf(data, log.receipt_of(session, index))


def _within(scope: UnitScope) -> sa.ColumnElement[bool]:
    return sa.true() if scope.everything else Unit.code.in_(scope.units)


def _view(session: Session, identity: Identity, held: ExchangeArrival) -> ArrivalView:
    school, peer = session.get_one(Unit, held.unit_id), session.get_one(ExchangePeer, held.peer_id)
    waits = held.state == ArrivalState.WAITING.value
    return ArrivalView(
        id=held.id,
        state=ArrivalState(held.state),
        full_name=held.full_name,
        peer=peer.name,
        log=notes.parse_vkey(peer.log).name,
        school=school.name,
        brought_by=session.get_one(Account, held.brought_by).display_name,
        brought_at=held.brought_at,
        decided_by=session.get_one(Account, held.decided_by).display_name if held.decided_by is not None else None,
        decided_at=held.decided_at,
        closing=held.closing,
        code=_code(session, held),
        may_decide=waits and may_take_in(identity, school.code, held.brought_by),
    )


def _code(session: Session, held: ExchangeArrival) -> str | None:
    """The pupil's code here, once taken in."""
    return session.get_one(Transcript, held.transcript_id).lookup_code if held.transcript_id is not None else None
