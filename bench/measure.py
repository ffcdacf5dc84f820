"""Ratios that survive a noisy machine: both sides in turn, several rounds, the median of each."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. ours, floor: seconds per item, or MiB. claim: what the issue asks of ours."""

    name: str
    floor_name: str
    ours: float
    floor: float
    claim: str
    met: bool | None
    note: str = ""
    unit: str = "s"

    @property
    def ratio(self) -> float:
        return self.ours / self.floor


def seconds(action: Callable[[], object], items: int = 1) -> float:
    """Wall seconds per item of one call."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) / items


def in_turn(
    ours: Callable[[], object], floor: Callable[[], object], *, items: int = 1, rounds: int = 7
) -> tuple[float, float]:
    """Median seconds per item of both, measured A B A B … after one round that is not counted."""
    ours()
    floor()
    pairs = [(seconds(ours, items), seconds(floor, items)) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def at_most(name: str, floor_name: str, pair: tuple[float, float], bound: float, note: str = "") -> Row:
    """A claim "ours costs at most `bound` times the floor"."""
    ours, floor = pair
    return Row(name, floor_name, ours, floor, f"≤ {bound:g} ×", ours / floor <= bound, note)


def shown(name: str, floor_name: str, pair: tuple[float, float], note: str = "") -> Row:
    """A figure without a bound."""
    return Row(name, floor_name, *pair, "–", None, note)


def peak(name: str, beside: str, pair: tuple[int, int], bound: int) -> Row:
    """A claim "ours stays below `bound` MiB". pair: MiB."""
    ours, floor = pair
    return Row(name, beside, ours, floor, f"≤ {bound} MiB", ours <= bound, unit="MiB")


def peak_of_process() -> int:
    """MiB that this process has held at most; unlike `ru_maxrss` not what it inherited from who began it (Linux)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (held,) = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(held) // 1024
