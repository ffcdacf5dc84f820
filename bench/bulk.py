"""Rows in bulk, past the session: COPY on PostgreSQL, one prepared insert on SQLite. For benches only."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from psycopg import Connection, sql
from psycopg.types.json import Json
from sqlalchemy.orm import Session

from portal.models.base import Base


def insert(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that fill the same columns, in the session's transaction."""
    if not rows:
        return
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.execute(sa.insert(model), rows)
    else:
        _copy(connection, model.__table__, rows)


def _copy(connection: sa.Connection, table: sa.FromClause, rows: Sequence[dict[str, Any]]) -> None:
    driver = connection.connection.driver_connection
    if not isinstance(driver, Connection) or not isinstance(table, sa.Table):
        raise TypeError("not a PostgreSQL connection")
    names = list(rows[0])
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    # COPY passes by what columns do to their values, encryption for one.
    changes = {name: _change(table.c[name].type, connection.dialect) for name in names}
    with driver.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([_plain(changes[name](row[name])) for name in names])
        if isinstance(table.c.get("id"), sa.Column) and "id" in names:
            # Rows with numbers of their own leave the sequence behind.
            cursor.execute(sql.SQL("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)"), (table.name, rows[-1]["id"]))


def _change(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Callable[[Any], Any]:
    decorated = kind.dialect_impl(dialect).bind_processor(dialect) if isinstance(kind, sa.types.TypeDecorator) else None
    return decorated or _same


def _same(value: Any) -> Any:
    return value


def _plain(value: object) -> object:
    return Json(value) if isinstance(value, dict | list) else value


def next_id(session: Session, model: type[Base]) -> int:
    """The number after the largest one of a table."""
    return int(session.scalar(sa.select(sa.func.coalesce(sa.func.max(model.__table__.c.id), 0))) or 0) + 1
