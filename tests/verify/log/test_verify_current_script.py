"""docs/verify_current.py, run as a stranger runs it: alone, in isolated mode, by a status list or by a proof."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.factories import LOOKUP_CODE as CODE
from tests.factories import OTHER_LOOKUP_CODE as OTHER_CODE
from tests.verify.log import memory, samples
from verify import status_list
from verify.log import checkpoint, currency, leaves, merkle, notes, receipt
from verify.log.checkpoint import Checkpoint
from verify.log.currency import CurrencyProof
from verify.log.inventory import Current, Inventory, key_of
from verify.log.leaves import InventoryLeaf
from verify.standing import StandingState
from verify.status_list import LIFETIME, StatusList

SCRIPT = Path(__file__).parents[3] / "docs" / "verify_current.py"
VKEY = notes.format_vkey(samples.LOG.verifier)
YEAR = "2025-2026"
NOW = datetime.now(UTC).replace(microsecond=0)


def run(folder: Path, mode: str, *words: str, vkey: str = VKEY, **files: bytes) -> subprocess.CompletedProcess[str]:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    command = [sys.executable, "-I", str(SCRIPT), mode, vkey, *files, *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def listed(state: StandingState | None, made_at: datetime = NOW, size: int = samples.SIZE) -> bytes:
    states = {} if state is None else {samples.INDEX: state}
    held = StatusList(
        samples.ORIGIN, date(2026, 7, 1), size, made_at, made_at + LIFETIME, status_list.pack(size, states)
    )
    return status_list.build(held, samples.LOG)


def by_list(folder: Path, data: bytes, leaf: bytes = samples.LEAF_BYTES) -> subprocess.CompletedProcess[str]:
    return run(folder, "status", list=data, leaf=leaf, receipt=samples.made_receipt())


@pytest.mark.parametrize(
    ("state", "status", "words"),
    [
        (None, 0, "đang hiệu lực"),
        (StandingState.ANNOTATED, 0, "có ghi chú"),
        (StandingState.SUPERSEDED, 1, "ĐÃ ĐƯỢC THAY THẾ"),
        (StandingState.REVOKED, 1, "ĐÃ BỊ THU HỒI"),
    ],
)
def test_the_standing_of_a_record(tmp_path: Path, state: StandingState | None, status: int, words: str) -> None:
    done = by_list(tmp_path, listed(state))
    assert (done.returncode, done.stderr) == (status, "")
    assert done.stdout.startswith(words)
    assert f"entry {samples.INDEX}" in done.stdout


def test_an_old_list_is_told_by_its_age(tmp_path: Path) -> None:
    old = NOW - LIFETIME - timedelta(minutes=1)
    done = by_list(tmp_path, listed(None, old))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("CHƯA RÕ (unknown): in force on 2026-07-01")
    assert by_list(tmp_path, listed(StandingState.REVOKED, old)).stdout.startswith("ĐÃ BỊ THU HỒI")
    shorter = by_list(tmp_path, listed(None, size=samples.INDEX))
    assert "older than this record" in shorter.stderr


@pytest.mark.parametrize("place", [5, 60, 200, -1, -3])
def test_a_changed_list_fails(tmp_path: Path, place: int) -> None:
    data = bytearray(listed(None))
    data[place] ^= 1
    done = by_list(tmp_path, bytes(data))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("KHÔNG ĐẠT")


def test_another_leaf_fails(tmp_path: Path) -> None:
    done = by_list(tmp_path, listed(None), samples.LEAF_BYTES.replace(b'"round":1', b'"round":2'))
    assert done.stderr.startswith("KHÔNG ĐẠT (failed): inclusion")


def proof_of(code: str) -> bytes:
    held = Inventory()
    held.add(key_of(CODE, YEAR), Current(2, 3, 17))
    for number in range(40):
        held.add(key_of(f"{number:032x}", YEAR), Current(1, 0, number))
    leaf = leaves.to_bytes(InventoryLeaf(date(2026, 7, 1), 60, held.count, held.root().hex(), "ab" * 32, NOW))
    hashes = [*memory.hashes(60), merkle.leaf_hash(leaf)]
    head = checkpoint.sign(Checkpoint(samples.ORIGIN, 61, merkle.root_of(hashes)), samples.LOG)
    made = receipt.Receipt(60, merkle.inclusion_proof(60, 61, memory.LeafHashes(hashes)), head)
    return currency.build(CurrencyProof(leaf, receipt.build(made), held.prove(key_of(code, YEAR))))


def test_the_current_version(tmp_path: Path) -> None:
    done = run(tmp_path, "proof", CODE, YEAR, proof=proof_of(CODE))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("bản (version) 2, có ghi chú (annotated), locked by entry 17; kiểm kê")


def test_absence(tmp_path: Path) -> None:
    done = run(tmp_path, "proof", OTHER_CODE, YEAR, proof=proof_of(OTHER_CODE))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("KHÔNG CÓ (absent): no locked version of 2025-2026")


def test_a_false_proof_fails(tmp_path: Path) -> None:
    data = proof_of(CODE)
    value = json.loads(data)["entry"]["value"]
    sibling = json.loads(data)["siblings"][0]
    for changed in (
        data.replace(value.encode(), b"00000001" + value[8:].encode()),
        data.replace(sibling.encode(), b"00" * 32),
        data.replace(b'"entry":{', b'"entry":null,"was":{'),
        data.replace(b'\\"count\\":41', b'\\"count\\":42'),
        data.replace(b"index 60", b"index 59"),
    ):
        assert changed != data
        done = run(tmp_path, "proof", CODE, YEAR, proof=changed)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("KHÔNG ĐẠT")
    assert run(tmp_path, "proof", OTHER_CODE, YEAR, proof=data).stderr.startswith("KHÔNG ĐẠT")


def test_without_words_it_says_how() -> None:
    done = subprocess.run([sys.executable, "-I", str(SCRIPT)], capture_output=True, text=True, check=False, timeout=60)
    assert "verify_current.py status LOG-KEY" in done.stderr
