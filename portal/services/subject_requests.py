"""What a family asks about a child's data, and what the school or the department answers (Luật 91/2025/QH15).

A guardian asks for the own child; on paper the school that keeps the records writes it down. The head of that school or
the department answers within working days. A restriction closes the record to everybody but school, department and
family until it is lifted; an objection ends what goes beyond the statutory record. Correcting is `amendments`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import (
    AccessGrant,
    GrantRecord,
    GrantState,
    Print,
    ShareLink,
    SubjectKind,
    SubjectRequest,
    SubjectState,
    Transcript,
    Unit,
)
from portal.permissions import may_answer_about_data, may_ask_about_data, may_lift_restriction, may_withdraw_request
from portal.services.access import Action, Outcome, record_access
from portal.services.lookup import basis_of
from portal.services.organisation import day_of

LARGEST_ID: Final = 2**31 - 1
REQUEST: Final = "request"


class Step(StrEnum):
    """What is done with a request."""

    GRANT = "grant"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    LIFT = "lift"


# Every step that there is; whatever is not here is refused.
STEPS: Final[Mapping[tuple[SubjectState, Step], SubjectState]] = {
    (SubjectState.WAITING, Step.GRANT): SubjectState.GRANTED,
    (SubjectState.WAITING, Step.REFUSE): SubjectState.REFUSED,
    (SubjectState.WAITING, Step.WITHDRAW): SubjectState.WITHDRAWN,
    (SubjectState.GRANTED, Step.LIFT): SubjectState.LIFTED,
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. kind: value of `SubjectKind`. received_on: of a paper; None for who asks here and now."""

    kind: str
    wish: str
    received_on: date | None = None


def pupil_for(session: Session, identity: Identity, code: str) -> Transcript:
    """The pupil for whom a person asks; raises NotFound for whoever is no guardian and keeps no records of theirs."""
    found = session.scalar(sa.select(Transcript).where(Transcript.lookup_code == code))
    if found is None or not may_ask_about_data(identity, found.id, keeper_of(session, found)):
        raise NotFound
    return found


def ask(session: Session, identity: Identity, code: str, wish: Wish, network: str, now: datetime) -> int:
    """Write a request down; returns its number.

    Raises NotFound as `pupil_for`; Refused with SUBJECT_DAY for a paper of tomorrow, SUBJECT_TWICE while one of the
    kind lives.
    """
    found = pupil_for(session, identity, code)
    today, on_paper = day_of(now), found.id not in identity.children
    received = wish.received_on if on_paper and wish.received_on is not None else today
    if received > today:
        raise Refused(Problem.SUBJECT_DAY)
    made = SubjectRequest(
        transcript_id=found.id,
        kind=SubjectKind(wish.kind).value,
        state=SubjectState.WAITING.value,
        on_paper=on_paper,
        received_on=received,
        wish=wish.wish,
        asked_by=identity.account_id,
        asked_at=now,
    )
    _add_once(session, made)
    note(session, identity, made, Action.SUBJECT_REQUEST, Outcome.ALLOWED, network, now)
    return made.id


def answer(
    session: Session, identity: Identity, request_id: int, step: Step, text: str, network: str, now: datetime
) -> None:
    """Grant or refuse, with words; what was asked for is done in this transaction.

    Raises NotFound for who may not answer for the school; Refused with SUBJECT_OWN for who wrote the request down,
    SUBJECT_CLOSED where it does not wait any more. The same answer pressed twice happens once.
    """
    row, found = _held(session, request_id)
    if not may_answer_about_data(identity, keeper_of(session, found)):
        raise NotFound
    if row.asked_by == identity.account_id:
        raise Refused(Problem.SUBJECT_OWN)
    becomes = STEPS.get((SubjectState.WAITING, step))
    if row.state == becomes and (row.answered_by, row.answer) == (identity.account_id, text):
        return
    row.state = _next(row, step).value
    row.answered_by, row.answered_at, row.answer = identity.account_id, now, text
    if step is Step.GRANT and row.kind == SubjectKind.RESTRICT:
        found.restricted_at = now
    elif step is Step.GRANT and row.kind == SubjectKind.OBJECT:
        _end_what_goes_beyond(session, found, identity.account_id, now)
    note(session, identity, row, Action.SUBJECT_ANSWER, Outcome.ALLOWED, network, now)


def end(session: Session, identity: Identity, request_id: int, reason: str, network: str, now: datetime) -> None:
    """Withdraw a request that waits, or lift a restriction, as whoever asks may; with a reason.

    Raises NotFound for who may not; Refused(SUBJECT_CLOSED) where nothing is left to end.
    """
    row, found = _held(session, request_id)
    step = end_step(session, identity, row, found)
    if step is None:
        if may_answer_about_data(identity, keeper_of(session, found)) or row.asked_by == identity.account_id:
            raise Refused(Problem.SUBJECT_CLOSED)
        raise NotFound
    row.state = _next(row, step).value
    row.ended_by, row.ended_at, row.ending = identity.account_id, now, reason
    if step is Step.LIFT:
        found.restricted_at = None
    note(session, identity, row, Action.SUBJECT_END, Outcome.ALLOWED, network, now)


def end_step(session: Session, identity: Identity, row: SubjectRequest, found: Transcript) -> Step | None:
    """What an end by this person would be; None where there is none."""
    keeper, state = keeper_of(session, found), SubjectState(row.state)
    if state is SubjectState.WAITING:
        own = row.asked_by == identity.account_id
        return Step.WITHDRAW if own or (row.on_paper and may_withdraw_request(identity, keeper)) else None
    restricts = state is SubjectState.GRANTED and row.kind == SubjectKind.RESTRICT
    return Step.LIFT if restricts and may_lift_restriction(identity, found.id, keeper) else None


def keeper_of(session: Session, found: Transcript) -> str:
    """Code of the unit that keeps a pupil's records today."""
    return session.get_one(Unit, found.managing_unit_id).code


def note(
    session: Session,
    identity: Identity,
    row: SubjectRequest,
    action: Action,
    outcome: Outcome,
    network: str,
    now: datetime,
) -> None:
    """The row of the ledger; its purpose names the request."""
    session.flush()
    record_access(
        session,
        identity=identity,
        action=action,
        transcript_id=row.transcript_id,
        outcome=outcome,
        network=network,
        now=now,
        basis=basis_of(identity, session.get(Transcript, row.transcript_id)),
        purpose=f"{REQUEST} {row.id}",
    )


def _held(session: Session, request_id: int) -> tuple[SubjectRequest, Transcript]:
    """A request and its pupil, both held until the end of the transaction; raises NotFound."""
    row = session.get(SubjectRequest, min(request_id, LARGEST_ID), with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    return row, session.get_one(Transcript, row.transcript_id, with_for_update=True, populate_existing=True)


def _next(row: SubjectRequest, step: Step) -> SubjectState:
    becomes = STEPS.get((SubjectState(row.state), step))
    if becomes is None or (step is Step.LIFT and row.kind != SubjectKind.RESTRICT):
        raise Refused(Problem.SUBJECT_CLOSED)
    return becomes


def _end_what_goes_beyond(session: Session, found: Transcript, by: int, now: datetime) -> None:
    """Links, leave that a family gave, and prints that open with the birth date; leave for other pupils stays."""
    shares = sa.update(ShareLink).where(ShareLink.transcript_id == found.id, ShareLink.ended_at.is_(None))
    session.execute(shares.values(ended_at=now))
    prints = sa.update(Print).where(Print.transcript_id == found.id, Print.closed_at.is_(None))
    session.execute(prints.values(closed_at=now))
    of_child = sa.select(GrantRecord.grant_id).where(GrantRecord.transcript_id == found.id)
    given = AccessGrant.id.in_(of_child), AccessGrant.by_guardian, AccessGrant.state == GrantState.GIVEN.value
    session.execute(
        sa.update(AccessGrant).where(*given).values(state=GrantState.ENDED.value, ended_at=now, ended_by=by)
    )


def _add_once(session: Session, made: SubjectRequest) -> None:
    attempt = session.begin_nested()
    try:
        session.add(made)
        session.flush()
    except IntegrityError as error:
        attempt.rollback()
        raise Refused(Problem.SUBJECT_TWICE) from error
    attempt.commit()
