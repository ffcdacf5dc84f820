"""The status card by code, whole, against a bare Flask view that answers the same bytes on the same server.

Both run under gunicorn with one worker and the same threads, in turn; closed loop, few connections, this machine only.
The rate limit stays on (set high enough not to refuse), the card is counted.
"""

import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from bench.measure import Row, shown
from bench.world import BenchWorld, bench_world

CONNECTIONS = 4
SECONDS = 3.0
ROUNDS = 5
CLAIM = 2.0  # at least half of the floor's requests a second


def rows() -> list[Row]:
    with bench_world() as world, _hocba(world) as ours, _bare(world, ours) as floor:
        path = f"/t/{world.code}"
        _loop(ours, path)
        _loop(floor, "/")
        pairs = [(_loop(ours, path), _loop(floor, "/")) for _ in range(ROUNDS)]
    mine, bare = (statistics.median(pair[side].wall for pair in pairs) for side in (0, 1))
    busy = tuple(statistics.median(pair[side].cpu for pair in pairs) for side in (0, 1))
    row = Row(
        "card: status card by code, limit and count included",
        "bare Flask view, same bytes, same server",
        mine,
        bare,
        f"≤ {CLAIM:g} ×",
        mine / bare <= CLAIM,
        f"{bare / mine:.0%} of the floor's requests a second",
    )
    return [row, shown("card: processor time of one request", "the same of the bare view", (busy[0], busy[1]))]


@dataclass(frozen=True, slots=True)
class Served:
    """A server to ask. pid: of the process that started its workers."""

    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds per request: wall of the loop, and processor time of the server's processes."""

    wall: float
    cpu: float


@contextmanager
def _hocba(world: BenchWorld) -> Iterator[Served]:
    environment = {**os.environ, "HOCBA_HITS_LIMIT": "100000000 per minute", "HOCBA_LOG_LEVEL": "error"}
    command = [sys.executable, "-c", "from portal.cli.main import main; main()", "--data", str(world.settings.data)]
    with _serving([*command, "serve", "--port", "{port}"], environment, f"/t/{world.code}") as served:
        yield served


@contextmanager
def _bare(world: BenchWorld, ours: Served) -> Iterator[Served]:
    with urlopen(f"http://127.0.0.1:{ours.port}/t/{world.code}", timeout=10) as answer:
        body = answer.read()
    path = Path(world.settings.data) / "bare.html"
    path.write_bytes(body)
    script = (
        "from gunicorn.app.base import BaseApplication\n"
        "from flask import Flask\n"
        f"body = open({str(path)!r}, 'rb').read()\n"
        "app = Flask('bare')\n"
        "app.add_url_rule('/', view_func=lambda: body)\n"
        "class Server(BaseApplication):\n"
        "    def load_config(self):\n"
        "        for name, value in {'bind': '127.0.0.1:{port}', 'workers': 1, 'worker_class': 'gthread',\n"
        "                            'threads': 8, 'accesslog': None}.items():\n"
        "            self.cfg.set(name, value)\n"
        "    def load(self):\n"
        "        return app\n"
        "Server().run()\n"
    )
    with _serving([sys.executable, "-c", script], dict(os.environ), "/") as served:
        yield served


@contextmanager
def _serving(command: list[str], environment: dict[str, str], path: str) -> Iterator[Served]:
    port = _free_port()
    started = subprocess.Popen(
        [part.replace("{port}", str(port)) for part in command],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port, path)
        yield Served(port, started.pid)
    finally:
        started.terminate()
        started.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, path: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                answer.read()
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


def _processor_seconds(pid: int) -> float:
    """Processor time of a server's workers so far (proc(5), fields 14 and 15 of stat)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    ticks = 0
    for each in children:
        fields = Path(f"/proc/{each}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _loop(served: Served, path: str) -> Cost:
    """A bounded closed loop with a few connections kept open."""
    port = served.port
    counts = [0] * CONNECTIONS
    ends = time.monotonic() + SECONDS
    threads = [
        threading.Thread(target=_connection, args=(port, path, ends, counts, number)) for number in range(CONNECTIONS)
    ]
    start, busy = time.monotonic(), _processor_seconds(served.pid)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asked = max(1, sum(counts))
    return Cost((time.monotonic() - start) / asked, (_processor_seconds(served.pid) - busy) / asked)


def _connection(port: int, path: str, ends: float, counts: list[int], number: int) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/html\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as held:
        while time.monotonic() < ends:
            held.sendall(request)
            _answer(held)
            counts[number] += 1


def _answer(held: socket.socket) -> None:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(held)
    head, _, body = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.split(b"\r\n")[0].decode())
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    )
    while len(body) < length:
        body += _more(held)


def _more(held: socket.socket) -> bytes:
    chunk = held.recv(65536)
    if not chunk:
        raise RuntimeError("the server closed the connection")
    return chunk
