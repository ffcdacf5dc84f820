"""Rows out of a database and into another one, the same text from SQLite and PostgreSQL.

A row is a JSON array: numbers and text as they are, moments as `2026-06-20 02:00:00.000000` in UTC, JSON columns as the
exact text that is stored, bytes in base64. Rows pass one at a time through the driver's own cursor (PostgreSQL: COPY).
"""

import base64
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

import sqlalchemy as sa

from portal.backup.archive import damaged
from portal.models import Base

Columns = Sequence[tuple[str, str]]

BYTES: Final = "bytes"
MOMENT: Final = "moment"
DAY: Final = "day"
JSON: Final = "json"
FLAG: Final = "flag"
NUMBER: Final = "number"
TEXT: Final = "text"
KINDS: Final = frozenset({BYTES, MOMENT, DAY, JSON, FLAG, NUMBER, TEXT})

# Order matters: a decorated moment is asked for what it decorates.
_KIND_OF: Final[tuple[tuple[type[sa.types.TypeEngine[Any]], str], ...]] = (
    (sa.LargeBinary, BYTES),
    (sa.DateTime, MOMENT),
    (sa.Date, DAY),
    (sa.JSON, JSON),
    (sa.Boolean, FLAG),
    (sa.Integer, NUMBER),
    (sa.Text, TEXT),
)
_POSTGRES_READ: Final = {
    MOMENT: "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
    DAY: "{}::text",
    JSON: "{}::text",
    FLAG: "{}::int",
    NUMBER: "{}::bigint",
}
_POSTGRES_TYPE: Final = {BYTES: "bytea", FLAG: "int4", NUMBER: "int8"}


class Driver(Protocol):
    """The driver's own connection."""

    def cursor(self) -> Any: ...


def tables() -> list[sa.Table]:
    """Every table of the models, those referred to first."""
    return Base.metadata.sorted_tables


def columns_of(table: sa.Table) -> list[tuple[str, str]]:
    """Name and kind of each column; raises TypeError for a kind that nobody taught this module yet."""
    return [(column.name, _kind(column)) for column in table.columns]


def rows_of(connection: sa.Connection, table: sa.Table) -> Iterator[bytes]:
    """Each row of a table as its line, in the order of the primary key."""
    columns = columns_of(table)
    held = [place for place, (_name, kind) in enumerate(columns) if kind == BYTES]
    for row in _read(connection, table, columns):
        values = list(row)
        for place in held:
            if values[place] is not None:
                values[place] = base64.b64encode(values[place]).decode("ascii")
        yield json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def load(connection: sa.Connection, table: str, columns: Columns, lines: Sequence[bytes]) -> None:
    """Insert rows; raises BackupRefused(DAMAGED) for a line that is no row of these columns."""
    rows = [_row(line, columns, table) for line in lines]
    names = ", ".join(_quoted(connection, name) for name, _kind_ in columns)
    driver = _driver(connection)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" for _ in columns)
        # Names are those of the schema just made, quoted.
        driver.cursor().executemany(f"INSERT INTO {_quoted(connection, table)} ({names}) VALUES ({marks})", rows)  # noqa: S608 # nosec B608
        return
    moments = [place for place, (_name, kind) in enumerate(columns) if kind == MOMENT]
    with driver.cursor() as cursor, cursor.copy(f"COPY {_quoted(connection, table)} ({names}) FROM STDIN") as copy:
        for row in rows:
            for place in moments:
                row[place] = row[place] and f"{row[place]}+00"
            copy.write_row(row)


def guards_off(connection: sa.Connection) -> list[str]:
    """Take the guards away to fill an empty database; returns what `guards_on` puts back."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
        for name, _sql in found:
            connection.exec_driver_sql(f"DROP TRIGGER {_quoted(connection, name)}")
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        return [sql for _name, sql in found]
    names = [_quoted(connection, name) for name in sa.inspect(connection).get_table_names()]
    for name in names:
        connection.exec_driver_sql(f"ALTER TABLE {name} DISABLE TRIGGER USER")
    return [f"ALTER TABLE {name} ENABLE TRIGGER USER" for name in names]


def guards_on(connection: sa.Connection, statements: Sequence[str]) -> None:
    """Put the guards back, and let new rows be numbered after those that were loaded."""
    if connection.dialect.name != "sqlite":
        _number_on(connection)
    for statement in statements:
        connection.exec_driver_sql(statement)


def count(connection: sa.Connection, table: str) -> int:
    """Rows of a table."""
    return connection.scalar(sa.select(sa.func.count()).select_from(sa.table(table))) or 0


def _kind(column: sa.Column[Any]) -> str:
    held = column.type
    plain = held.impl_instance if isinstance(held, sa.types.TypeDecorator) else held
    for known, kind in _KIND_OF:
        if isinstance(plain, known):
            return kind
    raise TypeError(f"{column}: {plain!r} cannot be backed up")


def _read(connection: sa.Connection, table: sa.Table, columns: Columns) -> Iterator[Sequence[Any]]:
    sqlite = connection.dialect.name == "sqlite"
    quoted = [(_quoted(connection, name), kind) for name, kind in columns]
    chosen = [name if sqlite else _POSTGRES_READ.get(kind, "{}").format(name) for name, kind in quoted]
    keys = ", ".join(_quoted(connection, column.name) for column in table.primary_key)
    # Names are those of our own models, quoted.
    query = f"SELECT {', '.join(chosen)} FROM {_quoted(connection, table.name)} ORDER BY {keys}"  # noqa: S608 # nosec B608
    driver = _driver(connection)
    if sqlite:
        yield from driver.cursor().execute(query)
        return
    with driver.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT") as copy:
        copy.set_types([_POSTGRES_TYPE.get(kind, "text") for _name, kind in columns])
        yield from copy.rows()


def _row(line: bytes, columns: Columns, table: str) -> list[Any]:
    try:
        values = json.loads(line)
        if not isinstance(values, list) or len(values) != len(columns):
            raise damaged(table)
        for place, (_name, kind) in enumerate(columns):
            if kind == BYTES and values[place] is not None:
                values[place] = base64.b64decode(values[place], validate=True)
    except (ValueError, TypeError) as error:
        raise damaged(table) from error
    return values


def _number_on(connection: sa.Connection) -> None:
    for name in sa.inspect(connection).get_table_names():
        for column in sa.inspect(connection).get_columns(name):
            if not column.get("autoincrement"):
                continue
            kept, quoted = _quoted(connection, name), _quoted(connection, column["name"])
            # Names are those of the schema just made, quoted.
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{kept}', '{column['name']}'), MAX({quoted})) FROM {kept}"  # noqa: S608 # nosec B608
                f" HAVING MAX({quoted}) IS NOT NULL"
            )


def _quoted(connection: sa.Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)


def _driver(connection: sa.Connection) -> Driver:
    held: Driver | None = connection.connection.driver_connection
    if held is None:
        raise RuntimeError("no connection")
    return held
