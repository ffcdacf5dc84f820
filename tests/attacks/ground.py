"""What attacks are made of: an instance to spoil, an end that is told, and the message that an operator gets."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pytest

from portal.cli.auditing import line_of
from portal.errors import Problem, Refused
from portal.presenters.problems import sentence
from portal.services.audit import AuditProblem, Defect, audit
from tests.databases import Backend
from tests.instances import DemoInstance, Templates


class End(StrEnum):
    """How an attack ends: there is no third way."""

    DETECTED = "detected"
    SURVIVED = "survived"


@dataclass(frozen=True, slots=True)
class Outcome:
    """seen: what was found, in short. messages: what an operator reads; none where nothing needs doing."""

    end: End
    seen: str
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ground:
    """Where one attack happens. folder: empty at first."""

    backend: Backend
    templates: Templates
    folder: Path

    @contextmanager
    def instance(self, *, locked: bool = True) -> Iterator[DemoInstance]:
        """A demo instance of its own, with a locked class or without any record."""
        with self.templates.instance(self.backend, self.folder, locked=locked) as made:
            yield made


@dataclass(frozen=True, slots=True)
class Attack:
    """run raises AssertionError when the attack is neither detected nor survived.

    held_by: the test that holds it already, as pytest names it, so that it is not run twice among the tests.
    """

    name: str
    run: Callable[[Ground], Outcome]
    held_by: str = ""


def problems_of(instance: DemoInstance) -> tuple[AuditProblem, ...]:
    """What the audit says."""
    key, *beside = instance.runtime.log_signer.verifiers
    with instance.reading() as session:
        return audit(session, key, beside).problems


def detected(problems: Sequence[AuditProblem], *defects: Defect) -> Outcome:
    """The audit names every one of these, each with a line for an operator."""
    named = [next((each for each in problems if each.defect is defect), None) for defect in defects]
    assert None not in named, f"{defects} not among {[each.defect.value for each in problems]}"
    lines = tuple(line_of(each) for each in named if each is not None)
    return Outcome(End.DETECTED, f"hocba audit: {', '.join(defect.value for defect in defects)}", lines)


def refusal(problem: Problem, act: Callable[[], object]) -> str:
    """What a person reads when an act is refused."""
    with pytest.raises(Refused) as refused:
        act()
    assert refused.value.problem is problem
    return sentence(problem, refused.value.detail)


def passage(text: str, first: str, last: str) -> str:
    """The part of a page's text from one phrase to the end of another."""
    assert first in text, f"the page does not say: {first}"
    start = text.index(first)
    return text[start : text.index(last, start) + len(last)]
