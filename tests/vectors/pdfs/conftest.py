from collections.abc import Iterator

import pytest

from portal.sandbox import Sandbox
from tests.fixtures import sandbox
from tests.vectors.pdfs.ground import Ground, made_ground

__all__ = ["sandbox"]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Iterator[Ground]:
    """The store of every vector, made once; its tools work on the subject's print, and only as long as it is there."""
    with made_ground(tmp_path_factory.mktemp("ground"), sandbox) as made, made.spoiling():
        yield made
