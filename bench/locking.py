"""The lock of a whole province: 260,000 records on both databases, as two officials do it, step by step.

By name only (`make bench lock`, half an hour; `SIZE=10000` for less). Signatures are real, by EC keys that are made
once and used for all records of a school. Each lock is a process of its own. The floor of a record is SHA-256 of its
leaf and one bare insert of it into the same kind of database, a batch a transaction.
"""

import json
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from bench.measure import Row, peak, shown
from bench.one_lock import LockCost
from bench.seeding import Plan, seed
from portal.database import open_engine
from portal.instance import create_instance, demo_founding
from portal.models import State
from portal.services import locking
from portal.settings import Settings
from tests.conftest import answers
from tests.databases import POSTGRES_HOST, POSTGRES_PORT, Backend, fresh_database
from verify.log import merkle

FULL = 260_000
_SCHOOLS = 300
_MOST_MIB = 300
_FLOOR_LEAVES = 20_000
_LEAF_BYTES = 307


@dataclass(frozen=True, slots=True)
class Run:
    """floor: seconds of a bare insert."""

    cost: LockCost
    floor: float


def rows(size: int | None = None) -> Iterator[Row]:
    for backend in Backend:
        if backend is Backend.POSTGRESQL and not answers(POSTGRES_HOST, POSTGRES_PORT):
            print(f"no PostgreSQL answers at {POSTGRES_HOST}:{POSTGRES_PORT}: left out", file=sys.stderr)
            continue
        yield from told(backend, _run(backend, size or FULL))


def told(backend: Backend, run: Run) -> Iterator[Row]:
    """The lines of a lock."""
    cost, name = run.cost, f"lock on {backend}, {run.cost.records} records"
    each = cost.work / cost.records
    note = f"{cost.work:.0f} s in all, {1 / each:.0f} records/s"
    yield shown(f"{name}: locked, logged, dated", "hash and bare insert of its leaf", (each, run.floor), note)
    for step in ("preview", "propose", "second_look", "confirm"):
        seconds = getattr(cost, step)
        waited = f"others waited {cost.waited[step]:.1f} s at most"
        yield shown(f"{name}: {step}", "the work", (seconds, cost.work), waited)
    yield shown(f"{name}: a neighbour's longest wait", "the work", (cost.waited["work"], cost.work))
    yield peak(f"{name}: peak memory", "its bound", (cost.peak, _MOST_MIB), _MOST_MIB)


def _run(backend: Backend, records: int) -> Run:
    with tempfile.TemporaryDirectory(prefix="hocba-lock-") as name, fresh_database(backend, Path(name)) as url:
        settings = Settings(data=Path(name) / "instance", database_url=url)
        create_instance(settings, demo_founding(), datetime.now(UTC))
        seed(settings, Plan(records, State.ACCEPTED, _SCHOOLS), datetime.now(UTC))
        command = [sys.executable, "-m", "bench.one_lock", str(settings.data), "--database-url", url]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        return Run(LockCost(**json.loads(done.stdout)), floor_on(url))


def floor_on(url: str) -> float:
    """Seconds of hashing and inserting one leaf, in batches as large as the lock's."""
    engine = open_engine(url)
    table = sa.Table(
        f"bench_floor_{secrets.token_hex(4)}",
        sa.MetaData(),
        sa.Column("index", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("leaf", sa.LargeBinary),
    )
    table.create(engine)
    try:
        start = time.perf_counter()
        for first in range(0, _FLOOR_LEAVES, locking.BATCH):
            made = [(number, secrets.token_bytes(_LEAF_BYTES)) for number in range(first, first + locking.BATCH)]
            for _number, leaf in made:
                merkle.leaf_hash(leaf)
            with engine.begin() as connection:
                connection.execute(sa.insert(table), [{"index": number, "leaf": leaf} for number, leaf in made])
        return (time.perf_counter() - start) / _FLOOR_LEAVES
    finally:
        table.drop(engine)
        engine.dispose()
