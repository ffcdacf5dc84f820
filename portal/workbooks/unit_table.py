"""A workbook of the province's units: its cells as text, read in a bounded child; and the empty one to be filled in."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import xlsxwriter

from portal.workbooks.refusals import WorkbookProblem, WorkbookRefused
from portal.workbooks.sheets import GUIDE, Sheet, read_sheets
from verify.record.text import fold
from verify.record.values import Cell, date_of, shown, tidy

UNIT_ROWS: Final = 3_000
"""A province has about 500 units (domain §7); each may have several dated rows."""
_HEADER_WITHIN: Final = 20
_CELL_CHARACTERS: Final = 300
_DAYS: Final = frozenset({"from", "to"})
_NEEDED: Final = frozenset({"code", "kind", "name", "from"})
_TEXT_FORMAT: Final = 49


@dataclass(frozen=True, slots=True)
class UnitColumn:
    """heading: as the template says it. others: folded, what else is understood. rule: how to fill it in."""

    heading: str
    needed: bool
    rule: str
    width: int
    others: tuple[str, ...] = ()


COLUMNS: Final[Mapping[str, UnitColumn]] = {
    "code": UnitColumn("Mã đơn vị", True, "Mã do Bộ, Sở cấp; giữ nguyên, không bao giờ dùng lại.", 16, ("ma",)),
    "kind": UnitColumn(
        "Loại", True, "Sở, Phòng GDĐT, Xã phường, Tiểu học, THCS, hoặc Tiểu học và THCS.", 20, ("loai don vi",)
    ),
    "name": UnitColumn("Tên đơn vị", True, "Đúng như in trên học bạ từ ngày ở cột Từ ngày.", 44, ("ten",)),
    "parent": UnitColumn("Mã cấp trên", False, "Mã của đơn vị mà nó thuộc từ ngày đó.", 16, ("ma don vi cap tren",)),
    "from": UnitColumn("Từ ngày", True, "Ngày đầu tiên có tên và cấp trên này, ví dụ 01/07/2025.", 14, ("tu",)),
    "to": UnitColumn("Đến ngày", False, "Ngày hoạt động cuối cùng; để trống khi còn hoạt động.", 14, ("den",)),
    "successor": UnitColumn(
        "Mã kế thừa",
        False,
        "Khi đã kết thúc: mã đơn vị nhận sáp nhập; chia tách thì ghi nhiều mã cách nhau bằng dấu chấm phẩy, mã đầu giữ "
        "học bạ. Để trống: giải thể.",
        20,
        ("don vi ke thua", "ma don vi ke thua"),
    ),
    "decision": UnitColumn("Quyết định", False, "Số văn bản; bắt buộc khi đổi tên, chuyển hoặc kết thúc.", 22),
}


@dataclass(frozen=True, slots=True)
class UnitTable:
    """sheet: its name. columns: from 1, by field. rows: number in the sheet, cells by field as text, days ISO."""

    sheet: str
    columns: dict[str, int]
    rows: tuple[tuple[int, dict[str, str]], ...]

    def as_json(self) -> dict[str, Any]:
        return {"sheet": self.sheet, "columns": self.columns, "rows": [[row, cells] for row, cells in self.rows]}


def table_from_json(held: Mapping[str, Any]) -> UnitTable:
    return UnitTable(held["sheet"], dict(held["columns"]), tuple((row, dict(cells)) for row, cells in held["rows"]))


def read_units(data: bytes) -> UnitTable:
    """The first sheet that has the headings; raises WorkbookRefused. Runs in a child: the bytes are a stranger's."""
    for sheet in read_sheets(data):
        if sheet.hidden or sheet.is_guide:
            continue
        header = _header(sheet)
        if header is not None:
            return _table(sheet, *header)
    raise WorkbookRefused(WorkbookProblem.NO_UNIT_HEADER)


def _header(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    for index, cells in enumerate(sheet.rows[:_HEADER_WITHIN]):
        found = {}
        for column, cell in enumerate(cells):
            field = _field_of(cell)
            if field is not None and field not in found:
                found[field] = column
        if set(found) >= _NEEDED:
            return index, found
    return None


def _field_of(cell: Cell) -> str | None:
    if not isinstance(cell, str):
        return None
    spelled = fold(cell).rstrip("* ")
    return next(
        (field for field, column in COLUMNS.items() if spelled == fold(column.heading) or spelled in column.others),
        None,
    )


def _table(sheet: Sheet, header: int, columns: dict[str, int]) -> UnitTable:
    rows = tuple(_rows(sheet.rows[header + 1 :], header + 2, columns))
    if len(rows) > UNIT_ROWS:
        raise WorkbookRefused(WorkbookProblem.TOO_MANY_ROWS, limit=str(UNIT_ROWS), sheet=sheet.name)
    return UnitTable(sheet.name, {field: column + 1 for field, column in columns.items()}, rows)


def _rows(
    cells: Sequence[Sequence[Cell]], first: int, columns: Mapping[str, int]
) -> Iterator[tuple[int, dict[str, str]]]:
    for number, row in enumerate(cells, first):
        held = {field: _text(field, row[column]) for field, column in columns.items() if column < len(row)}
        if any(held.values()):
            yield number, held


def _text(field: str, cell: Cell) -> str:
    value = tidy(cell)
    if value is None:
        return ""
    day = date_of(value) if field in _DAYS else None
    return day.isoformat() if isinstance(day, date) else shown(value)[:_CELL_CHARACTERS]


def unit_template(example_parent: str) -> bytes:
    """The workbook to be filled in, as XLSX. example_parent: code of the department, below which an example stands."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        book.set_properties({"author": "Hocba", "created": datetime(2026, 1, 1)})  # noqa: DTZ001 - no clock here
        text = book.add_format({"num_format": _TEXT_FORMAT})
        needed = book.add_format({"bold": True, "border": 1, "bg_color": "#123F73", "font_color": "#FFFFFF"})
        optional = book.add_format({"bold": True, "border": 1, "bg_color": "#EAF1F9"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet("Đơn vị")
        for index, column in enumerate(COLUMNS.values()):
            sheet.set_column(index, index, column.width, text)
            sheet.write_string(0, index, column.heading, needed if column.needed else optional)
            sheet.write_comment(0, index, column.rule, {"author": "Hocba", "x_scale": 2})
        sheet.freeze_panes(1, 1)
        guide = book.add_worksheet("Hướng dẫn")
        guide.set_column(0, 0, 18)
        guide.set_column(1, 7, 24, wrapped)
        guide.write_string(0, 0, GUIDE)
        for index, column in enumerate(COLUMNS.values(), 2):
            guide.write_string(index, 0, column.heading, optional)
            guide.merge_range(index, 1, index, 7, column.rule, wrapped)
        for index, row in enumerate((tuple(column.heading for column in COLUMNS.values()), *_examples(example_parent))):
            guide.write_row(len(COLUMNS) + 4 + index, 0, row, wrapped)
    return target.getvalue()


def _examples(parent: str) -> Iterator[tuple[str, ...]]:
    """A school that changed its name and then went into another one: dữ liệu mẫu."""
    yield ("MAU-XA-9", "Xã phường", "UBND Xã Mẫu (mẫu)", parent, "01/07/2025", "", "", "01/QĐ-MẪU")
    yield ("MAU-TH-8", "Tiểu học", "Trường Tiểu học Mẫu A (mẫu)", "MAU-XA-9", "01/07/2025", "", "", "")
    yield ("MAU-TH-9", "Tiểu học", "Trường Tiểu học Mẫu B (mẫu)", "MAU-XA-9", "01/07/2025", "", "", "")
    last = ("05/01/2026", "31/05/2026", "MAU-TH-8", "02/QĐ-MẪU")
    yield ("MAU-TH-9", "Tiểu học", "Trường Tiểu học Mẫu Bình (mẫu)", "MAU-XA-9", *last)
