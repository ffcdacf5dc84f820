"""The shared sample workbooks: clean classes are taken whole, each planted fault is found at its pupil and cell."""

import json
import time
from pathlib import Path
from typing import Final

import pytest

from portal.workbooks.reading import read_class
from tests.portal.workbooks.build import codes, judged
from verify.record.vocabulary import QUALITY_BY_CODE, SUBJECT_BY_CODE

DATA: Final = Path(__file__).parents[2] / "data" / "workbooks"
CLEAN: Final = [("lop-4A1", 34, "4A1", 4), ("lop-5D", 36, "5Đ", 5), ("lop-1B", 31, "1B", 1)]


@pytest.mark.parametrize(("name", "pupils", "class_name", "grade"), CLEAN)
def test_a_clean_class_is_taken_whole(name: str, pupils: int, class_name: str, grade: int) -> None:
    taken = judged((DATA / f"{name}.xlsx").read_bytes())
    assert (taken.class_name, taken.grade) == (class_name, grade)
    assert len(taken.rows) == pupils
    assert all(row.content is not None for row in taken.rows)
    assert not [found for row in taken.rows for found in row.findings]
    assert codes(taken.findings) == ["civil_fields_absent"]
    assert [row.pupil for row in taken.rows] == list(range(1, pupils + 1))


def test_titles_of_the_wide_shape() -> None:
    read = read_class((DATA / "lop-5D.xlsx").read_bytes())
    assert (read.school_year, read.school_name) == ("2025-2026", "TRƯỜNG TIỂU HỌC MẪU SỐ 1")


def test_comments_of_the_second_sheet_reach_their_pupils() -> None:
    taken = judged((DATA / "lop-4A1.xlsx").read_bytes())
    content = taken.rows[0].content
    assert content is not None
    assert content.subjects["toan"].comment == "Nắm chắc kiến thức, vận dụng tốt vào bài tập."
    assert content.subjects["tieng_viet"].comment is None
    assert (content.subjects["lich_su_dia_li"].level, content.subjects["lich_su_dia_li"].score) == ("T", 9)


def test_three_sheets_of_the_long_shape_are_joined() -> None:
    content = judged((DATA / "lop-1B.xlsx").read_bytes()).rows[0].content
    assert content is not None
    assert (content.full_name, content.personal_id) == ("Đỗ Gia Linh", "087219538464")
    assert (content.subjects["toan"].score, content.subjects["dao_duc"].score) == (10, None)
    assert len(content.subjects) == 8
    assert len(content.qualities) == 5
    assert len(content.competences) == 7
    assert content.awards == ("Học sinh Xuất sắc",)
    assert (content.height_cm, content.days_absent_with_leave) == ("129", 3)


def test_every_planted_fault_is_found_and_no_clean_row_refused() -> None:
    planted = json.loads((DATA / "lop-3A2-loi.faults.json").read_text(encoding="utf-8"))
    taken = judged((DATA / "lop-3A2-loi.xlsx").read_bytes())
    found = {
        (row.pupil, each.field, each.code.value, each.severity.value) for row in taken.rows for each in row.findings
    }
    expected = {(fault["pupil"], _path(fault["column"]), fault["kind"], fault["severity"]) for fault in planted}
    duplicate = next(fault["pupil"] for fault in planted if fault["kind"] == "duplicate_personal_id")
    twin = (duplicate + 1, "personal_id", "duplicate_personal_id", "error")
    assert found == expected | {twin}
    refused = {pupil for pupil, _field, _code, severity in expected | {twin} if severity == "error"}
    assert {row.pupil for row in taken.rows if row.content is None} == refused
    assert len(taken.rows) == 30


def _path(column: str) -> str:
    name = column.partition(".")[0]
    if name in SUBJECT_BY_CODE:
        return f"subjects.{column}"
    return f"qualities.{column}" if name in QUALITY_BY_CODE else column


def test_one_class_is_read_and_judged_fast() -> None:
    data = (DATA / "lop-5D.xlsx").read_bytes()
    times = []
    for _attempt in range(5):
        began = time.process_time()
        judged(data)
        times.append(time.process_time() - began)
    assert min(times) < 0.1
