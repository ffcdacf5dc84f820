"""The audit of earlier years: keys, origins and old codes against what the log and the signed bytes say.

Whether a record is of an earlier year is asked of its leaf, never of a table.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import EarlierCode, EarlierKey, EarlierYear, RecordVersion, Transcript, Unit, YearRecordRow
from portal.services import registry
from portal.services.log_audit import Flaw
from verify.anchors import EarlierRegistry, authorised_earlier
from verify.canonical import sha256
from verify.log.leaves import EarlierKeyLeaf, EarlierRecordLeaf, Leaf
from verify.signing import Role
from verify.verdict import Status


def flaws(session: Session, entries: Iterable[tuple[int, Leaf]]) -> Iterator[Flaw]:
    """What of the keys and old codes does not hold. entries: of the log, by index."""
    yield from _keys(session, entries)
    yield from _codes(session)


def origin_holds(row: EarlierYear | None, leaf: Leaf | None, signed_code: str | None) -> bool:
    """Whether the row beside a version says of its origin what its leaf says. signed_code: of the signed bytes."""
    if row is None or not isinstance(leaf, EarlierRecordLeaf):
        return row is None and not isinstance(leaf, EarlierRecordLeaf)
    said = (row.source, row.imported_at, row.signed_code)
    return said == (leaf.source, leaf.effective_at, signed_code)


def key_holds(certificate: bytes, leaf: EarlierRecordLeaf, role: str, recognised: EarlierRegistry) -> bool:
    """Whether a key of the old system was recognised for the day on which its record took effect there."""
    check = authorised_earlier(certificate, leaf.unit, Role(role), leaf.original_effective_at, recognised)
    return check.status is Status.PASSED


def _keys(session: Session, entries: Iterable[tuple[int, Leaf]]) -> Iterator[Flaw]:
    """Every recognised key stands in the log as it stands in its table, and the other way round."""
    logged = {index: leaf for index, leaf in entries if isinstance(leaf, EarlierKeyLeaf)}
    rows = session.execute(sa.select(EarlierKey, Unit.code).join(Unit, Unit.id == EarlierKey.unit_id)).all()
    for row, unit in rows:
        leaf = logged.pop(row.log_index, None)
        said = (unit, row.role, sha256(row.certificate), row.certificate_sha256, row.valid_from, row.valid_to)
        if leaf is None or said != (
            leaf.unit,
            leaf.role,
            leaf.certificate_sha256,
            leaf.certificate_sha256,
            leaf.valid_from,
            leaf.valid_to,
        ):
            yield Flaw("key_differs", row.log_index, unit)
    yield from _ends(session, rows, logged)


def _ends(
    session: Session, rows: Sequence[sa.Row[EarlierKey, str]], logged: Mapping[int, EarlierKeyLeaf]
) -> Iterator[Flaw]:
    """Each further leaf of a key brings its end nearer, and the registry knows it. logged: what opens none."""
    known = {index: leaf for each in registry.earlier_ends(session).values() for index, leaf in each.items()}
    ends = {(unit, row.role, row.certificate_sha256): (row.valid_from, row.valid_to) for row, unit in rows}
    for index, leaf in sorted(logged.items()):
        key = (leaf.unit, leaf.role, leaf.certificate_sha256)
        held = ends.get(key)
        nearer = held is not None and held[0] == leaf.valid_from and leaf.valid_to < held[1]
        if not nearer or index not in known:
            yield Flaw("key_differs", index, leaf.unit)
            continue
        ends[key] = (leaf.valid_from, leaf.valid_to)
    for index in sorted(known.keys() - logged.keys()):
        yield Flaw("key_differs", index, known[index].unit)


def _codes(session: Session) -> Iterator[Flaw]:
    """Old codes lead where the signed bytes of earlier records say, and nowhere else."""
    signed = session.execute(
        sa.select(EarlierYear.signed_code, Transcript.id)
        .join(RecordVersion, RecordVersion.id == EarlierYear.version_id)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .where(EarlierYear.signed_code.is_not(None), EarlierYear.signed_code != Transcript.lookup_code)
    )
    wanted = {(str(code), transcript) for code, transcript in signed}
    stored = {
        (code, transcript)
        for code, transcript in session.execute(sa.select(EarlierCode.code, EarlierCode.transcript_id))
    }
    for _code, _transcript in sorted(wanted ^ stored):
        yield Flaw("earlier_year_differs", detail="earlier_code")
