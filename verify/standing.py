"""Standing of a locked version: does it still count, and if not, since when and by what (domain §4)?

After the lock nothing changes a record; the department may only put something beside it: an annotation, a
superseding version or a revocation, each by a numbered decision and each a leaf of the log.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from verify.verdict import Check, Question, Reason, Status


class StandingState(StrEnum):
    """What holds of a locked version today."""

    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"
    ANNOTATED = "annotated"


@dataclass(frozen=True, slots=True)
class Standing:
    """state, and for all but IN_FORCE: since (UTC), decision (its number), and by_version that took its place."""

    state: StandingState
    since: datetime | None = None
    decision: str | None = None
    by_version: int | None = None


IN_FORCE = Standing(StandingState.IN_FORCE)

_OUTCOMES = {
    StandingState.IN_FORCE: (Status.PASSED, Reason.OK),
    StandingState.ANNOTATED: (Status.PASSED, Reason.ANNOTATED),  # keeps its verdict, with the note (design §9.8)
    StandingState.SUPERSEDED: (Status.FAILED, Reason.SUPERSEDED),
    StandingState.REVOKED: (Status.FAILED, Reason.RECORD_REVOKED),
}


def check(standing: Standing) -> Check:
    """Question IN_FORCE, with `since`, `decision` and `by_version` as facts where known."""
    status, reason = _OUTCOMES[standing.state]
    facts = {
        "since": standing.since.isoformat() if standing.since else "",
        "decision": standing.decision or "",
        "by_version": str(standing.by_version) if standing.by_version else "",
    }
    return Check(Question.IN_FORCE, status, reason, {name: value for name, value in facts.items() if value})
