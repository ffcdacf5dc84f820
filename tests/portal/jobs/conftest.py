import pytest

from portal.jobs.work import Bench
from tests.fixtures import backend, empty_instance, instance, sandbox, templates
from tests.instances import DemoInstance, fresh_code
from tests.portal.jobs.uploading import Clock

__all__ = ["backend", "empty_instance", "instance", "sandbox", "templates"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bench(empty_instance: DemoInstance, clock: Clock) -> Bench:
    return Bench(empty_instance.engine, empty_instance.runtime.sandbox, True, fresh_code, clock)
