"""Calling a witness that is no witness: whatever listens there, the call ends, bounded in time and size."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from portal.jobs import witness_calls
from portal.services.witnesses import Answer
from verify import limits

Served = Callable[[socket.socket], None]


@contextmanager
def listening(serve: Served) -> Iterator[str]:
    """A port on which every connection is given to `serve`."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            try:
                connection, _address = server.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(5)
                try:
                    connection.recv(65536)
                    serve(connection)
                except OSError:
                    pass

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        ended.set()
        thread.join()
        server.close()


def saying(data: bytes) -> Served:
    return lambda connection: connection.sendall(data)


def answer(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "Connection: close"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def test_an_answer_comes_back_as_it_is() -> None:
    with listening(saying(answer("409 Conflict", b"7\n", "Content-Type: text/x.tlog.size"))) as url:
        assert witness_calls.post(url, b"old 0\n\n") == Answer(409, b"7\n")


def test_the_path_stands_behind_the_prefix() -> None:
    seen: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        connection, _address = server.accept()
        with connection:
            seen.append(connection.recv(65536))
            connection.sendall(answer("200 OK", b"x"))

    thread = threading.Thread(target=run)
    thread.start()
    assert witness_calls.post(f"http://127.0.0.1:{server.getsockname()[1]}/w1/", b"old 0\n\n") == Answer(200, b"x")
    thread.join()
    server.close()
    assert seen[0].startswith(b"POST /w1/add-checkpoint HTTP/1.1\r\n")


def test_a_redirect_is_not_followed() -> None:
    reached: list[bool] = []
    with (
        listening(lambda _connection: reached.append(True)) as elsewhere,
        listening(saying(answer("302 Found", b"", f"Location: {elsewhere}/add-checkpoint"))) as url,
    ):
        assert witness_calls.post(url, b"old 0\n\n") == Answer(302, b"")
    assert not reached


@pytest.mark.parametrize(
    "data", [b"", b"\x00\x01nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"]
)
def test_what_is_no_answer(data: bytes) -> None:
    with listening(saying(data)) as url:
        assert witness_calls.post(url, b"old 0\n\n") is None


def test_a_flood_is_cut() -> None:
    flood = b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * (limits.WITNESS_ANSWER_BYTES * 8)
    with listening(saying(flood)) as url:
        assert witness_calls.post(url, b"old 0\n\n") == Answer(0, b"")


def test_a_drip_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_calls, "_WHOLE_SECONDS", 0.5)

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"a")
            time.sleep(0.1)

    began = time.monotonic()
    with listening(drip) as url:
        assert witness_calls.post(url, b"old 0\n\n") is None
        assert time.monotonic() - began < 4


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nothing",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "http://",
        "http://127.0.0.1:99999",
        "http://a@127.0.0.1:1",
        "http://127.0.0.1:1/?x=1",
        "http://127.0.0.1:1",
    ],
)
def test_an_address_that_is_none(url: str) -> None:
    assert witness_calls.post(url, b"old 0\n\n") is None
