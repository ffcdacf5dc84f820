"""The standing of locked versions as the store has it: what holds now, what a note says, which cells changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.models import Correction, RecordStanding, RecordVersion, State, YearRecordRow
from portal.services import blobs
from portal.services.changes import Change, changes_between
from verify.containers.roots import read_root
from verify.form.words import Replacement
from verify.standing import IN_FORCE, Standing, StandingState

_Newer = aliased(RecordStanding)


@dataclass(frozen=True, slots=True)
class NoteView:
    """What a decision put beside a record. text: only for who may read the record."""

    text: str
    since: datetime
    decision: str


def newest_of(version_id: sa.orm.InstrumentedAttribute[int]) -> sa.ScalarSelect[int]:
    """Id of the row that holds for a version."""
    return sa.select(sa.func.max(_Newer.id)).where(_Newer.version_id == version_id).scalar_subquery()


def superseded(version_id: sa.orm.InstrumentedAttribute[int]) -> sa.Exists:
    """Whether another version has taken a version's place: lists show the one that did."""
    return sa.exists().where(_Newer.version_id == version_id, _Newer.state == StandingState.SUPERSEDED.value)


def standing_of(session: Session, version_id: int) -> Standing:
    """What holds of a locked version."""
    return standings_of(session, (version_id,)).get(version_id, IN_FORCE)


def standings_of(session: Session, version_ids: Collection[int]) -> Mapping[int, Standing]:
    """The same for several; a version that is not there is in force."""
    rows = session.scalars(
        sa.select(RecordStanding).where(RecordStanding.version_id.in_(version_ids)).order_by(RecordStanding.id)
    )
    return {row.version_id: standing_from(row.state, row.since, row.decision, row.by_version) for row in rows}


def standing_from(state: str | None, since: datetime | None, decision: str | None, by_version: int | None) -> Standing:
    """The value of a row, or of none."""
    return IN_FORCE if state is None else Standing(StandingState(state), since, decision, by_version)


def notes_of(session: Session, version_id: int) -> tuple[NoteView, ...]:
    """The annotations of a version, the oldest first."""
    rows = session.execute(
        sa.select(Correction.note, RecordStanding.since, RecordStanding.decision)
        .join(Correction, Correction.id == RecordStanding.correction_id)
        .where(RecordStanding.version_id == version_id, Correction.note.is_not(None))
        .order_by(RecordStanding.id)
    )
    return tuple(NoteView(text or "", since, decision) for text, since, decision in rows)


def notes_of_editions(
    session: Session, transcript_id: int, editions: Sequence[tuple[str, int]]
) -> tuple[NoteView, ...]:
    """The annotations of several versions of a pupil, each by its school year and number."""
    rows = session.execute(
        sa.select(RecordVersion.id, YearRecordRow.school_year, RecordVersion.version)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(RecordStanding, RecordStanding.version_id == RecordVersion.id)
        .where(YearRecordRow.transcript_id == transcript_id)
        .order_by(YearRecordRow.school_year)
        .distinct()
    ).all()
    wanted = [key for key, year, version in rows if (year, version) in editions]
    return tuple(note for key in wanted for note in notes_of(session, key))


def replacement_by(session: Session, version: RecordVersion, school_year: str) -> Replacement | None:
    """What a version took the place of, by which decision, as its prints say; None where nothing."""
    row = session.execute(
        sa.select(RecordVersion.version, RecordStanding.decision, RecordStanding.since)
        .join(RecordStanding, RecordStanding.version_id == RecordVersion.id)
        .where(
            RecordVersion.year_record_id == version.year_record_id,
            RecordStanding.by_version == version.version,
            RecordStanding.state == StandingState.SUPERSEDED.value,
        )
    ).one_or_none()
    return None if row is None else Replacement(school_year, row.version, row.decision, row.since)


def changed_cells(session: Session, transcript_id: int, school_year: str, version: int) -> tuple[Change, ...]:
    """What the version in force says otherwise than a superseded one; empty where nothing took its place."""
    rows = session.scalars(
        sa.select(RecordVersion)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .where(
            YearRecordRow.transcript_id == transcript_id,
            YearRecordRow.school_year == school_year,
            RecordVersion.state == State.LOCKED.value,
            RecordVersion.version >= version,
        )
        .order_by(RecordVersion.version)
    ).all()
    if len(rows) < 2 or rows[0].version != version:
        return ()
    return changes_of(session, rows[0], rows[-1])


def changed_by(session: Session, new: RecordVersion, replaced: int) -> tuple[Change, ...]:
    """What a version says otherwise than the one, by its number, whose place it took."""
    old = session.scalars(
        sa.select(RecordVersion).where(
            RecordVersion.year_record_id == new.year_record_id, RecordVersion.version == replaced
        )
    ).one()
    return changes_of(session, old, new)


def changes_of(session: Session, old: RecordVersion, new: RecordVersion) -> tuple[Change, ...]:
    """Field by field, of the signed bytes of both."""
    before, after = (read_root(blobs.get(session, each.root_sha256)).content for each in (old, new))
    return tuple(changes_between(before, after))
