"""A new master key: the data keys are wrapped anew and one more is made for what comes; no stored value changes.

The file is there before the database names it, so a cut in between leaves a key that nothing uses, and nothing else.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from portal.encryption.data_keys import DATA_KEY, Purpose, add, name_of, unwrapped
from portal.encryption.masters import master_path, new_master, read_master


@dataclass(frozen=True, slots=True)
class Rotated:
    """made: file of the new key. former: files that backups of before still need. data_keys: how many stand now."""

    made: Path
    former: tuple[Path, ...]
    data_keys: int


def rotate(connection: sa.Connection, folder: Path, now: datetime) -> Rotated:
    """Make and use a new master key, in the caller's transaction; raises KeyFault when a key of today is not there."""
    rows = connection.execute(sa.select(DATA_KEY).order_by(DATA_KEY.c.id).with_for_update()).all()
    masters = {id_: read_master(folder, id_) for id_ in sorted({row.wrapped_by for row in rows})}
    opened = {row.id: (row.purpose, unwrapped(masters[row.wrapped_by], row)) for row in rows}
    fresh = new_master(folder)
    for number, (purpose, key) in opened.items():
        wrapped = fresh.wrap(name_of(number, purpose), key)
        connection.execute(
            sa.update(DATA_KEY).where(DATA_KEY.c.id == number).values(wrapped=wrapped, wrapped_by=fresh.id)
        )
    add(connection, fresh, Purpose.VALUES, now)
    former = tuple(master_path(folder, id_) for id_ in masters)
    return Rotated(master_path(folder, fresh.id), former, len(rows) + 1)
