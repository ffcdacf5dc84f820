"""The columns of a file beside what they are taken for, a try on real rows, and what a school's files are read by."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.models import Upload
from portal.presenters.fields import IGNORED, FieldGroup, field_groups, field_words
from portal.presenters.language import mark, say
from portal.presenters.tones import Tone
from portal.presenters.uploads import UploadHead, head_of
from portal.services import mappings as service
from portal.services.mappings import (
    GROUPS,
    ChoiceProblem,
    Choices,
    ColumnSketch,
    Layout,
    MappingView,
    Preview,
    Source,
    TableFault,
    TableSketch,
    column_letters,
)
from verify.record.findings import Severity, shorten
from verify.record.text import clean
from verify.record.values import shown, tidy

MAPPINGS: Final = "/goi-hoc-ba/cot"
_LISTED: Final = 12
_SHEET_CHARACTERS: Final = 60
_NO_HEADING: Final = mark("(không có tiêu đề)")
_SOURCES: Final = {
    Source.KNOWN: (mark("đã nhận ra"), Tone.INFO),
    Source.TAUGHT: (mark("đã nhớ"), Tone.INFO),
    Source.GUESSED: (mark("đoán, hãy kiểm tra"), Tone.CAUTION),
    Source.UNKNOWN: (mark("chưa nhận ra"), Tone.BAD),
}
FAULTS: Final = {
    ChoiceProblem.NOT_CHOSEN: mark("%(columns)s: chọn trường, hoặc chọn “Bỏ qua cột này”."),
    ChoiceProblem.TWICE: mark(
        "%(columns)s cùng ghép vào “%(field)s”. Mỗi trường chỉ lấy từ một cột: giữ một, bỏ qua cột kia."
    ),
    ChoiceProblem.NAME_TWICE: mark(
        "%(columns)s: đã có cột “Họ và tên” thì không ghép thêm họ, tên ở cột khác. Giữ một cách ghi, bỏ qua cách kia."
    ),
    ChoiceProblem.GENDER_TWICE: mark(
        "%(columns)s: đã có cột “Giới tính” thì không ghép thêm cột đánh dấu nữ. Giữ một, bỏ qua cột kia."
    ),
    ChoiceProblem.NO_SUBJECT: mark(
        "%(columns)s: cần thêm cột ghi tên môn ở từng dòng, hoặc chọn đúng môn cho từng cột."
    ),
    ChoiceProblem.NOBODY: mark(
        "Tờ “%(sheet)s” chưa có cột nào cho biết học sinh là ai: ghép ít nhất cột họ và tên, số định danh, mã học sinh "
        "hoặc số thứ tự, hoặc chọn không đọc tờ này."
    ),
}


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """A column of the file. name: of its field in the form. own: a field beyond the list, as it was recognised."""

    name: str
    letters: str
    heading: str
    samples: tuple[str, ...]
    chosen: str
    own: str
    source: str
    tone: Tone
    odd: bool
    refusal: str


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table of the file. first, last: rows of its header. left_out: every column.

    unsure: columns for a person to look at; sure: recognised ones, shown open when something about them is refused.
    """

    number: int
    sheet: str
    first: int
    last: int
    found: bool
    left_out: bool
    unsure: tuple[ColumnLine, ...]
    sure: tuple[ColumnLine, ...]
    sure_open: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """field: id of what the summary's link leads to."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class PreviewRow:
    row: int
    name: str
    pairs: tuple[tuple[str, str], ...]
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PreviewBlock:
    """rows: the first ones as they would be read. good, total: of the whole file; refused: why it would not be read."""

    rows: tuple[PreviewRow, ...]
    good: int
    total: int
    refused: str


@dataclass(frozen=True, slots=True)
class MappingPage:
    """Everything on the page of a file whose columns are to be told. summary: refusals, first on the page."""

    head: UploadHead
    tables: tuple[TableBlock, ...]
    groups: tuple[FieldGroup, ...]
    missing: tuple[str, ...]
    summary: tuple[Refusal, ...]
    preview: PreviewBlock | None


@dataclass(frozen=True, slots=True)
class RememberedLine:
    """A mapping in a list. left_out: headings of the columns that it does not read."""

    href: str
    title: str
    school_name: str
    made_by: str
    made_at: datetime
    read: int
    left_out: tuple[str, ...]
    in_use: bool


@dataclass(frozen=True, slots=True)
class RememberedPage:
    """A mapping, column by column."""

    line: RememberedLine
    columns: tuple[tuple[str, str, str], ...]


def field_name(table: int, column: int) -> str:
    return f"c{table}-{column}"


def present_mapping(
    upload: Upload,
    layout: Layout,
    choices: Choices,
    faults: Sequence[TableFault] = (),
    preview: Preview | None = None,
    notice: str = "",
) -> MappingPage:
    """notice: a refusal of the file as a whole, or of the rows that were named as its header."""
    said = [Refusal(_field_of(fault), _sentence(layout, fault)) for fault in faults]
    if notice:
        said.insert(0, Refusal("ghep-cot", notice))
    return MappingPage(
        head=head_of(upload),
        tables=tuple(_table(number, table, choices, faults, layout) for number, table in enumerate(layout.tables)),
        groups=field_groups(GROUPS),
        missing=tuple(field_words(path) for path in service.missing_of(layout, choices)),
        summary=tuple(said),
        preview=_preview(preview) if preview is not None else None,
    )


def _table(
    number: int, table: TableSketch, choices: Choices, faults: Sequence[TableFault], layout: Layout
) -> TableBlock:
    refused = {
        column: _sentence(layout, each)
        for each in reversed(faults)
        if each.table == number
        for column in each.fault.columns
    }
    columns = tuple(
        _column(number, column, choices[number][column.index], refused.get(column.index, ""))
        for column in table.columns
    )
    doubts = (Source.GUESSED, Source.UNKNOWN)
    unsure = {field_name(number, column.index) for column in table.columns if column.source in doubts}
    sure = tuple(column for column in columns if column.name not in unsure)
    return TableBlock(
        number=number,
        sheet=_cut(table.sheet),
        first=table.top,
        last=table.top + table.depth - 1,
        found=table.found,
        left_out=all(column.chosen == IGNORED for column in columns),
        unsure=tuple(column for column in columns if column.name in unsure),
        sure=sure,
        sure_open=not unsure or any(column.refusal for column in sure),
    )


def _column(table: int, column: ColumnSketch, chosen: str, refusal: str) -> ColumnLine:
    words, tone = _SOURCES[column.source]
    listed = any(column.path in paths for paths in GROUPS.values()) or column.path in ("", IGNORED)
    return ColumnLine(
        name=field_name(table, column.index),
        letters=column_letters(column.index + 1),
        heading=column.heading or say(_NO_HEADING),
        samples=column.samples,
        chosen=chosen,
        own="" if listed else column.path,
        source=say(words),
        tone=tone,
        odd=column.odd,
        refusal=refusal,
    )


def _field_of(fault: TableFault) -> str:
    columns = fault.fault.columns
    return field_name(fault.table, columns[0]) if columns else f"to-{fault.table}"


def _sentence(layout: Layout, fault: TableFault) -> str:
    table = layout.tables[fault.table] if layout.tables else None
    names = [say(mark("cột %(letters)s"), {"letters": column_letters(index + 1)}) for index in fault.fault.columns]
    listed = ", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")
    words = {
        "columns": listed[:1].upper() + listed[1:],
        "field": field_words(fault.fault.path) if fault.fault.path else "",
        "sheet": _cut(table.sheet) if table is not None else "",
    }
    return say(FAULTS[fault.fault.problem], words)


def _preview(preview: Preview) -> PreviewBlock:
    judged = preview.judged.judged if preview.judged is not None else None
    errors = {
        row.row: tuple(found.message for found in row.findings if found.severity is Severity.ERROR)
        for row in (judged.rows if judged is not None else ())
    }
    return PreviewBlock(
        rows=tuple(
            PreviewRow(row.row, _value(row.cells, "full_name"), tuple(_pairs(row.cells)), errors.get(row.row, ()))
            for row in preview.rows
        ),
        good=sum(row.content is not None for row in judged.rows) if judged is not None else 0,
        total=len(judged.rows) if judged is not None else 0,
        refused=preview.refused.message if preview.refused is not None else "",
    )


def _pairs(cells: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    order = [path for paths in GROUPS.values() for path in paths]
    known = [path for path in order if path in cells]
    for path in (*known, *(path for path in cells if path not in order and not path.endswith(".label"))):
        value = _value(cells, path)
        if value:
            yield field_words(path), value


def _value(cells: Mapping[str, object], path: str) -> str:
    value = tidy(cells.get(path))  # type: ignore[arg-type] # cells of a workbook
    return "" if value is None else shorten(shown(value))


def _cut(sheet: str) -> str:
    return shorten(clean(sheet), _SHEET_CHARACTERS)


def present_remembered(views: Sequence[MappingView]) -> tuple[RememberedLine, ...]:
    return tuple(map(_line, views))


def present_one(view: MappingView) -> RememberedPage:
    return RememberedPage(
        _line(view),
        tuple(
            (column_letters(each["index"] + 1), each["heading"] or say(_NO_HEADING), _taken_for(each))
            for each in view.columns
        ),
    )


def _taken_for(column: Mapping[str, str]) -> str:
    return column["label"] or field_words(column["path"])


def _line(view: MappingView) -> RememberedLine:
    out = [each["heading"] or column_letters(each["index"] + 1) for each in view.columns if each["path"] == IGNORED]
    return RememberedLine(
        href=f"{MAPPINGS}/{view.mapping_id}",
        title=say(
            mark("Cách ghép cột số %(n)s (tờ “%(sheet)s”)"), {"n": str(view.mapping_id), "sheet": _cut(view.sheet)}
        ),
        school_name=view.school_name,
        made_by=view.made_by,
        made_at=view.made_at,
        read=len(view.columns) - len(out),
        left_out=tuple(out),
        in_use=view.in_use,
    )
