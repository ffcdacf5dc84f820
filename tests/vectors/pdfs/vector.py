"""A vector: bytes named by their defect, with every fact that the whole check tells of them and the one verdict."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.vectors.pdfs.ground import Ground
from verify.verdict import Check, Conclusion, Reason, Status, Verdict

_SIGNS = {Status.FAILED: "", Status.UNKNOWN: "?", Status.PASSED: "+"}
# How a fact of every good print passes; anything else that passes with a reason is told.
_USUAL = frozenset({Reason.OK, Reason.CLAIMED_TIME_ONLY, Reason.VALID_WHEN_RECEIVED})


@dataclass(frozen=True, slots=True)
class Vector:
    """facts: `question reason` of each failed fact, with `?` of each unknown and `+` of each that passed with a reason.

    Parted by commas, in any order; what was not asked is left out. make: the bytes, out of the store's own prints.
    fields: cells that must be named, and no others; None where the pages are others. command: a program of the machine
    that makes it.
    """

    name: str
    make: Callable[[Ground], bytes]
    verdict: Verdict
    facts: str = ""
    fields: frozenset[str] | None = frozenset()
    command: str | None = None

    @property
    def expected(self) -> frozenset[str]:
        return frozenset(filter(None, (each.strip() for each in self.facts.split(","))))


def told(conclusion: Conclusion) -> frozenset[str]:
    """The facts of a conclusion as a vector declares them."""
    return frozenset(_told(conclusion.checks))


def _told(checks: Iterable[Check]) -> Iterable[str]:
    for check in checks:
        if check.status not in _SIGNS or check.reason is Reason.NOT_ASKED:
            continue
        if check.status is Status.PASSED and check.reason in _USUAL:
            continue
        yield f"{_SIGNS[check.status]}{check.question.value} {check.reason.value}"
