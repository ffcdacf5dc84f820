"""Verdicts by number: kept when a file was checked, looked up by a second person who was shown the number.

What is kept says nothing about a person: no name, no lookup code, no file; the number is all that leads to it, so it
cannot be guessed. A stored verdict speaks of one file at one moment and is never judged again.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.models import StoredVerdict
from verify.verdict import Check, Conclusion, Question, Reason, Status, Verdict

# Crockford's base 32: no I, L, O, U, so that a number read aloud or from paper is typed right.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
# 60 bits, asked for at most a few hundred times a day from one network.
_CHARACTERS: Final = 12
_GROUP: Final = 4
_PREFIX: Final = "KT"
_NOISE: Final = re.compile(r"[\s\-‐‑‒–—.]+")
_BODY: Final = re.compile(rf"[{_ALPHABET}]{{{_CHARACTERS}}}")
_TYPED_CHARACTERS: Final = 200
# Facts that name no person and lead to no record; whatever a later check adds is left out until it is listed here.
_KEPT_FACTS: Final = frozenset(
    {
        *("since", "decision", "by_version", "revoked_at", "claimed", "school_year", "role", "number", "defect"),
        *("bytes", "log", "size", "needed", "found", "weak"),
    }
)


class Answered(Protocol):
    """What was found out about one file (`portal.services.checking.CheckedFile`)."""

    @property
    def conclusion(self) -> Conclusion: ...
    @property
    def number(self) -> str: ...
    @property
    def checked_at(self) -> datetime: ...
    @property
    def file_sha256(self) -> str: ...


@dataclass(frozen=True, slots=True)
class PastVerdict:
    """A verdict as it was given. conclusion: without differences. checked_at: UTC."""

    number: str
    checked_at: datetime
    file_sha256: str
    conclusion: Conclusion


def new_number(prefix: str = _PREFIX) -> str:
    """A fresh number that nobody can guess: `KT-7QX4-M2PD-0K9T`. prefix: of another kind of number."""
    drawn = "".join(secrets.choice(_ALPHABET) for _ in range(_CHARACTERS))
    return "-".join((prefix, *(drawn[start : start + _GROUP] for start in range(0, _CHARACTERS, _GROUP))))


def read_number(text: str, prefix: str = _PREFIX) -> str | None:
    """The number in any case, grouping and with letters misread for digits; None for what is no number."""
    if len(text) > _TYPED_CHARACTERS:
        return None
    squeezed = _NOISE.sub("", text.rpartition("/")[2].upper())
    body = squeezed.removeprefix(prefix) if len(squeezed) > _CHARACTERS else squeezed
    match = _BODY.fullmatch(body.translate(_MISREAD))
    if match is None:
        return None
    found = match[0]
    return "-".join((prefix, *(found[start : start + _GROUP] for start in range(0, _CHARACTERS, _GROUP))))


def keep(session: Session, answered: Answered) -> None:
    """Store a verdict under its number."""
    conclusion = answered.conclusion
    session.add(
        StoredVerdict(
            number=answered.number,
            checked_at=answered.checked_at,
            file_sha256=answered.file_sha256,
            verdict=conclusion.verdict.value,
            deciding=conclusion.deciding.question.value,
            checks=[_to_json(check) for check in conclusion.checks],
            compared=[list(pair) for pair in conclusion.compared],
        )
    )
    session.flush()


def past_verdict(session: Session, number: str) -> PastVerdict:
    """The verdict of a number in any spelling; raises NotFound."""
    wanted = read_number(number)
    row = None
    if wanted is not None:
        row = session.scalar(sa.select(StoredVerdict).where(StoredVerdict.number == wanted))
    if row is None:
        raise NotFound
    checks = tuple(_from_json(held) for held in row.checks)
    deciding = next(check for check in checks if check.question.value == row.deciding)
    compared = tuple((str(year), int(version)) for year, version in row.compared)
    conclusion = Conclusion(Verdict(row.verdict), deciding, checks, (), compared)
    return PastVerdict(row.number, row.checked_at, row.file_sha256, conclusion)


def _to_json(check: Check) -> dict[str, Any]:
    return {
        "question": check.question.value,
        "status": check.status.value,
        "reason": check.reason.value,
        "facts": {name: value for name, value in check.facts.items() if name in _KEPT_FACTS},
    }


def _from_json(held: Mapping[str, Any]) -> Check:
    return Check(Question(held["question"]), Status(held["status"]), Reason(held["reason"]), held["facts"])
