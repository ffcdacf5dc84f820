"""Spoil, ask, count: a seeded run over every parser, in the children where they run in service, and what it left."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import gettempdir
from typing import Final

from portal.errors import Fault
from portal.sandbox import Sandbox
from tests.fuzz import parsers
from tests.fuzz.mutations import mutated
from tests.fuzz.parsers import GREEN, IN_CHILD, RAISED, Context
from tests.fuzz.seeds import Kind
from verify.errors import LimitExceeded

# Inputs of one task of a child: so few that their time together stays below a child's.
_BATCH: Final = 20
KEPT: Final = Path(__file__).parents[1] / "output" / "fuzz"
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Report:
    """outcomes: of each kind, by words. bad: outcome of what must not be, and the file in which its input is kept.

    resident: MiB of this process before, at the half, and at the end. left: files in the temporary folder that were
    not there before.
    """

    seed: int
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    bad: list[str] = field(default_factory=list)
    resident: list[float] = field(default_factory=list)
    left: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return sum(sum(each.values()) for each in self.outcomes.values())


def run(kinds: Mapping[str, Kind], context: Context, sandbox: Sandbox, count: int, seed: int) -> Report:
    """So many inputs, shared out by kind; the same ones for the same seed."""
    report, before = Report(seed), _files()
    for half in (0, 1):
        report.resident.append(_resident())
        for name, kind in kinds.items():
            numbers = range(half, max(2, int(count * kind.share / sum(each.share for each in kinds.values()))), 2)
            _asked(report, name, kind, numbers, context, sandbox)
    report.resident.append(_resident())
    report.left = tuple(sorted(_files() - before))
    return report


def spoiled(kind: Kind, name: str, seed: int, number: int) -> bytes:
    """One input of a run: the same mutations for the same seed, of bytes that are the same but for signatures."""
    random = Random(f"{seed} {name} {number}")
    return mutated(random, random.choice(kind.seeds), kind.ways)


def _asked(report: Report, name: str, kind: Kind, numbers: Sequence[int], context: Context, sandbox: Sandbox) -> None:
    counted = report.outcomes.setdefault(name, Counter())
    for batch in _batches(numbers):
        inputs = [spoiled(kind, name, report.seed, number) for number in batch]
        answers = _answers(name, inputs, context, sandbox)
        for number, data, outcome in zip(batch, inputs, answers, strict=True):
            counted[outcome] += 1
            if outcome == GREEN or outcome.startswith(RAISED) or outcome.startswith("FAULT"):
                report.bad.append(f"{outcome}: {_kept(f'{report.seed}-{name}-{number}', data)}")


def _kept(name: str, data: bytes) -> Path:
    """Keys are made anew in each process, so that a seed alone does not give the same bytes again."""
    KEPT.mkdir(parents=True, exist_ok=True)
    file = KEPT / name
    file.write_bytes(data)
    return file


def _batches(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), _BATCH):
        yield numbers[start : start + _BATCH]


def _answers(name: str, inputs: Sequence[bytes], context: Context, sandbox: Sandbox) -> list[str]:
    """One by one where a batch ended its child: the limits are of one document, and the culprit must have a name."""
    if name not in IN_CHILD:
        return parsers.answers(name, inputs, context)
    try:
        return sandbox.run(parsers.answers, name, inputs, context)
    except (LimitExceeded, Fault):
        return [_alone(name, data, context, sandbox) for data in inputs]


def _alone(name: str, data: bytes, context: Context, sandbox: Sandbox) -> str:
    try:
        return sandbox.run(parsers.answer, name, data, context)
    except LimitExceeded:
        return "over limit"
    except Fault as fault:
        return f"FAULT {fault.problem.value}"


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * _PAGE / 2**20


def _files() -> frozenset[str]:
    return frozenset(str(each) for each in Path(gettempdir()).iterdir())
