"""A request closes itself: with the signed version that says what was asked, or with the effect of its correction.

Called by whatever makes a version accepted, locks it in another's place, or lets a correction take effect, in that
transaction.
"""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import SYSTEM
from portal.models import Amendment, RecordVersion
from portal.services import blobs
from portal.services.amendment_cells import carries
from portal.services.amendment_steps import LIVING, Act
from portal.services.amendments import cells, is_locked, step, year_of
from verify.containers.roots import locked_record


def settle(session: Session, versions: Collection[int], now: datetime) -> None:
    """Complete the living requests of the years of these versions that say what was asked.

    versions: that are accepted by now. Beside a locked one a version counts only when it takes that one's place
    (`settle_case`).
    """
    if not versions:
        return
    session.flush()
    found = session.execute(
        sa.select(Amendment, RecordVersion)
        .join(RecordVersion, RecordVersion.year_record_id == Amendment.year_record_id)
        .where(RecordVersion.id.in_(versions), Amendment.state.in_(LIVING))
        .order_by(Amendment.id)
        .with_for_update(of=Amendment)
    ).all()
    for held, version in found:
        if not is_locked(session, held.year_record_id) and _says(session, held, version):
            _complete(session, held, version, now)


def settle_case(session: Session, correction_id: int, new: RecordVersion | None, now: datetime) -> None:
    """Complete the requests of a correction that takes effect, and others of the year that its new version carries."""
    own = Amendment.correction_id == correction_id
    where = own if new is None else sa.or_(own, Amendment.year_record_id == new.year_record_id)
    found = session.scalars(
        sa.select(Amendment).where(where, Amendment.state.in_(LIVING)).order_by(Amendment.id).with_for_update()
    ).all()
    for held in found:
        says = new is not None and _says(session, held, new)
        if says or held.correction_id == correction_id:
            _complete(session, held, new if says else None, now)


def _says(session: Session, held: Amendment, version: RecordVersion) -> bool:
    code, _year = year_of(session, held)
    record = locked_record(blobs.get(session, version.root_sha256), code, version.version)
    return carries(record, cells(session, held.id))


def _complete(session: Session, held: Amendment, version: RecordVersion | None, now: datetime) -> None:
    held.done_version_id = version.id if version is not None else None
    step(session, held, Act.COMPLETE, SYSTEM, "", now)
