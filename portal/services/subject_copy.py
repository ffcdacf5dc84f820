"""A copy of everything that is held of a child, for machines: the answer to a request that was granted.

Rows of every table that hangs on the pupil, found by foreign keys, so that a table of tomorrow is in it; the record of
each version as it was signed; leave that was given; every look. Left out are bytes and hashes, which say nothing about
the child and of which some would open links again, and alarms, in which the department looks for who guesses.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import (
    AccessGrant,
    Account,
    Base,
    GrantRecord,
    RecordVersion,
    SubjectRequest,
    Transcript,
    Unit,
    YearRecordRow,
)
from portal.permissions import may_see_subject_requests
from portal.services import blobs, ledger
from portal.services.access import Action, Outcome
from portal.services.ledger import Look
from portal.services.subject_request_pages import copy_until
from portal.services.subject_requests import LARGEST_ID, keeper_of, note
from verify.canonical import Json, canonicalise
from verify.containers.roots import record_of
from verify.record.codec import to_json

SCHEMA: Final = "hocba/subject-copy/1"
_APART: Final = frozenset({"access_event", "alarm"})
_SECRET: Final = ("_sha256", "_hash", "cache_key", "wrong_pins", "salt")
_Ids = Mapping[str, frozenset[object]]


def subject_copy(
    session: Session, identity: Identity, request_id: int, network: str, now: datetime
) -> tuple[bytes, str]:
    """The copy, canonical JSON, and a file name without personal data; each time it is fetched is written.

    Raises NotFound unless the request is a copy that was granted and is not too old, and the person sees it.
    """
    row = session.get(SubjectRequest, min(request_id, LARGEST_ID))
    if row is None:
        raise NotFound
    found = session.get_one(Transcript, row.transcript_id)
    seen = may_see_subject_requests(identity).covers(keeper_of(session, found), "", found.id)
    allowed = seen and copy_until(row, now) is not None
    note(session, identity, row, Action.SUBJECT_COPY, Outcome.ALLOWED if allowed else Outcome.REFUSED, network, now)
    if not allowed:
        raise NotFound
    looks = ledger.all_looks_at(session, found.id)
    made: dict[str, Json] = {
        "schema": SCHEMA,
        "request": row.id,
        "made_at": now.replace(microsecond=0).isoformat(),
        "pupil": _row(session, found),
        "kept_by": session.get_one(Unit, found.managing_unit_id).name,
        "records": list(_records(session, found)),
        "rows": _rows(session, found.id),
        "grants": [_row(session, each) for each in _grants(session, found.id)],
        "looks": [_look(each) for each in looks.looks],
        "looks_complete": not looks.more,
    }
    return canonicalise(made), f"du-lieu_{found.lookup_code[:8]}_{row.id}.json"


def tables_of_a_pupil() -> list[sa.Table]:
    """Every table whose rows hang on a pupil, those referred to first."""
    held = {Transcript.__tablename__}
    for table in Base.metadata.sorted_tables:
        if any(key.column.table.name in held for key in _links(table)):
            held.add(table.name)
    return [table for table in Base.metadata.sorted_tables if table.name in held and table is not Transcript.__table__]


def _links(table: sa.FromClause) -> list[sa.ForeignKey]:
    return [key for key in table.foreign_keys if key.column.table is not table]


def _rows(session: Session, transcript_id: int) -> dict[str, Json]:
    """Rows of each table that refer to the pupil, or to a row that does."""
    ids: dict[str, frozenset[object]] = {Transcript.__tablename__: frozenset({transcript_id})}
    made: dict[str, Json] = {}
    for table in tables_of_a_pupil():
        if table.name in _APART:
            continue
        found = [dict(row._mapping) for row in session.execute(sa.select(table).where(_of(table, ids)))]
        keys = [column.name for column in table.primary_key.columns]
        ids[table.name] = frozenset(each[keys[0]] for each in found) if len(keys) == 1 else frozenset()
        if found:
            made[table.name] = [_values(session, table, each) for each in found]
    return made


def _of(table: sa.Table, ids: _Ids) -> sa.ColumnElement[bool]:
    """A row is of the pupil when the first of its links that leads to pupils leads to this one."""
    nearest = [key for key in _links(table) if key.column.table.name in ids]
    direct = [key for key in nearest if key.column.table.name == Transcript.__tablename__]
    return sa.or_(*(key.parent.in_(ids[key.column.table.name]) for key in direct or nearest))


def _row(session: Session, row: Base) -> dict[str, Json]:
    table = row.__table__
    return _values(session, table, {column.name: getattr(row, column.name) for column in table.columns})


def _values(session: Session, table: sa.FromClause, row: Mapping[str, Any]) -> dict[str, Json]:
    return {
        column.name: _named(session, column, row[column.name])
        for column in table.columns
        if not isinstance(row[column.name], bytes) and not column.name.endswith(_SECRET)
    }


def _named(session: Session, column: Any, value: Any) -> Json:
    """A value as JSON; a person or unit by its name."""
    targets = {key.column.table.name for key in column.foreign_keys}
    if value is not None and Account.__tablename__ in targets:
        return session.get_one(Account, value).display_name
    if value is not None and Unit.__tablename__ in targets:
        return session.get_one(Unit, value).name
    return _plain(value)


def _plain(value: Any) -> Json:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    plain: Json = value
    return plain


def _records(session: Session, found: Transcript) -> Iterator[Json]:
    """Every version of every year, also withdrawn and replaced ones, oldest first."""
    rows = session.execute(
        sa.select(YearRecordRow.school_year, RecordVersion)
        .join(RecordVersion, RecordVersion.year_record_id == YearRecordRow.id)
        .where(YearRecordRow.transcript_id == found.id)
        .order_by(YearRecordRow.school_year, RecordVersion.version)
    )
    for year, version in rows:
        record = record_of(blobs.get(session, version.root_sha256), found.lookup_code, version.version)
        yield {
            "school_year": year,
            "version": version.version,
            "state": version.state,
            "effective_at": _plain(version.effective_at),
            "record": to_json(record),
        }


def _grants(session: Session, transcript_id: int) -> Sequence[AccessGrant]:
    """Leave to open the record, whoever gave it; the other pupils of a list are not told."""
    of_child = sa.select(GrantRecord.grant_id).where(GrantRecord.transcript_id == transcript_id)
    return session.scalars(sa.select(AccessGrant).where(AccessGrant.id.in_(of_child)).order_by(AccessGrant.id)).all()


def _look(look: Look) -> Json:
    return {
        "at": look.at.isoformat(),
        "who": look.who,
        "basis": look.basis,
        "action": look.action,
        "part": look.fields,
        "outcome": look.outcome,
        "network": look.network,
        "purpose": look.purpose,
    }
