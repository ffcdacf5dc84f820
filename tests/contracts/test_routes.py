"""URLs are a promise: codes printed on paper lead to them for decades. And each route says who may come."""

from pathlib import Path

import pytest
from flask import Flask

from portal import api, views
from portal.web import guards
from portal.web.guards import Guard, public

PROMISED = Path(__file__).with_name("urls.txt")
NEEDS_A_PERSON = {
    "records.listing",
    "records.record",
    "records.booklet",
    "records.year_print",
    "certificates.confirm",
    "certificates.decline",
    "certificates.ending",
    "certificates.key",
    "certificates.listing",
    "certificates.proposal",
    "certificates.propose",
    "certificates.propose_end",
    "certificates.proposing",
    "certificates.trusted",
    "packets.file_to_sign",
    "packets.history",
    "packets.listing",
    "packets.packet",
    "packets.receipt",
    "packets.submit_signatures",
    "packets.withdraw_records",
    "packets.withdrawal",
    "uploads.choose",
    "uploads.confirm",
    "uploads.confirmation",
    "uploads.discard",
    "uploads.marked",
    "uploads.preview",
    "uploads.receive",
    "uploads.try_again",
    "uploads.upload",
}

NEEDS_A_KEY = {
    "api.file_to_sign": "packets:read",
    "api.packet": "packets:read",
    "api.packets": "packets:read",
    "api.push": "packets:write",
    "api.receipt": "receipts:read",
    "api.record": "receipts:read",
    "api.rows": "packets:read",
    "api.submit_signatures": "signatures:write",
}


@pytest.fixture(scope="module")
def app() -> Flask:
    """The views alone: what is asked here needs no instance."""
    made = Flask("hocba")
    views.register(made)
    api.register_routes(made)
    return made


def spelled(app: Flask) -> set[str]:
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_urls_are_those_that_were_promised(app: Flask) -> None:
    promised = {line for line in PROMISED.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"}
    there = spelled(app)
    assert not promised - there, "a promised URL is gone: printed QR codes lead to it"
    assert not there - promised, "a new URL: add it to urls.txt, for ever"


def test_printed_urls_are_promised() -> None:
    promised = PROMISED.read_text(encoding="utf-8").splitlines()
    for printed in ("GET /t/<code>", "GET /T/<code>", "GET /t/<code>/<print_>", "GET /T/<code>/<print_>"):
        assert printed in promised


def test_each_route_states_its_guard(app: Flask) -> None:
    stated = {
        rule.endpoint: guards.guard_of(app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
    }
    assert None not in stated.values(), [name for name, guard in stated.items() if guard is None]
    assert {name for name, guard in stated.items() if guard is Guard.SIGNED_IN} == NEEDS_A_PERSON


def test_each_route_of_the_interface_asks_for_the_scope_that_was_promised(app: Flask) -> None:
    asked = {
        name: scope.value
        for name, view in app.view_functions.items()
        if guards.guard_of(view) is Guard.API_KEY and (scope := guards.scope_of(view)) is not None
    }
    assert asked == NEEDS_A_KEY


def test_a_route_without_a_guard_does_not_start() -> None:
    app = Flask("hocba")
    app.add_url_rule("/guarded", view_func=public(lambda: "guarded"), endpoint="guarded")
    guards.register(app)
    app.add_url_rule("/bare", view_func=lambda: "bare", endpoint="bare")
    with pytest.raises(RuntimeError, match="/bare"):
        guards.register(app)
