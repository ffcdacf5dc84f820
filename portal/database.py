"""The engine: one way to open SQLite or PostgreSQL, with the transaction rules that both need.

A transaction may write unless it is opened through `reading`. A use case that waits for something slow (a child
process) must not do so inside a writing transaction: with SQLite it would hold up every other writer.
"""

import sqlite3
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

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


def configure(engine: sa.Engine) -> None:
    """Give every connection of an engine our rules; call once after the engine is made."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "begin", _begin_sqlite)


def open_engine(url: str) -> sa.Engine:
    """An engine of its own, for the command line's migrations and for tools."""
    engine = sa.create_engine(url, **engine_options(url))
    configure(engine)
    return engine


def reading(engine: sa.Engine) -> sa.Engine:
    """The same engine for transactions that only read; they neither wait for a writer nor make one wait."""
    return engine.execution_options(**{_READ: True})


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
