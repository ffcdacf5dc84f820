"""The steps of a request to put a record right as one table: act, states, who, before or after the lock, what it needs.

`portal.services.amendments` acts from it; the tests of every forbidden step are made from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from portal.models import AmendmentState


class Act(StrEnum):
    """What can happen to a request. Stored in its history, so for ever."""

    ASK = "ask"
    ACCEPT = "accept"
    REFUSE = "refuse"
    OPEN_CASE = "open_case"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    COMPLETE = "complete"


class Who(StrEnum):
    ASKER = "guardian of the pupil; clerk or head of a school that issued the year or keeps the record"
    SAME = "the person who asked"
    SCHOOL = "clerk or head of the issuing school, or of the one that keeps its records"
    DEPARTMENT = "administrator of the department"
    PORTAL = "the portal itself, as the consequence of another act; no person"


class When(StrEnum):
    ALWAYS = "before and after the lock"
    BEFORE = "before the lock of the year"
    AFTER = "after the lock of the year"


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the table. before: None is what does not exist yet."""

    before: frozenset[AmendmentState | None]
    after: AmendmentState
    who: Who
    when: When
    needs: str
    writes: str


_LIVING: Final = frozenset({AmendmentState.ASKED, AmendmentState.ACCEPTED, AmendmentState.CORRECTING})
LIVING: Final = tuple(sorted(state.value for state in _LIVING))

STEPS: Final[Mapping[Act, Step]] = {
    Act.ASK: Step(
        frozenset({None}),
        AmendmentState.ASKED,
        Who.ASKER,
        When.ALWAYS,
        "cells that the shown version has, values that a record can hold, a reason, where the paper is kept",
        "the request with its cells",
    ),
    Act.ACCEPT: Step(
        frozenset({AmendmentState.ASKED}),
        AmendmentState.ACCEPTED,
        Who.SCHOOL,
        When.BEFORE,
        "nothing more: the record changes by the school's usual upload alone",
        "the answer",
    ),
    Act.REFUSE: Step(
        frozenset({AmendmentState.ASKED, AmendmentState.ACCEPTED}),
        AmendmentState.REFUSED,
        Who.SCHOOL,
        When.BEFORE,
        "a reason",
        "the reason",
    ),
    Act.OPEN_CASE: Step(
        frozenset(_LIVING),
        AmendmentState.CORRECTING,
        Who.DEPARTMENT,
        When.AFTER,
        "a correction of that year which has just begun; no other living one of the request",
        "the number of the correction",
    ),
    Act.DECLINE: Step(
        frozenset(_LIVING),
        AmendmentState.REFUSED,
        Who.DEPARTMENT,
        When.AFTER,
        "a reason, no living correction of the request",
        "the reason",
    ),
    Act.WITHDRAW: Step(
        frozenset({AmendmentState.ASKED, AmendmentState.ACCEPTED}),
        AmendmentState.WITHDRAWN,
        Who.SAME,
        When.ALWAYS,
        "a reason",
        "the reason",
    ),
    Act.COMPLETE: Step(
        frozenset(_LIVING),
        AmendmentState.DONE,
        Who.PORTAL,
        When.ALWAYS,
        "a signed version that says what was asked, or the effect of the request's correction",
        "that version or correction",
    ),
}
