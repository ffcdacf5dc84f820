"""The one function that changes the state of a version, and writes the history row beside it (domain §4)."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.errors import Problem, Refused
from portal.models import RecordVersion, State, StateChange

ALLOWED: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.SUBMITTED, State.REPLACED, State.WITHDRAWN}),
    State.SUBMITTED: frozenset({State.ACCEPTED, State.REJECTED, State.REPLACED, State.WITHDRAWN}),
    State.ACCEPTED: frozenset({State.LOCKED, State.REPLACED, State.WITHDRAWN}),
    State.REJECTED: frozenset({State.REPLACED}),
    State.REPLACED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.LOCKED: frozenset(),
}


def begin_life(session: Session, version: RecordVersion, *, actor: str, reason: str, now: datetime) -> None:
    """Write the first history row of a new version, which the database has numbered already."""
    _write(session, version, None, State(version.state), actor, reason, now)


def change_state(
    session: Session, version: RecordVersion, to: State, *, actor: str, reason: str, now: datetime
) -> None:
    """Move a version to another state; raises Refused(WRONG_STATE) for a step that the table does not allow."""
    current = State(version.state)
    if to not in ALLOWED[current]:
        raise Refused(Problem.WRONG_STATE, state=current.value, wanted=to.value)
    version.state = to.value
    _write(session, version, current, to, actor, reason, now)


def _write(
    session: Session,
    version: RecordVersion,
    before: State | None,
    after: State,
    actor: str,
    reason: str,
    now: datetime,
) -> None:
    session.add(
        StateChange(
            version_id=version.id,
            from_state=before.value if before is not None else None,
            to_state=after.value,
            actor=actor,
            reason=reason,
            at=now,
        )
    )
