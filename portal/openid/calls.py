"""Calls to one origin: bounded answers, no redirect, no proxy, plain HTTP to this machine only."""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import SplitResult, urlsplit

JsonObject = Mapping[str, object]

_SECONDS: Final = 8
_ANSWER_BYTES: Final = 256 * 1024
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Trouble(StrEnum):
    """Why a provider was not believed. Goes to the log, never to a page."""

    ADDRESS = "address"
    UNREACHABLE = "unreachable"
    NOT_UNDERSTOOD = "not_understood"
    WRONG_ISSUER = "wrong_issuer"
    REFUSED = "refused"
    TOKEN = "token"  # noqa: S105 # nosec B105


class ProviderFailed(Exception):
    """The provider did not prove who somebody is. detail: a short word for the log, nothing of a person."""

    def __init__(self, trouble: Trouble, detail: str = "") -> None:
        super().__init__(f"{trouble.value} {detail}".strip())
        self.trouble = trouble
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of the issuer: the only place that is asked."""

    scheme: str
    host: str
    port: int | None

    @classmethod
    def of(cls, url: str) -> "Origin":
        """Raises ProviderFailed(ADDRESS) for none, and for one that sends secrets openly over a network."""
        parts = _parts(url)
        host = parts.hostname or ""
        if not host or not (parts.scheme == "https" or (parts.scheme == "http" and host in _THIS_MACHINE)):
            raise ProviderFailed(Trouble.ADDRESS)
        return cls(parts.scheme, host, parts.port)

    def path_of(self, url: str) -> str:
        """The path of an address at this very origin; raises ProviderFailed(ADDRESS) for any other."""
        parts = _parts(url)
        if (parts.scheme, parts.hostname, parts.port) != (self.scheme, self.host, self.port):
            raise ProviderFailed(Trouble.ADDRESS)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def ask(origin: Origin, url: str, body: str | None = None, headers: Mapping[str, str] | None = None) -> JsonObject:
    """Get an object, or with a body post a form and get one. Raises ProviderFailed."""
    path = origin.path_of(url)
    form = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
    status, data = _send(
        origin,
        "GET" if body is None else "POST",
        path,
        body,
        {"Accept": "application/json", **form, **(headers or {})},
    )
    if status != 200:
        raise ProviderFailed(Trouble.REFUSED, f"HTTP {status}")
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ProviderFailed(Trouble.NOT_UNDERSTOOD) from error
    if not isinstance(answer, dict) or len(data) > _ANSWER_BYTES:
        raise ProviderFailed(Trouble.NOT_UNDERSTOOD)
    return answer


def _send(origin: Origin, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
    connection = _connection(origin)
    try:
        connection.request(method, path, None if body is None else body.encode(), dict(headers))
        response = connection.getresponse()
        return response.status, response.read(_ANSWER_BYTES + 1)
    except (OSError, HTTPException, ValueError) as error:
        raise ProviderFailed(Trouble.UNREACHABLE, type(error).__name__) from error
    finally:
        connection.close()


def _connection(origin: Origin) -> HTTPConnection:
    if origin.scheme == "http":
        return HTTPConnection(origin.host, origin.port, timeout=_SECONDS)
    return HTTPSConnection(origin.host, origin.port, timeout=_SECONDS, context=ssl.create_default_context())


def _parts(url: str) -> SplitResult:
    """Raises ProviderFailed(ADDRESS) for what is no address, or carries a name, a password or a fragment."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError as error:
        raise ProviderFailed(Trouble.ADDRESS) from error
    if parts.username or parts.password or parts.fragment:
        raise ProviderFailed(Trouble.ADDRESS)
    return parts
