"""A browser for tests: it checks each page that it fetches, keeps cookies, and posts what the form on the page holds.

Checked on every page: valid HTML, unique ids, one heading that the title repeats, a label for every input, nothing
inline, the security headers, and a redirect that stays on this host.
"""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

HANDLER: Final = re.compile(r"on[a-z]+")
UNLABELLED: Final = frozenset({"hidden", "submit", "button", "image", "reset"})
FileField = tuple[bytes, str, str]
Fields = Mapping[str, str | FileField | list[FileField]]


@dataclass(frozen=True)
class Page:
    """A page that was fetched and checked."""

    response: TestResponse

    @cached_property
    def tree(self) -> Element:
        return parse(self.response.get_data(as_text=True))

    @property
    def status(self) -> int:
        return self.response.status_code

    @cached_property
    def text(self) -> str:
        """What a person reads, without runs of white space."""
        body = self.tree.find("body")
        assert body is not None
        return " ".join("".join(body.itertext()).split())

    @property
    def heading(self) -> str:
        return text_of(next(self.tree.iter("h1")))

    def links(self) -> list[str]:
        return [link.get("href", "") for link in self.tree.iter("a")]

    def form(self, action: str) -> Element:
        """The form that posts (or asks) there."""
        path = self.response.request.path
        found = [form for form in self.tree.iter("form") if urlsplit(form.get("action") or path).path == action]
        assert len(found) == 1, f"{len(found)} forms for {action}"
        return found[0]


class Browser:
    """One person's browser. address: where it connects from. https: as behind the province's proxy."""

    def __init__(self, app: Flask, *, address: str = "192.0.2.7", https: bool = False) -> None:
        self._client = app.test_client()
        self._environ = {"REMOTE_ADDR": address}
        self._base = f"{'https' if https else 'http'}://localhost"
        self._at: str | None = None

    def get(self, path: str, status: int = 200) -> Page:
        """Fetch a page and check it."""
        response = self.fetch(path, status)
        check_page(response)
        self._at = self._base + path
        return Page(response)

    def fetch(self, path: str, status: int | None = 200, headers: dict[str, str] | None = None) -> TestResponse:
        """Fetch anything; the answer must have this status. None: whichever it is."""
        response = self._client.get(path, base_url=self._base, environ_base=self._environ, headers=headers)
        assert status in (None, response.status_code), f"{path}: {response.status}"
        response.get_data()  # files are read and closed
        response.close()
        check_headers(response)
        return response

    def submit(
        self,
        page: Page,
        action: str,
        fields: Fields,
        status: int | None = 303,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """Send the form of a page as a browser does: with what its hidden inputs hold."""
        form = page.form(action)
        held = {
            name: field.get("value", "")
            for field in form.iter("input")
            if field.get("type") == "hidden" and (name := field.get("name"))
        }
        names = {field.get("name") for field in form.iter() if field.tag in ("input", "select", "textarea")}
        assert set(fields) <= names, f"no such field: {set(fields) - names}"
        if any(isinstance(value, tuple | list) for value in fields.values()):
            assert form.get("enctype") == "multipart/form-data"
        assert (form.get("method") or "get").lower() == "post"
        return self.post(action, {**held, **fields}, status, headers=headers)

    def post(
        self,
        path: str,
        fields: Fields,
        status: int | None = 303,
        *,
        referer: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """Send fields as they are. status: None for any. referer: whether the browser says where it comes from."""
        data = {name: _sent(value) for name, value in fields.items()}
        sent = {**({"Referer": self._at or self._base + path} if referer else {}), **(headers or {})}
        response = self._client.post(path, data=data, base_url=self._base, environ_base=self._environ, headers=sent)
        response.request.environ["wsgi.input"].close()  # a large upload lies in a temporary file
        assert status in (None, response.status_code), f"{path}: {response.status}"
        check_headers(response)
        if response.mimetype == "text/html" and not response.location:
            check_page(response)
        return response

    def plant(self, name: str, value: str) -> None:
        """Put a cookie into the browser that no answer of ours set."""
        self._client.set_cookie(name, value)

    def cookie(self, name: str) -> str | None:
        held = self._client.get_cookie(name)
        return held.value if held is not None else None


def _sent(value: str | FileField | list[FileField]) -> str | FileStorage | list[FileStorage]:
    if isinstance(value, list):
        return [_file(each) for each in value]
    return value if isinstance(value, str) else _file(value)


def _file(value: FileField) -> FileStorage:
    data, filename, content_type = value
    return FileStorage(io.BytesIO(data), filename, content_type=content_type)


def parse(html: str) -> Element:
    """The tree of a document; raises at the first breach of the HTML standard."""
    tree: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    return tree


def parse_fragment(html: str) -> Element:
    """The tree of a fragment as htmx swaps it in."""
    tree: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parseFragment(html)
    return tree


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def check_headers(response: TestResponse) -> None:
    """What every answer of ours carries."""
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in policy
    # Pictures of a file that is gone with the answer travel in it, and only in that answer (decision 0028).
    pictured = response.mimetype == "text/html" and 'src="data:image/png;base64,' in response.get_data(as_text=True)
    assert ("img-src 'self' data:;" in policy) is pictured
    assert not re.search(r"unsafe|data:|https?:|\*", policy.replace("img-src 'self' data:;", ""))
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert response.headers.getlist("Cache-Control"), "no word about caching"
    if response.location:
        assert not urlsplit(response.location).netloc, f"leads away: {response.location}"


def check_page(response: TestResponse) -> None:
    """What every page of ours keeps to."""
    assert response.mimetype == "text/html"
    assert response.headers["Cache-Control"] == "no-store"
    html = response.get_data(as_text=True)
    assert html.lstrip().lower().startswith("<!doctype html>")
    tree = parse(html)
    assert tree.get("lang") in ("vi", "en")
    _check_heading(tree)
    check_parts(tree)


def _check_heading(tree: Element) -> None:
    headings = list(tree.iter("h1"))
    assert len(headings) == 1, f"{len(headings)} first headings"
    title = tree.find("head/title")
    assert title is not None
    assert text_of(headings[0]) in text_of(title), f"{text_of(title)!r} does not hold {text_of(headings[0])!r}"


def check_parts(tree: Element) -> None:
    """What holds of a page and of a fragment: ids, labels, nothing inline."""
    ids = [element.get("id") for element in tree.iter() if element.get("id") is not None]
    assert len(ids) == len(set(ids)), f"repeated ids: {sorted({str(i) for i in ids if ids.count(i) > 1})}"
    _check_labels(tree, {str(i) for i in ids})
    for element in tree.iter():
        assert element.tag != "style", "inline style"
        assert element.get("style") is None, f"inline style on {element.tag}"
        assert not any(HANDLER.fullmatch(name) for name in element.attrib), f"inline handler on {element.tag}"
        assert not str(element.get("href", "")).lower().startswith("javascript:")
        if element.tag == "script":
            assert element.get("src"), "inline script"
            assert not text_of(element)
        for name in ("src", "href", "action"):
            address = urlsplit(str(element.get(name, "")))
            if element.tag not in ("a",):
                assert not address.netloc, f"{element.tag} loads from elsewhere: {element.get(name)}"


def _check_labels(tree: Element, ids: set[str]) -> None:
    labelled = {label.get("for") for label in tree.iter("label")}
    inside = {field for label in tree.iter("label") for field in label.iter() if field.tag in ("input", "select")}
    for field in tree.iter():
        if field.tag not in ("input", "select", "textarea") or field.get("type") in UNLABELLED:
            continue
        named = field.get("id") in labelled or field in inside or field.get("aria-label")
        assert named, f"no label for {field.get('name')}"
        for described in str(field.get("aria-describedby", "")).split():
            assert described in ids, f"described by {described}, which is not there"
    for label in tree.iter("label"):
        assert label.get("for") is None or label.get("for") in ids, f"a label for {label.get('for')}"
