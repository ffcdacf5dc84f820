"""Counts of pupils instead of versions: what counts of each pupil's year, and the counts from it (decision 0049)"""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from alembic import op

from portal.migrations.guards import any_changed, is_sqlite

revision = "0037"
down_revision = "0028"

_OPEN = ("draft", "submitted", "rejected")
_COUNTS = (*_OPEN, "accepted", "withdrawn", "locked", "second_open", "second_accepted", "second_locked")
# The school first: its row is what two changes of one school wait for, in whatever order they come to its classes.
_KEYS = {
    "school_count": ("school_year", "unit_id"),
    "class_count": ("school_year", "unit_id", "class_name"),
    "school_day": ("school_year", "unit_id", "day"),
}
_COUNTED = ("school_count", "class_count")
_HELD = ("version_id", "school_year", "unit_id", "class_name", "state", "second_round", "day")
_TOLD_BY = ("state", "version", "class_name", "issuing_unit_id", "year_record_id", "awaits_assessment", "accepted_at")
_PLACE = _KEYS["class_count"]


def upgrade() -> None:
    _drop_counts_of_versions()
    _counted_table()
    for name in _KEYS:
        _counts_table(name)
    op.create_index("ix_school_day_day", "school_day", ["school_year", "day", "accepted"])
    op.execute(_keep("TRUE" if not is_sqlite() else "1"))
    _count_what_is_there()
    _follow_versions()
    _follow_counted_years()


def _drop_counts_of_versions() -> None:
    for event in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER count_record_version_{event}" + ("" if is_sqlite() else " ON record_version"))
    if not is_sqlite():
        op.execute("DROP FUNCTION hocba_count_record_version()")
    for name in _KEYS:
        op.drop_table(name)


def _counted_table() -> None:
    op.create_table(
        "counted_year",
        sa.Column("year_record_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("school_year", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("class_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("second_round", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["year_record_id"], ["year_record.id"], name=op.f("fk_counted_year_year_record_id")),
        sa.PrimaryKeyConstraint("year_record_id", name=op.f("pk_counted_year")),
    )
    # No state in it, so that a change of state leaves the index alone.
    op.create_index("ix_counted_year_unit_id_school_year", "counted_year", ["unit_id", "school_year"])


def _counts_table(name: str) -> None:
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


# Names of our own tables and columns only, here and below.
def _keep(which: str) -> str:
    """Write what counts of the years of which the condition on v holds: the newest locked version, else the newest.

    The first lock decides on round and day for good: a correction moves nobody into another round.
    """
    locked, other_locked = "(v.state = 'locked')", "(o.state = 'locked')"
    better = f"({other_locked} > {locked} OR ({other_locked} = {locked} AND o.version > v.version))"
    first_lock = (
        "(SELECT min(l.version) FROM record_version l WHERE l.year_record_id = v.year_record_id AND l.state = 'locked')"
    )
    awaited = (
        "EXISTS (SELECT 1 FROM record_version a WHERE a.year_record_id = v.year_record_id"
        " AND a.awaits_assessment AND a.version <= f.version)"
    )
    changed = " OR ".join(f"counted_year.{name} {_differs()} excluded.{name}" for name in _HELD)
    return (
        f"INSERT INTO counted_year (year_record_id, {', '.join(_HELD)})"  # nosec B608
        f" SELECT v.year_record_id, v.id, y.school_year, v.issuing_unit_id, v.class_name, v.state, {awaited},"
        f" CASE WHEN v.state IN ('accepted', 'locked') THEN {_day('f')} END"
        " FROM record_version v JOIN year_record y ON y.id = v.year_record_id"
        # By the year first: before the first statistics PostgreSQL reads the whole index of ids to find one
        f" JOIN record_version f ON f.year_record_id = v.year_record_id AND f.version = COALESCE({first_lock}, v.version)"
        f" WHERE {which} AND NOT EXISTS (SELECT 1 FROM record_version o"
        f" WHERE o.year_record_id = v.year_record_id AND {better})"
        f" ON CONFLICT (year_record_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _HELD)}"
        f" WHERE {changed};"
    )


def _differs() -> str:
    return "IS NOT" if is_sqlite() else "IS DISTINCT FROM"


def _day(row: str) -> str:
    """The day of the province: UTC+7 without summer time."""
    if is_sqlite():
        return f"date({row}.accepted_at, '+7 hours')"
    return f"({row}.accepted_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"


def _settle(year: str) -> list[str]:
    """Bring what counts of a year up to date."""
    # Nobody else may look at the versions between our look and our writing; each statement sees what was committed.
    hold = [] if is_sqlite() else [f"PERFORM 1 FROM counted_year WHERE year_record_id = {year} FOR UPDATE;"]  # nosec B608
    return [*hold, _keep(f"v.year_record_id = {year}")]


def _leave(year: str) -> list[str]:
    """The same for a year that a version left: one without any counts no more."""
    gone = (
        f"DELETE FROM counted_year WHERE year_record_id = {year}"  # nosec B608
        f" AND NOT EXISTS (SELECT 1 FROM record_version v WHERE v.year_record_id = {year});"
    )
    return [*_settle(year), gone]


def _follow_versions() -> None:
    table, new, old = "record_version", _settle("NEW.year_record_id"), _leave("OLD.year_record_id")
    _trigger("keep", table, "INSERT", new)
    _trigger("keep", table, "UPDATE", new, any_changed(_TOLD_BY))
    _trigger("keep_moved", table, "UPDATE", old, any_changed(("year_record_id",)))
    _trigger("keep", table, "DELETE", old)


def _follow_counted_years() -> None:
    table = "counted_year"
    place, day = any_changed(_PLACE), any_changed(_KEYS["school_day"])
    state = f"NOT {place} AND {any_changed(('state', 'second_round'))}"
    _trigger("count", table, "INSERT", _more("NEW"))
    _trigger("count_state", table, "UPDATE", _shift(), state)
    _trigger("count_place", table, "UPDATE", _less("OLD") + _more("NEW"), place)
    _trigger("count", table, "DELETE", _less("OLD"))
    _trigger("day", table, "INSERT", [_day_more("NEW")], "NEW.day IS NOT NULL")
    _trigger("day", table, "UPDATE", [_day_less("OLD"), _day_more("NEW")], day)
    _trigger("day", table, "DELETE", [_day_less("OLD")], "OLD.day IS NOT NULL")


def _trigger(name: str, table: str, event: str, statements: Sequence[str], condition: str = "1 = 1") -> None:
    trigger, body = f"{name}_{table}_{event.lower()}", " ".join(statements)
    if is_sqlite():
        op.execute(f"CREATE TRIGGER {trigger} AFTER {event} ON {table} WHEN {condition} BEGIN {body} END")
        return
    # A session plans once. Before the first statistics it takes a table for small and would read it all for each row:
    # measured, 8,000 versions in one transaction took 49 s instead of 5.
    op.execute(
        f"CREATE FUNCTION hocba_{trigger}() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off"
        f" AS $$ BEGIN {body} RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {trigger} AFTER {event} ON {table}"
        f" FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION hocba_{trigger}()"
    )


def _one(column: str, row: str) -> str:
    """What a year adds to a count: 1 or 0."""
    open_ = ", ".join(f"'{state}'" for state in _OPEN)
    when = {
        "second_open": f"{row}.second_round AND {row}.state IN ({open_})",
        "second_accepted": f"{row}.second_round AND {row}.state = 'accepted'",
        "second_locked": f"{row}.second_round AND {row}.state = 'locked'",
    }.get(column, f"{row}.state = '{column}'")
    return f"CASE WHEN {when} THEN 1 ELSE 0 END"


def _of(table: str, row: str) -> str:
    return " AND ".join(f"{name} = {row}.{name}" for name in _KEYS[table])


def _more(row: str) -> list[str]:
    statements = []
    for table in _COUNTED:
        values = [f"{row}.{name}" for name in _KEYS[table]] + [_one(name, row) for name in _COUNTS]
        added = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in _COUNTS)
        statements.append(
            f"INSERT INTO {table} ({', '.join((*_KEYS[table], *_COUNTS))}) VALUES ({', '.join(values)})"  # nosec B608
            f" ON CONFLICT ({', '.join(_KEYS[table])}) DO UPDATE SET {added};"
        )
    return statements


def _less(row: str) -> list[str]:
    taken = ", ".join(f"{name} = {name} - {_one(name, row)}" for name in _COUNTS)
    return [f"UPDATE {table} SET {taken} WHERE {_of(table, row)};" for table in _COUNTED]  # nosec B608


def _shift() -> list[str]:
    """From one state to another in the same class: one write of each table."""
    moved = ", ".join(f"{name} = {name} - {_one(name, 'OLD')} + {_one(name, 'NEW')}" for name in _COUNTS)
    return [f"UPDATE {table} SET {moved} WHERE {_of(table, 'NEW')};" for table in _COUNTED]  # nosec B608


def _day_more(row: str) -> str:
    days = _KEYS["school_day"]
    return (
        f"INSERT INTO school_day ({', '.join(days)}, accepted)"  # nosec B608
        f" SELECT {', '.join(f'{row}.{name}' for name in days)}, 1 WHERE {row}.day IS NOT NULL"
        f" ON CONFLICT ({', '.join(days)}) DO UPDATE SET accepted = school_day.accepted + 1;"
    )


def _day_less(row: str) -> str:
    return f"UPDATE school_day SET accepted = accepted - 1 WHERE {_of('school_day', row)};"  # nosec B608


def _count_what_is_there() -> None:
    sums = ", ".join(f"SUM({_one(name, 's')})" for name in _COUNTS)
    for table, columns, what in (
        *((table, _COUNTS, f"{sums} FROM counted_year s") for table in _COUNTED),
        ("school_day", ("accepted",), "COUNT(*) FROM counted_year s WHERE s.day IS NOT NULL"),
    ):
        key = ", ".join(f"s.{name}" for name in _KEYS[table])
        op.execute(
            f"INSERT INTO {table} ({', '.join((*_KEYS[table], *columns))})"  # nosec B608
            f" SELECT {key}, {what} GROUP BY {key}"
        )
