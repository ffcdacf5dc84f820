"""Proxies: what they add is believed exactly as far as the settings say, and by default not at all."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from portal.app import assemble
from portal.web.lines import LINES
from tests.portal.worlds import World

FORWARDED = {"X-Forwarded-For": "203.0.113.5", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "boese.example"}


@pytest.fixture
def behind_one(small_world: World) -> Iterator[Flask]:
    settings = small_world.runtime.settings.model_copy(update={"proxies": 1})
    app = assemble(replace(small_world.runtime, settings=settings))
    yield app
    app.extensions["hocba"].engine.dispose()


def asked(app: Flask, path: str, headers: dict[str, str]) -> tuple[bool, str]:
    """Whether the answer is one for HTTPS, and where it leads."""
    response = app.test_client().get(path, headers=headers, environ_base={"REMOTE_ADDR": "127.0.0.1"})
    LINES.flush()
    return "Strict-Transport-Security" in response.headers, response.headers.get("Location", "")


def test_without_proxies_nothing_is_believed(small_world: World, capsys: pytest.CaptureFixture[str]) -> None:
    secure, _location = asked(small_world.app, "/", FORWARDED)
    assert not secure
    assert "203.0.113" not in capsys.readouterr().err


def test_one_proxy_is_believed_once(behind_one: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    spoofed = {**FORWARDED, "X-Forwarded-For": "198.51.100.9, 203.0.113.5"}
    secure, _location = asked(behind_one, "/", spoofed)
    assert secure
    line = capsys.readouterr().err
    assert "203.0.113.0/24" in line
    assert "198.51.100" not in line


def test_no_proxy_names_our_host(behind_one: Flask) -> None:
    _secure, location = asked(behind_one, "/hoc-ba", FORWARDED)
    assert location.startswith("/dang-nhap")
    assert behind_one.test_client().get("/log//checkpoint", headers=FORWARDED).status_code == 404
