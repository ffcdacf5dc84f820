"""Counts of each school and class by state and by day of acceptance, kept by triggers in the transaction of a change"""

from datetime import date

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import any_changed, is_sqlite

revision = "0023"
down_revision = "0022"

_STATES = ("draft", "submitted", "accepted", "rejected", "replaced", "withdrawn", "locked")
_COUNTS = (*_STATES, "second_open", "second_accepted")
# The school first: its row is what two changes of one school wait for, in whatever order they come to its classes.
_KEYS = {
    "school_count": ("school_year", "unit_id"),
    "class_count": ("school_year", "unit_id", "class_name"),
    "school_day": ("school_year", "unit_id", "day"),
}
_COUNTED = ("school_count", "class_count")
_TOLD_BY = ("state", "class_name", "issuing_unit_id", "year_record_id", "awaits_assessment", "accepted_at")


def upgrade() -> None:
    for name in _KEYS:
        _table(name)
    op.create_index("ix_school_day_day", "school_day", ["school_year", "day", "accepted"])
    _count_what_is_there()
    if is_sqlite():
        _sqlite("insert", "INSERT", "1 = 1", _more("NEW"))
        _sqlite("update", "UPDATE", any_changed(_TOLD_BY), _less("OLD") + _more("NEW"))
        _sqlite("delete", "DELETE", "1 = 1", _less("OLD"))
    else:
        _postgresql()


def _table(name: str) -> None:
    columns: list[sa.Column[int] | sa.Column[str] | sa.Column[date]] = [
        sa.Column("school_year", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
    ]
    if name == "class_count":
        columns.append(sa.Column("class_name", sa.Text(), nullable=False))
    if name == "school_day":
        columns += [sa.Column("day", sa.Date(), nullable=False), sa.Column("accepted", sa.Integer(), nullable=False)]
    else:
        columns += [sa.Column(count, sa.Integer(), nullable=False) for count in _COUNTS]
    op.create_table(
        name,
        *columns,
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f(f"fk_{name}_unit_id")),
        sa.PrimaryKeyConstraint(*_KEYS[name], name=op.f(f"pk_{name}")),
    )


def _one(column: str, row: str) -> str:
    """What a version adds to a count: 1 or 0."""
    when = {
        "second_open": f"{row}.awaits_assessment AND {row}.state IN ('draft', 'submitted')",
        "second_accepted": f"{row}.awaits_assessment AND {row}.state = 'accepted'",
    }.get(column, f"{row}.state = '{column}'")
    return f"CASE WHEN {when} THEN 1 ELSE 0 END"


def _day(row: str) -> str:
    """The day of the province: UTC+7 without summer time."""
    if is_sqlite():
        return f"date({row}.accepted_at, '+7 hours')"
    return f"({row}.accepted_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"


def _stands(row: str) -> str:
    return f"{row}.state IN ('accepted', 'locked') AND {row}.accepted_at IS NOT NULL"


def _keyed(table: str, row: str) -> list[str]:
    """The key under which a version is counted; y: its row of year_record."""
    of = {
        "school_year": "y.school_year",
        "unit_id": f"{row}.issuing_unit_id",
        "class_name": f"{row}.class_name",
        "day": _day(row),
    }
    return [of[name] for name in _KEYS[table]]


def _where(table: str, row: str) -> str:
    year = f"(SELECT y.school_year FROM year_record y WHERE y.id = {row}.year_record_id)"  # nosec B608
    values = [year, *_keyed(table, row)[1:]]
    return " AND ".join(f"{name} = {value}" for name, value in zip(_KEYS[table], values, strict=True))


# Names of our own tables and columns only.
def _more(row: str) -> list[str]:
    year = f"FROM year_record y WHERE y.id = {row}.year_record_id"
    counts = ", ".join(_one(name, row) for name in _COUNTS)
    statements = []
    for table in _COUNTED:
        added = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in _COUNTS)
        statements.append(
            f"INSERT INTO {table} ({', '.join((*_KEYS[table], *_COUNTS))})"  # nosec B608
            f" SELECT {', '.join(_keyed(table, row))}, {counts} {year}"
            f" ON CONFLICT ({', '.join(_KEYS[table])}) DO UPDATE SET {added};"
        )
    days = ", ".join(_KEYS["school_day"])
    statements.append(
        f"INSERT INTO school_day ({days}, accepted)"  # nosec B608
        f" SELECT {', '.join(_keyed('school_day', row))}, 1 {year} AND {_stands(row)}"
        f" ON CONFLICT ({days}) DO UPDATE SET accepted = school_day.accepted + 1;"
    )
    return statements


def _less(row: str) -> list[str]:
    taken = ", ".join(f"{name} = {name} - {_one(name, row)}" for name in _COUNTS)
    return [
        *(f"UPDATE {table} SET {taken} WHERE {_where(table, row)};" for table in _COUNTED),  # nosec B608
        "UPDATE school_day SET accepted = accepted - 1"  # nosec B608
        f" WHERE {_where('school_day', row)} AND {_stands(row)};",
    ]


def _sqlite(name: str, event: str, condition: str, statements: list[str]) -> None:
    body = " ".join(statements)
    op.execute(
        f"CREATE TRIGGER count_record_version_{name} AFTER {event} ON record_version WHEN {condition} BEGIN {body} END"
    )


def _postgresql() -> None:
    less, more = " ".join(_less("OLD")), " ".join(_more("NEW"))
    op.execute(
        "CREATE FUNCTION hocba_count_record_version() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF TG_OP <> 'INSERT' THEN {less} END IF;"
        f" IF TG_OP <> 'DELETE' THEN {more} END IF;"
        " RETURN NULL; END $$"
    )
    conditions = {"INSERT": "TRUE", "UPDATE": any_changed(_TOLD_BY), "DELETE": "TRUE"}
    for event, condition in conditions.items():
        op.execute(
            f"CREATE TRIGGER count_record_version_{event.lower()} AFTER {event} ON record_version"
            f" FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION hocba_count_record_version()"
        )


def _count_what_is_there() -> None:
    sums = ", ".join(f"SUM({_one(name, 'v')})" for name in _COUNTS)
    of = "FROM record_version v JOIN year_record y ON y.id = v.year_record_id"
    for table, columns, what in (
        *((table, _COUNTS, f"{sums} {of}") for table in _COUNTED),
        ("school_day", ("accepted",), f"COUNT(*) {of} WHERE {_stands('v')}"),
    ):
        key = ", ".join(_keyed(table, "v"))
        op.execute(
            f"INSERT INTO {table} ({', '.join((*_KEYS[table], *columns))})"  # nosec B608
            f" SELECT {key}, {what} GROUP BY {key}"
        )
