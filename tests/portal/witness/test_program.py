"""The program itself, without any portal: what it answers, and that nothing makes it sign two histories."""

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal.witness.app import Application
from portal.witness.folder import STATE, FolderError, create, open_folder
from tests.portal.witness.processes import ROOT, WitnessProcess, command
from tests.verify.log import memory
from verify import limits
from verify.log import checkpoint, merkle, notes, witness
from verify.log.checkpoint import Checkpoint
from verify.log.witness import Request

ORIGIN = "hocba.example/log"
LOG = notes.parse_skey(notes.format_skey(ORIGIN, bytes(range(32))))
TRUE = memory.hashes(60)
FORGED = [*TRUE[:20], *[merkle.leaf_hash(b"forged %d" % n) for n in range(40)]]
NOW = 1_782_900_000


def body(old: int, size: int, leaves: list[bytes] = TRUE, signer: notes.Signer = LOG) -> bytes:
    head = Checkpoint(signer.verifier.name, size, merkle.root_of(leaves[:size]))
    proof = merkle.consistency_proof(old, size, memory.LeafHashes(leaves)) if old <= size else ()
    return witness.build(Request(old, proof, checkpoint.sign(head, signer)))


@dataclass
class Answer:
    status: int
    content_type: str
    data: bytes


class Asked:
    """The application in this process, with a clock of ours."""

    def __init__(self, folder: Path) -> None:
        self.folder = create(folder, "witness.example/w1", notes.Kind.COSIGNATURE_V1, [LOG.verifier])
        self.now = float(NOW)
        self._application = Application(self.folder, lambda: self.now)

    def ask(self, path: str, data: bytes | None = None) -> Answer:
        told: list[tuple[str, list[tuple[str, str]]]] = []
        environ = {
            "REQUEST_METHOD": "GET" if data is None else "POST",
            "PATH_INFO": path,
            "wsgi.input": io.BytesIO(data or b""),
        }
        whole = b"".join(self._application(environ, lambda status, headers, *_: told.append((status, headers))))  # type: ignore[arg-type]
        status, headers = told[0]
        return Answer(int(status[:3]), dict(headers)["Content-Type"], whole)

    def add(self, data: bytes) -> Answer:
        return self.ask("/add-checkpoint", data)


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    return Asked(tmp_path / "w")


def test_it_answers_as_the_protocol_says(asked: Asked) -> None:
    first = asked.add(body(0, 10))
    assert (first.status, first.content_type) == (200, "text/plain; charset=utf-8")
    line = first.data.decode()
    assert line.startswith("— witness.example/w1 ")
    assert line.endswith("\n")
    note = Checkpoint(ORIGIN, 10, merkle.root_of(TRUE[:10]))
    notes.open_note(checkpoint.body(note).encode() + b"\n" + first.data, (asked.folder.signer.verifier,))
    again = asked.add(body(0, 20))
    assert (again.status, again.content_type, again.data) == (409, "text/x.tlog.size", b"10\n")
    assert asked.add(body(10, 20)).status == 200
    assert asked.add(body(20, 20)).status == 200, "the newest may be asked for again"
    assert asked.add(body(20, 30)).status == 200
    stranger = notes.parse_skey(notes.format_skey("elsewhere.example/log", bytes(32)))
    namesake = notes.parse_skey(notes.format_skey(ORIGIN, bytes(32)))
    assert asked.add(body(0, 9, signer=stranger)).status == 404
    assert asked.add(body(30, 31, signer=namesake)).status == 403
    assert asked.add(body(30, 31).replace(b"old 30", b"old 32")).status == 400
    assert asked.add(b"old x\n\n").status == 400
    assert asked.add(body(29, 31).replace(b"old 29", b"old 30")).status == 422, "the proof of another size"
    assert asked.add(b"old 0\n\n" + b"a" * limits.WITNESS_REQUEST_BYTES).status == 413
    assert asked.ask("/add-checkpoint").status == 405
    assert asked.ask("/elsewhere").status == 404
    fork = asked.add(body(30, 30, FORGED))
    assert (fork.status, fork.content_type, fork.data) == (409, "text/x.tlog.size", b"30\n")
    assert asked.add(body(30, 40, FORGED)).status == 422
    assert asked.add(body(12, 12)).status == 409


def test_what_it_refused_is_kept_once_and_told(asked: Asked) -> None:
    asked.add(body(0, 30))
    for _ in range(3):
        asked.add(body(30, 40, FORGED))
        asked.add(body(30, 30, FORGED))
        asked.add(body(12, 12))
    kept = asked.folder.store.refused()
    assert [(each.reason.value, each.size, each.seen_size) for each in reversed(kept)] == [
        ("inconsistent", 40, 30),
        ("other_root", 30, 30),
        ("other_size", 12, 30),
    ]
    opened = checkpoint.open_signed(kept[-1].note, (LOG.verifier,)).checkpoint
    assert opened.root == merkle.root_of(FORGED[:40]), "the evidence carries the log's own signature"
    text = asked.ask("/").data.decode()
    assert "RẼ NHÁNH" in text
    assert "LÙI LẠI" in text
    assert notes.format_vkey(asked.folder.signer.verifier) in text


def test_a_clock_set_back_signs_nothing_until_it_is_right(asked: Asked) -> None:
    assert asked.add(body(0, 10)).status == 200
    asked.now = NOW - 3600
    assert asked.add(body(10, 20)).status == 503
    asked.now = NOW + 1
    assert asked.add(body(10, 20)).status == 200


def test_two_histories_at_once(asked: Asked) -> None:
    """Sixteen requests at the same moment, of two histories: one history gets every signature."""
    assert asked.add(body(0, 20)).status == 200
    sent = [body(20, 21 + n, leaves) for n in range(8) for leaves in (TRUE, FORGED)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(asked.add, sent))
    signed = [(n // 2, n % 2) for n, answer in enumerate(answers) if answer.status == 200]
    assert len(signed) == 1, "each named the same old size: one may have it"
    assert {answer.status for answer in answers} == {200, 409}


def test_a_folder_is_made_once_and_never_goes_on_without_its_state(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    made = create(folder, "w.example/w", notes.Kind.COSIGNATURE_V1, [LOG.verifier])
    assert open_folder(folder).signer.verifier == made.signer.verifier
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    with pytest.raises(FolderError):
        create(folder, "w.example/w", notes.Kind.COSIGNATURE_V1, [LOG.verifier])
    (folder / STATE).unlink()
    with pytest.raises(FolderError):
        open_folder(folder)
    with pytest.raises(FolderError):
        create(folder, "w.example/w", notes.Kind.COSIGNATURE_V1, [LOG.verifier])
    served = Application(made, lambda: NOW)
    assert not (folder / STATE).exists()
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/"}
    told: list[str] = []
    served(environ, lambda status, *_: told.append(status))  # type: ignore[arg-type]
    assert told[0].startswith("503")
    assert not (folder / STATE).exists(), "a state that was lost is not begun anew"


def test_a_power_cut_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    """Killed after each answer, and while requests are under way: what was signed is remembered."""
    process = WitnessProcess(tmp_path / "w", "w", (LOG.verifier,), "ed25519")
    process.start()
    try:
        assert process.post(body(0, 20)).status == 200
        process.kill()
        process.start()
        assert process.post(body(20, 30, FORGED)).status == 200, "no fork yet: nothing seen contradicts it"
        process.kill()
        process.start()
        assert process.post(body(20, 40)).status == 409
        assert process.post(body(30, 40)).status == 422
        assert process.post(b"old 0\n\n" + b"a" * limits.WITNESS_REQUEST_BYTES).status == 413
        shown = process.shown()
        assert shown.returncode == 1
        assert "RẼ NHÁNH" in shown.stdout
    finally:
        process.stop()


def test_the_command_refuses_what_is_no_key(tmp_path: Path) -> None:
    own = notes.format_vkey(
        notes.parse_skey(notes.format_skey("w.example/w", bytes(32), notes.Kind.COSIGNATURE_V1)).verifier
    )
    for wrong in ("nothing", own):
        refused = command("init", "--name", "w.example/w", "--log", wrong, folder=tmp_path / "w")
        assert refused.returncode == 1
        assert "Error" in refused.stderr
    assert not (tmp_path / "w").exists()
    missing = command("serve", folder=tmp_path / "w")
    assert missing.returncode == 1
    assert "thiếu" in missing.stderr


def test_it_needs_nothing_of_the_portal() -> None:
    """It can run where no portal is: no pages, no database, no settings are even imported."""
    script = (
        "import sys, portal.cli.witness\n"
        "print([name for name in ('flask', 'sqlalchemy', 'pydantic', 'portal.settings', 'portal.models',"
        " 'portal.services', 'portal.database', 'portal.runtime') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
