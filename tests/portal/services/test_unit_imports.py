"""Units from a workbook: what it comes to, which cell is wrong, and that the same one again changes nothing."""

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
import xlsxwriter
from python_calamine import CalamineWorkbook

from portal.errors import NotFound, Problem, Refused
from portal.models import ActKind, Unit, UnitAct, UnitImport, UnitKind
from portal.presenters.unit_imports import fault_words
from portal.services import unit_acts, unit_imports, unit_tree
from portal.services.unit_imports import Outcome, UnreadableTable
from portal.workbooks.unit_table import COLUMNS, read_units, unit_template
from tests.instances import DemoInstance
from tests.portal.organisation import TODAY, acting, on, unit_id

HEADINGS = [column.heading for column in COLUMNS.values()]
Row = Sequence[str | date]
PROVINCE: list[Row] = [
    ["MAU-SO", "Sở", "Sở Giáo dục và Đào tạo Tỉnh Mẫu", "", date(1990, 1, 1), "", "", ""],
    ["MAU-PGD", "Phòng GDĐT", "Phòng GDĐT Huyện Mẫu", "MAU-SO", "01/09/2000", "30/06/2025", "MAU-XA-1", "1/QĐ"],
    ["MAU-XA-1", "Xã phường", "UBND Xã Mẫu Một", "MAU-SO", "01/07/2025", "", "", "1/QĐ"],
    ["MAU-T-1", "Tiểu học", "Trường Tiểu học Cũ", "MAU-PGD", "05/09/2005", "", "", ""],
    ["MAU-T-1", "Tiểu học", "Trường Tiểu học Mới", "MAU-XA-1", "01/07/2025", "", "", "2/QĐ"],
    ["MAU-T-2", "tiểu học", "Trường Tiểu học Hai", "MAU-PGD", "05/09/2005", "", "", ""],
    ["MAU-T-2", "Tiểu học", "Trường Tiểu học Hai", "MAU-XA-1", "01/07/2025", "31/05/2026", "MAU-T-1", "3/QĐ"],
    ["MAU-T-3", "Tiểu học và THCS", "Trường TH và THCS Ba", "MAU-XA-1", "01/07/2025", "31/05/2026", "MAU-T-1", "3/QĐ"],
]


def workbook(rows: Sequence[Row], headings: Sequence[str] = HEADINGS) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True, "default_date_format": "dd/mm/yyyy"}) as book:
        sheet = book.add_worksheet("Đơn vị")
        for number, row in enumerate((headings, *rows)):
            for column, cell in enumerate(row):
                if cell:
                    sheet.write(number, column, cell)
    return made.getvalue()


def sent(held: DemoInstance, rows: Sequence[Row], *, confirm: bool = True) -> Outcome:
    """A workbook goes in; confirmed where nothing is wrong."""
    data = workbook(rows)
    table = read_units(data)
    with held.transaction() as session:
        made = unit_imports.keep(session, acting(held), "don-vi.xlsx", data, table)
        _import, outcome = unit_imports.import_of(session, acting(held).identity, made)
    if confirm and not outcome.faults:
        with held.transaction() as session:
            unit_imports.confirm(session, acting(held), made)
    return outcome


def wrong(outcome: Outcome) -> list[tuple[int, str, str]]:
    return [(fault.row, fault.field, fault.fault) for fault in outcome.faults]


def test_a_province_with_its_past_comes_in_and_a_second_time_changes_nothing(empty_instance: DemoInstance) -> None:
    first = sent(empty_instance, PROVINCE)
    assert wrong(first) == []
    counts = {kind: sum(step.kind is kind for step in first.steps) for kind in ActKind}
    assert counts == {
        ActKind.FOUND: 5,
        ActKind.RENAME: 1,
        ActKind.MOVE: 2,
        ActKind.MERGE: 3,
        ActKind.SPLIT: 0,
        ActKind.CLOSE: 0,
    }
    with empty_instance.reading() as session:
        school = unit_id(session, "MAU-T-1")
        eve, day = date(2025, 6, 30), date(2025, 7, 1)
        assert [unit_tree.name_on(session, school, each) for each in (eve, day)] == [
            "Trường Tiểu học Cũ",
            "Trường Tiểu học Mới",
        ]
        office = unit_tree.codes_of(session, unit_tree.subtree([unit_id(session, "MAU-PGD")], eve))
        assert office == {"MAU-PGD", "MAU-T-1", "MAU-T-2"}
        commune = unit_tree.codes_of(session, unit_tree.subtree([unit_id(session, "MAU-XA-1")], TODAY))
        assert commune == {"MAU-XA-1", "MAU-T-1"}
        merged = session.scalars(sa.select(UnitAct).where(UnitAct.decision == "3/QĐ", UnitAct.kind == "merge")).all()
        assert len(merged) == 1, "two schools by one decision into one heir are one act"
    again = sent(empty_instance, PROVINCE)
    assert (again.steps, again.faults, again.same) == ((), (), len(PROVINCE))


FAULTY: list[tuple[Row, tuple[str, str]]] = [
    (["", "Tiểu học", "Trường A", "MAU-SO", "01/07/2025", "", "", ""], ("code", "empty")),
    (["MAU-A", "Mầm non", "Trường A", "MAU-SO", "01/07/2025", "", "", ""], ("kind", "unknown_kind")),
    (["MAU-TH-01", "THCS", "Trường A", "MAU-SO", "01/07/2025", "", "", ""], ("kind", "other_kind")),
    (["MAU-B", "Tiểu học", "Trường B", "MAU-SO", "31/02/2025", "", "", ""], ("from", "not_a_day")),
    (["MAU-C", "Tiểu học", "Trường C", "MAU-SO", "01/09/2026", "", "", ""], ("from", "day_ahead")),
    (["MAU-D", "Tiểu học", "Trường D", "MAU-SO", "01/07/2025", "01/06/2025", "", "1/QĐ"], ("to", "ends_before")),
    (["MAU-E", "Tiểu học", "Trường E", "KHONG-CO", "01/07/2025", "", "", ""], ("from", "unknown_unit")),
    (["MAU-F", "Tiểu học", "Trường F", "MAU-TH-01", "01/07/2025", "", "", ""], ("parent", "unit_parent")),
    (["MAU-G", "Tiểu học", "Trường G", "MAU-SO", "01/07/2025", "", "MAU-TH-01", ""], ("to", "not_ended")),
    (["MAU-TH-01", "Tiểu học", "Tên khác", "MAU-SO", "01/02/2026", "", "", ""], ("decision", "no_decision")),
    (
        ["MAU-TH-02", "Tiểu học", "Trường Tiểu học Mẫu số 2", "MAU-SO", "01/07/2025", "31/05/2026", "MAU-SO", "1/QĐ"],
        ("successor", "unit_heir"),
    ),
    (["MAU-H", "Phòng GDĐT", "Phòng GDĐT H", "MAU-SO", "01/07/2025", "", "", ""], ("kind", "unit_kind")),
]


def test_each_fault_is_told_at_its_cell_and_nothing_is_written(empty_instance: DemoInstance) -> None:
    outcome = sent(empty_instance, [row for row, _where in FAULTY])
    assert wrong(outcome) == [(row, *where) for row, (_cells, where) in enumerate(FAULTY, 2)]
    assert all(fault_words(fault).endswith(".") for fault in outcome.faults)
    with empty_instance.transaction() as session, pytest.raises(Refused) as refused:
        unit_imports.confirm(session, acting(empty_instance), session.scalars(sa.select(UnitImport.id)).one())
    assert refused.value.problem is Problem.UNIT_ROWS_FAULTY
    with empty_instance.reading() as session:
        assert session.scalars(sa.select(sa.func.count()).select_from(Unit)).one() == 4
        assert session.scalars(sa.select(UnitAct)).all() == []


def test_the_faulty_cells_are_marked_in_a_copy(empty_instance: DemoInstance) -> None:
    rows = [row for row, _where in FAULTY]
    outcome = sent(empty_instance, rows, confirm=False)
    with empty_instance.reading() as session:
        held = session.scalars(sa.select(UnitImport)).one()
        data, table = held.data, held.table
    assert data is not None
    words = [(fault, fault_words(fault)) for fault in outcome.faults]
    copy = unit_imports.marked_copy(empty_instance.runtime.sandbox, data, table, words)
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(copy)).get_sheet_by_index(0).to_python()
    assert sheet[0][: len(HEADINGS)] == HEADINGS
    assert sheet[2][1] == "Mầm non"


def test_what_changed_since_the_preview_is_not_written(empty_instance: DemoInstance) -> None:
    sent(empty_instance, PROVINCE, confirm=False)
    with empty_instance.transaction() as session:
        wanted = unit_acts.NewUnit("MAU-T-1", UnitKind.PRIMARY, "Trường khác", "MAU-SO", {})
        unit_acts.found(session, acting(empty_instance), wanted, on(date(2026, 1, 5)))
    with pytest.raises(Refused) as refused, empty_instance.transaction() as session:
        unit_imports.confirm(session, acting(empty_instance), session.scalars(sa.select(UnitImport.id)).one())
    assert refused.value.problem is Problem.UNITS_CHANGED
    with empty_instance.reading() as session:
        assert session.scalar(sa.select(Unit.id).where(Unit.code == "MAU-XA-1")) is None


def test_a_preview_writes_nothing_and_a_closed_import_stays_closed(empty_instance: DemoInstance) -> None:
    sent(empty_instance, PROVINCE, confirm=False)
    with empty_instance.transaction() as session:
        assert session.scalars(sa.select(sa.func.count()).select_from(Unit)).one() == 4
        made = session.scalars(sa.select(UnitImport.id)).one()
        unit_imports.discard(session, acting(empty_instance).identity, made, acting(empty_instance).now)
    with empty_instance.transaction() as session, pytest.raises(Refused) as refused:
        unit_imports.confirm(session, acting(empty_instance), made)
    assert refused.value.problem is Problem.UNIT_IMPORT_CLOSED
    with empty_instance.reading() as session, pytest.raises(NotFound):
        unit_imports.import_of(session, acting(empty_instance).identity, made + 1)


def test_the_template_reads_back(empty_instance: DemoInstance) -> None:
    """Its empty sheet has no row, its guide is never read; a file without the headings is refused in words."""
    assert read_units(unit_template("MAU-SO")).rows == ()
    with pytest.raises(UnreadableTable, match="tiêu đề"):
        unit_imports.read(empty_instance.runtime.sandbox, workbook([["a", "b"]], ["x", "y"]))


def test_cells_come_as_text_whatever_their_type() -> None:
    held = read_units(workbook([[*PROVINCE[0][:4], date(1990, 1, 1), "1/7/2025", "A; B", "1/QĐ"]]))
    cells: dict[str, Any] = held.rows[0][1]
    assert (cells["from"], cells["to"], cells["successor"]) == ("1990-01-01", "2025-07-01", "A; B")
    assert held.columns["code"] == 1
