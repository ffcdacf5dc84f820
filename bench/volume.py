"""A province's intake: 100,000 records through `hocba import` on both databases, and whether memory stays flat.

By name only (`make bench volume`, some twenty minutes; `SIZE=10000` for less). Each run is a process of its own; its
floor is raw `executemany` or COPY of the same bytes between the classes, 2,000 at a time.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Row, peak, shown
from bench.one_import import Cost
from tests.conftest import answers
from tests.databases import POSTGRES_HOST, POSTGRES_PORT, Backend, fresh_database

FULL = 100_000
_MOST_MIB = 300
_FLOORS = {Backend.SQLITE: "raw executemany of the same bytes", Backend.POSTGRESQL: "binary COPY of the same bytes"}


def rows(size: int | None = None) -> Iterator[Row]:
    size = size or FULL
    for backend in Backend:
        if backend is Backend.POSTGRESQL and not answers(POSTGRES_HOST, POSTGRES_PORT):
            print(f"no PostgreSQL answers at {POSTGRES_HOST}:{POSTGRES_PORT}: left out", file=sys.stderr)
            continue
        small, full = _run(backend, "--records", str(size // 10)), _run(backend, "--records", str(size))
        yield from _speed(backend, full)
        yield from _memory(f"{backend}, {full.records} records", "a tenth of them", small, full)
    small = _run(Backend.SQLITE, "--records", "35")
    largest = _run(Backend.SQLITE, "--largest")
    yield from _memory(f"one workbook of {largest.records} pupils", "one class of 35", small, largest)


def _speed(backend: Backend, cost: Cost) -> Iterator[Row]:
    each = cost.seconds / cost.records
    name = f"volume, {backend}"
    yield shown(
        f"{name}: {cost.records} records read, judged, canonical, inserted",
        _FLOORS[backend],
        (each, cost.floor / cost.records),
        f"{1 / each:.0f} records/s",
    )
    yield shown(f"{name}: a record of the last tenth", "of the first tenth", (cost.tenths[-1], cost.tenths[0]))
    lines = f"{cost.sampled_rows / cost.calamine:.0f} rows/s"
    yield shown(f"{name}: of which calamine", "the whole import", (cost.calamine / cost.sampled, each), lines)
    yield shown(f"{name}: of which reading, checks included", "the whole import", (cost.reading / cost.sampled, each))


def _memory(name: str, beside: str, small: Cost, full: Cost) -> Iterator[Row]:
    for process, less, more in (("parent", small.parent, full.parent), ("child", small.child, full.child)):
        yield peak(f"volume, {name}: peak memory of the {process}", beside, (more, less), _MOST_MIB)


def _run(backend: Backend, *options: str) -> Cost:
    with tempfile.TemporaryDirectory(prefix="hocba-volume-") as folder, fresh_database(backend, Path(folder)) as url:
        where = [] if backend is Backend.SQLITE else ["--database-url", url]
        command = [sys.executable, "-m", "bench.one_import", folder, *where, *options]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return Cost(**json.loads(done.stdout))
