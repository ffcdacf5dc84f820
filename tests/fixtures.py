"""Fixtures that need an instance: imported by the conftest files of the folders that use them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.sandbox import Sandbox
from tests.databases import Backend
from tests.instances import DemoInstance, Templates


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The run's children."""
    made = Sandbox(1)
    yield made
    made.close()


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Iterator[Templates]:
    made = Templates(tmp_path_factory.mktemp("templates"), sandbox)
    yield made
    made.close()


@pytest.fixture(params=list(Backend))
def backend(request: pytest.FixtureRequest) -> Backend:
    return Backend(request.param)


@pytest.fixture
def empty_instance(backend: Backend, templates: Templates, tmp_path: Path) -> Iterator[DemoInstance]:
    """A demo instance without any record."""
    with templates.instance(backend, tmp_path, locked=False) as made:
        yield made


@pytest.fixture
def instance(backend: Backend, templates: Templates, tmp_path: Path) -> Iterator[DemoInstance]:
    """A demo instance with the class 4A1 locked."""
    with templates.instance(backend, tmp_path, locked=True) as made:
        yield made
