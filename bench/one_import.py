"""One process that takes in many classes by the way of `hocba import`, and says what it cost: a JSON object.

`python -m bench.one_import --records N --database-url URL FOLDER`; for `bench.volume`, which compares such processes:
the peak of a process's memory is known once in its life. `--largest` takes in one workbook as large as is allowed.
"""

import argparse
import io
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

import psycopg
import sqlalchemy as sa
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from bench.classes import ClassFile, class_files, fresh_pupils, wide_workbook
from bench.world import fresh_code
from portal.database import open_engine, reading
from portal.identity import SYSTEM
from portal.instance import create_instance, demo_founding
from portal.models import Blob, RecordVersion
from portal.runtime import Runtime, open_runtime
from portal.services.intake import import_class
from portal.settings import Settings, database_url
from portal.workbooks.lessons import NO_LESSONS
from portal.workbooks.reading import read_class
from verify import limits

SCHOOL, YEAR = "MAU-TH-02", "2025-2026"
# The floor writes so many at once, as one who minds nothing but speed would.
_FLOOR_AT_ONCE = 2_000
# Every so many classes calamine is timed beside, on the same file.
_SAMPLED = 10
_MIB = 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds for all records: import, of which by tenths of the records; raw insert of the same bytes. calamine,
    reading: for `sampled` records of `sampled_rows` rows. parent, child: peak resident MiB of this process and of its
    largest child.
    """

    records: int
    seconds: float
    tenths: list[float]
    floor: float
    calamine: float
    reading: float
    sampled: int
    sampled_rows: int
    parent: int
    child: int


class Floor(Protocol):
    """Where the same bytes are put raw."""

    def put(self, rows: Sequence[tuple[str, bytes]]) -> None: ...


class SqliteFloor:
    """`executemany` into a table of its own file, a transaction a batch."""

    def __init__(self, path: Path) -> None:
        self._held = sqlite3.connect(path)
        self._held.execute("PRAGMA journal_mode=WAL")
        self._held.execute("CREATE TABLE floor (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL)")

    def put(self, rows: Sequence[tuple[str, bytes]]) -> None:
        with self._held:
            self._held.executemany("INSERT INTO floor VALUES (?, ?)", rows)


class PostgresFloor:
    """Binary COPY into a table of the same database, a transaction a batch."""

    def __init__(self, url: str) -> None:
        self._held = psycopg.connect(sa.make_url(url).set(drivername="postgresql").render_as_string(False))
        self._held.execute("CREATE TABLE floor (sha256 TEXT PRIMARY KEY, data BYTEA NOT NULL)")
        self._held.commit()

    def put(self, rows: Sequence[tuple[str, bytes]]) -> None:
        copying = "COPY floor FROM STDIN (FORMAT BINARY)"
        with self._held.transaction(), self._held.cursor() as cursor, cursor.copy(copying) as copy:
            copy.set_types(["text", "bytea"])
            for row in rows:
                copy.write_row(row)


class _Run:
    """The classes taken in one after the other."""

    def __init__(self, settings: Settings, runtime: Runtime, floor: Floor) -> None:
        self._engine = open_engine(database_url(settings), settings.data)
        self._runtime = runtime
        self._floor = floor
        self._waiting: list[tuple[str, bytes]] = []
        self._taken = 0
        self._files = 0
        self._seconds: list[tuple[int, float]] = []
        self._floor_seconds = 0.0
        self._sampled = [0.0, 0.0, 0.0, 0.0]
        self._child = 0

    def over(self, files: Iterator[ClassFile]) -> Cost:
        for file in files:
            self._seconds.append((file.pupils, self._timed(partial(self._import, file))))
            self._taken += file.pupils
            self._child = max([self._child, *map(_peak, _descendants(os.getpid()))])
            self._put_raw()
            if self._files % _SAMPLED == 0:
                self._sample(file)
            self._files += 1
        self._flush()
        calamine, read, pupils, rows = self._sampled
        seconds = [spent for _pupils, spent in self._seconds]
        return Cost(
            records=self._taken,
            seconds=sum(seconds),
            tenths=list(_tenths(self._seconds)),
            floor=self._floor_seconds,
            calamine=calamine,
            reading=read,
            sampled=int(pupils),
            sampled_rows=int(rows),
            parent=_peak(os.getpid()),
            child=self._child,
        )

    def _timed(self, action: Callable[[], object]) -> float:
        start = time.perf_counter()
        action()
        return time.perf_counter() - start

    def _import(self, file: ClassFile) -> None:
        with Session(self._engine) as session, session.begin():
            taken = import_class(
                session,
                SYSTEM,
                self._runtime.sandbox,
                file.data,
                school_code=SCHOOL,
                school_year=YEAR,
                grade=None,
                lessons=NO_LESSONS,
                sample=True,
                new_code=fresh_code,
                now=datetime.now(UTC),
            )
        if taken.accepted != file.pupils:
            refused = next(row for row in taken.rows if row.refused)
            raise RuntimeError(f"{taken.refused} refused: {refused.findings}")

    def _put_raw(self) -> None:
        """The bytes of the newest packet, put aside for the floor."""
        newest = sa.select(sa.func.max(RecordVersion.packet_id)).scalar_subquery()
        with Session(reading(self._engine)) as session:
            rows = session.execute(
                sa.select(Blob.sha256, Blob.data)
                .join(RecordVersion, RecordVersion.root_sha256 == Blob.sha256)
                .where(RecordVersion.packet_id == newest)
            )
            self._waiting += [(digest, data) for digest, data in rows]
        if len(self._waiting) >= _FLOOR_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        self._floor_seconds += self._timed(lambda: self._floor.put(self._waiting))
        self._waiting = []

    def _sample(self, file: ClassFile) -> None:
        def open_all() -> int:
            book = CalamineWorkbook.from_filelike(io.BytesIO(file.data))
            return sum(len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names)

        calamine, read = self._timed(open_all), self._timed(lambda: read_class(file.data))
        for place, value in enumerate((calamine, read, file.pupils, open_all())):
            self._sampled[place] += value


def _tenths(seconds: Sequence[tuple[int, float]]) -> Iterator[float]:
    """Seconds a record in each tenth of the run."""
    step = max(1, len(seconds) // 10)
    for start in range(0, step * 10, step):
        part = seconds[start : start + step]
        if part:
            yield sum(spent for _pupils, spent in part) / sum(pupils for pupils, _spent in part)


def _descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(folder.name))
    found, waiting = [], [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _peak(pid: int) -> int:
    """Largest resident size of a process so far, MiB (proc(5), VmHWM); 0 for one that has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    lines = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0].split()[1]) // _MIB if lines else 0


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench.one_import")
    options.add_argument("folder", type=Path)
    options.add_argument("--records", type=int, default=10_000)
    options.add_argument("--database-url", default="")
    options.add_argument("--largest", action="store_true")
    given = options.parse_args()
    settings = Settings(data=given.folder / "instance", database_url=given.database_url)
    create_instance(settings, demo_founding(), datetime.now(UTC))
    floor: Floor = PostgresFloor(given.database_url) if given.database_url else SqliteFloor(given.folder / "floor")
    files = class_files(given.records)
    if given.largest:
        largest = wide_workbook("4A", 4, fresh_pupils(limits.WORKBOOK_PUPILS, 4, 0))
        files = iter([ClassFile(largest, limits.WORKBOOK_PUPILS)])
    runtime = open_runtime(settings, datetime.now(UTC))
    try:
        print(json.dumps(asdict(_Run(settings, runtime, floor).over(files))))
    finally:
        runtime.close()


if __name__ == "__main__":
    main()
