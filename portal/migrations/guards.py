"""Triggers that refuse what must not happen to a table, alike on SQLite and PostgreSQL.

Migrations use them from 0007 on. What is here is part of history: a trigger of another kind is another function.
"""

from collections.abc import Sequence

from alembic import op

ALWAYS = "1 = 1"


def is_sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"


def differs() -> str:
    """The comparison that tells NULL from a value."""
    return "IS NOT" if is_sqlite() else "IS DISTINCT FROM"


def any_changed(columns: Sequence[str]) -> str:
    """A condition: an update changes one of these columns."""
    return "(" + " OR ".join(f"NEW.{column} {differs()} OLD.{column}" for column in columns) + ")"


def guard(table: str, event: str, condition: str = ALWAYS, name: str = "") -> None:
    """Refuse an event on a row of which the condition holds.

    event: INSERT, UPDATE or DELETE. condition: of OLD and NEW. name: of the trigger, else that of the event.
    """
    trigger = f"{table}_{name or event.lower()}"
    if is_sqlite():
        op.execute(
            f"CREATE TRIGGER guard_{trigger} BEFORE {event} ON {table} WHEN {condition}"
            f" BEGIN SELECT RAISE(ABORT, 'hocba: {table} is locked'); END"
        )
        return
    kept = "OLD" if event == "DELETE" else "NEW"
    op.execute(
        f"CREATE FUNCTION hocba_guard_{trigger}() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN IF {condition} THEN RAISE EXCEPTION 'hocba: {table} is locked'"
        f" USING ERRCODE = 'restrict_violation'; END IF; RETURN {kept}; END $$"
    )
    op.execute(
        f"CREATE TRIGGER guard_{trigger} BEFORE {event} ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION hocba_guard_{trigger}()"
    )


def guard_truncate(*tables: str) -> None:
    """Refuse TRUNCATE, which no trigger of rows sees; SQLite has none."""
    if is_sqlite():
        return
    for table in tables:
        op.execute(
            f"CREATE TRIGGER guard_{table}_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION hocba_refuse_truncate()"
        )


def append_only(*tables: str) -> None:
    """Rows are written once, never changed and never taken away."""
    for table in tables:
        guard(table, "UPDATE")
        guard(table, "DELETE")
    guard_truncate(*tables)
