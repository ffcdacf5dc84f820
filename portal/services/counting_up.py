"""Adding to kept counts: a row that is there grows, one that is not is made; in one order, so none wait crosswise."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.models import Base


def add_up(session: Session, table: type[Base], counts: Mapping[tuple[Any, ...], int]) -> None:
    """Add to the counts of a table. counts: by its primary key, in the order of the columns; may be negative."""
    rows = [(key, count) for key, count in sorted(counts.items()) if count]
    if not rows:
        return
    keys = [column.name for column in table.__table__.primary_key]
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = make(table)
    total = table.__table__.c["count"] + statement.excluded["count"]
    statement = statement.on_conflict_do_update(index_elements=keys, set_={"count": total})
    session.execute(statement, [dict(zip(keys, key, strict=True)) | {"count": count} for key, count in rows])
