"""Run by `tests.portal.signers.csc_server`: certomancer-csc-dummy, with v2, a PIN, one-time codes and counts around it.

The server's own handlers answer every call; v2 is spelled as v1 before them. Prints its port, then serves 127.0.0.1.
"""

import json
import socket
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from certomancer.registry import CertomancerConfig
from csc_dummy.csc_dummy_server import (  # type: ignore[import-untyped]
    CSCWithCertomancer,
    DummyServiceParams,
)

from tests.portal.signers.csc_server import PIN

_Handler = Callable[[Any], Awaitable[Any]]


class _Body:
    """A request as the server reads it."""

    def __init__(self, value: dict[str, Any]) -> None:
        self._value = value

    async def json(self) -> dict[str, Any]:
        return self._value


@dataclass
class _Around:
    """What stands around the server's own handlers."""

    pin: bool
    codes: bool
    calls: Counter[str] = field(default_factory=Counter)
    used: set[str] = field(default_factory=set)

    def consent(self, value: dict[str, Any]) -> str | None:
        """What is wrong with what the person gave, or None."""
        given = {item["id"]: item["value"] for item in value.get("authData", [])} | value
        if self.pin and given.get("PIN") != PIN:
            return "invalid_pin"
        if self.codes and (not given.get("OTP") or given["OTP"] in self.used):
            return "invalid_otp"
        self.used.add(str(given.get("OTP")))
        return None

    def described(self, answer: dict[str, Any], version: str) -> dict[str, Any]:
        wanted = [name for name, asked in (("PIN", self.pin), ("OTP", self.codes)) if asked]
        mode = "explicit" if wanted else "implicit"
        if version == "v1":
            return {**answer, "authMode": mode, **{name: {"presence": "true"} for name in wanted}}
        answer.pop("authMode")
        return {**answer, "auth": {"mode": mode, "objects": [{"type": "Password", "id": name} for name in wanted]}}


def _spelled_as_v1(value: dict[str, Any], version: str) -> dict[str, Any]:
    renamed = {"hashes": "hash", "hashAlgorithmOID": "hashAlgo"} if version == "v2" else {}
    assert not set(renamed.values()) & set(value) - {"hashAlgo"}
    return {renamed.get(key, key): item for key, item in value.items()}


def _endpoint(around: _Around, version: str, name: str, handler: _Handler) -> _Handler:
    async def answer(request: web.Request) -> web.Response:
        around.calls[name] += 1
        value = await request.json()
        problem = around.consent(value) if name == "credentials/authorize" else None
        if problem is not None:
            return web.json_response({"error": problem}, status=400)
        made = await handler(_Body(_spelled_as_v1(value, version)))
        if name == "credentials/info":
            return web.json_response(around.described(json.loads(made.body), version))
        return web.Response(body=made.body, content_type="application/json")

    return answer


def _serve(config: str, at_once: int, pinned: bool, pin: bool, codes: bool) -> None:
    parameters = DummyServiceParams(hash_pinning_required=pinned, multisign=at_once)
    served = CSCWithCertomancer(CertomancerConfig.from_file(config), service_params=parameters)
    around = _Around(pin, codes)
    handlers = {
        "credentials/info": served.credentials_info,
        "credentials/authorize": served.credentials_authorize,
        "signatures/signHash": served.signatures_sign_hash,
    }

    async def counted(_request: web.Request) -> web.Response:
        return web.json_response(around.calls)

    outer = web.Application()
    outer.add_routes(
        web.post(f"/csc/{version}/{name}", _endpoint(around, version, name, handler))
        for version in ("v1", "v2")
        for name, handler in handlers.items()
    )
    outer.add_routes([web.get("/calls", counted)])
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)  # noqa: T201 - told to whoever started this process
    web.run_app(outer, sock=listening, print=lambda *_: None)


if __name__ == "__main__":
    _serve(**json.loads(sys.argv[1]))
