"""A class of 300 taken in (read, rules, canonical bytes, insert), against raw `executemany` of the same bytes."""

import sqlite3
import statistics
import tempfile
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.measure import Row, in_turn, seconds, shown
from bench.world import BenchWorld, bench_world, fresh_code
from portal.demo.classes import class_workbook, demo_pupils
from portal.identity import SYSTEM
from portal.models import Blob
from portal.services import organisation
from portal.services.intake import take_in
from portal.workbooks.judging import judge
from portal.workbooks.reading import read_class
from verify.canonical import sha256

PUPILS = 300
ROUNDS = 5
SCHOOL = "MAU-TH-02"
YEAR = "2025-2026"


def rows() -> list[Row]:
    # The first is not counted by anybody, the next by `in_turn` not, then as many as there are rounds.
    workbooks = [class_workbook("4A", 4, demo_pupils(PUPILS, 2016, seed), seed) for seed in range(500, 502 + ROUNDS)]
    waiting = iter(workbooks)
    with bench_world() as world, tempfile.TemporaryDirectory() as folder:

        def ours() -> None:
            _take(world.engine, next(waiting), world)

        ours()
        with Session(world.engine) as session:
            held = session.execute(sa.select(Blob.sha256, Blob.data)).all()
        records = [(digest, data) for digest, data in held if data.startswith(b"{")][:PUPILS]
        floor_file = Path(folder) / "floor.sqlite3"

        def floor() -> None:
            floor_file.unlink(missing_ok=True)
            with sqlite3.connect(floor_file) as database:
                database.execute("CREATE TABLE blob (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL)")
                database.executemany("INSERT INTO blob VALUES (?, ?)", records)

        pair = in_turn(ours, floor, items=PUPILS, rounds=ROUNDS)
        reading = statistics.median(seconds(partial(read_class, each), PUPILS) for each in workbooks[:ROUNDS])
    note = f"{1 / pair[0]:.0f} records/s"
    return [
        shown("import: read, rules, canonical, insert", "raw executemany of the same bytes", pair, note),
        shown("import: of which reading the workbook", "the whole import", (reading, pair[0])),
    ]


def _take(engine: sa.Engine, workbook: bytes, world: BenchWorld) -> None:
    read = read_class(workbook)
    with Session(engine) as session, session.begin():
        school = organisation.unit(session, SCHOOL)
        judged = judge(
            read,
            school=organisation.issuing_school(school),
            school_year=YEAR,
            grade=4,
            homeroom_teacher=None,
            issue_place=None,
            issue_date=None,
            sample=True,
        )
        taken = take_in(
            session,
            SYSTEM,
            school,
            YEAR,
            judged,
            sha256(workbook),
            fresh_code,
            world.now,
        )
    if taken.refused:
        raise RuntimeError(f"{taken.refused} refused")
