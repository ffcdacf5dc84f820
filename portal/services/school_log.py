"""Everything that the log holds under the name of a unit, and whether the portal can account for it.

A leaf is accounted for when what the portal keeps explains it: a lock opens to a record that this school issued, by its
salted commitments; an act names such a record and has its row; a key stands in the registry. What is not explained is
what a school must look at: somebody may have written in its name.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import (
    CorrectionPolicy,
    EarlierKey,
    KeyAuthorisation,
    LogHead,
    LogOpening,
    RecordSignature,
    RecordStanding,
    RecordVersion,
    Transcript,
    Unit,
    YearRecordRow,
)
from portal.permissions import may_see_log_of
from portal.services import leaf_search, registry
from verify.errors import VerifyError
from verify.log import commitments
from verify.log.leaves import (
    AnnotateLeaf,
    EarlierKeyLeaf,
    EarlierRecordLeaf,
    ForeignRecordLeaf,
    Kind,
    Leaf,
    LockLeaf,
    PolicyLeaf,
    RecordLeaf,
    RegisterKeyLeaf,
    RevokeLeaf,
    StandingLeaf,
    SupersedeLeaf,
)

PAGE_GROUPS: Final = 50
_VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_KINDS: Final[Mapping[type[Leaf], Kind]] = {
    LockLeaf: Kind.LOCK,
    EarlierRecordLeaf: Kind.EARLIER_RECORD,
    ForeignRecordLeaf: Kind.FOREIGN_RECORD,
    SupersedeLeaf: Kind.SUPERSEDE,
    RevokeLeaf: Kind.REVOKE,
    AnnotateLeaf: Kind.ANNOTATE,
    RegisterKeyLeaf: Kind.REGISTER_KEY,
    EarlierKeyLeaf: Kind.EARLIER_KEY,
    PolicyLeaf: Kind.POLICY,
}


@dataclass(frozen=True, slots=True)
class LogGroup:
    """Leaves that follow one another and say the same. kind: None for one that cannot be read.

    day: in the province, None where the leaf says none. detail: class of a lock, source of earlier records, role of a
    key. first, last: indexes; count: leaves. known: whether the portal can account for them.
    """

    kind: Kind | None
    day: date | None
    school_year: str | None
    round: int | None
    detail: str
    first: int
    last: int
    count: int
    known: bool


@dataclass(frozen=True, slots=True)
class SchoolLog:
    """groups: of this page, the newest first. unknown: every group that is not accounted for.

    total: leaves of the unit; log_size: of the whole log.
    """

    unit_code: str
    unit_name: str
    groups: tuple[LogGroup, ...]
    unknown: tuple[LogGroup, ...]
    total: int
    log_size: int
    page: int
    pages: int


def units_of(session: Session, identity: Identity) -> list[tuple[str, str]]:
    """Code and name of the units whose lines a person may see; raises NotFound where there are none."""
    scope = may_see_log_of(identity)
    if scope.nothing:
        raise NotFound
    statement = sa.select(Unit.code, Unit.name).order_by(Unit.name, Unit.code)
    if not scope.everything:
        statement = statement.where(Unit.code.in_(scope.units))
    return [(code, name) for code, name in session.execute(statement)]


def school_log(session: Session, identity: Identity, unit_code: str, page: int) -> SchoolLog:
    """The lines of a unit, page by page from 1; raises NotFound, unknown and forbidden alike.

    Reads the whole log once, in the database (a second for a million leaves), and opens every line of the unit.
    """
    unit = session.scalar(sa.select(Unit).where(Unit.code == unit_code))
    if unit is None or not may_see_log_of(identity).covers(unit_code):
        raise NotFound
    # The lines first: what is locked meanwhile must not look like a line that nobody accounts for.
    found = list(leaf_search.of_unit(session, unit_code))
    kept = _Kept(session, unit)
    groups = list(_grouped(kept.line(index, leaf) for index, leaf in found))
    groups.reverse()
    pages = max(1, -(-len(groups) // PAGE_GROUPS))
    at = min(page, pages)
    return SchoolLog(
        unit_code=unit.code,
        unit_name=unit.name,
        groups=tuple(groups[(at - 1) * PAGE_GROUPS : at * PAGE_GROUPS]),
        unknown=tuple(group for group in groups if not group.known),
        total=sum(group.count for group in groups),
        log_size=session.scalar(sa.select(LogHead.size)) or 0,
        page=at,
        pages=pages,
    )


def _grouped(lines: Iterable[LogGroup]) -> Iterator[LogGroup]:
    """Lines that say the same in one; one that is not accounted for stands alone."""
    held: LogGroup | None = None
    for line in lines:
        if (
            held is not None
            and line.known
            and replace(line, first=held.first, last=held.last, count=held.count) == held
        ):
            held = replace(held, last=line.last, count=held.count + 1)
            continue
        if held is not None:
            yield held
        held = line
    if held is not None:
        yield held


@dataclass(frozen=True, slots=True)
class _Record:
    """What the portal keeps of a record that it says this leaf locks. hashes: SHA-256 of the signatures by role."""

    opening: bytes
    lookup_code: str
    school_year: str
    version: int
    class_name: str
    root_sha256: str
    hashes: Mapping[str, str]


class _Kept:
    """What the portal can account for under a unit's name."""

    def __init__(self, session: Session, unit: Unit) -> None:
        self._unit = unit
        self._records = _records(session, unit)
        self._acts = set(
            session.scalars(
                sa.select(RecordStanding.log_index)
                .join(RecordVersion, RecordVersion.id == RecordStanding.version_id)
                .where(RecordVersion.issuing_unit_id == unit.id)
            )
        )
        keys = sa.select(KeyAuthorisation.role, KeyAuthorisation.certificate_sha256)
        self._keys = {
            (role, digest) for role, digest in session.execute(keys.where(KeyAuthorisation.unit_id == unit.id))
        }
        earlier = sa.select(EarlierKey.log_index).where(EarlierKey.unit_id == unit.id)
        self._earlier = set(session.scalars(earlier))
        ended = registry.earlier_ends(session).items()
        self._earlier |= {index for (unit_id, *_key), leaves_ in ended if unit_id == unit.id for index in leaves_}
        self._policies = set(session.scalars(sa.select(CorrectionPolicy.log_index)))

    def line(self, index: int, leaf: Leaf | None) -> LogGroup:
        """A leaf by itself."""
        record = self._records.get(index)
        return LogGroup(
            kind=_KINDS.get(type(leaf)) if leaf is not None else None,
            day=_day(leaf),
            school_year=getattr(leaf, "school_year", None),
            round=leaf.round if isinstance(leaf, LockLeaf) else None,
            detail=_detail(leaf, record),
            first=index,
            last=index,
            count=1,
            known=self._known(index, leaf, record),
        )

    def _known(self, index: int, leaf: Leaf | None, record: _Record | None) -> bool:
        if isinstance(leaf, RecordLeaf):
            return record is not None and _opens(leaf, record)
        if isinstance(leaf, StandingLeaf):
            return index in self._acts and leaf.record_index in self._records
        if isinstance(leaf, RegisterKeyLeaf):
            return (leaf.role, leaf.certificate_sha256) in self._keys
        if isinstance(leaf, EarlierKeyLeaf):
            return index in self._earlier
        return isinstance(leaf, PolicyLeaf) and index in self._policies


def _records(session: Session, unit: Unit) -> dict[int, _Record]:
    hashes: dict[int, dict[str, str]] = {}
    signed = (
        sa.select(RecordSignature.version_id, RecordSignature.role, RecordSignature.cms_sha256)
        .join(RecordVersion, RecordVersion.id == RecordSignature.version_id)
        .where(RecordVersion.issuing_unit_id == unit.id, RecordVersion.log_index.is_not(None))
    )
    for version_id, role, digest in session.execute(signed):
        hashes.setdefault(version_id, {})[role] = digest
    statement = (
        sa.select(
            RecordVersion.id,
            RecordVersion.log_index,
            LogOpening.opening,
            Transcript.lookup_code,
            YearRecordRow.school_year,
            RecordVersion.version,
            RecordVersion.class_name,
            RecordVersion.root_sha256,
        )
        .join(
            LogOpening, sa.and_(LogOpening.version_id == RecordVersion.id, LogOpening.index == RecordVersion.log_index)
        )
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .where(RecordVersion.issuing_unit_id == unit.id)
    )
    return {
        row[1]: _Record(*row[2:], hashes.get(row[0], {})) for row in session.execute(statement) if row[1] is not None
    }


def _opens(leaf: RecordLeaf, record: _Record) -> bool:
    """Whether the commitments of a leaf open to the record: by hashes, so that no record has to be read."""
    try:
        opening = commitments.read_opening(record.opening)
        made = commitments.of_opening(opening, record.root_sha256)
    except VerifyError:
        return False
    same = (opening.lookup_code, opening.school_year, opening.version, dict(opening.signatures))
    return (
        made == (leaf.commitment, leaf.signatures_commitment)
        and same == (record.lookup_code, record.school_year, record.version, dict(record.hashes))
        and leaf.school_year == record.school_year
    )


def _day(leaf: Leaf | None) -> date | None:
    at = getattr(leaf, "effective_at", None)
    return at.astimezone(_VIETNAM).date() if isinstance(at, datetime) else None


def _detail(leaf: Leaf | None, record: _Record | None) -> str:
    if isinstance(leaf, EarlierRecordLeaf):
        return leaf.source
    if isinstance(leaf, RegisterKeyLeaf | EarlierKeyLeaf):
        return leaf.role
    return record.class_name if isinstance(leaf, LockLeaf) and record is not None else ""
