"""Standing of a locked version as an answer to IN_FORCE."""

from datetime import UTC, datetime

import pytest

from verify.standing import IN_FORCE, Standing, StandingState, check
from verify.verdict import Question, Reason, Status

SINCE = datetime(2026, 9, 1, tzinfo=UTC)


def test_in_force_has_nothing_to_add() -> None:
    answer = check(IN_FORCE)
    assert (answer.question, answer.status, answer.reason, dict(answer.facts)) == (
        Question.IN_FORCE,
        Status.PASSED,
        Reason.OK,
        {},
    )


@pytest.mark.parametrize(
    ("state", "status", "reason"),
    [
        (StandingState.SUPERSEDED, Status.FAILED, Reason.SUPERSEDED),
        (StandingState.REVOKED, Status.FAILED, Reason.RECORD_REVOKED),
        (StandingState.ANNOTATED, Status.PASSED, Reason.ANNOTATED),
    ],
)
def test_what_was_decided_is_told(state: StandingState, status: Status, reason: Reason) -> None:
    answer = check(Standing(state, SINCE, "7/QĐ-SGDĐT", 3))
    assert (answer.status, answer.reason) == (status, reason)
    assert answer.facts == {"since": SINCE.isoformat(), "decision": "7/QĐ-SGDĐT", "by_version": "3"}
