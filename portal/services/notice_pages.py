"""One's own notices: a page of them, how many are unread, reading one or all. Nobody sees those of others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import (
    Correction,
    CorrectionState,
    KeyProposal,
    LockProposal,
    LockState,
    Notice,
    NoticeKind,
    ProposalState,
    Transcript,
)
from portal.services.uploads import LARGEST_ID

PAGE_ROWS: Final = 20
_OF_PUPILS: Final = (NoticeKind.SHARE_OPENED, NoticeKind.SHARE_TAKEN, NoticeKind.CHILD_SEEN)
# The kinds that ask a second official, and the number of the proposal with its state.
_PROPOSALS: Final = {
    NoticeKind.KEY_WAITS: (KeyProposal.id, KeyProposal.state, ProposalState.WAITING.value),
    NoticeKind.LOCK_WAITS: (LockProposal.id, LockProposal.state, LockState.WAITING.value),
    NoticeKind.CORRECTION_WAITS: (Correction.id, Correction.state, CorrectionState.WAITING.value),
}
_UNSYNCHRONISED: Final = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice. code, name: of the own child that it is about, None for every other kind and once it is no longer the
    own child. over: it asked for a second official, and does no more.
    """

    id: int
    kind: NoticeKind
    subject: int
    detail: str
    at: datetime
    read: bool
    code: str | None
    name: str | None
    over: bool = False


@dataclass(frozen=True, slots=True)
class NoticePage:
    """page: from 1. newest: id of the newest notice of all, 0 without one."""

    rows: tuple[NoticeView, ...]
    unread: int
    newest: int
    page: int
    pages: int


def page_of(session: Session, identity: Identity, page: int) -> NoticePage:
    """A person's notices, the newest first."""
    own = Notice.account_id == identity.account_id
    total, newest = session.execute(sa.select(sa.func.count(), sa.func.max(Notice.id)).where(own)).one()
    pages = max(1, -(-total // PAGE_ROWS))
    page = min(max(page, 1), pages)
    rows = session.scalars(
        sa.select(Notice).where(own).order_by(Notice.id.desc()).limit(PAGE_ROWS).offset((page - 1) * PAGE_ROWS)
    ).all()
    return NoticePage(_views(session, identity, rows), unread(session, identity), newest or 0, page, pages)


def unread(session: Session, identity: Identity) -> int:
    """How many a person has not read."""
    own = sa.select(sa.func.count()).where(Notice.account_id == identity.account_id, Notice.read_at.is_(None))
    return session.execute(own).scalar_one()


def read(session: Session, identity: Identity, notice_id: int, now: datetime) -> NoticeView:
    """Read one; raises NotFound for what is nobody's or somebody else's."""
    row = session.get(Notice, notice_id) if 0 < notice_id <= LARGEST_ID else None
    if row is None or row.account_id != identity.account_id:
        raise NotFound
    if row.read_at is None:
        row.read_at = now
        session.flush()
    return _views(session, identity, [row])[0]


def read_all(session: Session, identity: Identity, up_to: int, now: datetime) -> None:
    """Read all up to the newest that the person was shown."""
    session.execute(
        sa.update(Notice)
        .where(Notice.account_id == identity.account_id, Notice.id <= up_to, Notice.read_at.is_(None))
        .values(read_at=now),
        execution_options=_UNSYNCHRONISED,
    )


def _views(session: Session, identity: Identity, rows: Sequence[Notice]) -> tuple[NoticeView, ...]:
    about = {row.subject for row in rows if row.kind in _OF_PUPILS} & identity.children
    children = {
        key: (code, name)
        for key, code, name in session.execute(
            sa.select(Transcript.id, Transcript.lookup_code, Transcript.full_name).where(Transcript.id.in_(about))
        )
    }
    over, none = _over(session, rows), (None, None)
    return tuple(
        NoticeView(
            row.id,
            NoticeKind(row.kind),
            row.subject,
            row.detail,
            row.at,
            row.read_at is not None,
            child[0],
            child[1],
            row.id in over,
        )
        for row in rows
        for child in (children.get(row.subject, none) if row.kind in _OF_PUPILS else none,)
    )


def _over(session: Session, rows: Sequence[Notice]) -> frozenset[int]:
    """Numbers of the notices whose proposal was decided, taken back or ended by itself."""
    over: set[int] = set()
    for kind, (key, state, waits) in _PROPOSALS.items():
        asked = {row.id: row.subject for row in rows if row.kind == kind}
        if asked:
            open_ = set(session.scalars(sa.select(key).where(key.in_(asked.values()), state == waits)))
            over |= {notice for notice, subject in asked.items() if subject not in open_}
    return frozenset(over)
