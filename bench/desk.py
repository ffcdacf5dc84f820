"""The transfer desk: files a second with every step that a clerk's hand-over takes, and how much memory it needs.

Run in a process of its own (`python -m bench.desk`), so that the peak is that of the desk and nothing else.
"""

import io
import json
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.measure import Row
from bench.seeding import Plan, seed
from bench.world import BenchWorld, bench_world
from portal.demo.units import SCHOOL
from portal.identity import SYSTEM, Appointment, Identity, StaffRole
from portal.jobs.work import Bench, perform
from portal.models import Account, State, Transcript, TransferBatch
from portal.services import transfers
from portal.services.prints import printed_pdf
from portal.services.transfer_intake import Handed, HandOver, receive

# Distinct prints; a hand-over repeats them, because 500 of them take longer to make than to check.
_PRINTS: Final = 60
_FILES: Final = 500
# A portal with everything loaded needs 180 MiB; a batch of 500 files must not show beside it.
_MIB: Final = 500


def rows(size: int | None) -> list[Row]:
    """size: files in the hand-over."""
    made = subprocess.run(
        [sys.executable, "-m", "bench.desk", str(size or _FILES)], capture_output=True, text=True, check=True
    )
    told = json.loads(made.stdout.splitlines()[-1])
    count, note = told["files"], f"{told['megabytes']} MB in one ZIP, {told['rate']:.1f} files/s"
    return [
        Row("desk: a file of a hand-over", "one check alone, warm", told["each"], told["alone"], "–", None, note),
        Row(
            f"desk: peak memory of the portal, {count} files",
            "before the hand-over",
            told["peak"],
            told["before"],
            f"≤ {_MIB} MiB",
            told["peak"] <= _MIB,
            unit="MiB",
        ),
    ]


def measured(count: int) -> dict[str, float]:
    with bench_world() as world:
        seed(world.settings, Plan(records=_PRINTS, state=State.LOCKED), world.now)
        pdfs = _prints(world)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for number in range(count):
                archive.writestr(f"{number:03}.pdf", pdfs[number % len(pdfs)])
        path = world.settings.data / "batch.zip"
        path.write_bytes(packed.getvalue())
        size = len(packed.getvalue())
        del packed
        alone = _handed_over(world, {"a.pdf": io.BytesIO(pdfs[0])}, 1)
        alone = min(alone, _handed_over(world, {"a.pdf": io.BytesIO(pdfs[0])}, 1))
        del pdfs
        before = _peak()
        with path.open("rb") as stream:
            took = _handed_over(world, {"batch.zip": stream}, count)
        return {
            "files": count,
            "megabytes": size // 1024**2,
            "rate": count / took,
            "each": took / count,
            "alone": alone,
            "before": before,
            "peak": _peak(),
        }


def _prints(world: BenchWorld) -> list[bytes]:
    with Session(world.engine) as session, session.begin():
        codes = session.scalars(sa.select(Transcript.lookup_code).order_by(Transcript.id.desc()).limit(_PRINTS)).all()
        return [
            printed_pdf(
                session, world.runtime.press, SYSTEM, code, None, whole=False, now=world.now, network="local"
            ).pdf
            for code in codes
        ]


def _handed_over(world: BenchWorld, files: dict[str, io.BytesIO] | dict[str, io.BufferedReader], count: int) -> float:
    """Seconds from the bytes on disk to the last answer."""

    @contextmanager
    def writing() -> Iterator[Session]:
        with Session(world.engine) as session, session.begin():
            yield session

    bench = Bench(world.engine, world.runtime.sandbox, True, lambda: "", lambda: world.now, desk=world.runtime.desk)
    with writing() as session:
        account = session.scalars(sa.select(Account).where(Account.username == "th01.vanthu")).one()
        clerk = Identity(account.id, account.display_name, (Appointment(SCHOOL, StaffRole.CLERK),))
        batch = transfers.begin(session, clerk, SCHOOL, None, "local", world.now)
    begun = time.perf_counter()
    given = HandOver(tuple(Handed(name, stream) for name, stream in files.items()), "")
    job: int | None = receive(world.runtime.sandbox, writing, batch, given, world.now)
    while job is not None:
        job = perform(bench, job)
    took = time.perf_counter() - begun
    with Session(world.engine) as session:
        done = session.get_one(TransferBatch, batch)
        if done.state != "done" or done.good + done.exceptions != count:
            raise RuntimeError(done.state)
    return took


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]))))
