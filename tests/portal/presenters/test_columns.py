"""Columns in which several rows are wrong: each column once, with every kind of fault that it has."""

from portal.presenters.columns import columns_of
from portal.services.comparison import ComparedRow, Kind
from portal.services.judged_store import JudgedUpload
from portal.workbooks.judging import JudgedClass
from portal.workbooks.places import SheetPlaces
from verify.record.findings import FindingCode, finding
from verify.record.labels import label_of

SCORE, NAME = "subjects.toan.score", "full_name"
HELD = JudgedUpload(
    JudgedClass("4A1", 4, (), ()),
    {},
    (SheetPlaces("Tổng hợp", {SCORE: 11, NAME: 4}, {row: row for row in range(1, 30)}, {}),),
)


def faulty(row: int, *found: tuple[str, FindingCode]) -> ComparedRow:
    return ComparedRow(row, row, "", Kind.FAULTY, tuple(finding(field, code) for field, code in found))


def test_a_column_with_two_kinds_of_fault_stands_once() -> None:
    missing, twice = FindingCode.PUPIL_CONFLICT, FindingCode.ALREADY_LOCKED
    rows = [
        faulty(5, (SCORE, missing)),
        faulty(6, (SCORE, missing), (SCORE, twice)),
        faulty(7, (SCORE, twice), (NAME, missing)),
        faulty(8, (SCORE, missing)),
    ]
    (column,) = columns_of(rows, HELD)
    assert (column.label, column.letters, column.count) == (label_of(SCORE), "K", 4)
    assert [(kind.count, kind.rows) for kind in column.kinds] == [(3, "5, 6, 8"), (2, "6, 7")]


def test_one_faulty_row_is_no_faulty_column() -> None:
    assert list(columns_of([faulty(5, (NAME, FindingCode.PUPIL_CONFLICT))], HELD)) == []


def test_the_column_with_the_most_faulty_rows_comes_first_and_long_lists_are_cut() -> None:
    code = FindingCode.PUPIL_CONFLICT
    rows = [faulty(row, (NAME, code), *([(SCORE, code)] if row < 4 else [])) for row in range(1, 20)]
    first, second = columns_of(rows, HELD)
    assert (first.letters, first.count, second.letters, second.count) == ("D", 19, "K", 3)
    assert first.kinds[0].rows == "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, …"
