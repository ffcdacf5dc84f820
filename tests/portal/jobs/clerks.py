"""A clerk and a school's software over real HTTP, who go on when the portal was away."""

import http.client
import http.cookiejar
import json
import re
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from html import unescape
from typing import Final
from urllib.parse import urlencode

from portal.models import JobMessage
from portal.presenters.uploads import MESSAGES
from tests.portal.views.packet_journeys import XLSX, YEAR

PATIENCE: Final = 120.0
_POLL: Final = 0.05
_INPUT: Final = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


class Phase(StrEnum):
    """What a clerk sees happening."""

    SENDING = "sending"
    WAITING = "waiting"
    READING = "reading"
    JUDGING = "judging"
    READ = "read"
    CONFIRMING = "confirming"
    TAKING = "taking"
    DONE = "done"


class Cut(Exception):
    """The portal went away."""


@dataclass(frozen=True)
class Answer:
    """status, address where a redirect leads, page."""

    status: int
    location: str
    text: str


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: object) -> None:
        return None


class Wire:
    """HTTP with cookies, redirects not followed."""

    def __init__(self, address: str) -> None:
        self._address = address
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(_Stay, cookies)

    def send(self, path: str, data: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Raises Cut when no whole answer comes."""
        asked = urllib.request.Request(self._address + path, data, dict(headers or {}))  # noqa: S310 - ours
        try:
            return self._whole(asked)
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError) as error:
            raise Cut from error

    def _whole(self, asked: urllib.request.Request) -> Answer:
        """With its body, also of a redirect: the portal may go away between its head and its body."""
        try:
            answer = self._opener.open(asked, timeout=PATIENCE)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return Answer(answer.status, answer.headers.get("Location", ""), answer.read().decode())


class Clerk:
    """Signs in once, then brings one file in, whatever happens. sees: called with each phase as it is entered."""

    def __init__(self, address: str, username: str, password: str, sees: Callable[[Phase], None]) -> None:
        self._wire = Wire(address)
        self._sees = sees
        self._upload: str | None = None
        self.pressed_again = 0
        page = self._wire.send("/dang-nhap")
        answer = self._post("/dang-nhap", page.text, {"username": username, "password": password})
        assert answer.status == 303, answer

    def forget(self) -> None:
        """Close the page: the file has to be sent again."""
        self._upload = None

    def bring(self, data: bytes) -> str:
        """The address of the receipt. Raises Cut; called again, goes on where it was."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self._upload is None:
                self._upload = self._sent(data)
            if self._upload.endswith("/bien-nhan"):
                self._sees(Phase.DONE)
                return self._upload
            self._step(self._upload)
            time.sleep(_POLL)
        raise AssertionError(f"no receipt within {PATIENCE} s: {self._wire.send(self._upload or '/').text}")

    def _sent(self, data: bytes) -> str:
        page = self._wire.send("/goi-hoc-ba/nhap")
        self._sees(Phase.SENDING)
        answer = self._post("/goi-hoc-ba/nhap", page.text, {"school_year": YEAR}, data)
        assert answer.status == 303, answer
        return answer.location

    def _step(self, address: str) -> None:
        page = self._wire.send(address)
        if page.status == 303:
            self._upload = page.location
            return
        assert page.status == 200, page
        if "Làm lại" in page.text:
            self.pressed_again += 1
            assert self._post(f"{address}/lai", page.text, {}).status == 303
        elif f'href="{address}/xac-nhan"' in page.text:
            self._sees(Phase.READ)
            self._confirm(address)
        else:
            self._sees(_running(page.text))

    def _confirm(self, address: str) -> None:
        page = self._wire.send(f"{address}/xac-nhan")
        if page.status == 200:
            self._sees(Phase.CONFIRMING)
            assert self._post(f"{address}/xac-nhan", page.text, {}).status == 303

    def _post(self, path: str, page: str, fields: Mapping[str, str], data: bytes | None = None) -> Answer:
        """Submit the form of a page, its hidden fields with it."""
        held = {name: unescape(value) for name, value in _INPUT.findall(page)} | dict(fields)
        if data is None:
            return self._wire.send(path, urlencode(held).encode(), {"Content-Type": _FORM})
        body, content_type = _multipart(held, data)
        return self._wire.send(path, body, {"Content-Type": content_type})


_FORM: Final = "application/x-www-form-urlencoded"
_RUNNING: Final = {
    JobMessage.WAITING: Phase.WAITING,
    JobMessage.READING: Phase.READING,
    JobMessage.JUDGING: Phase.JUDGING,
    JobMessage.PREPARING: Phase.TAKING,
    JobMessage.STORING: Phase.TAKING,
}


def _running(page: str) -> Phase:
    for message, phase in _RUNNING.items():
        if MESSAGES[message] in page:
            return phase
    raise AssertionError(page)


def _multipart(fields: Mapping[str, str], data: bytes) -> tuple[bytes, str]:
    mark = secrets.token_hex(16)
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="1A1.xlsx"\r\n'
    parts += [f"{head}Content-Type: {XLSX}\r\n\r\n".encode(), data, f"\r\n--{mark}--\r\n".encode()]
    return b"".join(parts), f"multipart/form-data; boundary={mark}"


@dataclass(frozen=True)
class Pushed:
    """What software was answered. packet: its number."""

    status: int
    packet: int


class Software:
    """A school's software with a key."""

    def __init__(self, address: str, token: str) -> None:
        self._wire = Wire(address)
        self._token = token

    def push(self, data: bytes, word: str) -> Pushed:
        """Send a class; raises Cut, and is called again with the same word."""
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": word, "Content-Type": XLSX}
        answer = self._wire.send(f"/api/v1/packets?school_year={YEAR}", data, headers)
        assert answer.status in (200, 201), answer
        return Pushed(answer.status, int(json.loads(answer.text)["packet"]))
