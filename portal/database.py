"""The engine: one way to open SQLite or PostgreSQL, with the transaction rules that both need.

A transaction may write unless it is opened through `reading`. A use case that waits for something slow (a child
process) must not do so inside a writing transaction: with SQLite it would hold up every other writer.
"""

import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from portal.encryption.data_keys import KEYS
from portal.encryption.ring import KeyRing, attach

# A writer waits this long for another before it reports "busy"; a lock of a class takes far less.
BUSY_SECONDS = 30
_READ = "hocba_read"


def engine_options(url: str) -> dict[str, Any]:
    """Options for `create_engine`: SQLite waits for a busy writer; PostgreSQL checks a pooled connection first.

    Parameters are children's data and never stand in the text of an error.
    """
    if url.startswith("sqlite"):
        return {"hide_parameters": True, "connect_args": {"timeout": BUSY_SECONDS}}
    return {"hide_parameters": True, "pool_pre_ping": True, "connect_args": {"connect_timeout": 10}}


def configure(engine: sa.Engine, data: Path | None) -> None:
    """Give every connection of an engine our rules and keys; call once after the engine is made. As `open_engine`."""
    if data is not None:
        give_keys(engine, data)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "begin", _begin_sqlite)


def give_keys(engine: sa.Engine, data: Path) -> None:
    """Let an engine read and write encrypted columns with the keys in an instance's folder."""
    attach(engine.dialect, KeyRing(data / KEYS, partial(_connection_of, weakref.ref(engine))))


def open_engine(url: str, data: Path | None = None) -> sa.Engine:
    """An engine of its own, for the command line's migrations and for tools.

    data: the instance's folder, where the keys are; without it no encrypted column can be read or written.
    """
    engine = sa.create_engine(url, **engine_options(url))
    configure(engine, data)
    return engine


def reading(engine: sa.Engine) -> sa.Engine:
    """The same engine for transactions that only read; they neither wait for a writer nor make one wait."""
    return engine.execution_options(**{_READ: True})


@contextmanager
def _connection_of(held: "weakref.ref[sa.Engine]") -> Iterator[sa.Connection]:
    """For the key ring, which an engine has and which therefore must not hold the engine."""
    engine = held()
    if engine is None:
        raise RuntimeError("the engine is gone")
    with reading(engine).connect() as connection:
        yield connection


def _open_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transaction handling begins late; _begin_sqlite says BEGIN itself.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # SQLite cannot turn a reading transaction into a writing one while another writes: say it at BEGIN.
    reads = connection.get_execution_options().get(_READ, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
