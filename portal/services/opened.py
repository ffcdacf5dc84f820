"""A record opened for somebody who neither keeps it nor is the family: which years, how much, and the row of the look.

Locked years only. What `scope` leaves out is left out by `portal.presenters.opened`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.identity import Identity
from portal.models import RecordVersion, Scope, Transcript
from portal.services.access import Action, Outcome, record_access
from portal.services.lookup import TranscriptView, opened_view


@dataclass(frozen=True, slots=True)
class Opened:
    """What may be shown now."""

    view: TranscriptView
    scope: Scope


@dataclass(frozen=True, slots=True)
class Look:
    """Who looks. basis: under what, as the ledger keeps it. purpose: for what."""

    identity: Identity | None
    basis: str
    purpose: str | None
    network: str
    now: datetime


def show(
    session: Session, found: Transcript, versions: Mapping[str, RecordVersion], scope: Scope, look: Look
) -> Opened:
    """These years, with a row that says which and under what."""
    write(session, found.id, look, Action.RECORD_READ, years=versions, scope=scope)
    return Opened(opened_view(session, found, versions.values()), scope)


def refuse(session: Session, transcript_id: int | None, look: Look, action: Action = Action.RECORD_READ) -> None:
    """The row of a look that was refused; the caller raises NotFound."""
    record_access(
        session,
        identity=look.identity,
        action=action,
        transcript_id=transcript_id,
        outcome=Outcome.REFUSED,
        network=look.network,
        now=look.now,
        basis=look.basis,
        purpose=look.purpose,
    )


def write(
    session: Session,
    transcript_id: int,
    look: Look,
    action: Action,
    *,
    years: Mapping[str, RecordVersion],
    scope: Scope,
) -> None:
    """The row of a look that was allowed."""
    record_access(
        session,
        identity=look.identity,
        action=action,
        transcript_id=transcript_id,
        outcome=Outcome.ALLOWED,
        network=look.network,
        now=look.now,
        basis=look.basis,
        fields=f"{scope.value}: {', '.join(years)}",
        purpose=look.purpose,
    )
