"""The life of a version as one table (domain §4): act, states, who may, when, what it needs, what it writes.

`portal.services.transitions` acts from it; `docs/life.md` and the tests of every forbidden step are made from it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from portal.identity import SYSTEM, Identity
from portal.models import State
from portal.permissions import may_change_organisation, may_correct, may_import_for, may_lock, may_withdraw_for


class Act(StrEnum):
    """What can happen to a version."""

    BRING_IN = "bring_in"
    SUBMIT = "submit"
    ACCEPT = "accept"
    REPLACE = "replace"
    WITHDRAW = "withdraw"
    END_WITH_UNIT = "end_with_unit"
    CLOSE_CORRECTION = "close_correction"
    LOCK = "lock"
    SUPERSEDE = "supersede"


class Who(StrEnum):
    """Who may: the value is what the documentation says."""

    SCHOOL = "clerk or head of the issuing school; the operator at the command line"
    ISSUER = "clerk or head of the issuing school alone; the operator at the command line"
    PORTAL = "the portal itself, as the consequence of another act; no person"
    DEPARTMENT = "administrator of the department, by a decision about the unit"
    CORRECTING = "the department when it closes a correction, or the day on which it expires"
    TWO_OFFICIALS = "two administrators of the department; the operator at the command line"
    DECIDING = "two administrators of the department, by a numbered decision"


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the table. before: None is what does not exist yet."""

    before: frozenset[State | None]
    after: State
    who: Who
    when: str
    needs: str
    writes: str


_OPEN: Final = frozenset({State.DRAFT, State.SUBMITTED, State.ACCEPTED})

STEPS: Final[Mapping[Act, Step]] = {
    Act.BRING_IN: Step(
        frozenset({None}),
        State.DRAFT,
        Who.SCHOOL,
        "the school stands",
        "a row without a fault; a row with one is refused by itself and never stored",
        "version, signed bytes",
    ),
    Act.SUBMIT: Step(
        frozenset({State.DRAFT}),
        State.SUBMITTED,
        Who.SCHOOL,
        "before the lock",
        "a valid signature by a key that the registry holds for the school and the role",
        "signature with the report of its validation",
    ),
    Act.ACCEPT: Step(
        frozenset({State.SUBMITTED}),
        State.ACCEPTED,
        Who.PORTAL,
        "with the last signature that was missing",
        "signature of the head and seal of the school",
        "accepted_at, which says whether it was in time",
    ),
    Act.REPLACE: Step(
        _OPEN | {State.REJECTED},
        State.REPLACED,
        Who.PORTAL,
        "another version of the same year arrives before the lock",
        "no confirmed lock of it",
        "the number of the version that takes its place, in the reason",
    ),
    Act.WITHDRAW: Step(
        frozenset(_OPEN),
        State.WITHDRAWN,
        Who.ISSUER,
        "before the lock",
        "a reason, no confirmed lock of it",
        "the reason",
    ),
    Act.END_WITH_UNIT: Step(
        frozenset({State.DRAFT, State.SUBMITTED}),
        State.WITHDRAWN,
        Who.DEPARTMENT,
        "the school is merged, split or closed",
        "the act of the organisation",
        "the decision, in the reason",
    ),
    Act.CLOSE_CORRECTION: Step(
        frozenset(_OPEN),
        State.WITHDRAWN,
        Who.CORRECTING,
        "a correction that brought the version in ends without effect",
        "the closed correction",
        "the decision, in the reason",
    ),
    Act.LOCK: Step(
        frozenset({State.ACCEPTED}),
        State.LOCKED,
        Who.TWO_OFFICIALS,
        "the window of its round has closed, or by a decision about late records",
        "a confirmed lock that names it; or a leaf that says so already (earlier years, after a restoration)",
        "effective_at, log_index, leaf and opening; nothing changes it ever again",
    ),
    Act.SUPERSEDE: Step(
        frozenset({State.ACCEPTED}),
        State.LOCKED,
        Who.DECIDING,
        "after the lock of the version whose place it takes",
        "a confirmed correction whose day of objection has passed",
        "effective_at, log_index, leaf and opening; the old version stays locked and answers “đã được thay thế”",
    ),
}

_RULES: Final[Mapping[Who, Callable[[Identity | None, str], bool]]] = {
    Who.SCHOOL: may_import_for,
    Who.ISSUER: may_withdraw_for,
    Who.PORTAL: lambda identity, _unit: identity == SYSTEM,
    Who.DEPARTMENT: lambda identity, _unit: may_change_organisation(identity),
    Who.CORRECTING: lambda identity, _unit: may_correct(identity),
    Who.TWO_OFFICIALS: lambda identity, _unit: may_lock(identity),
    Who.DECIDING: lambda identity, _unit: may_correct(identity),
}


def may_take(identity: Identity | None, act: Act, unit_code: str) -> bool:
    """Whether a person may do this to a version that a unit issued; of acts by two, whether one may be among them."""
    return _RULES[STEPS[act].who](identity, unit_code)


def way_to_lock(state: State) -> tuple[Act, ...]:
    """The acts that are left from a state to the lock; raises KeyError for a version that never locks."""
    return _WAY[_FROM[state] :]


def states_of(act: Act) -> frozenset[str]:
    """Stored names of the states in which an act is possible."""
    return frozenset(state.value for state in STEPS[act].before if state is not None)


_WAY: Final = (Act.SUBMIT, Act.ACCEPT, Act.LOCK)
_FROM: Final = {State.DRAFT: 0, State.SUBMITTED: 1, State.ACCEPTED: 2}
