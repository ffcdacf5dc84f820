"""A school says what the columns of its files mean: asked once for each shape, tried on real rows, remembered.

While a file waits for that, its upload is in the state `mapping` with a sketch of its columns. Applying remembers the
mapping for the school and begins the reading anew, so that the first file is read exactly as the next ones will be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import Account, HeadingMapping, JobMessage, Unit, Upload, UploadState
from portal.permissions import may_import_for, may_import_for_schools
from portal.sandbox import Sandbox
from portal.services import jobs, uploads
from portal.services.jobs import Claim
from portal.services.judged_store import JudgedUpload
from portal.services.judging import judge_for
from portal.services.layout_store import from_json, to_json
from portal.services.lessons import lessons_of, numbers_of
from portal.services.uploads import LARGEST_ID, ToRead
from portal.workbooks.fields import FIELDS, GROUPS, IGNORED, ChoiceFault, ChoiceProblem, faults_of
from portal.workbooks.layouts import ColumnSketch, Layout, Opened, Source, TableSketch, missing_in, open_class
from portal.workbooks.lessons import HEADER_ROWS, Lessons, TaughtColumn, TaughtTable
from portal.workbooks.parts import column_letters
from portal.workbooks.places import Places, read_with_places
from portal.workbooks.reading import PupilRow, ReadClass
from portal.workbooks.refusals import WorkbookRefused

__all__ = [
    "GROUPS",
    "IGNORED",
    "ChoiceProblem",
    "ColumnSketch",
    "Layout",
    "PupilRow",
    "Source",
    "TableSketch",
    "WorkbookRefused",
    "column_letters",
]

# By number of the table in the sketch, then by index of the column: the path of a field, `ignored`, or "".
Choices = Mapping[int, Mapping[int, str]]
_ASKED: Final = (UploadState.MAPPING.value, UploadState.READ.value)
PREVIEWED: Final = 5


@dataclass(frozen=True, slots=True)
class TableFault:
    """table: number in the sketch."""

    table: int
    fault: ChoiceFault


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows as they would be read. judged: None where the file as a whole would be refused, and why."""

    rows: tuple[PupilRow, ...]
    judged: JudgedUpload | None
    refused: WorkbookRefused | None


@dataclass(frozen=True, slots=True)
class MappingView:
    """A remembered mapping. in_use: not changed or forgotten since."""

    mapping_id: int
    school_name: str
    sheet: str
    columns: Sequence[Mapping[str, Any]]
    made_by: str
    made_at: datetime
    in_use: bool


# --- while a file is read ---


def keep_asked(session: Session, held: Claim, layout: Layout, now: datetime) -> bool:
    """Keep what a person must say first, with the end of the job; False: roll back."""
    upload = session.get_one(Upload, held.subject_id)
    upload.layout, upload.state = to_json(layout), UploadState.MAPPING.value
    session.flush()
    return jobs.finish(session, held, JobMessage.FINISHED, now)


def note_used(session: Session, held: Claim, opened: Opened) -> None:
    """Keep by which of the school's mappings a file was read."""
    upload = session.get_one(Upload, held.subject_id)
    upload.layout = to_json(opened.layout) if opened.layout is not None else None
    shapes = opened.read.shapes if opened.read is not None else ()
    upload.mappings = numbers_of(session, upload.unit_id, shapes) if shapes else None


# --- what a person says ---


def is_asked(upload: Upload) -> bool:
    """Whether somebody can say, or say anew, what its columns mean."""
    return upload.state in _ASKED and upload.layout is not None and upload.data is not None


def asked(session: Session, identity: Identity, upload_id: int) -> tuple[Upload, Layout]:
    """A file and the sketch of its columns. Raises NotFound, Refused(WRONG_STATE) when there is nothing to say."""
    upload = uploads.upload_of(session, identity, upload_id)
    if not is_asked(upload) or upload.layout is None:
        raise Refused(Problem.WRONG_STATE, state=upload.state)
    return upload, from_json(upload.layout)


def suggested(layout: Layout) -> Choices:
    """What is preselected: what was recognised, remembered or guessed."""
    return {
        number: {column.index: column.path for column in table.columns} for number, table in enumerate(layout.tables)
    }


def cleaned(layout: Layout, said: Choices) -> Choices:
    """What was said of each asked column; anything that is no field counts as not said."""
    return {
        number: {column.index: _allowed(column, said.get(number, {}).get(column.index, "")) for column in table.columns}
        for number, table in enumerate(layout.tables)
    }


def _allowed(column: ColumnSketch, path: str) -> str:
    return path if path == IGNORED or path in FIELDS or path == column.path else ""


def faults_in(choices: Choices) -> tuple[TableFault, ...]:
    """Why the choices cannot be applied; nothing of the file is looked at."""
    found = [TableFault(number, fault) for number, table in choices.items() for fault in faults_of(table)]
    if not found and all(path == IGNORED for table in choices.values() for path in table.values()):
        found.append(TableFault(0, ChoiceFault(ChoiceProblem.NOBODY, ())))
    return tuple(found)


def missing_of(layout: Layout, choices: Choices) -> tuple[str, ...]:
    """Needed fields that no column would give."""
    return missing_in(layout, {path for table in choices.values() for path in table.values()})


def to_try(session: Session, upload: Upload) -> tuple[ToRead, Lessons]:
    """The file with what its school already taught, for `preview` and `look_again`."""
    school = session.get_one(Unit, upload.unit_id)
    if upload.data is None:
        raise Refused(Problem.WRONG_STATE, state=upload.state)
    file = ToRead(upload.data, school.code, upload.school_year, upload.grade)
    return file, lessons_of(session, school.code)


def read_so(
    sandbox: Sandbox, file: ToRead, lessons: Lessons, layout: Layout, choices: Choices
) -> tuple[ReadClass, Places]:
    """The file read by these choices, in a child; call without a transaction. Raises WorkbookRefused."""
    tried = Lessons(lessons.aliases, {**lessons.shapes, **_taught(layout, choices)})
    return sandbox.run(read_with_places, file.data, tried)


def preview(session: Session, file: ToRead, read: tuple[ReadClass, Places], *, sample: bool) -> Preview:
    """The first rows, with what the rules would say of them."""
    found, places = read
    rows = found.rows[:PREVIEWED]
    try:
        return Preview(rows, judge_for(session, file, found, places, sample=sample), None)
    except WorkbookRefused as refused:
        return Preview(rows, None, refused)


def look_again(
    sandbox: Sandbox, file: ToRead, lessons: Lessons, layout: Layout, told: tuple[int, int, int]
) -> Layout | None:
    """The sketch with the header of one sheet in the rows that a person names, in a child; None where it cannot stand.

    told: number of the table, first and last row, from 1. Headers that were told before stay where they are.
    """
    number, first, last = told
    if number >= len(layout.tables) or not 1 <= first <= last < first + HEADER_ROWS:
        return None
    sheet = layout.tables[number].sheet
    headers = {table.sheet: (table.top, table.top + table.depth - 1) for table in layout.tables if not table.taught}
    made = sandbox.run(open_class, file.data, lessons, file.grade, {**headers, sheet: (first, last)}).layout
    stands = made is not None and any((table.sheet, table.top) == (sheet, first) for table in made.tables)
    return made if stands else None


def keep_layout(session: Session, identity: Identity, upload_id: int, layout: Layout) -> None:
    """Keep another sketch of a file that waits."""
    upload, _held = asked(session, identity, upload_id)
    upload.layout = to_json(layout)


def apply(session: Session, identity: Identity, upload_id: int, choices: Choices, now: datetime) -> int:
    """Remember the choices for the school and begin the reading anew; returns the job to queue.

    Raises Refused(COLUMNS_UNCLEAR) for choices that `faults_in` refuses.
    """
    upload, layout = asked(session, identity, upload_id)
    chosen = cleaned(layout, choices)
    if faults_in(chosen):
        raise Refused(Problem.COLUMNS_UNCLEAR)
    session.execute(sa.select(Unit.id).where(Unit.id == upload.unit_id).with_for_update(key_share=True))
    for number, table in enumerate(layout.tables):
        _remember(session, identity, upload.unit_id, table, chosen[number], now)
    return uploads.read_again(session, identity, upload, now)


def _remember(
    session: Session, identity: Identity, unit_id: int, table: TableSketch, chosen: Mapping[int, str], now: datetime
) -> None:
    columns = [
        {
            "index": column.index,
            "heading": column.heading,
            "path": chosen[column.index],
            "label": column.label if chosen[column.index] == column.path else "",
        }
        for column in table.columns
    ]
    held = session.scalars(_in_use(unit_id).where(HeadingMapping.shape == table.shape)).one_or_none()
    if held is not None:
        if held.columns == columns:
            return
        held.ended_by, held.ended_at = identity.account_id, now
        session.flush()
    session.add(
        HeadingMapping(
            unit_id=unit_id,
            shape=table.shape,
            sheet=table.sheet,
            depth=table.depth,
            columns=columns,
            made_by=identity.account_id,
            made_at=now,
            ended_by=None,
            ended_at=None,
        )
    )
    session.flush()


def _taught(layout: Layout, choices: Choices) -> dict[str, TaughtTable]:
    return {
        table.shape: TaughtTable(
            table.depth,
            {
                column.index: TaughtColumn(path, column.label if path == column.path else "")
                for column in table.columns
                if (path := choices[number][column.index])
            },
        )
        for number, table in enumerate(layout.tables)
    }


# --- what was remembered ---


def _in_use(unit_id: int) -> sa.Select[HeadingMapping]:
    return sa.select(HeadingMapping).where(HeadingMapping.unit_id == unit_id, HeadingMapping.ended_at.is_(None))


def remembered(session: Session, identity: Identity) -> tuple[MappingView, ...]:
    """The mappings in use of a person's schools, newest first. Raises NotFound for who brings in nothing."""
    codes = may_import_for_schools(identity)
    if not codes:
        raise NotFound
    return _views(session, Unit.code.in_(codes), HeadingMapping.ended_at.is_(None))


def mapping(session: Session, identity: Identity, mapping_id: int) -> MappingView:
    """One mapping, ended ones too; raises NotFound, unknown and of another school alike."""
    return _view(_held(session, identity, mapping_id), session)


def used_by(session: Session, upload: Upload) -> tuple[MappingView, ...]:
    """The mappings by which a file was read."""
    return _views(session, HeadingMapping.id.in_(upload.mappings)) if upload.mappings else ()


def forget(session: Session, identity: Identity, mapping_id: int, now: datetime) -> None:
    """Use a mapping no more; what was read by it stays. Pressed twice, it happens once."""
    held = _held(session, identity, mapping_id)
    if held.ended_at is None:
        held.ended_by, held.ended_at = identity.account_id, now
        session.flush()


def _held(session: Session, identity: Identity, mapping_id: int) -> HeadingMapping:
    found = session.get(HeadingMapping, mapping_id) if 0 < mapping_id <= LARGEST_ID else None
    if found is None or not may_import_for(identity, session.get_one(Unit, found.unit_id).code):
        raise NotFound
    return found


def _views(session: Session, *conditions: sa.ColumnElement[bool]) -> tuple[MappingView, ...]:
    found = session.scalars(
        sa.select(HeadingMapping)
        .join(Unit, Unit.id == HeadingMapping.unit_id)
        .where(*conditions)
        .order_by(HeadingMapping.id.desc())
    )
    return tuple(_view(held, session) for held in found)


def _view(held: HeadingMapping, session: Session) -> MappingView:
    return MappingView(
        held.id,
        session.get_one(Unit, held.unit_id).name,
        held.sheet,
        held.columns,
        session.get_one(Account, held.made_by).display_name,
        held.made_at,
        held.ended_at is None,
    )
