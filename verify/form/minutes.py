"""Minutes of a round's lock (biên bản chốt dữ liệu) as a PDF/A-3a. Same input, same bytes.

Words and counts come from the caller; they reach the template as data (JSON), never as markup. The compiler's own lock
guards it, because a compile changes its state and threads share it.
"""

import functools
import json
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import typst

from verify.errors import MalformedRecord, Refusal, VerifyError
from verify.form.letters import FONTS, printable

_HERE: Final = Path(__file__).parent / "minutes_v1"
GRADES: Final = 5
# A hash is broken into pieces of so many letters, so that a line may end between them.
_PIECE: Final = 8


@dataclass(frozen=True, slots=True)
class SchoolCounts:
    """A school. grades: records locked in grades 1 to 5; left: records not locked, why: the reasons, or empty."""

    name: str
    grades: tuple[int, ...]
    left: int
    why: str


@dataclass(frozen=True, slots=True)
class CheckpointWords:
    """The checkpoint that covers the round. root: base64. witnesses, stamp: sentences."""

    origin: str
    size: int
    root: str
    made_at: str
    witnesses: str
    stamp: str


@dataclass(frozen=True, slots=True)
class Minutes:
    """What the minutes say. number: of the document; place, day: where and when it was made, day in words.

    decisions: what the lock rests on. reasons: why records were left, with counts. late: locked outside of the round.
    digests: name and SHA-256 of each locked set. made_on: dates the file.
    """

    number: str
    place: str
    day: str
    made_on: datetime
    made_at: str
    department: str
    system: str
    school_year: str
    round: int
    cut_off: str
    decisions: tuple[str, ...]
    proposer: str
    decider: str
    schools: tuple[SchoolCounts, ...]
    reasons: tuple[tuple[str, int], ...]
    late: int
    checkpoint: CheckpointWords
    digests: tuple[tuple[str, str], ...]
    sample: bool
    training: bool = False


def render_minutes(minutes: Minutes) -> bytes:
    """The PDF; raises MalformedRecord(BAD_SHAPE) for what cannot be printed."""
    if any(len(school.grades) != GRADES for school in minutes.schools):
        raise MalformedRecord(Refusal.BAD_SHAPE, "grades")
    return _press().print(_data(minutes), minutes.made_on)


def _data(minutes: Minutes) -> dict[str, Any]:
    day = minutes.made_on
    return {
        "title": printable(f"Biên bản chốt dữ liệu học bạ số, đợt {minutes.round}, năm học {minutes.school_year}"),
        "date": {"year": day.year, "month": day.month, "day": day.day},
        "number": printable(minutes.number),
        "place": printable(minutes.place),
        "day": minutes.day,
        "made_at": minutes.made_at,
        "department": printable(minutes.department),
        "system": printable(minutes.system),
        "school_year": minutes.school_year,
        "round": str(minutes.round),
        "cut_off": minutes.cut_off,
        "decisions": [printable(each) for each in minutes.decisions],
        "proposer": printable(minutes.proposer),
        "decider": printable(minutes.decider),
        "schools": [_school(each) for each in minutes.schools],
        "total": _total(minutes.schools),
        "reasons": [[words, _count(count)] for words, count in minutes.reasons],
        "late": _count(minutes.late) if minutes.late else None,
        "log": {
            "origin": minutes.checkpoint.origin,
            "size": _count(minutes.checkpoint.size),
            "root": {"text": _pieces(minutes.checkpoint.root)},
            "made_at": minutes.checkpoint.made_at,
            "witnesses": printable(minutes.checkpoint.witnesses),
            "stamp": printable(minutes.checkpoint.stamp),
        },
        "digests": [{"name": printable(name), "digest": _pieces(digest)} for name, digest in minutes.digests],
        "sample": minutes.sample,
        "training": minutes.training,
    }


def _school(school: SchoolCounts) -> dict[str, Any]:
    return {
        "name": printable(school.name),
        "grades": [_count(each) for each in school.grades],
        "locked": _count(sum(school.grades)),
        "left": _count(school.left),
        "why": printable(school.why),
    }


def _total(schools: tuple[SchoolCounts, ...]) -> dict[str, Any]:
    grades = [sum(school.grades[at] for school in schools) for at in range(GRADES)]
    left = sum(school.left for school in schools)
    return {"grades": [_count(each) for each in grades], "locked": _count(sum(grades)), "left": _count(left)}


def _count(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _pieces(text: str) -> list[str]:
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]


class _Press:
    """One compiler with its fonts."""

    def __init__(self) -> None:
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
        self._compiler = typst.Compiler(_HERE / "minutes.typ", root=_HERE, font_paths=fonts)
        self._lock = threading.Lock()

    def print(self, data: dict[str, Any], day: datetime) -> bytes:
        inputs = {"minutes": json.dumps(data, ensure_ascii=False)}
        moment = day.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        with self._lock:
            try:
                pdf = self._compiler.compile(format="pdf", sys_inputs=inputs, pdf_standards=["a-3a"], timestamp=moment)
            except (typst.TypstError, ValueError, RuntimeError) as error:
                raise MalformedRecord(Refusal.BAD_SHAPE, "minutes") from error
        if not isinstance(pdf, bytes):
            raise VerifyError(Refusal.BAD_SHAPE, "minutes")
        return pdf


@functools.cache
def _press() -> _Press:
    return _Press()
