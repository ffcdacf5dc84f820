"""What stands on the pages of requests about data: a list by age, those of a child, one request with its next steps."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import Account, SubjectKind, SubjectRequest, SubjectState, Transcript, Unit
from portal.permissions import RecordScope, may_answer_about_data, may_see_subject_requests
from portal.services.access import Action, Outcome
from portal.services.custody_days import Due, after, between
from portal.services.organisation import day_of
from portal.services.subject_requests import LARGEST_ID, Step, end_step, note

_Row = TypeVarTuple("_Row")

PAGE_ROWS: Final = 50
COPY_KEPT: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request in a list. due: None once it is answered. mine: it waits for this person's answer."""

    id: int
    kind: SubjectKind
    state: SubjectState
    name: str
    school: str
    on_paper: bool
    due: Due | None
    mine: bool


@dataclass(frozen=True, slots=True)
class RequestView:
    """One request. family: whoever looks is the child's guardian. ends: what an end by this person would be.

    copy_until: until when the copy can be fetched by this person, None where it cannot.
    """

    line: RequestLine
    code: str
    family: bool
    wish: str
    asked_by: str
    asked_at: datetime
    answered_by: str | None
    answered_at: datetime | None
    answer: str | None
    ended_by: str | None
    ended_at: datetime | None
    ending: str | None
    ends: Step | None
    copy_until: datetime | None


@dataclass(frozen=True, slots=True)
class RequestPage:
    """Those that wait first, the oldest before; then the others, the newest before. page: from 1."""

    rows: tuple[RequestLine, ...]
    page: int
    pages: int


def requests(session: Session, identity: Identity, page: int, days: int, now: datetime) -> RequestPage:
    """A page of the requests within reach; raises NotFound for who has none. days: to answer in."""
    scope = may_see_subject_requests(identity)
    if scope.nothing:
        raise NotFound
    total = session.scalars(_joined(sa.select(sa.func.count())).where(_within(scope))).one()
    pages = max(1, -(-total // PAGE_ROWS))
    page = min(max(page, 1), pages)
    waits = SubjectRequest.state == SubjectState.WAITING.value
    rows = session.execute(
        _joined(sa.select(SubjectRequest, Transcript, Unit))
        .where(_within(scope))
        .order_by(
            sa.case((waits, 0), else_=1),
            sa.case((waits, SubjectRequest.received_on), else_=None),
            SubjectRequest.id.desc(),
        )
        .limit(PAGE_ROWS)
        .offset((page - 1) * PAGE_ROWS)
    )
    return RequestPage(tuple(_line(identity, *row, days, now) for row in rows), page, pages)


def of_child(session: Session, identity: Identity, transcript_id: int, days: int, now: datetime) -> list[RequestLine]:
    """Every request about a child, newest first; the caller has asked whose child it is."""
    rows = session.execute(
        _joined(sa.select(SubjectRequest, Transcript, Unit))
        .where(SubjectRequest.transcript_id == transcript_id)
        .order_by(SubjectRequest.id.desc())
    )
    return [_line(identity, *row, days, now) for row in rows]


def waiting(session: Session, identity: Identity) -> int:
    """How many requests wait within reach of who may answer or pass them on."""
    scope = may_see_subject_requests(identity)
    where = _within(RecordScope(everything=scope.everything, managed_by=scope.managed_by))
    asked = _joined(sa.select(sa.func.count())).where(where, SubjectRequest.state == SubjectState.WAITING.value)
    return session.scalars(asked).one()


def request(
    session: Session, identity: Identity, request_id: int, days: int, network: str, now: datetime
) -> RequestView:
    """One request; looks of others than the family are written. Raises NotFound, after which the caller commits."""
    row = session.get(SubjectRequest, min(request_id, LARGEST_ID))
    if row is None:
        raise NotFound
    found = session.get_one(Transcript, row.transcript_id)
    keeper = session.get_one(Unit, found.managing_unit_id)
    seen = may_see_subject_requests(identity).covers(keeper.code, "", found.id)
    if found.id not in identity.children:
        note(session, identity, row, Action.SUBJECT_READ, Outcome.ALLOWED if seen else Outcome.REFUSED, network, now)
    if not seen:
        raise NotFound
    return RequestView(
        line=_line(identity, row, found, keeper, days, now),
        code=found.lookup_code,
        family=found.id in identity.children,
        wish=row.wish,
        asked_by=_who(session, row.asked_by) or "",
        asked_at=row.asked_at,
        answered_by=_who(session, row.answered_by),
        answered_at=row.answered_at,
        answer=row.answer,
        ended_by=_who(session, row.ended_by),
        ended_at=row.ended_at,
        ending=row.ending,
        ends=end_step(session, identity, row, found),
        copy_until=copy_until(row, now),
    )


def copy_until(row: SubjectRequest, now: datetime) -> datetime | None:
    """Until when the copy that was granted can be fetched; None where there is none any more."""
    if row.kind != SubjectKind.COPY or row.state != SubjectState.GRANTED or row.answered_at is None:
        return None
    until = row.answered_at + COPY_KEPT
    return until if until > now else None


def _line(
    identity: Identity, row: SubjectRequest, found: Transcript, keeper: Unit, days: int, now: datetime
) -> RequestLine:
    waits = row.state == SubjectState.WAITING
    last = after(row.received_on, days)
    answers = may_answer_about_data(identity, keeper.code) and row.asked_by != identity.account_id
    return RequestLine(
        id=row.id,
        kind=SubjectKind(row.kind),
        state=SubjectState(row.state),
        name=found.full_name,
        school=keeper.name,
        on_paper=row.on_paper,
        due=Due(last, between(last, day_of(now))) if waits else None,
        mine=waits and answers,
    )


def _joined(statement: sa.Select[*_Row]) -> sa.Select[*_Row]:
    return (
        statement.select_from(SubjectRequest)
        .join(Transcript, Transcript.id == SubjectRequest.transcript_id)
        .join(Unit, Unit.id == Transcript.managing_unit_id)
    )


def _within(scope: RecordScope) -> sa.ColumnElement[bool]:
    if scope.everything:
        return sa.true()
    return sa.or_(Unit.code.in_(scope.managed_by), Transcript.id.in_(scope.children))


def _who(session: Session, account_id: int | None) -> str | None:
    return session.get_one(Account, account_id).display_name if account_id is not None else None
