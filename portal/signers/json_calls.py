"""JSON over HTTPS to a provider: bounded answers, no redirect, no proxy, plain HTTP to this machine only."""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import SplitResult, urlsplit

from portal.signers.refusals import SignerProblem, SignerRefused

JsonObject = Mapping[str, object]

_SECONDS: Final = 60
# 600 signatures of RSA-4096 in base64 are 410 kB.
_ANSWER_BYTES: Final = 4 * 1024 * 1024
_ERROR_CHARACTERS: Final = 80
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_WRONG_PIN: Final = "invalid_pin"


@dataclass(frozen=True, slots=True)
class Service:
    """Where calls go. path: what stands before the endpoint's name. token: bearer token, or None."""

    host: str
    port: int | None
    secure: bool
    path: str
    token: str | None = field(default=None, repr=False)

    @classmethod
    def at(cls, url: str, token: str | None) -> "Service":
        """Take an address apart; raises SignerRefused(SERVICE_ADDRESS) for none, or one that sends secrets openly."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise _bad_address(url) from error
        host = parts.hostname
        if host is None or not _is_plain(parts) or not (parts.scheme == "https" or _stays_here(parts.scheme, host)):
            raise _bad_address(url)
        return cls(host, port, parts.scheme == "https", parts.path, token)


def call(service: Service, endpoint: str, body: JsonObject) -> JsonObject:
    """Post an object, get an object; raises SignerRefused with what went wrong."""
    status, data = _post(service, f"{service.path}/{endpoint}", json.dumps(body).encode("ascii"))
    answer = _object(data)
    if status == 200 and answer is not None:
        return answer
    if 200 <= status < 300 or len(data) > _ANSWER_BYTES:
        raise SignerRefused(SignerProblem.SERVICE_NOT_UNDERSTOOD, error=endpoint)
    code = answer.get("error") if answer is not None else None
    if code == _WRONG_PIN:
        raise SignerRefused(SignerProblem.WRONG_PIN)
    raise SignerRefused(SignerProblem.SERVICE_REFUSED, error=_told(status, code))


def _post(service: Service, path: str, data: bytes) -> tuple[int, bytes]:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if service.token is not None:
        headers["Authorization"] = f"Bearer {service.token}"
    connection = _connection(service)
    try:
        connection.request("POST", path, data, headers)
        response = connection.getresponse()
        return response.status, response.read(_ANSWER_BYTES + 1)
    except (OSError, HTTPException, ValueError) as error:
        raise SignerRefused(SignerProblem.SERVICE_UNREACHABLE, error=type(error).__name__) from error
    finally:
        connection.close()


def _connection(service: Service) -> HTTPConnection:
    if not service.secure:
        return HTTPConnection(service.host, service.port, timeout=_SECONDS)
    return HTTPSConnection(service.host, service.port, timeout=_SECONDS, context=ssl.create_default_context())


def _object(data: bytes) -> JsonObject | None:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and len(data) <= _ANSWER_BYTES else None


def _told(status: int, code: object) -> str:
    if not isinstance(code, str):
        return f"HTTP {status}"
    shown = "".join(each for each in code if each.isprintable())
    return f"HTTP {status}, {shown[:_ERROR_CHARACTERS]}"


def _is_plain(parts: SplitResult) -> bool:
    return not (parts.username or parts.password or parts.query or parts.fragment)


def _stays_here(scheme: str, host: str) -> bool:
    return scheme == "http" and host in _THIS_MACHINE


def _bad_address(url: str) -> SignerRefused:
    return SignerRefused(SignerProblem.SERVICE_ADDRESS, url=url)
