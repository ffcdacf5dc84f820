"""A mirror only grows: rolled back, forked and cut logs are refused, and what it held stays whole."""

import json
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from portal.backup.mirror import Mirror
from portal.backup.refusals import BackupProblem, BackupRefused
from portal.backup.sources import FolderSource, HttpSource
from verify.canonical import sha256
from verify.log import checkpoint, merkle, notes, tiles
from verify.log.checkpoint import Checkpoint

ORIGIN = "mau.example/log"
SIGNER = notes.parse_skey(notes.format_skey(ORIGIN, bytes(range(32))))
STRANGER = notes.parse_skey(notes.format_skey(ORIGIN, bytes(32)))


def entry(number: int, branch: str = "") -> bytes:
    return json.dumps({"n": number, "branch": branch}).encode()


class Log:
    """A log in memory, signed with a real key. fork_at: from there on its entries are others."""

    place = "sổ thử"

    def __init__(self, size: int, fork_at: int | None = None, signer: notes.Signer = SIGNER) -> None:
        fork = size if fork_at is None else fork_at
        self.entries = [entry(n) if n < fork else entry(n, "x") for n in range(size)]
        self.root = merkle.root_of([merkle.leaf_hash(each) for each in self.entries])
        self._signer = signer

    def checkpoint(self) -> bytes | None:
        if not self.entries:
            return None
        return checkpoint.sign(Checkpoint(ORIGIN, len(self.entries), self.root), self._signer)

    def bundle(self, index: int, width: int) -> bytes | None:
        part = self.entries[index * tiles.WIDTH : index * tiles.WIDTH + width]
        return tiles.bundle(part) if len(part) == width else None


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    made = Mirror(tmp_path / "mirror")
    made.begin([SIGNER.verifier])
    return made


def whole(mirror: Mirror) -> int:
    """The size that the mirror stands for; its entries and tiles give its root."""
    held = mirror.held()
    assert held is not None
    source = FolderSource(mirror.folder)
    found: list[bytes] = []
    for index in range(-(-held.size // tiles.WIDTH)):
        width = min(tiles.WIDTH, held.size - index * tiles.WIDTH)
        data = source.bundle(index, width)
        assert data is not None
        found += tiles.read_bundle(data, width)
    assert merkle.root_of([merkle.leaf_hash(each) for each in found]) == held.root
    assert merkle.root(held.size, tiles.TileHashes(mirror, held.size)) == held.root
    return held.size


@pytest.mark.parametrize("sizes", [(1, 2, 3), (255, 256, 257), (511, 512, 513), (7, 5000), (300, 300, 66000)])
def test_it_grows(mirror: Mirror, sizes: tuple[int, ...]) -> None:
    before = 0
    for size in sizes:
        done = mirror.update(Log(size))
        assert (done.before, done.after) == (before, size)
        assert whole(mirror) == size
        before = size
    partial_files = [path for path in mirror.folder.rglob("*.p/*") if path.is_file()]
    assert len(partial_files) <= 5  # the right edge only


def test_what_witnesses_sign_later_comes_too_and_does_not_go_again(mirror: Mirror) -> None:
    witness = notes.parse_skey(notes.format_skey("chung.example", bytes([7] * 32), notes.Kind.COSIGNATURE_V1))
    mirror.update(Log(10))
    log = Log(10)
    plain = log.checkpoint()
    assert plain is not None
    signed = notes.cosign(plain, witness, 1_800_000_000)

    class Witnessed(Log):
        def checkpoint(self) -> bytes | None:
            return signed

    assert mirror.update(Witnessed(10)).after == 10
    assert (mirror.folder / "checkpoint").read_bytes() == signed
    mirror.update(log)
    assert (mirror.folder / "checkpoint").read_bytes() == signed


def test_a_log_that_was_rolled_back(mirror: Mirror) -> None:
    mirror.update(Log(300))
    assert refused(mirror, Log(290)) is BackupProblem.ROLLED_BACK
    assert whole(mirror) == 300
    (kept,) = (mirror.folder / "evidence").iterdir()
    assert kept.read_bytes() == Log(290).checkpoint()


@pytest.mark.parametrize("size", [300, 301, 600, 5000])
@pytest.mark.parametrize("fork_at", [0, 255, 299])
def test_a_log_that_was_forked(mirror: Mirror, size: int, fork_at: int) -> None:
    mirror.update(Log(300))
    forked = Log(size, fork_at)
    assert refused(mirror, forked) is BackupProblem.FORKED
    assert whole(mirror) == 300
    (kept,) = (mirror.folder / "evidence").iterdir()
    assert kept.read_bytes() == forked.checkpoint()
    # What the fork left behind does not stand in the way of the true log.
    assert mirror.update(Log(size)).after == size
    assert whole(mirror) == size


def test_a_checkpoint_of_another_key(mirror: Mirror) -> None:
    mirror.update(Log(10))
    assert refused(mirror, Log(12, signer=STRANGER)) is BackupProblem.CHECKPOINT_REFUSED
    assert whole(mirror) == 10


def test_a_log_that_does_not_give_its_entries(mirror: Mirror) -> None:
    mirror.update(Log(10))
    short = Log(600)
    short.entries = short.entries[:300] + short.entries[:0]
    kept = Log(600).checkpoint()

    class Short(Log):
        def checkpoint(self) -> bytes | None:
            return kept

        def bundle(self, index: int, width: int) -> bytes | None:
            return None if index == 1 else super().bundle(index, width)

    assert refused(mirror, Short(600)) is BackupProblem.SOURCE_SHORT
    assert whole(mirror) == 10
    assert mirror.update(Log(600)).after == 600


def test_an_empty_log(mirror: Mirror) -> None:
    assert refused(mirror, Log(0)) is BackupProblem.SOURCE_EMPTY


def test_an_entry_changed_on_the_way(mirror: Mirror) -> None:
    class Changed(Log):
        def bundle(self, index: int, width: int) -> bytes | None:
            data = super().bundle(index, width)
            return None if data is None else data.replace(b'"n": 7', b'"n": 8')

    assert refused(mirror, Changed(20)) is BackupProblem.FORKED
    assert mirror.held() is None


def refused(mirror: Mirror, log: Log) -> BackupProblem:
    with pytest.raises(BackupRefused) as found:
        mirror.update(log)
    return found.value.problem


@pytest.fixture
def served(mirror: Mirror) -> Iterator[str]:
    """A mirror behind a plain web server."""
    mirror.update(Log(700))
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_arguments: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=str(mirror.folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_mirror_of_a_mirror_over_http(served: str, mirror: Mirror, tmp_path: Path) -> None:
    second = Mirror(tmp_path / "second")
    second.begin(mirror.keys())
    assert second.update(HttpSource(served)).after == 700
    assert whole(second) == 700
    ours, theirs = contents(mirror.folder), contents(second.folder)
    assert ours == theirs
    shutil.rmtree(mirror.folder / "tile")
    shutil.copy(second.folder / "checkpoint", mirror.folder / "checkpoint")
    third = Mirror(tmp_path / "third")
    third.begin(second.keys())
    assert refused_at(third, served) is BackupProblem.SOURCE_SHORT


def test_nobody_answers(mirror: Mirror) -> None:
    assert refused_at(mirror, "http://127.0.0.1:1/log") is BackupProblem.SOURCE_UNREACHABLE


def refused_at(mirror: Mirror, url: str) -> BackupProblem:
    with pytest.raises(BackupRefused) as found:
        mirror.update(HttpSource(url))
    return found.value.problem


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file()
    }
