"""Looking a record up while strangers flood the portal with files that cost the most that a file may cost.

One real server (`hocba serve`), real HTTP: the card's latency in quiet, then while a flood of hostile uploads runs from
another network; both in one run. And a visitor's own check during the flood. The worst case: limits for each
address are turned off, so that a dozen senders keep the server answering (most are told at once that it is busy, and
come again at once). Quiet and flood take turns, so that what else the machine does falls on both.
"""

import functools
import http.client
import io
import json
import os
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bench.measure import Row, shown
from bench.world import bench_world

_LOOKS: Final = 150
_ROUNDS: Final = 2
_FLOODERS: Final = 12
_STROKES: Final = 2_000
_AT_WORK: Final = "at work\n"
_NO_LIMIT: Final = "100000 per minute"
_STARTS_WITHIN: Final = 60.0


def rows() -> list[Row]:
    with bench_world() as world:
        port = _free_port()
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", "from portal.cli.main import main; main()", "--data", str(world.settings.data)),
                *("serve", "--port", str(port)),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                "HOCBA_PROXIES": "1",
                "HOCBA_CHECKS_LIMIT": "100000 per minute",
                "HOCBA_HITS_LIMIT": "100000 per minute",
            },
            start_new_session=True,
        )
        try:
            _wait_for(port)
            return _measured(port, world.code)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _measured(port: int, code: str) -> list[Row]:
    quiet, loud, told = [], [], Counter[str]()
    checks: tuple[list[float], list[float]] = [], []
    _looks(port, code)
    _check(port, "203.0.113.9", b"no PDF")
    for _ in range(_ROUNDS):
        quiet += _looks(port, code)
        checks[0].append(_check(port, "203.0.113.9", b"no PDF"))
        with _flooding(port, told):
            loud += _looks(port, code)
            checks[1].append(_check(port, "203.0.113.9", b"no PDF"))
    note = ", ".join(f"{count} uploads answered {status}" for status, count in sorted(told.items()))
    late = _late(loud), _late(quiet)
    return [
        shown("flood: the card, median", "in quiet", (_middle(loud), _middle(quiet)), note),
        shown("flood: the card, 95 of 100", "in quiet", late),
        shown("flood: a visitor's check", "in quiet", (_middle(checks[1]), _middle(checks[0]))),
    ]


@contextmanager
def _flooding(port: int, told: Counter[str]) -> Iterator[None]:
    flood = subprocess.Popen(
        [sys.executable, "-m", "bench.flood", str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    if flood.stdout is None or flood.stdout.readline() != _AT_WORK:
        raise RuntimeError("no flood")
    yield
    told.update(json.loads(flood.communicate("")[0]))


def _looks(port: int, code: str) -> list[float]:
    found = []
    for _ in range(_LOOKS):
        # Visitors come one by one: each with a connection of its own.
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        begun = time.perf_counter()
        connection.request("GET", f"/t/{code}", headers={"X-Forwarded-For": "203.0.113.7"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(answer.status)
        found.append(time.perf_counter() - begun)
        connection.close()
        time.sleep(0.01)
    return found


def _check(port: int, network: str, data: bytes) -> float:
    begun = time.perf_counter()
    status = _posted(port, network, _form(port, network), data)
    if status != http.client.OK:
        raise RuntimeError(status)
    return time.perf_counter() - begun


def _flood(port: int) -> None:
    """Send hostile files from one network until nobody wants them any more; a process of its own."""
    ended, answers = threading.Event(), Counter[str]()
    refused = threading.Event()

    def send() -> None:
        form = _form(port, "198.51.100.7")
        while not ended.is_set():
            try:
                answers[str(_posted(port, "198.51.100.7", form, _hostile()))] += 1
            except (OSError, http.client.HTTPException):
                answers["nothing"] += 1
            refused.set()

    threads = [threading.Thread(target=send) for _ in range(_FLOODERS)]
    for each in threads:
        each.start()
    refused.wait()  # the house is full
    print(_AT_WORK, end="", flush=True)
    sys.stdin.read()
    ended.set()
    for each in threads:
        each.join()
    print(json.dumps(answers))


def _form(port: int, network: str) -> tuple[bytes, str]:
    """The token of a form, and the cookie that goes with it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", "/kiem-tra", headers={"X-Forwarded-For": network})
    answer = connection.getresponse()
    token = answer.read().split(b'name="csrf_token" value="')[1].split(b'"')[0]
    connection.close()
    return token, (answer.getheader("Set-Cookie") or "").split(";")[0]


def _posted(port: int, network: str, form: tuple[bytes, str], data: bytes) -> int:
    """Send the form with a file, as a browser does; the status of the answer."""
    token, cookie = form
    mark = secrets.token_hex(12)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    body = (
        f'--{mark}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n'.encode() + token
        + f'\r\n--{mark}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'.encode() + data
        + f"\r\n--{mark}--\r\n".encode()
    )  # fmt: skip
    kind = f"multipart/form-data; boundary={mark}"
    connection.request("POST", "/kiem-tra", body, {"X-Forwarded-For": network, "Cookie": cookie, "Content-Type": kind})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def _hostile() -> bytes:
    """A file that nobody sent before: the costly one and a few bytes after its end."""
    return _costly() + b"%" + secrets.token_hex(8).encode()


@functools.cache
def _costly() -> bytes:
    """A page of wide dashed lines, which takes a child seconds to draw; made once: the bench must not be the flood."""
    packed = zlib.compress(b"[1 1] 0 d 20 w\n" + b"0 0 m 595 842 l S\n" * _STROKES, 9)
    made = io.BytesIO()
    made.write(b"%PDF-1.7\n")
    places = []
    for number, held in enumerate(
        (
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>",
            b"<</Length %d/Filter/FlateDecode>>stream\n" % len(packed) + packed + b"\nendstream",
        ),
        start=1,
    ):
        places.append(made.tell())
        made.write(b"%d 0 obj\n" % number + held + b"\nendobj\n")
    start = made.tell()
    made.write(b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % at for at in places))
    made.write(b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start)
    return made.getvalue()


def _middle(found: list[float]) -> float:
    return statistics.median(found)


def _late(found: list[float]) -> float:
    return sorted(found)[len(found) * 95 // 100]


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def _wait_for(port: int) -> None:
    end = time.monotonic() + _STARTS_WITHIN
    while True:
        with socket.socket() as held:
            if held.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > end:
            raise RuntimeError("no server")
        time.sleep(0.1)


if __name__ == "__main__":
    _flood(int(sys.argv[1]))
