"""Encryption at rest of what tells who a pupil is (decision 0050)

What is there is encrypted in this transaction, some rows at a time; `portal.migrations.upgrade` sweeps afterwards.
"""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from portal.encryption import data_keys
from portal.encryption.data_keys import DataKeys
from portal.encryption.ring import ring_of
from portal.migrations.guards import any_changed, guard, guard_truncate, is_sqlite

revision = "0038"
down_revision = "0040"

# table, key, columns
_BYTES: Final = (
    ("blob", "sha256", ("data",)),
    ("upload", "id", ("data",)),
    ("transfer_file", "item_id", ("data",)),
    ("earlier_import", "id", ("data",)),
    ("exchange_departure", "request_id", ("bundle", "answer")),
    ("exchange_arrival", "id", ("bundle",)),
)
_TEXTS: Final = (
    ("mail_address", "account_id", ("address",)),
    ("mail", "id", ("address",)),
    ("kept_answer", "id", ("body",)),
)
_JSONS: Final = (("packet", "id", ("report",)), ("upload", "id", ("judged", "layout")))
_NUMBERS: Final = ("personal_id", "moet_student_code")
_BIRTH_DATES: Final = (("transcript", False), ("transfer_item", True))
_AT_ONCE: Final = 200


def upgrade() -> None:
    connection = op.get_bind()
    _table()
    keys = _keys(connection)
    for name in _NUMBERS:
        # The unique constraint goes along with the name: the index is unique, as the number was.
        op.execute(f"ALTER TABLE transcript RENAME COLUMN {name} TO {name}_index")
        op.add_column("transcript", sa.Column(name, sa.Text(), nullable=True))
    for table, nullable in _BIRTH_DATES:
        _make_text(table, nullable)
    if keys is None:
        _drop_plain()
        return
    if is_sqlite():
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
    with _unguarded(connection):
        for table, key, columns in _BYTES:
            _each(connection, table, key, columns, lambda place, value: keys.seal(place, bytes(value)))
        for table, key, columns in _TEXTS:
            _each(connection, table, key, columns, lambda place, value: _text(keys, place, value))
        for table, key, columns in _JSONS:
            _each(connection, table, key, columns, lambda place, value: _json(keys, place, value))
        _cells(connection, keys)
        _people(connection, keys)
    _drop_plain()


def _table() -> None:
    op.create_table(
        "data_key",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("purpose IN ('values', 'index')", name=op.f("ck_data_key_purpose")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_key")),
    )
    guard("data_key", "UPDATE", any_changed(("id", "purpose", "created_at")))
    guard("data_key", "DELETE")
    guard_truncate("data_key")


def _keys(connection: sa.Connection) -> DataKeys | None:
    """Keys for what is there; an empty instance gets its own from `create_instance`, or from the backup."""
    if connection.scalar(sa.text("SELECT id FROM unit LIMIT 1")) is None:
        return None
    return data_keys.begin(connection, ring_of(connection.dialect).folder, datetime.now(UTC))


def _make_text(table: str, nullable: bool) -> None:
    """SQLite gives a column no other type, and none without a default to a table that has rows."""
    op.execute(f"ALTER TABLE {table} RENAME COLUMN birth_date TO birth_date_plain")
    default = None if nullable or not is_sqlite() else ""
    op.add_column(
        table, sa.Column("birth_date", sa.Text(), nullable=nullable or not is_sqlite(), server_default=default)
    )


def _drop_plain() -> None:
    for table, nullable in _BIRTH_DATES:
        op.execute(f"ALTER TABLE {table} DROP COLUMN birth_date_plain")
        if not nullable and not is_sqlite():
            op.alter_column(table, "birth_date", nullable=False)


def _text(keys: DataKeys, place: str, value: str) -> str:
    return base64.b64encode(keys.seal(place, value.encode())).decode("ascii")


def _json(keys: DataKeys, place: str, value: Any) -> str | None:
    """What is stored, as its text or as the driver read it; a JSON null was no value."""
    held = json.loads(value) if isinstance(value, str) else value
    return None if held is None else json.dumps(_text(keys, place, json.dumps(held, ensure_ascii=False)))


def _each(
    connection: sa.Connection, table: str, key: str, columns: tuple[str, ...], change: Callable[[str, Any], Any]
) -> None:
    for column in columns:
        chosen = f"SELECT {key} AS key, {column} AS value FROM {table} WHERE {column} IS NOT NULL"  # nosec B608 - names of our own tables
        update = sa.text(f"UPDATE {table} SET {column} = :value WHERE {key} = :key")  # nosec B608 - names of our own tables
        for rows in _parts(connection, table, key, chosen):
            place = f"{table}.{column}"
            connection.execute(update, [{"key": row.key, "value": change(place, row.value)} for row in rows])


def _cells(connection: sa.Connection, keys: DataKeys) -> None:
    update = sa.text(
        "UPDATE amendment_cell SET before = :before, after = :after WHERE amendment_id = :amendment_id AND path = :path"
    )
    for row in connection.execute(sa.text("SELECT amendment_id, path, before, after FROM amendment_cell")).all():
        sealed = {name: _text(keys, f"amendment_cell.{name}", getattr(row, name)) for name in ("before", "after")}
        connection.execute(update, {"amendment_id": row.amendment_id, "path": row.path, **sealed})


def _people(connection: sa.Connection, keys: DataKeys) -> None:
    chosen = "SELECT id AS key, personal_id_index, moet_student_code_index, birth_date_plain FROM transcript"
    update = sa.text(
        "UPDATE transcript SET birth_date = :birth_date, personal_id = :personal_id,"
        " personal_id_index = :personal_id_index, moet_student_code = :moet_student_code,"
        " moet_student_code_index = :moet_student_code_index WHERE id = :key"
    )
    for rows in _parts(connection, "transcript", "id", f"{chosen} WHERE 1 = 1"):
        connection.execute(update, [_person(keys, row) for row in rows])
    born = "SELECT id AS key, birth_date_plain AS value FROM transfer_item WHERE birth_date_plain IS NOT NULL"
    update = sa.text("UPDATE transfer_item SET birth_date = :value WHERE id = :key")
    for rows in _parts(connection, "transfer_item", "id", born):
        found = [{"key": row.key, "value": _text(keys, "transfer_item.birth_date", str(row.value))} for row in rows]
        connection.execute(update, found)


def _person(keys: DataKeys, row: Any) -> dict[str, Any]:
    found = {"key": row.key, "birth_date": _text(keys, "transcript.birth_date", str(row.birth_date_plain))}
    for name in _NUMBERS:
        value, place = getattr(row, f"{name}_index"), f"transcript.{name}"
        found[name] = None if value is None else _text(keys, place, value)
        found[f"{name}_index"] = None if value is None else keys.index(place, value)
    return found


def _parts(connection: sa.Connection, table: str, key: str, chosen: str) -> Iterator[Any]:
    """Rows in the order of their key, some at a time: what changes them never runs beside what reads them."""
    last: object = None
    while True:
        after = "" if last is None else f" AND {table}.{key} > :last"
        query = sa.text(f"{chosen}{after} ORDER BY {table}.{key} LIMIT {_AT_ONCE}")
        rows = connection.execute(query, {} if last is None else {"last": last}).all()
        if not rows:
            return
        yield rows
        last = rows[-1].key


@contextmanager
def _unguarded(connection: sa.Connection) -> Iterator[None]:
    """Signed bytes and steps are never changed; here they stay the same to every reader."""
    tables = [table for table, _key, _columns in (*_BYTES, *_TEXTS)] + ["amendment_cell", "transcript"]
    if not is_sqlite():
        for table in tables:
            op.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        for table in tables:
            op.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        return
    held = connection.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for name, _made in held:
        op.execute(f"DROP TRIGGER {name}")
    yield
    for _name, made in held:
        connection.exec_driver_sql(made)
