"""Shared ground of all tests: what a bare machine lacks is skipped with a reason, or fails where all is required."""

import os
import shutil
import socket
from collections.abc import Callable

import pytest

REQUIRE_ALL = os.environ.get("HOCBA_REQUIRE_ALL") == "1"


def lacking(reason: str) -> None:
    """Skip with a plain reason; in CI (HOCBA_REQUIRE_ALL=1) fail instead."""
    if REQUIRE_ALL:
        pytest.fail(f"required here: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def need_command() -> Callable[[str], str]:
    """The path of a command of the machine, or a skip."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            lacking(f"the command {name} is not installed")
        assert path is not None
        return path

    return find


def answers(host: str, port: int) -> bool:
    """Whether something listens there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
