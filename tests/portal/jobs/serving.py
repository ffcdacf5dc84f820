"""`hocba serve` and `hocba work` as an operator runs them, started and killed by a test."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from portal.settings import Settings

ROOT: Final = Path(__file__).parents[3]
STARTS_WITHIN: Final = 60.0
_GENEROUS: Final = "100000 per minute"


class Portal:
    """A server and a worker on one instance. port: of the server, the same after each restart."""

    def __init__(self, settings: Settings, launcher: "subprocess.Popen[str]", folder: Path) -> None:
        self._settings = settings
        self._launcher = launcher
        self._folder = folder
        self._groups: list[int] = []
        self.port = _free_port()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start both; returns when the server answers."""
        self._groups = [
            self._launched("serve", "--port", str(self.port)),
            self._launched("work", "--threads", "1"),
        ]
        end = time.monotonic() + STARTS_WITHIN
        while not _answers(self.port):
            assert time.monotonic() < end, self.logs()
            time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL to every process of both, children included; returns when all are gone."""
        for group in self._groups:
            _signalled(group, signal.SIGKILL)
        self._gone()

    def stop(self) -> None:
        """Ask both to end, as an operator does."""
        for group in self._groups:
            _signalled(group, signal.SIGTERM)
        self._gone()

    def logs(self) -> str:
        """What both wrote."""
        return "\n".join(path.read_text() for path in sorted(self._folder.glob("*.log")))

    def _gone(self) -> None:
        end = time.monotonic() + STARTS_WITHIN
        while any(_signalled(group, 0) for group in self._groups):
            assert time.monotonic() < end, "processes outlive their end"
            time.sleep(0.01)

    def _launched(self, command: str, *arguments: str) -> int:
        assert self._launcher.stdin is not None
        assert self._launcher.stdout is not None
        line = [str(self._folder / f"{command}.log"), "--data", str(self._settings.data), command, *arguments]
        self._launcher.stdin.write(json.dumps(line) + "\n")
        self._launcher.stdin.flush()
        return int(self._launcher.stdout.readline())


@contextmanager
def portal_of(settings: Settings, folder: Path, queue: str) -> Iterator[Portal]:
    """The portal of an instance, started. folder: for logs, and for the temporary files of its processes."""
    folder.mkdir(parents=True)
    (folder / "tmp").symlink_to(tempfile.mkdtemp(prefix="hb-"))
    environment = {
        **os.environ,
        # Short: the sockets of children have their place here, and a socket's path ends at 107 bytes.
        "TMPDIR": str((folder / "tmp").resolve()),
        # Children import what they preload at each restart: compiled once, as where a portal is installed.
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        "HOCBA_DATABASE_URL": settings.database_url,
        "HOCBA_QUEUE": queue,
        "HOCBA_SANDBOX_WORKERS": "1",
        "HOCBA_CHECKS_LIMIT": _GENEROUS,
        "HOCBA_API_FILES_LIMIT": _GENEROUS,
    }
    launcher = subprocess.Popen(
        [sys.executable, "-m", "tests.portal.jobs.launching"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    portal = Portal(settings, launcher, folder)
    try:
        portal.start()
        yield portal
    finally:
        portal.kill()
        launcher.communicate()
        shutil.rmtree((folder / "tmp").resolve(), ignore_errors=True)


def _signalled(group: int, number: int) -> bool:
    """Whether the group was there to get it."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as asked:
            asked.sendall(b"GET /dang-nhap HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            return b" 200 " in asked.recv(32)
    except OSError:
        return False
