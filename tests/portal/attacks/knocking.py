"""Asks one address as one person, and tells the answer in one word."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.portal.attacks.people import Person

SIGN_IN: Final = "/dang-nhap"
COOKIE: Final = "hocba-session"
FORM: Final = "hocba-form"
_TOKEN: Final = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')
NO_FILES: Final[Mapping[str, bytes]] = {}
# Values for parameters that no thing has: each is one that could be right.
PLAIN: Final[dict[str, object]] = {
    "act": "doi-ten",
    "code": "0" * 32,
    "day": "2026-08-20",
    "grade": 4,
    "kind": "csv",
    "number": 1,
    "path": "0/000",
    "print_": "2025-2026.1",
    "row": 5,
    "role": "so",
    "school_year": "2025-2026",
    "ticket": "x" * 32,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """status, and what it says without what is new in every answer. sign_in: sent to sign in.

    headers: of a cookie its name only.
    """

    status: int
    headers: frozenset[tuple[str, str]]
    body: bytes
    sign_in: bool
    type: str

    @property
    def open(self) -> bool:
        """Whether the person may be there: a form with mistakes is answered as well."""
        return not self.sign_in and self.status not in (401, 403, 404)


class Knocker:
    """One person with a browser that has seen a form, so that what it posts is taken for its own.

    Each question comes from that moment: signing out in one leaves the person signed in for the next.
    """

    def __init__(self, app: Flask, person: Person) -> None:
        self._client: FlaskClient = app.test_client()
        self._cookies = {} if person.token is None else {COOKIE: person.token}
        self._bring_cookies()
        self.csrf = token_of(self._client.get(SIGN_IN))
        form = self._client.get_cookie(FORM)
        assert form is not None
        self.form_cookie = self._cookies[FORM] = form.value

    def ask(
        self, method: str, address: str, fields: Mapping[str, str], files: Mapping[str, bytes] = NO_FILES
    ) -> Answer:
        """fields, files: of the form that is posted."""
        sent = {name: (io.BytesIO(data), "tep.json") for name, data in files.items()}
        data = {"csrf_token": self.csrf, **fields, **sent} if method == "POST" else None
        return answered(self.raw(method, address, data=data), address)

    def raw(
        self,
        method: str,
        address: str,
        *,
        data: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """The answer as it came."""
        self._bring_cookies()
        response = self._client.open(address, method=method, data=data, query_string=query)
        response.get_data()  # files are read and closed
        response.close()
        return response

    def _bring_cookies(self) -> None:
        for name, value in self._cookies.items():
            self._client.set_cookie(name, value)


def answered(response: TestResponse, address: str) -> Answer:
    """The answer without tokens, numbers of failures and the address itself."""
    path = address.partition("?")[0]
    body = _TOKEN.sub(b"", response.get_data()).replace(path.encode(), b"ADDRESS")
    headers = frozenset(
        (name, value.partition("=")[0] if name == "Set-Cookie" else value.replace(path, "ADDRESS"))
        for name, value in response.headers.items()
        if name != "Content-Length"  # the address stands in the page
    )
    sent = (response.location or "").partition("?")[0] == SIGN_IN
    return Answer(response.status_code, headers, body, sent, response.mimetype or "")


def token_of(response: TestResponse) -> str:
    """The CSRF token of the page."""
    found = _TOKEN.search(response.get_data())
    assert found is not None
    return found[1].decode()


def address_of(rule: Rule, values: dict[str, object]) -> str:
    """The address of a rule with these values, and plain ones for the rest."""
    built = rule.build({name: values.get(name, PLAIN.get(name, 1)) for name in rule.arguments})
    assert built is not None, rule
    return built[1]
