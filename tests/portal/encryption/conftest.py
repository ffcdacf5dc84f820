from tests.fixtures import backend, empty_instance, instance, sandbox, templates

__all__ = ["backend", "empty_instance", "instance", "sandbox", "templates"]
