"""Watching what the application asks of its database, through SQLAlchemy and on the driver itself."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from portal.web.prepared import Prepared
from tests.portal.worlds import World


@contextmanager
def watched(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that are run inside, in order."""
    asked: list[str] = []
    fetch = Prepared.fetch

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    def note_fetch(self: Prepared, cursor: Any, parameters: Mapping[str, object]) -> list[Any]:
        asked.append(self.text)
        return fetch(self, cursor, parameters)

    monkeypatch.setattr(Prepared, "fetch", note_fetch)
    event.listen(world.engine, "before_cursor_execute", note)
    yield asked
    event.remove(world.engine, "before_cursor_execute", note)
