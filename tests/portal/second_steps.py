"""An authenticator for tests, and a world in which staff sign in in two steps."""

import hashlib
import json
import re
import secrets
from base64 import b32decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from webauthn.helpers import bytes_to_base64url

from tests.client import Browser, Page
from tests.portal.families import shown
from tests.portal.worlds import World

OWN: Final = "/tai-khoan/buoc-hai"
SECOND: Final = "/dang-nhap/buoc-hai"
FIRST_TIME: Final = "/dang-nhap/lap-buoc-hai"


@dataclass(frozen=True)
class Authenticator:
    """What a telephone makes of the key that a page shows."""

    secret: bytes

    @classmethod
    def of(cls, page: Page) -> "Authenticator":
        return cls.typed(shown(page, "data-key"))

    @classmethod
    def typed(cls, key: str) -> "Authenticator":
        """As a person types the key into it."""
        return cls(b32decode("".join(key.split())))

    def code(self, shift: int = 0) -> str:
        """The code of now, or of so many steps away."""
        moment = int(datetime.now(UTC).timestamp()) + 30 * shift
        return TOTP(self.secret, 6, SHA1(), 30).generate(moment).decode()  # noqa: S303


@dataclass(frozen=True)
class Enrolled:
    """A person with a second step."""

    authenticator: Authenticator
    recovery: tuple[str, ...]


def recovery_on(page: Page) -> tuple[str, ...]:
    return tuple("".join(each.itertext()) for each in page.tree.iter("li") if "data-recovery" in each.attrib)


def enrol(browser: Browser, shift: int = -1) -> Enrolled:
    """Take an authenticator up in the own account. shift: of the code that confirms; the one of now stays unused."""
    page = browser.get(OWN)
    authenticator = Authenticator.of(page)
    answer = Page(browser.submit(page, OWN, {"code": authenticator.code(shift)}, 200))
    return Enrolled(authenticator, recovery_on(answer))


def first_step(world: World, username: str, address: str = "192.0.2.7") -> tuple[Browser, str]:
    """A browser after the password, and where it was led."""
    browser = world.browser(address=address)
    fields = {"username": username, "password": world.logins[username].password}
    return browser, str(browser.submit(browser.get("/dang-nhap"), "/dang-nhap", fields).location)


def second_step(browser: Browser, code: str, status: int = 303) -> str:
    """Send a code; returns what the page says, or where it leads."""
    answer = browser.submit(browser.get(SECOND), SECOND, {"code": code}, status)
    return str(answer.location or re.sub(r"\s+", " ", answer.text))


@contextmanager
def staff_must(world: World) -> Iterator[None]:
    """Outside the demo it is so; here it is set."""
    held = world.app.extensions["hocba"]
    settings = held.runtime.settings.model_copy(update={"second_step": "staff"})
    world.app.extensions["hocba"] = replace(held, runtime=replace(held.runtime, settings=settings))
    try:
        yield
    finally:
        world.app.extensions["hocba"] = held


@dataclass
class Device:
    """A security key in software: it signs whatever its browser says, for whatever address."""

    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    count: int = 0

    def create(self, options: dict[str, Any], origin: str) -> str:
        """What it answers when it is registered."""
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        named = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(public)
        data = self._data(options["rp"]["id"], 0x45) + named
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"attestationObject": attested, "clientDataJSON": _client("create", options, origin)})

    def get(self, options: dict[str, Any], origin: str) -> str:
        """What it signs when it is used."""
        self.count += 1
        data, client = self._data(options["rpId"], 0x05), _client("get", options, origin)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        return self._answer({"authenticatorData": data, "clientDataJSON": client, "signature": signature})

    def _data(self, host: str, flags: int) -> bytes:
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _answer(self, response: dict[str, bytes]) -> str:
        named = bytes_to_base64url(self.id)
        texts = {name: bytes_to_base64url(value) for name, value in response.items()}
        return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": texts})


def _client(kind: str, options: dict[str, Any], origin: str) -> bytes:
    told = {"type": f"webauthn.{kind}", "challenge": options["challenge"], "origin": origin, "crossOrigin": False}
    return json.dumps(told).encode()


def options_on(page: Page) -> dict[str, Any]:
    """What a page asks a device for."""
    (place,) = [each for each in page.tree.iter("div") if "data-passkey" in each.attrib]
    found: dict[str, Any] = json.loads(place.get("data-options", ""))
    return found
