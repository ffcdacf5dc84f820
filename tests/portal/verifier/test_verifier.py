"""The verifier as an operator runs it: the same answers as children, no network, and nothing it says is believed."""

import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from portal import wire
from portal.counting import telling
from portal.errors import Fault, Problem, Refused
from portal.runtime import Runtime, require_verifier
from portal.services.checking import check_document
from portal.settings import Instance, Settings
from portal.verifier.client import RemoteSandbox
from portal.wire import Broken, Kind
from portal.workbooks.refusals import WorkbookProblem, WorkbookRefused
from tests.instances import NOW, DemoInstance
from tests.portal.services.test_checking import altered, record_of, sealed
from verify import limits
from verify.errors import Refusal, VerifyError
from verify.paper.qr import read_photo
from verify.verdict import Check, Question, Status, Verdict
from verify.verifier import inspect_pdf

ROOT: Final = Path(__file__).parents[3]
STARTS_WITHIN: Final = 60.0


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a running `hocba verifier`."""
    folder = tmp_path_factory.mktemp("verifier")
    path = folder / "socket"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", "from portal.cli.main import main; main()", "--data", str(folder / "none")),
                *("verifier", "--socket", str(path), "--workers", "1"),
            ],
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
    end = time.monotonic() + STARTS_WITHIN
    while not path.exists():
        said = (folder / "log").read_text()
        if process.poll() is not None and "--keep-network" in said:
            pytest.skip("this machine lets no process leave its network")
        assert process.poll() is None, said
        assert time.monotonic() < end, said
        time.sleep(0.02)
    yield path
    process.send_signal(signal.SIGTERM)
    assert process.wait(STARTS_WITHIN) == 0, (folder / "log").read_text()
    assert not path.exists()


@pytest.fixture(scope="module")
def remote(service: Path) -> RemoteSandbox:
    return RemoteSandbox(service)


def test_the_same_verdict_as_from_children(remote: RemoteSandbox, instance: DemoInstance) -> None:
    pdf = sealed(instance, record_of(instance).lookup_code)
    here = check_document(instance.runtime.desk(NOW), instance.reading, pdf, NOW)
    held = instance.runtime
    apart = Runtime(held.settings, held.instance, held.log_signer, held.seal, held.authority, remote)
    there = check_document(apart.desk(NOW), instance.reading, pdf, NOW)
    assert there.conclusion == here.conclusion
    assert there.conclusion.verdict is Verdict.AUTHENTIC
    differing = altered(instance, record_of(instance))
    pictured = check_document(apart.desk(NOW), instance.reading, differing, NOW, pictures=True).conclusion.pictures
    assert pictured.pages
    assert (
        pictured
        == check_document(
            instance.runtime.desk(NOW), instance.reading, differing, NOW, pictures=True
        ).conclusion.pictures
    )


def test_refusals_faults_and_counts_come_back(remote: RemoteSandbox) -> None:
    with pytest.raises(VerifyError) as refused:
        remote.run(inspect_pdf, b"no PDF")
    assert refused.value.refusal is Refusal.NOT_PDF
    with pytest.raises(VerifyError):
        remote.run(read_photo, b"no picture")
    with pytest.raises(Fault) as fault:
        remote.run(os.kill, 0, 0)
    assert fault.value.problem is Problem.CHILD_DIED, "only our own functions are tasks"


def test_the_verifier_has_no_network(remote: RemoteSandbox) -> None:
    assert remote.cuts_network()


def test_a_client_that_leaves_and_one_that_lies_disturb_nobody(remote: RemoteSandbox, service: Path) -> None:
    for sent in (b"", b"\x00", b"\xff" * 40, b"\x00" + (2**60).to_bytes(8, "big"), b"\x01" + bytes(8)):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(service))
            connection.sendall(sent)
    with pytest.raises(VerifyError):
        remote.run(inspect_pdf, b"no PDF")


def test_the_socket_is_for_the_portals_group(service: Path) -> None:
    assert service.stat().st_mode & 0o007 == 0


class _Runs:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("true",)


class _Reads:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return open, ("/etc/passwd",)


class _Ours:
    """A function of our own is no value either."""

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        return inspect_pdf, (b"",)


@pytest.mark.parametrize("hostile", [_Runs(), _Reads(), _Ours(), [1, {"a": (_Runs(),)}], os.system, Runtime.close])
def test_an_answer_is_a_value_or_nothing(hostile: object) -> None:
    with pytest.raises(Broken):
        wire.untrusted(pickle.dumps(hostile))


@pytest.mark.parametrize(
    "value",
    [
        None,
        {"a": [1, 2.5, "b", b"c", (True, frozenset({1}))]},
        NOW,
        Check(Question.LOGGED, Status.PASSED, facts={"size": "3"}),
        WorkbookProblem.EMPTY,
    ],
)
def test_values_come_back_as_they_are(value: object) -> None:
    assert wire.untrusted(pickle.dumps(value, protocol=5)) == value


def test_refusals_of_every_kind_come_back() -> None:
    told = wire.untrusted(pickle.dumps(WorkbookRefused(WorkbookProblem.TOO_LARGE, limit="10")))
    assert (told.problem, told.detail) == (WorkbookProblem.TOO_LARGE, {"limit": "10"})


@pytest.fixture
def answering(tmp_path: Path) -> Iterator["Answering"]:
    made = Answering(tmp_path / "socket")
    yield made
    made.close()


class Answering:
    """A verifier in the hands of whoever took it over: says what it is told to."""

    def __init__(self, path: Path) -> None:
        self.path, self.answers = path, [b""]
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _address = self._socket.accept()
            with connection:
                kind, body = wire.receive(connection, 5)
                if kind is not Kind.TASK:
                    return
                connection.sendall(b"".join(self.answers))
            del body

    def close(self) -> None:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.path))
            wire.send(connection, Kind.COUNT, (0, 0), 5)
        self._thread.join(10)
        self._socket.close()


def frame(kind: Kind, value: object) -> bytes:
    left, right = socket.socketpair()
    with left, right:
        wire.send(left, kind, value, 5)
        return right.recv(100_000)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\xff" * 100,
        frame(Kind.VALUE, _Runs()),
        frame(Kind.FAULT, "no such problem"),
        frame(Kind.FAULT, ["unhashable"]),
        frame(Kind.COUNT, (1, 2)),
        frame(Kind.REFUSAL, "no refusal"),
        frame(Kind.TASK, 1),
        frame(Kind.VALUE, 1)[:-1],
    ],
)
def test_a_verifier_that_was_taken_over_gets_nowhere(answering: "Answering", answer: bytes) -> None:
    answering.answers = [answer]
    with pytest.raises(Fault) as fault:
        RemoteSandbox(answering.path).run(inspect_pdf, b"")
    assert fault.value.problem is Problem.CHILD_DIED


def test_counts_are_numbers_and_heard(answering: "Answering") -> None:
    answering.answers = [frame(Kind.COUNT, (1, 2)), frame(Kind.COUNT, (2, 2)), frame(Kind.VALUE, 7)]
    heard: list[tuple[int, int]] = []
    with telling(lambda done, total: heard.append((done, total))):
        assert RemoteSandbox(answering.path).run(inspect_pdf, b"") == 7  # type: ignore[comparison-overlap]
    assert heard == [(1, 2), (2, 2)]


def test_nobody_at_the_socket_is_our_fault_and_may_pass(tmp_path: Path) -> None:
    gone = RemoteSandbox(tmp_path / "nothing")
    for ask in (gone.has_room, lambda: gone.run(inspect_pdf, b"%PDF-1.7")):
        with pytest.raises(Fault) as fault:
            ask()
        assert fault.value.problem is Problem.VERIFIER_MISSING
        assert fault.value.passes


@pytest.mark.parametrize(("demo", "verifier", "serves"), [(True, "", True), (False, "", False), (False, "own", True)])
def test_outside_the_demo_somebody_has_said_where_files_are_opened(
    empty_instance: DemoInstance, demo: bool, verifier: str, serves: bool
) -> None:
    held = empty_instance.runtime
    settings = held.settings.model_copy(update={"verifier": verifier})
    named = held.instance.model_copy(update={"demo": demo})
    asked = _with(held, settings, named)
    if serves:
        require_verifier(asked)
        return
    with pytest.raises(Refused) as refused:
        require_verifier(asked)
    assert refused.value.problem is Problem.VERIFIER_UNSET


def _with(held: Runtime, settings: Settings, named: Instance) -> Runtime:
    return Runtime(settings, named, held.log_signer, held.seal, held.authority, held.sandbox)


def test_frames_are_bounded() -> None:
    assert limits.DOCUMENT_BYTES * 2 < wire.FRAME_BYTES
