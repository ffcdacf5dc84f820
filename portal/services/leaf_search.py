"""Finding leaves of the log by what stands in them, in the log itself: no index beside it has to be believed."""

import json
from collections.abc import Iterable, Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import LogEntry
from verify.errors import VerifyError
from verify.log import leaves
from verify.log.leaves import Kind, Leaf

_BATCH = 2000


def of_kinds(session: Session, *kinds: Kind, first: int = 0, below: int | None = None) -> Iterator[tuple[int, Leaf]]:
    """Leaves of these kinds in log order. first, below: from which index on, and up to which."""
    needles = [f'"kind":"{kind.value}"'.encode() for kind in kinds]
    for index, leaf in _found(session, needles, first, below):
        if leaf is not None:  # the rebuilt root already tells
            yield index, leaf


def of_certificates(session: Session, fingerprints: Iterable[str]) -> Iterator[tuple[int, Leaf]]:
    """Leaves that say what certificates may or might do, in log order. fingerprints: SHA-256 of each, 64 hex."""
    needles = [f'"certificate_sha256":"{each}"'.encode() for each in sorted(set(fingerprints))]
    for index, leaf in _found(session, needles, 0, None):
        if leaf is not None:
            yield index, leaf


def of_unit(session: Session, unit_code: str) -> Iterator[tuple[int, Leaf | None]]:
    """Leaves that stand under the name of a unit, in log order; None for one that names it and cannot be read."""
    name = json.dumps(unit_code, ensure_ascii=False)
    for index, leaf in _found(session, [f'"unit":{name}'.encode()], 0, None):
        if leaf is None or getattr(leaf, "unit", None) == unit_code:
            yield index, leaf


def _found(session: Session, needles: list[bytes], first: int, below: int | None) -> Iterator[tuple[int, Leaf | None]]:
    # In canonical JSON a key and its value stand exactly so, and within a text a quote is never bare.
    sqlite = session.get_bind().dialect.name == "sqlite"
    position = sa.func.instr if sqlite else sa.func.pg_catalog.position
    within = [position(LogEntry.leaf, sa.literal(needle, sa.LargeBinary)) > 0 for needle in needles]
    statement = sa.select(LogEntry.index, LogEntry.leaf).where(LogEntry.index >= first, sa.or_(*within))
    if below is not None:
        statement = statement.where(LogEntry.index < below)
    for index, data in session.execute(statement.order_by(LogEntry.index)).yield_per(_BATCH):
        try:
            leaf = leaves.from_bytes(data)
        except VerifyError:
            leaf = None
        yield index, leaf
