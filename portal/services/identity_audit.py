"""Numbers and birth dates of pupils as they are stored: each opens where it stands, and each number at its index.

A number that was moved to another pupil does not match the index there. A birth date that was moved whole from another
pupil opens: the signed bytes tell it, to whoever compares.
"""

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.encryption.faults import Broken
from portal.encryption.ring import KeyRing, ring_of
from portal.models import Transcript

_AT_ONCE: Final = 1000
_NAMES: Final = ("personal_id", "moet_student_code", "birth_date")
_PLAIN: Final = sa.Text()


def broken(session: Session) -> Iterator[tuple[str, str]]:
    """Lookup code and column of each value that does not hold; raises KeyFault without the keys."""
    ring = ring_of(session.get_bind().dialect)
    columns = [sa.type_coerce(Transcript.__table__.c[name], _PLAIN) for name in _NAMES]
    indexes = [sa.type_coerce(Transcript.__table__.c[f"{name}_index"], _PLAIN) for name in _NAMES[:2]]
    chosen = sa.select(Transcript.lookup_code, *columns, *indexes).order_by(Transcript.id)
    for code, *stored in session.execute(chosen).yield_per(_AT_ONCE):
        for name, sealed, index in zip(_NAMES, stored[:3], [*stored[3:], None], strict=True):
            if not _holds(ring, name, sealed, index):
                yield code, name


def _holds(ring: KeyRing, name: str, sealed: str | None, index: str | None) -> bool:
    place = f"transcript.{name}"
    if sealed is None:
        return index is None
    try:
        value = ring.open_text(place, sealed)
    except Broken:
        return False
    return name == "birth_date" or ring.index(place, value) == index
