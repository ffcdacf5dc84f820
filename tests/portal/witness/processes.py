"""Witnesses as what they are: processes of their own, each with its key and its folder, spoken to over HTTP."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from portal.witness.folder import STATE
from portal.witness.store import Store
from verify.log import notes

ROOT = Path(__file__).parents[3]
COMMAND = (sys.executable, "-m", "tests.portal.witness.command")


@dataclass(frozen=True)
class Reply:
    status: int
    content_type: str
    body: bytes


class WitnessProcess:
    """A `hocba witness serve` on this machine."""

    def __init__(self, folder: Path, name: str, log_keys: tuple[notes.Verifier, ...], algorithm: str) -> None:
        self.folder, self.name, self.port = folder, name, free_port()
        arguments = [part for key in log_keys for part in ("--log", notes.format_vkey(key))]
        made = command("init", "--name", f"{name}.example/w", "--algorithm", algorithm, *arguments, folder=folder)
        assert made.returncode == 0, made.stderr
        self.vkey = made.stdout.strip()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def line(self) -> str:
        """Of a policy file."""
        return f"witness {self.name} {self.vkey} {self.url}\n"

    def start(self) -> None:
        self._process = subprocess.Popen(
            [*COMMAND, "serve", "--state", str(self.folder), "--port", str(self.port)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_for(self.port)

    def renew(self) -> None:
        """As if it had been made anew: nothing seen yet, serving."""
        (self.folder / STATE).unlink()
        Store.create(self.folder / STATE)
        if self._process is None:
            self.start()

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def kill(self) -> None:
        """As a power cut: the server and whoever works for it are gone at once."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(20)
        self._process = None
        # Its workers end a moment later; until then their socket still answers for whoever starts next.
        wait_for(self.port, listening=False)

    def post(self, body: bytes) -> Reply:
        return self._ask("POST", "/add-checkpoint", body)

    def page(self) -> str:
        return self._ask("GET", "/", None).body.decode()

    def shown(self) -> subprocess.CompletedProcess[str]:
        return command("show", folder=self.folder)

    def _ask(self, method: str, path: str, body: bytes | None) -> Reply:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            return Reply(response.status, response.headers["Content-Type"], response.read())
        finally:
            connection.close()


@contextmanager
def three_witnesses(
    folder: Path, log_keys: tuple[notes.Verifier, ...], algorithms: tuple[str, ...]
) -> Iterator[tuple[WitnessProcess, ...]]:
    """Bộ, trung tâm dữ liệu, trường đại học: `bo`, `dc` and `dh`, serving."""
    made = tuple(
        WitnessProcess(folder / name, name, log_keys, algorithm)
        for name, algorithm in zip(("bo", "dc", "dh"), algorithms, strict=True)
    )
    try:
        for each in made:
            each.start()
        yield made
    finally:
        for each in made:
            each.stop()


def policy_of(witnesses: tuple[WitnessProcess, ...], quorum: int) -> str:
    names = " ".join(each.name for each in witnesses)
    return "".join(each.line for each in witnesses) + f"group all-of-them {quorum} {names}\nquorum all-of-them\n"


def command(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    name, *rest = arguments
    asked = [*COMMAND, name, "--state", str(folder), *rest]
    return subprocess.run(asked, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def wait_for(port: int, *, listening: bool = True) -> None:
    for _ in range(400):
        with socket.socket() as tried:
            if (tried.connect_ex(("127.0.0.1", port)) == 0) is listening:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}" if listening else f"something still listens on {port}")
