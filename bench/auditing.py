"""`hocba audit` of a log of 1,000,000 leaves, 10,000 of which are records whose signatures are verified again.

By name only (`make bench audit`, some minutes; `SIZE=100000` for less). The other leaves are as long as those of a
lock; nothing but the log knows them, so what they cost is the log: reading, hashing, tiles, 1,000 checkpoints. Each
audit is a process of its own (`python -m bench.auditing FOLDER`), which says its seconds and its memory.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy.orm import Session

from bench.measure import Row, peak, peak_of_process, seconds, shown
from bench.seeding import Plan, seed
from portal.database import open_engine, reading
from portal.instance import create_instance, demo_founding
from portal.models import LogHead
from portal.runtime import read_log_key
from portal.services import log
from portal.services.audit import audit
from portal.settings import Settings, database_url

FULL = 1_000_000
RECORDS = 10_000
_BATCH = 1_000
_LEAF_BYTES = 307
_MOST_MIB = 512


@dataclass(frozen=True, slots=True)
class Cost:
    """seconds: of the audit, by the wall. peak: MiB of the process."""

    entries: int
    records: int
    problems: int
    seconds: float
    peak: int


def rows(size: int | None = None) -> Iterator[Row]:
    size = size or FULL
    records = min(RECORDS, size // 10)
    with tempfile.TemporaryDirectory(prefix="hocba-audit-") as folder:
        settings = Settings(data=Path(folder))
        create_instance(settings, demo_founding(), datetime.now(UTC))
        seed(settings, Plan(records, schools=20), datetime.now(UTC))
        small = _audited(settings.data)
        _fill(settings, size)
        whole = _audited(settings.data)
    if small.problems or whole.problems or whole.entries != size or whole.records != records:
        raise RuntimeError(f"the audit does not hold: {small}, {whole}")
    leaf = (whole.seconds - small.seconds) / (whole.entries - small.entries)
    note = f"{whole.entries} leaves, {leaf * 1e6:.0f} s per million"
    yield shown("audit: a leaf of the log", "SHA-256 of the same leaf", (leaf, _hashing()), note)
    each = small.seconds / small.records
    name = f"audit: a record and its signatures, {records} of them"
    yield shown(name, "two raw verifications", (each, 2 * _verifying()))
    memory = (whole.peak, small.peak)
    yield peak(f"audit: peak memory, {whole.entries} leaves", f"{small.entries} leaves", memory, _MOST_MIB)


def _fill(settings: Settings, size: int) -> None:
    """Let the log grow to a size."""
    engine, signer = open_engine(database_url(settings), settings.data), read_log_key(settings.data)
    with Session(reading(engine)) as session:
        first = session.get_one(LogHead, log.HEAD_ID).size
    for start in range(first, size, _BATCH):
        made = [_leaf(number) for number in range(start, min(start + _BATCH, size))]
        with Session(engine) as session, session.begin():
            log.append(session, made, signer, datetime.now(UTC))
    engine.dispose()


def _leaf(number: int) -> bytes:
    return f"bench {number}".encode().ljust(_LEAF_BYTES, b".")


def _hashing() -> float:
    leaves = [_leaf(number) for number in range(20_000)]

    def floor() -> None:
        for leaf in leaves:
            hashlib.sha256(b"\x00" + leaf).digest()

    return min(seconds(floor, len(leaves)) for _ in range(5))


def _verifying() -> float:
    key = ec.generate_private_key(ec.SECP256R1())
    made, public = key.sign(_leaf(1), ec.ECDSA(SHA256())), key.public_key()

    def floor() -> None:
        for _ in range(200):
            public.verify(made, _leaf(1), ec.ECDSA(SHA256()))

    return min(seconds(floor, 200) for _ in range(5))


def _audited(data: Path) -> Cost:
    done = subprocess.run([sys.executable, "-m", "bench.auditing", str(data)], check=True, stdout=subprocess.PIPE)
    return Cost(**json.loads(done.stdout))


def main(words: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(prog="python -m bench.auditing", description=__doc__)
    options.add_argument("data", type=Path)
    options.add_argument("--database-url", default="")
    given = options.parse_args(words)
    settings = Settings(data=given.data, database_url=given.database_url)
    log_key, *beside = read_log_key(settings.data).verifiers
    engine = open_engine(database_url(settings), settings.data)
    start = time.perf_counter()
    with Session(reading(engine)) as session:
        report = audit(session, log_key, beside)
    took = time.perf_counter() - start
    used = peak_of_process()
    print(json.dumps(asdict(Cost(report.entries, report.records, len(report.problems), took, used))))


if __name__ == "__main__":
    main()
