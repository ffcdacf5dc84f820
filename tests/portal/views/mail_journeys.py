"""An instance of the web's tests that sends mail."""

from dataclasses import replace

import pytest

from tests.portal.worlds import World


def sends_mail(world: World, monkeypatch: pytest.MonkeyPatch, port: int = 25) -> None:
    """Let the operator have named a server, until the end of the test."""
    kept = world.app.extensions["hocba"]
    settings = world.runtime.settings.model_copy(
        update={
            "mail_host": "127.0.0.1",
            "mail_port": port,
            "mail_security": "none",
            "mail_from": "hocba@mau.invalid",
        }
    )
    opened = replace(kept.runtime, settings=settings)
    monkeypatch.setitem(world.app.extensions, "hocba", replace(kept, runtime=opened))
