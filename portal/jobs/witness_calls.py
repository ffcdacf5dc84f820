"""One call to one outsider: bounded in time and size, no redirect, no proxy; whatever goes wrong is no answer."""

import socket
import ssl
import threading
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import urlsplit

from portal.services.witnesses import Answer
from verify import limits

_SECONDS: Final = 10
# Each wait is bounded by the socket; a witness that sends a byte at a time is cut off here.
_WHOLE_SECONDS: Final = 20
# An answer that no witness gives.
_NO_STATUS: Final = 0
_PATH: Final = "/add-checkpoint"


def post(url: str, body: bytes) -> Answer | None:
    """Send a request to the submission prefix of a witness; None when nothing understandable came back."""
    return exchange(url, _PATH, body, "text/plain; charset=utf-8", limits.WITNESS_ANSWER_BYTES)


def exchange(url: str, further: str, body: bytes, content_type: str, most: int) -> Answer | None:
    """POST a body; None when nothing understandable came back. further: path behind that of the address.

    most: bytes of the answer; a longer one comes back as status 0 without a body.
    """
    try:
        parts = urlsplit(url)
        connection = _connection(parts.scheme, parts.hostname, parts.port)
    except ValueError:
        return None
    if connection is None or parts.username or parts.query or parts.fragment:
        return None
    path = (parts.path.rstrip("/") + further) if further else (parts.path or "/")
    watch = threading.Timer(_WHOLE_SECONDS, _cut, (connection,))
    watch.daemon = True
    watch.start()
    try:
        connection.request("POST", path, body, {"Content-Type": content_type})
        response = connection.getresponse()
        data = response.read(most + 1)
        if len(data) > most:
            return Answer(_NO_STATUS, b"")
        return None if response.length else Answer(response.status, data)  # some of it never came
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        watch.cancel()
        connection.close()


def _connection(scheme: str, host: str | None, port: int | None) -> HTTPConnection | None:
    if host is None or scheme not in ("http", "https"):
        return None
    if scheme == "http":  # what comes back is signed, and what goes out is public
        return HTTPConnection(host, port, timeout=_SECONDS)
    return HTTPSConnection(host, port, timeout=_SECONDS, context=ssl.create_default_context())


def _cut(connection: HTTPConnection) -> None:
    held = connection.sock
    if held is not None:
        try:
            held.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
