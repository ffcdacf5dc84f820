"""The one place that changes the state of versions, by the table of `life`, and writes the history rows beside it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.errors import Fault, Problem, Refused
from portal.models import (
    Correction,
    CorrectionState,
    LockItem,
    LockProposal,
    LockState,
    RecordVersion,
    State,
    StateChange,
)
from portal.services.life import STEPS, Act, states_of


def begin_lives(session: Session, versions: Sequence[RecordVersion], *, actor: str, reason: str, now: datetime) -> None:
    """Write the first history row of new versions, which the database has numbered already.

    Raises Refused(WRONG_STATE) for one that does not begin as the table says.
    """
    begun = STEPS[Act.BRING_IN].after
    for version in versions:
        if version.state != begun.value:
            raise Refused(Problem.WRONG_STATE, state=version.state, wanted=begun.value)
    if versions:
        rows = [_history(version.id, None, begun, actor, reason, now) for version in versions]
        session.execute(sa.insert(StateChange), rows)


def change_state(session: Session, version: RecordVersion, act: Act, *, actor: str, reason: str, now: datetime) -> None:
    """Do an act to a version; raises Refused(WRONG_STATE) for a step that the table does not allow, and
    Refused(BEING_LOCKED) for a version that two officials have confirmed to lock.
    """
    current, to = State(version.state), STEPS[act].after
    if current not in STEPS[act].before:
        raise Refused(Problem.WRONG_STATE, state=current.value, wanted=to.value)
    if current is State.ACCEPTED and to is not State.LOCKED and session.scalar(sa.select(frozen(version.id))):
        raise Refused(Problem.BEING_LOCKED)
    version.state = to.value
    if to is State.ACCEPTED:
        version.accepted_at = now
    session.add(StateChange(**_history(version.id, current, to, actor, reason, now)))


def frozen(
    version_id: sa.ColumnElement[int] | sa.orm.InstrumentedAttribute[int] | int,
) -> sa.ColumnElement[bool]:
    """Whether two officials have confirmed that a version is locked: nothing else may happen to it any more."""
    in_a_lock = sa.exists().where(
        LockItem.version_id == version_id,
        LockProposal.id == LockItem.proposal_id,
        LockProposal.state == LockState.CONFIRMED.value,
    )
    takes_a_place = sa.exists().where(
        Correction.new_version_id == version_id, Correction.state == CorrectionState.CONFIRMED.value
    )
    return sa.or_(in_a_lock, takes_a_place)


def beside_a_locked(version: type[RecordVersion]) -> sa.Exists:
    """Whether another version of the same year is locked: then only a decision of the department locks this one."""
    locked = aliased(RecordVersion)
    return sa.exists().where(
        locked.year_record_id == version.year_record_id,
        locked.id != version.id,
        locked.state == State.LOCKED.value,
    )


def lock_accepted(
    session: Session,
    indexes: Mapping[int, int],
    effective_at: datetime,
    act: Act,
    *,
    actor: str,
    reason: str,
    now: datetime,
) -> None:
    """Lock many versions at once. indexes: of the log, by version. act: LOCK or SUPERSEDE. Raises Fault when a version
    is in a state from which the act does not lead.
    """
    (before,), after = states_of(act), STEPS[act].after
    session.flush()
    changed = session.connection().execute(
        sa.update(RecordVersion)
        .where(RecordVersion.id == sa.bindparam("of"), RecordVersion.state == before)
        .values(state=after.value, effective_at=effective_at, log_index=sa.bindparam("at_index")),
        [{"of": version, "at_index": index} for version, index in indexes.items()],
    )
    if changed.rowcount != len(indexes):
        raise Fault(Problem.STORE_DAMAGED, what="state")
    rows = [_history(version, State(before), after, actor, reason, now) for version in indexes]
    session.execute(sa.insert(StateChange), rows)
    # What the session holds of them is of before.
    session.expire_all()


def _history(
    version_id: int, before: State | None, after: State, actor: str, reason: str, now: datetime
) -> dict[str, object]:
    """The history row of one change."""
    return {
        "version_id": version_id,
        "from_state": before.value if before is not None else None,
        "to_state": after.value,
        "actor": actor,
        "reason": reason,
        "at": now,
    }
