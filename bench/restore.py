"""Backup, destruction, restore, audit: nothing lost. `python -m bench.restore --records 50000 [--database-url …]`.

Each step is the `hocba` command in a process of its own, so that its seconds and its memory are its own. The floor for
the backup is a bare copy of the same database: SQLite's online backup, or `pg_dump`.
"""

import argparse
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from bench.measure import Row, shown
from bench.seeding import Plan, seed
from portal.backup import tables
from portal.backup.taking import snapshot
from portal.database import open_engine
from portal.instance import create_instance, demo_founding
from portal.settings import Settings, database_url

# What a restore itself writes down.
_OF_RESTORES: Final = frozenset({"restoration", "backup_taken"})
_COMMAND: Final = "from portal.cli.main import main; main()"
_PASSPHRASE: Final = {"BENCH_PASSPHRASE": "mot cum mat khau de do"}


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was measured. seconds: by the wall. processor: seconds of it. mebibytes: largest resident size."""

    name: str
    seconds: float
    processor: float
    mebibytes: float
    answer: str


@dataclass(frozen=True, slots=True)
class Measured:
    """steps, in order. database, backup: bytes. floor: seconds of the bare copy. rows: that came back equal."""

    records: int
    steps: tuple[Step, ...]
    database: int
    backup: int
    floor: float
    rows: int

    def seconds(self, name: str) -> float:
        return next(step.seconds for step in self.steps if step.name == name)


def rows() -> list[Row]:
    """A line of the table of claims, at 2,000 records on SQLite."""
    found = measure(2_000, "")
    pair = (found.seconds("backup") / found.records, found.floor / found.records)
    note = f"{found.rows} rows back, each table equal, audit clean"
    return [shown("restore: backup of a record, the command's start included", "SQLite's online backup", pair, note)]


def measure(records: int, url: str) -> Measured:
    """Seed, back up, destroy, restore, resume, audit; raises RuntimeError when anything is lost."""
    with tempfile.TemporaryDirectory(prefix="hocba-restore-") as name:
        folder = Path(name)
        settings = Settings(data=folder / "instance", database_url=url)
        _emptied(settings)
        create_instance(settings, demo_founding(), datetime.now(UTC))
        start = time.perf_counter()
        seed(settings, Plan(records), datetime.now(UTC))
        print(f"seeded {records} records in {time.perf_counter() - start:.0f} s", file=sys.stderr)
        before = fingerprint(settings)
        floor, size = _floor(settings, folder)
        run = _runner(settings, folder)
        steps = [run("backup-key", folder / "key.txt")]
        recipient = steps[0].answer.split()[0]
        steps += [
            run("backup", folder / "backup.age", "-r", recipient),
            run("backup-keys", folder / "keys.age", "--passphrase-env", *_PASSPHRASE),
            run("mirror", folder / "mirror"),
        ]
        _destroyed(settings)
        steps += [
            run("restore-keys", folder / "keys.age", "--passphrase-env", *_PASSPHRASE),
            run("restore", folder / "backup.age", "--key", folder / "key.txt"),
            run("log", "resume", "--mirror", folder / "mirror"),
            run("audit", "--json"),
        ]
        after = fingerprint(settings)
        if after != before:
            raise RuntimeError(f"lost: {sorted(name for name in before if before[name] != after.get(name))}")
        report: dict[str, Any] = json.loads(steps[-1].answer.splitlines()[-1])
        if report["problems"] or report["records"] != records:
            raise RuntimeError(f"the audit: {len(report['problems'])} problems, {report['records']} records")
        backup = (folder / "backup.age").stat().st_size
        total = sum(count for count, _digest in before.values())
        _emptied(settings)
        return Measured(records, tuple(steps), size, backup, floor, total)


def fingerprint(settings: Settings) -> dict[str, tuple[int, str]]:
    """Of each table: rows, and SHA-256 over all of them in the order of the key."""
    engine = open_engine(database_url(settings), settings.data)
    found = {}
    try:
        with snapshot(engine) as connection:
            for table in tables.tables():
                count, digest = 0, hashlib.sha256()
                for line in tables.rows_of(connection, table):
                    count += 1
                    digest.update(line + b"\n")
                found[table.name] = (count, digest.hexdigest())
    finally:
        engine.dispose()
    return {name: value for name, value in found.items() if name not in _OF_RESTORES}


def _runner(settings: Settings, folder: Path) -> Callable[..., Step]:
    environment = {**os.environ, **_PASSPHRASE, "HOCBA_DATABASE_URL": settings.database_url}

    def run(*words: object) -> Step:
        answer = folder / "answer.txt"
        command = [sys.executable, "-c", _COMMAND, "--data", str(settings.data), *map(str, words)]
        start = time.perf_counter()
        with answer.open("wb") as out, subprocess.Popen(command, stdout=out, env=environment) as process:
            _pid, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{words[0]}: exit status {process.returncode}: {answer.read_text(encoding='utf-8')}")
        seconds, processor = time.perf_counter() - start, used.ru_utime + used.ru_stime
        return Step(str(words[0]), seconds, processor, used.ru_maxrss / 1024, answer.read_text(encoding="utf-8"))

    return run


def _floor(settings: Settings, folder: Path) -> tuple[float, int]:
    """Seconds of a bare copy of the database, and the database's bytes."""
    url = sa.make_url(database_url(settings))
    engine = open_engine(database_url(settings), settings.data)
    copy = folder / "floor"
    try:
        if engine.dialect.name == "sqlite":
            start = time.perf_counter()
            with closing(sqlite3.connect(str(url.database))) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target)
            return time.perf_counter() - start, copy.stat().st_size
        with engine.connect() as connection:
            size = int(connection.scalar(sa.text("SELECT pg_database_size(current_database())")) or 0)
        place = ["-h", str(url.host), "-p", str(url.port or 5432), "-U", str(url.username)]
        start = time.perf_counter()
        subprocess.run(["pg_dump", *place, "-Fc", "-f", str(copy), str(url.database)], check=True)
        return time.perf_counter() - start, size
    finally:
        engine.dispose()
        copy.unlink(missing_ok=True)


def _destroyed(settings: Settings) -> None:
    """The disaster: folder and database are gone."""
    shutil.rmtree(settings.data)
    _emptied(settings)


def _emptied(settings: Settings) -> None:
    if not settings.database_url:
        return
    if not str(sa.make_url(settings.database_url).database).startswith("hocba_bench"):
        raise ValueError("only a database whose name begins with hocba_bench is emptied")
    engine = open_engine(settings.database_url, settings.data)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()


def main(words: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(prog="python -m bench.restore", description=__doc__)
    options.add_argument("--records", type=int, default=50_000)
    options.add_argument("--database-url", default="", help="PostgreSQL, a database hocba_bench… that is emptied")
    given = options.parse_args(words)
    found = measure(given.records, given.database_url)
    print(f"{found.records} records, {found.rows} rows: nothing lost, each table equal, audit clean")
    print(
        f"database {found.database / 1e6:.0f} MB, backup {found.backup / 1e6:.0f} MB, bare copy {found.floor:.1f} s\n"
    )
    print("| step | seconds | of processor | memory |\n|---|---|---|---|")
    for step in found.steps:
        print(f"| {step.name} | {step.seconds:.1f} | {step.processor:.1f} | {step.mebibytes:.0f} MiB |")


if __name__ == "__main__":
    main()
