"""Fixtures of bench tests."""

from tests.fixtures import backend, empty_instance, sandbox, templates

__all__ = ["backend", "empty_instance", "sandbox", "templates"]
