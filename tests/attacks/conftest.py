from tests.fixtures import backend, sandbox, templates

__all__ = ["backend", "sandbox", "templates"]
