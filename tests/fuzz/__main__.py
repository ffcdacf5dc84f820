"""`python -m tests.fuzz [--count N] [--seed S] [--flips N]`: spoiled bytes for every parser.

Prints how each kind ended, and what became of a sealed print with one flipped bit, at every byte of the seal and at
many of the print. Exit status 1 when anything was raised that is no refusal, a child was lost, a spoiled print was
taken for the original, memory grew, or a file or process stayed behind.
"""

import argparse
import os
import resource
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.util import get_temp_dir
from pathlib import Path

from portal.sandbox import Sandbox
from tests.fuzz.flips import flip_all, places
from tests.fuzz.running import Report, run
from tests.fuzz.seeds import context_of, kinds
from tests.vectors.pdfs.ground import Ground, made_ground

# MiB by which the second half may grow: caches fill in the first.
GROWTH = 64


def main(words: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("--count", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    options.add_argument("--flips", type=int, default=8_000, help="bytes of a sealed print, one bit of each")
    given = options.parse_args(words)
    with _own_temporary_folder() as folder:
        sandbox = Sandbox(2)
        try:
            # What a run of children keeps in the temporary folder is there from now on.
            sandbox.cuts_network()
            with made_ground(folder / "ground", sandbox) as ground, ground.spoiling():
                report = _ran(given, ground, sandbox)
        finally:
            sandbox.close()
        return _told(report, _grandchildren())


@contextmanager
def _own_temporary_folder() -> Iterator[Path]:
    """What stays behind there is ours, whoever else works on this machine; children inherit it.

    Python's own folder for its fork server, which is taken away at the very end, stays outside.
    """
    get_temp_dir()
    with tempfile.TemporaryDirectory(prefix="hb-fuzz-") as name:
        for place in ("t", "ground"):
            (Path(name) / place).mkdir()
        os.environ["TMPDIR"] = tempfile.tempdir = f"{name}/t"
        yield Path(name)


def _ran(given: argparse.Namespace, ground: Ground, sandbox: Sandbox) -> Report:
    _say(f"seed {given.seed}")
    held = kinds(ground)
    start, context = time.monotonic(), context_of(ground, held)
    report = run(held, context, sandbox, given.count, given.seed)
    _say(f"{report.count} inputs in {time.monotonic() - start:.0f} s")
    start = time.monotonic()
    chosen = places(len(ground.sealed), len(ground.expected.pdf), given.flips)
    flipped = flip_all(ground.sealed, chosen, context.anchors, sandbox)
    _say(f"{len(chosen)} bytes of a sealed print flipped in {time.monotonic() - start:.0f} s")
    report.bad += flipped
    return report


def _told(report: Report, processes: int) -> int:
    _say("\n| kind | inputs | how they ended |\n|---|---|---|")
    for name, counted in report.outcomes.items():
        ends = ", ".join(f"{outcome} {count}" for outcome, count in counted.most_common())
        _say(f"| {name} | {counted.total()} | {ends} |")
    before, half, end = report.resident
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _say(f"\nmemory: {before:.0f} MiB, {half:.0f} at the half, {end:.0f} at the end, {peak:.0f} at most")
    _say(f"left behind: {len(report.left)} files, {processes} processes")
    for line in (*report.bad, *report.left):
        _say(line)
    return int(bool(report.bad or report.left or processes) or end - half > GROWTH)


def _grandchildren() -> int:
    """Children of the fork server, which itself ends with this process."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, _, rest = status.read_text(encoding="utf-8", errors="replace").partition(" ")
        except OSError:
            continue  # ended meanwhile
        parents[int(number)] = int(rest.rpartition(")")[2].split()[1])
    own = {number for number, parent in parents.items() if parent == os.getpid()}
    return sum(parent in own for parent in parents.values())


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
