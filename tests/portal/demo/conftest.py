from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Backend
from tests.fixtures import sandbox, templates
from tests.instances import DemoInstance, Templates

__all__ = ["sandbox", "templates"]


@pytest.fixture
def small_instance(templates: Templates, tmp_path: Path) -> Iterator[DemoInstance]:
    """A demo instance without any record, on SQLite alone: nothing here has to do with the database."""
    with templates.instance(Backend.SQLITE, tmp_path, locked=False) as made:
        yield made
