"""Whoever writes or reads slowly at the verifier's socket, or goes away, holds up nobody and is let go."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal import wire
from portal.sharing import acting_for
from portal.verifier import server
from portal.verifier.client import RemoteSandbox
from portal.wire import FRAME_BYTES, Broken, Kind
from verify.errors import VerifyError
from verify.verifier import inspect_pdf


@pytest.fixture
def socket_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A verifier in this process, which waits half a second for a whole request."""
    monkeypatch.setattr(server, "_REQUEST_WITHIN", 0.5)
    monkeypatch.setattr(server, "_READ_WITHIN", 0.5)
    path = tmp_path / "socket"
    made = server.Verifier(path, 1)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield path
    made.shutdown()
    thread.join()
    made.server_close()


def connected(path: Path) -> socket.socket:
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(5)
    line.connect(str(path))
    return line


def test_half_a_request_and_one_too_long_are_let_go_while_others_are_served(socket_path: Path) -> None:
    task = b"\x00" + (1000).to_bytes(8, "big") + b"half"
    too_long = b"\x00" + (FRAME_BYTES + 1).to_bytes(8, "big")
    with connected(socket_path) as slow, connected(socket_path) as large, connected(socket_path) as silent:
        slow.sendall(task)
        large.sendall(too_long)
        with pytest.raises(VerifyError):
            RemoteSandbox(socket_path).run(inspect_pdf, b"no PDF")
        for line in (slow, large, silent):
            assert line.recv(1) == b"", "let go"


def test_who_goes_away_or_does_not_read_leaves_the_child_to_the_next(socket_path: Path) -> None:
    asked: tuple[object, ...] = ("", inspect_pdf.__module__, inspect_pdf.__qualname__, (b"no PDF",), {}, False)
    with connected(socket_path) as gone:
        wire.send(gone, Kind.TASK, asked, 5)
    with connected(socket_path) as reads_nothing:
        wire.send(reads_nothing, Kind.TASK, asked, 5)
        begun = time.monotonic()
        with pytest.raises(VerifyError):
            RemoteSandbox(socket_path).run(inspect_pdf, b"no PDF")
        assert time.monotonic() - begun < 10


def test_a_question_that_is_none_is_no_answer(socket_path: Path) -> None:
    with connected(socket_path) as line:
        wire.send(line, Kind.VALUE, 1, 5)
        with pytest.raises(Broken):
            wire.receive(line, 5)


def test_room_is_asked_for_whoever_it_is(socket_path: Path) -> None:
    remote = RemoteSandbox(socket_path)
    with acting_for("203.0.113.0/24"):
        remote.require_room()
        assert remote.has_room()
