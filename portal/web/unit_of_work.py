"""Transactions of a request. A use case that writes gets exactly one, committed once after the view's part succeeded.

Nothing here is open while a child process works: views read, wait for the child, then write.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.web.prepared import DriverReader
from portal.web.runtime import held


@contextmanager
def writing() -> Iterator[Session]:
    """One writing transaction: all or nothing. A refusal to a stranger is kept: who tried is part of the record."""
    with Session(held().engine) as session:
        try:
            yield session
        except NotFound:
            session.commit()
            raise
        session.commit()


@contextmanager
def reading() -> Iterator[Session]:
    """A session that only reads; whatever would change is dropped."""
    with Session(held().reader, autoflush=False) as session:
        yield session


def reading_card() -> AbstractContextManager[sa.Connection]:
    """The connection of the hot path: runs one Core select, without a transaction."""
    kept = held()
    return cast(AbstractContextManager[sa.Connection], DriverReader(kept.engine, kept.prepared, kept.connections))


def database_answers() -> None:
    """Ask the database the smallest question; raises what SQLAlchemy raises when it does not answer."""
    with held().reader.connect() as connection:
        connection.execute(sa.select(1))
