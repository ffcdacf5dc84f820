"""Transfer of custody: a parent asks the receiving school, its head agrees, then the head of the school that keeps the
records; custody moves in that moment (domain §4). Who issued a year never changes, and reads it for ever.

A pupil has one open request at most, whoever wrote it down. Agreement is given once and not taken back; each head may
refuse in turn, the receiving school withdraws, the department ends what nobody answers. Each end has its reason.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import (
    SCHOOL_KINDS,
    Applicant,
    CustodyLeaving,
    CustodyMove,
    CustodyRequest,
    CustodyState,
    ExchangeDeparture,
    Transcript,
    Unit,
    UnitKind,
)
from portal.permissions import may_close_custody, may_decide_custody, may_request_custody
from portal.services import checking, telling
from portal.services.access import Action, Outcome, record_access
from portal.services.organisation import alive_on, day_of, require_open

LARGEST_ID: Final = 2**31 - 1
# A clock elsewhere may be behind ours: a bundle that ended a day ago is taken in nowhere.
AFTER_BUNDLE: Final = timedelta(days=1)
LIVING: Final = (CustodyState.REQUESTED.value, CustodyState.AGREED.value)


@dataclass(frozen=True, slots=True)
class Application:
    """What is asked for. unit_code: of the receiving school. applicant: value of `Applicant`, who signed the paper.

    applied_on: day of the paper. starts_on: the pupil's first day in the new school. reason: as the paper says it.
    """

    unit_code: str
    applicant: str
    applied_on: date
    starts_on: date
    reason: str


def schools_of(session: Session, identity: Identity, now: datetime) -> dict[str, str]:
    """Schools in whose name this person asks for pupils, by code, with names; empty for who may not."""
    rows = session.execute(
        sa.select(Unit.code, Unit.name)
        .where(Unit.code.in_(may_request_custody(identity)), Unit.kind.in_(SCHOOL_KINDS), alive_on(day_of(now)))
        .order_by(Unit.code)
    )
    return {row.code: row.name for row in rows}


def identify(
    session: Session, identity: Identity, code: str, birth_date: date, now: datetime, network: str
) -> int | None:
    """The transcript of a code whose pupil was born on that day; None when the record's guesses of the day are used up.

    Every look is written down; a wrong birth date is as unknown as a wrong code. Raises NotFound, after which the
    caller commits.
    """
    found = session.scalar(sa.select(Transcript).where(Transcript.lookup_code == code))
    if found is None:
        _note(session, identity, None, Outcome.REFUSED, now, network)
        raise NotFound
    guess = checking.record_guess(session, identity, code, found.id, birth_date.isoformat(), now, network)
    if not guess:
        return None
    same = found.birth_date == birth_date
    _note(session, identity, found.id, Outcome.ALLOWED if same else Outcome.REFUSED, now, network)
    if not same:
        raise NotFound
    return found.id


def request(session: Session, identity: Identity, transcript_id: int, given: Application, now: datetime) -> int:
    """Write an application down; returns its number. transcript_id: as `identify` found it.

    Raises NotFound for who does not act for the school; Refused with UNIT_CLOSED, CUSTODY_DAY, CUSTODY_OWN or
    CUSTODY_REQUESTED.
    """
    receiving = session.scalar(
        sa.select(Unit).where(
            Unit.code == given.unit_code,
            Unit.code.in_(may_request_custody(identity)),
            Unit.kind.in_(SCHOOL_KINDS),
        )
    )
    if receiving is None:
        raise NotFound
    require_open(session, receiving, now)
    if given.applied_on > day_of(now):
        raise Refused(Problem.CUSTODY_DAY)
    held = hold(session, transcript_id)
    if held.managing_unit_id == receiving.id:
        raise Refused(Problem.CUSTODY_OWN)
    made = CustodyRequest(
        transcript_id=held.id,
        from_unit_id=held.managing_unit_id,
        to_unit_id=receiving.id,
        state=CustodyState.REQUESTED.value,
        applicant=Applicant(given.applicant).value,
        applied_on=given.applied_on,
        starts_on=given.starts_on,
        reason=given.reason,
        requested_by=identity.account_id,
        requested_at=now,
    )
    number = add_once(session, made)
    telling.custody_turn(session, number, receiving.id, identity.account_id, now)
    return number


def agree(session: Session, identity: Identity, request_id: int, seen: str, now: datetime) -> None:
    """The head whose turn it is agrees; with the second agreement custody moves.

    seen: the state of the request when the button was shown; where it has gone on since (pressed twice), nothing
    happens. Raises NotFound for who is neither head; Refused with CUSTODY_TURN, CUSTODY_CLOSED, UNIT_CLOSED or
    CUSTODY_OWN.
    """
    held = held_request(session, request_id)
    receiving = session.get_one(Unit, held.to_unit_id)
    keeper = session.get_one(Unit, hold(session, held.transcript_id).managing_unit_id)
    if is_outside(receiving):
        raise NotFound  # a bundle goes with that agreement: `exchange_departures.release`
    asked = session.get_one(Unit, held.from_unit_id)  # who pressed twice keeps the records no longer
    if not any(may_decide_custody(identity, unit.code) for unit in (receiving, keeper, asked)):
        raise NotFound
    if held.state not in (*LIVING, CustodyState.MOVED.value):
        raise Refused(Problem.CUSTODY_CLOSED)
    if held.state != seen:
        return
    if not decides(held, identity, receiving, keeper):
        raise Refused(Problem.CUSTODY_TURN)
    require_open(session, receiving, now)
    if keeper.id == receiving.id:
        raise Refused(Problem.CUSTODY_OWN)  # a merger brought the pupil meanwhile
    if held.state == CustodyState.REQUESTED.value:
        held.state, held.agreed_by, held.agreed_at = CustodyState.AGREED.value, identity.account_id, now
        telling.custody_turn(session, held.id, keeper.id, identity.account_id, now)
    else:
        move(session, identity, held, now)
        telling.custody_ended(session, held.id, held.state, (keeper.id, receiving.id), identity.account_id, now)
    session.flush()


def end(session: Session, identity: Identity, request_id: int, reason: str, now: datetime) -> None:
    """Refuse, withdraw or close a request, as whoever asks may (`ends_as`); with a reason.

    Raises NotFound for who may not; Refused(CUSTODY_CLOSED).
    """
    held = held_request(session, request_id)
    becomes = ends_as(session, identity, held, now)
    if held.state not in LIVING and _could_end(session, identity, held):
        raise Refused(Problem.CUSTODY_CLOSED)
    if becomes is None:
        raise NotFound
    held.state, held.closing = becomes.value, reason
    held.closed_by, held.closed_at = identity.account_id, now
    session.flush()
    keeper = session.get_one(Transcript, held.transcript_id).managing_unit_id
    telling.custody_ended(session, held.id, held.state, (keeper, held.to_unit_id), identity.account_id, now)


def ends_as(session: Session, identity: Identity, held: CustodyRequest, now: datetime) -> CustodyState | None:
    """What an end by this person would be; None: the request is over, or it is not this person's turn.

    The head whose agreement it waits for refuses, the school that wrote it down withdraws, the department closes; while
    a bundle that was handed over may still be taken in elsewhere, nobody does (decision 0045).
    """
    if held.state not in LIVING:
        return None
    receiving = session.get_one(Unit, held.to_unit_id)
    keeper = session.get_one(Unit, session.get_one(Transcript, held.transcript_id).managing_unit_id)
    departure = session.get(ExchangeDeparture, held.id)
    if departure is not None and departure.expires_at is not None:
        over = departure.expires_at + AFTER_BUNDLE <= now
        return CustodyState.CLOSED if over and may_close_custody(identity) else None
    if decides(held, identity, receiving, keeper):
        return CustodyState.REFUSED
    writer = keeper if is_outside(receiving) else receiving
    if writer.code in may_request_custody(identity):
        return CustodyState.WITHDRAWN
    return CustodyState.CLOSED if may_close_custody(identity) else None


def _could_end(session: Session, identity: Identity, held: CustodyRequest) -> bool:
    """Whether this person was one of those who could end it: they are told that it is over, others nothing."""
    receiving = session.get_one(Unit, held.to_unit_id).code
    issuer = session.get_one(Unit, held.from_unit_id).code
    own = receiving in may_request_custody(identity) or may_decide_custody(identity, issuer)
    return own or may_close_custody(identity)


def decides(held: CustodyRequest, identity: Identity, receiving: Unit, keeper: Unit) -> bool:
    """Whether a living request waits for this person's agreement. From another installation comes a file instead."""
    if is_outside(receiving):
        return held.state == CustodyState.REQUESTED.value and may_decide_custody(identity, keeper.code)
    turn = receiving if held.state == CustodyState.REQUESTED.value else keeper
    return held.state in LIVING and may_decide_custody(identity, turn.code)


def is_outside(unit: Unit) -> bool:
    """Whether a unit stands for another installation."""
    return unit.kind == UnitKind.OUTSIDE.value


def held_request(session: Session, request_id: int) -> CustodyRequest:
    """A request, held until the end of the transaction; raises NotFound."""
    found = session.scalar(
        sa.select(CustodyRequest)
        .where(CustodyRequest.id == min(request_id, LARGEST_ID))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def leave(session: Session, identity: Identity, code: str, left_on: date, now: datetime) -> None:
    """The school writes down that a pupil left and nobody knows where to.

    Raises NotFound unless the person's school keeps the records; Refused with CUSTODY_DAY, CUSTODY_LEFT or
    CUSTODY_REQUESTED.
    """
    held = session.scalar(sa.select(Transcript).where(Transcript.lookup_code == code).with_for_update())
    if held is None or not _keeps(session, identity, held):
        raise NotFound
    if left_on > day_of(now):
        raise Refused(Problem.CUSTODY_DAY)
    asked = sa.select(CustodyRequest.id).where(
        CustodyRequest.transcript_id == held.id, CustodyRequest.state.in_(LIVING)
    )
    if session.scalar(asked) is not None:
        raise Refused(Problem.CUSTODY_REQUESTED)
    if open_leaving(session, held.id) is not None:
        raise Refused(Problem.CUSTODY_LEFT)
    session.add(
        CustodyLeaving(
            transcript_id=held.id, left_on=left_on, noted_by=identity.account_id, noted_at=now, ended_at=None
        )
    )
    session.flush()


def came_back(session: Session, identity: Identity, leaving_id: int, now: datetime) -> None:
    """The pupil is back in the school, or the note was wrong. Raises NotFound."""
    held = session.get(CustodyLeaving, min(leaving_id, LARGEST_ID), with_for_update=True)
    pupil = session.get_one(Transcript, held.transcript_id) if held is not None else None
    if held is None or pupil is None or not _keeps(session, identity, pupil):
        raise NotFound
    if held.ended_at is None:
        held.ended_at = now
        session.flush()


def open_leaving(session: Session, transcript_id: int) -> CustodyLeaving | None:
    """The open note that a pupil left, or None."""
    return session.scalar(
        sa.select(CustodyLeaving).where(
            CustodyLeaving.transcript_id == transcript_id, CustodyLeaving.ended_at.is_(None)
        )
    )


def _keeps(session: Session, identity: Identity, held: Transcript) -> bool:
    return session.get_one(Unit, held.managing_unit_id).code in may_request_custody(identity)


def move(session: Session, identity: Identity, held: CustodyRequest, now: datetime) -> None:
    """Custody goes where a request says, and the request is over; two rows of its history meet here."""
    pupil = session.get_one(Transcript, held.transcript_id)
    session.add(
        CustodyMove(
            transcript_id=pupil.id,
            from_unit_id=pupil.managing_unit_id,
            to_unit_id=held.to_unit_id,
            request_id=held.id,
            moved_at=now,
        )
    )
    pupil.managing_unit_id = held.to_unit_id
    held.state, held.closed_by, held.closed_at = CustodyState.MOVED.value, identity.account_id, now
    leaving = open_leaving(session, pupil.id)
    if leaving is not None:
        leaving.ended_at = now


def hold(session: Session, transcript_id: int) -> Transcript:
    """A transcript, held: two schools that ask at once come one after the other."""
    return session.scalars(
        sa.select(Transcript)
        .where(Transcript.id == transcript_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def add_once(session: Session, made: CustodyRequest) -> int:
    """Store a request, a pupil's one open; returns its number. Raises Refused(CUSTODY_REQUESTED)."""
    attempt = session.begin_nested()
    try:
        session.add(made)
        session.flush()
    except IntegrityError as error:
        attempt.rollback()
        raise Refused(Problem.CUSTODY_REQUESTED) from error
    attempt.commit()
    return made.id


def _note(
    session: Session, identity: Identity, transcript_id: int | None, outcome: Outcome, now: datetime, network: str
) -> None:
    record_access(
        session,
        identity=identity,
        action=Action.CUSTODY_REQUEST,
        transcript_id=transcript_id,
        outcome=outcome,
        network=network,
        now=now,
    )
