"""Where a request comes from: counted per network, kept only coarsely."""

import pytest
from flask import Flask

from portal.web import network


@pytest.fixture(scope="module")
def app() -> Flask:
    return Flask("network")


@pytest.mark.parametrize(
    ("peer", "counted", "kept"),
    [
        ("203.0.113.77", "203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/64", "fe80::/48"),
        ("", "local", "local"),
        (None, "local", "local"),
        ("unix:", "local", "local"),
    ],
)
def test_networks(app: Flask, peer: str | None, counted: str, kept: str) -> None:
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": peer} if peer is not None else {}):
        assert network.counted() == counted
        assert network.kept() == kept
