"""A certified OpenID provider (npm oidc-provider) run on this machine, and a person who signs in there."""

import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path
from shutil import copy
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit

from tests.conftest import lacking

HERE: Final = Path(__file__).parent
CLIENT_ID, SECRET = "hocba", "mat khau/mau:1"
_STEPS: Final = 12


def installed(folder: Path, npm: str) -> Path:
    """The provider with what it needs, in a folder of its own; a skip where the registry cannot be reached."""
    for name in ("package.json", "package-lock.json", "provider.mjs"):
        copy(HERE / name, folder / name)
    made = subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, check=False)
    if made.returncode:
        lacking("npm could not install oidc-provider")
    return folder


@contextmanager
def running(folder: Path, node: str, redirect: str) -> Iterator[str]:
    """A provider that answers; yields its issuer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [node, "provider.mjs", str(port), redirect], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        assert b"ready" in process.stdout.readline()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


class _Form(HTMLParser):
    """The one form of a page of the provider: where it goes, and what it asks."""

    def __init__(self) -> None:
        super().__init__()
        self.action, self.prompt = "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        if tag == "form":
            self.action = held.get("action") or ""
        if tag == "input" and held.get("name") == "prompt":
            self.prompt = held.get("value") or ""


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_told: object) -> None:
        """Where it leads is looked at first."""


class Person:
    """A browser at the provider, in which one person signs in."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()), _Stay())

    def approve(self, address: str) -> str:
        """Sign in and agree; returns path and query of where the provider sends the browser back to."""
        host, data = urlsplit(address).netloc, None
        for _ in range(_STEPS):
            location, body = self._ask(address, data)
            data = None
            if location:
                address = urljoin(address, location)
                if urlsplit(address).netloc != host:
                    parts = urlsplit(address)
                    return f"{parts.path}?{parts.query}"
            else:
                form = _Form()
                form.feed(body)
                address = urljoin(address, form.action)
                data = urlencode({"prompt": form.prompt, "login": self.name, "password": "x"}).encode()
        raise AssertionError(f"the provider does not come to an end at {address}")

    def _ask(self, address: str, data: bytes | None) -> tuple[str | None, str]:
        try:
            with self._opener.open(address, data) as page:
                return None, page.read().decode()
        except urllib.error.HTTPError as redirected:
            with redirected:
                return redirected.headers["Location"], redirected.read().decode()
