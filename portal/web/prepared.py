"""Core statements run on the driver itself: compiled once, then only bound, sent and fetched.

For the one read behind every printed QR. SQLAlchemy's own execution finds the compiled form of a statement anew and
opens a transaction for it; on SQLite that is ten times the query (measured: 155 µs a lookup, so 55). What stays is
the pool with its checks, the statement as it is written in services, and the types of its columns.
"""

from collections import deque, namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.pool import PoolProxiedConnection

Processor = Callable[[Any], Any]


class Prepared:
    """One statement for one dialect."""

    def __init__(self, statement: sa.Select[Any], dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        columns = list(statement.selected_columns)
        self.text = str(compiled)
        self._parameters = compiled.params
        self._order: Sequence[str] | None = compiled.positiontup
        self._row = namedtuple("Row", [column.name for column in columns])  # type: ignore[misc]
        processors = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._processors: list[tuple[int, Processor]] = [
            (index, processor) for index, processor in enumerate(processors) if processor is not None
        ]

    def fetch(self, cursor: DBAPICursor, parameters: Mapping[str, object]) -> list[Any]:
        """Rows with the names and types of the statement's columns."""
        bound = {**self._parameters, **parameters}
        cursor.execute(self.text, bound if self._order is None else [bound[name] for name in self._order])
        return [self._typed(row) for row in cursor.fetchall()]

    def _typed(self, row: Sequence[Any]) -> Any:
        values = list(row)
        for index, processor in self._processors:
            values[index] = processor(values[index])
        return self._row(*values)


class Rows(list[Any]):
    """A result that is already here."""

    def all(self) -> "Rows":
        return self


class Connections:
    """Connections kept open for such statements, on SQLite: as many as threads ever read at once.

    Taking one from the engine's pool and giving it back costs as much as the query (measured: 27 of 83 µs a lookup),
    and no server can end a connection to a file.
    """

    def __init__(self) -> None:
        self._idle: deque[PoolProxiedConnection] = deque()

    def take(self, engine: sa.Engine) -> PoolProxiedConnection:
        """One that nobody else uses until it is given back."""
        try:
            return self._idle.pop()
        except IndexError:
            connection = engine.raw_connection()
            connection.detach()
            return connection

    def give_back(self, connection: PoolProxiedConnection) -> None:
        """Keep it for the next."""
        self._idle.append(connection)

    def close(self) -> None:
        """Close what is kept; for when the engine's own are closed."""
        while self._idle:
            self._idle.pop().close()


class DriverReader:
    """Stands where a `sa.Connection` is only asked to run one Core select; use as a context manager.

    A single statement needs no transaction: SQLite reads it in its own, and the pool ends what PostgreSQL opens.
    """

    def __init__(self, engine: sa.Engine, prepared: dict[int, Prepared], connections: Connections) -> None:
        self._engine = engine
        self._prepared = prepared
        self._connections = connections
        self._keeps = engine.dialect.name == "sqlite"

    def __enter__(self) -> "DriverReader":
        engine = self._engine
        self._connection = self._connections.take(engine) if self._keeps else engine.raw_connection()
        return self

    def __exit__(self, error: type[BaseException] | None, *_more: object) -> None:
        if self._keeps and error is None:
            self._connections.give_back(self._connection)
        else:
            self._connection.close()

    def execute(self, statement: sa.Select[Any], parameters: Mapping[str, object]) -> Rows:
        """Run a statement that lives as long as the process; raises OperationalError for whatever the driver says."""
        prepared = self._prepared.get(id(statement))
        if prepared is None:
            prepared = self._prepared[id(statement)] = Prepared(statement, self._engine.dialect)
        cursor = self._connection.cursor()
        try:
            return Rows(prepared.fetch(cursor, parameters))
        except self._engine.dialect.loaded_dbapi.Error as error:
            raise sa.exc.OperationalError("lookup", None, error) from error
        finally:
            cursor.close()
