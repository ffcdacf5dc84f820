"""Locked means locked: the database itself refuses to change what is locked (domain §4, plan PL 1.1).

The same rules on SQLite and PostgreSQL. A database administrator can remove them; `hocba audit` then finds what
was changed. Written as text here and never imported from the models: a migration must not change with them.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

LOCKED_VERSION = "EXISTS (SELECT 1 FROM record_version v WHERE v.id = {row}.version_id AND v.state = 'locked')"
LOCKED_YEAR = "EXISTS (SELECT 1 FROM record_version v WHERE v.year_record_id = {row}.id AND v.state = 'locked')"
LOCKED_TRANSCRIPT = (
    "EXISTS (SELECT 1 FROM year_record y JOIN record_version v ON v.year_record_id = y.id"
    " WHERE y.transcript_id = {row}.id AND v.state = 'locked')"
)

# table, events, condition with {row} for OLD or NEW
RULES = (
    ("record_version", ("UPDATE", "DELETE"), "{row}.state = 'locked'"),
    ("record_version", ("INSERT",), "{row}.state = 'locked'"),
    ("record_signature", ("INSERT", "UPDATE", "DELETE"), LOCKED_VERSION),
    ("year_record", ("UPDATE", "DELETE"), LOCKED_YEAR),
    ("transcript", ("DELETE",), LOCKED_TRANSCRIPT),
    ("blob", ("UPDATE", "DELETE"), "1 = 1"),
    ("log_entry", ("UPDATE", "DELETE"), "1 = 1"),
    ("log_opening", ("UPDATE", "DELETE"), "1 = 1"),
    ("log_tile", ("UPDATE", "DELETE"), "1 = 1"),
    ("log_checkpoint", ("UPDATE", "DELETE"), "1 = 1"),
    ("state_change", ("UPDATE", "DELETE"), "1 = 1"),
    ("access_event", ("UPDATE", "DELETE"), "1 = 1"),
    ("key_authorisation", ("DELETE",), "1 = 1"),
)
CODE_IS_FOR_EVER = ("transcript", "NEW.lookup_code <> OLD.lookup_code")
TABLES = sorted({table for table, _events, _condition in RULES})


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def _row(event: str) -> str:
    return "NEW" if event == "INSERT" else "OLD"


def _sqlite() -> None:
    for table, events, condition in RULES:
        for event in events:
            op.execute(
                f"CREATE TRIGGER guard_{table}_{event.lower()} BEFORE {event} ON {table}"
                f" WHEN {condition.format(row=_row(event))}"
                f" BEGIN SELECT RAISE(ABORT, 'hocba: {table} is locked'); END"
            )
    table, condition = CODE_IS_FOR_EVER
    op.execute(
        f"CREATE TRIGGER guard_{table}_code BEFORE UPDATE ON {table} WHEN {condition}"
        f" BEGIN SELECT RAISE(ABORT, 'hocba: {table} is locked'); END"
    )


def _postgresql() -> None:
    for table, events, condition in RULES:
        for event in events:
            _postgresql_trigger(table, event, condition.format(row=_row(event)), event.lower())
    _postgresql_trigger(CODE_IS_FOR_EVER[0], "UPDATE", CODE_IS_FOR_EVER[1], "code")
    op.execute(
        "CREATE FUNCTION hocba_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION 'hocba: % is locked', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER guard_{table}_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION hocba_refuse_truncate()"
        )


def _postgresql_trigger(table: str, event: str, condition: str, suffix: str) -> None:
    """Conditions with a subquery may not stand in WHEN, so each rule has a function of its own."""
    kept = "OLD" if event == "DELETE" else "NEW"
    op.execute(
        f"CREATE FUNCTION hocba_guard_{table}_{suffix}() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN IF {condition} THEN RAISE EXCEPTION 'hocba: {table} is locked'"
        f" USING ERRCODE = 'restrict_violation'; END IF; RETURN {kept}; END $$"
    )
    op.execute(
        f"CREATE TRIGGER guard_{table}_{suffix} BEFORE {event} ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION hocba_guard_{table}_{suffix}()"
    )
